/**
 * Hub events → Claude's event stream. Every frame has its `event:` line (the official client ignores frames without
 * one), block numbers are array positions, thinking starts with both its fields. Deltas are built by joining strings.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { sseEvent } from "../../codecs/sse.ts";
import { estimateTokens } from "../../hub/estimate.ts";
import { createLosses } from "../../hub/losses.ts";
import type { OpaquePart, Provenance } from "../../hub/message.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { encodeToolId } from "../../hub/tool-ids.ts";
import { noUsage, type Usage } from "../../hub/usage.ts";
import type { StreamWriter, WriterOptions } from "../format.ts";
import { writeCarrier } from "./carrier.ts";
import { writeErrorBody } from "./errors.ts";
import { writeFinish } from "./finish.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import { writeUsage } from "./usage.ts";

const none: readonly Uint8Array[] = [];
const ping = sseEvent("ping", '{"type":"ping"}');

export function createStreamWriter(options: WriterOptions): StreamWriter {
  const losses = createLosses();
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
        return startBlock({ type: "text", text: "" }, '"type":"text_delta","text":');
      case "refusal-start":
        refused = true;
        return startBlock({ type: "text", text: "" }, '"type":"text_delta","text":');
      case "thinking-start":
        return startBlock({ type: "thinking", thinking: "", signature: "" }, '"type":"thinking_delta","thinking":');
      case "tool-start":
        customText = event.kind === "custom" ? "" : null;
        return startBlock(
          { type: "tool_use", id: encodeToolId(event.id), name: event.name, input: {} },
          '"type":"input_json_delta","partial_json":',
        );
      case "text-delta":
      case "thinking-delta":
      case "refusal-delta":
        return [delta(event.text)];
      case "tool-delta":
        if (customText === null) return [delta(event.text)];
        customText += event.text;
        return none;
      case "text-end":
      case "refusal-end":
        return [stopBlock()];
      case "tool-end": {
        const text = customText;
        customText = null;
        return text === null ? [stopBlock()] : [delta(wrapCustomInput(text)), stopBlock()];
      }
      case "thinking-end":
        return [signature(index, event.signature, event.from), stopBlock()];
      case "redacted-thinking":
        if (event.from.format !== "claude") {
          losses.add("thinking", "encrypted thinking of another provider cannot be shown to a Claude client");
          return none;
        }
        return [...startBlock({ type: "redacted_thinking", data: event.data }, ""), stopBlock()];
      case "opaque":
        return writeOpaque(event.part);
      case "usage":
        return none;
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

  const writeOpaque = (part: OpaquePart): readonly Uint8Array[] => {
    if (part.from === "claude" && typeof part.raw === "object" && part.raw !== null) {
      return [...startBlock(part.raw, ""), stopBlock()];
    }
    losses.add("server-block", `a ${part.name} block of the upstream has no form here`);
    if (part.text === undefined) return none;
    return [...startBlock({ type: "text", text: "" }, '"type":"text_delta","text":'), delta(part.text), stopBlock()];
  };

  return {
    push: (event) => (isOver ? none : write(event)),
    keepAlive: () => ping,
    losses: () => losses.list(),
  };
}

/** The real signature, or the tag that says whose thinking it was. */
export function shownSignature(signature: string | undefined, from: Provenance | undefined): string {
  if (from === undefined || from.format === "claude") return signature ?? "";
  return writeCarrier(from);
}

function signature(index: number, given: string | undefined, from: Provenance | undefined): Uint8Array {
  const delta = { type: "signature_delta", signature: shownSignature(given, from) };
  return sseEvent("content_block_delta", JSON.stringify({ type: "content_block_delta", index, delta }));
}
