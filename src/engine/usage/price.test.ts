import { describe, expect, it } from "vitest";
import type { Usage } from "../../base/flow.ts";
import { providerEntry } from "../config/__fixtures__/entries.ts";
import type { Config } from "../config/schema.ts";
import { createPriceBook, type PriceBook } from "./price-book.ts";
import { matchesGlob } from "./price-glob.ts";
import { priceTable } from "./price-table.ts";
import { switchCost } from "./switch-cost.ts";

const book = (config: Partial<Pick<Config, "prices" | "providers">> = {}): PriceBook =>
  createPriceBook({ prices: {}, providers: {}, ...config });

const usage = (more: Partial<Usage>): Usage => ({
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
  estimated: false,
  ...more,
});

const november = Date.parse("2026-11-21T12:00:00Z");
const cost = (provider: string, model: string, used: Partial<Usage>, at = november) =>
  book().cost({ provider, model, usage: usage(used), at });

describe("the cost of a call, by hand", () => {
  it.each([
    // 10k fresh × 3 + 80k read × 0.30 + 10k written × 3.75 + 2k out × 15 = 0.03 + 0.024 + 0.0375 + 0.03
    [
      "claude",
      "claude-sonnet-4-5-20250929",
      { input: 100_000, cacheRead: 80_000, cacheWrite: 10_000, output: 2_000 },
      0.1215,
    ],
    // 1k × 5 + 1k × 25
    ["claude", "claude-opus-4-8", { input: 1_000, output: 1_000 }, 0.03],
    // 100k × 4 less 90k read × 0.20: 10k × 4 + 90k × 0.2 + 1k × 20 = 0.04 + 0.018 + 0.02
    ["claude", "claude-opus-5-5", { input: 100_000, cacheRead: 90_000, output: 1_000 }, 0.078],
    // At the limit: 100k × 0.10; beyond it every token is dearer: 100,001 × 0.50
    ["claude", "claude-haiku-5-5", { input: 100_000 }, 0.01],
    ["claude", "claude-haiku-5-5", { input: 100_001, output: 1_000 }, 0.0500005 + 0.0025],
    // 1M input on a model without a long tier: 3 × 1
    ["claude", "claude-sonnet-4-6[1m]", { input: 1_000_000 }, 3],
    // 50k × 1.25 + 50k × 0.125 + 10k × 10 (8k of them reasoning, not paid twice) = 0.0625 + 0.00625 + 0.1
    ["openai", "gpt-5", { input: 100_000, cacheRead: 50_000, output: 10_000, reasoning: 8_000 }, 0.16875],
    // 300k × 4 + 1k × 15
    ["openai", "gpt-6.1-sol", { input: 300_000, output: 1_000 }, 1.215],
    ["openai", "gpt-6.1-sol", { input: 272_000 }, 0.544],
    // 100k × 1.25 + 10k × 10; above 200k: 250k × 2.50, of which 50k read at 0.25, + 10k × 15
    ["gemini", "gemini-2.5-pro", { input: 100_000, output: 10_000, reasoning: 5_000 }, 0.225],
    ["gemini", "models/gemini-2.5-pro", { input: 250_000, cacheRead: 50_000, output: 10_000 }, 0.5 + 0.0125 + 0.15],
    // 1M × 0.30 + 1M × 2.50
    ["gemini", "gemini-2.5-flash-preview-09-2025", { input: 1_000_000, output: 1_000_000 }, 2.8],
    ["groq", "openai/gpt-oss-120b", { input: 1_000_000, output: 1_000_000 }, 0.75],
    ["glm", "glm-4.6", { input: 1_000_000, cacheRead: 500_000, output: 0 }, 0.3 + 0.055],
    ["kimi", "kimi-k2-0905-preview", { input: 1_000_000, output: 1_000_000 }, 3.1],
    ["minimax", "MiniMax-M2.7", { input: 1_000_000, cacheWrite: 1_000_000 }, 0.375],
    ["mistral", "codestral-latest", { input: 1_000_000, output: 1_000_000 }, 1.2],
    ["qwen", "qwen3.7-max", { input: 1_000_000, output: 1_000_000 }, 10],
  ] as const)("%s %s %j: $%d", (provider, model, used, expected) => {
    const found = cost(provider, model, used);
    expect(found.costUsd).toBeCloseTo(expected, 9);
    expect(found.costEstimated).toBe(false);
  });

  it("says what the prompt cache saved, the surcharge of writing it taken off", () => {
    // 80k × (3 − 0.30) − 10k × (3.75 − 3) = 0.216 − 0.0075
    const used = { input: 100_000, cacheRead: 80_000, cacheWrite: 10_000, output: 2_000 };
    expect(cost("claude", "claude-sonnet-4-5", used).cacheSavedUsd).toBeCloseTo(0.2085, 9);
    expect(cost("claude", "claude-sonnet-4-5", { input: 1_000, cacheWrite: 1_000 }).cacheSavedUsd).toBeCloseTo(
      -0.00075,
      9,
    );
    expect(cost("openai", "gpt-5", { input: 1_000 }).cacheSavedUsd).toBe(0);
  });

  it("never charges less than nothing for a server that counts its cache apart", () => {
    expect(cost("claude", "claude-sonnet-4-5", { input: 0, cacheRead: 1_000_000 }).costUsd).toBeCloseTo(0.3, 9);
  });

  it("changes on the day a change was announced for", () => {
    const before = Date.parse("2026-11-30T23:59:59Z");
    expect(cost("gemini", "gemini-4-argon", { input: 1_000_000 }, before).costUsd).toBeCloseTo(2, 9);
    expect(cost("gemini", "gemini-4-argon", { input: 1_000_000 }, before + 1_000).costUsd).toBeCloseTo(4, 9);
  });

  it("is not known for a model nobody listed, not even one that sounds like another", () => {
    for (const model of ["house-blend", "claude-sonnet-9", "gpt-7", "gpt-5.9", "gemini-5-pro", ""]) {
      expect(cost("openai", model, { input: 1_000 })).toEqual({
        costUsd: null,
        cacheSavedUsd: null,
        costEstimated: false,
      });
    }
  });
});

