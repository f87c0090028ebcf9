/** `switchyard translate`, and the heads that are made of another protocol's fields. */
import fc from "fast-check";
import { policy } from "../../../src/engine/errors/policy.ts";
import { createReplyTranslator, formatIds, translateRequest } from "../../../src/engine/translate/index.ts";
import { fieldsOf } from "../../../src/intercept/h2/fields.ts";
import { isWritableField, isWritableRequestLine, parseRequestHead, writeHead } from "../../../src/intercept/h1/head.ts";
import { jsonCorpus, bytesOf } from "../../vectors/json-corpus.ts";
import { chunkSizes, mutated, mutation, split } from "../bytes.ts";
import { naughtyTexts } from "../corpus.ts";
import { must, type FuzzTarget } from "../target.ts";
import { vectors } from "../vectors.ts";
import { anyJson, streamOf } from "./dialects.ts";

const format = fc.constantFrom(...formatIds);
const text = fc.oneof(fc.constantFrom(...naughtyTexts), fc.string({ unit: "binary", maxLength: 200 }));

/** Bytes that some dialect would write, and bytes that none would. */
const anyBytes: fc.Arbitrary<Uint8Array> = fc.oneof(
  anyJson.map((value) => Buffer.from(JSON.stringify(value) ?? "")),
  text.map((one) => Buffer.from(one)),
  fc.constantFrom(...jsonCorpus.filter((one) => one.text.length < 1_000).map(bytesOf)),
  fc.tuple(fc.constantFrom("claude", "openai-chat", "openai-responses", "gemini"), text).map(
    ([id, said]) => streamOf(id as "claude", said), // one of the four above
  ),
  fc.constantFrom(...vectors.eventStreams, ...vectors.connectStreams),
);

const fieldText = fc.oneof(
  text,
  fc.constantFrom(
    "x",
    "host",
    "content-length",
    "transfer-encoding",
    ":path",
    "0",
    "chunked",
    "a\r\nb: c",
    "\u010d\u010a",
  ),
);

export const translated: readonly FuzzTarget[] = [
  {
    name: "translate",
    promise: "translations: any bytes through every pair give bytes or an error of the known kinds, and never a throw",
    property: fc.property(
      format,
      format,
      anyBytes,
      fc.array(mutation, { maxLength: 3 }),
      chunkSizes,
      fc.boolean(),
      (from, to, bytes, mutations, sizes, stream) => {
        const given = mutated(bytes, mutations);
        const asked = translateRequest(given, { from, to, stream });
        if (!asked.ok) must(Object.hasOwn(policy, asked.error.kind), `an error of the kind ${asked.error.kind}`);
        const reply = createReplyTranslator({ from, to, stream, createdAt: 0, maxWholeBytes: 1024 * 1024 });
        for (const piece of split(given, sizes)) reply.push(piece);
        reply.end();
        const outcome = reply.outcome();
        must(outcome !== null, "no outcome");
        if (outcome.kind === "done") return;
        must(Object.hasOwn(policy, outcome.error.kind), `an error of the kind ${outcome.error.kind}`);
        must(outcome.error.kind !== "internal", outcome.error.message);
      },
    ),
    share: 0.5,
  },
  {
    name: "fields",
    promise: "heads of HTTP/1 made of any fields: each is one line, or is not written at all",
    property: fc.property(fc.array(fc.tuple(fieldText, fieldText), { maxLength: 12 }), fieldText, (pairs, target) => {
      const fields = fieldsOf(pairs.flat()).filter(([name, value]) => isWritableField(name, value));
      const line = isWritableRequestLine("POST", target) ? target : "/";
      const bytes = writeHead(`POST ${line} HTTP/1.1`, fields);
      must(bytes.indexOf("\r\n\r\n") === bytes.length - 4, "the head ends early");
      must(bytes.toString("latin1").split("\r\n").length === fields.length + 3, "a field is more than one line");
      const read = parseRequestHead(bytes);
      // Two lengths and the like are refused by whoever reads it: framing is never taken from such fields.
      if (!read.ok) return must(/Content-Length|Transfer-Encoding|coding/.test(read.why), read.why);
      const kept = fields.map(([name, value]) => `${name}: ${value.replace(/^[ \t]+|[ \t]+$/g, "")}`);
      const back = read.head.headers.map(([name, value]) => `${name}: ${value}`);
      must(JSON.stringify(back) === JSON.stringify(kept), "another field is read than was written");
    }),
  },
];
