/** A provider that speaks Anthropic Messages: same checks, same error bodies, same stream shape (as of late 2026). */
import type { Call } from "./fake-providers.ts";
import { defaultUsage, field, list, pieces, sendEvents, textField, type Asked, type Turn } from "./provider-turn.ts";

export async function anthropic(call: Call): Promise<void> {
  const { reply, headers, options } = call;
  const key = headers["x-api-key"] ?? /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (typeof key !== "string" || (options.keys !== undefined && !options.keys.includes(key))) {
    sendError(call, 401, key === undefined ? "x-api-key header is required" : "invalid x-api-key");
    return;
  }
  const path = call.path.split("?")[0];
  if (path === "/v1/messages/count_tokens") {
    reply.writeHead(200, { "content-type": "application/json" });
    reply.end(JSON.stringify({ input_tokens: (options.usage ?? defaultUsage).input }));
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
  const wrong = firstMistake(call.body);
  if (wrong !== null) {
    sendError(call, 400, wrong);
    return;
  }
  const asked = understood(call.body);
  const turn = options.answer(asked, call.nth);
  if (turn.type === "silence") return;
  if (turn.type === "error") {
    sendError(call, turn.status, turn.message ?? "Something went wrong.", turn.headers);
    return;
  }
  const started = {
    id: `msg_fake${call.nth}`,
    type: "message",
    role: "assistant",
    model: asked.model,
    stop_sequence: null,
  };
  const usage = wireUsage(options.usage ?? defaultUsage);
  if (!asked.stream) {
    reply.writeHead(200, { "content-type": "application/json", "request-id": "req_fake" });
    if (turn.type === "cut") {
      reply.write('{"id":"msg_cut","type":"mess', () => reply.destroy());
      return;
    }
    reply.end(JSON.stringify({ ...started, content: blocks(turn, call.nth), stop_reason: stopReason(turn), usage }));
    return;
  }
  reply.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "request-id": "req_fake",
  });
  const events = streamed(started, blocks(turn, call.nth), stopReason(turn), usage);
  await sendEvents(reply, events, options.gapMs ?? 1, turn.type === "cut" ? turn.afterEvents : undefined);
}

const knownFields = new Set(
  (
    "model messages max_tokens system stream tools tool_choice temperature top_p top_k stop_sequences metadata " +
    "thinking service_tier container context_management mcp_servers output_config output_format diagnostics betas " +
    "inference_geo cache_control speed"
  ).split(" "),
);

/** The complaint the real API would make first, or null. */
function firstMistake(body: unknown): string | null {
  if (typeof body !== "object" || body === null) return "The request body is not valid JSON";
  const unknown = Object.keys(body).find((key) => !knownFields.has(key));
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  if (typeof field(body, "model") !== "string") return "model: Field required";
  if (field(body, "max_tokens") === undefined) return "max_tokens: Field required";
  if (!(Number(field(body, "max_tokens")) >= 1)) return "max_tokens: Input should be greater than or equal to 1";
  const messages = field(body, "messages");
  if (!Array.isArray(messages)) return "messages: Field required";
  if (messages.length === 0) return "messages: at least one message is required";
  for (const [index, tool] of list(field(body, "tools")).entries()) {
    const name = field(tool, "name");
    if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
      return `tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
    }
    const isCustom = field(tool, "type") === undefined || field(tool, "type") === "custom";
    if (isCustom && field(field(tool, "input_schema"), "type") !== "object") {
      return `tools.${index}.custom.input_schema: Field required`;
    }
  }
  return messagesMistake(messages);
}

function messagesMistake(messages: readonly unknown[]): string | null {
  let owed: readonly unknown[] = [];
  for (const [index, message] of messages.entries()) {
    const role = field(message, "role");
    // Claude Code sends `system` inside `messages` too (2026).
    if (role !== "user" && role !== "assistant" && role !== "system") {
      return `messages.${index}.role: Input should be 'user' or 'assistant'`;
    }
    const content = field(message, "content");
    if (typeof content !== "string" && !Array.isArray(content)) return `messages.${index}.content: Field required`;
    if (content.length === 0 && index < messages.length - 1) {
      return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`;
    }
    const parts = list(content);
    const emptyText = parts.findIndex((part) => field(part, "type") === "text" && field(part, "text") === "");
    if (emptyText >= 0) return "messages: text content blocks must be non-empty";
    const results = parts
      .filter((part) => field(part, "type") === "tool_result")
      .map((part) => field(part, "tool_use_id"));
    const stray = results.find((id) => !owed.includes(id));
    if (stray !== undefined) {
      return `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${JSON.stringify(stray)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
    const unanswered = owed.find((id) => !results.includes(id));
    if (unanswered !== undefined && role !== "system") {
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${JSON.stringify(unanswered)}.`;
    }
    if (role !== "system")
      owed = parts.filter((part) => field(part, "type") === "tool_use").map((part) => field(part, "id"));
  }
  return null;
}

