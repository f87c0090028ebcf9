/**
 * Masks secrets in binary bodies (AWS event streams, Connect envelopes, protobuf messages) and leaves them readable: texts are
 * found where they stand inside the messages, blanked at the same length, and what frames them is made right again (the
 * checksum of an event, the packing of an envelope). Looked at as plain bytes a token hides: behind a length that happens
 * to be a letter, in hexadecimal (`BidiAppend`), in gzip. Works in turns, off the relay path.
 */
import { isUtf8 } from "node:buffer";
import { constants, crc32, gunzipSync, gzipSync } from "node:zlib";
import type { BinaryKind } from "../engine/codecs/binary-kind.ts";
import { protoFields } from "../engine/codecs/proto-fields.ts";
import { scanStrings } from "./recording/scan-strings.ts";

/** A copy of the text of the same length, secrets blanked. */
export type MaskText = (text: Buffer) => Promise<Buffer>;

const blank = 0x2a;
const preludeBytes = 12;
const headBytes = 5;
const compressedFlag = 0x01;
/** An envelope that unpacks to more is blanked as a whole. */
const maxUnpackedBytes = 16 * 1024 * 1024;
const maxDepth = 16;

/** A text that a stream says in pieces: one leaf of each message, all at the same place. */
interface Leaf {
  readonly place: string;
  readonly before: Buffer;
  /** Written in place. */
  readonly masked: Buffer;
}

/** A copy of `body` of the same length. */
export async function maskBinary(body: Buffer, kind: BinaryKind, maskText: MaskText): Promise<Buffer> {
  const mask = inTurns(maskText);
  const masked = Buffer.from(body);
  const leaves: Leaf[] = [];
  const settle: (() => void)[] = [];
  if (kind === "message") await maskMessage({ place: "", before: body, masked }, mask, leaves, 0);
  else {
    for (const frame of kind === "aws-events" ? eventFrames(body) : envelopes(body)) {
      settle.push(await maskFrame(frame, kind, body, masked, mask, leaves));
    }
  }
  await maskAcross(leaves, mask);
  for (const one of settle) one();
  return masked;
}

