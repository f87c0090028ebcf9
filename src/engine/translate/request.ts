/** A client's request body in one dialect as a provider's in another, without a network and without a configuration. */
import type { HeaderPairs } from "../../base/http.ts";
import { isRecord, own, parseJson } from "../../base/json.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { startsBinaryStream } from "../codecs/binary-kind.ts";
import type { Format, FormatId, JsonObject } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { spliceModel } from "../pipeline/splice-model.ts";
import { usualTarget } from "./usual-target.ts";

export interface RequestOptions {
  readonly from: FormatId;
  readonly to: FormatId;
  /** The upstream's name for the model; without it the one the client named. */
  readonly model?: string;
  /** Ask for a stream, whatever the body says. */
  readonly stream: boolean;
  /** The address the client called, path and query; without it the usual one. */
  readonly target?: string;
}

export type TranslatedRequest =
  | {
      readonly ok: true;
      readonly body: Uint8Array;
      /** Below the provider's base URL. */
      readonly path: string;
      readonly headers: HeaderPairs;
      readonly losses: readonly string[];
      /** Neither the body, nor the address, nor the caller said which model is meant. */
      readonly isModelUnknown: boolean;
      /** The body names the account's Google Cloud project, and there is no account: this stands in its place. */
      readonly placeholder: string | null;
    }
  | {
      readonly ok: false;
      /** `unreadable`: the input is no request of this dialect. `inexpressible`: it is one, but the other cannot say it. */
      readonly reason: "unreadable" | "inexpressible";
      readonly error: EngineError;
      /** The input can be read as a reply of the dialect. */
      readonly looksLikeReply: boolean;
    };

/** Where a dialect demands a limit and the client named none: enough for a long file, under every model's own. */
const maxTokensDefault = 8_192;
/** Stands where a dialect demands a name and there is none. */
const unknownModel = "unknown";
const projectPlaceholder = "PROJECT";

export function translateRequest(bytes: Uint8Array, options: RequestOptions): TranslatedRequest {
  const { from, to } = options;
  const source = formats[from];
  const parsed = source.decodeRequest === undefined ? fromJson(bytes) : fromWire(source, bytes, options);
  if (!parsed.ok) return unreadable(parsed.why);
  const named = own(parsed.value, "model");
  const asked = typeof named === "string" && named !== "" ? named : undefined;
  // A body without the name is complete when the caller says it.
  const body =
    asked === undefined && options.model !== undefined ? { ...parsed.value, model: options.model } : parsed.value;
  const model = options.model ?? asked ?? unknownModel;
  const target = options.target ?? usualTarget(from, { model: model.replace(/^models\//, ""), stream: options.stream });
  const read = source.client.readRequest(source.namesModelInTarget === true ? parsed.value : body, target);
  if (!read.ok) return { ...unreadable(read.error.message), looksLikeReply: isReply(parsed.value, from) };
  const request = options.stream ? { ...read.value.request, stream: true } : read.value.request;
  const written = formats[to].provider.writeRequest(request, {
    model: options.model ?? request.model,
    maxTokensDefault,
    callId: "translate",
    project: projectPlaceholder,
  });
  if (!written.ok) return { ok: false, reason: "inexpressible", error: written.error, looksLikeReply: false };
  const isModelUnknown = request.model === unknownModel && options.model === undefined;
  const { path, headers } = written.value;
  if (from === to && (!options.stream || read.value.request.stream)) {
    // The same dialect on both sides: the bytes are left alone, but for the model.
    const kept = source.withoutOwnMarks(bytes) ?? bytes;
    const isRenamed = options.model !== undefined && source.namesModelInTarget !== true;
    return {
      ok: true,
      body: isRenamed ? renamed(source, parsed.value, kept, model, written.value.body) : kept,
      path,
      headers,
      losses: [],
      isModelUnknown,
      placeholder: null,
    };
  }
  const losses = [...new Set([...read.value.losses, ...written.value.losses])];
  const bytesOut = Buffer.from(written.value.body);
  const placeholder = bytesOut.includes(`"project":"${projectPlaceholder}"`) ? projectPlaceholder : null;
  return { ok: true, body: bytesOut, path, headers, losses, isModelUnknown, placeholder };
}

type Parsed = { readonly ok: true; readonly value: JsonObject } | { readonly ok: false; readonly why: string };

function fromJson(bytes: Uint8Array): Parsed {
  const parsed = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8"));
  if (!parsed.ok) return { ok: false, why: `the body is not JSON: ${parsed.why}` };
  return isRecord(parsed.value)
    ? { ok: true, value: parsed.value }
    : { ok: false, why: "the body is not a JSON object" };
}

/** Raw bytes of a binary dialect. How they are framed is told by the bytes: nobody said a content type. */
function fromWire(
  source: Format,
  bytes: Uint8Array,
  { from, target, stream, model = unknownModel }: RequestOptions,
): Parsed {
  const type = startsBinaryStream(bytes) ? "application/connect+proto" : "application/proto";
  const decoded = source.decodeRequest?.(bytes, {
    target: target ?? usualTarget(from, { model, stream }),
    headers: [["content-type", type]],
  });
  if (decoded === undefined) return { ok: false, why: `${from} is not read here` };
  return decoded.ok ? decoded : { ok: false, why: decoded.error.message };
}

/** Bytes that stay as they are but for the model; where that cannot be put into them, the body as it was written anew. */
function renamed(source: Format, body: JsonObject, bytes: Uint8Array, model: string, written: Uint8Array): Uint8Array {
  if (source.decodeRequest !== undefined) return written;
  const inner = source.withInnerModel?.(body, model) ?? null;
  return inner === null ? spliceModel(bytes, model) : Buffer.from(JSON.stringify(inner));
}

function unreadable(message: string): Extract<TranslatedRequest, { ok: false }> {
  return { ok: false, reason: "unreadable", error: { kind: "bad-request", message }, looksLikeReply: false };
}

function isReply(value: unknown, from: FormatId): boolean {
  return formats[from].provider.readReply(value).ok;
}
