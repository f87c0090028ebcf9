/** How a wish to think is said to a model: a budget, a level, or not at all. */
import { unreachable } from "../../../base/unreachable.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import type { HubRequest, Thinking, ThinkingLevel } from "../../hub/request.ts";
import { budgetOf, nearestLower, wishedLevel } from "../../hub/thinking-levels.ts";
import type { Fields } from "../fields.ts";
import type { Target } from "./backend.ts";
import type { ThinkingKind } from "./models.ts";
import { ownSignature } from "./signatures-out.ts";

/** The `thinkingConfig`; undefined leaves the model's default. */
export function writeThinking(
  request: HubRequest,
  target: Target,
  maxTokens: number | undefined,
  losses: Losses,
): Fields | undefined {
  const wish = request.thinking;
  if (wish === undefined) return undefined;
  if (target.model.family === "claude") return writeClaudeThinking(request, wish, target, maxTokens, losses);
  const config = thinkingConfig(wish, target.model.thinking, losses);
  if (config === undefined || wish.mode === "off") return config;
  // A client of this dialect says itself whether it wants to see the thoughts; the others are shown them.
  const isOwn = request.extras.gemini !== undefined;
  const isEffortOnly = wish.mode === "level" && wish.effortOnly === true;
  const show = wish.show ?? (isOwn || isEffortOnly ? undefined : true);
  return show === undefined ? config : { ...config, includeThoughts: show };
}

/** The wish in the words of one kind of model, whether thoughts are shown left out. */
export function thinkingConfig(wish: Thinking, kind: ThinkingKind, losses: Losses): Fields | undefined {
  switch (kind.kind) {
    case "none":
      if (wish.mode !== "off") losses.add("thinking", "this model cannot be asked to think; the wish was left out");
      return undefined;
    case "level":
      return levelConfig(wish, kind.levels, losses);
    case "budget":
      return budgetConfig(wish, kind, losses);
    default:
      return unreachable(kind);
  }
}

function levelConfig(wish: Thinking, levels: readonly ThinkingLevel[], losses: Losses): Fields {
  if (wish.mode === "off") {
    const least = nearestLower("minimal", levels) ?? "low";
    losses.add("thinking", `this model always thinks; it is asked for ${least}`);
    return { thinkingLevel: least.toUpperCase() };
  }
  const level = wishedLevel(wish);
  if (level === null) return {};
  const offered = nearestLower(level, levels) ?? level;
  if (offered !== level && wish.mode !== "budget") losses.add("thinking", `level ${level} became ${offered}`);
  return { thinkingLevel: offered.toUpperCase() };
}

function budgetConfig(wish: Thinking, kind: Extract<ThinkingKind, { kind: "budget" }>, losses: Losses): Fields {
  if (wish.mode === "off") {
    if (kind.canBeOff) return { thinkingBudget: 0 };
    losses.add("thinking", `this model always thinks; its budget became ${kind.min}, the least there is`);
    return { thinkingBudget: kind.min };
  }
  const level = wishedLevel(wish);
  const wanted = wish.mode === "budget" ? wish.tokens : level === null ? null : budgetOf(level);
  // The model decides by itself.
  if (wanted === null) return { thinkingBudget: -1 };
  const budget = Math.min(Math.max(Math.floor(wanted), kind.min), kind.max);
  if (wish.mode === "budget" && budget !== wish.tokens) losses.add("thinking", `the budget became ${budget} tokens`);
  return { thinkingBudget: budget };
}

/** Claude behind Google's wire keeps Claude's rules: thinking below the token limit, and in a tool loop signed by itself. */
function writeClaudeThinking(
  request: HubRequest,
  wish: Thinking,
  target: Target,
  maxTokens: number | undefined,
  losses: Losses,
): Fields | undefined {
  const { thinking } = target.model;
  const leaveOut = (why: string): undefined => {
    losses.add("thinking", `${why}; the wish was left out`);
  };
  if (wish.mode === "off") return undefined;
  if (thinking.kind !== "budget") return leaveOut("this model cannot think");
  if (wish.mode === "level" && wish.effortOnly === true) return leaveOut("this model takes no effort without thinking");
  if (request.toolChoice?.type === "required" || request.toolChoice?.type === "tool") {
    return leaveOut("a forced tool call forbids thinking");
  }
  if (lacksSignedThinking(request.messages, target)) {
    return leaveOut("the tool turn before has no thinking signed by this model");
  }
  const level = wishedLevel(wish);
  const wanted = wish.mode === "budget" ? wish.tokens : budgetOf(level ?? "medium");
  const room = Math.min(thinking.max, maxTokens === undefined ? thinking.max : maxTokens - 1);
  if (room < thinking.min) return leaveOut(`max_tokens ${String(maxTokens)} leaves no room to think`);
  const thinkingBudget = Math.min(Math.max(wanted, thinking.min), room);
  if (wish.mode === "budget" && thinkingBudget !== wish.tokens) {
    losses.add("thinking", `the budget became ${thinkingBudget} tokens`);
  }
  return { thinkingBudget, includeThoughts: wish.show ?? true };
}

/** In the middle of a tool loop Claude wants its own thinking back before the calls. */
function lacksSignedThinking(messages: readonly HubMessage[], target: Target): boolean {
  const lastSpoken = messages.findLastIndex((message) => message.role === "assistant");
  const turn = messages[lastSpoken];
  if (turn?.role !== "assistant" || messages[lastSpoken + 1]?.role !== "tool") return false;
  return !turn.parts.some((part) => part.type === "thinking" && ownSignature(part, target) !== undefined);
}
