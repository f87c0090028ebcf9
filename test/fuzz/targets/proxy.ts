/** What a client may write to the port: authorities, heads, bodies, hellos. */
import fc from "fast-check";
import { readClientHello } from "../../../src/intercept/client-hello.ts";
import { parseConnectTarget } from "../../../src/intercept/connect-target.ts";
import { createBodyScanner, FramingError } from "../../../src/intercept/h1/body.ts";
import { findHeadEnd, parseReplyHead, parseRequestHead } from "../../../src/intercept/h1/head.ts";
import { chunkSizes, mutated, mutation, split } from "../bytes.ts";
import { naughtyStrings } from "../corpus.ts";
import { must, type FuzzTarget } from "../target.ts";

const authorityPiece = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom("__proto__", "constructor", "..", "../x", "%2e%2e", "a/../../b", "localhost", "0x7f.1", "2130706433"),
  fc.constantFrom(...naughtyStrings.filter((text) => text.length < 400)),
  fc.string({ unit: "binary", maxLength: 300 }),
);
const authority = fc
  .tuple(
    fc.constantFrom("", "["),
    authorityPiece,
    fc.constantFrom("", "]"),
    fc.constantFrom("", ":443", ":0", ":65536", ":-1", ":４４３"),
  )
  .map((pieces) => pieces.join(""));

const heads = fc
  .array(
    fc.tuple(
      fc.constantFrom("Host", "Content-Length", "Transfer-Encoding", "X", "host ", ""),
      fc.string({ unit: "binary", maxLength: 40 }),
    ),
    {
      maxLength: 12,
    },
  )
  .chain((fields) =>
    fc
      .constantFrom("POST /v1/messages HTTP/1.1", "GET http://x/ HTTP/1.0", "HTTP/1.1 200 OK", "PRI * HTTP/2.0", "")
      .map((line) =>
        Buffer.from([line, ...fields.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n"), "latin1"),
      ),
  );

const hello = Buffer.from(
  "16030100c8010000c403030000000000000000000000000000000000000000000000000000000000000000000002130101000099" +
    "00000016001400001161706 92e616e7468726f7069632e636f6d".replaceAll(" ", ""),
  "hex",
);

export const proxy: readonly FuzzTarget[] = [
  {
    name: "authority",
    promise:
      "CONNECT authorities: read as one host and port, or refused; never a path, a name of Object's, another host",
    property: fc.property(authority, (text) => {
      const read = parseConnectTarget(text);
      if (!read.ok) return;
      must(/^[a-z0-9._:-]+$/.test(read.host), `the host ${read.host}`);
      must(!read.host.includes("..") && read.host !== "__proto__", `the host ${read.host}`);
      must(Number.isInteger(read.port) && read.port >= 1 && read.port <= 65_535, `the port ${read.port}`);
      const again = parseConnectTarget(
        read.host.includes(":") ? `[${read.host}]:${read.port}` : `${read.host}:${read.port}`,
      );
      must(
        again.ok && again.host === read.host && again.port === read.port,
        "what was read is not read again as itself",
      );
    }),
  },
  {
    name: "http1-head",
    promise: "HTTP/1 heads: parsed or refused; no line break inside a value, no two lengths",
    property: fc.property(heads, fc.array(mutation, { maxLength: 3 }), (head, mutations) => {
      const bytes = mutated(head, mutations);
      const end = findHeadEnd(bytes);
      const whole = end < 0 ? bytes : bytes.subarray(0, end);
      for (const read of [parseRequestHead(whole), parseReplyHead(whole, "POST")]) {
        if (!read.ok) continue;
        for (const [name, value] of read.head.headers) {
          must(!/[\r\n\0]/.test(name + value), `a line break or NUL in the field ${JSON.stringify(name)}`);
        }
        const lengths = read.head.headers
          .filter(([name]) => name.toLowerCase() === "content-length")
          .map(([, value]) => value);
        must(new Set(lengths).size <= 1, "two different lengths");
      }
    }),
  },
  {
    name: "http1-body",
    promise: "chunked bodies: the same bytes in any pieces, or a framing error",
    property: fc.property(
      fc.array(fc.uint8Array({ minLength: 1, maxLength: 80 }), { maxLength: 5 }),
      fc.array(mutation, { maxLength: 2 }),
      chunkSizes,
      (chunks, mutations, sizes) => {
        const wire = Buffer.concat([
          ...chunks.flatMap((chunk) => [
            Buffer.from(`${chunk.byteLength.toString(16)}\r\n`),
            chunk,
            Buffer.from("\r\n"),
          ]),
          Buffer.from("0\r\n\r\n"),
        ]);
        const bytes = mutated(wire, mutations);
        const read = (pieces: readonly Uint8Array[]): string => {
          const scanner = createBodyScanner({ kind: "chunked" });
          const out: Uint8Array[] = [];
          try {
            for (const piece of pieces) {
              if (scanner.done) break;
              scanner.push(Buffer.from(piece), (data) => out.push(Buffer.from(data)));
            }
          } catch (error) {
            must(error instanceof FramingError, `it threw ${String(error)}`);
            return "refused";
          }
          return `${String(scanner.done)} ${Buffer.concat(out).toString("hex")}`;
        };
        must(read([bytes]) === read(split(bytes, sizes)), "the pieces are read differently from the whole");
      },
    ),
  },
  {
    name: "client-hello",
    promise: "TLS hellos: any bytes are told apart without a throw",
    property: fc.property(
      fc.oneof(fc.constant(hello), fc.uint8Array({ maxLength: 400 })),
      fc.array(mutation, { maxLength: 5 }),
      (bytes, mutations) => {
        const read = readClientHello(mutated(bytes, mutations));
        must(["hello", "incomplete", "not-tls"].includes(read.type), read.type);
      },
    ),
  },
];
