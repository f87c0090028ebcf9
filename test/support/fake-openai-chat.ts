/** A provider that speaks OpenAI Chat Completions: same checks, same error bodies, same stream shape (as of late 2026). */
import type { Call } from "./fake-providers.ts";
import {
  defaultUsage,
  field,
  list,
  pieces,
  sendEvents,
  textField,
  type Asked,
  type ToolCall,
  type Turn,
} from "./provider-turn.ts";

export async function openAiChat(call: Call): Promise<void> {
  const { reply, headers, options } = call;
  const key = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (options.keys !== undefined && (key === undefined || !options.keys.includes(key))) {
    const message = key === undefined ? "You didn't provide an API key." : "Incorrect API key provided.";
    sendError(call, 401, message, "invalid_request_error", key === undefined ? null : "invalid_api_key");
    return;
  }
  if (call.path.split("?")[0] !== "/v1/chat/completions") {
    sendError(call, 404, `Unknown request URL: ${call.path}`, "invalid_request_error", "unknown_url");
    return;
  }
  const wrong = firstMistake(call.body);
  if (wrong !== null) {
    sendError(call, 400, wrong, "invalid_request_error", null);
    return;
  }
  const asked = understood(call.body);
  const turn = options.answer(asked, call.nth);
  if (turn.type === "silence") return;
  if (turn.type === "error") {
    const [type, code] = errorTypes[turn.status] ?? ["server_error", null];
    sendError(call, turn.status, turn.message ?? "The server had an error.", type, code, turn.headers);
    return;
  }
  const id = `chatcmpl-fake${call.nth}`;
  if (!asked.stream) {
    reply.writeHead(200, { "content-type": "application/json" });
    if (turn.type === "cut") {
      reply.write('{"id":"chatcmpl-cut","object":"chat.comp', () => reply.destroy());
      return;
    }
    reply.end(JSON.stringify(whole(id, asked, turn, options.usage ?? defaultUsage)));
    return;
  }
  reply.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  const withUsage = field(field(call.body, "stream_options"), "include_usage") === true;
  const events = streamed(id, asked, turn, withUsage ? (options.usage ?? defaultUsage) : null);
  await sendEvents(reply, events, options.gapMs ?? 1, turn.type === "cut" ? turn.afterEvents : undefined);
}

const knownFields = new Set(
  (
    "model messages stream stream_options tools tool_choice parallel_tool_calls max_tokens max_completion_tokens " +
    "temperature top_p n stop seed user metadata store response_format reasoning_effort frequency_penalty " +
    "presence_penalty logit_bias logprobs top_logprobs modalities prediction audio service_tier verbosity " +
    "safety_identifier prompt_cache_key prompt_cache_retention web_search_options functions function_call"
  ).split(" "),
);

/** Status to `type` and `code` of the error body. */
const errorTypes: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  400: ["invalid_request_error", null],
  401: ["invalid_request_error", "invalid_api_key"],
  403: ["invalid_request_error", "unsupported_country_region_territory"],
  404: ["invalid_request_error", "model_not_found"],
  429: ["requests", "rate_limit_exceeded"],
};

/** The complaint the real API would make first, or null. */
function firstMistake(body: unknown): string | null {
  if (typeof body !== "object" || body === null) return "We could not parse the JSON body of your request.";
  const unknown = Object.keys(body).find((key) => !knownFields.has(key));
  if (unknown !== undefined) return `Unrecognized request argument supplied: ${unknown}`;
  if (typeof field(body, "model") !== "string") return "you must provide a model parameter";
  const messages = field(body, "messages");
  if (!Array.isArray(messages)) return "Missing required parameter: 'messages'.";
  if (messages.length === 0) return "Invalid 'messages': empty array. Expected an array with minimum length 1.";
  if (field(body, "stream_options") !== undefined && field(body, "stream") !== true) {
    return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  }
  return toolsMistake(field(body, "tools"), field(body, "tool_choice")) ?? messagesMistake(messages);
}

function toolsMistake(tools: unknown, choice: unknown): string | null {
  if (tools === undefined) {
    return choice === undefined ? null : "'tool_choice' is only allowed when 'tools' are specified.";
  }
  if (!Array.isArray(tools) || tools.length === 0) return "Invalid 'tools': empty array.";
  for (const [index, tool] of tools.entries()) {
    if (field(tool, "type") !== "function") return `Invalid value: 'tools[${index}].type'.`;
    const name = field(field(tool, "function"), "name");
    if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      return `Invalid 'tools[${index}].function.name': string does not match pattern '^[a-zA-Z0-9_-]+$'.`;
    }
    const parameters = field(field(tool, "function"), "parameters");
    if (parameters !== undefined && field(parameters, "type") !== "object") {
      return `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"'.`;
    }
  }
  return null;
}

