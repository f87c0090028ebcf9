/** Who is asked: the plain API, Vertex, or one of the two envelopes around the same body. */
import type { FormatId } from "../format.ts";
import { geminiModel, type GeminiModel } from "./models.ts";
import type { SchemaDialect } from "./schema.ts";

export interface GeminiBackend {
  /** What its `parameters` understand. */
  readonly schema: SchemaDialect;
  /** Takes ids on calls and results (Vertex refused them until late 2026, and needs none: order pairs them). */
  readonly ids: boolean;
  /** Whose blobs are its own. */
  readonly format: FormatId;
  /** The most it lets any model write. */
  readonly maxOutputTokens?: number;
  /** `parametersJsonSchema` and `responseJsonSchema`, for the models that know them. Default: the plain API only. */
  readonly jsonSchema?: boolean;
  /** Fetches files from addresses outside of Google. Default: not Antigravity. */
  readonly urls?: boolean;
  /** Takes back thoughts that carry no signature. Default: not Antigravity, which refuses a turn of thoughts alone. */
  readonly unsignedThoughts?: boolean;
  /** Runs Google's own tools. Default: yes. */
  readonly serverTools?: boolean;
  /** The top-level fields of `extras.gemini` that it takes. Default: all. */
  readonly extraFields?: ReadonlySet<string>;
}

/** A backend and a model on it: what one request may say. */
export interface Target extends Required<Omit<GeminiBackend, "maxOutputTokens" | "extraFields">> {
  /** A wish for JSON has a field. */
  readonly jsonAnswers: boolean;
  readonly model: GeminiModel;
  readonly modelName: string;
  /** The configured provider's name. */
  readonly origin?: string;
}

export function targetOf(backend: GeminiBackend, modelName: string, origin: string | undefined): Target {
  const model = geminiModel(modelName);
  const isAntigravity = backend.schema === "antigravity";
  // A name that tells nothing is most likely Google's own, but for the models Antigravity has from others.
  const isGoogles = model.family === "gemini" || (model.family === "other" && !isAntigravity);
  return {
    schema: backend.schema,
    ids: backend.ids,
    format: backend.format,
    jsonSchema: (backend.jsonSchema ?? backend.schema === "gemini") && model.jsonSchema,
    urls: (backend.urls ?? !isAntigravity) && model.urls,
    unsignedThoughts: (backend.unsignedThoughts ?? !isAntigravity) && model.family !== "claude",
    serverTools: (backend.serverTools ?? true) && isGoogles,
    jsonAnswers: isGoogles,
    model,
    modelName,
    ...(origin === undefined ? {} : { origin }),
  };
}
