/** Kiro (AWS's coding IDE and kiro-cli): JSON requests, replies in AWS's event stream framing. */
import type { Format } from "../format.ts";
import { client } from "./client.ts";
import { edits } from "./edits.ts";
import { observe } from "./observe.ts";
import { withoutOwnMarks } from "./own-marks.ts";
import { provider } from "./provider.ts";
import { callTarget, withInnerModel } from "./target.ts";

export const kiro: Format = {
  id: "kiro",
  framing: "binary",
  client,
  provider,
  edits,
  withInnerModel,
  callTarget,
  observe,
  withoutOwnMarks,
};
