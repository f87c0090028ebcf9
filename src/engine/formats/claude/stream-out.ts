/**
 * Hub events → Claude's event stream. Every frame has its `event:` line (the official client ignores frames without
 * one), block numbers are array positions, thinking starts with both its fields. Deltas are built by joining strings.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { sseEvent } from "../../codecs/sse.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import { estimateTokens } from "../../hub/estimate.ts";
import { createLosses } from "../../hub/losses.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { encodeToolId } from "../../hub/tool-ids.ts";
import { noUsage, type Usage } from "../../hub/usage.ts";
import type { StreamWriter, WriterOptions } from "../format.ts";
import { showCitation } from "./citations.ts";
import { writeErrorBody } from "./errors.ts";
import { writeFinish } from "./finish.ts";
import { hidesThinking, shownOpaque, shownPicture, shownRedacted, shownSignature } from "./shown.ts";
import { writeUsage } from "./usage.ts";

const none: readonly Uint8Array[] = [];
const textDelta = '"type":"text_delta","text":';
const ping = sseEvent("ping", '{"type":"ping"}');

export function createStreamWriter(options: WriterOptions): StreamWriter {
  const losses = createLosses();
  const hides = hidesThinking(options.request);
  let hidden = "";
  let index = -1;
  let deltaHead = "";
  let customText: string | null = null;
  let refused = false;
  let isOver = false;

  const startBlock = (block: object, delta: string): readonly Uint8Array[] => {
    index += 1;
    deltaHead = `event: content_block_delta\ndata: {"type":"content_block_delta","index":${index},"delta":{${delta}`;
    return [
      sseEvent("content_block_start", JSON.stringify({ type: "content_block_start", index, content_block: block })),
    ];
  };
  const stopBlock = (): Uint8Array => sseEvent("content_block_stop", `{"type":"content_block_stop","index":${index}}`);
  const delta = (text: string): Uint8Array => Buffer.from(`${deltaHead}${JSON.stringify(text)}}}\n\n`);
  const otherDelta = (delta: object): Uint8Array =>
    sseEvent("content_block_delta", JSON.stringify({ type: "content_block_delta", index, delta }));
  const textBlock = (text: string): readonly Uint8Array[] => [
    ...startBlock({ type: "text", text: "" }, textDelta),
    delta(text),
    stopBlock(),
  ];

  const startMessage = (id: string | null, usage: Usage | undefined): readonly Uint8Array[] => {
    // Upstreams that count at the end only: the client's live counter gets our estimate until then.
    const known = usage !== undefined && usage.input > 0;
    const shown = known
      ? { ...usage, output: Math.max(1, usage.output) }
      : { ...noUsage, output: 1, input: estimateTokens(options.request) };
    const message = {
      id: id === null || id === "" ? options.fallbackId : id,
      type: "message",
      role: "assistant",
      model: options.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: writeUsage(shown, options.usageBuffer),
    };
    return [sseEvent("message_start", JSON.stringify({ type: "message_start", message }))];
  };

  const write = (event: StreamEvent): readonly Uint8Array[] => {
    switch (event.type) {
      case "reply-start":
        return startMessage(event.id, event.usage);
      case "text-start":
        return startBlock({ type: "text", text: "" }, textDelta);
      case "refusal-start":
        refused = true;
        return startBlock({ type: "text", text: "" }, textDelta);
      case "thinking-start":
        hidden = "";
        return startBlock({ type: "thinking", thinking: "", signature: "" }, '"type":"thinking_delta","thinking":');
      case "tool-start":
        customText = event.kind === "custom" ? "" : null;
        return startBlock(
          { type: "tool_use", id: encodeToolId(event.id), name: event.name, input: {} },
          '"type":"input_json_delta","partial_json":',
        );
      case "text-delta":
      case "refusal-delta":
        return [delta(event.text)];
      case "thinking-delta":
        if (!hides) return [delta(event.text)];
        hidden += event.text;
        return none;
      case "tool-delta":
        if (customText === null) return [delta(event.text)];
        customText += event.text;
        return none;
      case "citation": {
        const citation = showCitation(event.citation);
        if (citation !== null) return [otherDelta({ type: "citations_delta", citation })];
        losses.add("citation", "a citation without an address has no form here");
        return none;
      }
      case "text-end":
        if (event.signature !== undefined)
          losses.add("thinking-signature", "the signature of a text has no field here");
        return [stopBlock()];
      case "refusal-end":
        return [stopBlock()];
      case "tool-end": {
        if (event.signature !== undefined)
          losses.add("thinking-signature", "the signature of a call has no field here");
        const text = customText;
        customText = null;
        return text === null ? [stopBlock()] : [delta(wrapCustomInput(text)), stopBlock()];
      }
      case "thinking-end":
        return [
          otherDelta({ type: "signature_delta", signature: shownSignature(event.signature, event.from, hidden) }),
          stopBlock(),
        ];
      case "redacted-thinking":
        return [...startBlock(shownRedacted(event.data, event.from), ""), stopBlock()];
      case "opaque": {
        const shown = shownOpaque(event.part, losses);
        if (shown === null) return none;
        return typeof shown === "string" ? textBlock(shown) : [...startBlock(shown, ""), stopBlock()];
      }
      case "image":
        return textBlock(shownPicture(event.part, losses));
      case "usage":
      case "dropped":
        return none;
      case "reply-end": {
        isOver = true;
        const stop = writeFinish(event.finish, refused);
        const usage = writeUsage(event.usage, options.usageBuffer);
        return [
          sseEvent("message_delta", JSON.stringify({ type: "message_delta", delta: stop, usage })),
          sseEvent("message_stop", '{"type":"message_stop"}'),
        ];
      }
      case "error":
        isOver = true;
        return [sseEvent("error", writeErrorBody(event.error))];
      default:
        return unreachable(event);
    }
  };

  return {
    push: (event) => (isOver ? none : write(event)),
    keepAlive: () => ping,
    losses: () => losses.list(),
  };
}
