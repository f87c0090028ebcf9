/**
 * What is taken from the wire, and for how long: the one table of limits. The configuration's `limits:` block, its JSON
 * Schema, docs/configuration.md (a test compares) and the wings all read it, so a default cannot be two things.
 *
 * Bodies that are passed through untouched are held nowhere and have no limit; these are for what has to be held, parsed
 * or waited for. Bounds that follow from a protocol (a varint's ten bytes) stand beside the code that needs them.
 */

export interface Limit {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** What is limited, for people; the unit is in the name. */
  readonly what: string;
}

const kibibyte = 1024;
const mebibyte = 1024 * kibibyte;
const gibibyte = 1024 * mebibyte;
const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

export const limitTable = {
  // Connections
  // A thousand slow ones must not keep the next one out (scoreboard S15); with one upstream each they stay under 4,096
  // descriptors, the smallest hard limit that systems ship.
  connections: { default: 1_536, min: 8, max: 65_536, what: "client connections; the oldest idle one goes first" },
  head_ms: { default: 10 * second, min: 100, max: day, what: "from the first byte of a request head to its last" },
  hello_ms: { default: 10 * second, min: 100, max: day, what: "from CONNECT to a whole TLS greeting" },
  handshake_ms: { default: 10 * second, min: 100, max: day, what: "for the TLS handshake" },
  // Longer than the keep-alive of any client library; tunnels and WebSockets may be quiet for hours and are not meant.
  idle_connection_ms: { default: 10 * minute, min: second, max: day, what: "a client connection with nothing to do" },
  // Between two pieces, as nginx counts (client_body_timeout 60s).
  body_idle_ms: { default: minute, min: 100, max: day, what: "no byte of a request body that is still to come" },
  stalled_reader_ms: { default: 10 * minute, min: 100, max: day, what: "a client that takes nothing of its reply" },

  // Heads
  // Clients with long cookies or tokens were seen at 30–40 KB.
  request_head_bytes: { default: 64 * kibibyte, min: 4 * kibibyte, max: mebibyte, what: "a request's head" },
  response_head_bytes: { default: 256 * kibibyte, min: 4 * kibibyte, max: mebibyte, what: "an upstream's reply head" },
  header_fields: { default: 512, min: 16, max: 10_000, what: "fields of a head, either way" },
  // 100 and 103 come once; progress reports (102) now and then.
  informational_replies: { default: 100, min: 1, max: 10_000, what: "1xx replies before the real one" },

  // HTTP/2
  // RFC 9113 recommends at least 100; more lets one client hoard memory (12,744 streams, 188 MB, measured 2026-11).
  streams_per_connection: { default: 100, min: 1, max: 1_000, what: "open streams of one client connection" },
  // Envoy's advice for edges.
  connection_window_bytes: {
    default: mebibyte,
    min: 64 * kibibyte,
    max: 64 * mebibyte,
    what: "in flight on one HTTP/2 connection before its sender waits",
  },
  // Only streams that were given up before they were answered: an IDE that cancels a completion at every key of a fast
  // typist stays below 100 in 10 s, a rapid reset (CVE-2023-44487) makes thousands.
  resets_per_10s: { default: 100, min: 10, max: 100_000, what: "streams reset before their answer began" },
  // Keep-alive is a PING in some seconds; a flow of them answers nothing but itself (CVE-2019-9512, -9515).
  control_frames_per_10s: {
    default: 1_000,
    min: 100,
    max: 1_000_000,
    what: "frames of a connection that bring nothing (PING, SETTINGS …)",
  },

  // Bodies that are read
  // The largest request a provider takes is 32 MB (Claude, late 2026).
  request_body_bytes: {
    default: 32 * mebibyte,
    min: 64 * kibibyte,
    max: gibibyte,
    what: "a request that is routed, as sent and unpacked",
  },
  // Far above any reply that is not a stream; an upstream that sends more is not answering.
  reply_body_bytes: { default: 64 * mebibyte, min: 64 * kibibyte, max: gibibyte, what: "a reply that is no stream" },
  // 2,048 vectors of 3,072 numbers are some 90 MB as text; ten large images less.
  media_reply_bytes: {
    default: 128 * mebibyte,
    min: 64 * kibibyte,
    max: gibibyte,
    what: "the same for embeddings and images",
  },
  // The largest real ones are whole images in a data URL.
  sse_event_bytes: { default: 8 * mebibyte, min: 64 * kibibyte, max: 256 * mebibyte, what: "one event of a stream" },
  // AWS's own bound for event streams (24 MiB of payload) holds as well.
  frame_bytes: { default: 64 * mebibyte, min: 64 * kibibyte, max: gibibyte, what: "one frame of Kiro or Cursor" },
  // Hours of text; what lies beyond is a bomb.
  decompressed_bytes: { default: gibibyte, min: mebibyte, max: 64 * gibibyte, what: "a packed stream, unpacked" },
  // Text shrinks to a tenth or so, repeated events to a hundredth; past the first megabyte nothing honest shrinks further.
  decompression_ratio: { default: 400, min: 10, max: 100_000, what: "unpacked to packed, after the first MiB" },
  // `JSON.parse` takes a million levels, `JSON.stringify` then throws; a thousand are safe for every walker here.
  json_depth: { default: 256, min: 32, max: 1_000, what: "levels of a request's JSON" },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitKey = keyof typeof limitTable;

/** A key of the file as the program names it: `head_ms` → `headMs`. */
type Named<Key extends string> = Key extends `${infer Head}_${infer Rest}` ? `${Head}${Capitalize<Named<Rest>>}` : Key;

export type WireLimits = { readonly [Key in LimitKey as Named<Key>]: number };
export type LimitName = keyof WireLimits;

export const limitKeys = Object.keys(limitTable) as readonly LimitKey[]; // the keys of the very table

/** The limits in force: what the file says, and the table's default for the rest. */
export function makeLimits(said: Readonly<Partial<Record<LimitKey, number | undefined>>> = {}): WireLimits {
  const pairs = limitKeys.map((key) => [limitName(key), said[key] ?? limitTable[key].default] as const);
  return Object.fromEntries(pairs) as unknown as WireLimits; // one entry for each key, by the same rule as the type
}

export function limitName(key: LimitKey): LimitName {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase()) as LimitName; // the rule of `Named`
}

export const defaultLimits: WireLimits = makeLimits();

/** How a refusal names what was exceeded, so that its reader knows which key to change: `limits.head_ms (10000)`. */
export function limitText(key: LimitKey, limits: WireLimits): string {
  return `limits.${key} (${limits[limitName(key)]})`;
}
