/** A call in each client dialect as its own client makes it, and how that client is told of an error. */
import type { HeaderPairs } from "../../../base/http.ts";
import { own, parseJson } from "../../../base/json.ts";
import { textFormatIds, type TextFormatId } from "../../formats/format.ts";
import type { Asked } from "./rig.ts";

export interface ClientDialect {
  readonly id: TextFormatId;
  /** Where a call goes that wants a stream, or a whole reply. */
  asked(stream: boolean): Pick<Asked, "host" | "target" | "headers">;
  /** A small question as a body. */
  body(stream: boolean, question?: string): Readonly<Record<string, unknown>>;
  /** What an error answer says; null when it is not an error in this dialect. */
  readonly errorIn: (text: string) => string | null;
}

const jsonHeader: HeaderPairs = [["content-type", "application/json"]];
const usual = "What is in a.txt?";
const contents = (text: string): readonly object[] => [{ role: "user", parts: [{ text }] }];

/** OpenAI's shape: `{"error":{"message","type",…}}`. */
function openAiError(text: string): string | null {
  const error = own(jsonOf(text), "error");
  return typeof own(error, "type") === "string" && own(jsonOf(text), "type") === undefined ? messageOf(error) : null;
}

/** Google's shape: `{"error":{"code","message","status"}}`. */
function googleError(text: string): string | null {
  const error = own(jsonOf(text), "error");
  return typeof own(error, "code") === "number" && typeof own(error, "status") === "string" ? messageOf(error) : null;
}

function jsonOf(text: string): unknown {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : undefined;
}

function messageOf(error: unknown): string | null {
  const message = own(error, "message");
  return typeof message === "string" && message !== "" ? message : null;
}

const codeAssist = (agent: string) => ({
  asked: (stream: boolean) => ({
    host: "cloudcode-pa.googleapis.com",
    target: `/v1internal:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    headers: [...jsonHeader, ["user-agent", agent], ["authorization", "Bearer ya29.client-own"]] as const,
  }),
  errorIn: googleError,
});

const dialects: Readonly<Record<TextFormatId, Omit<ClientDialect, "id">>> = {
  claude: {
    asked: () => ({
      host: "api.anthropic.com",
      target: "/v1/messages",
      headers: [...jsonHeader, ["x-api-key", "sk-client-own-key"], ["anthropic-version", "2023-06-01"]],
    }),
    body: (stream, question = usual) => ({
      model: "claude-sonnet-4-5",
      max_tokens: 1024,
      stream,
      messages: [{ role: "user", content: question }],
    }),
    errorIn(text) {
      const body = jsonOf(text);
      return own(body, "type") === "error" && typeof own(own(body, "error"), "type") === "string"
        ? messageOf(own(body, "error"))
        : null;
    },
  },
  "openai-chat": {
    asked: () => ({
      host: "api.openai.com",
      target: "/v1/chat/completions",
      headers: [...jsonHeader, ["authorization", "Bearer sk-client-own-key"]],
    }),
    body: (stream, question = usual) => ({ model: "gpt-4.1", stream, messages: [{ role: "user", content: question }] }),
    errorIn: openAiError,
  },
  "openai-responses": {
    asked: () => ({
      host: "api.openai.com",
      target: "/v1/responses",
      headers: [...jsonHeader, ["authorization", "Bearer sk-client-own-key"]],
    }),
    body: (stream, question = usual) => ({ model: "gpt-5", stream, input: question }),
    errorIn: openAiError,
  },
  gemini: {
    asked: (stream) => ({
      host: "generativelanguage.googleapis.com",
      target: `/v1beta/models/gemini-2.5-pro:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
      headers: [...jsonHeader, ["x-goog-api-key", "client-own-key"]],
    }),
    body: (_, question = usual) => ({ contents: contents(question) }),
    errorIn: googleError,
  },
  "gemini-cli": {
    ...codeAssist("GeminiCLI/0.61.0/gemini-2.5-pro (linux; x64)"),
    body: (_, question = usual) => ({
      model: "gemini-2.5-pro",
      project: "client-project",
      user_prompt_id: "p-1",
      request: { contents: contents(question) },
    }),
  },
  antigravity: {
    ...codeAssist("antigravity/1.20.1 linux/amd64"),
    body: (_, question = usual) => ({
      model: "gemini-2.5-pro",
      project: "client-project",
      userAgent: "antigravity",
      requestType: "agent",
      requestId: "agent-1",
      request: { contents: contents(question), sessionId: "s-1" },
    }),
  },
};

export const clientDialects: readonly ClientDialect[] = textFormatIds.map((id) => ({ id, ...dialects[id] }));

export function clientOf(id: TextFormatId): ClientDialect {
  return { id, ...dialects[id] };
}

/** The whole call. */
export function callOf(id: TextFormatId, stream: boolean, more: Readonly<Record<string, unknown>> = {}): Asked {
  const client = clientOf(id);
  return { ...client.asked(stream), body: { ...client.body(stream), ...more } };
}
