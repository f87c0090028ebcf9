/**
 * The flow log alone, driven as the relay drives it: flows open, get heads, chunks and facts, and end; each is published when
 * it opens and when it ends, and rendered as the events stream renders it. A process of its own, so that its heap is its own;
 * says `{ events, samples }` over IPC.
 */
import { systemClock } from "../../src/base/clock.ts";
import type { FlowTap } from "../../src/base/flow.ts";
import { systemRandom } from "../../src/base/random.ts";
import { createRedactor } from "../../src/base/redact.ts";
import { flowJson } from "../../src/control/flow-json.ts";
import { createFlowLog } from "../../src/control/flow-log.ts";
import { createRandom } from "../fault/board/random.ts";

export interface LogReport {
  /** Published to a listener. */
  readonly events: number;
  readonly samples: readonly { readonly flows: number; readonly heapMb: number }[];
}

const flows = Number(process.env["SOAK_FLOWS"]);
const random = createRandom(Number(process.env["SOAK_SEED"]));
const sampleCount = 40;
/** As many are under way at a time. */
const batch = 100;
/** An answer of a few chunks; one in sixteen is long. */
const chunk = random.bytes(700);

const redactor = createRedactor();
const log = createFlowLog({ clock: systemClock, random: systemRandom });
let events = 0;
let bytes = 0;
log.subscribe((records) => {
  for (const record of records) {
    bytes += JSON.stringify(flowJson(record, redactor)).length;
    events += 1;
  }
});

const samples: { flows: number; heapMb: number }[] = [];
for (let done = 0; done < flows; done += batch) {
  const taps = Array.from({ length: batch }, (_, index) => begin(done + index));
  log.flush();
  for (const tap of taps) finish(tap);
  log.flush();
  // The loop turns between two batches, as it does between two reads of a socket.
  await new Promise((resolve) => setImmediate(resolve));
  if ((done + batch) % (flows / sampleCount) < batch) {
    globalThis.gc?.();
    samples.push({ flows: done + batch, heapMb: process.memoryUsage().heapUsed / 2 ** 20 });
  }
}
log.close();
if (bytes === 0) throw new Error("nothing was published");
process.send?.({ events, samples } satisfies LogReport);
process.disconnect();

function begin(index: number): FlowTap {
  const tap = log.open({
    client: "claude-code",
    host: `h${index % 500}.bench.example`,
    method: "POST",
    path: `/v1/messages?call=${index}`,
    protocol: index % 3 === 0 ? "h2" : "http/1.1",
    action: index % 5 === 0 ? "reroute" : "passthrough",
  });
  const headers = Array.from({ length: 12 }, (_, at) => [`x-header-${at}`, `value ${index} ${at}`] as const);
  tap.head("client-request", { line: "POST /v1/messages", headers });
  tap.chunk("client-request", chunk);
  return tap;
}

function finish(tap: FlowTap): void {
  const model = `model-${random.below(1_000)}`;
  tap.tell({ type: "connected", connectMs: 1, tlsMs: 2 });
  tap.tell({ type: "described", model: { asked: model, served: model }, session: `s${random.below(10_000)}` });
  tap.tell({ type: "why", step: { stage: "rule", text: "the first rule fits", rule: random.below(60) } });
  tap.tell({ type: "reply-started", status: 200 });
  tap.head("client-reply", { line: "200", headers: [["content-type", "text/event-stream"]] });
  const chunks = random.below(16) === 0 ? 80 : 3;
  for (let index = 0; index < chunks; index += 1) tap.chunk("client-reply", chunk);
  const usage = { input: 900, output: 40, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false };
  tap.tell({ type: "usage", usage });
  tap.tell({ type: "ended", state: random.below(20) === 0 ? "truncated" : "done" });
}
