/** A client's wish for embeddings, read from OpenAI's body or from Gemini's two. */
import { isRecord, own } from "../../base/json.ts";
import { listField, numberField, recordField, textField, type Fields } from "../formats/fields.ts";
import type { Result } from "../formats/format.ts";
import { failed, type MediaDialect } from "./media.ts";
import { mediaDialect, mediaModel } from "./target.ts";

/** A text; token ids (OpenAI's); or a part with an image in it (some servers' own extension, Gemini's content). */
export type EmbeddingInput = string | readonly number[] | Fields;

export interface EmbeddingWish {
  readonly dialect: MediaDialect;
  /** What the client called the model: its answer says so too. */
  readonly model: string | null;
  readonly inputs: readonly EmbeddingInput[];
  readonly dimensions: number | null;
  readonly encoding: "float" | "base64";
  /** What the vectors are for, in the words of whoever asked, and the field it stood in. */
  readonly purpose: { readonly field: string; readonly word: string } | null;
  readonly title: string | null;
  /** Gemini's `:embedContent`: one content, one vector, and no list around it. */
  readonly isSingle: boolean;
  /** Contents of one batch want different things; the first one's wishes are taken for all. */
  readonly isMixed: boolean;
  readonly body: Fields;
}

/** OpenAI's bound on a list (2026); those of other servers are kept by splitting. */
export const maxInputs = 2048;

export function readEmbeddingWish(body: unknown, target: string): Result<EmbeddingWish> {
  if (!isRecord(body)) return bad("the body must be a JSON object");
  return mediaDialect(target) === "gemini" ? readGemini(body, target) : readOpenai(body, target);
}

function readOpenai(body: Fields, target: string): Result<EmbeddingWish> {
  const inputs = readInputs(own(body, "input"));
  if (!inputs.ok) return inputs;
  const dimensions = own(body, "dimensions") ?? null;
  if (dimensions !== null && !isCount(dimensions)) return bad("`dimensions` must be a whole number above 0");
  const encoding = own(body, "encoding_format") ?? "float";
  if (encoding !== "float" && encoding !== "base64") return bad("`encoding_format` must be `float` or `base64`");
  const field = ["input_type", "task"].find((name) => textField(body, name) !== undefined);
  return {
    ok: true,
    value: {
      dialect: "openai",
      model: mediaModel(target, body),
      inputs: inputs.value,
      dimensions,
      encoding,
      purpose: field === undefined ? null : { field, word: textField(body, field) ?? "" },
      title: null,
      isSingle: false,
      isMixed: false,
      body,
    },
  };
}

function readInputs(input: unknown): Result<readonly EmbeddingInput[]> {
  if (input === undefined || input === null) return bad("`input` is missing");
  if (typeof input === "string") return input === "" ? bad("`input` is empty") : { ok: true, value: [input] };
  if (!Array.isArray(input)) return bad("`input` must be a text, a list of texts or token ids");
  const list: readonly unknown[] = input;
  if (list.length === 0) return bad("`input` is empty");
  if (typeof list[0] === "number") {
    return isTokens(list) ? { ok: true, value: [list] } : bad("`input` mixes token ids with something else");
  }
  if (list.length > maxInputs)
    return bad(`\`input\` has ${list.length} entries; ${maxInputs} are the most of one call`);
  const kind = kindOf(list[0]);
  if (kind === null || list.some((entry) => kindOf(entry) !== kind)) {
    return bad("`input` must hold texts only, or lists of token ids only");
  }
  // Each entry was just found to be a text, a list of token ids or a record.
  return { ok: true, value: list as readonly EmbeddingInput[] };
}

function kindOf(entry: unknown): "text" | "tokens" | "object" | null {
  if (typeof entry === "string") return "text";
  if (Array.isArray(entry)) return entry.length > 0 && isTokens(entry) ? "tokens" : null;
  return isRecord(entry) ? "object" : null;
}

function isTokens(list: readonly unknown[]): list is readonly number[] {
  return list.every((id) => Number.isInteger(id) && Number(id) >= 0);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0;
}

function readGemini(body: Fields, target: string): Result<EmbeddingWish> {
  const isSingle = !/batchEmbedContents/i.test(target.split("?", 1)[0] ?? "");
  const requests = isSingle ? [body] : (listField(body, "requests") ?? []);
  if (requests.length === 0) return bad("`requests` is empty");
  if (requests.length > maxInputs) {
    return bad(`\`requests\` has ${requests.length} entries; ${maxInputs} are the most of one call`);
  }
  const inputs: EmbeddingInput[] = [];
  for (const request of requests) {
    const content = recordField(request, "content");
    if (content === undefined) return bad("`content` is missing");
    inputs.push(textOf(content) ?? content);
  }
  const wishes = requests.map(geminiWish);
  const first = wishes[0] ?? geminiWish({});
  return {
    ok: true,
    value: {
      dialect: "gemini",
      model: mediaModel(target, isSingle ? body : requests[0]),
      inputs,
      dimensions: first.dimensions,
      encoding: "float",
      purpose: first.purpose === null ? null : { field: "taskType", word: first.purpose },
      title: first.title,
      isSingle,
      isMixed: wishes.some(({ dimensions, purpose }) => dimensions !== first.dimensions || purpose !== first.purpose),
      body,
    },
  };
}

/** Protobuf's JSON takes both spellings; the newer models take the same fields in an object of their own. */
function geminiWish(request: unknown) {
  const config = recordField(request, "embedContentConfig") ?? recordField(request, "embed_content_config");
  const places = config === undefined ? [request] : [request, config];
  const text = (camel: string, snake: string): string | null =>
    places.map((place) => textField(place, camel) ?? textField(place, snake)).find((found) => found !== undefined) ??
    null;
  const dimensions = places
    .map((place) => numberField(place, "outputDimensionality") ?? numberField(place, "output_dimensionality"))
    .find((found) => found !== undefined);
  return {
    dimensions: isCount(dimensions) ? dimensions : null,
    purpose: text("taskType", "task_type"),
    title: text("title", "title"),
  };
}

/** Null where something else than text is in it. */
function textOf(content: Fields): string | null {
  const texts = (listField(content, "parts") ?? []).map((part) => textField(part, "text"));
  return texts.length === 0 || texts.includes(undefined) ? null : texts.join("\n");
}

function bad(message: string): Result<never> {
  return failed("bad-request", message);
}
