/** Words and numbers for the same wish: how much a model should think. The steps come back to the same word. */
import type { Thinking, ThinkingLevel } from "./request.ts";

const budgets = {
  minimal: 512,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 128_000,
} as const satisfies Record<ThinkingLevel, number>;

export const thinkingLevels = ["minimal", "low", "medium", "high", "xhigh", "max"] as const satisfies ThinkingLevel[];

export function isThinkingLevel(value: unknown): value is ThinkingLevel {
  return typeof value === "string" && (thinkingLevels as readonly string[]).includes(value);
}

export function budgetOf(level: ThinkingLevel): number {
  return budgets[level];
}

/** The first level whose budget covers the tokens; anything above `xhigh`'s is `max`. */
export function levelOf(tokens: number): ThinkingLevel {
  return thinkingLevels.find((level) => tokens <= budgets[level]) ?? "max";
}

/** The wish as a level; null where the client left it to the model. */
export function wishedLevel(thinking: Exclude<Thinking, { mode: "off" }>): ThinkingLevel | null {
  if (thinking.mode === "budget") return levelOf(thinking.tokens);
  return thinking.level ?? null;
}

/** The highest of the given levels that is not above the wish, else the lowest there is. */
export function nearestLower(level: ThinkingLevel, offered: readonly ThinkingLevel[]): ThinkingLevel | null {
  const wanted = thinkingLevels.indexOf(level);
  const sorted = [...offered].sort((a, b) => thinkingLevels.indexOf(a) - thinkingLevels.indexOf(b));
  return sorted.findLast((one) => thinkingLevels.indexOf(one) <= wanted) ?? sorted[0] ?? null;
}
