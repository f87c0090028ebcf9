/** What people write: configuration, filters, patterns; and what is shown to them. */
import fc from "fast-check";
import { readFilter } from "../../../src/base/filter/index.ts";
import { globTest } from "../../../src/base/glob.ts";
import { maxJsonDepth, parseJson } from "../../../src/base/json.ts";
import { safeLine, safeText } from "../../../src/base/safe-text.ts";
import { createRecordingReader } from "../../../src/control/recording/read-recording.ts";
import { parseConfig } from "../../../src/engine/config/load.ts";
import { createKeyParser } from "../../../src/tui/terminal/keys.ts";
import { cpuMs } from "../../support/cpu.ts";
import { chunkSizes, split } from "../bytes.ts";
import { invalidJson, naughtyStrings, validJson } from "../corpus.ts";
import { must, type FuzzTarget } from "../target.ts";

const canary = "sk-canary-0123456789abcdef";

const words = fc.constantFrom(
  ...(
    "providers accounts routes settings to match model host client type endpoint api_key combos strategy " +
    "intercept hosts __proto__ constructor"
  ).split(" "),
  "x-unknown",
);
const scalar = fc.oneof(
  fc.constantFrom(
    "true",
    "null",
    "1",
    "-1",
    "1e400",
    "openai-compatible",
    "claude/*",
    "5m",
    "~",
    canary,
    "'",
    '"',
    "*a",
    "&a b",
    "!!js/function x",
    "<<: *a",
  ),
  fc.constantFrom(...naughtyStrings.filter((text) => text.length < 100)),
  fc.string({ maxLength: 30 }),
);
const yaml = fc
  .array(
    fc.tuple(
      fc.nat(4),
      words,
      fc.constantFrom(": ", ":", ":\n", ": [", ": {", "- ", ": |\n"),
      scalar,
      fc.constantFrom("\n", "]\n", "}\n", ""),
    ),
    {
      maxLength: 14,
    },
  )
  .map((lines) =>
    lines.map(([depth, word, mark, value, end]) => `${"  ".repeat(depth)}${word}${mark}${value}${end}`).join(""),
  );

const filterText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 120 }),
  fc
    .array(
      fc.constantFrom(
        "client:",
        "model:",
        "status:",
        ">=",
        "..",
        "tokens:",
        "~",
        "(",
        ")",
        "!",
        " ",
        "|",
        "and",
        "or",
        "not",
        '"',
        "*",
        "/",
        "claude",
        "5k",
        "10s",
        "body:",
        "\\",
      ),
      {
        maxLength: 30,
      },
    )
    .map((parts) => parts.join("")),
);

