import type { BoardCase, CaseContext } from "../board/case.ts";
import { ask, type Leaving } from "../chaos/client.ts";
import { dialects, everyDialect, type Dialect } from "../chaos/dialects.ts";
import { gatewayDialects, inParallel, lanes, providerDialects, startChaosStage, type What } from "../chaos/stage.ts";
import type { Call, Play } from "../chaos/upstream.ts";
import { waitFor } from "../../support/wait.ts";
import { replyOf } from "./s2-cut-streams.ts";

interface Abort extends What {
  readonly id: number;
  readonly upstream: Dialect;
  readonly isBeforeHead: boolean;
  readonly by: Leaving;
  readonly ms: number;
}

const aimMs = 50;
/** What a busy machine may add in the short form, which runs beside other tests. */
const shortAimMs = 500;

export const s4: BoardCase = {
  id: "S4",
  title: "calls still running at the provider 1 s after their client went away",
  aim: `0, p99 ≤ ${aimMs} ms`,
  peers: ["http-mitm-proxy", "mockttp"],
  async run(context) {
    const { subject, amount } = context;
    const stage = await startChaosStage(subject);
    try {
      const aborts = drawAborts(context);
      const play = (id: number): Play => {
        const abort = aborts[id];
        if (abort === undefined) throw new Error(`nobody drew case ${id}`);
        const { upstream, isBeforeHead } = abort;
        // As a model talks: a word now and then, for longer than anybody waits here.
        const { wordsAt } = upstream;
        const frame = upstream.frames[wordsAt] ?? Buffer.alloc(0);
        const begun = { ...replyOf(upstream, "close"), frames: upstream.frames.slice(0, wordsAt + 1) };
        if (isBeforeHead) return { reply: begun, fault: { type: "hang", at: -1 } };
        return { reply: begun, fault: { type: "none" }, endless: { frame, gapMs: 10, bytes: 10_000_000 } };
      };
      stage.hosts.play(play);
      stage.rerouted.play(play);
      const waits: number[] = [];
      const details: string[] = [];
      let notAsked = 0;
      await inParallel(aborts, amount === "short" ? 4 : 3, async (abort) => {
        const asking = stage.asking(abort.id, { ...abort, patienceMs: 10_000 });
        const calls = (): readonly Call[] => [...stage.hosts.callsOf(abort.id), ...stage.rerouted.callsOf(abort.id)];
        const leaves = { type: "leaves", ms: abort.ms, by: abort.by } as const;
        const { leftAt } = await ask({
          ...asking,
          manner: { ...leaves, from: abort.isBeforeHead ? "request" : "first-byte" },
        });
        if (leftAt === null) details.push(`${nameOf(abort)}: it was over before the client left`);
        const left = leftAt ?? performance.now();
        await waitFor("the calls to end", () => calls().every((call) => call.overAt() !== null), 1_000).catch(() => {});
        const running = calls().filter((call) => call.overAt() === null);
        if (running.length > 0) details.push(`${nameOf(abort)}: still running`);
        if (calls().length === 0) notAsked += 1;
        for (const call of calls()) waits.push(Math.max(0, (call.overAt() ?? left + 1_000) - left));
      });
      const running = details.length;
      waits.sort((one, other) => one - other);
      const at = (share: number): number => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0;
      const [p50, p99] = [at(0.5), at(0.99)];
      const limit = amount === "short" ? shortAimMs : aimMs;
      return {
        figure: `${running} of ${aborts.length.toLocaleString("en")}; p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
        // Who leaves at once may have been gone before anybody was asked.
        kept: running === 0 && p99 <= limit && notAsked < aborts.length / 2,
        details: p99 <= limit ? details : [...details, `p99 is over ${limit} ms`],
      };
    } finally {
      await stage.close();
    }
  },
};

function drawAborts({ subject, random, of }: CaseContext): readonly Abort[] {
  const usable = subject === "switchyard" ? lanes : (["passthrough"] as const);
  return Array.from({ length: of({ short: 48, usual: 300, full: 1_000 }) }, (_, id): Abort => {
    const lane = usable[id % usable.length] ?? "passthrough";
    const round = Math.floor(id / usable.length);
    const provider = random.pick(providerDialects);
    const drawn = everyDialect[round % everyDialect.length] ?? dialects.claude;
    const gate = gatewayDialects[round % gatewayDialects.length] ?? "claude";
    const client = lane === "lossless" ? provider : lane === "gateway" ? gate : drawn.id;
    const onlyH1 = lane === "gateway" || subject === "http-mitm-proxy";
    const onlyH2 = lane === "translated" && client === "cursor";
    const wire = onlyH1 ? "h1" : onlyH2 ? "h2" : random.pick(["h1", "h2"] as const);
    const ways: readonly Leaving[] = wire === "h1" ? ["FIN", "RST"] : ["stream", "connection", "RST"];
    const upstream = lane === "passthrough" ? dialects[client] : dialects[provider];
    const isBeforeHead = random.below(3) === 0;
    // The connection to the provider is made meanwhile, or long there.
    const ms = isBeforeHead ? 20 + random.below(150) : random.below(80);
    return {
      id,
      lane,
      client,
      wire,
      upstream,
      isBeforeHead,
      by: random.pick(ways),
      ms,
      ...(lane === "passthrough" ? {} : { provider }),
    };
  });
}

const nameOf = ({ lane, client, upstream, wire, by, ms, isBeforeHead }: Abort): string =>
  `${lane}, ${client}${client === upstream.id ? "" : ` from ${upstream.id}`}, ${wire}, ${by} ${ms} ms after ${isBeforeHead ? "the request" : "the first byte"}`;
