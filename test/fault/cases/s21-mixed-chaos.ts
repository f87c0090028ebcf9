import type { BoardCase, CaseContext } from "../board/case.ts";
import type { Random } from "../board/random.ts";
import { ask, type Got, type Leaving, type Manner } from "../chaos/client.ts";
import { dialects, everyDialect, type Dialect } from "../chaos/dialects.ts";
import { faultTable, faultTypes, type Fault } from "../chaos/faults.ts";
import { openFileKinds, openFiles } from "../chaos/kernel-queues.ts";
import {
  inParallel,
  providerDialects,
  startChaosStage,
  type ChaosStage,
  type Lane,
  type What,
} from "../chaos/stage.ts";
import { caseWord, type Play } from "../chaos/upstream.ts";
import { replyBytes, type Framing } from "../chaos/wire.ts";
import { waitFor } from "../../support/wait.ts";
import { framingFor } from "./s3-foreign-bytes.ts";
import { replyOf } from "./s2-cut-streams.ts";

interface Flow extends What {
  readonly id: number;
  readonly upstream: Dialect;
  readonly framing: Framing;
  readonly fault: Fault;
  readonly manner: Manner;
  /** What comes out at the client is what was sent. */
  readonly isHonest: boolean;
}

/** Small, so that a provider that hangs is given up while the run goes on. */
const timeouts = { connect_ms: 5_000, first_byte_ms: 4_000, idle_ms: 4_000 };

export const s21: BoardCase = {
  id: "S21",
  title: "mixed chaos: honest calls that did not arrive byte for byte, and traces left behind",
  aim: "0 of 10,000; one flow each, all over; files and calls back to base",
  peers: ["http-mitm-proxy", "mockttp"],
  async run(context) {
    const { subject: name } = context;
    const stage = await startChaosStage(name, { timeouts, captureBytes: 512 * 1024 * 1024 });
    try {
      const flows = drawFlows(context);
      const play = (id: number): Play => {
        const flow = flows[id];
        if (flow === undefined) throw new Error(`nobody drew case ${id}`);
        return { reply: replyOf(flow.upstream, flow.framing), fault: flow.fault };
      };
      stage.hosts.play(play);
      stage.rerouted.play(play);
      // Files that stay open once they were needed are no leak.
      for (const flow of flows.filter(({ isHonest }) => isHonest).slice(0, 4)) await ask(stage.asking(flow.id, flow));
      const warmUps = (await stage.flows()).length;
      const filesBefore = openFiles(stage.subject.pid);
      const wrong: string[] = [];
      await inParallel(flows, 12, async (flow) => {
        const fault = await wrongOf(stage, flow).catch((error: unknown) => (flow.isHonest ? String(error) : null));
        if (fault !== null) wrong.push(`${nameOf(flow)}: ${fault}`);
      });
      const traces = await tracesOf(stage, flows, warmUps, filesBefore);
      const honest = flows.filter(({ isHonest }) => isHonest).length;
      const isAlive = stage.subject.isAlive();
      return {
        figure: `${wrong.length} of ${honest.toLocaleString("en")} honest among ${flows.length.toLocaleString("en")}, ${kindsOf(flows)} faults${isAlive ? "" : "; the process died"}`,
        kept: wrong.length === 0 && traces.length === 0 && isAlive,
        details: [...traces, ...wrong],
      };
    } finally {
      await stage.close();
    }
  },
};

const kindsOf = (flows: readonly Flow[]): number =>
  new Set(flows.flatMap(({ fault, manner }) => [`up ${fault.type}`, `down ${manner.type}`])).size - 2;

function drawFlows({ subject, random, of }: CaseContext): readonly Flow[] {
  const count = of({ short: 120, usual: 1_500, full: 10_000 });
  return Array.from({ length: count }, (_, id) => drawFlow(random, id, subject));
}

