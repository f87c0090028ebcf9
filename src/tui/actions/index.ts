/** All that can be done with a flow, in the order of the key bar. */
import type { FlowAction } from "./action.ts";
import { copyAction } from "./copy.ts";
import { deleteActions } from "./delete.ts";
import { exportAction } from "./export.ts";
import { markActions } from "./marks.ts";
import { replayActions } from "./replay.ts";
import { ruleAction } from "./rule.ts";

export const flowActions: readonly FlowAction[] = [
  ...replayActions,
  exportAction,
  copyAction,
  ...markActions,
  ruleAction,
  ...deleteActions,
];
