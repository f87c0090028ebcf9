import type { BoardCase } from "../board/case.ts";
import { createOpened } from "../../support/opened.ts";
import { ask } from "../chaos/client.ts";
import type { Fault } from "../chaos/faults.ts";
import { startLink, type Link } from "../chaos/link.ts";
import { chaosHosts, dialects, everyDialect } from "../chaos/dialects.ts";
import { gatewayDialects, inParallel, providerDialects, startChaosStage, type What } from "../chaos/stage.ts";
import { replyOf } from "./s2-cut-streams.ts";

interface Road extends What {
  readonly framing: "chunked" | "length" | "close";
}

/** Each format on each road that it can take. */
function roadsFor(subject: string): readonly Road[] {
  const roads: Road[] = [];
  for (const { id: client } of everyDialect) {
    roads.push({ lane: "passthrough", client, wire: "h1", framing: "chunked" });
    if (subject !== "http-mitm-proxy") roads.push({ lane: "passthrough", client, wire: "h2", framing: "length" });
  }
  if (subject !== "switchyard") return roads;
  for (const provider of providerDialects) {
    roads.push({ lane: "lossless", client: provider, provider, wire: "h1", framing: "length" });
    for (const client of gatewayDialects.filter((one) => one !== provider))
      roads.push({ lane: "translated", client, provider, wire: "h1", framing: "chunked" });
    roads.push({ lane: "gateway", client: "claude", provider, wire: "h1", framing: "close" });
  }
  return roads;
}

export const splits: BoardCase = {
  id: "splits",
  title: "streams that arrive differently when each byte comes alone (8 formats, on HTTP and under TLS)",
  aim: "0",
  peers: ["http-mitm-proxy", "mockttp"],
  async run({ subject, random, of }) {
    const opened = createOpened();
    try {
      const links: Link[] = [];
      const stage = opened.add(
        await startChaosStage(subject, {
          // The very segments of the connection under TLS, in both directions.
          async origins(port) {
            const link = opened.add(await startLink(port));
            links.push(link);
            return Object.fromEntries(chaosHosts.map((host) => [host, link.port]));
          },
        }),
      );
      const every = roadsFor(subject);
      const count = of({ short: 24, usual: every.length, full: every.length });
      const roads = every.length <= count ? every : Array.from({ length: count }, () => random.pick(every));
      const details: string[] = [];
      const wayOf = async (road: Road, fault: Fault): Promise<Buffer> => {
        const id = stage.nextId();
        plans.set(id, { road, fault });
        const got = await ask(stage.asking(id, road));
        const whole = got.status === 200 && got.isWhole;
        return whole ? got.body : Buffer.from(`status ${got.status}, whole: ${got.isWhole}`);
      };
      const plans = new Map<number, { readonly road: Road; readonly fault: Fault }>();
      for (const upstream of [stage.hosts, stage.rerouted])
        upstream.play((id) => {
          const plan = plans.get(id);
          if (plan === undefined) throw new Error(`nobody drew case ${id}`);
          const { road, fault } = plan;
          return { reply: replyOf(dialects[road.provider ?? road.client], road.framing), fault };
        });
      const compare = async (road: Road, under: string, fault: Fault): Promise<void> => {
        const [split, whole] = [await wayOf(road, fault), await wayOf(road, { type: "none" })];
        const isOwn = road.lane === "passthrough" || road.lane === "lossless";
        const wanted = isOwn ? Buffer.concat(dialects[road.client].frames) : whole;
        if (isOwn ? split.equals(wanted) : told(split) === told(wanted)) return;
        const { lane, client, provider = client, wire } = road;
        details.push(`${under}: ${lane}, ${client} from ${provider}, ${wire}: ${split.toString("latin1", 0, 150)}`);
      };
      await inParallel(roads, 6, (road) => compare(road, "HTTP", { type: "split" }));
      const [link] = links;
      link?.plan({ toClient: { split: true }, toServer: { split: true } });
      stage.hosts.cut();
      const passed = roads.filter(({ lane }) => lane === "passthrough").slice(0, of({ short: 2, usual: 8, full: 16 }));
      await inParallel(passed, 4, (road) => compare(road, "TCP", { type: "none" }));
      return {
        figure: `${details.length} of ${roads.length + passed.length}`,
        kept: details.length === 0,
        details,
      };
    } finally {
      await opened.closeAll();
    }
  },
};

/** A translation without what is made anew for each: ids and times. */
function told(body: Buffer): string {
  return body
    .toString("utf8")
    .replaceAll(
      /"(id|item_id|call_id|response_id|responseId|created|created_at|completed_at)":\s*("[^"]*"|\d+)/g,
      '"$1":0',
    );
}
