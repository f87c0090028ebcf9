/**
 * Masks secrets in the whole of a body, byte for byte: what is blanked keeps its length, so that the places where the body
 * was cut into chunks stay what they were, and a secret that two chunks share is found all the same. In streams of events
 * it is found, too, where the model said it in pieces, some letters in each event. Works in turns, off the relay path.
 */
import { isUtf8 } from "node:buffer";
import { emailSpans } from "../../base/emails.ts";
import type { Redactor } from "../../base/redact.ts";
import { namedSpans } from "../../base/redact-named.ts";
import { binaryKind } from "../../engine/codecs/binary-kind.ts";
import { maskBinary } from "../mask-binary.ts";
import { scanStrings } from "./scan-strings.ts";

/** This much at a time (a few ms), then others have their turn. */
const sliceBytes = 128 * 1024;
/** Seen on either side of a slice: more than the longest credentials (keys in PEM) take. */
const marginBytes = 20 * 1024;
const blank = 0x2a;

export interface MaskOptions {
  /** E-mail addresses as well: in calls that carry their user's. */
  readonly emails?: boolean;
}

/** A copy of `body` of the same length. */
export async function maskBody(
  body: Buffer,
  contentType: string | null,
  redactor: Redactor,
  options: MaskOptions = {},
): Promise<Buffer> {
  const kind = binaryKind(body, contentType);
  if (kind !== null) return maskBinary(body, kind, (text) => maskedCopy(text, redactor, options));
  const masked = await maskedCopy(body, redactor, options);
  if (streams(body, contentType)) await maskAcrossEvents(body, masked, redactor, options);
  return masked;
}

async function maskedCopy(body: Buffer, redactor: Redactor, options: MaskOptions): Promise<Buffer> {
  const isText = isUtf8(body);
  const masked = Buffer.from(body);
  for (let start = 0; start < body.byteLength; start += sliceBytes) {
    if (start > 0) await turn();
    const end = Math.min(start + sliceBytes, body.byteLength);
    const from = characterStart(body, Math.max(0, start - marginBytes));
    const seen = maskedSlice(body.subarray(from, characterStart(body, end + marginBytes)), isText, redactor, options);
    // What begins or ends in the margin is judged where all of it is seen.
    masked.set(seen.subarray(start - from, end - from), start);
  }
  return masked;
}

function maskedSlice(slice: Buffer, isText: boolean, redactor: Redactor, { emails = false }: MaskOptions): Buffer {
  const masked = Buffer.from(redactor.bytes(slice));
  if (!isText) return masked;
  const text = slice.toString("utf8");
  const isPlain = text.length === slice.byteLength;
  for (const { start, end } of [...namedSpans(text), ...(emails ? emailSpans(text) : [])]) {
    const from = isPlain ? start : Buffer.byteLength(text.slice(0, start));
    masked.fill(blank, from, from + (isPlain ? end - start : Buffer.byteLength(text.slice(start, end))));
  }
  return masked;
}

/** At or before `at`, so that no character is cut in two. */
function characterStart(body: Buffer, at: number): number {
  let start = Math.min(at, body.byteLength);
  while (start > 0 && start < body.byteLength && ((body[start] ?? 0) & 0xc0) === 0x80) start -= 1;
  return start;
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Server-sent events, or Google's list that grows. */
function streams(body: Buffer, contentType: string | null): boolean {
  if (/event-stream/i.test(contentType ?? "")) return true;
  return body.subarray(0, 64).toString("latin1").trimStart().startsWith("[");
}

interface Piece {
  readonly start: number;
  readonly end: number;
}

/**
 * What stands at the same place in one event after the other (`choices.delta.content`) is one text in pieces. The pieces
 * are read together, and blanked where they stand.
 */
async function maskAcrossEvents(body: Buffer, masked: Buffer, redactor: Redactor, options: MaskOptions): Promise<void> {
  const places = new Map<string, Piece[]>();
  const text = body.toString("latin1");
  let scanned = 0;
  for (const { place, start, end } of scanStrings(text)) {
    const known = places.get(place);
    if (known === undefined) places.set(place, [{ start, end }]);
    else known.push({ start, end });
    if (end - scanned > sliceBytes) {
      scanned = end;
      await turn();
    }
  }
  for (const pieces of places.values()) {
    // A text in one piece was seen already.
    if (pieces.length < 2) continue;
    const said = Buffer.from(pieces.map(({ start, end }) => text.slice(start, end)).join(""), "latin1");
    const seen = await maskedCopy(said, redactor, options);
    let at = 0;
    for (const { start, end } of pieces) {
      for (let offset = 0; offset < end - start; offset += 1) {
        if (seen[at + offset] !== said[at + offset]) masked[start + offset] = blank;
      }
      at += end - start;
    }
  }
}
