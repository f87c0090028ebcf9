import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createSseReader, sseComment, sseData, sseEvent, type SseEvent } from "./sse.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function readInPieces(whole: Uint8Array, cuts: readonly number[]): SseEvent[] {
  const reader = createSseReader();
  const out: SseEvent[] = [];
  let from = 0;
  for (const cut of [...cuts, whole.length]) {
    out.push(...reader.push(whole.subarray(from, cut)));
    from = cut;
  }
  return [...out, ...reader.end()];
}

const read = (text: string): SseEvent[] => readInPieces(bytes(text), []);
const data = (events: readonly SseEvent[]): string[] => events.map((event) => event.data);

describe("S12 every way of writing the same events", () => {
  const wanted = [
    { event: "a", data: "1" },
    { event: "", data: "2\n3" },
  ];
  it.each([
    ["line feeds", "event: a\ndata: 1\n\ndata: 2\ndata: 3\n\n"],
    ["carriage returns and line feeds", "event: a\r\ndata: 1\r\n\r\ndata: 2\r\ndata: 3\r\n\r\n"],
    ["carriage returns alone", "event: a\rdata: 1\r\rdata: 2\rdata: 3\r\r"],
    ["mixed line ends", "event: a\r\ndata: 1\n\r\ndata: 2\rdata: 3\n\n"],
    ["no space after the colon", "event:a\ndata:1\n\ndata:2\ndata:3\n\n"],
    [
      "comments, ids and retries between",
      ": ping\nevent: a\nid: 7\ndata: 1\nretry: 5\n\n:\n\ndata: 2\n: x\ndata: 3\n\n",
    ],
    ["a byte order mark first", "\uFEFFevent: a\ndata: 1\n\ndata: 2\ndata: 3\n\n"],
    ["no blank line after the last", "event: a\ndata: 1\n\ndata: 2\ndata: 3"],
  ])("reads %s, whole and cut at every byte", (_name, text) => {
    expect(read(text)).toEqual(wanted);
    const whole = bytes(text);
    for (let cut = 0; cut <= whole.length; cut += 1) expect(readInPieces(whole, [cut])).toEqual(wanted);
    const everywhere = Array.from(whole, (_byte, index) => index);
    expect(readInPieces(whole, everywhere)).toEqual(wanted);
  });
});

describe("reading", () => {
  it("S11 keeps characters whole when they are cut at any byte", () => {
    const text = "data: שלום 👩‍👩‍👧 漢字 é\n\n";
    const whole = bytes(text);
    for (let cut = 0; cut <= whole.length; cut += 1)
      expect(data(readInPieces(whole, [cut]))).toEqual(["שלום 👩‍👩‍👧 漢字 é"]);
  });

  it("S23 never takes U+2028, U+2029 or U+0085 for a line end", () => {
    expect(data(read('data: {"a":"x\u2028y\u2029z\u0085"}\n\n'))).toEqual(['{"a":"x\u2028y\u2029z\u0085"}']);
  });

  it("keeps an empty data line and a lone field name", () => {
    expect(data(read("data\n\ndata:\n\ndata: \n\n"))).toEqual(["", "", ""]);
  });

  it("takes away one space only", () => {
    expect(data(read("data:  two\n\n"))).toEqual([" two"]);
  });

  it("forgets an event name that had no data", () => {
    expect(read("event: lost\n\ndata: 1\n\n")).toEqual([{ event: "", data: "1" }]);
  });

  it("reads what it wrote, for any data and any cut", () => {
    fc.assert(
      fc.property(fc.array(fc.json(), { maxLength: 6 }), fc.infiniteStream(fc.nat(7)), (all, sizes) => {
        const frames = all.map((text, index) => (index % 2 === 0 ? sseData(text) : sseEvent("e", text)));
        const whole = Buffer.concat(frames.flatMap((frame) => [frame, sseComment]));
        const cuts: number[] = [];
        for (let at = 0; at < whole.length; ) {
          at += 1 + (sizes.next().value ?? 0);
          if (at < whole.length) cuts.push(at);
        }
        expect(data(readInPieces(whole, cuts))).toEqual(all);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the bound on one event", () => {
  it("stops at a line that never ends", () => {
    const reader = createSseReader(100);
    for (let count = 0; count < 20; count += 1) reader.push(bytes("data: xxxx"));
    expect(reader.failure()).toMatchObject({ kind: "too-large" });
    expect(reader.push(bytes("\n\ndata: 1\n\n"))).toEqual([]);
    expect(reader.end()).toEqual([]);
  });

  it("stops at data lines without end", () => {
    const reader = createSseReader(100);
    for (let count = 0; count < 50; count += 1) reader.push(bytes("data: xxxx\n"));
    expect(reader.failure()).toMatchObject({ kind: "too-large" });
  });

  it("does not count events that were delivered", () => {
    const reader = createSseReader(100);
    for (let count = 0; count < 50; count += 1) expect(reader.push(bytes("data: xxxx\n\n"))).toHaveLength(1);
    expect(reader.failure()).toBeNull();
  });
});
