/**
 * What is fuzzed: a promise about one door through which bytes or words come in, and a property that says it is kept.
 * Properties throw when it is not. Every run prints its seed; the same seed finds the same thing again.
 */
import fc from "fast-check";

export interface FuzzTarget {
  /** For the command line. */
  readonly name: string;
  /** What must hold, for the scoreboard. */
  readonly promise: string;
  readonly property: fc.IRawProperty<unknown>;
  /** Of the usual number of runs: targets that cost more do fewer. Default 1. */
  readonly share?: number;
}

export interface FuzzResult {
  readonly name: string;
  readonly promise: string;
  readonly runs: number;
  readonly seed: number;
  readonly ms: number;
  /** Null: the promise was kept. */
  readonly broken: { readonly counterexample: string; readonly error: string; readonly path: string | null } | null;
}

export interface FuzzOptions {
  readonly runs: number;
  readonly seed: number;
  /** Where a failure was found, to begin there: as fast-check prints it. */
  readonly path?: string;
  /** Ends early after so long; what was run counts. */
  readonly maxMs: number;
}

export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const numRuns = Math.max(1, Math.round(options.runs * (target.share ?? 1)));
  const startedAt = performance.now();
  const details = await fc.check(target.property, {
    numRuns,
    seed: options.seed,
    ...(options.path === undefined ? {} : { path: options.path }),
    interruptAfterTimeLimit: options.maxMs,
    markInterruptAsFailure: false,
  });
  const { failed, counterexample, counterexamplePath, errorInstance } = details;
  return {
    name: target.name,
    promise: target.promise,
    runs: details.numRuns,
    seed: details.seed,
    ms: performance.now() - startedAt,
    broken: failed
      ? {
          counterexample: fc.stringify(counterexample).slice(0, 2_000),
          error: errorInstance instanceof Error ? errorInstance.message : String(errorInstance),
          path: counterexamplePath,
        }
      : null,
  };
}

/** Thrown by properties; a plain `Error`, so that it does not depend on a test runner. */
export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}
