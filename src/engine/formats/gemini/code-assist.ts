/**
 * What the two envelopes of Google's Code Assist backend share (Gemini CLI's and Antigravity's): one address for every
 * model, the model in the body, Gemini's request under `request` and its reply under `response`.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import type { FormatId } from "../../hub/format-id.ts";
import { loss } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import { recordField, textField, type Fields } from "../fields.ts";
import type { BodyEdits, CallShape, JsonObject, Operation, Result } from "../format.ts";
import { editSystemPrompt, editThinking, withoutSignatures } from "./edits.ts";
import { readGeminiRequest } from "./request-in.ts";
import { methodOf } from "./target.ts";
import { camel } from "./wire.ts";

const operations: ReadonlyMap<string, Operation> = new Map([
  ["generateContent", "reply"],
  ["streamGenerateContent", "reply"],
  ["countTokens", "count"],
]);

/** Everything else (`loadCodeAssist`, `onboardUser`, quotas, settings) is no call of a model. */
export function shape(body: unknown, target: string): CallShape {
  const method = methodOf(target) ?? "";
  return {
    operation: operations.get(method) ?? "other",
    model: modelOf(body),
    stream: method === "streamGenerateContent",
  };
}

/** A count names its model inside, with `models/` in front. */
function modelOf(body: unknown): string | null {
  const name = textField(body, "model") || textField(recordField(body, "request"), "model") || "";
  return name.replace(/^models\//, "") || null;
}

export function callTarget(target: string): string {
  const mark = target.indexOf("?");
  return `/v1internal:${methodOf(target) ?? "generateContent"}${mark < 0 ? "" : target.slice(mark)}`;
}

export function replyPath(stream: boolean): string {
  return stream ? "/v1internal:streamGenerateContent?alt=sse" : "/v1internal:generateContent";
}

export interface EnvelopeFields {
  readonly format: FormatId;
  /** Names beside `model` and `request`, as the client writes them. */
  readonly outer: readonly string[];
  /** What the session is called inside of `request`. */
  readonly session: string;
}

/** The hub request, with the envelope's own fields in `extras` under the format's name. */
export function readEnveloped(
  body: unknown,
  target: string,
  { format, outer, session }: EnvelopeFields,
): Result<{ readonly request: HubRequest; readonly losses: readonly string[] }> {
  const inner = recordField(body, "request");
  if (!isRecord(body) || inner === undefined) {
    return { ok: false, error: { kind: "bad-request", message: "request: an object is required" } };
  }
  const contents: Fields = Object.fromEntries(Object.entries(inner).filter(([key]) => camelName(key) !== "sessionId"));
  const { model, stream } = shape(body, target);
  const read = readGeminiRequest(contents, { model: model ?? "", stream });
  if (!read.ok) return read;
  const { request, losses } = read.value;
  const given = camel(body);
  const names = new Map(outer.map((name) => [camelName(name), name] as const));
  const kept: [string, unknown][] = [];
  const strange: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    const known = names.get(name);
    if (known !== undefined) kept.push([known, value]);
    else if (name !== "model" && name !== "request") strange.push(loss("parameter", `${name} of the envelope`));
  }
  const sessionId = textField(camel(inner), "sessionId");
  const fields = Object.fromEntries(sessionId === undefined ? kept : [...kept, [session, sessionId]]);
  return {
    ok: true,
    value: {
      request: { ...request, extras: { ...request.extras, [format]: fields } },
      losses: [...losses, ...strange],
    },
  };
}

function camelName(name: string): string {
  return Object.keys(camel({ [name]: null }))[0] ?? name;
}

/** The session the client named in either envelope. */
export function sessionOf({ extras }: HubRequest): string | undefined {
  return textField(extras["gemini-cli"], "session_id") ?? textField(extras.antigravity, "sessionId");
}

/** For the writer of the body inside: the fields of both envelopes are none of its business. */
export function withoutEnvelopes(request: HubRequest): HubRequest {
  const { "gemini-cli": _cli, antigravity: _antigravity, ...extras } = request.extras;
  return { ...request, extras };
}

/** The backend charges and limits by project; without one it refuses in words that help nobody. */
export function missingProject(provider: FormatId): { readonly ok: false; readonly error: EngineError } {
  const message = `a provider of type ${provider} needs the Google Cloud project of its account: set \`project\` in its entry`;
  return { ok: false, error: { kind: "unsupported", message } };
}

/** Edits of the body inside. The envelope names the model where the caller does not. */
export const envelopeEdits: BodyEdits = {
  systemPrompt: (body, prompt) => inside(body, (inner) => editSystemPrompt(inner, prompt)),
  thinking: (body, wish, model) => inside(body, (inner) => editThinking(inner, wish, model ?? modelOf(body))),
  withoutBlobs: (body, model) => inside(body, (inner) => withoutSignatures(inner, model ?? modelOf(body))),
};

function inside(body: JsonObject, edit: (inner: JsonObject) => JsonObject): JsonObject {
  const inner = own(body, "request");
  if (!isRecord(inner)) return body;
  const edited = edit(inner);
  return edited === inner ? body : { ...body, request: edited };
}
