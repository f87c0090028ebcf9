/** What a call needs of whoever answers it, read from the hub's form of it. */
import { estimateTokens } from "../hub/estimate.ts";
import type { HubMessage } from "../hub/message.ts";
import type { HubRequest } from "../hub/request.ts";
import type { Needs } from "./pool.ts";

export function needsOf(request: HubRequest, stream: boolean): Needs {
  return {
    streaming: stream,
    // A tool that the provider runs itself is another ability.
    functions: request.tools.some(({ kind }) => kind !== "server"),
    vision: request.messages.some(holdsPicture),
    inputTokens: estimateTokens(request),
    outputTokens: request.maxTokens ?? 0,
  };
}

/** Pictures that the model itself drew go back as a memory, and writers know how to leave them out. */
function holdsPicture(message: HubMessage): boolean {
  return (message.role === "user" || message.role === "tool") && message.parts.some(({ type }) => type === "image");
}
