/**
 * A decoded message as JSON for people: bytes that are text as that text, other bytes in hexadecimal with their length.
 * Without a schema a message is shown by its field numbers.
 */
import { isUtf8 } from "node:buffer";
import { isRecord, parseJson } from "../../../../base/json.ts";
import { protoFields } from "../../../codecs/proto-fields.ts";

/** More of a picture or a blob in hexadecimal nobody reads; the raw body is there as well. */
const maxHexBytes = 256;
const maxDepth = 32;
/** Of one message at all depths together: more nobody reads, and all of it is made in one go. */
const maxShownFields = 20_000;

export function plain(value: unknown, depth = 0): unknown {
  if (value instanceof Uint8Array) return plainBytes(value);
  if (depth > maxDepth) return "…";
  if (Array.isArray(value)) return value.map((one: unknown) => plain(one, depth + 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, plain(one, depth + 1)]));
}

/** Blobs of the agent service are JSON or text; ids are 32 bytes of a hash. */
export function plainBytes(bytes: Uint8Array): unknown {
  const text = readableText(bytes);
  if (text === null) return hexOf(bytes);
  if (!/^\s*[{[]/.test(text)) return text;
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : text;
}

export function hexOf(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shown = buffer.toString("hex", 0, Math.min(maxHexBytes, buffer.byteLength));
  return buffer.byteLength > maxHexBytes ? `0x${shown}… (${buffer.byteLength} bytes)` : `0x${shown}`;
}

// oxlint-disable-next-line no-control-regex -- a text of a person has none of them
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/;

export function readableText(bytes: Uint8Array): string | null {
  if (!isUtf8(bytes)) return null;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  return controls.test(text) ? null : text;
}

/** `{"1": …, "2": [ …, … ]}`; null: no message. */
export function plainFields(bytes: Uint8Array): Readonly<Record<string, unknown>> | null {
  return fieldsWithin(bytes, 0, { left: maxShownFields });
}

function fieldsWithin(
  bytes: Uint8Array,
  depth: number,
  budget: { left: number },
): Readonly<Record<string, unknown>> | null {
  const fields = protoFields(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), budget.left);
  if (fields === null) return null;
  budget.left -= fields.length;
  const shown: Record<string, unknown> = {};
  for (const { number, type, bytes: content, value } of fields) {
    const key = String(number);
    const one = type === 0 ? number64(value) : type === 2 ? plainContent(content, depth, budget) : hexOf(content);
    const known = shown[key];
    if (known === undefined) shown[key] = one;
    else if (Array.isArray(known)) known.push(one);
    else shown[key] = [known, one];
  }
  return shown;
}

function plainContent(content: Buffer, depth: number, budget: { left: number }): unknown {
  const text = readableText(content);
  if (text !== null) return text;
  return (depth < maxDepth ? fieldsWithin(content, depth + 1, budget) : null) ?? hexOf(content);
}

function number64(value: bigint): number | string {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
}
