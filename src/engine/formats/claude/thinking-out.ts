/** How a wish to think is said to a Claude model, and what it then forbids. Never forges what it cannot have. */
import type { Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import type { HubRequest, ThinkingLevel } from "../../hub/request.ts";
import { budgetOf, nearestLower, wishedLevel } from "../../hub/thinking-levels.ts";
import type { Fields } from "../fields.ts";
import type { ClaudeModel } from "./models.ts";

export interface WrittenThinking {
  readonly thinking?: Fields;
  readonly effort?: ThinkingLevel;
}

/** The API's smallest budget. */
const minBudget = 1024;
export function writeThinking(
  request: HubRequest,
  model: ClaudeModel,
  maxTokens: number,
  losses: Losses,
): WrittenThinking {
  const wish = request.thinking;
  if (wish === undefined) return {};
  const isOwn = request.extras.claude !== undefined;
  if (wish.mode === "off") return isOwn && model.thinking !== "none" ? { thinking: { type: "disabled" } } : {};
  const level = wishedLevel(wish);
  const effort = level === null ? undefined : isOwn ? level : (nearestLower(level, model.efforts) ?? undefined);
  if (wish.mode === "level" && wish.effortOnly === true) {
    if (model.thinking === "adaptive" && effort !== undefined) return { effort };
    losses.add("thinking", "this model takes no effort without thinking; the wish was left out");
    return {};
  }
  if (model.thinking === "none") {
    losses.add("thinking", "this model cannot think; the wish was left out");
    return {};
  }
  if (request.toolChoice?.type === "required" || request.toolChoice?.type === "tool") {
    losses.add("thinking", "a forced tool call forbids thinking; the wish was left out");
    return {};
  }
  const display = wish.show === undefined ? {} : { display: wish.show ? "summarized" : "omitted" };
  if (model.thinking === "adaptive") {
    return { thinking: { type: "adaptive", ...display }, ...(effort === undefined ? {} : { effort }) };
  }
  if (lacksSignedThinking(request.messages)) {
    losses.add("thinking", "the tool turn before has no thinking signed by Claude; thinking is off for this request");
    return {};
  }
  const wanted = wish.mode === "budget" ? wish.tokens : budgetOf(level ?? "medium");
  const budget = Math.min(Math.max(wanted, minBudget), maxTokens - 1);
  if (budget < minBudget) {
    losses.add("thinking", `max_tokens ${maxTokens} leaves no room to think; the wish was left out`);
    return {};
  }
  if (wish.mode === "budget" && budget !== wish.tokens) losses.add("thinking", `the budget became ${budget} tokens`);
  return { thinking: { type: "enabled", budget_tokens: budget, ...display } };
}

/** In the middle of a tool loop the API wants the model's own thinking back before the calls. */
function lacksSignedThinking(messages: readonly HubMessage[]): boolean {
  const lastSpoken = messages.findLastIndex((message) => message.role === "assistant");
  const turn = messages[lastSpoken];
  if (turn?.role !== "assistant" || messages[lastSpoken + 1]?.role !== "tool") return false;
  const isSigned = turn.parts.some(
    (part) =>
      (part.type === "thinking" && part.from?.format === "claude" && (part.signature ?? "") !== "") ||
      (part.type === "redacted-thinking" && part.from.format === "claude"),
  );
  return !isSigned && turn.parts.some((part) => part.type === "tool-call");
}

/** Temperature and its kin, where the model and the thinking allow them. */
export function writeSampling(request: HubRequest, model: ClaudeModel, isThinking: boolean, losses: Losses): Fields {
  const written: Record<string, number> = {};
  const { temperature, topP, topK } = request;
  const leaveOut = (name: string, why: string): void => losses.add("parameter", `${name}: ${why}`);
  if (temperature !== undefined) {
    if (model.sampling === "none") leaveOut("temperature", "this model takes none");
    else if (isThinking && temperature !== 1) leaveOut("temperature", "not together with thinking");
    else {
      if (temperature > 1) leaveOut("temperature", `${temperature} became 1, the highest there is`);
      written["temperature"] = Math.min(Math.max(temperature, 0), 1);
    }
  }
  if (topP !== undefined) {
    if (model.sampling === "none") leaveOut("top_p", "this model takes none");
    else if (model.sampling === "one" && temperature !== undefined) leaveOut("top_p", "not together with temperature");
    else if (isThinking && topP < 0.95) leaveOut("top_p", "not below 0.95 together with thinking");
    else written["top_p"] = topP;
  }
  if (topK !== undefined) {
    if (model.sampling === "none") leaveOut("top_k", "this model takes none");
    else if (isThinking) leaveOut("top_k", "not together with thinking");
    else written["top_k"] = topK;
  }
  return written;
}
