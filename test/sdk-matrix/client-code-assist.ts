/**
 * The Gemini CLI and Antigravity as their backend sees them: Gemini requests in an envelope, and a reader that behaves as
 * the CLI's does. It takes lines that begin with "data: ", joins them up to a blank line, drops what is no JSON, and hears
 * nothing in a reply without its envelope.
 */
import type { Dispatcher } from "undici";
import { field, isTable, list, parsedOr, textField, wordOf } from "../support/provider-turn.ts";
import type { Client, Envelope, Failure, Heard, Question, ToolResult } from "./clients.ts";
import { rawCall, type RawReply } from "./raw-call.ts";

export interface EnvelopeTransport {
  readonly dispatcher: Dispatcher;
  /** Default: the host the client calls. */
  readonly host?: string;
}

const hosts: Readonly<Record<Envelope, string>> = {
  "gemini-cli": "cloudcode-pa.googleapis.com",
  antigravity: "daily-cloudcode-pa.googleapis.com",
};

const agents: Readonly<Record<Envelope, string>> = {
  "gemini-cli": "GeminiCLI/0.31.0/gemini-3-pro-preview (linux; x64; terminal)",
  antigravity: "antigravity/1.18.3 linux/x64",
};

type Content = Readonly<Record<string, unknown>>;

export function codeAssistClient(envelope: Envelope, transport: EnvelopeTransport): Client {
  return {
    dialect: envelope,
    ask: (question) => send(envelope, transport, question, opening(question)),
    failure(thrown) {
      if (thrown instanceof RefusedCall) return thrown.failure;
      if (!(thrown instanceof Error)) throw new Error(`nothing of the client's: ${String(thrown)}`);
      return { status: null, message: thrown.message, code: thrown.name, retryAfterSeconds: null };
    },
  };
}

class RefusedCall extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

function opening(question: Question): readonly Content[] {
  const pictures = (question.images ?? []).map((data) => ({ inlineData: { mimeType: "image/png", data } }));
  return [
    ...(question.history ?? []).map(({ role, text }) => ({
      role: role === "user" ? "user" : "model",
      parts: [{ text }],
    })),
    { role: "user", parts: [...pictures, { text: question.text ?? "Say hello." }] },
  ];
}

/** The body as the client writes it (facts of late 2026). */
export function codeAssistBody(envelope: Envelope, question: Question, contents: readonly Content[]): object {
  const { toolChoice } = question;
  const declared = (question.tools ?? []).map(({ name, description, schema }) => ({
    name,
    ...(description === undefined ? {} : { description }),
    ...(schema === undefined
      ? {}
      : envelope === "gemini-cli"
        ? { parametersJsonSchema: schema }
        : { parameters: googleSchema(schema) }),
  }));
  const mode = toolChoice === undefined ? "VALIDATED" : toolChoice === "none" ? "NONE" : "ANY";
  const named = typeof toolChoice === "object" ? { allowedFunctionNames: [toolChoice.name] } : {};
  const asksMode = toolChoice !== undefined || (envelope === "antigravity" && declared.length > 0);
  const request = {
    contents,
    ...(question.system === undefined
      ? {}
      : { systemInstruction: { role: "user", parts: [{ text: question.system }] } }),
    ...(declared.length === 0 ? {} : { tools: [{ functionDeclarations: declared }] }),
    ...(asksMode ? { toolConfig: { functionCallingConfig: { mode, ...named } } } : {}),
    generationConfig: {
      temperature: 1,
      topP: 0.95,
      topK: 64,
      ...(question.maxTokens === undefined ? {} : { maxOutputTokens: question.maxTokens }),
      ...(question.stops === undefined ? {} : { stopSequences: question.stops }),
      ...(question.schema === undefined
        ? {}
        : { responseMimeType: "application/json", responseJsonSchema: question.schema }),
      ...(question.thinks === true ? { thinkingConfig: { includeThoughts: true, thinkingBudget: 8192 } } : {}),
    },
  };
  if (envelope === "gemini-cli") {
    return {
      model: question.model,
      project: "the-clients-own-project",
      user_prompt_id: "3f6c1a52-8f1e-4c1a-9a77-0c8f3d5a2b10########0",
      request: { ...request, session_id: "0e0e7a5e-5a1c-4f3c-8a45-3ad0b3f1c111" },
    };
  }
  return {
    project: "the-clients-own-project",
    model: question.model,
    userAgent: "antigravity",
    requestType: "agent",
    requestId: "agent-7d0c3f8e-2f52-4d1b-8a33-5b1e4b0f9a10",
    request: { ...request, sessionId: "-3750763034362895579" },
  };
}

/** Antigravity declares its tools in Google's own form of a schema. */
function googleSchema(schema: unknown): unknown {
  if (!isTable(schema)) return schema;
  const { type, properties, required, description } = schema;
  const inner = Object.entries(isTable(properties) ? properties : {});
  return {
    type: String(type).toUpperCase(),
    ...(description === undefined ? {} : { description }),
    ...(inner.length === 0
      ? {}
      : { properties: Object.fromEntries(inner.map(([name, one]) => [name, googleSchema(one)])) }),
    ...(required === undefined ? {} : { required }),
  };
}

