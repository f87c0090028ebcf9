/**
 * The official SDKs as clients, one driver per dialect, all with the same small interface: what is asked is said once, and
 * what is heard is taken from the SDK's own accumulated object, so that a stream it cannot put together fails here.
 */
import { fetch as undiciFetch, type Dispatcher } from "undici";
import { chatClient } from "./client-openai-chat.ts";
import { claudeClient } from "./client-claude.ts";
import { geminiClient } from "./client-gemini.ts";
import { responsesClient } from "./client-openai-responses.ts";

export type Dialect = "openai-chat" | "openai-responses" | "claude" | "gemini";

/** Clients that speak Gemini in an envelope; they have no SDK (client-code-assist.ts). */
export type Envelope = "gemini-cli" | "antigravity";

export const dialects = ["openai-chat", "openai-responses", "claude", "gemini"] as const satisfies readonly Dialect[];

export interface Question {
  readonly model: string;
  readonly stream: boolean;
  readonly text?: string;
  readonly system?: string;
  /** Base64 of PNG pictures, before the text. */
  readonly images?: readonly string[];
  /** What was said before, as texts. */
  readonly history?: readonly { readonly role: "user" | "assistant"; readonly text: string }[];
  readonly tools?: readonly Tool[];
  readonly toolChoice?: "any" | "none" | { readonly name: string };
  /** The answer must be JSON that fits. */
  readonly schema?: JsonSchema;
  readonly maxTokens?: number;
  readonly stops?: readonly string[];
  /** Think first, and let me see it. */
  readonly thinks?: boolean;
  readonly signal?: AbortSignal;
  /** Told of every piece of text in a stream. */
  readonly onText?: () => void;
}

export type JsonSchema = Readonly<Record<string, unknown>>;

export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly schema?: JsonSchema;
  /** Takes free text instead of JSON, in this grammar. */
  readonly grammar?: string;
}

export interface Heard {
  readonly text: string;
  readonly thinking: string;
  readonly refusal: string;
  readonly calls: readonly HeardCall[];
  readonly stop: "end" | "tools" | "length" | "filter" | "stop-sequence" | "other";
  readonly usage: Figures | null;
  /** The addresses that are cited. */
  readonly citations: readonly string[];
  /** What came in which order, where the dialect has one. */
  readonly order: readonly string[] | null;
  /** How many pieces of text a stream brought. */
  readonly pieces: number;
  /** The model that is said to have answered. */
  readonly model: string;
  readonly raw: unknown;
  /** The tools' results, and perhaps more to say, with all that was said before; perhaps of another model. */
  reply(results: readonly ToolResult[], text?: string, model?: string): Promise<Heard>;
}

export interface HeardCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export interface Figures {
  /** Cached tokens included, whatever the dialect does. */
  readonly input: number;
  /** Reasoning included. */
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
}

export interface ToolResult {
  readonly call: HeardCall;
  readonly text: string;
  /** Base64 of a PNG picture behind the text. */
  readonly image?: string;
  readonly isError?: boolean;
}

export interface Failure {
  /** Null for what broke inside a stream. */
  readonly status: number | null;
  readonly message: string;
  /** The dialect's own word for the class of error. */
  readonly code: string;
  readonly retryAfterSeconds: number | null;
}

export interface Client {
  readonly dialect: Dialect | Envelope;
  ask(question: Question): Promise<Heard>;
  /** What the SDK threw, in words of no dialect; thrown on when it is nothing of the SDK's. */
  failure(thrown: unknown): Failure;
}

export interface Transport {
  readonly fetch: typeof fetch;
  /** The provider's origin; default the real one. */
  readonly origin?: string;
  /** Gemini's API version; default the SDK's. */
  readonly apiVersion?: string;
}

const makers: Readonly<Record<Dialect, (transport: Transport) => Client>> = {
  "openai-chat": chatClient,
  "openai-responses": responsesClient,
  claude: claudeClient,
  gemini: geminiClient,
};

export function createClient(dialect: Dialect, transport: Transport): Client {
  return makers[dialect](transport);
}

/** The SDKs' documented way through a proxy. Their types name the global fetch; undici's is the same function. */
export function fetchThrough(dispatcher: Dispatcher): typeof fetch {
  const through = (input: Parameters<typeof undiciFetch>[0], init: Parameters<typeof undiciFetch>[1]) =>
    undiciFetch(input, { ...init, dispatcher });
  return through as unknown as typeof fetch;
}

/** The failure a call ends with; an error here when it does not fail. */
export async function failureOf(client: Client, asked: Promise<Heard>): Promise<Failure> {
  const heard = await asked.then(
    (value) => ({ ok: true, value }) as const,
    (thrown: unknown) => ({ ok: false, thrown }) as const,
  );
  if (heard.ok) throw new Error(`expected a failure, heard ${JSON.stringify(heard.value.raw).slice(0, 800)}`);
  return client.failure(heard.thrown);
}
