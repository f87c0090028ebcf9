/** The heads and bodies of a flow, for actions that are called from the list too, where nobody has fetched them. */
import type { Effect } from "../state/effect.ts";
import { said } from "../state/effect.ts";
import type { FlowDetail, FlowView } from "../state/flow-view.ts";
import { readDetail } from "../state/read.ts";

/** @param open the flow as it is open, where it is; what has ended does not change any more */
export function withDetail(flow: FlowView, open: FlowDetail | null, use: (detail: FlowDetail) => Effect): Effect {
  if (open !== null && open.flow.id === flow.id && open.flow.endedAt !== null) return use(open);
  return {
    type: "ask",
    method: "GET",
    path: `/flows/${encodeURIComponent(flow.id)}`,
    done(answer) {
      const detail = readDetail(answer, flow.number);
      return detail === null ? said("the core sent no flow", "error") : use(detail);
    },
  };
}
