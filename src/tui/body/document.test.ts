import { describe, expect, it } from "vitest";
import type { BodyView } from "../state/flow-view.ts";
import { bodyLines } from "./body-lines.ts";
import { createDocument } from "./document.ts";
import { plainLine } from "./line.ts";
import { eventLines } from "./sse.ts";

function body(fields: Partial<BodyView>): BodyView {
  return {
    bytes: 100,
    captured: 100,
    truncated: false,
    contentType: null,
    encoding: null,
    text: null,
    base64: null,
    decoded: null,
    decodeError: null,
    ...fields,
  };
}

const textsOf = (lines: Iterable<{ readonly text: string }>): string[] => [...lines].map((line) => line.text);

describe("a document", () => {
  const make = (lines: readonly string[], width = 20, wrap = true): ReturnType<typeof createDocument> =>
    createDocument(lines.map((line) => plainLine(line)).values(), width, wrap);
  const shown = (document: ReturnType<typeof createDocument>, top: number, height: number, find = ""): string[] =>
    document.rows(top, height, find).map((spans) => spans.map((span) => span.text).join(""));

  it("reads no further than it must", () => {
    let read = 0;
    function* endless(): Generator<ReturnType<typeof plainLine>, void> {
      for (;;) yield plainLine(`line ${(read += 1)}`);
    }
    const document = createDocument(endless(), 20, true);
    expect(shown(document, 0, 3)).toEqual(["line 1", "line 2", "line 3"]);
    expect(read).toBeLessThan(10);
    expect(document.known.complete).toBe(false);
  });

  it("goes to the end on request and no further", () => {
    const document = make(["1", "2", "3", "4", "5"]);
    expect(document.clamp(Number.POSITIVE_INFINITY, 2)).toBe(3);
    expect(document.clamp(99, 10)).toBe(0);
  });

  it("goes round its marked lines", () => {
    const lines = ["a", "b", "c", "d"].map((text) => ({
      ...plainLine(text),
      ...("bd".includes(text) ? { isMarked: true as const } : {}),
    }));
    const document = createDocument(lines.values(), 20, true);
    expect([document.marked(null, 1), document.marked(1, 1), document.marked(3, 1)]).toEqual([1, 3, 1]);
    expect([document.marked(null, -1), document.marked(3, -1), document.marked(1, -1)]).toEqual([3, 1, 3]);
    expect(make(["a"]).marked(null, 1)).toBeNull();
  });

  it("wraps long lines, or cuts none of them off when told not to", () => {
    expect(shown(make(["abcdefghij"], 4), 0, 5)).toEqual(["abcd", "efgh", "ij"]);
    expect(shown(make(["abcdefghij"], 4, false), 0, 5)).toEqual(["abcdefghij"]);
  });

  it("finds forwards and backwards and goes round", () => {
    const document = make(["one fish", "two", "red Fish fish"]);
    const first = document.find("fish", null, 1);
    expect(first).toEqual({ line: 0, start: 4 });
    const second = document.find("fish", first, 1);
    expect(second).toEqual({ line: 2, start: 4 });
    const third = document.find("fish", second, 1);
    expect(third).toEqual({ line: 2, start: 9 });
    expect(document.find("fish", third, 1)).toEqual(first);
    expect(document.find("fish", first, -1)).toEqual(third);
    expect(document.find("bird", null, 1)).toBeNull();
  });

  it("knows the row of a match inside a wrapped line", () => {
    const document = make(["0123456789needle"], 8);
    expect(document.rowOf({ line: 0, start: 10 })).toBe(1);
  });

  it("marks matches across a wrap", () => {
    const rows = make(["abcdefgh"], 4).rows(0, 2, "cdef");
    expect(rows.map((row) => row.filter((span) => span.style === "match").map((span) => span.text))).toEqual([
      ["cd"],
      ["ef"],
    ]);
  });
});

describe("a body", () => {
  it("is shown as JSON when it looks like JSON, and as received when asked", () => {
    const json = body({ text: '{"a":1}', contentType: "application/json" });
    expect(textsOf(bodyLines(json, false)).slice(2)).toEqual(["{", '  "a": 1', "}"]);
    expect(textsOf(bodyLines(json, true)).slice(2)).toEqual(['{"a":1}']);
  });

  it("says how much of it was kept", () => {
    const cut = body({ text: "abc", truncated: true, bytes: 5_000_000, captured: 2_097_152 });
    expect(textsOf(bodyLines(cut, false)).at(-1)).toBe("… cut: 2.0 MB of 4.8 MB were kept");
  });

  it("is a hex dump when it is not text", () => {
    const binary = body({ base64: Buffer.from("hello\u0000world, and more than a row").toString("base64") });
    expect(textsOf(bodyLines(binary, false))[2]).toBe(
      "000000  68 65 6c 6c 6f 00 77 6f 72 6c 64 2c 20 61 6e 64  hello.world, and",
    );
  });

  it("shows no control character of what it holds", () => {
    const evil = body({ text: "a\u001b]52;c;aGk=\u0007b\rc\u202ed\u009b2J", contentType: "text/plain" });
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    for (const line of textsOf(bodyLines(evil, false))) expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  });
});

describe("an event stream", () => {
  it("is shown event by event, named by event or by type", () => {
    const text = 'event: ping\ndata: {"a":1}\n\n: comment\n\ndata: {"object":"chunk"}\r\n\r\ndata: [DONE]\n\n';
    expect(textsOf(eventLines(text))).toEqual([
      "   1  ping",
      '      {"a":1}',
      ": comment",
      "   2  chunk",
      '      {"object":"chunk"}',
      "   3  message",
      "      [DONE]",
    ]);
  });

  it("shows an event that was cut off", () => {
    expect(textsOf(eventLines('event: a\ndata: {"tex'))).toEqual(["   1  a", '      {"tex']);
  });
});
