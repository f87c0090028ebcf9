/** Fields beside the conversation: what only Google knows goes back to it, what it has no word for is named. */
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import { kiroFields } from "../bookkeeping.ts";
import type { Fields } from "../fields.ts";
import type { GeminiBackend } from "./backend.ts";

export interface OwnFields {
  readonly top: Fields;
  readonly generationConfig: Fields;
  readonly toolConfig: Fields;
}

const configPath = "generationConfig.";
const toolPath = "toolConfig.";

/** `extras.gemini`, each field where its path says. */
export function ownFields(request: HubRequest, backend: GeminiBackend, losses: Losses): OwnFields {
  const top: (readonly [string, unknown])[] = [];
  const config: (readonly [string, unknown])[] = [];
  const tool: (readonly [string, unknown])[] = [];
  for (const [path, value] of Object.entries(request.extras.gemini ?? {})) {
    if (path.startsWith(configPath)) config.push([path.slice(configPath.length), value]);
    else if (path.startsWith(toolPath)) {
      // The mode is written with the choice it belongs to.
      if (path !== "toolConfig.functionCallingConfig") tool.push([path.slice(toolPath.length), value]);
    } else if (backend.extraFields?.has(path) === false) {
      losses.add("parameter", `${path}: this backend has no such field`);
    } else top.push([path, value]);
  }
  return {
    top: Object.fromEntries(top),
    generationConfig: Object.fromEntries(config),
    toolConfig: Object.fromEntries(tool),
  };
}

/** In Google's words; envelopes that take only some fields have none for it. */
export function writeServiceTier(
  { serviceTier }: HubRequest,
  backend: GeminiBackend,
  losses: Losses,
): string | undefined {
  if (serviceTier === undefined || serviceTier === "auto") return undefined;
  const word = serviceTier === "default" ? "standard" : serviceTier;
  const isKnown = word === "standard" || word === "flex" || word === "priority";
  if (isKnown && backend.extraFields?.has("serviceTier") !== false) return word;
  losses.add("parameter", `service_tier: this backend has no ${serviceTier}`);
  return undefined;
}

/** Fields of other dialects that change nothing in the answer's meaning and are not worth a line in the flow. */
const silent: ReadonlySet<string> = new Set([
  ...kiroFields,
  "attribution",
  "metadata",
  "diagnostics",
  "betas",
  "user_profile_id",
  "workspace_id",
  "store",
  "n",
  "user",
  "include",
  "prompt_cache_key",
  "prompt_cache_options",
  "prompt_cache_retention",
  "safety_identifier",
  // Of Responses: how the reply is to be told, what is kept of it, and which client asks.
  "clientTools",
  "client_metadata",
  "truncation",
  "stream_options",
]);

export function nameUnsaid(request: HubRequest, losses: Losses): void {
  const leaveOut = (name: string): void => losses.add("parameter", `${name}: Gemini has no such field`);
  if (request.verbosity !== undefined) leaveOut("verbosity");
  if (request.logprobs !== undefined) losses.add("parameter", "logprobs: an answer carries none back");
  for (const [format, extras] of Object.entries(request.extras)) {
    // What an envelope says about the account and the session means nothing outside of it.
    if (format === "gemini" || format === "gemini-cli" || format === "antigravity") continue;
    for (const [name, value] of Object.entries(extras)) {
      const isSaid = name === "modalities" && Array.isArray(value) && !value.includes("audio");
      if (!silent.has(name) && !isSaid) leaveOut(name);
    }
  }
  const isMarked = (one: object): boolean => "cache" in one;
  if (request.tools.some(isMarked) || request.messages.some((one) => isMarked(one) || one.parts.some(isMarked))) {
    losses.add("cache-mark", "Gemini caches by itself; the client's marks were left out");
  }
}