async function send(
  envelope: Envelope,
  transport: EnvelopeTransport,
  question: Question,
  contents: readonly Content[],
): Promise<Heard> {
  const reply = await rawCall(transport.dispatcher, {
    host: transport.host ?? hosts[envelope],
    target: question.stream ? "/v1internal:streamGenerateContent?alt=sse" : "/v1internal:generateContent",
    headers: { authorization: "Bearer ya29.the-clients-own", "user-agent": agents[envelope] },
    body: codeAssistBody(envelope, question, contents),
    ...(question.signal === undefined ? {} : { signal: question.signal }),
  });
  if (reply.status !== 200) throw new RefusedCall(refusal(reply));
  if (reply.isCut) throw new Error("the connection broke");
  const frames = question.stream ? streamFrames(reply.text) : [parsedOr(reply.text, null)];
  // An error inside the stream comes as the error alone, out of any envelope.
  const failed = frames.find((frame) => isTable(field(frame, "error")));
  if (failed !== undefined)
    throw new RefusedCall({ ...refusal({ ...reply, text: JSON.stringify(failed) }), status: null });
  const responses = frames.map((frame) => field(frame, "response")).filter(isTable);
  const traces = frames.map((frame) => field(frame, "traceId")).filter((trace) => typeof trace === "string");
  return heard(envelope, transport, question, contents, responses, traces.length);
}

/** As the CLI reads: lines with the space, joined until a blank one, silence about what is no JSON. */
function streamFrames(text: string): readonly unknown[] {
  const frames: unknown[] = [];
  let pending: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("data: ")) pending.push(line.slice(6).trim());
    else if (line === "") {
      if (pending.length > 0) frames.push(parsedOr(pending.join("\n"), null));
      pending = [];
    }
  }
  return frames.filter((frame) => frame !== null);
}

function refusal(reply: RawReply): Failure {
  const body = parsedOr(reply.text, null);
  const error = field(Array.isArray(body) ? body[0] : body, "error");
  const delays = list(field(error, "details")).map((detail) => field(detail, "retryDelay"));
  const delay = delays.find((value) => typeof value === "string");
  return {
    status: reply.status,
    message: wordOf(field(error, "message"), reply.text),
    code: wordOf(field(error, "status")),
    retryAfterSeconds: typeof delay === "string" ? Number.parseFloat(delay) : null,
  };
}

function heard(
  envelope: Envelope,
  transport: EnvelopeTransport,
  question: Question,
  before: readonly Content[],
  responses: readonly Readonly<Record<string, unknown>>[],
  traces: number,
): Heard {
  const candidates = responses.flatMap((response) => list(response["candidates"]).slice(0, 1));
  const parts = candidates.flatMap((candidate) => list(field(field(candidate, "content"), "parts")));
  const finish = candidates
    .map((candidate) => field(candidate, "finishReason"))
    .findLast((reason) => reason !== undefined);
  const block = responses.some((response) => field(response["promptFeedback"], "blockReason") !== undefined);
  if (finish === undefined && !block) throw new Error("Model stream ended without a finish reason.");
  const made = parts.map((part) => field(part, "functionCall")).filter(isTable);
  const calls = made.map((one, index) => ({
    // The CLI makes up what is missing, and its answers name that.
    id: typeof one["id"] === "string" ? one["id"] : `${String(one["name"])}-1790000000000-${index}`,
    name: String(one["name"]),
    input: one["args"] ?? {},
  }));
  const usage = responses.map((response) => response["usageMetadata"]).findLast((one) => one !== undefined);
  const count = (name: string): number => Number(field(usage, name) ?? 0);
  const isThought = (part: unknown): boolean => field(part, "thought") === true;
  const spoken = parts.filter((part) => !isThought(part));
  return {
    text: spoken.map(textField).join(""),
    thinking: parts.filter(isThought).map(textField).join(""),
    refusal: candidates.map((candidate) => wordOf(field(candidate, "finishMessage"))).join(""),
    calls,
    stop: block ? "filter" : stopOf(String(finish), calls.length > 0),
    usage:
      usage === undefined
        ? null
        : {
            input: count("promptTokenCount"),
            output: count("candidatesTokenCount") + count("thoughtsTokenCount"),
            cached: count("cachedContentTokenCount"),
            reasoning: count("thoughtsTokenCount"),
          },
    citations: [],
    order: null,
    pieces: spoken.filter((part) => textField(part) !== "").length,
    model: wordOf(responses.at(-1)?.["modelVersion"]),
    raw: { responses, traces },
    reply: (results, text, model = question.model) => {
      const said = {
        role: "model",
        parts: spoken.filter((part) => Object.keys(part ?? {}).join() !== "text" || textField(part) !== ""),
      };
      const more = text === undefined ? [] : [{ text }];
      const answers = { role: "user", parts: [...results.map(wireResult), ...more] };
      return send(envelope, transport, { ...question, model }, [...before, said, answers]);
    },
  };
}

function stopOf(finish: string, hasCalls: boolean): Heard["stop"] {
  if (finish === "STOP") return hasCalls ? "tools" : "end";
  if (finish === "MAX_TOKENS") return "length";
  return ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"].includes(finish) ? "filter" : "other";
}

function wireResult({ call, text, image, isError }: ToolResult): object {
  return {
    functionResponse: {
      id: call.id,
      name: call.name,
      response: isError === true ? { error: text } : { output: text },
      ...(image === undefined ? {} : { parts: [{ inlineData: { mimeType: "image/png", data: image } }] }),
    },
  };
}