function understood(body: unknown): Asked {
  const messages = list(field(body, "messages"));
  const parts = messages.flatMap((message) => list(field(message, "content")));
  return {
    model: String(field(body, "model")),
    stream: field(body, "stream") === true,
    system: textOf(field(body, "system")),
    userTexts: messages
      .filter((message) => field(message, "role") === "user")
      .map((message) => textOf(field(message, "content"))),
    tools: list(field(body, "tools")).map((tool) => ({
      name: String(field(tool, "name")),
      schema: field(tool, "input_schema"),
    })),
    toolResults: parts
      .filter((part) => field(part, "type") === "tool_result")
      .map((part) => textOf(field(part, "content"))),
    images: parts.filter((part) => field(part, "type") === "image").length,
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content)
    .filter((part) => field(part, "type") === "text")
    .map((part) => textField(part))
    .join("");
}

type Said = Extract<Turn, { type: "text" | "tools" | "cut" }>;
type Block =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "tool_use"; readonly id: string; readonly name: string; readonly input: unknown };

function blocks(turn: Said, nth: number): Block[] {
  const all: Block[] = [];
  if (turn.type === "text" && turn.thinking !== undefined) {
    all.push({ type: "thinking", thinking: turn.thinking, signature: "RmFrZVNpZ25hdHVyZQ==" });
  }
  if (turn.text !== undefined && turn.text !== "") all.push({ type: "text", text: turn.text });
  for (const [index, made] of (turn.type === "tools" ? turn.calls : []).entries()) {
    all.push({ type: "tool_use", id: `toolu_fake${nth}_${index}`, name: made.name, input: made.input });
  }
  return all;
}

function streamed(
  started: object,
  content: readonly Block[],
  stop: string,
  usage: ReturnType<typeof wireUsage>,
): string[] {
  const events = [
    event("message_start", {
      message: { ...started, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
    }),
    event("ping", {}),
  ];
  for (const [index, block] of content.entries()) {
    const delta = (payload: unknown): number => events.push(event("content_block_delta", { index, delta: payload }));
    events.push(event("content_block_start", { index, content_block: opened(block) }));
    if (block.type === "text") for (const piece of pieces(block.text)) delta({ type: "text_delta", text: piece });
    if (block.type === "thinking") {
      for (const piece of pieces(block.thinking)) delta({ type: "thinking_delta", thinking: piece });
      delta({ type: "signature_delta", signature: block.signature });
    }
    if (block.type === "tool_use") {
      delta({ type: "input_json_delta", partial_json: "" });
      for (const piece of pieces(JSON.stringify(block.input))) delta({ type: "input_json_delta", partial_json: piece });
    }
    events.push(event("content_block_stop", { index }));
  }
  events.push(
    event("message_delta", {
      delta: { stop_reason: stop, stop_sequence: null },
      usage: { output_tokens: usage.output_tokens },
    }),
    event("message_stop", {}),
  );
  return events;
}

function opened(block: Block): unknown {
  if (block.type === "text") return { type: "text", text: "" };
  if (block.type === "thinking") return { type: "thinking", thinking: "", signature: "" };
  return { ...block, input: {} };
}

function stopReason(turn: Said): string {
  return turn.type === "tools" ? "tool_use" : "end_turn";
}

/** Anthropic counts cached tokens beside `input_tokens`, not inside. */
function wireUsage(usage: NonNullable<Call["options"]["usage"]>) {
  return {
    input_tokens: usage.input - usage.cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: usage.cached,
    output_tokens: usage.output,
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

function sendError(call: Call, status: number, message: string, headers: Readonly<Record<string, string>> = {}): void {
  const type = errorTypes[status] ?? "api_error";
  call.reply.writeHead(status, { "content-type": "application/json", "request-id": "req_fake", ...headers });
  call.reply.end(JSON.stringify({ type: "error", error: { type, message }, request_id: "req_fake" }));
}
