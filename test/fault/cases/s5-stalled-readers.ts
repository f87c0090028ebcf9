import { residentMb } from "../../bench/process-meter.ts";
import type { BoardCase } from "../board/case.ts";
import { ask, askAndStall } from "../chaos/client.ts";
import { dialects } from "../chaos/dialects.ts";
import { queuedBytes } from "../chaos/kernel-queues.ts";
import { startChaosStage, type ChaosStage, type What } from "../chaos/stage.ts";
import { replyOf } from "./s2-cut-streams.ts";

const mb = 1024 * 1024;
const aim = { growthMb: 32, inFlightMb: 4 };
/** A proxy without a brake is stopped here; two of these would not fit into a small machine. */
const peerFlood = 192 * mb;

/** As much of a flood as there is, in frames of the dialect that say something. */
const chatFrame = Buffer.from(
  `data: ${JSON.stringify({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    created: 1_700_000_000,
    model: "served",
    choices: [{ index: 0, delta: { content: "w".repeat(16_000) }, finish_reason: null }],
  })}\n\n`,
);
const plainFrame = Buffer.alloc(64 * 1024, "data: flood\n\n");

const ways: readonly (readonly [string, What])[] = [
  ["HTTP/1.1", { lane: "passthrough", client: "openai-chat", wire: "h1" }],
  ["HTTP/2", { lane: "passthrough", client: "openai-chat", wire: "h2" }],
  ["translated, HTTP/1.1", { lane: "translated", client: "claude", provider: "openai-chat", wire: "h1" }],
  ["translated, HTTP/2", { lane: "translated", client: "claude", provider: "openai-chat", wire: "h2" }],
  ["lossless, HTTP/1.1", { lane: "lossless", client: "openai-chat", provider: "openai-chat", wire: "h1" }],
];

export const s5: BoardCase = {
  id: "S5",
  title: "a flood of 2 GB against a reader that stalls: growth of memory, and bytes in flight inside the proxy",
  aim: `≤ ${aim.growthMb} MB, ≤ ${aim.inFlightMb} MB, flat`,
  peers: ["http-mitm-proxy", "mockttp"],
  async run({ subject, say, of }) {
    const flood = of({ short: 64 * mb, usual: 256 * mb, full: 2048 * mb });
    const holdMs = of({ short: 500, usual: 2_000, full: 10_000 });
    const usable = subject === "switchyard" ? ways : ways.slice(0, subject === "mockttp" ? 2 : 1);
    const details: string[] = [];
    let [worstGrowth, worstInside] = [0, 0];
    const stage = await startChaosStage(subject);
    try {
      await warm(stage, usable);
      for (const [name, what] of usable) {
        const bytes = subject === "switchyard" ? flood : Math.min(flood, peerFlood);
        const found = await stallOn(stage, what, bytes, holdMs);
        say(`${name}: ${text(found)}`);
        worstGrowth = Math.max(worstGrowth, found.growthMb);
        worstInside = Math.max(worstInside, found.insideMb);
        const isFlat = found.laterMb - found.growthMb < 8;
        if (found.growthMb > aim.growthMb || found.insideMb > aim.inFlightMb || found.isAllSent || !isFlat)
          details.push(`${name}: ${text(found)}`);
      }
    } finally {
      await stage.close();
    }
    return {
      figure: `+${worstGrowth.toFixed(0)} MB, ${worstInside.toFixed(1)} MB in flight`,
      kept: details.length === 0,
      details,
    };
  },
};

interface Found {
  readonly growthMb: number;
  /** The same a while later. */
  readonly laterMb: number;
  /** Sent, not received, and in no queue of the kernel's. */
  readonly insideMb: number;
  readonly sentMb: number;
  readonly isAllSent: boolean;
}

const text = ({ growthMb, laterMb, insideMb, sentMb, isAllSent }: Found): string =>
  `+${growthMb.toFixed(1)} MB, later +${laterMb.toFixed(1)} MB, ${insideMb.toFixed(1)} MB in flight, ${sentMb.toFixed(1)} MB sent${isAllSent ? " (all of it)" : ""}`;

/** Code that is compiled and pools that are filled are no growth. */
async function warm(stage: ChaosStage, usable: typeof ways): Promise<void> {
  for (const upstream of [stage.hosts, stage.rerouted])
    upstream.play(() => ({
      reply: { ...replyOf(dialects["openai-chat"], "chunked"), frames: Array.from({ length: 200 }, () => chatFrame) },
      fault: { type: "none" },
    }));
  for (const [, what] of usable)
    for (let round = 0; round < 3; round += 1) await ask(stage.asking(stage.nextId(), what));
}

async function stallOn(stage: ChaosStage, what: What, bytes: number, holdMs: number): Promise<Found> {
  const { hosts, rerouted, subject } = stage;
  const id = stage.nextId();
  const frame = what.lane === "passthrough" ? plainFrame : chatFrame;
  for (const upstream of [hosts, rerouted])
    upstream.play(() => ({
      reply: { ...replyOf(dialects["openai-chat"], "close"), frames: [chatFrame] },
      fault: { type: "none" },
      endless: { frame, gapMs: 0, bytes },
    }));
  const sent = (): number =>
    [...hosts.callsOf(id), ...rerouted.callsOf(id)].reduce((sum, call) => sum + call.sent(), 0);
  const before = residentMb(subject.pid);
  const reader = await askAndStall(stage.asking(id, what));
  try {
    await standsStill(sent);
    const growthMb = residentMb(subject.pid) - before;
    await new Promise((resolve) => setTimeout(resolve, holdMs));
    const ports = new Set([hosts.port, rerouted.port, Number(new URL(subject.url).port)]);
    const inside = sent() - reader.taken() - (queuedBytes(ports) ?? 0);
    return {
      growthMb,
      laterMb: residentMb(subject.pid) - before,
      insideMb: inside / mb,
      sentMb: sent() / mb,
      isAllSent: sent() >= bytes,
    };
  } finally {
    reader.close();
  }
}

/** Resolves when the figure has stood still for a second. */
async function standsStill(figure: () => number): Promise<void> {
  let last = -1;
  for (let quiet = 0; quiet < 10; ) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const now = figure();
    quiet = now === last ? quiet + 1 : 0;
    last = now;
  }
}
