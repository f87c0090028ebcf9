import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { VerbRefusal } from "../base/controls-engine.ts";
import { accountBench } from "./__fixtures__/account-bench.ts";
import { anAccount, engineBench } from "./__fixtures__/engine-bench.ts";

/** Looks like a key and is none; it may turn up in one place only. */
const canary = "sk-or-canary-0123456789abcdef";

describe("accounts add", () => {
  it("takes the key from stdin and tells it to the core alone", async () => {
    const { type, asked, out, err } = await accountBench([], {}, { stdin: `  ${canary}\r\n` });
    expect(await type("accounts", "add", "openrouter", "--priority", "5", "--weight", "2")).toBe(0);
    expect(asked).toEqual([["add", { provider: "openrouter", name: "main", apiKey: canary, priority: 5, weight: 2 }]]);
    expect(out()).toContain("openrouter/main added");
    expect(out() + err()).not.toContain(canary);
  });

  it("takes it from a file", async () => {
    const { type, asked, home } = await accountBench([]);
    writeFileSync(join(home, "key"), `${canary}\n`);
    expect(await type("accounts", "add", "openrouter", "--name", "filed", "--api-key-file", join(home, "key"))).toBe(0);
    expect(asked).toEqual([["add", { provider: "openrouter", name: "filed", apiKey: canary }]]);
  });

  it("asks a person for it and shows nothing of what is typed", async () => {
    const { type, asked, out, err } = await accountBench([], {}, { stdin: `${canary}\n`, terminal: true });
    expect(await type("accounts", "add", "openrouter")).toBe(0);
    expect(err()).toContain("API key for openrouter (not shown): ");
    expect(asked).toEqual([["add", { provider: "openrouter", name: "main", apiKey: canary }]]);
    expect(out() + err()).not.toContain(canary);
  });

  it("keeps it in the private store when no core runs", async () => {
    const { type, home, out, err } = await engineBench({ stdin: canary });
    expect(await type("accounts", "add", "openrouter", "--json")).toBe(0);
    const [name = ""] = readdirSync(join(home, "accounts"));
    expect(readFileSync(join(home, "accounts", name), "utf8")).toContain(canary);
    expect(out() + err()).not.toContain(canary);
    expect(await type("accounts", "remove", "openrouter/main", "--yes")).toBe(0);
    expect(readdirSync(join(home, "accounts")).filter((each) => each.endsWith(".json"))).toEqual([]);
  });

  it.each([["--api-key", canary], [`--api-key=${canary}`]])(
    "refuses one on the command line without repeating it: %s",
    async (...words) => {
      const { type, asked, out, err } = await accountBench([]);
      expect(await type("accounts", "add", "openrouter", ...words)).toBe(2);
      expect(err()).toContain("a key is not taken from the command line");
      expect(out() + err()).not.toContain(canary);
      expect(asked).toEqual([]);
    },
  );

  it.each([
    ["", "there is no key in stdin"],
    [" \n", "there is no key in stdin"],
    ["one\ntwo", "holds more than a key"],
    ["x".repeat(20_000), "there is no key in stdin"],
  ])("refuses what is no key: %j", async (stdin, words) => {
    const { type, asked, err } = await accountBench([], {}, { stdin });
    expect(await type("accounts", "add", "openrouter")).toBe(2);
    expect(err()).toContain(words);
    expect(asked).toEqual([]);
  });

  it("names the provider that was meant, before it asks for a key", async () => {
    const { type, err } = await accountBench([], {}, { terminal: true });
    expect(await type("accounts", "add", "opnrouter")).toBe(2);
    expect(err()).toContain('did you mean "openrouter"?');
    expect(err()).not.toContain("API key for");
  });

  it("says so when the name is taken, with exit code 6", async () => {
    const { type, err } = await accountBench([anAccount()], {}, { stdin: canary });
    expect(await type("accounts", "add", "openrouter")).toBe(6);
    expect(err()).toContain("--name");
  });

  it("passes a refusal of the core on with its exit code", async () => {
    const invalid = (): Promise<never> => Promise.reject(new VerbRefusal("invalid", "the key holds a space"));
    const { type, err } = await accountBench([], { addAccount: invalid }, { stdin: canary });
    expect(await type("accounts", "add", "openrouter")).toBe(2);
    expect(err()).toContain("the key holds a space");
  });
});
