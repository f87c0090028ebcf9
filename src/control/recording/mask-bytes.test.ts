import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor } from "../../base/redact.ts";
import { maskBody } from "./mask-bytes.ts";
import { scanStrings } from "./scan-strings.ts";

const live = "live-secret-canary-0123456789";
const redactor = createRedactor();
redactor.register(live);

const masked = async (text: string, type: string | null = "application/json"): Promise<string> =>
  (await maskBody(Buffer.from(text), type, redactor)).toString();

describe("a body on its way into a recording", () => {
  it("has its secrets blanked, by value, by issuer and by name, and keeps its length", async () => {
    const issued = "sk-ant-abcdefgh0123456789";
    const text = `{"a":"${live}","b":"ü ${issued} ü","api_key":"hunter2-hunter2","url":"?key=0123456789abcdef"}`;
    const done = await masked(text);
    expect(Buffer.byteLength(done)).toBe(Buffer.byteLength(text));
    expect(done).toBe(
      `{"a":"${"*".repeat(live.length)}","b":"ü ${"*".repeat(issued.length)} ü","api_key":"${"*".repeat(15)}","url":"?key=${"*".repeat(16)}"}`,
    );
  });

  it("keeps its bytes otherwise, of whatever kind they are", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        expect(await maskBody(Buffer.from(bytes), null, redactor)).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it("does not let one through at a seam of the work", async () => {
    // Wherever the seams are: one secret every few bytes less or more, over half a megabyte.
    let text = "";
    for (let gap = 0; text.length < 520_000; gap += 1) text += `${"x".repeat(gap % 97)} ${live} ü`;
    const done = await masked(text, "text/plain");
    expect(Buffer.byteLength(done)).toBe(Buffer.byteLength(text));
    expect(done).not.toContain("canary");
    expect(done.replaceAll("*".repeat(live.length), live)).toBe(text);
  });

  it("knows a secret that a model says in pieces, wherever it is cut", async () => {
    for (let cut = 1; cut < live.length; cut += 1) {
      const pieces = ["your key: ", live.slice(0, cut), live.slice(cut), " ok"];
      const stream = pieces
        .map((text, index) => `data: {"id":"c${index}","choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`)
        .join("");
      const done = await masked(stream, "text/event-stream");
      const said = [...done.matchAll(/"content":"([^"]*)"/g)].map(([, text]) => text);
      expect(said).toEqual(["your key: ", "*".repeat(cut), "*".repeat(live.length - cut), " ok"]);
      expect(done.length).toBe(stream.length);
    }
  });

  it("knows it letter by letter, in the arguments of a tool, and in Google's list", async () => {
    const letters = Array.from(`{\\"token\\":\\"${live}\\"}`.matchAll(/\\?./g), ([letter]) => letter);
    const claude = letters
      .map((letter) => `event: x\ndata: {"type":"d","delta":{"partial_json":"${letter}"}}\n\n`)
      .join("");
    const joined = (text: string, key: string): string =>
      [...text.matchAll(new RegExp(`"${key}":"((?:[^"\\\\]|\\\\.)*)"`, "g"))].map(([, piece]) => piece).join("");
    expect(joined(await masked(claude, "text/event-stream"), "partial_json")).toBe(
      `{\\"token\\":\\"${"*".repeat(live.length)}\\"}`,
    );
    const google = `[${Array.from(live)
      .map((letter) => `{"candidates":[{"content":{"parts":[{"text":"${letter}"}]}}]}`)
      .join(",\n")}]`;
    expect(joined(await masked(google), "text")).toBe("*".repeat(live.length));
  });

  it("keeps words apart that stand at different places", async () => {
    const stream = `data: {"delta":{"a":"${live.slice(0, 8)}","b":"x"}}\n\ndata: {"delta":{"b":"${live.slice(8)}"}}\n\n`;
    expect(await masked(stream, "text/event-stream")).toBe(stream);
  });
});

describe("the strings of a stream", () => {
  const found = (text: string): string[] =>
    [...scanStrings(text)].map(({ place, start, end }) => `${place}=${text.slice(start, end)}`);

  it("have the keys above them for a place", () => {
    expect(found('data: {"a":{"b":["x",{"c":"y"},"z"],"d":"w"},"e":1}\ndata: "bare"\nevent: "no"\n\n')).toEqual([
      "a.b=x",
      "a.b.c=y",
      "a.b=z",
      "a.d=w",
      "=bare",
    ]);
  });

  it("are as far as they go in a text that is cut, and in nonsense", () => {
    expect(found('data: {"a":"x","b":"y')).toEqual(["a=x", "b=y"]);
    fc.assert(
      fc.property(fc.string(), (text) => {
        for (const { start, end } of scanStrings(`data: ${text}`)) expect(end).toBeGreaterThanOrEqual(start);
      }),
    );
    expect([...scanStrings(`data: ${'{"a":'.repeat(100_000)}`)]).toEqual([]);
  });
});
