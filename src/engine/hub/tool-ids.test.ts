import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createNameMap, decodeToolId, encodeToolId, madeToolId, nameRules } from "./tool-ids.ts";

describe("names that must fit", () => {
  it.each(Object.entries(nameRules))(
    "%s: all fit, none collide, each is found again, the same every time",
    (_name, rule) => {
      fc.assert(
        fc.property(fc.array(fc.string({ maxLength: 150 }), { maxLength: 20 }), (names) => {
          const map = createNameMap(rule, names);
          const again = createNameMap(rule, names);
          const words = new Map(names.map((name) => [name, map.toWire(name)]));
          expect(new Set(words.values()).size).toBe(words.size);
          for (const [name, word] of words) {
            expect(word.length).toBeGreaterThanOrEqual(rule.minLength);
            expect(word.length).toBeLessThanOrEqual(rule.maxLength);
            expect(word.search(rule.forbidden)).toBe(-1);
            expect(map.changed.get(word) ?? word).toBe(name);
            expect(again.toWire(name)).toBe(word);
          }
        }),
      );
    },
  );

  it("leaves a name that fits alone, even when another would be shortened to it", () => {
    const wanted = createNameMap(nameRules.name64, ["fs.read"]).toWire("fs.read");
    const map = createNameMap(nameRules.name64, ["fs.read", wanted]);
    expect(map.toWire(wanted)).toBe(wanted);
    expect(map.toWire("fs.read")).not.toBe(wanted);
  });
});

describe("ids that must be read back", () => {
  it("encodes any id into letters, digits, dash and underscore, and decodes it without memory", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (id) => {
        expect(encodeToolId(id)).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(decodeToolId(encodeToolId(id))).toBe(id);
      }),
    );
  });

  it("leaves usual ids alone, and ids that only look like ours", () => {
    expect(encodeToolId("toolu_01AbC-9")).toBe("toolu_01AbC-9");
    expect(decodeToolId("toolu_01AbC-9")).toBe("toolu_01AbC-9");
    expect(decodeToolId("swid_not really")).toBe("swid_not really");
    expect(decodeToolId(encodeToolId("swid_x"))).toBe("swid_x");
  });

  it("makes the same id for the same call only", () => {
    expect(madeToolId("r1", 0)).toBe(madeToolId("r1", 0));
    expect(new Set([madeToolId("r1", 0), madeToolId("r1", 1), madeToolId("r2", 0)]).size).toBe(3);
  });
});