describe("finding a price", () => {
  it.each([
    ["openrouter", "anthropic/claude-sonnet-4.5", 3, true],
    ["openrouter", "anthropic/claude-3.5-haiku:beta", 0.8, true],
    ["openrouter", "deepseek/deepseek-chat:free", 0, false],
    ["copilot", "claude-sonnet-4.5", 3, true],
    ["bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", 3, true],
    ["vertex", "claude-opus-4-5@20251101", 5, true],
    ["codex", "gpt-5.1-codex-max", 1.25, false],
    ["antigravity", "gemini-3-pro-high", 2, false],
    ["api.anthropic.com", "claude-haiku-4-5", 1, false],
    ["deepseek", "deepseek-chat", 0.15, true],
    ["groq", "qwen/qwen3-32b", 0.29, false],
    ["mistral", "mistral-large-2411", 2, false],
    ["openai", "gpt-4o-2024-05-13", 5, false],
    ["openai", "gpt-4o-2024-08-06", 2.5, false],
  ])("%s %s: $%d for input, estimated %s", (provider, model, input, estimated) => {
    expect(book().priceFor(provider, model, november)).toMatchObject({ rates: { input }, estimated });
  });

  it("takes the config's own price first, by glob of provider/model, whatever the case", () => {
    const own = book({
      prices: {
        "openrouter/anthropic/*": { input: 1, output: 2, cacheRead: 0.5 },
        "*/MiniMax-*": { input: 7, output: 8 },
      },
    });
    expect(own.priceFor("openrouter", "anthropic/claude-sonnet-4.5", november)).toEqual({
      rates: { input: 1, output: 2, cacheRead: 0.5, cacheWrite: 1 },
      long: null,
      estimated: false,
    });
    expect(own.priceFor("minimax", "minimax-m2", november)?.rates.input).toBe(7);
    expect(own.priceFor("claude", "claude-sonnet-4-5", november)?.rates.input).toBe(3);
  });

  it("knows a vendor by the host it is called at, and a server of one's own as free", () => {
    const own = book({
      providers: {
        work: providerEntry({
          type: "anthropic-compatible",
          endpoint: "https://api.anthropic.com/v1",
          authType: "api_key",
        }),
        mine: providerEntry({ endpoint: "http://127.0.0.1:8000/v1", authType: "none" }),
        box: providerEntry({ kind: "local", endpoint: "http://10.0.0.5:1234/v1", authType: "api_key" }),
        gateway: providerEntry({ endpoint: "http://127.0.0.1:4000/v1", authType: "api_key" }),
      },
    });
    expect(own.priceFor("work", "claude-sonnet-4-5", november)?.estimated).toBe(false);
    expect(own.priceFor("mine", "qwen3-coder", november)).toMatchObject({
      rates: { input: 0, output: 0 },
      estimated: false,
    });
    expect(own.priceFor("box", "unheard-of", november)?.rates.output).toBe(0);
    expect(own.priceFor("gateway", "claude-sonnet-4-5", november)).toMatchObject({
      rates: { input: 3 },
      estimated: true,
    });
  });

  it("remembers what it found: asking again costs next to nothing, and hostile names do not pile up", () => {
    const one = book();
    expect(one.priceFor("claude", "claude-opus-4-5", november)).toBe(
      one.priceFor("claude", "claude-opus-4-5", november),
    );
    for (let index = 0; index < 5_000; index += 1) one.priceFor("claude", `model-${index}`, november);
    expect(one.priceFor("claude", "claude-opus-4-5", november)?.rates.input).toBe(5);
  });
});

