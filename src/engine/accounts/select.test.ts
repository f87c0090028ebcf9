import { describe, expect, it } from "vitest";
import { accountEntry } from "../config/__fixtures__/entries.ts";
import { defaultConfig } from "../config/defaults.ts";
import type { AccountConfig, Config } from "../config/schema.ts";
import { candidates, isUsable } from "./select.ts";

const account = (name: string, more: Partial<AccountConfig> = {}): AccountConfig => accountEntry({ name, ...more });

function names(accounts: readonly AccountConfig[], config: Partial<Config> = {}): readonly (string | null)[] {
  return candidates({ ...defaultConfig, ...config, accounts }, "openai").map((each) => each?.name ?? null);
}

describe("candidates", () => {
  it("goes by priority, then by the file's order", () => {
    expect(names([account("b"), account("c", { priority: 2 }), account("a"), account("d", { priority: 1 })])).toEqual([
      "d",
      "c",
      "b",
      "a",
    ]);
  });
  it("leaves out what is disabled, has no key or belongs to another provider", () => {
    expect(
      names([
        account("a", { enabled: false }),
        account("b", { source: { kind: "none" } }),
        account("c", { provider: "claude" }),
      ]),
    ).toEqual([]);
  });
  it("needs no account where the provider asks for none", () => {
    const openai = defaultConfig.providers["openai"];
    const providers = openai === undefined ? {} : { openai: { ...openai, authType: "none" as const } };
    expect(names([], { providers })).toEqual([null]);
  });
  it("gives a disabled provider nobody", () => {
    const openai = defaultConfig.providers["openai"];
    const providers = openai === undefined ? {} : { openai: { ...openai, enabled: false } };
    expect(names([account("a")], { providers })).toEqual([]);
  });
  it("is asked for by the cheap question too", () => {
    const config = { ...defaultConfig, accounts: [account("a")] };
    expect(["openai", "claude", "toString"].map((id) => isUsable(config, id))).toEqual([true, false, false]);
  });
  it("does not know providers from the prototype", () => {
    expect(candidates(defaultConfig, "toString")).toEqual([]);
  });
});
