/** A call in one line, for people who watch them go by. */
import type { FlowJson } from "../base/controls.ts";
import { cost, count, modelName } from "../tui/text/format.ts";
import { shown } from "./context.ts";

/** `#1 POST /v1/messages opus-4-6 45.2k->1.5k $0.120 2312ms 200 k3f00042`; what is not known is `-`. */
export function flowLine(flow: FlowJson, number: number): string {
  const { usage, timings, costUsd } = flow;
  const parts = [
    `#${number}`,
    shown(flow.method),
    shown(flow.path.split("?", 1)[0]),
    shown(modelName(flow.model.served ?? flow.model.asked)),
    usage === null ? "-" : `${usage.estimated ? "~" : ""}${count(usage.input)}->${count(usage.output)}`,
    costUsd === undefined ? "-" : `$${cost(costUsd)}`,
    timings.totalMs === null ? "-" : `${Math.round(timings.totalMs)}ms`,
    statusText(flow),
    shown(flow.id),
  ];
  return flow.error === undefined ? parts.join(" ") : `${parts.join(" ")} ${shown(flow.error)}`;
}

/** `200`, `429>2` when the second attempt answered, and how it ended where it did not end well. */
function statusText({ status, attempts, state }: FlowJson): string {
  const first = attempts[0]?.status;
  const code =
    attempts.length > 1 && typeof first === "number" && first >= 400 ? `${first}>${attempts.length}` : shown(status);
  return state === "done" ? code : `${code},${state}`;
}
