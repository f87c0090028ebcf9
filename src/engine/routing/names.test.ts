import { describe, expect, it } from "vitest";
import { resolveAlias } from "./aliases.ts";
import { comboMembers, comboName } from "./combo.ts";
import { formatModelName, parseModelName } from "./model-name.ts";

describe("provider/model", () => {
  it("splits at the first slash, so that a model's own name may hold more", () => {
    const name = parseModelName("openrouter/anthropic/claude-sonnet-4.5");
    expect(name).toEqual({ provider: "openrouter", model: "anthropic/claude-sonnet-4.5" });
    expect(formatModelName(name ?? { provider: "", model: "" })).toBe("openrouter/anthropic/claude-sonnet-4.5");
  });
  it.each(["model", "/model", "provider/", "/", ""])("is not %j", (text) => {
    expect(parseModelName(text)).toBeNull();
  });
});

describe("aliases", () => {
  it("follows a chain and remembers it", () => {
    expect(resolveAlias({ a: "b", b: "p/m" }, "a")).toEqual({ ok: true, target: "p/m", via: ["a", "b"] });
  });
  it("reports a circle instead of walking it", () => {
    expect(resolveAlias({ a: "b", b: "c", c: "b" }, "a")).toEqual({ ok: false, loop: ["b", "c", "b"] });
  });
  it("does not find names on the prototype", () => {
    expect(resolveAlias({}, "constructor")).toEqual({ ok: true, target: "constructor", via: [] });
  });
});

describe("combos", () => {
  it("are named with a prefix", () => {
    expect(comboName("combo/deep")).toBe("deep");
    expect(comboName("combo/")).toBeNull();
    expect(comboName("claude/x")).toBeNull();
  });
  it("do not come from the prototype", () => {
    expect(comboMembers({}, "toString")).toBeNull();
  });
});
