/** How a wish to think is said to Kiro's models: in fields of their maker's, or before the words of the current message. */
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest, Thinking } from "../../hub/request.ts";
import { budgetOf, nearestLower, wishedLevel } from "../../hub/thinking-levels.ts";
import type { Fields } from "../fields.ts";
import type { KiroModel } from "./known-models.ts";

export interface WrittenThinking {
  /** `additionalModelRequestFields`; null: none. */
  readonly fields: Fields | null;
  /** Stands before the current message's words; the model then thinks in its text. */
  readonly prefix: string | null;
}

/** What public clients of Kiro ask for; the words are the service's own (2026-11). */
const maxTextBudget = 32_000;
const minTextBudget = 1_024;

export function writeThinking(request: HubRequest, model: KiroModel, losses: Losses): WrittenThinking {
  const own = request.extras.kiro?.["additionalModelRequestFields"];
  const limit = request.maxTokens === undefined ? {} : { max_tokens: request.maxTokens };
  const wish = request.thinking;
  const none: WrittenThinking = { fields: null, prefix: null };
  switch (model.thinking) {
    case "adaptive": {
      const fields = { ...fieldsOf(own), ...adaptive(wish, model, losses), ...limit };
      return Object.keys(fields).length === 0 ? none : { fields, prefix: null };
    }
    case "effort": {
      const fields = { ...fieldsOf(own), ...effort(wish, model, losses) };
      return Object.keys(fields).length === 0 ? none : { fields, prefix: null };
    }
    case "text":
      return wish === undefined || wish.mode === "off" || isEffortOnly(wish)
        ? none
        : { fields: null, prefix: textPrefix(wish) };
    case "none":
      if (wish !== undefined && wish.mode !== "off") {
        losses.add("thinking", "this model is not known to take a wish to think; it was left out");
      }
      return none;
  }
}

function fieldsOf(own: unknown): Fields {
  // What a Kiro client wrote itself for this model; our words for the same fields are laid over it.
  return typeof own === "object" && own !== null && !Array.isArray(own) ? (own as Fields) : {};
}

function adaptive(wish: Thinking | undefined, model: KiroModel, losses: Losses): Fields {
  if (wish === undefined) return {};
  if (wish.mode === "off") return { thinking: { type: "disabled" } };
  const level = wishedEffort(wish, model, losses);
  const effortField = level === null ? {} : { output_config: { effort: level } };
  if (isEffortOnly(wish)) return effortField;
  // Not `omitted`: a signature without its words could not be handed back in another dialect.
  return { thinking: { type: "adaptive", display: "summarized" }, ...effortField };
}

function effort(wish: Thinking | undefined, model: KiroModel, losses: Losses): Fields {
  if (wish === undefined) return {};
  if (wish.mode === "off") {
    losses.add("thinking", "this model has no known word for not thinking");
    return {};
  }
  const level = wishedEffort(wish, model, losses);
  return level === null ? {} : { reasoning: { effort: level } };
}

function wishedEffort(wish: Exclude<Thinking, { mode: "off" }>, model: KiroModel, losses: Losses): string | null {
  const level = wishedLevel(wish);
  if (level === null) return null;
  const nearest = nearestLower(level, model.efforts);
  if (nearest !== level) losses.add("thinking", `effort ${level} became ${nearest ?? "the model's own"}`);
  return nearest;
}

function isEffortOnly(wish: Thinking): boolean {
  return wish.mode === "level" && wish.effortOnly === true;
}

function textPrefix(wish: Exclude<Thinking, { mode: "off" }>): string {
  const wanted = wish.mode === "budget" ? wish.tokens : budgetOf(wishedLevel(wish) ?? "medium");
  const budget = Math.min(Math.max(wanted, minTextBudget), maxTextBudget);
  return `<thinking_mode>enabled</thinking_mode><max_thinking_length>${budget}</max_thinking_length>`;
}
