/** A provider that speaks OpenAI Chat Completions: same checks, same error bodies, same stream shape (as of late 2026). */
import { chatAsked } from "./fake-openai-chat-asked.ts";
import { chatMistake } from "./fake-openai-chat-rules.ts";
import { sendOpenAiError } from "./fake-openai-errors.ts";
import type { Call } from "./fake-providers.ts";
import { sendStream, type WireEvent } from "./fake-stream.ts";
import {
  argumentsText,
  defaultUsage,
  field,
  isCall,
  pieces,
  speechOf,
  type Asked,
  type Cited,
  type Counts,
  type SaidPart,
  type Speech,
  type ToolCall,
} from "./provider-turn.ts";

export async function openAiChat(call: Call): Promise<void> {
  const { reply, headers, options } = call;
  const key = /^Bearer (.+)$/.exec(headers.authorization ?? "")?.[1];
  if (options.keys !== undefined && (key === undefined || !options.keys.includes(key))) {
    const message = key === undefined ? "You didn't provide an API key." : "Incorrect API key provided.";
    sendOpenAiError(call, 401, message, { code: key === undefined ? null : "invalid_api_key" });
    return;
  }
  if (call.path.split("?")[0] !== "/v1/chat/completions") {
    sendOpenAiError(call, 404, `Unknown request URL: ${call.path}`, { code: "unknown_url" });
    return;
  }
  const wrong = chatMistake(call.body);
  if (wrong !== null) {
    sendOpenAiError(call, 400, wrong, {});
    return;
  }
  const asked = chatAsked(call.body);
  const turn = options.answer(asked, call.nth);
  if (turn.type === "silence") return;
  if (turn.type === "error") {
    const overflow =
      "This model's maximum context length is 128000 tokens. However, your messages resulted in 150000 tokens. Please reduce the length of the messages.";
    const isOverflow = turn.isOverflow === true;
    const message = isOverflow ? overflow : (turn.message ?? "The server had an error.");
    sendOpenAiError(call, turn.status, message, isOverflow ? { code: "context_length_exceeded" } : {}, turn);
    return;
  }
  const speech = speechOf(turn);
  const id = `chatcmpl-fake${call.nth}`;
  const usage = options.usage ?? defaultUsage;
  if (asked.stream) {
    reply.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
    const withUsage = field(field(call.body, "stream_options"), "include_usage") === true;
    await sendStream(reply, {
      speech,
      ...streamed(id, asked, speech, withUsage ? usage : null),
      ...failing,
      gapMs: options.gapMs ?? 1,
    });
    return;
  }
  if (speech.ending?.type === "error") {
    sendOpenAiError(call, speech.ending.status, speech.ending.message, {});
    return;
  }
  reply.writeHead(200, { "content-type": "application/json" });
  if (speech.ending !== null) reply.write('{"id":"chatcmpl-cut","object":"chat.comp', () => reply.destroy());
  else reply.end(JSON.stringify(whole(id, asked, speech, usage)));
}

const failing = {
  failure: (status: number, message: string): readonly WireEvent[] => [
    event({
      error: { message, type: "server_error", param: null, code: status === 429 ? "rate_limit_exceeded" : null },
    }),
  ],
};

function textsOf(speech: Speech, type: "text" | "thinking" | "refusal"): string {
  return speech.parts
    .map((part) => (part.type === type && !(part.type === "thinking" && part.isHidden === true) ? part.text : ""))
    .join("");
}

/** Written only where there is something: most servers leave the field out. */
function annotations(parts: readonly SaidPart[]): readonly object[] {
  return parts.flatMap((part) =>
    part.type === "text" && part.citation !== undefined ? [annotation(part.text, part.citation)] : [],
  );
}

function annotation(text: string, { url, title }: Cited): object {
  return { type: "url_citation", url_citation: { url, title, start_index: 0, end_index: text.length } };
}

