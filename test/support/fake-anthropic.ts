/** A provider that speaks Anthropic Messages: same checks, same error bodies, same stream shape (as of late 2026). */
import { anthropicAsked } from "./fake-anthropic-asked.ts";
import { anthropicMistake } from "./fake-anthropic-rules.ts";
import type { Call } from "./fake-providers.ts";
import { sendStream, type WireEvent } from "./fake-stream.ts";
import {
  argumentsText,
  defaultUsage,
  isCall,
  pieces,
  speechOf,
  type Asked,
  type Counts,
  type Speech,
} from "./provider-turn.ts";

export async function anthropic(call: Call): Promise<void> {
  const { reply, headers, options } = call;
  const key = headers["x-api-key"] ?? /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (typeof key !== "string" || (options.keys !== undefined && !options.keys.includes(key))) {
    sendError(call, 401, key === undefined ? "x-api-key header is required" : "invalid x-api-key");
    return;
  }
  const usage = options.usage ?? defaultUsage;
  const path = call.path.split("?")[0];
  if (path === "/v1/messages/count_tokens") {
    sendJson(call, { input_tokens: usage.input });
    return;
  }
  if (path !== "/v1/messages") {
    sendError(call, 404, "Not found");
    return;
  }
  if (headers["anthropic-version"] === undefined) {
    sendError(call, 400, "anthropic-version: header is required");
    return;
  }
  const wrong = anthropicMistake(call.body, call.blobs);
  if (wrong !== null) {
    sendError(call, 400, wrong);
    return;
  }
  const asked = anthropicAsked(call.body, call.blobs);
  const turn = options.answer(asked, call.nth);
  if (turn.type === "silence") return;
  if (turn.type === "error") {
    const after = turn.retryAfterSeconds;
    const told = after === undefined ? {} : { "retry-after": String(after) };
    const overflow = "prompt is too long: 208310 tokens > 200000 maximum";
    const message = turn.isOverflow === true ? overflow : (turn.message ?? "Something went wrong.");
    sendError(call, turn.status, message, { ...told, ...turn.headers });
    return;
  }
  const speech = speechOf(turn);
  const started = { id: `msg_fake${call.nth}`, type: "message", role: "assistant", model: asked.model };
  const content = blocks(speech, call, asked);
  if (asked.stream) {
    reply.writeHead(200, {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache",
      "request-id": "req_fake",
    });
    await sendStream(reply, {
      speech,
      events: streamed(started, content, usage, speech.silentMs),
      terminal: [
        event("message_delta", { delta: stopFields(speech, asked), usage: wireUsage(usage) }),
        event("message_stop", {}),
      ],
      failure: (status, message) => [event("error", { error: { type: errorType(status), message } })],
      gapMs: options.gapMs ?? 1,
    });
    return;
  }
  if (speech.ending?.type === "error") {
    sendError(call, speech.ending.status, speech.ending.message);
    return;
  }
  if (speech.ending !== null) {
    reply.writeHead(200, { "content-type": "application/json", "request-id": "req_fake" });
    reply.write('{"id":"msg_cut","type":"mess', () => reply.destroy());
    return;
  }
  sendJson(call, { ...started, content, ...stopFields(speech, asked), usage: wireUsage(usage) });
}

type Block =
  | { readonly type: "text"; readonly text: string; readonly citations?: readonly object[] }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: unknown; raw?: string };

function blocks(speech: Speech, call: Call, asked: Asked): readonly Block[] {
  return speech.parts.flatMap((part, index): readonly Block[] => {
    if (isCall(part)) {
      const id = part.id ?? `toolu_fake${call.nth}_${index}`;
      const block: Block = { type: "tool_use", id, name: part.name, input: part.cutAt === undefined ? part.input : {} };
      // Only the stream shows the text of the arguments; it is not part of the block.
      Object.defineProperty(block, "raw", { value: argumentsText(part), enumerable: false });
      return [block];
    }
    if (part.type === "thinking") {
      if (part.signature === undefined && !asked.thinking.isOn) return [];
      const thinking = part.isHidden === true || !asked.thinking.isShown ? "" : part.text;
      const shown = part.signature === undefined ? thinking : part.text;
      const signature = part.signature ?? call.blobs.mint("EqoB", call.nth, shown).blob;
      return [{ type: "thinking", thinking: shown, signature }];
    }
    // A refusal's words are in the stop details.
    if (part.type === "refusal") return [];
    const { citation } = part;
    if (citation === undefined) return [{ type: "text", text: part.text }];
    const cited = {
      type: "web_search_result_location",
      url: citation.url,
      title: citation.title,
      encrypted_index: "EqgfakeIndex",
      cited_text: part.text.slice(0, 150),
    };
    return [{ type: "text", text: part.text, citations: [cited] }];
  });
}

