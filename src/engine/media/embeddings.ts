/** A client's call for embeddings as one or several calls to a back end. */
import type { Result } from "../formats/format.ts";
import { partTokens } from "../hub/estimate.ts";
import { createLosses } from "../hub/losses.ts";
import { embeddingBackends, geminiBackend, unknownBackend, type EmbeddingBackend } from "./embedding-backends.ts";
import { bodyWriter, geminiBody } from "./embedding-fields.ts";
import { readEmbeddingWish, type EmbeddingInput, type EmbeddingWish } from "./embedding-in.ts";
import {
  failed,
  geminiModelPath,
  jsonBytes,
  type MediaOptions,
  type MediaProvider,
  type MediaRequest,
} from "./media.ts";

export interface EmbeddingContext {
  readonly kind: "embeddings";
  readonly wish: EmbeddingWish;
  readonly shape: EmbeddingBackend["shape"];
  /** The upstream's name for the model. */
  readonly model: string;
  /** How many inputs each call carries. */
  readonly counts: readonly number[];
}

/** A call that would take more of the provider's calls than this is refused: its client waits for all of them. */
const maxCalls = 128;

export function writeEmbeddings(
  body: unknown,
  options: MediaOptions,
): Result<MediaRequest & { readonly context: EmbeddingContext }> {
  const read = readEmbeddingWish(body, options.target);
  if (!read.ok) return read;
  const wish = read.value;
  const { provider, model } = options;
  const backend = backendFor(provider);
  if (backend === null) return failed("unsupported", `${provider.id} makes no embeddings in the dialect it speaks`);
  const losses = createLosses();
  const shared = { streams: false, context: { kind: "embeddings", wish, shape: backend.shape, model } } as const;
  if (wish.dialect === "gemini" && backend.shape === "gemini") {
    const bodies = [jsonBytes(geminiBody(wish, model))];
    const context = { ...shared.context, counts: [wish.inputs.length] };
    return { ok: true, value: { ...shared, path: geminiPath(model, wish.isSingle), bodies, losses: [], context } };
  }
  const refusal = cannotCarry(wish, backend, provider.id);
  if (refusal !== null) return failed("unsupported", refusal);
  const parts = split(wish.inputs, backend);
  if (parts.length > maxCalls) {
    return failed("too-large", `${provider.id} would need ${parts.length} calls for this input; send less at a time`);
  }
  const write = bodyWriter(wish, backend, model, parts.length === 1, losses);
  return {
    ok: true,
    value: {
      ...shared,
      path: pathFor(backend, model),
      bodies: parts.map((inputs) => jsonBytes(write(inputs))),
      losses: losses.list(),
      context: { ...shared.context, counts: parts.map((inputs) => inputs.length) },
    },
  };
}

/** Null where the dialect has no such call. The address decides before the name: people name providers as they like. */
function backendFor({ id, format, variant, server }: MediaProvider): EmbeddingBackend | null {
  switch (format) {
    case "gemini":
      // Vertex AI has another call for it, with one input at a time.
      return variant === "vertex" ? null : geminiBackend;
    case "openai-chat":
    case "openai-responses": {
      if (variant === "codex") return null;
      const byServer = embeddingBackends.find((row) => row.server?.test(server) === true);
      return byServer ?? embeddingBackends.find((row) => row.ids.includes(id)) ?? unknownBackend;
    }
    // Code Assist has no such method, and Claude's API none at all.
    case "claude":
    case "gemini-cli":
    case "antigravity":
    case "kiro":
    case "cursor":
      return null;
  }
}

function pathFor(backend: EmbeddingBackend, model: string): string {
  switch (backend.shape) {
    case "openai":
      return "/embeddings";
    case "cohere":
      return "/embed";
    case "gemini":
      return geminiPath(model, false);
  }
}

function geminiPath(model: string, isSingle: boolean): string {
  return `${geminiModelPath(model)}:${isSingle ? "embedContent" : "batchEmbedContents"}`;
}

function cannotCarry(wish: EmbeddingWish, backend: EmbeddingBackend, id: string): string | null {
  const odd = wish.inputs.find((input) => typeof input !== "string");
  if (odd === undefined) return null;
  if (Array.isArray(odd)) {
    return backend.takes.includes("tokens")
      ? null
      : `token ids mean text to OpenAI's models only, not to ${id}: send texts (LangChain: check_embedding_ctx_length=False)`;
  }
  return backend.takes.includes("parts") && wish.dialect === "openai" ? null : `${id} makes embeddings of text only`;
}

/** In order, each part within the back end's bounds; a single input that is too long is the back end's to refuse. */
function split(
  inputs: readonly EmbeddingInput[],
  { maxInputs, maxTokens }: EmbeddingBackend,
): readonly (readonly EmbeddingInput[])[] {
  const parts: (readonly EmbeddingInput[])[] = [];
  let from = 0;
  let tokens = 0;
  for (const [index, input] of inputs.entries()) {
    const more = maxTokens === undefined ? 0 : inputTokens(input);
    if (index > from && (index - from >= maxInputs || (maxTokens !== undefined && tokens + more > maxTokens))) {
      parts.push(inputs.slice(from, index));
      from = index;
      tokens = 0;
    }
    tokens += more;
  }
  parts.push(inputs.slice(from));
  return parts;
}

/** A guess, where nobody counted. */
export function inputTokens(input: EmbeddingInput): number {
  if (typeof input === "string") return partTokens({ type: "text", text: input });
  return Array.isArray(input) ? input.length : partTokens({ type: "text", text: JSON.stringify(input) });
}
