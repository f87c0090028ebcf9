/**
 * Fragments of a `GenerateContentResponse` → hub events. The same for a stream and for a whole body, which is a stream
 * of one. Reads Code Assist's envelope too. The reply ends where its bytes end: servers have sent `finishReason` with
 * every chunk (2024), and the figures may follow it. Fields that every chunk has are read without detours: each piece of
 * text comes this way.
 */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { settleFinish } from "../../hub/finish.ts";
import type { FormatId } from "../../hub/format-id.ts";
import type { Provenance } from "../../hub/message.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import { noUsage } from "../../hub/usage.ts";
import { optional, textField, type Fields } from "../fields.ts";
import { readCitations } from "./citations.ts";
import { createBlocks } from "./blocks-in.ts";
import { createCallReader, type WholeCall } from "./calls-in.ts";
import { readError } from "./errors.ts";
import { malformed, readBlock, readFinish } from "./finish.ts";
import { readPart, signatureOf } from "./parts-in.ts";
import { readUsage } from "./usage.ts";

export interface Assembler {
  /** `text` is the fragment's JSON: it tells one reply from another where nothing else does. */
  take(fragment: unknown, text: string): readonly StreamEvent[];
  fail(error: EngineError): readonly StreamEvent[];
  /** `unfinished`: what a reply without a finish reason is called. */
  end(unfinished: Finish | EngineError): readonly StreamEvent[];
  isOver(): boolean;
}

/** Fields of a candidate the hub has no word for. */
const wordless: readonly (readonly [string, string])[] = [
  ["logprobsResult", "log probabilities"],
  ["urlContextMetadata", "what the url tool found"],
  ["continuationToken", "the token to continue with"],
];

export function createAssembler(format: FormatId, context: ReplyContext | undefined): Assembler {
  let from: Provenance = { format, ...optional("model", context?.model), ...optional("origin", context?.origin) };
  let seed = "";
  let usage = noUsage;
  let finish: Finish | null = null;
  let blocked: Finish | null = null;
  let isStarted = false;
  let isOver = false;
  const blocks = createBlocks(() => from);
  const calls = createCallReader(() => seed);
  const cited = new Set<string>();
  const dropped = new Set<string>();

  const drop = (out: StreamEvent[], what: string): void => {
    if (dropped.has(what)) return;
    dropped.add(what);
    out.push({ type: "dropped", what });
  };

  const fail = (out: StreamEvent[], error: EngineError): void => {
    isOver = true;
    out.push({ type: "error", error });
  };

  const start = (out: StreamEvent[], body: Fields, trace: string | undefined, text: string): boolean => {
    if (isStarted) return false;
    isStarted = true;
    const model = textField(body, "modelVersion") ?? null;
    const id = textField(body, "responseId") || trace || null;
    seed = id ?? text;
    if (from.model === undefined && model !== null) from = { ...from, model };
    const counted = readUsage(body["usageMetadata"], usage);
    usage = counted ?? usage;
    out.push({ type: "reply-start", id, model, ...optional("usage", counted ?? undefined) });
    return true;
  };

  const tellCall = (out: StreamEvent[], call: WholeCall): void => {
    if (call.name === "") drop(out, "a tool call without a name");
    else blocks.call(out, call);
  };

  const takePart = (out: StreamEvent[], part: unknown): void => {
    if (!isRecord(part)) return;
    const text = part["text"];
    if (typeof text === "string") {
      blocks.prose(out, part["thought"] === true ? "thinking" : "text", text, signatureOf(part));
      return;
    }
    const said = readPart(part, from);
    switch (said.type) {
      case "signature":
        return blocks.prose(out, said.of, "", said.signature);
      case "call":
        for (const call of calls.take(said.call, said.signature)) tellCall(out, call);
        return;
      case "whole":
        return blocks.whole(out, said.part);
      default:
        return unreachable(said);
    }
  };

  const takeCitations = (out: StreamEvent[], candidate: Fields): void => {
    const text = blocks.openText();
    for (const citation of readCitations(candidate, text ?? "")) {
      // The same sources come again with every chunk.
      const key = JSON.stringify([citation.url, citation.title, citation.text, citation.start]);
      if (cited.has(key)) continue;
      cited.add(key);
      if (text === null) drop(out, "a citation of no text");
      else blocks.cite(out, citation);
    }
  };

  const takeCandidate = (out: StreamEvent[], candidate: unknown): void => {
    if (!isRecord(candidate)) return;
    const { index, content } = candidate;
    if (typeof index === "number" && index !== 0) {
      drop(out, "an answer beyond the first");
      return;
    }
    const parts = isRecord(content) ? content["parts"] : undefined;
    if (Array.isArray(parts)) for (const part of parts as readonly unknown[]) takePart(out, part);
    takeCitations(out, candidate);
    for (const [field, what] of wordless) if (candidate[field] !== undefined) drop(out, what);
    finish = readFinish(candidate) ?? finish;
  };

  const takeOne = (out: StreamEvent[], fragment: unknown, text: string): void => {
    if (!isRecord(fragment)) return;
    const body = isRecord(fragment["response"]) ? fragment["response"] : fragment;
    const failed = hasError(fragment) ? fragment : hasError(body) ? body : null;
    if (failed !== null) {
      fail(out, readError(undefined, [], failed, text));
      return;
    }
    const { candidates, promptFeedback: feedback, usageMetadata: counts } = body;
    const hasCandidates = Array.isArray(candidates);
    if (!hasCandidates && !isRecord(feedback) && !isRecord(counts)) return;
    const isFirst = start(out, body, textField(fragment, "traceId"), text);
    if (hasCandidates) for (const candidate of candidates as readonly unknown[]) takeCandidate(out, candidate);
    if (feedback !== undefined) blocked = readBlock(feedback) ?? blocked;
    if (calls.isTooLarge()) fail(out, { kind: "too-large", message: "a tool call's arguments are too large" });
    const counted = isFirst ? null : readUsage(counts, usage);
    if (counted === null || isOver) return;
    usage = counted;
    out.push({ type: "usage", usage });
  };

  const settle = (out: StreamEvent[], told: Finish): void => {
    for (const call of calls.cut()) tellCall(out, call);
    blocks.close(out);
    const settled = settleFinish(told, blocks.calls());
    const isEmpty = blocks.count() === 0 && (settled.reason === "stop" || settled.reason === "unknown");
    if (settled.reason === "error" || isEmpty) fail(out, malformed(settled));
    else if (calls.wasCut() && settled.reason === "tool-calls") {
      fail(out, { kind: "protocol", message: "the upstream ended in the middle of a tool call's arguments" });
    } else {
      isOver = true;
      out.push({ type: "reply-end", finish: settled, usage });
    }
  };

  return {
    take(fragment, text) {
      const out: StreamEvent[] = [];
      if (!Array.isArray(fragment)) takeOne(out, fragment, text);
      else for (const one of fragment as readonly unknown[]) if (!isOver) takeOne(out, one, text);
      return out;
    },
    fail(error) {
      const out: StreamEvent[] = [];
      if (!isOver) fail(out, error);
      return out;
    },
    end(unfinished) {
      const out: StreamEvent[] = [];
      if (isOver) return out;
      const told = finish ?? blocked ?? unfinished;
      if ("reason" in told && isStarted) settle(out, told);
      else if ("kind" in told) fail(out, told);
      else fail(out, { kind: "protocol", message: "the upstream's reply has no candidates" });
      return out;
    },
    isOver: () => isOver,
  };
}

function hasError(body: Fields): boolean {
  return body["error"] !== undefined && body["error"] !== null;
}
