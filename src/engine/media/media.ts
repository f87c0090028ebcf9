/**
 * The words that embeddings and image generation share. Neither is a conversation, so neither goes through the hub: a
 * call is read once, written for one provider and its replies are read back; all of it knows no socket.
 */
import type { HeaderPairs } from "../../base/http.ts";
import type { Result } from "../formats/format.ts";
import type { ErrorKind } from "../errors/engine-error.ts";
import type { FormatId, Variant } from "../hub/format-id.ts";
import type { Usage } from "../hub/usage.ts";

export type MediaKind = "embeddings" | "images";

/** Who asks: OpenAI's two calls, or Gemini's `:embedContent` and `:batchEmbedContents`. */
export type MediaDialect = "openai" | "gemini";

/** The side that is about to be asked. */
export interface MediaProvider {
  /** The configured provider's name. */
  readonly id: string;
  readonly format: FormatId;
  readonly variant?: Variant;
  /** Host and base path of its endpoint (`api.cohere.com/v2`): a second entry for a known server is known by it. */
  readonly server: string;
}

export interface MediaOptions {
  readonly provider: MediaProvider;
  /** The upstream's name for the model. */
  readonly model: string;
  /** The client's path and query. */
  readonly target: string;
  /** Google Cloud project of the account, where the backend wants one. */
  readonly project?: string;
  /** A name for this call that is ours to give (the flow's id), where the backend wants one. */
  readonly callId: string;
  /** Seconds since the epoch: what an answer is stamped with that came without a time. */
  readonly createdAt: number;
}

/** What a back end is sent: one call, or several one after the other. */
export interface MediaRequest {
  /** As in `ProviderRequest`: below the provider's base URL. */
  readonly path: string;
  /** At least one; each is a call of its own, and their replies are read together. */
  readonly bodies: readonly Uint8Array[];
  /** A stream was asked for: its events go to the client as they come. */
  readonly streams: boolean;
  readonly losses: readonly string[];
}

/** What the client is answered. */
export interface MediaAnswer {
  /** Null: the one reply already is the answer, bytes as they came. */
  readonly body: Uint8Array | null;
  readonly usage: Usage | null;
  /** The model that answered, as far as it said so. */
  readonly model: string | null;
  readonly losses: readonly string[];
}

export const jsonHeaders: HeaderPairs = [["content-type", "application/json"]];

export function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}

export function failed(kind: ErrorKind, message: string): Result<never> {
  return { ok: false, error: { kind, message } };
}

/** A model's resource name as Google's bodies say it; `models/` is what a bare name means. */
export function geminiModel(model: string): string {
  return /^(models|tunedModels|endpoints)\//.test(model) ? model : `models/${model}`;
}

/** The same in a path. A name is a name, never a way to another place on the server. */
export function geminiModelPath(model: string): string {
  const segments = geminiModel(model).split("/");
  return `/${segments
    .filter((segment) => !/^\.{0,2}$/.test(segment))
    .map(escaped)
    .join("/")}`;
}

/** Half a character, which a path cannot hold, becomes the mark for one. */
function escaped(segment: string): string {
  return encodeURIComponent(Buffer.from(segment).toString());
}
