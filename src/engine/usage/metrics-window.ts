/**
 * The last hour of one provider in sixty buckets of a minute. Time is the caller's: a minute's number that never goes
 * back. Old buckets are used again, so an hour costs the same memory whatever passed in it.
 */
import type { ErrorKind } from "../errors/engine-error.ts";
import { stepCount, stepOf } from "./latency-histogram.ts";

export const windowMinutes = 60;

/** One finished call. */
export interface CallMeasure {
  /** Null: it succeeded. */
  readonly error: ErrorKind | null;
  /** Null: no byte came. */
  readonly ttfbMs: number | null;
  readonly durationMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Null: no price is known. */
  readonly costUsd: number | null;
}

export interface WindowSums {
  readonly requests: number;
  readonly failures: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number | null;
  readonly errors: Readonly<Partial<Record<ErrorKind, number>>>;
  /** Counts by latency step. */
  readonly ttfb: Uint32Array;
  readonly duration: Uint32Array;
}

export interface MetricsWindow {
  add(minute: number, call: CallMeasure): void;
  /** Of the minutes that are in the window when it is `minute`. */
  sums(minute: number): WindowSums;
}

/** A bucket and a sum are the same thing; only sums leave this file. */
interface Bucket {
  requests: number;
  failures: number;
  inputTokens: number;
  outputTokens: number;
  costUsd: number | null;
  readonly errors: Partial<Record<ErrorKind, number>>;
  readonly ttfb: Uint32Array;
  readonly duration: Uint32Array;
}

export function createMetricsWindow(): MetricsWindow {
  const ring: ({ readonly minute: number; readonly bucket: Bucket } | undefined)[] = Array.from({
    length: windowMinutes,
  });
  return {
    add(minute, call) {
      const place = minute % windowMinutes;
      const held = ring[place];
      const bucket = held?.minute === minute ? held.bucket : emptyBucket();
      if (held?.bucket !== bucket) ring[place] = { minute, bucket };
      addCall(bucket, call);
    },
    sums(minute) {
      const sum = emptyBucket();
      for (const held of ring) {
        if (held !== undefined && held.minute > minute - windowMinutes) addBucket(sum, held.bucket);
      }
      return sum;
    },
  };
}

function emptyBucket(): Bucket {
  return {
    requests: 0,
    failures: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: null,
    errors: {},
    ttfb: new Uint32Array(stepCount),
    duration: new Uint32Array(stepCount),
  };
}

function addCall(bucket: Bucket, call: CallMeasure): void {
  bucket.requests += 1;
  bucket.inputTokens += Math.max(0, call.inputTokens);
  bucket.outputTokens += Math.max(0, call.outputTokens);
  addCost(bucket, call.costUsd);
  if (call.error !== null) {
    bucket.failures += 1;
    bucket.errors[call.error] = (bucket.errors[call.error] ?? 0) + 1;
  }
  if (call.ttfbMs !== null) count(bucket.ttfb, stepOf(call.ttfbMs), 1);
  count(bucket.duration, stepOf(call.durationMs), 1);
}

function addBucket(sum: Bucket, bucket: Bucket): void {
  sum.requests += bucket.requests;
  sum.failures += bucket.failures;
  sum.inputTokens += bucket.inputTokens;
  sum.outputTokens += bucket.outputTokens;
  addCost(sum, bucket.costUsd);
  // The keys were put there by `addCall`.
  for (const [kind, times] of Object.entries(bucket.errors) as [ErrorKind, number][]) {
    sum.errors[kind] = (sum.errors[kind] ?? 0) + times;
  }
  for (let step = 0; step < stepCount; step += 1) {
    count(sum.ttfb, step, bucket.ttfb[step] ?? 0);
    count(sum.duration, step, bucket.duration[step] ?? 0);
  }
}

function addCost(sum: Bucket, costUsd: number | null): void {
  if (costUsd !== null) sum.costUsd = (sum.costUsd ?? 0) + costUsd;
}

function count(counts: Uint32Array, step: number, times: number): void {
  counts[step] = (counts[step] ?? 0) + times;
}
