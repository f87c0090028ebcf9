/** Why a reply ended, checked against what it holds: upstreams say `tool_calls` without a call and `stop` after one. */
import type { Finish } from "./stream.ts";

export function settleFinish(finish: Finish, tools: number): Finish {
  if (finish.reason === "tool-calls" && tools === 0) return { ...finish, reason: "stop" };
  if (finish.reason === "stop" && tools > 0) return { ...finish, reason: "tool-calls" };
  return finish;
}
