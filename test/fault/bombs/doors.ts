/** The doors that a bomb is carried to: each reads bytes as the product reads them there, with the product's own bounds. */
import { createEnvelopeReader } from "../../../src/engine/codecs/connect.ts";
import { createEventFrameReader } from "../../../src/engine/codecs/aws-event-stream.ts";
import { decodeBody } from "../../../src/engine/codecs/compression.ts";
import { createSseReader } from "../../../src/engine/codecs/sse.ts";
import { decodeMessage } from "../../../src/engine/formats/cursor/wire/schema.ts";
import { formats } from "../../../src/engine/formats/table.ts";
import type { FormatId } from "../../../src/engine/formats/format.ts";
import { decodedBody } from "../../../src/engine/view/decoded-body.ts";
import { readWhole } from "../../../src/engine/pipeline/read-body.ts";

import { defaultLimits } from "../../../src/base/limits.ts";
import { createBodyScanner } from "../../../src/intercept/h1/body.ts";
import { findHeadEnd, parseRequestHead } from "../../../src/intercept/h1/head.ts";
import { readClientHello } from "../../../src/intercept/client-hello.ts";
import { decodeBody as decodeCaptured } from "../../../src/control/decode-body.ts";
import { decodeTimed } from "../../../src/control/recording/decode-timed.ts";
import { createRecordingReader } from "../../../src/control/recording/read-recording.ts";
import { parseConfig } from "../../../src/engine/config/load.ts";
import { readFilter } from "../../../src/base/filter/index.ts";
import { globTest } from "../../../src/base/glob.ts";
import { bodyOf } from "../../../src/base/http.ts";
import { parseJson } from "../../../src/base/json.ts";
import { createRedactor } from "../../../src/base/redact.ts";
import { redactNamed } from "../../../src/base/redact-named.ts";
import { safeText } from "../../../src/base/safe-text.ts";

/** What came of it, in a word. A door that throws says the error's name; nothing may be thrown past the codec itself. */
export type Door = (bytes: Uint8Array) => Promise<string> | string;

const pieceBytes = 64 * 1024;

/** As a socket brings them. */
function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}

const guarded =
  (door: Door): Door =>
  async (bytes) => {
    try {
      return await door(bytes);
    } catch (error) {
      return error instanceof Error ? error.name : "thrown";
    }
  };

function framed(make: () => { push(bytes: Uint8Array): unknown; end(): unknown }): Door {
  return guarded((bytes) => {
    const reader = make();
    for (const piece of pieces(bytes)) reader.push(piece);
    reader.end();
    return "read";
  });
}

/** A client's request body, or an upstream's whole reply: unpacked, then parsed. */
export const requestBody = (encoding: string): Door =>
  guarded(async (bytes) => {
    const body = decodeBody(bodyOf(bytes), encoding, { maxBytes: defaultLimits.requestBodyBytes });
    const whole = await readWhole(body, defaultLimits.requestBodyBytes);
    if (!whole.ok) return "too large";
    return parseJson(whole.bytes.toString("utf8")).ok ? "read" : "not JSON";
  });

/** What the flow log shows of a captured body; 2 MiB of it are decoded. */
export const capturedBody = (encoding: string): Door =>
  guarded(async (bytes) => {
    const shown = await decodeCaptured([...pieces(bytes)], encoding, 2 * 1024 * 1024, true);
    return shown.complete ? "read" : "cut";
  });

export const recordedBody = (encoding: string): Door =>
  guarded(async (bytes) => {
    const timed = [...pieces(bytes)].map((piece, index) => ({ atMs: index, bytes: piece }));
    const decoded = await decodeTimed(timed, encoding, 8 * 1024 * 1024, true);
    return decoded.complete ? "read" : "cut";
  });

export const eventStream = framed(() => createEventFrameReader());
export const envelopes = framed(() => createEnvelopeReader("gzip"));

export const sse: Door = guarded((bytes) => {
  const reader = createSseReader();
  let events = 0;
  for (const piece of pieces(bytes)) {
    events += reader.push(piece).length;
    if (reader.failure() !== null) return "too large";
  }
  return `read ${events + reader.end().length}`;
});

/** A reply's stream as a format reads it: to its end, whatever it is. */
export const stream = (id: FormatId): Door =>
  guarded((bytes) => {
    const reader = formats[id].provider.streamReader();
    let last = "";
    for (const piece of pieces(bytes)) {
      for (const event of reader.push(piece)) last = event.type;
      if (last === "error" || last === "reply-end") return last;
    }
    for (const event of reader.end()) last = event.type;
    return last;
  });

export const message = (name: string): Door =>
  guarded((bytes) => {
    decodeMessage(name, bytes);
    return "read";
  });

/** A binary body as people see it. */
export const view = (contentType: string): Door =>
  guarded((bytes) => {
    const shown = decodedBody({ bytes, contentType, target: "/aiserver.v1.X/Y", side: "reply" });
    return shown === null ? "not decoded" : "read";
  });

export const json: Door = (bytes) => {
  const read = parseJson(Buffer.from(bytes).toString("utf8"));
  if (read.ok) JSON.stringify(read.value);
  return read.ok ? "read" : "refused";
};

export const requestHead: Door = (bytes) => {
  // As the connection does: what is over the bound is not looked at further.
  const end = findHeadEnd(Buffer.from(bytes.subarray(0, defaultLimits.requestHeadBytes)));
  if (end < 0) return "too large";
  return parseRequestHead(Buffer.from(bytes.subarray(0, end))).ok ? "read" : "refused";
};

export const chunked: Door = guarded((bytes) => {
  const scanner = createBodyScanner({ kind: "chunked" });
  for (const piece of pieces(bytes)) if (!scanner.done) scanner.push(Buffer.from(piece), () => {});
  return "read";
});

export const clientHello: Door = (bytes) => readClientHello(Buffer.from(bytes)).type;

export const recording: Door = guarded((bytes) => {
  const reader = createRecordingReader();
  for (const piece of pieces(bytes)) reader.push(Buffer.from(piece));
  reader.end();
  return "read";
});

export const config: Door = (bytes) => {
  const text = Buffer.from(bytes).toString("utf8");
  return parseConfig(text, { path: "/nowhere/config.yaml", env: {}, readFile: () => "" }).ok ? "read" : "refused";
};

const long = "a".repeat(10_000);

/** The pattern of a rule, on a long name. */
export const glob: Door = (bytes) => String(globTest(Buffer.from(bytes).toString("latin1"))(long));

/** A person's pattern, run over a long body. */
export const filter: Door = (bytes) => {
  const read = readFilter(`body:~"${Buffer.from(bytes).toString("latin1")}"`);
  if (!read.ok) return "refused";
  const [search] = read.filter.contentSearches;
  if (search?.of !== "body") return "no search";
  const scan = search.start();
  scan.push(long);
  return String(scan.end());
};

/** Everything that text goes through on its way to a screen. */
export const shown: Door = (bytes) => {
  const redactor = createRedactor();
  redactor.register("sk-ant-api03-0123456789abcdef");
  return String(safeText(redactNamed(redactor.text(Buffer.from(bytes).toString("utf8")))).length > 0);
};