describe("the price table", () => {
  const rows = priceTable.flatMap((vendor) => vendor.rows.map((row) => ({ vendor: vendor.homes[0] ?? "", row })));
  it.each(rows.map(({ vendor, row }) => [vendor, row.models.join(" "), row] as const))(
    "%s %s is plausible",
    (_, __, row) => {
      for (const { input, output, cacheRead, cacheWrite } of [row.price, row.long?.price, row.later?.price].filter(
        (price) => price !== undefined,
      )) {
        expect(input).toBeGreaterThanOrEqual(0);
        expect(output).toBeGreaterThanOrEqual(0);
        expect(cacheRead ?? 0).toBeLessThanOrEqual(input);
        expect(cacheWrite ?? input).toBeGreaterThanOrEqual(input * 0.6);
        expect(cacheWrite ?? input).toBeLessThanOrEqual(input * 1.25 + 1e-9);
      }
      if (row.long !== undefined) expect(row.long.price.input).toBeGreaterThan(row.price.input);
      for (const model of row.models) expect(model).toBe(model.toLowerCase());
    },
  );

  it("has no row that another of the same vendor hides", () => {
    for (const { homes, rows } of priceTable) {
      for (const row of rows) {
        for (const glob of row.models) {
          const first = rows.find(({ models }) =>
            models.some((earlier) => matchesGlob(earlier, glob.replace("*", "x"))),
          );
          expect([homes[0], glob, first]).toEqual([homes[0], glob, row]);
        }
      }
    }
  });
});

describe("globs of prices", () => {
  it.each([
    ["claude/claude-*", "claude/claude-opus", true],
    ["claude/claude-*", "openrouter/claude/claude-opus", false],
    ["*", "", true],
    ["*a*b", "xxaxxb", true],
    ["*a*b", "xxbxxa", false],
    ["a", "A", true],
    ["a", "ab", false],
    ["a*", "a", true],
    ["", "a", false],
  ])("%s on %s: %s", (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });
});

describe("what a switch bills again", () => {
  it("is the cached tokens at the price of writing them, less that of reading them", () => {
    // 142k × (3.75 − 0.30)
    expect(switchCost(142_000, book().priceFor("claude", "claude-sonnet-4-5", november))).toBeCloseTo(0.4899, 9);
    // 100k × (1.25 − 0.125): writing costs what input costs
    expect(switchCost(100_000, book().priceFor("openai", "gpt-5", november))).toBeCloseTo(0.1125, 9);
    expect(switchCost(0, book().priceFor("openai", "gpt-5", november))).toBe(0);
    expect(switchCost(1_000, null)).toBeNull();
  });
});