/** Masking in between, a long body of small texts would hold everybody up. */
function inTurns(mask: MaskText): MaskText {
  let since = 0;
  return async (text) => {
    since += text.byteLength + bytesPerText;
    if (since > sliceBytes) {
      since = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return mask(text);
  };
}

const sliceBytes = 128 * 1024;
/** What looking at a small text costs, in bytes of a large one. */
const bytesPerText = 512;

interface Frame {
  readonly start: number;
  readonly end: number;
  /** Of the payload. */
  readonly from: number;
  readonly to: number;
  readonly isWhole: boolean;
}

/** What cannot be a frame is one that reaches to the end. */
function* eventFrames(body: Buffer): Generator<Frame, void> {
  for (let start = 0; start < body.byteLength; ) {
    const left = body.byteLength - start;
    const total = left < preludeBytes ? left : body.readUInt32BE(start);
    const headers = left < preludeBytes ? 0 : body.readUInt32BE(start + 4);
    const isWhole = left >= preludeBytes + 4 && total <= left && total >= preludeBytes + 4 + headers;
    const end = isWhole ? start + total : body.byteLength;
    const from = Math.min(start + (left < preludeBytes ? 0 : preludeBytes + headers), end);
    yield { start, end, from, to: isWhole ? end - 4 : end, isWhole };
    start = end;
  }
}

function* envelopes(body: Buffer): Generator<Frame, void> {
  for (let start = 0; start < body.byteLength; ) {
    const left = body.byteLength - start;
    const length = left < headBytes ? left : body.readUInt32BE(start + 1);
    const isWhole = left >= headBytes && length <= left - headBytes;
    const end = isWhole ? start + headBytes + length : body.byteLength;
    yield { start, end, from: Math.min(start + headBytes, end), to: end, isWhole };
    start = end;
  }
}

/** Blanks what it finds, and gives what is to be done when everything else was found as well. */
async function maskFrame(
  { start, end, from, to, isWhole }: Frame,
  kind: "aws-events" | "envelopes",
  body: Buffer,
  masked: Buffer,
  mask: MaskText,
  leaves: Leaf[],
): Promise<() => void> {
  const leaf: Leaf = { place: "", before: body.subarray(from, to), masked: masked.subarray(from, to) };
  if (kind === "aws-events") {
    await maskHeaderTexts(body, masked, start + preludeBytes, from, mask);
    const place = headerText(body.subarray(start + preludeBytes, from));
    await maskJson({ ...leaf, place }, mask, leaves);
    return () => {
      const isChanged = !body.subarray(start, end).equals(masked.subarray(start, end));
      if (isWhole && isChanged) masked.writeUInt32BE(crc32(masked.subarray(start, end - 4)), end - 4);
    };
  }
  const flags = body[start] ?? 0;
  if ((flags & ~compressedFlag) !== 0 && (flags & compressedFlag) === 0) {
    await maskJson(leaf, mask, leaves);
    return () => {};
  }
  if ((flags & compressedFlag) === 0) {
    await maskMessage(leaf, mask, leaves, 0);
    return () => {};
  }
  return maskPacked(leaf, flags, mask, leaves);
}

async function maskPacked(leaf: Leaf, flags: number, mask: MaskText, leaves: Leaf[]): Promise<() => void> {
  const before = unpacked(leaf.before);
  // Nobody knows what is in it: an envelope that is cut, or packed in a way of its own.
  if (before === null) return () => void leaf.masked.fill(blank);
  const inner: Leaf = { place: "", before, masked: Buffer.from(before) };
  await ((flags & ~compressedFlag) === 0 ? maskMessage(inner, mask, leaves, 0) : maskJson(inner, mask, leaves));
  return () => {
    if (before.equals(inner.masked)) return;
    const packed = packedTo(inner.masked, leaf.masked.byteLength) ?? packedTo(Buffer.alloc(0), leaf.masked.byteLength);
    if (packed === null) leaf.masked.fill(blank);
    else packed.copy(leaf.masked);
  };
}

function unpacked(bytes: Buffer): Buffer | null {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpackedBytes });
  } catch {
    // Not gzip, or cut: the caller blanks it.
    return null;
  }
}

/** Gzip of an exact length: blanks pack better than secrets, and a comment in its head fills the rest (RFC 1952, FCOMMENT). */
function packedTo(bytes: Buffer, length: number): Buffer | null {
  const packed = gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION });
  const room = length - packed.byteLength;
  if (room === 0) return packed;
  if (room < 0) return null;
  const head = Buffer.from(packed.subarray(0, gzipHeadBytes));
  head[3] = (head[3] ?? 0) | fcomment;
  return Buffer.concat([head, Buffer.alloc(room - 1, blank), Buffer.alloc(1), packed.subarray(gzipHeadBytes)]);
}

const gzipHeadBytes = 10;
const fcomment = 0x10;

/** JSON or any text: looked at as a whole, and its strings kept for what is said in pieces. */
async function maskJson(leaf: Leaf, mask: MaskText, leaves: Leaf[]): Promise<void> {
  await maskLeaf(leaf, mask);
  for (const { place, start, end } of scanStrings(leaf.before.toString("latin1"))) {
    leaves.push({
      place: `${leaf.place} ${place}`,
      before: leaf.before.subarray(start, end),
      masked: leaf.masked.subarray(start, end),
    });
  }
}

/** A message by its fields; a text where it is none. Some bytes can be both: those are looked at as both. */
async function maskMessage(leaf: Leaf, mask: MaskText, leaves: Leaf[], depth: number): Promise<void> {
  if (leaf.before.byteLength === 0) return;
  const fields = depth < maxDepth ? protoFields(leaf.before) : null;
  if (fields !== null) {
    for (const { number, type, bytes } of fields) {
      if (type !== 2) continue;
      const at = bytes.byteOffset - leaf.before.byteOffset;
      const inner = {
        place: `${leaf.place}.${number}`,
        before: bytes,
        masked: leaf.masked.subarray(at, at + bytes.byteLength),
      };
      await maskMessage(inner, mask, leaves, depth + 1);
    }
    if (!isText(leaf.before)) return;
  }
  if (depth > 0 && fields === null && (await maskHexadecimal(leaf, mask, depth))) return;
  await maskLeaf(leaf, mask);
  if (fields === null) leaves.push(leaf);
}

