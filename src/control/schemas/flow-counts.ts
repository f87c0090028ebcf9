/** How full the log of flows is. */
import * as v from "valibot";
import type { FlowCounts } from "../../base/controls.ts";
import { shapeOf } from "./shape.ts";
import { count } from "./words.ts";

export const flowCounts = shapeOf<FlowCounts>()(
  "How full the flow log is.",
  v.strictObject({
    flows: count("Flows in the log now."),
    live: count("Of these, not ended yet."),
    tunnels: count("Of these, tunnels that were never decrypted."),
    dropped: count("Flows that had to leave the log since the start, because it is bounded."),
  }),
);
