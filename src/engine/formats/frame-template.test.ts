import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createFrameTemplate } from "./frame-template.ts";

const frame = (text: string, more: object = {}): string =>
  JSON.stringify({ id: "c1", choices: [{ index: 0, delta: { content: text, ...more }, finish_reason: null }] });

describe("a frame template", () => {
  it("reads every text as a whole parse would", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), fc.string({ minLength: 1 }), (first, second) => {
        const template = createFrameTemplate();
        template.learn(frame(`~${first}`), `~${first}`);
        expect(template.match(frame(second))).toBe(second);
      }),
    );
  });

  it("reads escapes", () => {
    const template = createFrameTemplate();
    template.learn(frame("word"), "word");
    expect(template.match(frame('a "b" \n \\ \u2028'))).toBe('a "b" \n \\ \u2028');
    expect(template.match(frame("x").replace('"x"', '"\\u00e9\\ud83d"'))).toBe("\u00e9\ud83d");
  });

  it("leaves every frame alone that says anything else", () => {
    const template = createFrameTemplate();
    template.learn(frame("word"), "word");
    for (const other of [
      frame("x", { refusal: "no" }),
      frame("x").replace("null", '"stop"'),
      frame("x").replace("c1", "c2"),
      frame("x").replace('"x"', "5"),
      frame("x").replace('"x"', '"x","content":"y"'),
      frame("x").replace('"x"', '"x\\"'),
      frame("x").replace('"x"', '"\u0001"'),
      frame(""),
      "[DONE]",
      "",
    ]) {
      expect(template.match(other)).toBeNull();
    }
  });

  it("learns nothing where the text stands twice, or is written another way", () => {
    const twice = createFrameTemplate();
    expect(twice.learn(frame("c1"), "c1")).toBe(false);
    expect(twice.match(frame("x"))).toBeNull();
    const escaped = createFrameTemplate();
    expect(escaped.learn(frame("x").replace('"x"', '"\\u0078"'), "x")).toBe(false);
    expect(escaped.match(frame("y"))).toBeNull();
  });

  it("gives up on a stream whose frames change elsewhere too", () => {
    const template = createFrameTemplate();
    for (let index = 0; index < 9; index += 1) template.learn(frame("word", { padding: index }), "word");
    expect(template.match(frame("x", { padding: 8 }))).toBeNull();
    expect(template.match(frame("x", { padding: 3 }))).toBe("x");
  });

  it("keeps what it had learned when it can learn nothing from another frame", () => {
    const template = createFrameTemplate();
    expect(template.learn(frame("word"), "word")).toBe(true);
    expect(template.learn(frame("c1"), "c1")).toBe(false);
    expect(template.match(frame("x"))).toBe("x");
  });
});
