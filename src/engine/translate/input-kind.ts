/**
 * What the bytes of a reply are, told from the first of them: a JSON document, a stream of server-sent events, or one of
 * binary frames (AWS event streams, Connect's envelopes), which begin as no text does.
 */
import { mayBeBinary, startsBinaryStream } from "../codecs/binary-kind.ts";

export type InputKind = "whole" | "stream" | "unknown" | "empty";

export interface Sniffed {
  readonly kind: InputKind;
  /** The stream is one of binary frames. */
  readonly isBinary?: true;
  /** Everything that was held to find out. */
  readonly bytes: Uint8Array;
}

export interface Sniffer {
  /** Null while too little has come. */
  push(bytes: Uint8Array): Sniffed | null;
  /** The input is over: with what there is. */
  end(): Sniffed;
}

/** `retry:` is the longest beginning of a line that tells. */
const enough = 6;
/** White space before the first sign; a program that sends more of it is not answering. */
const maxHeldBytes = 64 * 1024;

export function createSniffer(): Sniffer {
  let held: Uint8Array = new Uint8Array();

  const look = (isOver: boolean): Sniffed | null => {
    if (mayBeBinary(held)) {
      if (held.byteLength < enoughBinary && !isOver) return null;
      return startsBinaryStream(held)
        ? { kind: "stream", isBinary: true, bytes: held }
        : { kind: "unknown", bytes: held };
    }
    const text = Buffer.from(held.buffer, held.byteOffset, held.byteLength).toString("latin1");
    // A byte order mark is three characters in this reading.
    const begin = text.replace(/^(?:\xef\xbb\xbf)?\s+|^\xef\xbb\xbf/, "").slice(0, enough);
    if (!isOver && begin.length < enough && !/^[{[]/.test(begin) && held.byteLength <= maxHeldBytes) return null;
    return { kind: kindOf(begin), bytes: held };
  };

  return {
    push(bytes) {
      held = held.byteLength === 0 ? bytes : Buffer.concat([held, bytes]);
      return look(false);
    },
    end: () => look(true) ?? { kind: "unknown", bytes: held },
  };
}

/** The prelude of an event; an envelope's head is shorter. */
const enoughBinary = 12;

function kindOf(begin: string): InputKind {
  if (begin === "") return "empty";
  if (/^[{[]/.test(begin)) return "whole";
  return /^(?:data|event|id|retry) ?:|^(?:data|event|id|retry)$|^:/.test(begin) ? "stream" : "unknown";
}
