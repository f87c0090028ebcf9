import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readPasted } from "./pasted.ts";

describe("a pasted answer", () => {
  it.each([
    ["the browser's address", "http://localhost:1455/auth/callback?code=c0de&state=st4te"],
    ["an address of Kiro's own", "kiro://kiro.kiroAgent/authenticate-success?code=c0de&state=st4te"],
    ["what Claude's page shows", "c0de#st4te"],
    ["the query alone", "?code=c0de&state=st4te"],
    ["something with space around it", "  c0de#st4te\n"],
  ])("may be %s", (_what, text) => {
    const pasted = readPasted(text);
    expect(pasted.ok && [pasted.parameters.get("code"), pasted.parameters.get("state")]).toEqual(["c0de", "st4te"]);
  });

  it("may be a refusal", () => {
    const pasted = readPasted("http://localhost:1/callback?error=access_denied&state=st4te");
    expect(pasted.ok && pasted.parameters.get("error")).toBe("access_denied");
  });

  it.each([
    ["nothing", ""],
    ["a bare code", "c0de"],
    ["words", "the code is c0de#st4te"],
    ["an address without an answer", "https://claude.ai/"],
    ["a whole page", `c#s${"x".repeat(10_000)}`],
  ])("is refused when it is %s, and says what to paste", (_what, text) => {
    const pasted = readPasted(text);
    expect(!pasted.ok && pasted.message).toContain("whole address");
  });

  it("never throws, and never repeats what was pasted", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const pasted = readPasted(text);
        expect(!pasted.ok && text.length > 12 && pasted.message.includes(text)).toBe(false);
      }),
    );
  });
});