export const peoplesWords: readonly FuzzTarget[] = [
  {
    name: "config",
    promise: "configurations: checked or refused in words with a place; never a throw, never a value that may be a key",
    property: fc.property(yaml, (text) => {
      const read = parseConfig(text, { path: "/nowhere/config.yaml", env: {}, readFile: () => "" });
      if (read.ok) return;
      must(read.problems.length > 0, "it was refused without a reason");
      for (const { line, message } of read.problems) {
        must(line >= 1, `line ${line}`);
        must(!message.includes(canary), "a problem quotes a key");
      }
    }),
    share: 0.5,
  },
  {
    name: "filter",
    promise: "filters: read or refused with a place inside the text; what is read prints as text that means the same",
    property: fc.property(filterText, (text) => {
      const read = readFilter(text);
      if (!read.ok) return;
      const again = readFilter(read.filter.text);
      must(again.ok, `its own text ${JSON.stringify(read.filter.text)} is refused`);
      must(again.filter.text === read.filter.text, "printed twice, it differs");
    }),
  },
  {
    name: "pattern",
    promise: "wildcards: the answer of a plain search, in time that grows with the text and not with the stars",
    property: fc.property(
      fc.array(fc.constantFrom("a", "b", "ab", "*", "**", "."), { maxLength: 12 }),
      fc.array(fc.constantFrom("a", "b", "."), { maxLength: 14 }),
      (parts, letters) => {
        const [pattern, text] = [parts.join(""), letters.join("")];
        must(globTest(pattern)(text) === slowly(pattern, text), `${pattern} on ${text}`);
      },
    ),
  },
  {
    name: "pattern-time",
    promise: "wildcards: a hundred stars on 20,000 letters take less than 50 ms of CPU",
    property: fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom("a", "ab", "aaaa", "a".repeat(40)),
      (stars, piece) => {
        const matches = globTest(`*${`${piece}*`.repeat(stars)}b`);
        const text = "a".repeat(20_000);
        const ms = cpuMs(() => void matches(text));
        must(ms < 50, `${ms} ms`);
      },
    ),
    share: 0.05,
  },
  {
    name: "safe-text",
    promise: "text for the terminal: no control, no escape, no direction mark comes through",
    property: fc.property(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.constantFrom(...naughtyStrings),
        fc.array(fc.nat(0xffff), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
      ),
      (text) => {
        const shown = safeText(text);
        must(!/(?!\n)\p{Cc}|[\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u.test(shown), JSON.stringify(shown));
        must(!/\p{Surrogate}/u.test(shown), "a lone surrogate");
        must(!safeLine(text).includes("\n"), "a line break in one line");
      },
    ),
    share: 2,
  },
  {
    name: "keys",
    promise: "keys from the terminal: any bytes in any pieces, never a throw",
    property: fc.property(fc.uint8Array({ maxLength: 80 }), chunkSizes, (bytes, sizes) => {
      const parser = createKeyParser();
      for (const piece of split(bytes, sizes)) parser.push(Buffer.from(piece).toString("latin1"));
    }),
  },
  {
    name: "json",
    promise: "JSON: the corpus is taken and refused as the standard says, and nothing is nested beyond the bound",
    property: fc.property(
      fc.constantFrom(
        ...validJson.map((text) => [text, true] as const),
        ...invalidJson.map((text) => [text, false] as const),
      ),
      ([text, valid]) => {
        must(
          parseJson(text).ok === valid,
          `${JSON.stringify(text.slice(0, 60))} should be ${valid ? "taken" : "refused"}`,
        );
      },
    ),
  },
  {
    name: "recording",
    promise: "recordings: any bytes in any pieces, never a throw, the same calls as in one piece",
    property: fc.property(fc.array(fc.oneof(fc.json(), fc.string()), { maxLength: 5 }), chunkSizes, (lines, sizes) => {
      const bytes = Buffer.from(`{"switchyardRecording":1}\n${lines.join("\n")}`);
      const read = (pieces: readonly Uint8Array[]): string => {
        const reader = createRecordingReader();
        return JSON.stringify([pieces.flatMap((piece) => reader.push(Buffer.from(piece))), reader.end()]);
      };
      must(read([bytes]) === read(split(bytes, sizes)), "the pieces are read differently from the whole");
    }),
  },
  {
    name: "json-noise",
    promise: "JSON: noise and mutations never throw; what is taken can be written again",
    property: fc.property(
      fc.oneof(fc.json(), fc.string({ unit: "binary" })),
      fc.nat(),
      fc.constantFrom("", "[", "{", '"', ",", "\\", "\u0000", "[".repeat(maxJsonDepth + 1)),
      (text, at, extra) => {
        const place = text.length === 0 ? 0 : at % text.length;
        const read = parseJson(text.slice(0, place) + extra + text.slice(place));
        if (read.ok) JSON.stringify(read.value);
      },
    ),
  },
];

/** The meaning of a pattern, by trying everything. */
function slowly(pattern: string, text: string): boolean {
  if (pattern === "") return text === "";
  if (pattern.startsWith("*")) {
    const rest = pattern.replace(/^\*+/, "");
    if (rest === "") return true;
    for (let at = 0; at <= text.length; at += 1) if (slowly(rest, text.slice(at))) return true;
    return false;
  }
  return text !== "" && pattern[0] === text[0] && slowly(pattern.slice(1), text.slice(1));
}
