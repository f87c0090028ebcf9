import { describe, expect, it } from "vitest";
import { aCall, chunk, recordingText } from "./__fixtures__/calls.ts";
import type { RecordedCall } from "./format.ts";
import { createRecordingReader, type Damage } from "./read-recording.ts";

interface Read {
  readonly calls: readonly RecordedCall[];
  readonly damage: Damage | null;
}

function read(bytes: Buffer, cuts: readonly number[] = [], maxLineBytes = 1024 * 1024): Read {
  const reader = createRecordingReader({ maxLineBytes });
  const calls: RecordedCall[] = [];
  let from = 0;
  for (const cut of [...cuts, bytes.byteLength]) {
    calls.push(...reader.push(bytes.subarray(from, cut)));
    from = cut;
  }
  return { calls: [...calls, ...reader.end()], damage: reader.damage() };
}

const calls = [
  aCall({ body: { text: "Grüße \u2028 👩‍👩‍👧" } }),
  aCall({ reply: { chunks: [chunk(1, "ü"), { atMs: 2, base64: "w7w=" }], end: "cut" } }),
  aCall({ reply: null }),
];
const whole = Buffer.from(recordingText(calls));

describe("a recording", () => {
  it("is read whatever pieces it comes in", () => {
    expect(read(whole)).toEqual({ calls, damage: null });
    for (let cut = 0; cut <= whole.byteLength; cut += 1) expect(read(whole, [cut])).toEqual({ calls, damage: null });
    const single = Array.from({ length: whole.byteLength }, (_, index) => index);
    expect(read(whole, single)).toEqual({ calls, damage: null });
  });

  it("may have been touched by an editor: other line ends, empty lines, no last line feed, fields of its own", () => {
    const [head = "", ...lines] = recordingText(calls).trimEnd().split("\n");
    const noted = lines.map((line) => JSON.stringify({ ...JSON.parse(line), note: "mine" }));
    const { calls: found, damage } = read(Buffer.from([head, "", ...noted].join("\r\n")));
    expect(damage).toBeNull();
    expect(found).toMatchObject(calls);
  });

  it("that was cut anywhere is read up to the cut", () => {
    const ends = [...whole.entries()].flatMap(([index, byte]) => (byte === 0x0a ? [index + 1] : []));
    for (let size = 1; size < whole.byteLength; size += 1) {
      const { calls: found, damage } = read(whole.subarray(0, size));
      const lines = ends.filter((end) => end <= size || end === size + 1).length;
      expect(found).toEqual(calls.slice(0, Math.max(0, lines - 1)));
      const isAtALine = ends.includes(size) || ends.includes(size + 1);
      expect(damage?.line ?? null).toBe(isAtALine ? null : lines + 1);
    }
    expect(read(whole.subarray(0, whole.byteLength - 5)).damage).toEqual({
      line: 4,
      why: "it ends in the middle of a line: whoever wrote it was stopped",
      isForeign: false,
    });
  });

  it("that is damaged in the middle is read up to there", () => {
    const lines = recordingText(calls).split("\n");
    lines[2] = (lines[2] ?? "").slice(0, 40);
    expect(read(Buffer.from(lines.join("\n")))).toEqual({
      calls: calls.slice(0, 1),
      damage: { line: 3, why: "it is not JSON", isForeign: false },
    });
  });

  it.each([
    ["", "it is empty"],
    ["\n\n", "it is no recording: its first line is not JSON"],
    ["hello\n", "it is no recording: its first line is not JSON"],
    ["\u0000\u0001", "it is no recording: its first line is not JSON"],
    ['{"a":1}\n', "it is no recording"],
    ['{"log":{"version":"1.2"}}', "it is a HAR file, not a recording"],
    ['{"switchyardRecording":2}\n{}\n', "it is a recording of version 2, and this Switchyard reads version 1"],
    ['{"switchyardRecording":"1"}\n', "it is no recording"],
  ])("is none: %j", (text, why) => {
    const { calls: found, damage } = read(Buffer.from(text));
    expect(found).toEqual([]);
    expect(damage).toMatchObject({ line: 1, isForeign: true });
    expect(damage?.why).toContain(why);
  });

  it.each([
    [{}, "flow"],
    [{ ...aCall(), request: { ...aCall().request, path: "no-slash" } }, "request.path"],
    [{ ...aCall(), request: { ...aCall().request, body: {} } }, "request.body"],
    [aCall({ reply: { status: 99 } }), "reply.status"],
    [aCall({ reply: { startedAtMs: -1 } }), "reply.startedAtMs"],
    [{ ...aCall(), reply: { ...aCall().reply, chunks: [{ atMs: 1 }] } }, "reply.chunks.0"],
  ])("holds a line that is no call: %j", (line, place) => {
    const { calls: found, damage } = read(Buffer.from(recordingText([aCall(), line, aCall()])));
    expect(found).toHaveLength(1);
    expect(damage).toMatchObject({ line: 3, isForeign: false });
    expect(damage?.why).toContain(`it is no call: ${place}`);
  });

  it("holds a line that is too long to be one, and does not hold on to it", () => {
    const long = recordingText([aCall(), "x".repeat(5_000)]);
    expect(read(Buffer.from(long), [], 2_000)).toMatchObject({ damage: { line: 3, isForeign: false } });
    const endless = createRecordingReader({ maxLineBytes: 2_000 });
    for (let index = 0; index < 100; index += 1) endless.push(Buffer.alloc(1_000, 0x20));
    expect(endless.damage()).toMatchObject({ line: 1, isForeign: true });
  });
});
