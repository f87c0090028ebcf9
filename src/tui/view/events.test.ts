import { describe, expect, it } from "vitest";
import type { BodyView, SideView } from "../state/flow-view.ts";
import { cellWidth } from "../text/cells.ts";
import { replyEventLines } from "./events.ts";

const first = 'event: message_start\ndata: {"type":"message_start"}\n\n';
const second = ': a sign of life\n\ndata: {"type":"delta","delta":"語"}\n\n';
const third = "data: [DONE]\n\n";

function side(text: string, more: Partial<BodyView> = {}, timeline: SideView["timeline"] = []): SideView {
  const bytes = Buffer.byteLength(text);
  const body: BodyView = {
    bytes,
    captured: bytes,
    truncated: false,
    contentType: "text/event-stream",
    encoding: null,
    text,
    base64: null,
    decoded: null,
    decodeError: null,
    ...more,
  };
  return { line: "200", headers: [], body, timeline };
}

function rows(given: SideView, width = 78): readonly string[] {
  return [...replyEventLines(given, width)].slice(1).map(({ text }) => text.trimEnd());
}

describe("the Events tab", () => {
  it("gives each event the time at which its last byte came", () => {
    const timeline = [
      [100, first.length - 3],
      [205.4, 3 + Buffer.byteLength(second)],
      [311, third.length],
    ] as const;
    expect(rows(side(first + second + third, {}, timeline))).toEqual([
      "   205 ms  message_start",
      '   205 ms  delta                "語"',
      "   311 ms  message              [DONE]",
    ]);
  });

  it("gives a decoded frame the time at which its last byte came, and its fields where they say nothing known", () => {
    const decoded = {
      as: "events",
      text: 'event: interactionUpdate.textDelta\ndata: {"text":"Hel"}\n\nevent: kvServerMessage.getBlobArgs\ndata: {"id":3}\n\n',
      ends: [14, 60],
    } as const;
    const given = side("", { bytes: 60, captured: 60, text: null, base64: "AAAA", decoded }, [
      [10, 20],
      [55, 40],
    ]);
    expect(rows(given, 120)).toEqual([
      '    10 ms  interactionUpdate.textDelta   "Hel"',
      '    55 ms  kvServerMessage.getBlobArgs   {"id":3}',
    ]);
  });

  it("names no time where the text is not what passed", () => {
    const timeline = [[100, first.length]] as const;
    expect(rows(side(first, { encoding: "gzip" }, timeline))).toEqual(["           message_start"]);
    expect(rows(side(first, { captured: first.length + 9 }, timeline))).toEqual(["           message_start"]);
    expect(rows(side(first))).toEqual(["           message_start"]);
  });

  it.each([60, 80, 120, 200])("has no row wider than %i columns", (columns) => {
    const long = `event: ${"名".repeat(90)}\ndata: {"delta":"${"🎉語x\\u202e".repeat(200)}"}\n\n`;
    for (const row of rows(side(long), columns - 2)) expect(cellWidth(row)).toBeLessThanOrEqual(columns - 2);
  });

  it("says in words what is no stream", () => {
    expect(rows(side("{}", { contentType: "application/json" }))[0]).toBe("Not streamed.");
    expect(rows(side("", { bytes: 0 }))).toEqual(["The reply has no body."]);
    expect(rows(side("", { bytes: 5, text: null }))).toEqual(["Nothing of the body can be read as text."]);
    expect(rows(side("", { bytes: 5 }))).toEqual(["No event has come yet."]);
    expect(rows(side(first, { bytes: 9_999, truncated: true })).at(-1)).toContain("cut:");
  });
});
