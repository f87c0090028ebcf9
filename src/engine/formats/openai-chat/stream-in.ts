/**
 * Chat chunks → hub events, tolerant of what compatible servers make of the dialect: calls told apart by id where the
 * index is always 0, reasoning under either name, usage with, after or without the finish.
 */
import { isRecord, own } from "../../../base/json.ts";
import { createSseReader, type SseEvent } from "../../codecs/sse.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { settleFinish } from "../../hub/finish.ts";
import type { Provenance } from "../../hub/message.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import { createSegments, type ToolSegment } from "../../hub/segments.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import { noUsage, type Usage } from "../../hub/usage.ts";
import { listField, numberField, optional, recordField, textField, parseFrame } from "../fields.ts";
import type { StreamReader } from "../format.ts";
import { withContext } from "../reader-stages.ts";
import { readError } from "./errors.ts";
import { readFinish } from "./finish.ts";
import { readUsage } from "./usage.ts";
import { saidIn } from "./delta.ts";

/** What may wait behind an unfinished call. Only truly interleaved calls wait at all. */
const maxHeldChars = 16 * 1024 * 1024;

export function createStreamReader(context?: ReplyContext): StreamReader {
  return withContext(createReader(context), context);
}

function createReader(context: ReplyContext | undefined): StreamReader {
  const sse = createSseReader();
  let from: Provenance = { format: "openai-chat", ...optional("model", context?.model) };
  let replyId = "";
  const segments = createSegments({ ordinalSeed: () => replyId, from: () => from });
  const callsByIndex = new Map<number, ToolSegment>();
  const callsById = new Map<string, ToolSegment>();
  let lastCall: ToolSegment | null = null;
  let usage: Usage | null = null;
  let finish: Finish | null = null;
  let isStarted = false;
  let isOver = false;

  const fail = (out: StreamEvent[], error: EngineError): void => {
    isOver = true;
    out.push({ type: "error", error });
  };

  const start = (out: StreamEvent[], chunk: unknown): void => {
    if (isStarted) return;
    isStarted = true;
    const id = textField(chunk, "id") ?? null;
    const model = textField(chunk, "model") ?? null;
    replyId = id === null || id === "" ? `${numberField(chunk, "created") ?? 0}` : id;
    if (from.model === undefined && model !== null) from = { format: "openai-chat", model };
    out.push({ type: "reply-start", id, model });
  };

  /** An index may be missing, shared by all calls, or right; a new id with a name is a new call in any case. */
  const callFor = (piece: unknown): ToolSegment => {
    const index = numberField(piece, "index");
    const id = textField(piece, "id") ?? "";
    const name = textField(recordField(piece, "function"), "name") ?? "";
    const byIndex = index === undefined ? undefined : callsByIndex.get(index);
    const byId = id === "" ? undefined : callsById.get(id);
    const isNew = byId === undefined && id !== "" && name !== "" && byIndex !== undefined && byIndex.id !== "";
    const known = byId ?? (isNew ? undefined : byIndex) ?? (index === undefined && id === "" ? lastCall : undefined);
    const call = known ?? segments.startTool();
    if (index !== undefined) callsByIndex.set(index, call);
    if (id !== "" && byId === undefined) callsById.set(id, call);
    lastCall = call;
    return call;
  };

  const takeCall = (out: StreamEvent[], piece: unknown): void => {
    const called = recordField(piece, "function");
    const given = own(called, "arguments");
    const text = typeof given === "string" ? given : isRecord(given) ? JSON.stringify(given) : "";
    const name = textField(called, "name");
    const id = textField(piece, "id");
    out.push(...segments.toolDelta(callFor(piece), { ...optional("id", id), ...optional("name", name), text }));
  };

  const takeChoice = (out: StreamEvent[], choice: unknown): void => {
    if ((numberField(choice, "index") ?? 0) !== 0) {
      out.push({ type: "dropped", what: "an answer beyond the first" });
      return;
    }
    // A few servers end with the whole message again; it counts only when nothing was streamed.
    const delta = own(choice, "delta") ?? (segments.blockCount() === 0 ? own(choice, "message") : undefined);
    if (finish === null) {
      for (const said of saidIn(delta)) out.push(...segments.prose(said.kind, said.text));
      for (const piece of listField(delta, "tool_calls") ?? []) takeCall(out, piece);
      const legacy = recordField(delta, "function_call");
      if (legacy !== undefined) takeCall(out, { index: 0, function: legacy });
    }
    const told = readFinish(choice);
    if (told === null) return;
    // Some servers repeat the chunk that ends; the last word counts, as with the official client.
    if (finish === null) out.push(...segments.close());
    finish = told;
  };

  const endReply = (out: StreamEvent[], told: Finish): void => {
    out.push(...segments.close());
    const settled = settleFinish(told, segments.toolCount());
    if (settled.reason === "error") {
      fail(out, { kind: "upstream", message: "the upstream ended the reply with an error", raw: told.raw ?? "error" });
      return;
    }
    if (settled.reason === "tool-calls" && segments.hasOpenArguments()) {
      fail(out, { kind: "protocol", message: "the upstream ended in the middle of a tool call's arguments" });
      return;
    }
    isOver = true;
    out.push({ type: "reply-end", finish: settled, usage: usage ?? noUsage });
  };

  const takeChunk = (out: StreamEvent[], event: SseEvent, isLast: boolean): void => {
    if (event.data === "[DONE]") {
      // The upstream's own word that it is done stands in for a forgotten finish, if there is anything whole.
      const isWhole = segments.blockCount() > 0 && !segments.hasOpenArguments();
      if (finish !== null) endReply(out, finish);
      else if (isWhole) endReply(out, { reason: "stop", raw: null });
      else fail(out, { kind: "truncated", message: "the upstream said it was done without having answered" });
      return;
    }
    const parsed = parseFrame(event.data);
    if (!parsed.ok) {
      if (!isLast) fail(out, { kind: "protocol", message: `the stream holds a chunk that is not JSON: ${parsed.why}` });
      return;
    }
    const chunk = parsed.value;
    const error = own(chunk, "error");
    if ((error !== undefined && error !== null) || event.event === "error") {
      fail(out, readError(undefined, [], chunk, event.data));
      return;
    }
    const choices = listField(chunk, "choices");
    const told = readUsage(chunk) ?? readUsage(choices?.[0]);
    if (choices === undefined && told === null) return;
    start(out, chunk);
    for (const choice of choices ?? []) takeChoice(out, choice);
    if (segments.heldChars() > maxHeldChars) {
      fail(out, {
        kind: "too-large",
        message: `more than ${maxHeldChars} characters wait behind an unfinished tool call`,
      });
      return;
    }
    if (told === null) return;
    usage = told;
    out.push({ type: "usage", usage });
    if (finish !== null && (choices === undefined || choices.length === 0)) endReply(out, finish);
  };

  const drain = (events: readonly SseEvent[], isLast: boolean): readonly StreamEvent[] => {
    const out: StreamEvent[] = [];
    for (const event of events) {
      if (isOver) break;
      takeChunk(out, event, isLast);
    }
    const failure = sse.failure();
    if (failure !== null && !isOver) fail(out, failure);
    return out;
  };

  return {
    push: (bytes) => (isOver ? [] : drain(sse.push(bytes), false)),
    end() {
      if (isOver) return [];
      const out = [...drain(sse.end(), true)];
      if (isOver) return out;
      // A finish without `[DONE]` is common and whole. Without either nobody can know, so it is never called whole.
      if (finish !== null) endReply(out, finish);
      else fail(out, { kind: "truncated", message: "the upstream closed the stream before the reply was finished" });
      return out;
    },
  };
}
