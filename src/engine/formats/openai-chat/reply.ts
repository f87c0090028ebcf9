/** A whole chat completion: read from an upstream, written for a client that asked for no stream. */
import { isRecord, own } from "../../../base/json.ts";
import { settleFinish } from "../../hub/finish.ts";
import { createJsonProgress } from "../../hub/json-progress.ts";
import type { AssistantPart, Provenance } from "../../hub/message.ts";
import type { HubReply } from "../../hub/reply.ts";
import { restoreReply, type ReplyContext } from "../../hub/restore.ts";
import { madeToolId } from "../../hub/tool-ids.ts";
import { noUsage } from "../../hub/usage.ts";
import { listField, optional, recordField, textField, type Fields } from "../fields.ts";
import type { Result, WriterOptions } from "../format.ts";
import { readFunction, readToolCall } from "./content-in.ts";
import { saidIn } from "./delta.ts";
import { readError } from "./errors.ts";
import { readFinish, writeFinish } from "./finish.ts";
import { readUsage, writeUsage } from "./usage.ts";

export function readReply(body: unknown, context: ReplyContext = {}): Result<HubReply> {
  const error = own(body, "error");
  if (error !== undefined && error !== null) return { ok: false, error: readError(undefined, [], body, "") };
  const [choice] = listField(body, "choices") ?? [];
  const message = recordField(choice, "message");
  if (message === undefined) {
    return { ok: false, error: { kind: "protocol", message: "the upstream's reply has no choice with a message" } };
  }
  const finish = readFinish(choice) ?? { reason: "unknown", raw: null };
  if (finish.reason === "error") {
    const failed = { kind: "upstream", message: "the upstream ended the reply with an error", raw: "error" } as const;
    return { ok: false, error: failed };
  }
  const model = textField(body, "model") ?? null;
  const id = textField(body, "id") ?? null;
  const from: Provenance = { format: "openai-chat", ...optional("model", context.model ?? model ?? undefined) };
  const calls = readCalls(message, id ?? "");
  const settled = settleFinish(finish, calls.length);
  if (settled.reason === "tool-calls" && calls.some(isCut)) {
    return { ok: false, error: { kind: "protocol", message: "the upstream's tool call arguments are not complete" } };
  }
  const said = saidIn(message)
    .filter(({ text }) => text !== "")
    .map(({ kind, text }): AssistantPart => (kind === "thinking" ? { type: kind, text, from } : { type: kind, text }));
  const reply: HubReply = {
    id,
    model,
    parts: [...said, ...calls],
    finish: settled,
    usage: readUsage(body) ?? noUsage,
    losses: (listField(message, "annotations") ?? []).length > 0 ? ["citation: annotations"] : [],
  };
  return { ok: true, value: restoreReply(reply, context) };
}

function readCalls(message: Fields, replyId: string): readonly AssistantPart[] {
  const calls = (listField(message, "tool_calls") ?? []).filter(isRecord).map(readToolCall);
  const legacy = recordField(message, "function_call");
  const all = legacy === undefined ? calls : [...calls, readFunction(legacy, "")];
  return all.map((call, index) =>
    call.type === "tool-call" && call.id === "" ? { ...call, id: madeToolId(replyId, index) } : call,
  );
}

function isCut(part: AssistantPart): boolean {
  if (part.type !== "tool-call" || part.kind === "custom") return false;
  const progress = createJsonProgress();
  progress.push(part.arguments);
  return progress.isOpen();
}

export function writeReply(reply: HubReply, options: WriterOptions): Uint8Array {
  const textOf = (type: "text" | "thinking" | "refusal"): string =>
    reply.parts.map((part) => (part.type === type ? part.text : "")).join("");
  const opaque = reply.parts.map((part) => (part.type === "opaque" ? (part.text ?? "") : "")).join("");
  const calls = reply.parts.flatMap((part): readonly Fields[] => (part.type === "tool-call" ? [writeCall(part)] : []));
  const thought = textOf("thinking");
  const text = textOf("text") + opaque;
  const explanation = reply.finish.reason === "content-filter" ? reply.finish.explanation : undefined;
  const refusal = textOf("refusal") || (explanation ?? "");
  const message = {
    role: "assistant",
    content: text === "" ? null : text,
    refusal: refusal === "" ? null : refusal,
    ...(thought === "" ? {} : { reasoning_content: thought }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
  const completion = {
    id: reply.id === null || reply.id === "" ? options.fallbackId : reply.id,
    object: "chat.completion",
    created: options.createdAt,
    model: options.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: writeFinish(reply.finish) }],
    usage: writeUsage(reply.usage, options.usageBuffer),
  };
  return Buffer.from(JSON.stringify(completion));
}

function writeCall(part: Extract<AssistantPart, { type: "tool-call" }>): Fields {
  if (part.kind === "custom")
    return { id: part.id, type: "custom", custom: { name: part.name, input: part.arguments } };
  const text = part.arguments.trim() === "" ? "{}" : part.arguments;
  return { id: part.id, type: "function", function: { name: part.name, arguments: text } };
}