function whole(id: string, asked: Asked, speech: Speech, usage: Counts): unknown {
  const calls = speech.parts.filter(isCall).map((made, index) => wireCall(id, made, index));
  const text = textsOf(speech, "text");
  const thinking = textsOf(speech, "thinking");
  const refusal = textsOf(speech, "refusal");
  const cited = annotations(speech.parts);
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
          content: text === "" ? null : text,
          refusal: refusal === "" ? null : refusal,
          ...(thinking === "" ? {} : { reasoning_content: thinking }),
          ...(cited.length > 0 ? { annotations: cited } : {}),
          ...(calls.length > 0 ? { tool_calls: calls } : {}),
        },
        logprobs: null,
        finish_reason: finishReason(speech),
      },
    ],
    usage: wireUsage(usage),
    service_tier: "default",
  };
}

/** A refusal in words ends like any answer; a filter's cut does not. */
function finishReason(speech: Speech): string {
  if (speech.isBlocked) return "content_filter";
  return {
    end: "stop",
    tools: "tool_calls",
    length: "length",
    "stop-sequence": "stop",
    refusal: "stop",
    malformed: "stop",
  }[speech.stop];
}

function streamed(
  id: string,
  asked: Asked,
  speech: Speech,
  usage: Counts | null,
): { readonly events: readonly WireEvent[]; readonly terminal: readonly WireEvent[] } {
  const head = { id, object: "chat.completion.chunk", created: 1_790_000_000, model: asked.model };
  const chunk = (delta: unknown, finish: string | null = null): string =>
    event({
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
      ...(usage && { usage: null }),
    });
  const opensWithCall = speech.parts.every((part) => isCall(part));
  const events: WireEvent[] = [chunk({ role: "assistant", content: opensWithCall ? null : "", refusal: null })];
  const pending: string[][] = [];
  const flush = (): void => {
    for (let row = 0; pending.some((deltas) => row < deltas.length); row += 1) {
      for (const deltas of pending) events.push(...deltas.slice(row, row + 1));
    }
    pending.length = 0;
  };
  let index = 0;
  for (const [place, part] of speech.parts.entries()) {
    if (place === 1 && speech.silentMs > 0) events.push({ silentMs: speech.silentMs });
    if (isCall(part)) {
      const deltas = callDeltas(id, part, index).map((made) => chunk({ tool_calls: [made] }));
      if (speech.interleaved) pending.push(deltas);
      else events.push(...deltas);
      index += 1;
      continue;
    }
    flush();
    const key = { text: "content", thinking: "reasoning_content", refusal: "refusal" }[part.type];
    if (part.type === "thinking" && part.isHidden === true) continue;
    for (const piece of pieces(part.text)) events.push(chunk({ [key]: piece }));
    if (part.type === "text" && part.citation !== undefined) {
      events.push(chunk({ annotations: [annotation(part.text, part.citation)] }));
    }
  }
  flush();
  const counted = usage === null ? [] : [event({ ...head, choices: [], usage: wireUsage(usage) })];
  return { events, terminal: [chunk({}, finishReason(speech)), ...counted, "data: [DONE]\n\n"] };
}

function callDeltas(id: string, made: ToolCall, index: number): readonly object[] {
  const full = wireCall(id, made, index);
  if (made.freeform !== undefined) {
    return [
      { index, ...full, custom: { name: made.name, input: "" } },
      ...pieces(made.freeform).map((piece) => ({ index, custom: { input: piece } })),
    ];
  }
  return [
    { index, ...full, function: { name: made.name, arguments: "" } },
    ...pieces(argumentsText(made)).map((piece) => ({ index, function: { arguments: piece } })),
  ];
}

function wireCall(id: string, made: ToolCall, index: number): object {
  const own = made.id ?? `call_${id}_${index}`;
  return made.freeform === undefined
    ? { id: own, type: "function", function: { name: made.name, arguments: argumentsText(made) } }
    : { id: own, type: "custom", custom: { name: made.name, input: made.freeform } };
}

function wireUsage(usage: Counts): unknown {
  return {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cached, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: usage.reasoning ?? 0, audio_tokens: 0 },
  };
}

function event(payload: unknown): string {
  return `data: ${JSON.stringify(payload)}\n\n`;
}
