/** A whole chat completion: read from an upstream, written for a client that asked for no stream. */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { accumulate } from "../../hub/accumulate.ts";
import { settleFinish } from "../../hub/finish.ts";
import { loss, type Loss } from "../../hub/losses.ts";
import type { AssistantPart, Provenance } from "../../hub/message.ts";
import type { HubReply } from "../../hub/reply.ts";
import { restoreReply, type ReplyContext } from "../../hub/restore.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { noUsage } from "../../hub/usage.ts";
import { listField, numberField, optional, recordField, textField, type Fields } from "../fields.ts";
import type { Result, WriterOptions } from "../format.ts";
import { writeAnnotation } from "./annotations.ts";
import { createBlocks } from "./blocks-in.ts";
import { readError } from "./errors.ts";
import { readFinish, writeFinish } from "./finish.ts";
import { writeImage } from "./images.ts";
import { shownDetails } from "./reasoning-details.ts";
import { shownSignature } from "./thought-signature.ts";
import { readUsage, writeUsage } from "./usage.ts";

/** The first choice is the reply; Copilot puts its calls into a choice of their own (2026). */
export function readReply(body: unknown, context: ReplyContext = {}): Result<HubReply> {
  const error = own(body, "error");
  if (error !== undefined && error !== null) return { ok: false, error: readError(undefined, [], body, "") };
  const [choice, ...others] = listField(body, "choices") ?? [];
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
  const from: Provenance = {
    format: "openai-chat",
    ...optional("model", context.model ?? model ?? undefined),
    ...optional("origin", context.origin),
  };
  const events: StreamEvent[] = [{ type: "reply-start", id, model }];
  const seed = id === null || id === "" ? `${numberField(body, "created") ?? 0}` : id;
  const blocks = createBlocks({ replyId: () => seed, from: () => from });
  blocks.take(events, message);
  for (const other of others) {
    if (!blocks.takeCalls(events, own(other, "message"))) {
      events.push({ type: "dropped", what: "an answer beyond the first" });
    }
  }
  blocks.close(events);
  if (isRecord(own(choice, "logprobs"))) events.push({ type: "dropped", what: "log probabilities" });
  const settled = settleFinish(finish, blocks.segments.toolCount());
  if (settled.reason === "tool-calls" && blocks.segments.hasOpenArguments()) {
    return { ok: false, error: { kind: "protocol", message: "the upstream's tool call arguments are not complete" } };
  }
  const read = accumulate([...events, { type: "reply-end", finish: settled, usage: readUsage(body) ?? noUsage }]);
  if (!read.ok) return read;
  const losses = [...read.value.losses, ...read.value.parts.flatMap(brokenArguments)];
  return { ok: true, value: restoreReply({ ...read.value, losses }, context) };
}

function brokenArguments(part: AssistantPart): readonly Loss[] {
  if (part.type !== "tool-call" || part.kind === "custom" || part.arguments.trim() === "") return [];
  const parsed = parseJson(part.arguments);
  if (parsed.ok && isRecord(parsed.value)) return [];
  return [loss("tool-arguments", `the arguments of a call of ${part.name} are not a whole JSON object`)];
}

export function writeReply(reply: HubReply, options: WriterOptions): Uint8Array {
  const { parts } = reply;
  const calls = parts.flatMap((part): readonly Fields[] => (part.type === "tool-call" ? [writeCall(part)] : []));
  const thought = parts.map((part) => (part.type === "thinking" ? part.text : "")).join("");
  const { text, annotations, signature } = textOf(parts);
  const explanation = reply.finish.reason === "content-filter" ? reply.finish.explanation : undefined;
  const refusal = parts.map((part) => (part.type === "refusal" ? part.text : "")).join("") || (explanation ?? "");
  const details = parts.flatMap(shownDetails);
  const images = parts.flatMap((part) => (part.type === "image" ? [writeImage(part)] : []));
  const message = {
    role: "assistant",
    content: text === "" ? null : text,
    refusal: refusal === "" ? null : refusal,
    ...(thought === "" ? {} : { reasoning_content: thought }),
    ...(details.length === 0 ? {} : { reasoning_details: details }),
    ...(images.length === 0 ? {} : { images }),
    ...(annotations.length === 0 ? {} : { annotations }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
    ...signature,
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

interface WholeText {
  readonly text: string;
  readonly annotations: readonly Fields[];
  /** Google's, of the last text that has one. */
  readonly signature: Fields | null;
}

/** All text of the reply as one, with citations placed in it. */
function textOf(parts: readonly AssistantPart[]): WholeText {
  let text = "";
  let signature: Fields | null = null;
  const annotations: Fields[] = [];
  for (const part of parts) {
    if (part.type === "opaque") text += part.text ?? "";
    if (part.type !== "text") continue;
    const startsAt = text.length;
    text += part.text;
    signature = shownSignature(part) ?? signature;
    for (const citation of part.citations ?? []) {
      const written = writeAnnotation(citation, startsAt, text.length);
      if (written !== null) annotations.push(written);
    }
  }
  return { text, annotations, signature };
}

function writeCall(part: Extract<AssistantPart, { type: "tool-call" }>): Fields {
  if (part.kind === "custom")
    return { id: part.id, type: "custom", custom: { name: part.name, input: part.arguments } };
  const text = part.arguments.trim() === "" ? "{}" : part.arguments;
  return {
    id: part.id,
    type: "function",
    function: { name: part.name, arguments: text },
    ...shownSignature(part),
  };
}
