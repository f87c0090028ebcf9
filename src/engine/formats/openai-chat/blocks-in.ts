/**
 * What the deltas of a Chat reply say, as hub blocks; a whole message is one large delta. Tolerant of what compatible
 * servers make of the dialect: calls told apart by id where the index is always 0, reasoning under either name.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Provenance } from "../../hub/message.ts";
import { createSegments, type Segments, type ToolSegment } from "../../hub/segments.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { listField, numberField, optional, recordField, textField } from "../fields.ts";
import { readAnnotations } from "./annotations.ts";
import { saidIn } from "./delta.ts";
import { readImages } from "./images.ts";
import { createDetailLog, detailsIn } from "./reasoning-details.ts";
import { readThoughtSignature } from "./thought-signature.ts";

export interface Blocks {
  /** Everything in the delta of the answer. */
  take(out: StreamEvent[], delta: unknown): void;
  /** Only the calls: of choices beyond the first. */
  takeCalls(out: StreamEvent[], delta: unknown): boolean;
  close(out: StreamEvent[]): void;
  readonly segments: Segments;
}

export interface BlocksOptions {
  readonly replyId: () => string;
  readonly from: () => Provenance;
}

export function createBlocks({ replyId, from }: BlocksOptions): Blocks {
  const details = createDetailLog();
  const segments = createSegments({ ordinalSeed: replyId, from, signThinking: () => details.take() });
  const callsByIndex = new Map<number, ToolSegment>();
  const callsById = new Map<string, ToolSegment>();
  let lastCall: ToolSegment | null = null;

  /** An index may be missing, shared by all calls, or right; a new id with a name is a new call in any case. */
  const callFor = (piece: unknown, name: string, isCustom: boolean): ToolSegment => {
    const index = numberField(piece, "index");
    const id = textField(piece, "id") ?? "";
    const byIndex = index === undefined ? undefined : callsByIndex.get(index);
    const byId = id === "" ? undefined : callsById.get(id);
    const isNew = byId === undefined && id !== "" && name !== "" && byIndex !== undefined && byIndex.id !== "";
    const known = byId ?? (isNew ? undefined : byIndex) ?? (index === undefined && id === "" ? lastCall : undefined);
    const call = known ?? segments.startTool(isCustom ? "custom" : "function");
    if (index !== undefined) callsByIndex.set(index, call);
    if (id !== "" && byId === undefined) callsById.set(id, call);
    lastCall = call;
    return call;
  };

  const takeCall = (out: StreamEvent[], piece: unknown): void => {
    const custom = recordField(piece, "custom");
    const called = custom ?? recordField(piece, "function");
    const given = own(called, custom === undefined ? "arguments" : "input");
    // Some servers send the object itself.
    const text = typeof given === "string" ? given : isRecord(given) ? JSON.stringify(given) : "";
    const name = textField(called, "name");
    const call = callFor(piece, name ?? "", custom !== undefined);
    const signed = readThoughtSignature(piece, from()) ?? undefined;
    const id = textField(piece, "id");
    out.push(
      ...segments.toolDelta(call, {
        ...optional("id", id),
        ...optional("name", name),
        ...optional("signed", signed),
        text,
      }),
    );
  };

  /** Encrypted reasoning that no thinking block took along is a block of its own. */
  const flushDetails = (out: StreamEvent[]): void => {
    const data = details.take();
    if (data === undefined) return;
    const maker = from();
    out.push(...segments.whole((block) => ({ type: "redacted-thinking", block, data, from: maker })));
  };

  /** Nothing was said yet: reasoning without words stands before what follows. */
  const isFirst = (): boolean => segments.blockCount() === 0 && segments.last() === null;

  /** What few deltas hold: citations, pictures, the signature of a text. */
  const takeExtras = (out: StreamEvent[], delta: unknown): void => {
    if (own(delta, "annotations") !== undefined) {
      const { citations, unknown } = readAnnotations(delta);
      for (const citation of citations) out.push(...segments.cite(citation));
      for (const type of unknown) out.push({ type: "dropped", what: `an annotation of type ${type}` });
    }
    if (own(delta, "extra_content") !== undefined) {
      const signed = readThoughtSignature(delta, from());
      if (signed !== null && !segments.signText(signed)) {
        out.push({ type: "dropped", what: "a thought signature without its text" });
      }
    }
    if (own(delta, "images") !== undefined) {
      for (const part of readImages(delta)) out.push(...segments.whole((block) => ({ type: "image", block, part })));
    }
    if (isRecord(own(delta, "audio"))) out.push({ type: "dropped", what: "spoken sound" });
  };

  const takeCalls = (out: StreamEvent[], delta: unknown): boolean => {
    const calls = listField(delta, "tool_calls");
    const legacy = recordField(delta, "function_call");
    if ((calls === undefined || calls.length === 0) && legacy === undefined) return false;
    if (isFirst()) flushDetails(out);
    for (const piece of calls ?? []) takeCall(out, piece);
    if (legacy !== undefined) takeCall(out, { index: 0, function: legacy });
    return true;
  };

  return {
    take(out, delta) {
      if (!isRecord(delta)) return;
      const signs = detailsIn(delta);
      if (signs.length > 0) details.add(signs);
      for (const said of saidIn(delta)) {
        if (said.kind !== "thinking" && isFirst()) flushDetails(out);
        out.push(...segments.prose(said.kind, said.text));
      }
      takeExtras(out, delta);
      takeCalls(out, delta);
    },
    takeCalls,
    close(out) {
      if (segments.last() !== "thinking") flushDetails(out);
      out.push(...segments.close());
    },
    segments,
  };
}
