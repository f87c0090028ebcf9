/** Which of the two lanes a try takes, and what a configuration changes in a body that otherwise keeps its bytes. */
import { own } from "../../base/json.ts";
import type { JsonObject } from "../formats/format.ts";
import type { Provider } from "../providers/provider.ts";
import type { AttemptInput } from "./attempt.ts";
import type { ClientCall } from "./read-client.ts";
import type { Remedy } from "./remedy.ts";
import { systemPromptFor } from "./system-prompt.ts";
import { applyThinkingBudget, suffixSaid } from "./thinking-budget.ts";
import type { LosslessChanges } from "./upstream-call.ts";

/** The same dialect on both sides: bytes are left alone, unless the provider or a remedy needs them written anew. */
export function canStayAsIs(call: ClientCall, provider: Provider, remedy: Remedy | null): boolean {
  if (provider.format !== call.format.id || call.reads !== call.format || remedy === "repaired") return false;
  // Values that a body which is not JSON stands for are for reading only: nothing can be changed in its bytes.
  if (call.format.decodeRequest !== undefined) return false;
  return call.operation !== "reply" || provider.takesAsIs?.(call.value, call.variant) !== false;
}

/**
 * It refers to an answer of ours, or to a part of one: what stands behind that id nobody else knows, whatever dialect they
 * speak, so the body goes with the words themselves.
 */
export function refersToOurs({ call, hub }: Pick<AttemptInput, "call" | "hub">): boolean {
  if (call.operation !== "reply" || call.reads.id !== "openai-responses" || !refersBack(call.value)) return false;
  const read = hub();
  return read.ok && read.value.recalled > 0;
}

function refersBack({ previous_response_id: previous, input }: JsonObject): boolean {
  if (typeof previous === "string") return true;
  return Array.isArray(input) && input.some((item) => own(item, "type") === "item_reference");
}

/** A count or a compaction is not a question to the model: nothing is put into it. */
export function bodyChanges({ call, config, provider, hub, remedy, thinking }: AttemptInput): LosslessChanges {
  const withoutBlobs = remedy === "without-blobs";
  if (call.operation !== "reply") return { systemPrompt: null, thinking: null, withoutBlobs };
  const systemPrompt = systemPromptFor(config, provider.id);
  if (thinking !== null) return { systemPrompt, thinking: { wish: thinking, why: suffixSaid }, withoutBlobs };
  const { thinkingBudget } = config.settings;
  const read = thinkingBudget.mode === "passthrough" ? null : hub();
  if (read?.ok !== true) return { systemPrompt, thinking: null, withoutBlobs };
  const { request, change } = applyThinkingBudget(read.value.request, thinkingBudget);
  const budgeted = change === null ? null : { wish: request.thinking ?? null, why: change };
  return { systemPrompt, thinking: budgeted, withoutBlobs };
}
