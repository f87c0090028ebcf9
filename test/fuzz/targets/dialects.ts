/** The formats: what clients ask and what providers answer, in every dialect, wrong in every way. */
import fc from "fast-check";
import { formats } from "../../../src/engine/formats/table.ts";
import { formatIds, textFormatIds, type FormatId } from "../../../src/engine/formats/format.ts";
import { checkStream } from "../../../src/engine/hub/__fixtures__/check-stream.ts";
import { replay } from "../../../src/engine/hub/replay.ts";
import { targets, writeOptions, writerOptions } from "../../../src/engine/formats/__fixtures__/harness.ts";
import { parseJson } from "../../../src/base/json.ts";
import { chunkSizes, mutated, mutation, split } from "../bytes.ts";
import { naughtyStrings } from "../corpus.ts";
import { must, type FuzzTarget } from "../target.ts";

const format = fc.constantFrom(...textFormatIds);

/** Words of all dialects, so that random JSON comes near something. */
const key = fc.constantFrom(
  ...(
    "model messages input contents role content type text parts tools name parameters input_schema " +
    "tool_calls function arguments id call_id tool_use_id system instructions systemInstruction request " +
    "stream functionCall functionResponse thinking signature source image_url inlineData choices delta " +
    "candidates output error usage usageMetadata finish_reason stop_reason __proto__ constructor toString"
  ).split(" "),
);
const word = fc.constantFrom(
  ...(
    "user assistant system tool developer model text image tool_use tool_result function_call message " +
    "function_call_output reasoning input_text output_text thinking function auto stop"
  ).split(" "),
  "",
  "{}",
  "[",
  "data:image/png;base64,AA",
);
export const { value: anyJson } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, depthSize: "small" },
    word,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 7, noNullPrototype: true }),
  ),
}));

function reply(text: string): Parameters<typeof replay>[0] {
  return {
    id: "r1",
    model: "m",
    parts: [{ type: "text", text }],
    finish: { reason: "stop", raw: "stop" },
    usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
    losses: [],
  };
}

export function streamOf(id: FormatId, text: string): Buffer {
  const writer = formats[id].client.streamWriter(writerOptions({}, targets[id as keyof typeof targets].stream));
  return Buffer.concat(replay(reply(text)).flatMap((event) => writer.push(event)));
}

export const dialects: readonly FuzzTarget[] = [
  {
    name: "request",
    promise: "requests: any JSON in any dialect is read or refused, and what is read can be written in every other",
    property: fc.property(format, anyJson, format, (from, body, to) => {
      const target = targets[from].stream;
      formats[from].client.shape(body, target);
      const read = formats[from].client.readRequest(body, target);
      if (!read.ok) return must(read.error.message !== "", "refused without a reason");
      const written = formats[to].provider.writeRequest(read.value.request, writeOptions);
      if (written.ok) must(parseJson(Buffer.from(written.value.body).toString()).ok, "what was written is no JSON");
    }),
  },
  {
    name: "reply",
    promise: "whole replies and errors: any JSON in any dialect is read or refused",
    property: fc.property(
      format,
      anyJson,
      fc.constantFrom(200, 400, 401, 403, 404, 413, 429, 500, 503, 529),
      (id, body, status) => {
        const { provider } = formats[id];
        provider.readReply(body);
        const error = provider.readError(status, [], Buffer.from(JSON.stringify(body) ?? ""), 0);
        must(typeof error.message === "string", "an error without a message");
      },
    ),
  },
  {
    name: "stream",
    promise:
      "streams: flipped, cut, repeated and split, each reads as a well-formed sequence of events that has an end",
    property: fc.property(
      fc.constantFrom(...formatIds),
      fc.constantFrom(...naughtyStrings),
      fc.array(mutation, { maxLength: 4 }),
      chunkSizes,
      (id, text, mutations, sizes) => {
        const good = (textFormatIds as readonly string[]).includes(id) ? streamOf(id, text) : Buffer.from(text);
        const reader = formats[id].provider.streamReader();
        const bytes = mutated(good, mutations);
        const events = [...split(bytes, sizes).flatMap((chunk) => reader.push(chunk)), ...reader.end()];
        const faults = checkStream(events);
        must(faults.length === 0, faults.join("; "));
        const last = events.at(-1)?.type;
        must(last === "reply-end" || last === "error", `the last event is ${String(last)}`);
      },
    ),
  },
  {
    name: "naughty",
    promise: "legal text comes out of every pair of dialects as it went in",
    property: fc.property(
      format,
      format,
      fc.constantFrom(...naughtyStrings.filter((text) => text.trim() !== "" && !/\p{Surrogate}/u.test(text))),
      (from, to, text) => {
        const reader = formats[from].provider.streamReader();
        const events = [...reader.push(streamOf(from, text)), ...reader.end()];
        const writer = formats[to].client.streamWriter(writerOptions({}, targets[to].stream));
        const bytes = Buffer.concat(events.flatMap((event) => writer.push(event)));
        const back = formats[to].provider.streamReader();
        const said = [...back.push(bytes), ...back.end()]
          .flatMap((event) => (event.type === "text-delta" ? [event.text] : []))
          .join("");
        must(said === text, `${JSON.stringify(text.slice(0, 60))} became ${JSON.stringify(said.slice(0, 60))}`);
      },
    ),
  },
];
