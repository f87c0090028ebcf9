/** Streams of frames: whatever comes, in whatever pieces, is read the same way or refused in words, and costs no more than it is long. */
import fc from "fast-check";
import { createEventFrameReader, encodeEvent, encodeException } from "../../../src/engine/codecs/aws-event-stream.ts";
import { createEnvelopeReader, endEnvelope, envelope } from "../../../src/engine/codecs/connect.ts";
import { FramingError } from "../../../src/engine/codecs/framing-error.ts";
import { createSseReader, sseData, sseEvent } from "../../../src/engine/codecs/sse.ts";
import { decodeMessage, MessageError } from "../../../src/engine/formats/cursor/wire/schema.ts";
import { chunkSizes, mutated, mutation, split } from "../bytes.ts";
import { must, type FuzzTarget } from "../target.ts";
import { vectors } from "../vectors.ts";

interface Framed {
  push(bytes: Uint8Array): readonly unknown[];
  end(): unknown;
}

/** Everything a reader says of these chunks, its refusal included. */
function readAll(
  reader: Framed,
  chunks: readonly Uint8Array[],
): { readonly seen: string; readonly refused: string | null } {
  const seen: unknown[] = [];
  try {
    for (const chunk of chunks) seen.push(...reader.push(chunk));
    reader.end();
    return { seen: JSON.stringify(seen), refused: null };
  } catch (error) {
    must(error instanceof FramingError, `it threw ${String(error)}, which is no FramingError`);
    return { seen: JSON.stringify(seen), refused: error.reason };
  }
}

function sameInPieces(make: () => Framed, bytes: Uint8Array, sizes: readonly number[]): void {
  const whole = readAll(make(), [bytes]);
  const pieces = readAll(make(), split(bytes, sizes));
  must(whole.seen === pieces.seen, "the pieces are read differently from the whole");
  must(whole.refused === pieces.refused, `whole: ${whole.refused}, in pieces: ${pieces.refused}`);
}

const payload = fc.uint8Array({ maxLength: 300 });
const eventStream = fc
  .array(fc.tuple(fc.constantFrom("assistantResponseEvent", "toolUseEvent", "x"), payload, fc.boolean()), {
    maxLength: 6,
  })
  .map((all) =>
    Buffer.concat(all.map(([name, body, fails]) => (fails ? encodeException(name, body) : encodeEvent(name, body)))),
  );
const connectStream = fc
  .array(payload, { maxLength: 6 })
  .map((all) => Buffer.concat([...all.map((body) => envelope(body)), endEnvelope()]));

const known = vectors.cursorMessages;

export const framings: readonly FuzzTarget[] = [
  {
    name: "sse",
    promise: "server-sent events: any bytes in any pieces, never a throw, always the same events",
    property: fc.property(
      fc.array(
        fc.oneof(
          fc.string().map(sseData),
          fc.string().map((text) => sseEvent("message", text)),
        ),
        { maxLength: 8 },
      ),
      fc.array(mutation, { maxLength: 4 }),
      chunkSizes,
      (frames, mutations, sizes) => {
        const bytes = mutated(Buffer.concat(frames), mutations);
        const read = (chunks: readonly Uint8Array[]): string => {
          const reader = createSseReader();
          return JSON.stringify([...chunks.flatMap((chunk) => reader.push(chunk)), ...reader.end()]);
        };
        must(read([bytes]) === read(split(bytes, sizes)), "the pieces are read differently from the whole");
      },
    ),
  },
  {
    name: "event-stream",
    promise: "AWS frames: flipped, split, lengthened; a typed refusal or the same frames",
    property: fc.property(
      fc.oneof(eventStream, fc.constantFrom(...vectors.eventStreams)),
      fc.array(mutation, { maxLength: 4 }),
      chunkSizes,
      (stream, mutations, sizes) => sameInPieces(createEventFrameReader, mutated(stream, mutations), sizes),
    ),
  },
  {
    name: "event-stream-flip",
    promise: "AWS frames: one flipped bit never goes unnoticed",
    property: fc.property(eventStream, fc.nat(), fc.nat(7), (stream, at, bit) => {
      if (stream.length === 0) return;
      const flipped = mutated(stream, [{ kind: "flip", at, bit }]);
      const { refused } = readAll(createEventFrameReader(), [flipped]);
      must(refused !== null, "the flipped stream was read as a good one");
    }),
  },
  {
    name: "connect",
    promise: "Connect envelopes: flipped, split, lengthened; a typed refusal or the same messages",
    property: fc.property(
      fc.oneof(connectStream, fc.constantFrom(...vectors.connectStreams)),
      fc.array(mutation, { maxLength: 4 }),
      chunkSizes,
      (stream, mutations, sizes) =>
        sameInPieces(() => createEnvelopeReader("gzip", { maxBytes: 1024 * 1024 }), mutated(stream, mutations), sizes),
    ),
  },
  {
    name: "protobuf",
    promise: "Cursor's messages: any bytes give a message or a MessageError",
    property: fc.property(
      fc.constantFrom(...known),
      fc.array(mutation, { maxLength: 5 }),
      ({ type, bytes }, mutations) => {
        try {
          decodeMessage(type, mutated(bytes, mutations));
        } catch (error) {
          must(error instanceof MessageError, `it threw ${String(error)}, which is no MessageError`);
        }
      },
    ),
  },
];