function messagesMistake(messages: readonly unknown[]): string | null {
  let owed = new Set<unknown>();
  for (const [index, message] of messages.entries()) {
    const role = field(message, "role");
    if (typeof role !== "string" || !["system", "developer", "user", "assistant", "tool"].includes(role)) {
      return `Invalid value: 'messages[${index}].role'.`;
    }
    if (role === "tool") {
      if (!owed.delete(field(message, "tool_call_id"))) {
        return "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      }
    } else if (owed.size > 0) {
      return "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
    }
    const calls = field(message, "tool_calls");
    if (role === "assistant" && Array.isArray(calls)) {
      if (calls.length === 0) return `Invalid 'messages[${index}].tool_calls': empty array.`;
      owed = new Set(calls.map((made) => field(made, "id")));
    }
    const mistake = contentMistake(message, role, index);
    if (mistake !== null) return mistake;
  }
  return owed.size > 0
    ? "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
    : null;
}

function contentMistake(message: unknown, role: string, index: number): string | null {
  const content = field(message, "content");
  if (typeof content === "string") return null;
  if (Array.isArray(content)) {
    const allowed = role === "user" ? ["text", "image_url", "input_audio", "file"] : ["text", "refusal"];
    const strange = content.find((part) => !allowed.includes(String(field(part, "type"))));
    return strange === undefined
      ? null
      : `Invalid value: '${String(field(strange, "type"))}' in messages[${index}].content.`;
  }
  if (role === "assistant" && field(message, "tool_calls") !== undefined) return null;
  return `Invalid value for 'content' of messages[${index}]: expected a string, got null.`;
}

function understood(body: unknown): Asked {
  const messages = list(field(body, "messages"));
  const textsOf = (roles: readonly string[]): string[] =>
    messages
      .filter((message) => roles.includes(String(field(message, "role"))))
      .map((message) => textOf(field(message, "content")));
  return {
    model: String(field(body, "model")),
    stream: field(body, "stream") === true,
    system: textsOf(["system", "developer"]).join("\n"),
    userTexts: textsOf(["user"]),
    tools: list(field(body, "tools")).map((tool) => ({
      name: String(field(field(tool, "function"), "name")),
      schema: field(field(tool, "function"), "parameters"),
    })),
    toolResults: textsOf(["tool"]),
    images: messages
      .flatMap((message) => list(field(message, "content")))
      .filter((part) => field(part, "type") === "image_url").length,
  };
}

function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  return list(content)
    .map((part) => textField(part))
    .join("");
}

type Said = Extract<Turn, { type: "text" | "tools" | "cut" }>;
type Counted = NonNullable<Call["options"]["usage"]>;

function whole(id: string, asked: Asked, turn: Said, usage: Counted): unknown {
  const calls = turn.type === "tools" ? turn.calls.map((made, index) => wireCall(id, made, index)) : [];
  return {
    id,
    object: "chat.completion",
    created: 1_790_000_000,
    model: asked.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: turn.text ?? null,
          refusal: null,
          ...(turn.type === "text" && turn.thinking !== undefined ? { reasoning_content: turn.thinking } : {}),
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
        },
        logprobs: null,
        finish_reason: calls.length > 0 ? "tool_calls" : "stop",
      },
    ],
    usage: wireUsage(usage),
    service_tier: "default",
  };
}

function streamed(id: string, asked: Asked, turn: Said, usage: Counted | null): string[] {
  const head = { id, object: "chat.completion.chunk", created: 1_790_000_000, model: asked.model };
  const chunk = (delta: unknown, finish: string | null = null): string =>
    event({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(usage && { usage: null }),
    });
  const events = [chunk({ role: "assistant", content: turn.type === "tools" ? null : "", refusal: null })];
  if (turn.type === "text") {
    for (const piece of pieces(turn.thinking ?? "")) events.push(chunk({ reasoning_content: piece }));
  }
  for (const piece of pieces(turn.text ?? "")) events.push(chunk({ content: piece }));
  for (const [index, made] of (turn.type === "tools" ? turn.calls : []).entries()) {
    const full = wireCall(id, made, index);
    events.push(chunk({ tool_calls: [{ index, ...full, function: { name: made.name, arguments: "" } }] }));
    for (const piece of pieces(full.function.arguments)) {
      events.push(chunk({ tool_calls: [{ index, function: { arguments: piece } }] }));
    }
  }
  events.push(chunk({}, turn.type === "tools" ? "tool_calls" : "stop"));
  if (usage !== null) events.push(event({ ...head, choices: [], usage: wireUsage(usage) }));
  return [...events, "data: [DONE]\n\n"];
}

function wireCall(id: string, made: ToolCall, index: number) {
  return {
    id: `call_${id}_${index}`,
    type: "function",
    function: { name: made.name, arguments: JSON.stringify(made.input) },
  } as const;
}

function wireUsage(usage: Counted): unknown {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}

function event(payload: unknown): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}

function sendError(
  call: Call,
  status: number,
  message: string,
  type: string,
  code: string | null,
  headers: Readonly<Record<string, string>> = {},
): void {
  call.reply.writeHead(status, { "content-type": "application/json", "x-request-id": "req_fake", ...headers });
  call.reply.end(JSON.stringify({ error: { message, type, param: null, code } }));
}
