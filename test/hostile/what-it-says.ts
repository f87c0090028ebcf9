/**
 * The texts in a body or stream of each JSON dialect, found by the dialect's own field names and by nothing of ours: what
 * our readers and writers are held against. Streams are split as WHATWG HTML §9.2 says, character by character.
 */
import { isRecord, own } from "../../src/base/json.ts";
import type { TextFormatId } from "../../src/engine/formats/format.ts";

export type Field = "system" | "user" | "assistant" | "thinking" | "tool" | "arguments" | "result";
export type Said = Readonly<Record<Field, readonly string[]>>;

interface Sink {
  readonly say: (field: Field, text: unknown) => void;
  readonly said: Said;
}

function sink(): Sink {
  const said: Record<Field, string[]> = {
    system: [],
    user: [],
    assistant: [],
    thinking: [],
    tool: [],
    arguments: [],
    result: [],
  };
  return {
    said,
    say(field, text) {
      if (typeof text === "string") said[field].push(text);
    },
  };
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
/** Content that is a text, or a list of blocks with one. */
const texts = (content: unknown): readonly unknown[] =>
  typeof content === "string" ? [content] : list(content).map((block) => own(block, "text"));

/** A request body. */
export function requestSays(id: TextFormatId, body: unknown): Said {
  const { say, said } = sink();
  if (id === "openai-chat") chatRequest(body, say);
  else if (id === "openai-responses") responsesRequest(body, say);
  else if (id === "claude") claudeRequest(body, say);
  else geminiRequest(id === "gemini" ? body : own(body, "request"), say);
  return said;
}

/** A whole reply. */
export function replySays(id: TextFormatId, body: unknown): Said {
  const { say, said } = sink();
  if (id === "openai-chat") for (const choice of list(own(body, "choices"))) chatMessage(own(choice, "message"), say);
  else if (id === "openai-responses") for (const item of list(own(body, "output"))) responsesItem(item, say);
  else if (id === "claude") for (const block of list(own(body, "content"))) claudeBlock(block, "assistant", say);
  else geminiReply(id === "gemini" ? body : own(body, "response"), say);
  return said;
}

/** A stream: the pieces of each text put together. */
export function streamSays(id: TextFormatId, bytes: Uint8Array): Said {
  const { say, said } = sink();
  for (const data of sseDatas(Buffer.from(bytes).toString("utf8"))) {
    if (data === "[DONE]") continue;
    const frame: unknown = JSON.parse(data);
    if (id === "openai-chat") for (const choice of list(own(frame, "choices"))) chatMessage(own(choice, "delta"), say);
    else if (id === "openai-responses") responsesFrame(frame, say);
    else if (id === "claude") claudeFrame(frame, say);
    else geminiReply(id === "gemini" ? frame : own(frame, "response"), say);
  }
  const joined = (field: Field): readonly string[] => (said[field].length === 0 ? [] : [said[field].join("")]);
  return {
    ...said,
    assistant: joined("assistant"),
    thinking: joined("thinking"),
    arguments: joined("arguments"),
  };
}

/** The data of every event, after the letter of the standard. */
export function sseDatas(text: string): readonly string[] {
  const out: string[] = [];
  let data: string[] = [];
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    if (line === "") {
      if (data.length > 0) out.push(data.join("\n"));
      data = [];
    } else if (line === "data") data.push("");
    else if (line.startsWith("data:")) data.push(line.slice(line[5] === " " ? 6 : 5));
  }
  return out;
}

function chatRequest(body: unknown, say: Sink["say"]): void {
  for (const message of list(own(body, "messages"))) {
    const role = own(message, "role");
    if (role === "assistant") chatMessage(message, say);
    else {
      const field = role === "tool" ? "result" : role === "user" ? "user" : "system";
      for (const text of texts(own(message, "content"))) say(field, text);
    }
  }
}

function chatMessage(message: unknown, say: Sink["say"]): void {
  for (const text of texts(own(message, "content"))) say("assistant", text);
  say("thinking", own(message, "reasoning_content") ?? own(message, "reasoning"));
  for (const call of list(own(message, "tool_calls"))) {
    say("tool", own(own(call, "function"), "name"));
    say("arguments", own(own(call, "function"), "arguments"));
  }
}

