/**
 * Any value as readable JSON text of bounded size. What does not fit is left out by name, so that the text stays valid
 * JSON. A `body` of bytes that are JSON is put in as it is: numbers, key order and duplicates survive.
 */
import { isRecord, own, parseJson } from "../../base/json.ts";

/** Deeper than anything `parseJson` lets in; what is deeper is a ring. */
const maxDepth = 300;

export function layOut(value: unknown, maxChars: number): string {
  return layOutFast(value, maxChars) ?? layOutBounded(value, maxChars);
}

/** Node's own writer is four times as fast; it knows neither bounds nor bytes, and throws at rings. */
function layOutFast(value: unknown, maxChars: number): string | null {
  try {
    const body = own(value, "body");
    if (!isRecord(value) || !(body instanceof Uint8Array)) return fitting(JSON.stringify(value, null, 2), maxChars);
    const { body: _, ...rest } = value;
    const raw = textOf(body);
    if (raw.length > maxChars || !parseJson(raw).ok) return null;
    const text = JSON.stringify({ ...rest, body: 0 }, null, 2);
    return fitting(`${text.slice(0, text.lastIndexOf("0"))}${raw.trim()}\n}`, maxChars);
  } catch {
    return null;
  }
}

function fitting(text: string | undefined, maxChars: number): string | null {
  return text === undefined || text.length > maxChars ? null : `${text}\n`;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}

function layOutBounded(value: unknown, maxChars: number): string {
  let room = maxChars;
  let out = "";

  const put = (text: string): void => {
    out += text;
    room -= text.length;
  };

  const putString = (text: string): void => {
    if (text.length <= room) return put(JSON.stringify(text));
    const kept = Math.max(0, room);
    put(JSON.stringify(`${text.slice(0, kept)}… ${text.length - kept} more characters left out`));
  };

  const putBytes = (bytes: Uint8Array): void => {
    const text = textOf(bytes);
    if (text.length <= room && parseJson(text).ok) put(text.trim());
    else putString(text);
  };

  const putList = (items: readonly unknown[], pad: string, depth: number): void => {
    if (items.length === 0) return put("[]");
    const inner = `${pad}  `;
    put("[");
    for (const [index, item] of items.entries()) {
      put(`${index === 0 ? "" : ","}\n${inner}`);
      if (room <= 0) {
        put(JSON.stringify(`… ${items.length - index} more left out`));
        break;
      }
      putValue(item, inner, depth + 1);
    }
    put(`\n${pad}]`);
  };

  const putRecord = (record: object, pad: string, depth: number): void => {
    const entries = Object.entries(record).filter(([, field]) => field !== undefined && typeof field !== "function");
    if (entries.length === 0) return put("{}");
    const inner = `${pad}  `;
    put("{");
    for (const [index, [key, field]] of entries.entries()) {
      put(`${index === 0 ? "" : ","}\n${inner}`);
      if (room <= 0) {
        put(`"…": ${JSON.stringify(`${entries.length - index} more left out`)}`);
        break;
      }
      put(`${JSON.stringify(key.length <= room ? key : key.slice(0, room))}: `);
      putValue(field, inner, depth + 1);
    }
    put(`\n${pad}}`);
  };

  const putValue = (given: unknown, pad: string, depth: number): void => {
    if (typeof given === "string") return putString(given);
    if (given instanceof Uint8Array) return putBytes(given);
    if (typeof given === "bigint" || typeof given === "symbol") return putString(String(given));
    if (typeof given !== "object" || given === null) return put(JSON.stringify(given) ?? "null");
    if (depth > maxDepth) return put('"… nested too deep"');
    if (Array.isArray(given)) return putList(given, pad, depth);
    if (given instanceof Map || given instanceof Set) return putList([...given], pad, depth);
    // Secrets and dates say themselves how they want to be shown.
    const shown = isRecord(given) ? given["toJSON"] : undefined;
    if (typeof shown === "function") return putValue(shown.call(given) as unknown, pad, depth + 1);
    return putRecord(given, pad, depth);
  };

  putValue(value, "", 0);
  return `${out}\n`;
}
