/** Gemini's streams written by hand: chunks as the API sends them, as events or as a list. */
import { accumulate } from "../../../hub/accumulate.ts";
import type { HubReply } from "../../../hub/reply.ts";
import type { ReplyContext } from "../../../hub/restore.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import { frozen } from "../../__fixtures__/harness.ts";
import type { StreamWriter } from "../../format.ts";
import { createStreamReader } from "../stream-in.ts";

type Json = Readonly<Record<string, unknown>>;

export const counts = {
  promptTokenCount: 100,
  candidatesTokenCount: 20,
  thoughtsTokenCount: 5,
  cachedContentTokenCount: 40,
  totalTokenCount: 125,
};

/** A chunk of one candidate; `candidate` are more fields of it, `more` of the chunk. */
export function chunk(parts: readonly Json[], candidate: Json = {}, more: Json = {}): Json {
  return {
    candidates: [{ content: { parts, role: "model" }, index: 0, ...candidate }],
    modelVersion: "gemini-served",
    responseId: "resp-1",
    ...more,
  };
}

export function lastChunk(parts: readonly Json[] = [{ text: "" }], finishReason = "STOP", candidate: Json = {}): Json {
  return chunk(parts, { finishReason, ...candidate }, { usageMetadata: counts });
}

export const call = (name: string, args: Json = {}, more: Json = {}, part: Json = {}): Json => ({
  functionCall: { name, args, ...more },
  ...part,
});

/** As Google sends it: with CRLF. */
export function events(...chunks: readonly Json[]): Buffer {
  return Buffer.from(chunks.map((one) => `data: ${JSON.stringify(one)}\r\n\r\n`).join(""));
}

/** A call without `alt=sse`: one list, printed over many lines. */
export function list(...chunks: readonly Json[]): Buffer {
  return Buffer.from(`[${chunks.map((one) => JSON.stringify(one, null, 2)).join(",\r\n")}]`);
}

export function read(bytes: Uint8Array, cuts: readonly number[] = [], context?: ReplyContext): readonly StreamEvent[] {
  const reader = createStreamReader(context);
  const out: StreamEvent[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    out.push(...reader.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return frozen([...out, ...reader.end()]);
}

export function replyFrom(bytes: Uint8Array, context?: ReplyContext): HubReply {
  const reply = accumulate(read(bytes, [], context));
  if (!reply.ok) throw new Error(`${reply.error.kind}: ${reply.error.message}`);
  return reply.value;
}

export function written(writer: StreamWriter, said: readonly StreamEvent[]): Buffer {
  return Buffer.concat(said.flatMap((event) => writer.push(event)));
}
