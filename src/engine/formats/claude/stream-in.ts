/** Claude's event stream → hub events. Tolerant of order and of unknown events; strict about how a stream ends. */
import { own, parseJson } from "../../../base/json.ts";
import { createSseReader } from "../../codecs/sse.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { settleFinish } from "../../hub/finish.ts";
import type { Provenance } from "../../hub/message.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import type { Finish, StreamEvent } from "../../hub/stream.ts";
import { noUsage } from "../../hub/usage.ts";
import { numberField, optional, recordField, textField, parseFrame } from "../fields.ts";
import type { StreamReader } from "../format.ts";
import { createFrameTemplate } from "../frame-template.ts";
import { withContext } from "../reader-stages.ts";
import { readCitation, readCitations } from "./citations.ts";
import { readError } from "./errors.ts";
import { readFinish } from "./finish.ts";
import { readUsage } from "./usage.ts";

/** The block that is open. The API never interleaves blocks; a second start ends the first. */
type OpenBlock =
  | { readonly kind: "text" | "tool"; readonly wire: number; readonly block: number; hasText: boolean; initial: string }
  | { readonly kind: "thinking"; readonly wire: number; readonly block: number; signature: string }
  | { readonly kind: "opaque"; readonly wire: number; readonly raw: Readonly<Record<string, unknown>>; input: string };

export function createStreamReader(context?: ReplyContext): StreamReader {
  return withContext(createReader(context), context);
}

