/**
 * Public list prices, US dollars for a million tokens, as of November 2026: standard tier, text. Not a promise of what
 * is billed: batch, priority, regional and audio rates, search fees and discounts are not in it; `prices` in
 * config.yaml goes before it. Cache writes are those of the shortest retention (5 minutes at Anthropic, 30 at OpenAI):
 * usage does not say which was asked for, and longer ones cost more.
 *
 * Sources: the providers' own pages — platform.claude.com/docs/en/about-claude/pricing (read 2026-10-24 by way of
 * public tables), developers.openai.com/api/docs/models/* (2026-11), ai.google.dev/gemini-api/docs/pricing
 * (2026-10-07), api-docs.deepseek.com (2026-10-27), docs.z.ai, platform.kimi.ai, platform.minimax.io — and, for what
 * those no longer list, models.dev (github.com/anomalyco/models.dev, f3fc6922, 2026-07-02).
 */
import { type PriceRow, times, type VendorPrices } from "./price-row.ts";

type Numbers = readonly [input: number, output: number, cacheRead?: number, cacheWrite?: number];

const at = (
  models: string,
  [input, output, cacheRead, cacheWrite]: Numbers,
  more: Partial<PriceRow> = {},
): PriceRow => ({
  models: models.split(" "),
  price: {
    input,
    output,
    ...(cacheRead === undefined ? {} : { cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWrite }),
  },
  ...more,
});

/** Anthropic: a cache write costs a quarter more than input; a read costs a share of it, a tenth unless said otherwise. */
const claude = (models: string, input: number, output: number, read = 0.1, more: Partial<PriceRow> = {}): PriceRow =>
  at(models, [input, output, times(input, read), times(input, 1.25)], more);

/** OpenAI's newest: above 272k tokens of input the whole call pays double for input and cache, half as much again for output. */
const openaiLong = (models: string, numbers: Numbers): PriceRow => {
  const row = at(models, numbers);
  const { input, output, cacheRead, cacheWrite } = row.price;
  const price = {
    input: times(input, 2),
    output: times(output, 1.5),
    ...(cacheRead === undefined ? {} : { cacheRead: times(cacheRead, 2) }),
    ...(cacheWrite === undefined ? {} : { cacheWrite: times(cacheWrite, 2) }),
  };
  return { ...row, long: { above: 272_000, price } };
};

const long = (above: number, numbers: Numbers): Partial<PriceRow> => ({
  long: { above, price: at("", numbers).price },
});
const later = (from: string, numbers: Numbers): Partial<PriceRow> => ({
  later: { from: Date.parse(from), price: at("", numbers).price },
});
/** The price depends on the hour, the seller's sale or the length in steps: the figure is the usual one. */
const about: Partial<PriceRow> = { about: true };