function streamed(started: object, content: readonly Block[], usage: Counts, silentMs: number): WireEvent[] {
  const opening = {
    ...started,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...wireUsage(usage), output_tokens: 1 },
  };
  const events: WireEvent[] = [event("message_start", { message: opening }), event("ping", {})];
  for (const [index, block] of content.entries()) {
    if (index === 1 && silentMs > 0) events.push({ silentMs });
    const delta = (payload: object): number => events.push(event("content_block_delta", { index, delta: payload }));
    events.push(event("content_block_start", { index, content_block: opened(block) }));
    if (block.type === "text") {
      for (const piece of pieces(block.text)) delta({ type: "text_delta", text: piece });
      for (const citation of block.citations ?? []) delta({ type: "citations_delta", citation });
    }
    if (block.type === "thinking") {
      for (const piece of pieces(block.thinking)) delta({ type: "thinking_delta", thinking: piece });
      delta({ type: "signature_delta", signature: block.signature });
    }
    if (block.type === "tool_use") {
      delta({ type: "input_json_delta", partial_json: "" });
      for (const piece of pieces(block.raw ?? "")) delta({ type: "input_json_delta", partial_json: piece });
    }
    events.push(event("content_block_stop", { index }));
  }
  return events;
}

function opened(block: Block): object {
  if (block.type === "text")
    return { type: "text", text: "", ...(block.citations === undefined ? {} : { citations: [] }) };
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  if (block.type === "redacted_thinking") return block;
  return { ...block, input: {} };
}

function stopFields(speech: Speech, asked: Asked): object {
  const refusal = speech.parts.find((part) => part.type === "refusal");
  const details = { type: "refusal", category: null, explanation: refusal?.type === "refusal" ? refusal.text : null };
  return {
    stop_reason: stopReasons[speech.stop],
    stop_sequence: speech.stop === "stop-sequence" ? (asked.stops[0] ?? null) : null,
    ...(speech.stop === "refusal" ? { stop_details: details } : {}),
  };
}

const stopReasons = {
  end: "end_turn",
  tools: "tool_use",
  length: "max_tokens",
  "stop-sequence": "stop_sequence",
  refusal: "refusal",
  malformed: "end_turn",
} as const;

/** Anthropic counts cached tokens beside `input_tokens`, not inside. */
function wireUsage(usage: Counts) {
  return {
    input_tokens: usage.input - usage.cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cached,
    output_tokens: usage.output,
    ...(usage.reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: usage.reasoning } }),
    service_tier: "standard",
  };
}

function event(type: string, payload: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...payload })}\n\n`;
}

const errorTypes: Readonly<Record<number, string>> = {
  400: "invalid_request_error",
  401: "authentication_error",
  403: "permission_error",
  404: "not_found_error",
  413: "request_too_large",
  429: "rate_limit_error",
  529: "overloaded_error",
};

function errorType(status: number): string {
  return errorTypes[status] ?? "api_error";
}

function sendJson(call: Call, body: object): void {
  call.reply.writeHead(200, { "content-type": "application/json", "request-id": "req_fake" });
  call.reply.end(JSON.stringify(body));
}

function sendError(call: Call, status: number, message: string, headers: Readonly<Record<string, string>> = {}): void {
  call.reply.writeHead(status, { "content-type": "application/json", "request-id": "req_fake", ...headers });
  const error = { type: errorType(status), message };
  call.reply.end(JSON.stringify({ type: "error", error, request_id: "req_fake" }));
}
