/** JSON at the edges: what is deep is refused, and no name is special. */
import { describe, expect, it } from "vitest";
import { maxJsonDepth, own, parseJson, setOwn } from "./json.ts";

describe("parseJson", () => {
  const nested = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;

  it("takes as many levels as it says, and refuses the next before it parses", () => {
    expect(parseJson(nested(maxJsonDepth)).ok).toBe(true);
    expect(parseJson(nested(maxJsonDepth + 1))).toEqual({
      ok: false,
      why: expect.stringContaining("deeper") as string,
    });
    expect(parseJson("[".repeat(1_000_000)).ok).toBe(false);
    expect(parseJson(`{"a":"${"[".repeat(1_000)}"}`).ok).toBe(true);
  });
});

describe("why a text is no JSON", () => {
  it.each([
    "sk-canary-0123456789",
    '{"a": sk-canary-0123456789, "b": 1}',
    '{"a":1} sk-canary-0123456789',
    '"\\xsk-canary-0123456789"',
    '"sk-canary-0123456789\n"',
    '{"sk-canary-0123456789" "a"}',
  ])("is said without the text: %j", (text) => {
    const read = parseJson(text);
    expect(read.ok ? "" : read.why).toMatch(/JSON/);
    expect(JSON.stringify(read)).not.toContain("canary");
  });
});

describe("properties of objects from outside", () => {
  it("are found when they are the object's own, and never on its prototype", () => {
    const read = parseJson('{"__proto__":{"a":1},"b":2}');
    const value = read.ok ? read.value : null;
    expect([own(value, "__proto__"), own(value, "b")]).toEqual([{ a: 1 }, 2]);
    for (const name of ["constructor", "toString", "hasOwnProperty"]) expect(own(value, name)).toBeUndefined();
    expect(own({}, "__proto__")).toBeUndefined();
  });

  it("are set as the object's own, whatever they are called", () => {
    const record: Record<string, unknown> = {};
    for (const name of ["__proto__", "constructor", "a"]) setOwn(record, name, { polluted: true });
    setOwn(record, "__proto__", { polluted: 2 });
    expect(Object.keys(record)).toEqual(["__proto__", "constructor", "a"]);
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
    expect(record["polluted"]).toBeUndefined();
    expect(JSON.stringify(record)).toContain('"__proto__":{"polluted":2}');
  });
});
