/** `settings.thinking_budget`, and wishes written behind a model's name: what a routed call asks of the model's thinking. */
import type { ThinkingBudget } from "../config/schema.ts";
import type { HubMessage } from "../hub/message.ts";
import type { HubRequest, Thinking } from "../hub/request.ts";
import { budgetOf, isThinkingLevel } from "../hub/thinking-levels.ts";

export interface BudgetedRequest {
  readonly request: HubRequest;
  /** For the flow: what was changed; null when nothing was. */
  readonly change: string | null;
}

export function applyThinkingBudget(request: HubRequest, budget: ThinkingBudget): BudgetedRequest {
  const wish = budgetWish(request, budget);
  if (wish === undefined) return { request, change: null };
  const { thinking: asked, ...rest } = request;
  if (wish === null) {
    if (asked === undefined) return { request, change: null };
    return {
      request: rest,
      change: `thinking budget auto: ${wishText(asked)} was taken out, the model's default holds`,
    };
  }
  if (asked !== undefined && wishText(asked) === wishText(wish)) return { request, change: null };
  const before = asked === undefined ? "no wish" : wishText(asked);
  return {
    request: { ...rest, thinking: wish },
    change: `thinking budget ${budget.mode}: ${before} became ${wishText(wish)}`,
  };
}

/** The wish that replaces the client's: null = taken out, undefined = left alone. */
export function budgetWish(request: HubRequest, budget: ThinkingBudget): Thinking | null | undefined {
  switch (budget.mode) {
    case "passthrough":
      return undefined;
    case "auto":
      return null;
    case "custom":
    case "adaptive": {
      // A model that is to continue a given text cannot think first. A tool's result is no such text: the loop goes on.
      if (request.messages.at(-1)?.role === "assistant") return undefined;
      const tokens = budget.mode === "custom" ? budget.tokens : adaptiveTokens(request, budget.tokens);
      if (tokens <= 0) return { mode: "off" };
      const asked = request.thinking;
      const show = asked === undefined || asked.mode === "off" ? undefined : asked.show;
      return { mode: "budget", tokens, ...(show === undefined ? {} : { show }) };
    }
  }
}

/** Long talks, many tools and long questions take more thought. */
function adaptiveTokens(request: HubRequest, base: number): number {
  const spoken = request.messages.filter(({ role }) => role !== "system" && role !== "developer").length;
  const factor =
    1 +
    (spoken > 10 ? 0.5 : 0) +
    (request.tools.length > 3 ? 0.5 : 0) +
    (lastUserChars(request.messages) > 2_000 ? 0.3 : 0);
  // More than the largest step means nothing to any model; a base beyond it is its owner's word.
  return Math.max(base, Math.min(Math.round(base * factor), budgetOf("max")));
}

function lastUserChars(messages: readonly HubMessage[]): number {
  const last = messages.findLast((message) => message.role === "user");
  let chars = 0;
  for (const part of last?.parts ?? []) if (part.type === "text") chars += part.text.length;
  return chars;
}

function wishText(wish: Thinking): string {
  switch (wish.mode) {
    case "off":
      return "no thinking";
    case "budget":
      return `${wish.tokens} tokens`;
    case "level":
      return `effort ${wish.level}`;
    case "dynamic":
      return wish.level === undefined ? "the model's own measure" : `the model's own measure, effort ${wish.level}`;
  }
}

/** For the flow, where such a suffix was obeyed. */
export const suffixSaid = "the thinking that the model's name asks for";

/** Far beyond any model; what is larger is part of a name. */
const maxSuffixTokens = 1_000_000;

/**
 * `gpt-5(high)`, `claude-opus-4-5(8192)`, `…(none)`, `…(auto)`: the model, and the wish in the brackets. Any other name is
 * returned whole: brackets may belong to it.
 */
export function splitThinkingSuffix(model: string): { readonly model: string; readonly thinking: Thinking | null } {
  const whole = { model, thinking: null };
  const open = model.lastIndexOf("(");
  if (open <= 0 || !model.endsWith(")")) return whole;
  const thinking = suffixWish(
    model
      .slice(open + 1, -1)
      .trim()
      .toLowerCase(),
  );
  const name = model.slice(0, open).trimEnd();
  return thinking === null || name === "" ? whole : { model: name, thinking };
}

function suffixWish(word: string): Thinking | null {
  if (isThinkingLevel(word)) return { mode: "level", level: word };
  if (word === "none" || word === "off" || word === "0") return { mode: "off" };
  if (word === "auto" || word === "-1") return { mode: "dynamic" };
  if (!/^[1-9][0-9]{0,6}$/.test(word)) return null;
  const tokens = Number(word);
  return tokens > maxSuffixTokens ? null : { mode: "budget", tokens };
}
