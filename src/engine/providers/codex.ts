/**
 * The Codex backend of ChatGPT: Responses with rules of its own (facts of late 2026). It only streams, stores nothing
 * and refuses sampling fields; the Codex CLI's own bodies obey, those of other Responses clients are written anew.
 */
import type { HeaderPairs } from "../../base/http.ts";
import { own } from "../../base/json.ts";
import type { Credential } from "../accounts/credential.ts";
import type { JsonObject, Variant } from "../formats/format.ts";
import { bearer, factHeader } from "./bearer.ts";
import type { Provider } from "./provider.ts";

const refused = [
  "temperature",
  "top_p",
  "frequency_penalty",
  "presence_penalty",
  "logprobs",
  "top_logprobs",
  "n",
  "seed",
  "max_tokens",
  "max_output_tokens",
  "user",
  "metadata",
  "stream_options",
  "prompt_cache_retention",
  "safety_identifier",
  "previous_response_id",
] as const;

export const codexParts = {
  format: "openai-responses",
  variant: "codex",
  /** A login's token is good for one of its owner's workspaces; the header says which. */
  authorize: (credential: Credential): HeaderPairs => [
    ...bearer(credential),
    ...(credential.kind === "token" ? factHeader("chatgpt-account-id", credential.facts.accountId) : []),
  ],
  /** Its stream has events of its own, which other Responses clients break on: only the Codex CLI gets it as it is. */
  takesAsIs: (body: JsonObject, client: Variant | null) =>
    client === "codex" &&
    body["stream"] === true &&
    body["store"] === false &&
    saysWhatToDo(body) &&
    !refused.some((name) => Object.hasOwn(body, name)),
} as const satisfies Partial<Provider>;

/** In `instructions`, or as the CLI does it for its newest models: tools and all in the first items (seen in 0.169). */
function saysWhatToDo(body: JsonObject): boolean {
  const input = body["input"];
  if (!Array.isArray(input) || input.length === 0) return false;
  return typeof body["instructions"] === "string" || own(input[0], "type") === "additional_tools";
}