function drawFlow(random: Random, id: number, subject: CaseContext["subject"]): Flow {
  const lane: Lane =
    subject === "switchyard" ? random.pick(["passthrough", "lossless", "translated", "gateway"]) : "passthrough";
  const provider = random.pick(providerDialects);
  const client =
    lane === "passthrough"
      ? random.pick(everyDialect).id
      : lane === "lossless"
        ? provider
        : random.pick(["openai-chat", "openai-responses", "claude", "gemini"] as const);
  const wire = lane === "gateway" || subject === "http-mitm-proxy" ? "h1" : random.pick(["h1", "h2"] as const);
  const upstream = lane === "passthrough" ? dialects[client] : dialects[provider];
  // Every third call is in good hands on both sides.
  const type = id % 3 === 0 ? "none" : random.pick(faultTypes);
  const framing = framingFor(type, random);
  const overH2 = lane === "passthrough" && wire === "h2";
  const length = overH2 ? Buffer.concat(upstream.frames).length : replyBytes(replyOf(upstream, framing)).length;
  const drawn = faultTable[type](random, length);
  const isBelowTls = type === "below-tls" && lane !== "passthrough";
  const manner = id % 3 === 0 ? ({ type: "reads" } as const) : drawManner(random, wire);
  return {
    id,
    lane,
    client,
    wire,
    upstream,
    framing,
    fault: isBelowTls ? { type: "none" } : drawn.fault,
    manner,
    isHonest: (drawn.isHarmless || isBelowTls) && manner.type !== "leaves" && manner.type !== "half-closes",
    patienceMs: 60_000,
    ...(lane === "passthrough" ? {} : { provider }),
  };
}

function drawManner(random: Random, wire: "h1" | "h2"): Manner {
  const by: readonly Leaving[] = wire === "h1" ? ["FIN", "RST"] : ["stream", "connection", "RST"];
  const manners: readonly Manner[] = [
    { type: "reads" },
    { type: "reads" },
    {
      type: "leaves",
      ms: random.below(60),
      from: random.pick(["request", "first-byte"] as const),
      by: random.pick(by),
    },
    { type: "drips", bytes: 20 + random.below(100), gapMs: random.below(4) },
    { type: "slow", gapMs: 1 + random.below(20) },
    ...(wire === "h1" ? [{ type: "half-closes" } as const] : []),
  ];
  return random.pick(manners);
}

/** Null: as it should be. */
async function wrongOf(stage: ChaosStage, flow: Flow): Promise<string | null> {
  const got: Got = await ask(stage.asking(flow.id, flow));
  if (got.hangs) return "the client was left waiting";
  if (!flow.isHonest) return null;
  const { status, body, isWhole } = got;
  const shown = JSON.stringify(body.toString("latin1").slice(-80));
  if (status !== 200) return `status ${status}: ${shown}`;
  if (!isWhole) return `broke off: …${shown}`;
  if (flow.lane === "passthrough" || (flow.lane === "lossless" && flow.client === flow.upstream.id))
    return body.equals(Buffer.concat(flow.upstream.frames)) ? null : `other bytes: …${shown}`;
  // Translated: it says what was said, and that it is over.
  const isFinished = dialects[flow.client].isFinished(body);
  return isFinished && body.includes("Grüße, ") ? null : `not the whole answer: …${shown}`;
}

async function tracesOf(
  stage: ChaosStage,
  flows: readonly Flow[],
  warmUps: number,
  filesBefore: number | null,
): Promise<readonly string[]> {
  const { core, pid } = stage.subject;
  const traces: string[] = [];
  if (filesBefore !== null) {
    const most = filesBefore + 8;
    // Connections that are kept for the next call are closed first; they are no leak, and go away by themselves.
    stage.hosts.cut();
    stage.rerouted.cut();
    const back = (): boolean => (openFiles(pid) ?? 0) <= most;
    await waitFor("files to be closed", back, 10_000).catch(() => {});
    if (!back()) traces.push(`${filesBefore} files were open before, ${openFiles(pid)} after: ${openFileKinds(pid)}`);
  }
  if (core === null) return traces;
  await waitFor("all flows to end", async () => (await stage.flows()).every(isOver), 10_000).catch(() => {});
  const seen = await stage.flows();
  const running = seen.filter((flow) => !isOver(flow));
  if (running.length > 0) traces.push(`${running.length} flows never ended: ${JSON.stringify(running[0])}`);
  const asked = flows.length + warmUps;
  // Who leaves before it has asked for anything was never there.
  const silent = flows.filter(({ manner }) => manner.type === "leaves" && manner.from === "request").length;
  if (seen.length > asked || seen.length < asked - silent)
    traces.push(`${asked} calls were made (${silent} of them gone at once), and there are ${seen.length} flows`);
  return traces;
}

const isOver = ({ state }: { readonly state: string }): boolean => state !== "open" && state !== "streaming";

const nameOf = ({ id, lane, client, upstream, wire, framing, fault, manner }: Flow): string =>
  `${caseWord(id)} ${lane}, ${client}${client === upstream.id ? "" : ` from ${upstream.id}`}, ${wire}, ${framing}, ${fault.type} ${JSON.stringify(fault)}, client ${manner.type}`;
