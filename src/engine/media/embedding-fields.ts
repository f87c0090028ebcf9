/** One back end's body for a part of the inputs. What the back end has no field for is named. */
import { own } from "../../base/json.ts";
import { optional, type Fields } from "../formats/fields.ts";
import type { Losses } from "../hub/losses.ts";
import type { EmbeddingBackend } from "./embedding-backends.ts";
import type { EmbeddingInput, EmbeddingWish } from "./embedding-in.ts";
import { geminiModel } from "./media.ts";
import { purposeOf } from "./purpose.ts";

export type BodyWriter = (inputs: readonly EmbeddingInput[]) => Fields;

/** `isWhole`: all inputs go in one call, so the client's own spelling of a single one can stay. */
export function bodyWriter(
  wish: EmbeddingWish,
  backend: EmbeddingBackend,
  model: string,
  isWhole: boolean,
  losses: Losses,
): BodyWriter {
  const wishes = {
    ...extras(wish, backend, losses),
    ...dimensions(wish, backend, model, losses),
    ...encoding(wish, backend),
    ...purpose(wish, backend, losses),
  };
  if (wish.isMixed) {
    losses.add(
      "parameter",
      "the contents of the batch want different things; the first one's wishes were taken for all",
    );
  }
  if (wish.title !== null && backend.shape !== "gemini") losses.add("parameter", "title");
  switch (backend.shape) {
    case "openai": {
      const given = wish.dialect === "openai" && isWhole ? own(wish.body, "input") : undefined;
      return (inputs) => ({ ...wishes, model, input: given ?? inputs });
    }
    case "cohere":
      return (inputs) => ({ ...wishes, model, texts: inputs, embedding_types: ["float"] });
    case "gemini": {
      const shared = { model: geminiModel(model), ...wishes, ...optional("title", wish.title ?? undefined) };
      return (inputs) => ({ requests: inputs.map((text) => ({ ...shared, content: { parts: [{ text }] } })) });
    }
  }
}

/** Gemini's own client and Gemini's own server: only the model's name changes. */
export function geminiBody(wish: EmbeddingWish, model: string): Fields {
  const name = geminiModel(model);
  const requests = own(wish.body, "requests");
  if (!wish.isSingle && Array.isArray(requests)) {
    // Each was found to be an object when it was read.
    return { ...wish.body, requests: requests.map((request: Fields) => ({ ...request, model: name })) };
  }
  return Object.hasOwn(wish.body, "model") ? { ...wish.body, model: name } : wish.body;
}

const always: ReadonlySet<string> = new Set(["model", "input", "dimensions", "encoding_format"]);

function extras(wish: EmbeddingWish, backend: EmbeddingBackend, losses: Losses): Fields {
  if (wish.dialect !== "openai") return {};
  const kept: [string, unknown][] = [];
  for (const [field, value] of Object.entries(wish.body)) {
    if (always.has(field) || value === null || value === undefined) continue;
    if (backend.purpose !== null && field === wish.purpose?.field) continue;
    if (backend.extras === "any" || backend.extras.includes(field)) kept.push([field, value]);
    else losses.add("parameter", field);
  }
  return Object.fromEntries(kept);
}

function dimensions(wish: EmbeddingWish, backend: EmbeddingBackend, model: string, losses: Losses): Fields {
  if (wish.dimensions === null) return {};
  const spec = backend.dimensions;
  if (spec !== null && spec.models?.test(model) !== false) return { [spec.field]: wish.dimensions };
  losses.add("parameter", `dimensions: ${model} has one length only`);
  return {};
}

function encoding(wish: EmbeddingWish, { encoding: spec }: EmbeddingBackend): Fields {
  const isSaid = typeof own(wish.body, "encoding_format") === "string";
  if (spec === null || !isSaid) return {};
  const word = spec[wish.encoding];
  return word === null ? {} : { [spec.field]: word };
}

function purpose(wish: EmbeddingWish, { purpose: spec, extras }: EmbeddingBackend, losses: Losses): Fields {
  if (spec === null) {
    // An OpenAI client's own field was passed on, or named, among the extras.
    if (wish.purpose !== null && wish.dialect === "gemini") losses.add("parameter", wish.purpose.field);
    return {};
  }
  if (wish.purpose !== null) {
    const { field, word } = wish.purpose;
    const meaning = purposeOf(word);
    const said = meaning === null ? undefined : spec.words[meaning];
    if (said !== undefined) return { [spec.field]: said };
    // A word that only this server knows, in its own field; or a server that takes what it is given.
    if (field === spec.field || (extras === "any" && wish.dialect === "openai")) return { [field]: word };
    losses.add("parameter", `${field}: ${word}`);
  }
  const fallback = spec.fallback === undefined ? undefined : spec.words[spec.fallback];
  if (fallback === undefined) return {};
  losses.add("parameter", `${spec.field} must be said and was not: ${fallback} was sent`);
  return { [spec.field]: fallback };
}
