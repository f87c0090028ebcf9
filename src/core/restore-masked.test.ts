import { describe, expect, it } from "vitest";
import { createRedactor } from "../base/redact.ts";
import { restoreMasked } from "./restore-masked.ts";

const redactor = createRedactor();
const one = "sk-first-canary-0123456789abcd";
const two = "sk-second-canary-9876543210wxyz";
const twin = "sk-third-canary-xxxxxxxxxxxxabcd";
redactor.register(one);

const edited = (text: string, original: string) => restoreMasked(text, original, redactor);

describe("a body that was edited as it is shown", () => {
  it("has its secrets again, wherever they were left", () => {
    const original = `{"a":"${one}","b":"key ${two}."}`;
    const shown = redactor.text(original);
    expect(shown).not.toContain("canary");
    expect(edited(shown, original)).toEqual({ ok: true, text: original });
    expect(edited(`{"c":"•••wxyz","a":"•••abcd","x":1}`, original)).toEqual({
      ok: true,
      text: `{"c":"${two}","a":"${one}","x":1}`,
    });
  });

  it("may have lost them, and may hold the mark for other reasons", () => {
    expect(edited("{}", `{"a":"${one}"}`)).toEqual({ ok: true, text: "{}" });
    expect(edited("wait ••• what", `{"a":"${one}"}`)).toEqual({ ok: true, text: "wait ••• what" });
    expect(edited("•••none", "nothing")).toEqual({ ok: true, text: "•••none" });
  });

  it("is refused where a mask may mean either of two", () => {
    const original = `${one} ${twin}`;
    expect(edited("•••abcd", original)).toMatchObject({ ok: false, why: expect.stringContaining("•••abcd") });
    expect(edited("none of them", original)).toMatchObject({ ok: true });
  });
});
