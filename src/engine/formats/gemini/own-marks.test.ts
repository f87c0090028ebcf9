/** The word that stands on other providers' calls while they are in the hands of a client of Google's dialect. */
import { describe, expect, it } from "vitest";
import { antigravity } from "../antigravity/index.ts";
import { geminiCli } from "../gemini-cli/index.ts";
import { gemini } from "./index.ts";
import { neutralSignature, shownNeutralSignature } from "./wire.ts";

const call = (signature?: string): object => ({
  functionCall: { id: "call_1", name: "f", args: {} },
  ...(signature === undefined ? {} : { thoughtSignature: signature }),
});
const body = (...parts: readonly object[]): string =>
  JSON.stringify({
    contents: [
      { role: "user", parts: [{ text: "hi" }] },
      { role: "model", parts },
    ],
  });
const cleaned = (text: string, model?: string): string | null => {
  const bytes = gemini.withoutOwnMarks(Buffer.from(text), model);
  return bytes === null ? null : Buffer.from(bytes).toString();
};

describe("our neutral word on its way to a provider of the same dialect", () => {
  it("is the same bytes in either alphabet of base64, whole groups of four", () => {
    expect(Buffer.from(shownNeutralSignature, "base64")).toEqual(Buffer.from(neutralSignature, "base64url"));
    expect(shownNeutralSignature).toMatch(/^(?:[A-Za-z0-9+/]{4})+$/);
  });

  it("is written as documented for Gemini 3 and for names that do not tell", () => {
    for (const model of ["gemini-3-pro-preview", "gemini-flash-latest", "tunedModels/mine", undefined]) {
      expect(cleaned(body(call(shownNeutralSignature), call()), model)).toBe(body(call(neutralSignature), call()));
    }
  });

  it("keeps the client's way of naming the field", () => {
    const snake = (word: string): string => body(call(word)).replace('"thoughtSignature":', '"thought_signature" : ');
    expect(cleaned(snake(shownNeutralSignature), "gemini-3-pro")).toBe(snake(neutralSignature));
  });

  it("R7: goes to no Claude, in whatever spelling the client hands it back", () => {
    const snake = body(call()).replace('"functionCall"', `"thought_signature" : "${neutralSignature}", "functionCall"`);
    const php = body(call(shownNeutralSignature)).replaceAll("/", "\\/");
    for (const text of [body(call(shownNeutralSignature)), body(call(neutralSignature)), snake, php]) {
      expect(JSON.parse(cleaned(text, "claude-opus-4-6-thinking") ?? "")).toEqual(JSON.parse(body(call())));
    }
  });

  it("is taken out where no signature is asked for; what a client says on its own stays", () => {
    expect(cleaned(body(call(shownNeutralSignature)), "gemini-2.5-flash")).toBe(body(call()));
    expect(cleaned(body(call(neutralSignature)), "gemini-2.5-flash")).toBeNull();
    expect(cleaned(body(call(neutralSignature)), "gemini-3-pro")).toBeNull();
  });

  it("is looked for in signatures alone, and every other byte is left alone", () => {
    const text = { text: `say "thoughtSignature":"${shownNeutralSignature}" and שלום \u2028` };
    expect(cleaned(body(text), "gemini-3-pro")).toBeNull();
    const odd = body(text, call(shownNeutralSignature)).replace('"args":{}', '"args":{ "big" : 12345678901234567890 }');
    expect(cleaned(odd, "gemini-2.5-pro")).toBe(odd.replace(`,"thoughtSignature":"${shownNeutralSignature}"`, ""));
  });

  it("is found inside of envelopes too, and a body without it is left as it is", () => {
    const enveloped = `{"model":"x","request":${body(call(shownNeutralSignature))}}`;
    for (const format of [geminiCli, antigravity]) {
      const bytes = format.withoutOwnMarks(Buffer.from(enveloped), "claude-sonnet-4-6");
      expect(JSON.parse(Buffer.from(bytes ?? []).toString())).toEqual({
        model: "x",
        request: JSON.parse(body(call())),
      });
      expect(format.withoutOwnMarks(Buffer.from(`{"request":${body(call("dDE="))}}`), "gemini-3-pro")).toBeNull();
    }
  });
});