function responsesRequest(body: unknown, say: Sink["say"]): void {
  say("system", own(body, "instructions"));
  for (const item of list(own(body, "input"))) responsesItem(item, say);
}

function responsesItem(item: unknown, say: Sink["say"]): void {
  const role = own(item, "role");
  switch (own(item, "type")) {
    case "function_call":
      say("tool", own(item, "name"));
      say("arguments", own(item, "arguments"));
      break;
    case "function_call_output":
      for (const text of texts(own(item, "output"))) say("result", text);
      break;
    case "reasoning":
      for (const part of list(own(item, "summary"))) say("thinking", own(part, "text"));
      break;
    default:
      for (const text of texts(own(item, "content"))) {
        say(role === "assistant" ? "assistant" : role === "user" ? "user" : "system", text);
      }
  }
}

function responsesFrame(frame: unknown, say: Sink["say"]): void {
  const delta = own(frame, "delta");
  switch (own(frame, "type")) {
    case "response.output_text.delta":
      say("assistant", delta);
      break;
    case "response.reasoning_summary_text.delta":
    case "response.reasoning_text.delta":
      say("thinking", delta);
      break;
    case "response.function_call_arguments.delta":
      say("arguments", delta);
      break;
    case "response.output_item.added":
      if (own(own(frame, "item"), "type") === "function_call") say("tool", own(own(frame, "item"), "name"));
      break;
    default:
      break;
  }
}

function claudeRequest(body: unknown, say: Sink["say"]): void {
  for (const text of texts(own(body, "system"))) say("system", text);
  for (const message of list(own(body, "messages"))) {
    const field = own(message, "role") === "assistant" ? "assistant" : "user";
    const content = own(message, "content");
    if (typeof content === "string") say(field, content);
    else for (const block of list(content)) claudeBlock(block, field, say);
  }
}

function claudeBlock(block: unknown, field: Field, say: Sink["say"]): void {
  switch (own(block, "type")) {
    case "text":
      say(field, own(block, "text"));
      break;
    case "thinking":
      say("thinking", own(block, "thinking"));
      break;
    case "tool_use":
      say("tool", own(block, "name"));
      say("arguments", JSON.stringify(own(block, "input")));
      break;
    case "tool_result":
      for (const text of texts(own(block, "content"))) say("result", text);
      break;
    default:
      break;
  }
}

function claudeFrame(frame: unknown, say: Sink["say"]): void {
  const delta = own(frame, "delta");
  if (own(frame, "type") === "content_block_start") say("tool", own(own(frame, "content_block"), "name"));
  if (own(frame, "type") !== "content_block_delta") return;
  say("assistant", own(delta, "text"));
  say("thinking", own(delta, "thinking"));
  say("arguments", own(delta, "partial_json"));
}

function geminiRequest(body: unknown, say: Sink["say"]): void {
  for (const part of list(own(own(body, "systemInstruction"), "parts"))) say("system", own(part, "text"));
  for (const content of list(own(body, "contents"))) {
    const field = own(content, "role") === "model" ? "assistant" : "user";
    for (const part of list(own(content, "parts"))) geminiPart(part, field, say);
  }
}

function geminiReply(body: unknown, say: Sink["say"]): void {
  for (const candidate of list(own(body, "candidates"))) {
    for (const part of list(own(own(candidate, "content"), "parts"))) geminiPart(part, "assistant", say);
  }
}

function geminiPart(part: unknown, field: Field, say: Sink["say"]): void {
  say(own(part, "thought") === true ? "thinking" : field, own(part, "text"));
  const call = own(part, "functionCall");
  if (isRecord(call)) {
    say("tool", own(call, "name"));
    say("arguments", JSON.stringify(own(call, "args") ?? {}));
  }
  const response = own(own(part, "functionResponse"), "response");
  if (isRecord(response)) {
    // A result that is an object of its own stands there as it is.
    say("result", JSON.stringify(response));
    say("result", own(response, "output"));
  }
}
