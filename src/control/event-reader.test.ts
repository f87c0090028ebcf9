import { describe, expect, it } from "vitest";
import { createEventReader } from "./event-reader.ts";

const stream = Buffer.from(
  'event: hello\ndata: {"a":"é🙂"}\n\n: ping\n\nevent: flow\r\ndata: one\r\ndata:two\r\n\r\nevent: empty\n\ndata: x\n\n',
);

describe("event reader", () => {
  it("reads the same events wherever the bytes are split", () => {
    for (let cut = 0; cut <= stream.byteLength; cut += 1) {
      const events: [string, string][] = [];
      const reader = createEventReader((name, data) => events.push([name, data]));
      reader.push(stream.subarray(0, cut));
      reader.push(stream.subarray(cut));
      expect(events).toEqual([
        ["hello", '{"a":"é🙂"}'],
        ["flow", "one\ntwo"],
        ["message", "x"],
      ]);
    }
  });

  it("refuses a line without end", () => {
    const reader = createEventReader(() => {});
    const piece = Buffer.alloc(4 * 1024 * 1024, "x");
    expect(() => {
      for (let index = 0; index < 8; index += 1) reader.push(piece);
    }).toThrow("too long");
  });
});
