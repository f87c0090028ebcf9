/**
 * A list of models as Kiro's and Cursor's backends send it, with more models at its end; everything else in it, also what
 * nobody described here, stays. Null: it is no such list, or nothing is missing in it, and the bytes are left alone.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import { isRecord, own, parseJson } from "../../base/json.ts";
import { binaryKind } from "../codecs/binary-kind.ts";
import { compressedFlag, envelope } from "../codecs/connect.ts";
import { decodeMessage, editMessage, MessageError } from "../formats/cursor/wire/schema.ts";
import type { ListShape } from "./which.ts";

/** @param body without its content-encoding */
export function extendedList(
  shape: ListShape,
  body: Uint8Array,
  contentType: string,
  models: readonly string[],
): Uint8Array | null {
  if (models.length === 0) return null;
  if (/^application\/(?:json|x-amz-json-1\.\d)\b/i.test(contentType)) return extendedJson(shape, body, models);
  if (shape === "kiro") return null;
  const kind = binaryKind(body, contentType);
  if (kind === "message") return extendedMessage(shape, body, models);
  return kind === "envelopes" ? extendedEnvelope(shape, body, models) : null;
}

interface Form {
  readonly type: string;
  /** The name under which clients ask for a row. */
  readonly key: string;
  row(model: string): Readonly<Record<string, unknown>>;
  /** A second list, of names alone. */
  readonly names?: string;
}

const forms = {
  "cursor-available": {
    type: "AvailableModelsResponse",
    key: "name",
    names: "modelNames",
    row: (name) => ({
      name,
      defaultOn: true,
      supportsAgent: true,
      supportsImages: true,
      supportsNonMaxMode: true,
      clientDisplayName: name,
      serverModelName: name,
    }),
  },
  "cursor-usable": {
    type: "AgentUsableModelsResponse",
    key: "modelId",
    row: (name) => ({ modelId: name, displayModelId: name, displayName: name, displayNameShort: name, aliases: [] }),
  },
  kiro: {
    type: "ListAvailableModels",
    key: "modelId",
    row: (name) => ({ modelId: name, modelName: name, description: "Routed by Switchyard" }),
  },
} as const satisfies Record<ListShape, Form>;

/** The fields that change; null where none does. */
function changes(form: Form, message: unknown, models: readonly string[]): Readonly<Record<string, unknown>> | null {
  const listed = own(message, "models") ?? [];
  if (!Array.isArray(listed) || !listed.every((row) => isRecord(row) && typeof row[form.key] === "string")) return null;
  const known = new Set(listed.map((row) => own(row, form.key)));
  const missing = models.filter((model) => !known.has(model));
  if (missing.length === 0) return null;
  const rows = missing.map((model) => form.row(model));
  const names = form.names === undefined ? null : own(message, form.names);
  return {
    models: [...listed, ...rows],
    ...(form.names !== undefined && Array.isArray(names) ? { [form.names]: [...names, ...missing] } : {}),
  };
}

function extendedMessage(shape: ListShape, body: Uint8Array, models: readonly string[]): Uint8Array | null {
  const form: Form = forms[shape];
  try {
    // An empty message is no list: it is what a method that changed its meaning looks like.
    if (changes(form, { models: [], ...decodeMessage(form.type, body) }, models) === null || body.byteLength === 0)
      return null;
    return editMessage(form.type, body, (message) => {
      const listed = plainList(message["models"]);
      const known = new Set(listed.map((row) => own(row, form.key)));
      const missing = models.filter((model) => !known.has(model));
      message["models"] = [...listed, ...missing.map((model) => form.row(model))];
      if (form.names !== undefined) message[form.names] = [...plainList(message[form.names]), ...missing];
    });
  } catch (error) {
    if (error instanceof MessageError) return null;
    throw error;
  }
}

/** Absent lists are one frozen list that all messages share. */
function plainList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

const headBytes = 5;
const maxUnpackedBytes = 16 * 1024 * 1024;

/** A unary answer in an envelope, as some clients ask for it; what comes behind the first stays. */
function extendedEnvelope(shape: ListShape, body: Uint8Array, models: readonly string[]): Uint8Array | null {
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const end = headBytes + buffer.readUInt32BE(1);
  const flags = buffer[0] ?? 0;
  if (end > buffer.byteLength || (flags & ~compressedFlag) !== 0) return null;
  const wire = buffer.subarray(headBytes, end);
  const payload = flags === 0 ? wire : unpacked(wire);
  const extended = payload === null ? null : extendedMessage(shape, payload, models);
  if (extended === null) return null;
  return Buffer.concat([envelope(flags === 0 ? extended : gzipSync(extended), flags), buffer.subarray(end)]);
}

function unpacked(bytes: Buffer): Buffer | null {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpackedBytes });
  } catch {
    // Not gzip: then it is not ours to change.
    return null;
  }
}

/** Numbers beyond these digits would come out as others. */
const longNumber = /[:[,]\s*-?\d{16,}/;

function extendedJson(shape: ListShape, body: Uint8Array, models: readonly string[]): Uint8Array | null {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  const parsed = parseJson(text);
  if (!parsed.ok || !isRecord(parsed.value) || !Array.isArray(parsed.value["models"]) || longNumber.test(text))
    return null;
  const changed = changes(forms[shape], parsed.value, models);
  return changed === null ? null : Buffer.from(JSON.stringify({ ...parsed.value, ...changed }));
}
