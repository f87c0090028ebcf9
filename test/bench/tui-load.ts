/**
 * What a busy day sends to the screen: a core full of flows, then a steady stream of events, one in ten of them a new call
 * and the others news of the last calls, spread over most of the visible rows.
 */
import type { FakeCore, FakeFlow } from "../tui/fake-core.ts";
import { sampleFlow, variedFlows } from "../tui/sample-flows.ts";

export interface FlowStream {
  /** The next event of the stream. */
  next(): FakeFlow;
}

/** Of ten events nine are updates: each call gets as many, three calls apart. */
const eventsPerCall = 10;
const callsApart = 3;

export function fillCore(core: FakeCore, flows: number): void {
  for (const flow of variedFlows(flows, Date.now())) core.flow(flow);
}

export function createFlowStream(): FlowStream {
  let sent = 0;
  let newest = 0;
  const starts = new Map<number, number>();
  return {
    next() {
      const turn = sent % eventsPerCall;
      sent += 1;
      if (turn === 0) {
        newest += 1;
        starts.set(newest, Date.now());
        starts.delete(newest - eventsPerCall * callsApart);
      }
      const age = turn === 0 ? 0 : (turn - 1) * callsApart;
      const number = Math.max(1, newest - age);
      return call(number, starts.get(number) ?? Date.now(), turn);
    },
  };
}

const clients = ["claude-code", "codex", "gemini-cli", "cursor"];

function call(number: number, startedAt: number, turn: number): FakeFlow {
  const done = turn === eventsPerCall - 1;
  return sampleFlow(`load-${number}`, {
    startedAt,
    client: clients[number % clients.length],
    path: `/v1/messages/${number % 97}`,
    state: done ? "done" : "streaming",
    usage: { input: 18_000, output: turn * 80, cacheRead: 12_000, cacheWrite: 0, reasoning: 0, estimated: false },
    ...(done ? {} : { endedAt: undefined }),
  });
}

/** Sends `perSecond` events until it is stopped. A late timer catches up, so that the rate holds on a busy machine. */
export function pace(core: FakeCore, stream: FlowStream, perSecond: number): { stop(): void } {
  const startedAt = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) * perSecond) / 1_000;
    for (; sent < due; sent += 1) core.flow(stream.next());
  }, 5);
  return { stop: () => clearInterval(timer) };
}
