/** A back end's vectors as the client's answer. Where they already are what the client asked for, the bytes stay. */
import { isRecord, own } from "../../base/json.ts";
import { countField, listField, numberField, recordField, textField, type Fields } from "../formats/fields.ts";
import type { Result } from "../formats/format.ts";
import { createLosses } from "../hub/losses.ts";
import { noUsage, type Usage } from "../hub/usage.ts";
import type { EmbeddingWish } from "./embedding-in.ts";
import { inputTokens, type EmbeddingContext } from "./embeddings.ts";
import { failed, jsonBytes, type MediaAnswer } from "./media.ts";
import { dimensionsOf, toBase64, toFloats, toUnit, type Vector } from "./vectors.ts";

export function readEmbeddings(replies: readonly unknown[], context: EmbeddingContext): Result<MediaAnswer> {
  const { wish, shape, counts, model } = context;
  const [only] = replies;
  if (replies.length === 1 && isRecord(only)) {
    const kept = wish.dialect === shape ? keep(only, context) : null;
    if (kept !== null) return kept;
  }
  const vectors: Vector[] = [];
  for (const [index, reply] of replies.entries()) {
    const found = vectorsOf(reply, shape);
    const wanted = counts[index] ?? 0;
    if (found.length !== wanted) {
      return failed("protocol", `the upstream sent ${found.length} vectors for ${wanted} inputs`);
    }
    for (const vector of found) vectors.push(vector);
  }
  const usage = usageOf(replies, context);
  const written = wish.dialect === "openai" ? writeOpenai(vectors, usage, context) : writeGemini(vectors, usage, wish);
  if (written === null) return failed("protocol", "the upstream's base64 is no list of 32-bit floats");
  const served = replies.map((reply) => textField(reply, "model")).find((name) => name !== undefined);
  const value = { body: jsonBytes(written), usage, model: served ?? model, losses: lossesOf(vectors[0], wish) };
  return { ok: true, value };
}

/**
 * The client's own dialect. Servers that do not know `encoding_format` send lists to clients that decode base64 (the
 * official SDKs ask for it unless told otherwise); only then something changes. Null: there is nothing to keep.
 */
function keep(reply: Fields, context: EmbeddingContext): Result<MediaAnswer> | null {
  const { wish, shape, model } = context;
  const usage = usageOf([reply], context);
  const [first] = vectorsOf(reply, shape);
  if (first === undefined) return null;
  const told = { usage, model: textField(reply, "model") ?? model, losses: lossesOf(first, wish) };
  if (shape !== "openai") return { ok: true, value: { ...told, body: null } };
  let isChanged = false;
  const data: unknown[] = [];
  for (const item of listField(reply, "data") ?? []) {
    const [vector] = vectorIn(own(item, "embedding"));
    if (!isRecord(item) || vector === undefined || (typeof vector === "string") === (wish.encoding === "base64")) {
      data.push(item);
      continue;
    }
    const embedding = spelled(vector, wish);
    if (embedding === null) return null;
    data.push({ ...item, embedding });
    isChanged = true;
  }
  return { ok: true, value: { ...told, body: isChanged ? jsonBytes({ ...reply, data }) : null } };
}

/** In the order of the inputs; a vector that is none is left out, so that the count tells. */
function vectorsOf(reply: unknown, shape: EmbeddingContext["shape"]): readonly Vector[] {
  switch (shape) {
    case "openai":
      return inOrder(listField(reply, "data") ?? []).flatMap((item) => vectorIn(own(item, "embedding")));
    case "cohere": {
      const embeddings = own(reply, "embeddings");
      // The first version of the API had the list itself here.
      const list: readonly unknown[] = Array.isArray(embeddings) ? embeddings : (listField(embeddings, "float") ?? []);
      return list.flatMap(vectorIn);
    }
    case "gemini": {
      const single = recordField(reply, "embedding");
      const list = single === undefined ? (listField(reply, "embeddings") ?? []) : [single];
      return list.flatMap((item) => vectorIn(own(item, "values")));
    }
  }
}

/** One or none; the numbers of a list are looked at when they are written, not here. */
function vectorIn(value: unknown): readonly Vector[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return Array.isArray(value) && value.length > 0 && typeof value[0] === "number" ? [value as readonly number[]] : [];
}

/** By `index` where every item has one of its own. */
function inOrder(items: readonly unknown[]): readonly unknown[] {
  const indices = items.map((item) => numberField(item, "index"));
  if (indices.every((index, at) => index === at) || indices.includes(undefined)) return items;
  if (new Set(indices).size !== items.length) return items;
  return items.toSorted((left, right) => countField(left, "index") - countField(right, "index"));
}

function spelled(vector: Vector, { encoding }: EmbeddingWish): Vector | null {
  return encoding === "base64" ? toBase64(vector) : toFloats(vector);
}

function writeOpenai(
  vectors: readonly Vector[],
  usage: Usage,
  { wish, shape, model }: EmbeddingContext,
): Fields | null {
  // Gemini sends shortened vectors as they were cut (gemini-embedding-001, 2025); OpenAI's always have length one, and
  // its clients compare them by dot product.
  const isCut = shape === "gemini" && wish.dimensions !== null;
  const data: Fields[] = [];
  for (const [index, vector] of vectors.entries()) {
    const whole = isCut && typeof vector !== "string" ? toUnit(vector) : vector;
    const embedding = spelled(whole, wish);
    if (embedding === null) return null;
    data.push({ object: "embedding", index, embedding });
  }
  const counts = { prompt_tokens: usage.input, total_tokens: usage.input };
  return { object: "list", data, model: wish.model ?? model, usage: counts };
}

function writeGemini(vectors: readonly Vector[], usage: Usage, { isSingle }: EmbeddingWish): Fields | null {
  const embeddings: Fields[] = [];
  for (const vector of vectors) {
    const values = toFloats(vector);
    if (values === null) return null;
    embeddings.push({ values });
  }
  const usageMetadata = { promptTokenCount: usage.input };
  return isSingle ? { embedding: embeddings[0], usageMetadata } : { embeddings, usageMetadata };
}

function lossesOf(vector: Vector | undefined, { dimensions, body }: EmbeddingWish): readonly string[] {
  const losses = createLosses();
  const length = vector === undefined ? 0 : dimensionsOf(vector);
  // Quantized vectors pack several dimensions into a number.
  if (dimensions !== null && length !== dimensions && own(body, "output_dtype") === undefined) {
    losses.add("reply", `the vectors have ${length} dimensions, ${dimensions} were asked for`);
  }
  return losses.list();
}

/** What was counted, summed over all calls; a guess where one of them counted nothing. */
function usageOf(replies: readonly unknown[], { wish }: EmbeddingContext): Usage {
  let input = 0;
  for (const reply of replies) {
    const counted = countedTokens(reply);
    if (counted === undefined) {
      const guess = wish.inputs.reduce((sum, each) => sum + inputTokens(each), 0);
      return { ...noUsage, input: Math.ceil(guess), estimated: true };
    }
    input += counted;
  }
  return { ...noUsage, input };
}

function countedTokens(reply: unknown): number | undefined {
  const usage = own(reply, "usage");
  return (
    numberField(usage, "prompt_tokens") ??
    numberField(usage, "total_tokens") ??
    numberField(own(own(reply, "meta"), "billed_units"), "input_tokens") ??
    numberField(own(reply, "usageMetadata"), "promptTokenCount")
  );
}
