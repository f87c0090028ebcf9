/** A media call written and read back in one line, with everything frozen on the way. */
import type { Loose } from "../../formats/__fixtures__/harness.ts";
import type { Fields } from "../../formats/fields.ts";
import {
  readMedia,
  writeMedia,
  type MediaAnswer,
  type MediaKind,
  type MediaOptions,
  type MediaProvider,
} from "../index.ts";

export const embeddingsTarget = "/v1/embeddings";
export const imagesTarget = "/v1/images/generations";

type Options = Partial<Omit<MediaOptions, "provider">> & { readonly provider?: Partial<MediaProvider> };

export function optionsFor(options: Options): MediaOptions {
  const { provider, ...rest } = options;
  return {
    target: embeddingsTarget,
    model: "the-model",
    callId: "flow-1",
    createdAt: 1_700_000_000,
    ...rest,
    provider: { id: "mine", format: "openai-chat", server: "localhost:8000/v1", ...provider },
  };
}

export interface WrittenCall {
  readonly path: string;
  /** Parsed. */
  readonly bodies: readonly Loose[];
  readonly streams: boolean;
  readonly losses: readonly string[];
  answer(...replies: readonly unknown[]): Read;
}

export interface Read extends Omit<MediaAnswer, "body"> {
  /** Parsed; null where the reply's own bytes are the answer. */
  readonly body: Loose | null;
}

/** Throws what went wrong as an error of that kind, for tests that expect none. */
export function write(kind: MediaKind, body: unknown, options: Options): WrittenCall {
  const written = writeMedia(kind, frozen(body), optionsFor(options));
  if (!written.ok) throw new Error(`${written.error.kind}: ${written.error.message}`);
  const { path, bodies, streams, losses, context } = written.value;
  return {
    path,
    bodies: bodies.map(parsed),
    streams,
    losses,
    answer(...replies) {
      const read = readMedia(replies.map(frozen), context);
      if (!read.ok) throw new Error(`${read.error.kind}: ${read.error.message}`);
      return { ...read.value, body: read.value.body === null ? null : parsed(read.value.body) };
    },
  };
}

export function parsed(bytes: Uint8Array): Loose {
  return JSON.parse(Buffer.from(bytes).toString("utf8")) as Loose;
}

export function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const inner of Object.values(value as Fields)) frozen(inner);
    Object.freeze(value);
  }
  return value;
}
