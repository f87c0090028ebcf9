/** Chat chunks → hub events: where a stream begins and ends, its usage with, after or without the finish, its errors. */
import { isRecord, own } from "../../../base/json.ts";
import { createSseReader, type SseEvent } from "../../codecs/sse.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { settleFinish } from "../../hub/finish.ts";
import type { Provenance } from "../../hub/message.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import { noUsage, type Usage } from "../../hub/usage.ts";
import { listField, numberField, optional, parseFrame, textField } from "../fields.ts";
import type { StreamReader } from "../format.ts";
import { createFrameTemplate } from "../frame-template.ts";
import { withContext } from "../reader-stages.ts";
import { createBlocks } from "./blocks-in.ts";
import { saidIn } from "./delta.ts";
import { readError } from "./errors.ts";
import { readFinish } from "./finish.ts";
import { readUsage } from "./usage.ts";

/** What may wait behind an unfinished call. Only truly interleaved calls wait at all. */
const maxHeldChars = 16 * 1024 * 1024;

export function createStreamReader(context?: ReplyContext): StreamReader {
  return withContext(createReader(context), context);
}

function createReader(context: ReplyContext | undefined): StreamReader {
  const sse = createSseReader(context?.limits?.sseEventBytes);
  let from: Provenance = {
    format: "openai-chat",
    ...optional("model", context?.model),
    ...optional("origin", context?.origin),
  };
  let replyId = "";
  const blocks = createBlocks({ replyId: () => replyId, from: () => from });
  const { segments } = blocks;
  let usage: Usage | null = null;
  let finish: Finish | null = null;
  let otherFinish: Finish | null = null;
  let hasCallsElsewhere = false;
  let hasLogprobs = false;
  let isStarted = false;
  let isOver = false;
  const template = createFrameTemplate();
  let templateKind: "text" | "thinking" = "text";

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
    if (from.model === undefined && model !== null) from = { ...from, model };
    out.push({ type: "reply-start", id, model });
  };

  const takeChoice = (out: StreamEvent[], choice: unknown): void => {
    if ((numberField(choice, "index") ?? 0) !== 0) {
      takeOtherChoice(out, choice);
      return;
    }
    // A few servers end with the whole message again; it counts only when nothing was streamed.
    const delta = own(choice, "delta") ?? (segments.blockCount() === 0 ? own(choice, "message") : undefined);
    if (finish === null) blocks.take(out, delta);
    const logprobs = own(choice, "logprobs");
    if (isRecord(logprobs) && !hasLogprobs) {
      hasLogprobs = true;
      out.push({ type: "dropped", what: "log probabilities" });
    }
    const told = readFinish(choice);
    if (told === null) return;
    // Some servers repeat the chunk that ends; the last word counts, as with the official client.
    if (finish === null) blocks.close(out);
    finish = told;
  };

  /** We never ask for a second answer; Copilot puts the calls of the first into a choice of their own (2026). */
  const takeOtherChoice = (out: StreamEvent[], choice: unknown): void => {
    const delta = own(choice, "delta") ?? own(choice, "message");
    if (blocks.takeCalls(out, delta)) hasCallsElsewhere = true;
    else if (saidIn(delta).length > 0) out.push({ type: "dropped", what: "an answer beyond the first" });
    if (hasCallsElsewhere) otherFinish = readFinish(choice) ?? otherFinish;
  };

  const endReply = (out: StreamEvent[], told: Finish): void => {
    blocks.close(out);
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
      const told = finish ?? otherFinish;
      if (told !== null) endReply(out, told);
      else if (isWhole) endReply(out, { reason: "stop", raw: null });
      else fail(out, { kind: "truncated", message: "the upstream said it was done without having answered" });
      return;
    }
    const text = finish === null ? template.match(event.data) : null;
    if (text !== null) {
      for (const told of segments.prose(templateKind, text)) out.push(told);
      checkHeld(out);
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
    const said = out.length;
    for (const choice of choices ?? []) takeChoice(out, choice);
    if (checkHeld(out)) return;
    if (told === null) {
      learnFrom(event, out, said);
      return;
    }
    usage = told;
    out.push({ type: "usage", usage });
    if (finish !== null && (choices === undefined || choices.length === 0)) endReply(out, finish);
  };

  /** True when too much waits. */
  const checkHeld = (out: StreamEvent[]): boolean => {
    if (segments.heldChars() <= maxHeldChars) return false;
    const message = `more than ${maxHeldChars} characters wait behind an unfinished tool call`;
    fail(out, { kind: "too-large", message });
    return true;
  };

  /** A chunk that said one piece of text and nothing else: most of those that follow will be the same but for the text. */
  const learnFrom = ({ event, data }: SseEvent, out: readonly StreamEvent[], said: number): void => {
    const last = out[said];
    if (out.length !== said + 1 || event !== "" || finish !== null) return;
    if (last?.type !== "text-delta" && last?.type !== "thinking-delta") return;
    if (template.learn(data, last.text)) templateKind = last.type === "text-delta" ? "text" : "thinking";
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
      const told = finish ?? otherFinish;
      if (told !== null) endReply(out, told);
      else fail(out, { kind: "truncated", message: "the upstream closed the stream before the reply was finished" });
      return out;
    },
  };
}
