/** What grows, and how sure that is: a straight line through samples. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Slope {
  /** y for each x. */
  readonly perUnit: number;
  /** One standard error of it; NaN for fewer than three points. */
  readonly error: number;
}

/** Least squares. */
export function slopeOf(points: readonly Point[]): Slope {
  const count = points.length;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / count;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / count;
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  const perUnit = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread;
  const rest = points.reduce((sum, { x, y }) => sum + (y - meanY - perUnit * (x - meanX)) ** 2, 0);
  return { perUnit, error: count < 3 ? Number.NaN : Math.sqrt(rest / (count - 2) / spread) };
}

/** The slope that the samples leave no doubt about (two standard errors below): noise alone breaks no promise. */
export function certainly({ perUnit, error }: Slope): number {
  return perUnit - 2 * error;
}
