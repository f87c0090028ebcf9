/**
 * What can go wrong with a provider's reply, as data. Places are offsets into what is sent: over HTTP/1.1 the whole reply
 * with its head and framing, over HTTP/2 the body; a place below zero is before the head.
 */
import type { Random } from "../board/random.ts";

export type How = "FIN" | "RST";

export type Fault =
  | { readonly type: "none" }
  | { readonly type: "cut"; readonly at: number; readonly how: How }
  /** Says no more, and stays. */
  | { readonly type: "hang"; readonly at: number }
  | { readonly type: "pause"; readonly at: number; readonly ms: number }
  | { readonly type: "drip"; readonly bytes: number; readonly gapMs: number }
  /** Each byte in a segment of its own. */
  | { readonly type: "split" }
  /** Replies that are none yet (100, 102, 103), one after the other. */
  | { readonly type: "interim"; readonly status: number; readonly count: number }
  | { readonly type: "headers"; readonly count: number; readonly bytes: number }
  /** Another reply right behind the one that was asked for. */
  | { readonly type: "second-reply" }
  /** Content-Length says so many bytes more, or fewer, than there are. */
  | { readonly type: "wrong-length"; readonly by: number }
  /** Instead of the size of the second chunk. */
  | { readonly type: "bad-chunk"; readonly size: string }
  /** Instead of a head. */
  | { readonly type: "garbage"; readonly text: string }
  /** Bytes below TLS: an alert that nobody encrypted, or noise. */
  | { readonly type: "below-tls"; readonly at: number; readonly bytes: Buffer }
  /** A good connection that is told to go away (HTTP/2), or closed after the reply without a word (HTTP/1.1). */
  | { readonly type: "goodbye" };

export type FaultType = Fault["type"];

export interface Drawn {
  readonly fault: Fault;
  /** The reply still arrives as it was meant. */
  readonly isHarmless: boolean;
}

const badSizes = ["zz", "-1", "0x10", "1 0", "ffffffffffffffffff", "", "12;a=\u0000", "\n12"];
const badHeads = [
  "HTTP/1.1 000 Nothing\r\n\r\n",
  "HTTP/1.1 2000 OK\r\n\r\n",
  "HTTP/9.9 200 OK\r\n\r\n",
  "ICY 200 OK\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
  "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
  "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
  "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
  "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
  "SSH-2.0-OpenSSH_9.6\r\n",
  "\u0000\u0001\u0002\u0003\r\n\r\n",
  "\r\n\r\n\r\n\r\n",
  "<html>not HTTP at all</html>\r\n\r\n",
];
/** An alert record in clear: handshake_failure, as a middlebox injects it. */
const alert = Buffer.from("15030300020228", "hex");

/** Each is drawn from how long the reply is and what the numbers say. */
export const faultTable: Readonly<Record<FaultType, (random: Random, length: number) => Drawn>> = {
  none: () => ({ fault: { type: "none" }, isHarmless: true }),
  cut: (random, length) => ({
    fault: { type: "cut", at: random.below(length), how: random.pick(["FIN", "RST"]) },
    isHarmless: false,
  }),
  hang: (random, length) => ({ fault: { type: "hang", at: random.below(length) - 1 }, isHarmless: false }),
  pause: (random, length) => ({
    fault: { type: "pause", at: random.below(length), ms: 5 + random.below(60) },
    isHarmless: true,
  }),
  drip: (random) => ({
    fault: { type: "drip", bytes: 20 + random.below(200), gapMs: 1 + random.below(8) },
    isHarmless: true,
  }),
  split: () => ({ fault: { type: "split" }, isHarmless: true }),
  interim: (random) => ({
    fault: { type: "interim", status: random.pick([100, 102, 103]), count: 1 + random.below(10) },
    isHarmless: true,
  }),
  headers: (random) => ({
    fault: { type: "headers", count: 1 + random.below(40), bytes: 10 + random.below(200) },
    isHarmless: true,
  }),
  "second-reply": () => ({ fault: { type: "second-reply" }, isHarmless: true }),
  "wrong-length": (random) => ({ fault: { type: "wrong-length", by: 1 + random.below(500) }, isHarmless: false }),
  "bad-chunk": (random) => ({ fault: { type: "bad-chunk", size: random.pick(badSizes) }, isHarmless: false }),
  garbage: (random) => ({ fault: { type: "garbage", text: random.pick(badHeads) }, isHarmless: false }),
  "below-tls": (random, length) => ({
    fault: { type: "below-tls", at: random.below(length), bytes: random.pick([alert, random.bytes(40)]) },
    isHarmless: false,
  }),
  goodbye: () => ({ fault: { type: "goodbye" }, isHarmless: true }),
};

export const faultTypes = Object.keys(faultTable) as readonly FaultType[]; // the keys of a literal are exactly its type's