function createReader(context: ReplyContext | undefined): StreamReader {
  const sse = createSseReader(context?.limits?.sseEventBytes);
  let from: Provenance = {
    format: "claude",
    ...optional("model", context?.model),
    ...optional("origin", context?.origin),
  };
  let usage = noUsage;
  let finish: Finish | null = null;
  let open: OpenBlock | null = null;
  let blocks = 0;
  let tools = 0;
  let isStarted = false;
  let isOver = false;
  const template = createFrameTemplate();
  let learned: Extract<StreamEvent, { type: "text-delta" | "thinking-delta" | "tool-delta" }> | null = null;

  const fail = (out: StreamEvent[], error: EngineError): void => {
    isOver = true;
    out.push({ type: "error", error });
  };

  const start = (out: StreamEvent[], message: unknown): void => {
    if (isStarted) return;
    isStarted = true;
    usage = readUsage(own(message, "usage"), noUsage);
    const model = textField(message, "model") ?? null;
    if (from.model === undefined && model !== null) from = { ...from, model };
    out.push({ type: "reply-start", id: textField(message, "id") ?? null, model, usage });
  };

  const openBlock = (out: StreamEvent[], wire: number, block: Readonly<Record<string, unknown>>): void => {
    closeBlock(out);
    switch (block["type"]) {
      case "text":
        out.push({ type: "text-start", block: blocks });
        open = { kind: "text", wire, block: blocks, hasText: false, initial: textField(block, "text") ?? "" };
        for (const citation of readCitations(block)) out.push({ type: "citation", block: blocks, citation });
        break;
      case "thinking": {
        out.push({ type: "thinking-start", block: blocks });
        const text = textField(block, "thinking") ?? "";
        if (text !== "") out.push({ type: "thinking-delta", block: blocks, text });
        open = { kind: "thinking", wire, block: blocks, signature: textField(block, "signature") ?? "" };
        break;
      }
      case "tool_use": {
        tools += 1;
        out.push({
          type: "tool-start",
          block: blocks,
          id: textField(block, "id") ?? "",
          name: textField(block, "name") ?? "",
          kind: "function",
        });
        // Compatible servers put the whole input here and send no deltas.
        const input = recordField(block, "input");
        const initial = input === undefined || Object.keys(input).length === 0 ? "" : JSON.stringify(input);
        open = { kind: "tool", wire, block: blocks, hasText: false, initial };
        break;
      }
      case "redacted_thinking":
        out.push({ type: "redacted-thinking", block: blocks, data: textField(block, "data") ?? "", from });
        break;
      default:
        open = { kind: "opaque", wire, raw: block, input: "" };
        return;
    }
    blocks += 1;
  };

  const closeBlock = (out: StreamEvent[]): void => {
    const block = open;
    open = null;
    if (block === null) return;
    switch (block.kind) {
      case "thinking": {
        const { signature } = block;
        out.push({ type: "thinking-end", block: block.block, ...(signature === "" ? {} : { signature }), from });
        return;
      }
      case "opaque": {
        const input = block.input === "" ? null : parseJson(block.input);
        const raw = input?.ok === true ? { ...block.raw, input: input.value } : block.raw;
        const name = textField(raw, "type") ?? "unknown";
        out.push({ type: "opaque", block: blocks, part: { type: "opaque", from: "claude", name, raw } });
        blocks += 1;
        return;
      }
      case "text":
      case "tool":
        if (!block.hasText && block.initial !== "") {
          out.push({
            type: block.kind === "text" ? "text-delta" : "tool-delta",
            block: block.block,
            text: block.initial,
          });
        }
        out.push({ type: block.kind === "text" ? "text-end" : "tool-end", block: block.block });
        return;
      default:
    }
  };

  const takeDelta = (out: StreamEvent[], wire: number, delta: unknown): void => {
    const block = open;
    if (block === null || block.wire !== wire) {
      out.push({ type: "dropped", what: "a delta for a block that was not open" });
      return;
    }
    switch (own(delta, "type")) {
      case "text_delta":
      case "input_json_delta": {
        const text = textField(delta, "text") ?? textField(delta, "partial_json") ?? "";
        if (text === "") return;
        if (block.kind === "opaque") block.input += text;
        else if (block.kind !== "thinking") {
          if (!block.hasText && block.kind === "text" && block.initial !== "") {
            out.push({ type: "text-delta", block: block.block, text: block.initial });
          }
          block.hasText = true;
          out.push({ type: block.kind === "text" ? "text-delta" : "tool-delta", block: block.block, text });
        }
        return;
      }
      case "thinking_delta": {
        const text = textField(delta, "thinking") ?? "";
        if (block.kind === "thinking" && text !== "") out.push({ type: "thinking-delta", block: block.block, text });
        return;
      }
      case "signature_delta":
        // One per block; the official client lets a later one overwrite (measured, 2026-11).
        if (block.kind === "thinking") block.signature = textField(delta, "signature") ?? block.signature;
        return;
      case "citations_delta": {
        const raw = recordField(delta, "citation");
        if (block.kind === "text" && raw !== undefined) {
          out.push({ type: "citation", block: block.block, citation: readCitation(raw) });
        }
        return;
      }
      default:
        out.push({ type: "dropped", what: `a delta of type ${textField(delta, "type") ?? "unknown"}` });
    }
  };

  const endReply = (out: StreamEvent[]): void => {
    closeBlock(out);
    isOver = true;
    out.push({ type: "reply-end", finish: settleFinish(finish ?? { reason: "unknown", raw: null }, tools), usage });
  };

  const takeEvent = (out: StreamEvent[], event: string, data: string, isLast: boolean): void => {
    const same = template.match(data);
    if (same !== null && learned !== null && open !== null && "block" in open && open.block === learned.block) {
      out.push({ ...learned, text: same });
      return;
    }
    const parsed = parseFrame(data);
    if (!parsed.ok) {
      if (!isLast && data !== "[DONE]")
        fail(out, { kind: "protocol", message: `the stream holds an event that is not JSON: ${parsed.why}` });
      return;
    }
    const body = parsed.value;
    const type = textField(body, "type") ?? event;
    if (type === "error" || own(body, "error") !== undefined) {
      fail(out, readError(undefined, [], body, data));
      return;
    }
    if (type === "ping") return;
    if (type === "message_start") {
      start(out, own(body, "message"));
      return;
    }
    if (!isStarted) start(out, undefined);
    switch (type) {
      case "content_block_start":
        openBlock(out, numberField(body, "index") ?? 0, recordField(body, "content_block") ?? {});
        return;
      case "content_block_delta": {
        const said = out.length;
        takeDelta(out, numberField(body, "index") ?? 0, own(body, "delta"));
        learnFrom(data, out, said);
        return;
      }
      case "content_block_stop":
        closeBlock(out);
        return;
      case "message_delta":
        finish = readFinish(own(body, "delta"));
        usage = readUsage(own(body, "usage"), usage);
        out.push({ type: "usage", usage });
        return;
      case "message_stop":
        endReply(out);
        return;
      default:
        out.push({ type: "dropped", what: `an event of type ${type === "" ? "unknown" : type}` });
    }
  };

  /** A frame that said one piece of one block: most of those that follow will be the same but for the text. */
  const learnFrom = (data: string, out: readonly StreamEvent[], said: number): void => {
    const last = out[said];
    if (out.length !== said + 1) return;
    if (last?.type !== "text-delta" && last?.type !== "thinking-delta" && last?.type !== "tool-delta") return;
    if (template.learn(data, last.text)) learned = last;
  };

  const drain = (events: ReturnType<typeof sse.push>, isLast: boolean): readonly StreamEvent[] => {
    const out: StreamEvent[] = [];
    for (const { event, data } of events) {
      if (isOver) break;
      takeEvent(out, event, data, isLast);
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
      // The upstream's last word was its stop reason: only the closing frame is missing, nothing of the answer.
      if (finish !== null && finish.raw !== null && open === null) endReply(out);
      else fail(out, { kind: "truncated", message: "the upstream closed the stream before the reply was finished" });
      return out;
    },
  };
}
