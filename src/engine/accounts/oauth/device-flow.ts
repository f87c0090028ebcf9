/**
 * Waiting for somebody to confirm a code elsewhere (RFC 8628 §3.4–3.5), whoever is asked and however: as slow as the
 * service wishes, slower when it does not answer, and never longer than the code lives.
 */
import type { Clock } from "../../../base/clock.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { OAuthFailure } from "./failure.ts";
import { type After, waitFor } from "./wait.ts";

export type Polled<Value> =
  | { readonly type: "done"; readonly value: Value }
  | { readonly type: "pending" }
  | { readonly type: "slow-down" }
  | { readonly type: "expired" }
  /** Nothing was learnt: the network, or the service, has a bad moment. */
  | { readonly type: "hiccup" }
  | { readonly type: "failed"; readonly message: string };

export type DeviceOutcome<Value> =
  | { readonly type: "done"; readonly value: Value }
  | { readonly type: "expired" }
  | { readonly type: "cancelled" }
  | { readonly type: "failed"; readonly message: string };

export interface DeviceWait<Value> {
  readonly poll: () => Promise<Polled<Value>>;
  readonly intervalMs: number;
  readonly expiresInMs: number;
  readonly clock: Clock;
  readonly after: After;
  readonly signal: AbortSignal;
}

/** RFC 8628 §3.5: for this and all further polls. */
const slowDownMs = 5_000;
const minIntervalMs = 1_000;
/** Also how far hiccups stretch the pauses. */
const maxIntervalMs = 60_000;

export async function awaitDevice<Value>(wait: DeviceWait<Value>): Promise<DeviceOutcome<Value>> {
  const { clock, after, signal } = wait;
  const endsAt = clock.monotonic() + wait.expiresInMs;
  let intervalMs = bounded(wait.intervalMs);
  let hiccups = 0;
  for (;;) {
    const pauseMs = bounded(intervalMs * 2 ** Math.min(hiccups, 10));
    const leftMs = endsAt - clock.monotonic();
    if (leftMs <= 0) return { type: "expired" };
    if (!(await waitFor(after, Math.min(pauseMs, leftMs), signal))) return { type: "cancelled" };
    if (clock.monotonic() >= endsAt) return { type: "expired" };
    const polled = await wait.poll();
    if (signal.aborted && polled.type !== "done") return { type: "cancelled" };
    hiccups = polled.type === "hiccup" ? hiccups + 1 : 0;
    switch (polled.type) {
      case "done":
      case "failed":
      case "expired":
        return polled;
      case "slow-down":
        intervalMs = bounded(intervalMs + slowDownMs);
        break;
      case "pending":
      case "hiccup":
        break;
      default:
        unreachable(polled);
    }
  }
}

/** What a refused poll means. */
export function polledFailure(failure: OAuthFailure, title: string): Polled<never> {
  if (failure.kind === "network" || failure.kind === "aborted") return { type: "hiccup" };
  if (failure.kind === "reply") return { type: "failed", message: failure.message };
  switch (failure.code ?? "") {
    case "authorization_pending":
      return { type: "pending" };
    case "slow_down":
      return { type: "slow-down" };
    case "expired_token":
      return { type: "expired" };
    case "access_denied":
      return { type: "failed", message: `${title}: the login was declined in the browser` };
    default:
      if (failure.status === 429) return { type: "slow-down" };
      return failure.status >= 500 ? { type: "hiccup" } : { type: "failed", message: failure.message };
  }
}

function bounded(ms: number): number {
  return Math.min(maxIntervalMs, Math.max(minIntervalMs, ms));
}
