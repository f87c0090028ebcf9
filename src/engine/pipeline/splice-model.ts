/**
 * Another model's name in a JSON body that is otherwise left alone, byte for byte: re-writing the body would change key
 * order and number text, and with them signed thinking and the prefixes that prompt caches are keyed by.
 */

interface Span {
  readonly start: number;
  readonly end: number;
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;

/** `body` must be a JSON object that has been parsed before. Every top-level `model` is replaced; one is added if there is none. */
export function spliceModel(body: Uint8Array, model: string): Uint8Array {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const name = Buffer.from(JSON.stringify(model));
  const spans = modelSpans(bytes);
  if (spans.length === 0) return insertModel(bytes, name);
  if (spans.every(({ start, end }) => bytes.subarray(start, end).equals(name))) return body;
  const pieces: Buffer[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    pieces.push(bytes.subarray(from, start), name);
    from = end;
  }
  pieces.push(bytes.subarray(from));
  return Buffer.concat(pieces);
}

function insertModel(bytes: Buffer, name: Buffer): Buffer {
  const open = bytes.indexOf("{") + 1;
  const isEmpty = bytes.subarray(open).toString("latin1").trimStart().startsWith("}");
  const entry = Buffer.concat([Buffer.from('"model":'), name, Buffer.from(isEmpty ? "" : ",")]);
  return Buffer.concat([bytes.subarray(0, open), entry, bytes.subarray(open)]);
}

/** Where the values of the top-level key `model` stand. The bytes of UTF-8's other characters never look like ASCII ones. */
function modelSpans(bytes: Buffer): readonly Span[] {
  const spans: Span[] = [];
  let depth = 0;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) {
      const end = stringEnd(bytes, at);
      if (depth === 1) {
        const after = skipBlank(bytes, end);
        if (bytes[after] === colon && isModelKey(bytes, at, end)) {
          const start = skipBlank(bytes, after + 1);
          const valueStop = valueEnd(bytes, start);
          spans.push({ start, end: valueStop });
          at = valueStop;
          continue;
        }
      }
      at = end;
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) depth -= 1;
    at += 1;
  }
  return spans;
}

/** The index behind the closing quote of the string that opens at `at`. */
function stringEnd(bytes: Buffer, at: number): number {
  let index = at + 1;
  while (index < bytes.length) {
    const byte = bytes[index];
    if (byte === backslash) index += 2;
    else if (byte === quote) return index + 1;
    else index += 1;
  }
  return bytes.length;
}

function skipBlank(bytes: Buffer, at: number): number {
  let index = at;
  while (index < bytes.length && (bytes[index] ?? 0) <= 0x20) index += 1;
  return index;
}

function isModelKey(bytes: Buffer, start: number, end: number): boolean {
  const key = bytes.subarray(start, end).toString("utf8");
  if (!key.includes("\\")) return key === '"model"';
  const parsed: unknown = JSON.parse(key);
  return parsed === "model";
}

/** The index behind a value: a string, or anything else up to the comma or brace that ends it at this depth. */
function valueEnd(bytes: Buffer, start: number): number {
  let depth = 0;
  let index = start;
  while (index < bytes.length) {
    const byte = bytes[index];
    if (byte === quote) {
      index = stringEnd(bytes, index);
      if (depth === 0) return index;
      continue;
    }
    if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return index;
      depth -= 1;
      if (depth === 0) return index + 1;
    } else if (depth === 0 && (byte === 0x2c || (byte ?? 0) <= 0x20)) return index;
    index += 1;
  }
  return index;
}
