/** Changes to a Messages body that keeps its shape. */
import { isRecord, own } from "../../../base/json.ts";
import { createLosses } from "../../hub/losses.ts";
import type { Thinking } from "../../hub/request.ts";
import { listField, numberField, optional, recordField, textField, type Fields } from "../fields.ts";
import type { BodyEdits, JsonObject } from "../format.ts";
import { claudeModel } from "./models.ts";
import { spellThinking } from "./thinking-out.ts";

export const edits: BodyEdits = { systemPrompt, thinking, withoutBlobs };

/**
 * Claude Code's first blocks, which its own backend wants to see first (2026-11): what it is billed as, and who it is.
 * Our text stands behind them, the same in every turn, so that whatever is cached of the prompt stays cached.
 */
const headStarts = ["x-anthropic-billing-header:", "You are Claude Code", "You are a Claude agent"];

function systemPrompt(body: JsonObject, prompt: { readonly prepend?: string; readonly append?: string }): JsonObject {
  const blocks = systemBlocks(body["system"]);
  const isThere = (text: string): boolean => blocks.some((block) => textField(block, "text") === text);
  const block = (text: string | undefined): readonly Fields[] =>
    text === undefined || text.trim() === "" || isThere(text) ? [] : [{ type: "text", text }];
  const before = block(prompt.prepend);
  const after = prompt.append === prompt.prepend ? [] : block(prompt.append);
  if (before.length + after.length === 0) return body;
  const head = blocks.findIndex((one) => !isHead(textField(one, "text") ?? ""));
  const at = head < 0 ? blocks.length : head;
  return { ...body, system: [...blocks.slice(0, at), ...before, ...blocks.slice(at), ...after] };
}

function isHead(text: string): boolean {
  return headStarts.some((start) => text.startsWith(start));
}

/** A string is one block; blank ones are refused. */
function systemBlocks(system: unknown): readonly unknown[] {
  if (typeof system === "string") return system.trim() === "" ? [] : [{ type: "text", text: system }];
  return Array.isArray(system) ? system : [];
}

function thinking(body: JsonObject, wish: Thinking | null): JsonObject {
  if (wish === null) return withoutThinking(body, true);
  const written = spellThinking(
    wish,
    {
      model: claudeModel(textField(body, "model") ?? ""),
      maxTokens: numberField(body, "max_tokens") ?? 0,
      forcesTool: ["any", "tool"].includes(String(own(body["tool_choice"], "type"))),
      lacksThinking: isInLoopWithoutThinking(body),
      isOwn: wish.mode === "off",
    },
    // What cannot be said is left out; the lane says that the wish was replaced.
    createLosses(),
  );
  const isThinking = written.thinking !== undefined && written.thinking["type"] !== "disabled";
  const bare = withoutThinking(body, true, isThinking);
  const display = textField(body["thinking"], "display");
  return {
    ...(isThinking ? withoutForbidden(bare) : bare),
    ...(written.thinking === undefined
      ? {}
      : { thinking: { ...(isThinking ? optional("display", display) : {}), ...written.thinking } }),
    ...(written.effort === undefined
      ? {}
      : { output_config: { ...recordField(bare, "output_config"), effort: written.effort } }),
  };
}

/** Without the wish to think, and unless thinking goes on without the edit that clears it, which would be refused alone. */
function withoutThinking(body: JsonObject, withEffort: boolean, keepsClearing = false): JsonObject {
  const { thinking: asked, output_config: config, context_management: management, ...rest } = body;
  const { effort, ...format } = isRecord(config) ? config : {};
  const edited = keepsClearing ? management : withoutClearing(management);
  const keepsEffort = effort === undefined || !withEffort;
  if (asked === undefined && keepsEffort && edited === management) return body;
  return {
    ...rest,
    ...(config === undefined || (Object.keys(format).length === 0 && !keepsEffort)
      ? {}
      : { output_config: keepsEffort ? config : format }),
    ...(edited === undefined ? {} : { context_management: edited }),
  };
}

/** Undefined when nothing is left of it; the argument itself when it clears no thinking. */
export function withoutClearing(management: unknown): unknown {
  const all = listField(management, "edits");
  if (all === undefined || !isRecord(management)) return management;
  const kept = all.filter((edit) => !String(own(edit, "type")).startsWith("clear_thinking"));
  if (kept.length === all.length) return management;
  const { edits: _edits, ...rest } = management;
  return kept.length > 0 ? { ...management, edits: kept } : Object.keys(rest).length > 0 ? rest : undefined;
}

/** Thinking allows temperature 1, no `top_k` and no `top_p` below 0.95. */
function withoutForbidden(body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(body).filter(
      ([name, value]) =>
        !(name === "top_k" || (name === "temperature" && value !== 1) || (name === "top_p" && Number(value) < 0.95)),
    ),
  );
}

function withoutBlobs(body: JsonObject): JsonObject {
  const messages = listField(body, "messages") ?? [];
  const cleaned = messages.flatMap((message) => withoutBlocks(message, isThinkingBlock));
  const isClean = cleaned.length === messages.length && cleaned.every((message, index) => message === messages[index]);
  return isClean ? body : withFittingThinking({ ...body, messages: cleaned });
}

/** A model that is asked by budget wants the loop's own thinking back before it thinks on. */
export function withFittingThinking(body: JsonObject): JsonObject {
  const isByBudget = own(body["thinking"], "type") === "enabled";
  return isByBudget && isInLoopWithoutThinking(body) ? withoutThinking(body, false) : body;
}

/** One message, or none when nothing is left of it: the API refuses empty ones. */
export function withoutBlocks(message: unknown, isTaken: (block: unknown) => boolean): readonly unknown[] {
  const content = own(message, "content");
  if (!Array.isArray(content) || !isRecord(message)) return [message];
  const kept = content.filter((block: unknown) => !isTaken(block));
  if (kept.length === content.length) return [message];
  return kept.length === 0 ? [] : [{ ...message, content: kept }];
}

function isThinkingBlock(block: unknown): boolean {
  const type = own(block, "type");
  return type === "thinking" || type === "redacted_thinking";
}

/** The body ends with the results of calls that came without thinking. */
function isInLoopWithoutThinking(body: JsonObject): boolean {
  const messages = listField(body, "messages") ?? [];
  const lastSpoken = messages.findLastIndex((message) => own(message, "role") === "assistant");
  const blocksOf = (index: number): readonly unknown[] => listField(messages[index], "content") ?? [];
  if (lastSpoken < 0 || !blocksOf(lastSpoken + 1).some((block) => own(block, "type") === "tool_result")) return false;
  return !blocksOf(lastSpoken).some(isThinkingBlock);
}
