/**
 * Answers to "which models are there", read leniently: OpenAI's shape and what others added to it, Anthropic's, Google's,
 * Ollama's (`/api/tags`), GitHub Copilot's, Cohere's, Cursor's (public references of late 2026). Pure; entries that name no model
 * are left out, and nothing is believed about a model but what its entry says.
 */
import { isRecord, own } from "../../base/json.ts";

export type ModelKind = "chat" | "embedding" | "image";

export interface FetchedModel {
  /** As calls name it. */
  readonly name: string;
  readonly kind: ModelKind;
  /** Context window; null where the list does not say. */
  readonly maxTokens: number | null;
  readonly streaming?: boolean;
  readonly functions?: boolean;
  readonly vision?: boolean;
  /** Of a local file: bytes, family, quantization. */
  readonly size?: number;
  readonly family?: string;
  readonly quantization?: string;
}

export interface ModelPage {
  readonly models: readonly FetchedModel[];
  /** The query that asks for the next page; null: this was the last. */
  readonly next: string | null;
}

/** Longer names are no names; more models than any provider has are an attack. */
const maxNameLength = 256;
const maxModels = 10_000;

/** Null: the body is no list of models in any shape that is known. */
export function readModelList(body: unknown): ModelPage | null {
  // Together answers with the bare list.
  const entries = Array.isArray(body) ? body : (own(body, "data") ?? own(body, "models"));
  if (!Array.isArray(entries)) return null;
  const found = new Map<string, FetchedModel>();
  for (const entry of entries.slice(0, maxModels)) {
    const model = readEntry(entry);
    if (model !== null && !found.has(model.name)) found.set(model.name, model);
  }
  return { models: [...found.values()], next: nextPage(body) };
}

function readEntry(entry: unknown): FetchedModel | null {
  if (!isRecord(entry)) return null;
  const name = (text(entry["id"]) ?? text(entry["modelId"]) ?? text(entry["name"]) ?? "").replace(/^models\//, "");
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (name === "" || name.length > maxNameLength || /[\u0000-\u001f\u007f]/.test(name)) return null;
  return {
    name,
    kind: kindOf(entry, name),
    maxTokens: contextOf(entry),
    ...abilities(entry),
    ...fileFacts(entry),
  };
}

/** Where each service says how much fits, the window before a mere output limit. */
function contextOf(entry: Record<string, unknown>): number | null {
  const limits = own(own(entry, "capabilities"), "limits");
  const said = [
    entry["context_length"],
    entry["context_window"],
    entry["max_context_length"],
    entry["max_input_tokens"],
    entry["inputTokenLimit"],
    own(entry["tokenLimits"], "maxInputTokens"),
    own(limits, "max_context_window_tokens"),
    entry["max_model_len"],
    // Cursor.
    entry["contextTokenLimit"],
  ];
  return (
    said.find((value): value is number => typeof value === "number" && Number.isFinite(value) && value > 0) ?? null
  );
}

function kindOf(entry: Record<string, unknown>, name: string): ModelKind {
  const methods = strings(entry["supportedGenerationMethods"]);
  if (methods.length > 0) {
    if (methods.includes("generateContent")) return "chat";
    if (methods.some((method) => /embed/i.test(method))) return "embedding";
    return methods.includes("predict") ? "image" : kindByName(name);
  }
  const type = text(own(entry["capabilities"], "type")) ?? text(entry["type"]);
  if (type !== null && /^embedd?ings?$/.test(type)) return "embedding";
  if (type === "image") return "image";
  const endpoints = strings(entry["endpoints"]);
  if (endpoints.length > 0 && !endpoints.includes("chat")) return endpoints.includes("embed") ? "embedding" : "chat";
  const output = strings(own(entry["architecture"], "output_modalities"));
  if (output.length > 0 && !output.includes("text") && output.includes("image")) return "image";
  return kindByName(name);
}

/** For lists that give names only. */
export function kindByName(name: string): ModelKind {
  const bare = name.toLowerCase();
  if (/embed|(^|[/-])(bge|gte|e5)-|voyage-|jina-(clip|colbert)/.test(bare)) return "embedding";
  return /dall-e|gpt-image|imagen|(^|[/-])flux|stable-diffusion|sdxl/.test(bare) ? "image" : "chat";
}

function abilities(entry: Record<string, unknown>): Partial<Pick<FetchedModel, "streaming" | "functions" | "vision">> {
  const capabilities = entry["capabilities"];
  const supports = own(capabilities, "supports");
  const parameters = strings(entry["supported_parameters"]);
  const input = [
    ...strings(own(entry["architecture"], "input_modalities")),
    ...strings(entry["supportedInputTypes"]).map((type) => type.toLowerCase()),
  ];
  const ollama = strings(capabilities);
  const functions =
    flag(own(supports, "tool_calls")) ??
    flag(own(capabilities, "function_calling")) ??
    (parameters.length > 0 ? parameters.includes("tools") : listed(ollama, "tools"));
  const vision =
    flag(own(supports, "vision")) ??
    flag(entry["supportsImages"]) ??
    flag(own(capabilities, "vision")) ??
    (input.length > 0 ? input.includes("image") : listed(ollama, "vision"));
  const streaming = flag(own(supports, "streaming"));
  return {
    ...(streaming === null ? {} : { streaming }),
    ...(functions === null ? {} : { functions }),
    ...(vision === null ? {} : { vision }),
  };
}

function fileFacts(entry: Record<string, unknown>): Partial<Pick<FetchedModel, "size" | "family" | "quantization">> {
  const details = entry["details"];
  const size = entry["size"];
  const family = text(own(details, "family"));
  const quantization = text(own(details, "quantization_level"));
  return {
    ...(typeof size === "number" && isRecord(details) ? { size } : {}),
    ...(family === null ? {} : { family }),
    ...(quantization === null ? {} : { quantization }),
  };
}

/** Google's token, Kiro's, Anthropic's last id. */
function nextPage(body: unknown): string | null {
  const next = text(own(body, "nextToken"));
  if (next !== null) return `nextToken=${encodeURIComponent(next)}`;
  const token = text(own(body, "nextPageToken"));
  if (token !== null) return `pageToken=${encodeURIComponent(token)}`;
  const last = text(own(body, "last_id"));
  return own(body, "has_more") === true && last !== null ? `after_id=${encodeURIComponent(last)}` : null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function flag(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

function listed(words: readonly string[], word: string): boolean | null {
  return words.length === 0 ? null : words.includes(word);
}

function strings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((word): word is string => typeof word === "string") : [];
}
