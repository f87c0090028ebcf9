/** All that can be done with a flow, in the order of the key bar. */
import type { FlowAction } from "./action.ts";

export const flowActions: readonly FlowAction[] = [];
