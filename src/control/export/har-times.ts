/**
 * When a call began and where its time went, in HAR's words: `time` is the sum of what is known, -1 stands for what is
 * not, `ssl` is part of `connect`. `send`, `wait` and `receive` may not be unknown there; sending is not measured and
 * counts as part of the waiting.
 */
import type { FlowJson } from "../../base/controls.ts";

export interface CallTimes {
  readonly startedAt: string;
  readonly time: number;
  readonly timings: {
    readonly blocked: -1;
    readonly dns: -1;
    readonly connect: number;
    readonly ssl: number;
    readonly send: 0;
    readonly wait: number;
    readonly receive: number;
  };
  readonly comment: string | null;
}

/** From the client's side: our connection to the provider is part of its waiting. */
export function clientTimes(flow: FlowJson): CallTimes {
  const { ttfbMs, totalMs } = flow.timings;
  const wait = ttfbMs ?? totalMs ?? 0;
  const receive = totalMs === null ? 0 : Math.max(0, totalMs - wait);
  return times(flow.startedAt, null, wait, receive, totalMs === null ? "not over yet" : null);
}

/**
 * From our side: the attempt whose bytes are here, the last one. What the flow knows of its first byte is when the client
 * got it, which is close behind.
 */
export function providerTimes(flow: FlowJson): CallTimes {
  const attempt = flow.attempts.at(-1);
  if (attempt === undefined) return clientTimes(flow);
  const { connectMs, tlsMs, ttfbMs } = flow.timings;
  const begunAt = Date.parse(attempt.startedAt);
  const totalMs = attempt.endedAt === null ? null : Date.parse(attempt.endedAt) - begunAt;
  const untilReply = ttfbMs === null ? null : Math.max(0, Date.parse(flow.startedAt) + ttfbMs - begunAt);
  const first = Math.min(untilReply ?? totalMs ?? 0, totalMs ?? Number.POSITIVE_INFINITY);
  // A connection that was lent took no time; one that took longer than all of it belongs to another attempt.
  const connect = connectMs === null || connectMs + (tlsMs ?? 0) > first ? null : { connectMs, tlsMs };
  const wait = first - (connect === null ? 0 : connect.connectMs + (connect.tlsMs ?? 0));
  const receive = totalMs === null ? 0 : totalMs - first;
  return times(attempt.startedAt, connect, wait, receive, totalMs === null ? "not over yet" : null);
}

function times(
  startedAt: string,
  connected: { readonly connectMs: number; readonly tlsMs: number | null } | null,
  wait: number,
  receive: number,
  comment: string | null,
): CallTimes {
  const connect = connected === null ? -1 : rounded(connected.connectMs + (connected.tlsMs ?? 0));
  const timings = {
    blocked: -1,
    dns: -1,
    connect,
    ssl: connected === null || connected.tlsMs === null ? -1 : rounded(connected.tlsMs),
    send: 0,
    wait: rounded(wait),
    receive: rounded(receive),
  } as const;
  const time = rounded(Math.max(0, connect) + timings.wait + timings.receive);
  return { startedAt, time, timings, comment };
}

/** Microseconds are as far as our clock means it; sums of rounded figures are rounded again. */
function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