// oxlint-disable-next-line no-control-regex -- a text has none of them
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/;

function isText(bytes: Buffer): boolean {
  return isUtf8(bytes) && !controls.test(bytes.toString("latin1"));
}

const hexadecimal = /^(?:[0-9a-f]{2}){8,}$/i;

/** The client's messages over HTTP/1.1 stand in a field as hexadecimal text. */
async function maskHexadecimal(leaf: Leaf, mask: MaskText, depth: number): Promise<boolean> {
  const text = leaf.before.toString("latin1");
  if (!hexadecimal.test(text)) return false;
  const before = Buffer.from(text, "hex");
  if (protoFields(before) === null) return false;
  const inner: Leaf = { place: leaf.place, before, masked: Buffer.from(before) };
  // Its pieces are not joined with others': an append carries a whole message.
  await maskMessage(inner, mask, [], depth + 1);
  if (!before.equals(inner.masked)) leaf.masked.write(inner.masked.toString("hex"), "latin1");
  return true;
}

/** What others blanked stays so. */
async function maskLeaf({ masked }: Leaf, mask: MaskText): Promise<void> {
  // A copy: what is blanked meanwhile must not be undone.
  const seen = await mask(Buffer.from(masked));
  seen.copy(masked);
}

/** A secret that the model says in pieces: the texts at one place are read together. */
async function maskAcross(leaves: readonly Leaf[], mask: MaskText): Promise<void> {
  const places = new Map<string, Leaf[]>();
  for (const leaf of leaves) {
    const known = places.get(leaf.place);
    if (known === undefined) places.set(leaf.place, [leaf]);
    else known.push(leaf);
  }
  for (const pieces of places.values()) {
    if (pieces.length < 2) continue;
    const said = Buffer.concat(pieces.map(({ before }) => before));
    const seen = await mask(said);
    let at = 0;
    for (const { before, masked } of pieces) {
      for (let index = 0; index < before.byteLength; index += 1) {
        if (seen[at + index] !== said[at + index]) masked[index] = blank;
      }
      at += before.byteLength;
    }
  }
}

const stringType = 7;

interface HeaderValue {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** Texts in the headers of an event; the rest is numbers, and what cannot be read ends it. */
function* headerValues(block: Buffer): Generator<HeaderValue, void> {
  const sizes = [0, 0, 1, 2, 4, 8, null, null, 8, 16] as const;
  for (let at = 0; at < block.byteLength; ) {
    const nameEnd = at + 1 + (block[at] ?? 0);
    const type = block[nameEnd];
    if (type === undefined || type >= sizes.length) return;
    const size = sizes[type] ?? null;
    if (size === null && nameEnd + 3 > block.byteLength) return;
    const start = nameEnd + (size === null ? 3 : 1);
    const end = start + (size ?? block.readUInt16BE(nameEnd + 1));
    if (end > block.byteLength) return;
    if (type === stringType) yield { name: block.toString("latin1", at + 1, nameEnd), start, end };
    at = end;
  }
}

async function maskHeaderTexts(body: Buffer, masked: Buffer, from: number, to: number, mask: MaskText): Promise<void> {
  if (to <= from) return;
  for (const { start, end } of headerValues(body.subarray(from, to))) {
    const place = { place: "", before: body.subarray(from + start, from + end) };
    await maskLeaf({ ...place, masked: masked.subarray(from + start, from + end) }, mask);
  }
}

/** Which event it is: its texts are joined with those of the same kind. */
function headerText(block: Buffer): string {
  for (const { name, start, end } of headerValues(block)) {
    if (name === ":event-type") return block.toString("latin1", start, end);
  }
  return "";
}
