/** What of a request Claude has no form for: refused where leaving it out would answer another question, else named. */
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import { codeAssistFields, kiroFields, responsesFields } from "../bookkeeping.ts";

/** Why the request cannot be sent to Claude at all; null when it can. */
export function unsaidIn(request: HubRequest): string | null {
  const count = request.extras["openai-chat"]?.["n"];
  if (typeof count === "number" && count > 1) return "n: Claude gives one answer to a request";
  for (const message of request.messages) {
    for (const part of message.parts) {
      if (part.type === "media") {
        const kind = part.source.mediaType === undefined ? "" : ` (${part.source.mediaType})`;
        return `sound and film cannot be sent to Claude: the request has such a part${kind}`;
      }
      if (part.type === "opaque" && part.essential === true && part.from !== "claude") {
        return `a ${part.name} part cannot be sent to Claude: it lives at its own provider`;
      }
    }
  }
  return null;
}

/** Fields of other dialects that change nothing in the answer's meaning and are not worth a line in the flow. */
const silent = new Set([
  ...codeAssistFields,
  ...kiroFields,
  ...responsesFields,
  "store",
  "metadata",
  "n",
  "prompt_cache_options",
  "prompt_cache_retention",
  "safety_identifier",
]);

export function nameUnsaid(request: HubRequest, losses: Losses): void {
  const fields = {
    seed: request.seed,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    logprobs: request.logprobs,
    verbosity: request.verbosity,
  };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) losses.add("parameter", `${name}: Claude has no such field`);
  }
  for (const [format, extras] of Object.entries(request.extras)) {
    if (format === "claude") continue;
    for (const name of Object.keys(extras)) {
      if (!silent.has(name)) losses.add("parameter", `${name}: Claude has no such field`);
    }
  }
}
