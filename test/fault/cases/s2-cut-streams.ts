import type { BoardCase, CaseContext } from "../board/case.ts";
import { ask, type Got } from "../chaos/client.ts";
import { dialects, everyDialect, finishedAt, type Dialect } from "../chaos/dialects.ts";
import type { How } from "../chaos/faults.ts";
import {
  gatewayDialects,
  inParallel,
  lanes,
  providerDialects,
  startChaosStage,
  type ChaosStage,
  type Lane,
  type What,
} from "../chaos/stage.ts";
import { replyBytes, type Framing, type Reply } from "../chaos/wire.ts";

/** One reply, and where it breaks off. */
interface Cut extends What {
  readonly id: number;
  readonly upstream: Dialect;
  readonly framing: Framing;
  readonly at: number;
  readonly how: How;
}

export const replyOf = ({ replyType, frames }: Dialect, framing: Framing): Reply => ({
  status: 200,
  headers: { "content-type": replyType },
  frames,
  framing,
});

export const s2: BoardCase = {
  id: "S2",
  title: "cut streams that a client could take for complete (8 formats, passed through, rerouted and at the gateway)",
  aim: "0",
  peers: ["http-mitm-proxy", "mockttp"],
  async run(context) {
    const stage = await startChaosStage(context.subject);
    try {
      const cuts = drawCuts(context);
      const details: string[] = [];
      let mistaken = 0;
      const play = (id: number): ReturnType<Parameters<ChaosStage["hosts"]["play"]>[0]> => {
        const cut = cuts[id];
        if (cut === undefined) throw new Error(`nobody drew case ${id}`);
        const { upstream, framing, at, how } = cut;
        return { reply: replyOf(upstream, framing), fault: { type: "cut", at, how } };
      };
      stage.hosts.play(play);
      stage.rerouted.play(play);
      await inParallel(cuts, 6, async (cut) => {
        const got = await ask(stage.asking(cut.id, cut));
        const lie = lieIn(cut, got);
        if (lie === null) return;
        mistaken += 1;
        details.push(`${nameOf(cut)}: ${lie}`);
      });
      const unmarked = await unmarkedIn(stage, cuts);
      return {
        figure: `${mistaken} of ${cuts.length.toLocaleString("en")}${context.subject === "switchyard" ? `; ${unmarked.length} marked as complete` : ""}`,
        kept: mistaken === 0 && unmarked.length === 0,
        details: [...details, ...unmarked],
      };
    } finally {
      await stage.close();
    }
  },
};

function drawCuts({ subject, random, of }: CaseContext): readonly Cut[] {
  const count = of({ short: 96, usual: 1_000, full: 4_000 });
  const usable: readonly Lane[] = subject === "switchyard" ? lanes : ["passthrough"];
  return Array.from({ length: count }, (_, index): Cut => {
    const lane = usable[index % usable.length] ?? "passthrough";
    const round = Math.floor(index / usable.length);
    const client = everyDialect[round % everyDialect.length] ?? dialects.claude;
    const chosen = whatFor(lane, client, random.pick(providerDialects), round);
    const { provider } = chosen;
    const upstream = lane === "passthrough" ? dialects[chosen.client] : dialects[provider ?? "openai-chat"];
    const wire = subject === "http-mitm-proxy" ? "h1" : chosen.wire;
    const framing: Framing = random.pick(["chunked", "length", "chunked"]);
    const overH2 = lane === "passthrough" && wire === "h2";
    const length = overH2 ? Buffer.concat(upstream.frames).length : replyBytes(replyOf(upstream, framing)).length;
    // One byte less than everything is the last place where something is missing.
    const at = random.below(length);
    return { ...chosen, wire, id: index, upstream, framing, at, how: random.pick(["FIN", "RST"]) };
  });
}

function whatFor(lane: Lane, client: Dialect, provider: (typeof providerDialects)[number], round: number): What {
  const wire = client.id === "cursor" || round % 2 === 1 ? "h2" : "h1";
  switch (lane) {
    case "passthrough":
      return { lane, client: client.id, wire: round % 3 === 0 ? "h1" : "h2" };
    case "translated":
      return { lane, client: client.id, wire, provider };
    case "lossless":
      return { lane, client: provider, wire: round % 2 === 1 ? "h2" : "h1", provider };
    case "gateway":
      return { lane, client: gatewayDialects[round % gatewayDialects.length] ?? "claude", wire: "h1", provider };
  }
}

/** Null: nobody could be mistaken. */
function lieIn(cut: Cut, got: Got): string | null {
  if (got.hangs) return "the client was left waiting";
  const { status, body, isWhole } = got;
  // A refusal in so many words is no answer of the model's.
  if (status === null || status >= 400 || dialects[cut.client].isFailure?.(body) === true) return null;
  const shown = JSON.stringify(body.toString("latin1").slice(-80));
  const wasFinished = isTold(cut);
  if (dialects[cut.client].isFinished(body) && !wasFinished) return `says that it is finished: …${shown}`;
  // A translation of everything there was to say may end as its dialect ends.
  if (isWhole && !(wasFinished && cut.lane !== "passthrough")) return `ends as if it were whole: …${shown}`;
  return null;
}

/** Had the provider said that it was finished before it broke off? */
function isTold({ upstream, framing, at, lane, wire }: Cut): boolean {
  if (lane === "passthrough" && wire === "h2") return at >= finishedAt(upstream);
  const whole = replyBytes(replyOf(upstream, framing));
  const bodyAt = whole.indexOf("\r\n\r\n") + 4;
  // Chunk sizes stand between: count the body's own bytes only.
  let [left, body] = [at - bodyAt, 0];
  for (const frame of upstream.frames) {
    const before = framing === "chunked" ? frame.length.toString(16).length + 2 : 0;
    body += Math.max(0, Math.min(frame.length, left - before));
    left -= before + frame.length + (framing === "chunked" ? 2 : 0);
  }
  return body >= finishedAt(upstream);
}

/** Flows of cut replies that the list calls done. */
async function unmarkedIn(stage: ChaosStage, cuts: readonly Cut[]): Promise<readonly string[]> {
  if (stage.subject.core === null) return [];
  const flows = await stage.flows();
  const details: string[] = [];
  for (const flow of flows) {
    const id = Number(/[?&]n=(\d+)/.exec(flow.path)?.[1] ?? Number.NaN);
    const cut = cuts[id];
    if (cut === undefined || isTold(cut) || flow.state !== "done" || (flow.status ?? 0) >= 400) continue;
    details.push(`${nameOf(cut)}: its flow is ${flow.state} with ${flow.status}`);
  }
  return details;
}

const nameOf = ({ lane, client, upstream, wire, framing, at, how }: Cut): string =>
  `${lane}, ${client}${client === upstream.id ? "" : ` from ${upstream.id}`}, ${wire}, ${framing}, ${how} at ${at}`;
