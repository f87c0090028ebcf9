/**
 * A provider that speaks OpenAI Responses: same checks, same error bodies, same stream shape (as of late 2026). With
 * `isCodex` it is ChatGPT's Codex backend, which takes less and says more.
 */
import { outputItems, responsesStream, type Told } from "./fake-openai-responses-stream.ts";
import { responsesAsked } from "./fake-openai-responses-asked.ts";
import { codexMistake, responsesMistake, type Complaint } from "./fake-openai-responses-rules.ts";
import { sendOpenAiError } from "./fake-openai-errors.ts";
import type { Call } from "./fake-providers.ts";
import { sendStream } from "./fake-stream.ts";
import {
  defaultUsage,
  field,
  list,
  speechOf,
  type Asked,
  type Counts,
  type ErrorTurn,
  type Speech,
} from "./provider-turn.ts";

const publicPaths = {
  call: "/v1/responses",
  count: "/v1/responses/input_tokens",
  compact: "/v1/responses/compact",
};
const codexPaths = { call: "/backend-api/codex/responses", count: null, compact: null };

export async function openAiResponses(call: Call): Promise<void> {
  const { reply, headers, options } = call;
  const isCodex = options.isCodex === true;
  const key = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (options.keys !== undefined && (key === undefined || !options.keys.includes(key))) {
    const message = key === undefined ? "You didn't provide an API key." : "Incorrect API key provided.";
    sendOpenAiError(call, 401, message, { code: key === undefined ? null : "invalid_api_key" });
    return;
  }
  const usage = options.usage ?? defaultUsage;
  const path = call.path.split("?")[0];
  const paths = isCodex ? codexPaths : publicPaths;
  if (path === paths.count) {
    reply.writeHead(200, { "content-type": "application/json" });
    reply.end(JSON.stringify({ object: "response.input_tokens", input_tokens: usage.input }));
    return;
  }
  if (path === paths.compact) {
    const item = { id: `cmp_fake${call.nth}`, type: "compaction", encrypted_content: "gAAAA-made-up" };
    const compacted = { id: `resp_fake${call.nth}`, object: "response.compaction", created_at: 0, output: [item] };
    reply.writeHead(200, { "content-type": "application/json" });
    reply.end(JSON.stringify(compacted));
    return;
  }
  if (path !== paths.call || call.method !== "POST") {
    sendOpenAiError(call, 404, `Invalid URL (${call.method} ${call.path})`, { code: null });
    return;
  }
  const detail = isCodex ? codexMistake(call.body) : null;
  if (detail !== null) {
    reply.writeHead(400, { "content-type": "application/json" });
    reply.end(JSON.stringify({ detail }));
    return;
  }
  const wrong = responsesMistake(call.body, call.blobs);
  if (wrong !== null) {
    sendOpenAiError(call, 400, wrong.message, wrong);
    return;
  }
  const asked = responsesAsked(call.body, call.blobs);
  const turn = options.answer(asked, call.nth);
  if (turn.type === "silence") return;
  if (turn.type === "error") {
    sendFailure(call, turn, isCodex);
    return;
  }
  await answer(call, asked, speechOf(turn), usage);
}

async function answer(call: Call, asked: Asked, speech: Speech, usage: Counts): Promise<void> {
  const { reply, options } = call;
  const include = list(field(call.body, "include"));
  const told: Told = {
    nth: call.nth,
    speech,
    asked,
    blobs: call.blobs,
    showsEncrypted: include.includes("reasoning.encrypted_content"),
    showsSummary: asked.thinking.isShown,
    isCodex: options.isCodex === true,
    response: (status, output) => responseObject(call, asked, speech, status, output, usage),
  };
  if (asked.stream) {
    reply.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    await sendStream(reply, { speech, ...responsesStream(told), gapMs: options.gapMs ?? 1 });
    return;
  }
  if (speech.ending?.type === "error") {
    sendOpenAiError(call, speech.ending.status, speech.ending.message, {});
    return;
  }
  reply.writeHead(200, { "content-type": "application/json" });
  if (speech.ending !== null) {
    reply.write('{"id":"resp_cut","object":"respo', () => reply.destroy());
    return;
  }
  reply.end(JSON.stringify(told.response("finished", outputItems(told))));
}

/** Every field the API sends; `finished` becomes completed or incomplete as the speech wants it. */
function responseObject(
  call: Call,
  asked: Asked,
  speech: Speech,
  status: "in_progress" | "finished" | "failed",
  output: readonly object[],
  usage: Counts,
): object {
  const reason = speech.isBlocked ? "content_filter" : speech.stop === "length" ? "max_output_tokens" : null;
  const isOver = status === "finished";
  return {
    id: `resp_fake${call.nth}`,
    object: "response",
    created_at: 1_790_000_000,
    ...(isOver && reason === null ? { completed_at: 1_790_000_001 } : {}),
    status: isOver ? (reason === null ? "completed" : "incomplete") : status,
    background: false,
    error: null,
    incomplete_details: isOver && reason !== null ? { reason } : null,
    instructions: field(call.body, "instructions") ?? null,
    max_output_tokens: asked.maxTokens,
    model: asked.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: field(field(call.body, "reasoning"), "effort") ?? null, summary: null },
    service_tier: "default",
    store: field(call.body, "store") ?? true,
    temperature: 1,
    text: { format: { type: "text" }, verbosity: "medium" },
    tool_choice: field(call.body, "tool_choice") ?? "auto",
    tools: field(call.body, "tools") ?? [],
    top_p: 1,
    truncation: "disabled",
    usage: isOver ? wireUsage(usage) : null,
    user: null,
    metadata: {},
  };
}

function wireUsage(usage: Counts): object {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cached },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: usage.input + usage.output,
  };
}

function sendFailure(call: Call, turn: ErrorTurn, isCodex: boolean): void {
  if (turn.isOverflow === true) {
    const overflow: Complaint = {
      message: "Your input exceeds the context window of this model. Please adjust your input and try again.",
      code: "context_length_exceeded",
      param: "input",
    };
    sendOpenAiError(call, turn.status, overflow.message, overflow, turn);
    return;
  }
  if (isCodex && turn.status === 429) {
    const seconds = turn.retryAfterSeconds ?? 60;
    const error = {
      type: "usage_limit_reached",
      message: turn.message ?? "The usage limit has been reached",
      plan_type: "plus",
      resets_at: Math.floor(Date.now() / 1000) + seconds,
      resets_in_seconds: seconds,
    };
    call.reply.writeHead(429, { "content-type": "application/json" });
    call.reply.end(JSON.stringify({ error }));
    return;
  }
  sendOpenAiError(call, turn.status, turn.message ?? "The server had an error.", {}, turn);
}