/** Within a vendor the first row that fits counts. Dates and words such as `-latest` at a name's end need not be written. */
export const priceTable: readonly VendorPrices[] = [
  {
    homes: ["claude", "anthropic", "api.anthropic.com"],
    rows: [
      claude("claude-fable-5-1* claude-mythos-5-1*", 10, 50, 0.025),
      claude("claude-fable-5 claude-mythos-5", 10, 50),
      claude("claude-opus-5-5*", 4, 20, 0.05),
      claude("claude-opus-5 claude-opus-4-5* claude-opus-4-6* claude-opus-4-7* claude-opus-4-8*", 5, 25),
      claude("claude-opus-4 claude-opus-4-0 claude-opus-4-1* claude-3-opus", 15, 75),
      claude("claude-sonnet-5-5*", 2, 10, 0.05), // reads were 0.20 until 2026-10-07
      claude("claude-sonnet-5", 2, 10),
      claude(
        "claude-sonnet-4 claude-sonnet-4-0 claude-sonnet-4-5* claude-sonnet-4-6* claude-3-7-sonnet claude-3-5-sonnet claude-3-sonnet",
        3,
        15,
      ),
      claude("claude-haiku-5-5*", 0.1, 0.5, 0.1, long(100_000, [0.5, 2.5, 0.05, 0.625])),
      claude("claude-haiku-4-5*", 1, 5),
      claude("claude-3-5-haiku", 0.8, 4),
      at("claude-3-haiku", [0.25, 1.25, 0.03, 0.3]),
    ],
  },
  {
    homes: ["openai", "codex", "api.openai.com", "chatgpt.com"],
    rows: [
      openaiLong("gpt-6.2-astra*", [8, 40, 0.4, 10]),
      openaiLong("gpt-6.2-sol* gpt-6.1-sol*", [2, 10, 0.1, 2.5]),
      openaiLong("gpt-6.1-terra*", [1, 5, 0.05, 1.25]),
      openaiLong("gpt-6-astra*", [10, 50, 1, 12.5]),
      openaiLong("gpt-6-sol*", [2, 10, 0.2, 2.5]),
      openaiLong("gpt-6-luna*", [0.1, 0.5, 0.01, 0.125]),
      openaiLong("gpt-5.6-sol*", [4, 20, 0.4]),
      openaiLong("gpt-5.6-terra*", [2, 12, 0.2]),
      openaiLong("gpt-5.6-luna*", [0.2, 1.2, 0.02]),
      openaiLong("gpt-5.5-pro gpt-5.4-pro", [30, 180]),
      openaiLong("gpt-5.5", [5, 30, 0.5]),
      at("gpt-5.4-mini", [0.75, 4.5, 0.075]),
      at("gpt-5.4-nano", [0.2, 1.25, 0.02]),
      openaiLong("gpt-5.4", [2.5, 15, 0.25]),
      at("gpt-5.2-pro", [21, 168]),
      at("gpt-5.3 gpt-5.3-chat gpt-5.3-codex* gpt-5.2 gpt-5.2-chat gpt-5.2-codex*", [1.75, 14, 0.175]),
      at("gpt-5.1-codex-mini gpt-5-codex-mini gpt-5-mini", [0.25, 2, 0.025]),
      at("gpt-5-nano", [0.05, 0.4, 0.005]),
      at("gpt-5-pro", [15, 120]),
      at("gpt-5.1 gpt-5.1-chat gpt-5.1-codex* gpt-5 gpt-5-chat gpt-5-codex", [1.25, 10, 0.125]),
      at("gpt-4.1-mini", [0.4, 1.6, 0.1]),
      at("gpt-4.1-nano", [0.1, 0.4, 0.025]),
      at("gpt-4.1 o3", [2, 8, 0.5]),
      at("gpt-4o-2024-05-13", [5, 15]),
      at("gpt-4o-mini", [0.15, 0.6, 0.075]),
      at("gpt-4o", [2.5, 10, 1.25]),
      at("o4-mini", [1.1, 4.4, 0.275]),
      at("o3-mini", [1.1, 4.4, 0.55]),
      at("o3-pro", [20, 80]),
      at("o1-pro", [150, 600]),
      at("o1", [15, 60, 7.5]),
      at("gpt-4-turbo", [10, 30]),
      at("gpt-4", [30, 60]),
      at("gpt-3.5-turbo", [0.5, 1.5]),
      at("text-embedding-3-large", [0.13, 0]),
      at("text-embedding-3-small", [0.02, 0]),
      at("text-embedding-ada-002", [0.1, 0]),
    ],
  },
  {
    homes: [
      "gemini",
      "google",
      "gemini-cli",
      "antigravity",
      "generativelanguage.googleapis.com",
      "cloudcode-pa.googleapis.com",
    ],
    rows: [
      at("gemini-4-argon", [2, 10, 0.1], later("2026-12-01", [4, 20, 0.2])),
      at(
        "gemini-3.6-flash gemini-3.7-flash gemini-3.8-flash",
        [0.75, 3.75, 0.075],
        later("2027-01-01", [1.5, 7.5, 0.15]),
      ),
      at("gemini-3.5-flash-lite", [0.3, 2.5, 0.03]),
      at("gemini-3.5-flash", [1.5, 9, 0.15]),
      at("gemini-3.1-pro* gemini-3-pro gemini-3-pro-high gemini-3-pro-low", [2, 12, 0.2], long(200_000, [4, 18, 0.4])),
      at("gemini-3.1-flash-lite", [0.25, 1.5, 0.025]),
      at("gemini-3-flash", [0.5, 3, 0.05]),
      at("gemini-2.5-pro", [1.25, 10, 0.125], long(200_000, [2.5, 15, 0.25])),
      at("gemini-2.5-flash-lite", [0.1, 0.4, 0.01]),
      at("gemini-2.5-flash", [0.3, 2.5, 0.03]),
      at("gemini-2.0-flash-lite", [0.075, 0.3]),
      at("gemini-2.0-flash", [0.1, 0.4, 0.025]),
      at("gemini-embedding-2", [0.2, 0]),
      at("gemini-embedding-001", [0.15, 0]),
    ],
  },
  {
    // Off-peak; from 01:00 to 04:00 and 06:00 to 10:00 UTC on working days it is double.
    homes: ["deepseek", "api.deepseek.com"],
    rows: [
      at("deepseek-v4-pro", [0.66, 1.98, 0.022], about),
      at(
        "deepseek-flash deepseek-v4-flash deepseek-v4.1-flash deepseek-chat deepseek-reasoner",
        [0.15, 0.6, 0.003],
        about,
      ),
    ],
  },
  {
    homes: ["mistral", "api.mistral.ai"],
    rows: [
      at("mistral-large-4*", [0.68, 2.09, 0.07], about),
      at("mistral-large-2411 pixtral-large", [2, 6]),
      at("mistral-large-2512", [0.5, 1.5]),
      at("mistral-medium-2505 mistral-medium-2508", [0.4, 2]),
      at("mistral-medium mistral-medium-2604 mistral-medium-3.5 mistral-medium-3-5*", [1.5, 7.5]),
      at("mistral-small-2506", [0.1, 0.3]),
      at("mistral-small", [0.15, 0.6]),
      at("codestral", [0.3, 0.9]),
      at("devstral-small", [0.1, 0.3]),
      at("devstral devstral-medium", [0.4, 2]),
      at("magistral-medium", [2, 5]),
      at("magistral-small", [0.5, 1.5]),
      at("ministral-3b", [0.04, 0.04]),
      at("ministral-8b mistral-embed", [0.1, 0.1]),
      at("codestral-embed", [0.15, 0]),
      at("mistral-nemo open-mistral-nemo pixtral-12b", [0.15, 0.15]),
    ],
  },
  {
    homes: ["groq", "api.groq.com"],
    rows: [
      at("llama-3.1-8b-instant", [0.05, 0.08]),
      at("llama-3.3-70b-versatile", [0.59, 0.79]),
      at("llama-4-scout-17b-16e-instruct", [0.11, 0.34]),
      at("gpt-oss-120b", [0.15, 0.6, 0.075]),
      at("gpt-oss-20b", [0.075, 0.3, 0.0375]),
      at("qwen3-32b", [0.29, 0.59]),
    ],
  },
  {
    homes: ["glm", "zai", "z-ai", "api.z.ai"],
    rows: [
      at("glm-5.3 glm-5.2 glm-5.1", [1.4, 4.4, 0.26]),
      at("glm-5-turbo glm-5v-turbo", [1.2, 4, 0.24]),
      at("glm-5-code", [1.2, 5, 0.3]),
      at("glm-5", [1, 3.2, 0.2]),
      at("glm-4.7-flash glm-4.5-flash", [0, 0]),
      at("glm-4.7-flashx", [0.07, 0.4, 0.01]),
      at("glm-4.7 glm-4.6 glm-4.5", [0.6, 2.2, 0.11]),
      at("glm-4.5-x", [2.2, 8.9, 0.45]),
      at("glm-4.5-air", [0.2, 1.1, 0.03]),
      at("glm-4.5-airx", [1.1, 4.5, 0.22]),
      at("glm-4.6v", [0.3, 0.9]),
      at("glm-4.5v", [0.6, 1.8]),
    ],
  },
  {
    homes: ["kimi", "moonshot", "moonshotai", "api.kimi.com", "api.moonshot.ai"],
    rows: [
      at("kimi-k3.1-pro-highspeed", [4, 20, 0.2, 4]),
      at("kimi-k3.1-pro", [2, 10, 0.2, 2]),
      at("kimi-k3", [3, 15, 0.3]),
      at("kimi-k2.7-code-highspeed", [1.9, 8, 0.38]),
      at("kimi-k2.7-code", [0.95, 4, 0.19]),
      at("kimi-k2.6", [0.95, 4, 0.16]),
      at("kimi-k2.5", [0.6, 3, 0.1]),
      at("kimi-k2-thinking-turbo", [1.15, 8, 0.15]),
      at("kimi-k2-turbo", [2.4, 10, 0.6]),
      at("kimi-k2 kimi-k2-thinking kimi-k2-instruct", [0.6, 2.5, 0.15]),
    ],
  },
  {
    homes: ["minimax", "api.minimax.io"],
    rows: [
      at("minimax-m3.1-flash", [0.15, 0.6, 0.015]),
      at("minimax-m3", [0.3, 1.2, 0.06], long(512_000, [0.6, 2.4, 0.12])),
      at("minimax-m2.7-highspeed minimax-m2.5-highspeed", [0.6, 2.4, 0.06, 0.375]),
      at("minimax-m2.7", [0.3, 1.2, 0.06, 0.375]),
      at("minimax-m2.5 minimax-m2.1", [0.3, 1.2, 0.03, 0.375]),
      at("minimax-m2", [0.3, 1.2]),
    ],
  },
  {
    homes: ["qwen", "alibaba", "dashscope", "dashscope-intl.aliyuncs.com"],
    rows: [
      at("qwen3.8-max", [2, 6]),
      at("qwen3.7-max", [2.5, 7.5, 0.5, 3.125]),
      at("qwen3.7-plus qwen3.6-plus", [0.5, 3, 0.05, 0.625], long(256_000, [2, 6, 0.2, 2.5])),
      at("qwen3.6-max", [1.3, 7.8, 0.13, 1.625]),
      at("qwen3.5-plus", [0.4, 2.4]),
      // These rise in steps with the input's length; the figures are those of the first step.
      at("qwen3-max", [1.2, 6], about),
      at("qwen3-coder-plus", [1, 5], about),
      at("qwen3-coder-flash", [0.3, 1.5], about),
      at("qwen3-coder qwen3-coder-480b*", [1.5, 7.5], about),
      at("qwen3-coder-30b*", [0.45, 2.25]),
      at("qwen-max", [1.6, 6.4]),
      at("qwen-plus", [0.4, 1.2]),
      at("qwen-flash", [0.05, 0.4]),
      at("qwen-turbo", [0.05, 0.2]),
    ],
  },
  {
    homes: ["xai", "x-ai", "api.x.ai"],
    rows: [at("grok-4.3 grok-4.20*", [1.25, 2.5, 0.2], long(200_000, [2.5, 5, 0.4]))],
  },
];
