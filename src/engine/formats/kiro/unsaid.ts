/** What of a request Kiro has no form for: refused where leaving it out would answer another question, else named. */
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import { codeAssistFields, responsesFields } from "../bookkeeping.ts";
import { documentText } from "./turns-out.ts";

/** Why the request cannot be sent to Kiro at all; null when it can. */
export function unsaidIn(request: HubRequest): string | null {
  const count = request.extras["openai-chat"]?.["n"];
  if (typeof count === "number" && count > 1) return "n: Kiro gives one answer to a request";
  for (const message of request.messages) {
    for (const part of message.parts) {
      if (part.type === "media") return "sound and film cannot be sent to Kiro: the request has such a part";
      if (part.type === "document" && documentText(part) === null) {
        return "Kiro takes text and pictures only: the request has a document that is neither";
      }
      if (part.type === "opaque" && part.essential === true) {
        return `a ${part.name} part cannot be sent to Kiro: it lives at its own provider`;
      }
    }
  }
  return null;
}

/** Fields of other dialects that change nothing in the answer's meaning and are not worth a line in the flow. */
const silent = new Set([
  ...codeAssistFields,
  ...responsesFields,
  "attribution",
  "betas",
  "diagnostics",
  "metadata",
  "n",
  "prompt_cache_options",
  "prompt_cache_retention",
  "safety_identifier",
  "store",
  "user_profile_id",
  "workspace_id",
]);

/** `takesLimit`: the model has a field for the most it may write. */
export function nameUnsaid(request: HubRequest, takesLimit: boolean, losses: Losses): void {
  const fields = {
    max_tokens: takesLimit ? undefined : request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    seed: request.seed,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
    logprobs: request.logprobs,
    verbosity: request.verbosity,
    parallel_tool_calls: request.parallelToolCalls === false ? false : undefined,
    service_tier: request.serviceTier === "auto" || request.serviceTier === "default" ? undefined : request.serviceTier,
  };
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined) losses.add("parameter", `${name}: Kiro has no such field`);
  }
  for (const [format, extras] of Object.entries(request.extras)) {
    if (format === "kiro") continue;
    for (const name of Object.keys(extras)) {
      if (!silent.has(name)) losses.add("parameter", `${name}: Kiro has no such field`);
    }
  }
  if (request.stop.length > 0)
    losses.add("stop-sequences", "Kiro has none; the answer is cut here at the first of them");
  const isMarked = (one: object): boolean => "cache" in one;
  if (request.tools.some(isMarked) || request.messages.some((one) => isMarked(one) || one.parts.some(isMarked))) {
    losses.add("cache-mark", "Kiro caches by itself; the client's marks were left out");
  }
}
