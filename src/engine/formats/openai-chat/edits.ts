/** Changes to a Chat body that keeps its shape. */
import { isRecord, own } from "../../../base/json.ts";
import type { Thinking } from "../../hub/request.ts";
import { nearestLower, wishedLevel } from "../../hub/thinking-levels.ts";
import { listField, recordField, textField, type Fields } from "../fields.ts";
import type { BodyEdits, JsonObject } from "../format.ts";
import { chatModel } from "../openai-models.ts";
import { extraContent, isGemini, noSignature } from "./thought-signature.ts";

export const edits: BodyEdits = { systemPrompt, thinking, withoutBlobs };

function systemPrompt(body: JsonObject, prompt: { readonly prepend?: string; readonly append?: string }): JsonObject {
  const messages = listField(body, "messages");
  const before = said(prompt.prepend);
  const after = prompt.append === prompt.prepend ? null : said(prompt.append);
  if (messages === undefined || (before === null && after === null)) return body;
  const at = messages.findIndex((message) => ["system", "developer"].includes(String(own(message, "role"))));
  const message = messages[at];
  if (!isRecord(message)) {
    const content = [before, after].filter((text) => text !== null).join("\n\n");
    return { ...body, messages: [{ role: "system", content }, ...messages] };
  }
  const content = framed(message["content"], before, after);
  if (content === message["content"]) return body;
  return { ...body, messages: messages.map((one, index) => (index === at ? { ...message, content } : one)) };
}

function said(text: string | undefined): string | null {
  return text === undefined || text.trim() === "" ? null : text;
}

/** The content with our text around it, in the form it has; the same content when ours is there already. */
function framed(content: unknown, before: string | null, after: string | null): unknown {
  if (Array.isArray(content)) {
    const part = (text: string | null): readonly Fields[] =>
      text === null || content.some((one: unknown) => textField(one, "text") === text) ? [] : [{ type: "text", text }];
    const all = [...part(before), ...content, ...part(after)];
    return all.length === content.length ? content : all;
  }
  const text = typeof content === "string" ? content : "";
  const head = before === null || text.startsWith(before) ? [] : [before];
  const tail = after === null || text.endsWith(after) ? [] : [after];
  return head.length + tail.length === 0 ? content : [...head, ...(text === "" ? [] : [text]), ...tail].join("\n\n");
}

/** Every field by which servers of this dialect are told how to think (2026): OpenAI, OpenRouter, GLM and Kimi, Qwen. */
const thinkingFields = ["reasoning_effort", "reasoning", "thinking", "enable_thinking", "thinking_budget"];

function thinking(body: JsonObject, wish: Thinking | null): JsonObject {
  const isSaid = thinkingFields.some((name) => body[name] !== undefined);
  const bare = isSaid
    ? Object.fromEntries(Object.entries(body).filter(([name]) => !thinkingFields.includes(name)))
    : body;
  if (wish === null) return bare;
  const reasoning = recordField(body, "reasoning");
  if (reasoning !== undefined) return { ...bare, reasoning: { ...withoutAmount(reasoning), ...amountOf(wish) } };
  const effort = effortOf(wish, textField(body, "model") ?? "");
  return effort === null ? bare : { ...bare, reasoning_effort: effort };
}

/** OpenRouter's object says how much in one of three ways; what else it says stays. */
function withoutAmount({ effort: _effort, max_tokens: _tokens, enabled: _enabled, ...rest }: Fields): Fields {
  return rest;
}

function amountOf(wish: Thinking): Fields {
  if (wish.mode === "off") return { enabled: false };
  if (wish.mode === "budget") return { max_tokens: wish.tokens };
  const level = wishedLevel(wish);
  if (level === null) return { enabled: true };
  return { effort: level === "max" ? "xhigh" : level };
}

function effortOf(wish: Thinking, name: string): string | null {
  const model = chatModel(name);
  if (wish.mode === "off") return model.noThinking;
  const level = wishedLevel(wish);
  return level === null ? null : nearestLower(level, model.efforts);
}

function withoutBlobs(body: JsonObject): JsonObject {
  const messages = listField(body, "messages");
  if (messages === undefined) return body;
  const needsWord = isGemini(textField(body, "model") ?? "");
  const cleaned = messages.map((message) => withoutSignatures(message, needsWord));
  return cleaned.every((message, index) => message === messages[index]) ? body : { ...body, messages: cleaned };
}

function withoutSignatures(message: unknown, needsWord: boolean): unknown {
  if (!isRecord(message)) return message;
  const calls = listField(message, "tool_calls");
  const isSigned = calls?.some((call) => own(call, "extra_content") !== undefined) ?? false;
  if (!isSigned && message["extra_content"] === undefined && message["reasoning_details"] === undefined) return message;
  const { extra_content: _extra, reasoning_details: _details, ...rest } = message;
  if (calls === undefined || !isSigned) return rest;
  const bare = calls.map((call, index) => {
    if (!isRecord(call)) return call;
    const { extra_content: _signature, ...unsigned } = call;
    return needsWord && index === 0 ? { ...unsigned, ...extraContent(noSignature) } : unsigned;
  });
  return { ...rest, tool_calls: bare };
}
