/**
 * What a Gemini call wants, told from its address, and where such a call goes at another provider. The address names
 * the model and the method: `/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse`.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { CallShape, JsonObject, Operation } from "../format.ts";

const operations: ReadonlyMap<string | null, Operation> = new Map([
  ["generateContent", "reply"],
  ["streamGenerateContent", "reply"],
  ["countTokens", "count"],
]);

export function shape(_body: unknown, target: string): CallShape {
  const method = methodOf(target);
  return {
    operation: operations.get(method) ?? "other",
    model: modelOf(target),
    stream: method === "streamGenerateContent",
  };
}

/** The word behind the last colon of the path; null when there is none. */
export function methodOf(target: string): string | null {
  const path = pathOf(target);
  const colon = path.lastIndexOf(":");
  const method = colon < 0 ? "" : path.slice(colon + 1);
  return /^[A-Za-z]+$/.test(method) ? method : null;
}

/**
 * The model a target names: `gemini-2.5-pro` for `models/gemini-2.5-pro` in every version (`/v1beta`, `/v1`, …) and below
 * Vertex's `projects/…/publishers/google/models/…`; `tunedModels/x` and Vertex's `endpoints/1` keep their first word.
 */
export function modelOf(target: string): string | null {
  const path = pathOf(target);
  const method = methodOf(target);
  const resource = method === null ? path : path.slice(0, path.length - method.length - 1);
  const match = /(?:^|\/)(models|tunedModels|endpoints)\/(.+)$/.exec(resource);
  const [, kind, name] = match ?? [];
  if (kind === undefined || name === undefined) return null;
  return kind === "models" ? name : `${kind}/${name}`;
}

/** The client wants server-sent events; without it a streamed answer is one JSON list. */
export function wantsSse(target: string): boolean {
  const mark = target.indexOf("?");
  if (mark < 0) return false;
  const query = new URLSearchParams(target.slice(mark + 1));
  return query.get("alt") === "sse" || query.get("$alt") === "sse";
}

/** A streamed answer as one JSON list. */
export function wantsList(target: string): boolean {
  return methodOf(target) === "streamGenerateContent" && !wantsSse(target);
}

export function callTarget(target: string, model: string): string {
  const mark = target.indexOf("?");
  const query = mark < 0 ? "" : target.slice(mark);
  return `/v1beta${modelPath(model, methodOf(target) ?? "generateContent")}${query}`;
}

/** Below the version segment: `/models/{model}:{method}`. */
export function modelPath(model: string, method: string): string {
  const resource = /^(models|tunedModels|endpoints)\//.test(model) ? model : `models/${model}`;
  // A name is a name, never a way to another place on the server.
  const segments = resource.split("/").filter((segment) => !/^\.{0,2}$/.test(segment));
  return `/${segments.map(escaped).join("/")}:${method}`;
}

/** Colons and at signs belong to some names and are legal in a path; half a character is written as the mark for one. */
function escaped(segment: string): string {
  return segment.replace(/[^A-Za-z0-9._~@:-]+/g, (text) => encodeURIComponent(Buffer.from(text).toString()));
}

function pathOf(target: string): string {
  const path = target.split("?", 1)[0] ?? "";
  try {
    return decodeURIComponent(path).replace(/\/+$/, "");
  } catch {
    return path;
  }
}

/** A count names its model inside of what it counts, with `models/` in front. Null when it names none there. */
export function renamedInside(body: JsonObject, field: string, model: string): JsonObject | null {
  const inner = own(body, field);
  if (!isRecord(inner) || typeof inner["model"] !== "string") return null;
  return { ...body, [field]: { ...inner, model: model.includes("/") ? model : `models/${model}` } };
}
