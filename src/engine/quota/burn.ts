/** When a quota will be used up, if it goes on as it did: a straight line through what was read of it. No clock, no state. */

export interface BurnReading {
  /** ms since the epoch. */
  readonly at: number;
  /** 0…100. */
  readonly usedPercent: number;
}

export interface BurnForecast {
  readonly percentPerHour: number;
  /** When nothing will be left; null: not before the reset, or not at this rate. */
  readonly hitsLimitAt: number | null;
}

/** Providers round to whole percents: a line through less time is mostly rounding. */
const shortestSpanMs = 5 * 60_000;
/** What was used before says little about now. */
const lookbackMs = 60 * 60_000;
const hourMs = 3_600_000;
/** A window that was reset shows less than before; less than this is a provider's rounding. */
const resetDropPercent = 1;

/**
 * Null: the readings do not tell (fewer than two since the last reset, or too close together). `resetAt`: when the
 * window begins anew, null where that is not known.
 */
export function forecastBurn(readings: readonly BurnReading[], resetAt: number | null): BurnForecast | null {
  const used = sinceLastReset([...readings].sort((a, b) => a.at - b.at));
  const last = used.at(-1);
  if (last === undefined) return null;
  const recent = used.filter(({ at }) => at >= last.at - lookbackMs);
  // Rarely asked: better a rate of some hours than none.
  const line = spanOf(recent) >= shortestSpanMs ? recent : used;
  if (spanOf(line) < shortestSpanMs) return null;
  const perMs = Math.max(0, slope(line));
  const percentPerHour = perMs * hourMs;
  if (last.usedPercent >= 100) return { percentPerHour, hitsLimitAt: last.at };
  if (perMs === 0) return { percentPerHour, hitsLimitAt: null };
  const hitsAt = Math.round(last.at + (100 - last.usedPercent) / perMs);
  // Beyond what a date can hold, or after everything is given back.
  const isReal = hitsAt <= 8.64e15 && (resetAt === null || hitsAt < resetAt);
  return { percentPerHour, hitsLimitAt: isReal ? hitsAt : null };
}

function sinceLastReset(readings: readonly BurnReading[]): readonly BurnReading[] {
  let start = 0;
  for (let index = 1; index < readings.length; index += 1) {
    const before = readings[index - 1];
    const now = readings[index];
    if (before !== undefined && now !== undefined && now.usedPercent < before.usedPercent - resetDropPercent)
      start = index;
  }
  return readings.slice(start);
}

function spanOf(readings: readonly BurnReading[]): number {
  return (readings.at(-1)?.at ?? 0) - (readings[0]?.at ?? 0);
}

/** Least squares, percent per ms. */
function slope(readings: readonly BurnReading[]): number {
  const meanAt = mean(readings.map(({ at }) => at));
  const meanUsed = mean(readings.map(({ usedPercent }) => usedPercent));
  let above = 0;
  let below = 0;
  for (const { at, usedPercent } of readings) {
    above += (at - meanAt) * (usedPercent - meanUsed);
    below += (at - meanAt) ** 2;
  }
  return below === 0 ? 0 : above / below;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
