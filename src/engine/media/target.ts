/** Which calls are embeddings or images, and which model they name: by the path, because their bodies look like others'. */
import { own } from "../../base/json.ts";
import type { MediaDialect, MediaKind } from "./media.ts";

interface Row {
  readonly path: RegExp;
  readonly kind: MediaKind;
  readonly dialect: MediaDialect;
}

/** The first group is the model, where the path names it (Azure's deployments, Google's methods). */
const rows: readonly Row[] = [
  // Ollama's own `/api/embeddings` looks like OpenAI's and takes a `prompt`.
  {
    path: /^(?!\/api\/embeddings).*?(?:\/deployments\/([^/]+))?\/embeddings\/?$/,
    kind: "embeddings",
    dialect: "openai",
  },
  { path: /^.*?(?:\/deployments\/([^/]+))?\/images\/generations\/?$/, kind: "images", dialect: "openai" },
  {
    path: /\/((?:models|tunedModels)\/[^/]+?)(?::|%3a)(?:embedContent|batchEmbedContents)$/i,
    kind: "embeddings",
    dialect: "gemini",
  },
];

/** Null for every other call. Only a POST is one; the method is the caller's to look at. */
export function mediaCall(target: string): MediaKind | null {
  return rowOf(target)?.row.kind ?? null;
}

/** The dialect in which a media call wants its answer, errors included. */
export function mediaDialect(target: string): MediaDialect {
  return rowOf(target)?.row.dialect ?? "openai";
}

/** Null when the call names none (OpenAI's images have a default model). */
export function mediaModel(target: string, body: unknown): string | null {
  const found = rowOf(target);
  const inPath = found?.model?.replace(/^models\//, "") ?? null;
  // Google's address is the word that counts; Azure's is what there is when the body says nothing.
  if (found?.row.dialect === "gemini") return inPath;
  const said = own(body, "model");
  return typeof said === "string" && said !== "" ? said : inPath;
}

function rowOf(target: string): { readonly row: Row; readonly model: string | undefined } | null {
  const path = target.split("?", 1)[0] ?? "";
  for (const row of rows) {
    const match = row.path.exec(path);
    if (match !== null) return { row, model: decoded(match[1]) };
  }
  return null;
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    return text;
  }
}
