/** How a wish to think is said to a Claude model, and what it then forbids. Never forges what it cannot have. */
import type { Losses } from "../../hub/losses.ts";
import type { HubMessage, ThinkingPart } from "../../hub/message.ts";
import { isMadeBy, type Maker } from "../../hub/provenance.ts";
import type { HubRequest, Thinking, ThinkingLevel } from "../../hub/request.ts";
import { budgetOf, nearestLower, wishedLevel } from "../../hub/thinking-levels.ts";
import type { Fields } from "../fields.ts";
import type { ClaudeModel } from "./models.ts";
import type { WireBlock } from "./wire.ts";

export interface WrittenThinking {
  readonly thinking?: Fields;
  readonly effort?: ThinkingLevel;
}

/** Which thinking of the history the provider gets back. */
export interface ThinkingReplay {
  /** Who is asked: opaque blobs go back to it only. */
  readonly maker: Maker;
  /** `own`: what it made itself, signed or (compatible servers) not. `any`: others' too, unsigned. `none`: refused there. */
  readonly allows: "own" | "any" | "none";
}

/** The block for the history; null where the provider may not have it. A signature goes to its maker only. */
export function replayThinking(part: ThinkingPart, { maker, allows }: ThinkingReplay): WireBlock | null {
  if (allows === "none") return null;
  const isOwn = isMadeBy(part.from, maker);
  const signature = isOwn ? (part.signature ?? "") : "";
  if (signature === "" && (part.text === "" || (allows === "own" && !isOwn))) return null;
  return { type: "thinking", thinking: part.text, signature };
}

/** What stands around a wish to think and may forbid it. */
export interface Room {
  readonly model: ClaudeModel;
  readonly maxTokens: number;
  readonly forcesTool: boolean;
  /** The turn is in the middle of a tool loop whose calls came without thinking of Claude's own. */
  readonly lacksThinking: boolean;
  /** The client wrote the wish in this dialect: its words are kept, even those this build does not know of the model. */
  readonly isOwn: boolean;
}

/** The API's smallest budget. */
const minBudget = 1024;

export function writeThinking(
  request: HubRequest,
  model: ClaudeModel,
  maxTokens: number,
  replay: ThinkingReplay,
  losses: Losses,
): WrittenThinking {
  if (request.thinking === undefined) return {};
  if (replay.allows === "none") {
    losses.add("thinking", "this provider refuses the field; the wish was left out");
    return {};
  }
  const choice = request.toolChoice;
  return spellThinking(
    request.thinking,
    {
      model,
      maxTokens,
      forcesTool:
        choice?.type === "required" ||
        choice?.type === "tool" ||
        (choice?.type === "allowed" && choice.mode === "required"),
      lacksThinking: lacksThinking(request.messages, replay),
      isOwn: request.extras.claude !== undefined,
    },
    losses,
  );
}

/** What an answer needs beside its thinking. */
const minAnswer = 4096;

/** Tokens of thinking that the wish comes to; 0 where it is none. */
export function wishedTokens(wish: Thinking | undefined): number {
  if (wish === undefined || wish.mode === "off" || (wish.mode === "level" && wish.effortOnly === true)) return 0;
  return wish.mode === "budget" ? wish.tokens : budgetOf(wishedLevel(wish) ?? "medium");
}

export function spellThinking(wish: Thinking, room: Room, losses: Losses): WrittenThinking {
  const { model, maxTokens, isOwn } = room;
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
  if (room.forcesTool) {
    losses.add("thinking", "a forced tool call forbids thinking; the wish was left out");
    return {};
  }
  if (effort !== undefined && level !== null && effort !== level && model.thinking === "adaptive") {
    losses.add("thinking", `effort ${level} became ${effort}`);
  }
  const display = wish.show === undefined ? {} : { display: wish.show ? "summarized" : "omitted" };
  if (model.thinking === "adaptive") {
    return { thinking: { type: "adaptive", ...display }, ...(effort === undefined ? {} : { effort }) };
  }
  if (room.lacksThinking) {
    losses.add("thinking", "the tool turn before has no thinking signed by Claude; thinking is off for this request");
    return {};
  }
  const wanted = Math.max(wishedTokens(wish), minBudget);
  // A budget that would leave nothing to answer with is lowered to one that does; the client's own choice below it stands.
  const budget = wanted < maxTokens ? wanted : maxTokens - Math.min(minAnswer, Math.floor(maxTokens / 4));
  if (budget < minBudget) {
    losses.add("thinking", `max_tokens ${maxTokens} leaves no room to think; the wish was left out`);
    return {};
  }
  if (wish.mode === "budget" && budget !== wish.tokens) losses.add("thinking", `the budget became ${budget} tokens`);
  // To show it is what this kind does unasked.
  return { thinking: { type: "enabled", budget_tokens: budget, ...(wish.show === true ? {} : display) } };
}

/** In the middle of a tool loop the API wants the model's own thinking back before the calls. */
function lacksThinking(messages: readonly HubMessage[], replay: ThinkingReplay): boolean {
  const lastSpoken = messages.findLastIndex((message) => message.role === "assistant");
  const turn = messages[lastSpoken];
  if (turn?.role !== "assistant" || messages[lastSpoken + 1]?.role !== "tool") return false;
  const isThere = turn.parts.some(
    (part) =>
      (part.type === "thinking" && replayThinking(part, replay) !== null) ||
      (part.type === "redacted-thinking" && isMadeBy(part.from, replay.maker)),
  );
  return !isThere && turn.parts.some((part) => part.type === "tool-call");
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
