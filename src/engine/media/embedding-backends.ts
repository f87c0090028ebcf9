/**
 * Who makes embeddings, and how each wants to be asked. Data only: from documentation, public code and reports up to
 * November 2026, or from memory; none was called from here. A server without a row gets the call as OpenAI would, whatever else stands in it.
 */
import type { Purpose } from "./purpose.ts";

export interface EmbeddingBackend {
  /** Names of providers it goes by. */
  readonly ids: readonly string[];
  /** Host and base path of its endpoint; decides before the name does. */
  readonly server: RegExp | null;
  readonly shape: "openai" | "cohere" | "gemini";
  /** The most inputs of one call, and about the most tokens; longer lists are sent in several calls. */
  readonly maxInputs: number;
  readonly maxTokens?: number;
  /** Besides texts: token ids (they mean text to OpenAI's tokenizer only), parts with images. */
  readonly takes: readonly ("tokens" | "parts")[];
  /** The field for the vectors' length, and the models that take it where not all do. */
  readonly dimensions: { readonly field: string; readonly models?: RegExp } | null;
  /** Where the spelling of the vectors is chosen; `null` for a spelling that is said by leaving the field out. */
  readonly encoding: { readonly field: string; readonly float: string | null; readonly base64: string } | null;
  readonly purpose: {
    readonly field: string;
    readonly words: Readonly<Partial<Record<Purpose, string>>>;
    /** What is sent when the client said nothing and the server insists. */
    readonly fallback?: Purpose;
  } | null;
  /** Fields of its own that a client may send along; `any`: unknown ones are its own business. */
  readonly extras: "any" | readonly string[];
  /** Globs of the embedding models it is known for; an aggregator serves anything under its own names. */
  readonly models: readonly string[];
}

const likeOpenai = {
  server: null,
  shape: "openai",
  maxInputs: 2048,
  takes: [],
  dimensions: { field: "dimensions" },
  encoding: { field: "encoding_format", float: "float", base64: "base64" },
  purpose: null,
  extras: "any",
} as const satisfies Partial<EmbeddingBackend>;

/** OpenAI's shape for a server that is not known here: it knows best what it takes. */
export const unknownBackend: EmbeddingBackend = { ...likeOpenai, ids: [], takes: ["tokens", "parts"], models: [] };

export const embeddingBackends: readonly EmbeddingBackend[] = [
  {
    ...likeOpenai,
    ids: ["openai"],
    server: /^api\.openai\.com\//,
    takes: ["tokens"],
    models: ["text-embedding-3-*", "text-embedding-ada-002"],
  },
  {
    ...likeOpenai,
    ids: ["mistral"],
    server: /^api\.mistral\.ai\//,
    // "Too many tokens in batch. Max is 16384" (error 3210); ours are an estimate.
    maxInputs: 128,
    maxTokens: 12_000,
    dimensions: { field: "output_dimension", models: /codestral-embed/ },
    extras: ["output_dtype", "metadata"],
    models: ["mistral-embed*", "codestral-embed*"],
  },
  {
    ...likeOpenai,
    ids: ["together"],
    server: /^api\.together\.(xyz|ai)\//,
    models: ["togethercomputer/m2-bert-*", "BAAI/bge-*", "intfloat/multilingual-e5-*"],
  },
  {
    ...likeOpenai,
    ids: ["fireworks"],
    server: /^api\.fireworks\.ai\//,
    models: ["nomic-ai/nomic-embed-*", "fireworks/qwen3-embedding-*", "accounts/fireworks/models/*embed*"],
  },
  {
    ...likeOpenai,
    ids: ["nebius"],
    server: /^api\.(studio|tokenfactory)\.nebius\.(com|ai)\//,
    models: ["BAAI/bge-*", "intfloat/e5-*", "Qwen/Qwen3-Embedding-*"],
  },
  {
    ...likeOpenai,
    ids: ["siliconflow"],
    server: /^api\.siliconflow\.(cn|com)\//,
    maxInputs: 32,
    models: ["BAAI/bge-*", "netease-youdao/bce-embedding-*", "Qwen/Qwen3-Embedding-*"],
  },
  {
    ...likeOpenai,
    ids: ["openrouter"],
    server: /^openrouter\.ai\//,
    takes: ["tokens", "parts"],
    purpose: { field: "input_type", words: { query: "search_query", document: "search_document" } },
    models: [],
  },
  {
    ...likeOpenai,
    ids: ["voyage", "voyageai"],
    server: /^api\.voyageai\.com\//,
    maxInputs: 1000,
    // 120,000 tokens for the large models.
    maxTokens: 90_000,
    dimensions: { field: "output_dimension" },
    encoding: { field: "encoding_format", float: null, base64: "base64" },
    purpose: { field: "input_type", words: { query: "query", document: "document" } },
    extras: ["truncation", "output_dtype"],
    models: ["voyage-*"],
  },
  {
    ...likeOpenai,
    ids: ["jina"],
    server: /^api\.jina\.ai\//,
    takes: ["parts"],
    encoding: { field: "embedding_type", float: "float", base64: "base64" },
    purpose: {
      field: "task",
      words: {
        query: "retrieval.query",
        document: "retrieval.passage",
        classification: "classification",
        clustering: "separation",
        similarity: "text-matching",
      },
    },
    extras: ["truncate", "late_chunking", "normalized", "return_multivector"],
    models: ["jina-embeddings-*", "jina-clip-*", "jina-code-embeddings-*"],
  },
  // Cohere's own door for OpenAI clients.
  {
    ...likeOpenai,
    ids: [],
    server: /^api\.cohere\.(com|ai)\/compatibility\//,
    maxInputs: 96,
    models: ["embed-*"],
  },
  {
    ids: ["cohere"],
    server: /^api\.cohere\.(com|ai)\//,
    shape: "cohere",
    maxInputs: 96,
    takes: [],
    dimensions: { field: "output_dimension", models: /embed-v[4-9]/ },
    encoding: null,
    purpose: {
      field: "input_type",
      words: {
        query: "search_query",
        document: "search_document",
        classification: "classification",
        clustering: "clustering",
      },
      fallback: "document",
    },
    extras: ["truncate", "max_tokens", "priority"],
    models: ["embed-*"],
  },
];

/** Chosen by the provider's format, not by its name. */
export const geminiBackend: EmbeddingBackend = {
  ids: ["gemini"],
  server: null,
  shape: "gemini",
  // "at most 100 requests can be in one batch"
  maxInputs: 100,
  takes: [],
  dimensions: { field: "outputDimensionality" },
  encoding: null,
  purpose: {
    field: "taskType",
    words: {
      query: "RETRIEVAL_QUERY",
      document: "RETRIEVAL_DOCUMENT",
      classification: "CLASSIFICATION",
      clustering: "CLUSTERING",
      similarity: "SEMANTIC_SIMILARITY",
    },
  },
  extras: [],
  models: ["gemini-embedding-*", "text-embedding-004", "embedding-001"],
};

/** Globs of the embedding models a provider is known for; empty where nothing is known or anything goes. */
export function embeddingModels(providerId: string): readonly string[] {
  return [...embeddingBackends, geminiBackend].find(({ ids }) => ids.includes(providerId))?.models ?? [];
}
