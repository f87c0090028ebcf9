/**
 * Abuse of HTTP/2 by clients in their tunnel and by origins: the proxy lives, its memory stays bounded, the abuser is cut
 * off or kept small, whoever asks a hostile origin gets an error and no answer, and everybody else is served meanwhile.
 */
import { residentMb } from "../../bench/process-meter.ts";
import { createStage, host, secondHost } from "../../support/fixture.ts";
import { startH2Origin } from "../../support/h2-origin.ts";
import { kinds } from "../../support/h2-frames.ts";
import type { BoardCase, CaseContext, Finding } from "../board/case.ts";
import { startSubject, type Subject } from "../board/subjects.ts";
import { askOnce, attackAsClient, type Place } from "../h2/attack.ts";
import { clientAbuses, type ClientAbuse } from "../h2/client-abuses.ts";
import { startHostileOrigin, type HostileOrigin } from "../h2/hostile-origin.ts";
import { upstreamAbuses, type UpstreamAbuse } from "../h2/upstream-abuses.ts";

/** What one abuse may cost while it lasts, garbage not collected yet included. */
const maxGrowthMiB = 96;
/** An honest request, on a machine that is being attacked. */
const honestMs = 5_000;
const maxOpenStreams = 1_000;
/**
 * nghttp2 says good-bye to an origin that breaks the rules of framing, and Node's client tells nobody (measured on 20.20):
 * who waits there learns it when the time for the first byte is over, five minutes by default.
 */
const patience = { upstream: { timeouts: { first_byte_ms: 2_500 } } };

export const h2Abuse: BoardCase = {
  id: "h2-abuse",
  title: "abuses of HTTP/2, by clients and by origins, that hurt somebody else",
  aim: `0 of ${clientAbuses.length + upstreamAbuses.length}`,
  peers: ["mockttp"],
  remark:
    "Clients: rapid reset, made-you-reset, CONTINUATION, empty DATA, PING and SETTINGS floods, zero-window hoarding, header bombs, broken rules. Origins: the same and 1xx without end, huge heads, odd GOAWAYs, windows overrun, pushes, deaths. http-mitm-proxy speaks no HTTP/2.",
  run,
};

async function run(context: CaseContext): Promise<Finding> {
  const { subject: name, say } = context;
  const stage = createStage();
  try {
    const honest = stage.opened.add(await startH2Origin(stage.identity));
    honest.play((stream, { ":path": path }) => {
      if (path === "/slow") return;
      stream.respond({ ":status": 200 });
      stream.end(path === "/large" ? Buffer.alloc(128 * 1024) : "ok");
    });
    const hostile = stage.opened.add(await startHostileOrigin(stage.identity));
    const origins = { [host]: honest.port, [secondHost]: hostile.port };
    const subject = stage.opened.add(await startSubject(name, { ca: stage.ca, origins, core: { config: patience } }));
    const good: Place = { host, port: subject.portFor(host) };
    const bad: Place = { host: secondHost, port: subject.portFor(secondHost) };
    const details: string[] = [];
    const tried = async (what: string, attack: () => Promise<string | null>): Promise<void> => {
      const hurt = await during(subject, good, attack);
      say(`${what}: ${hurt ?? "nobody hurt"}`);
      if (hurt !== null) details.push(`${what}: ${hurt}`);
    };
    // The first one opens what stays open; it is not counted.
    await askOnce(subject, good, "/", 20_000);
    const count = context.of({ short: 600, usual: 20_000, full: 100_000 });
    for (const abuse of clientAbuses) {
      if (!subject.isAlive()) break;
      await tried(`client: ${abuse.name}`, () => asClient(subject, good, abuse, count));
    }
    for (const abuse of upstreamAbuses) {
      if (!subject.isAlive()) break;
      await tried(`origin ${abuse.name}`, () => asOrigin(subject, bad, hostile, abuse));
    }
    if (!subject.isAlive()) details.push("the process died, and nothing after that was tried");
    const all = clientAbuses.length + upstreamAbuses.length;
    return { figure: `${details.length} of ${all}`, kept: details.length === 0, details };
  } finally {
    await stage.close();
  }
}

/** The attack, an honest client meanwhile, and memory. Null: nobody was hurt. */
async function during(subject: Subject, good: Place, attack: () => Promise<string | null>): Promise<string | null> {
  const before = residentMb(subject.pid);
  let highest = before;
  const sampler = setInterval(() => {
    if (subject.isAlive()) highest = Math.max(highest, residentMb(subject.pid));
  }, 50);
  try {
    const [verdict, meanwhile] = await Promise.all([attack(), askOnce(subject, good, "/", honestMs)]);
    if (!subject.isAlive()) return "the process died";
    if (verdict !== null) return verdict;
    if (meanwhile.text !== "ok") return `an honest client was not answered meanwhile (${meanwhile.status})`;
    const after = await askOnce(subject, good, "/", honestMs);
    if (after.text !== "ok") return `an honest client was not answered afterwards (${after.status})`;
    const grown = highest - before;
    return grown > maxGrowthMiB ? `${grown.toFixed(0)} MiB of memory` : null;
  } finally {
    clearInterval(sampler);
  }
}

async function asClient(subject: Subject, place: Place, abuse: ClientAbuse, count: number): Promise<string | null> {
  const { frames, isOver, goaway } = await attackAsClient(subject, place, abuse, count);
  const isCutOff = isOver || (goaway !== null && goaway !== 0);
  if (abuse.must === "end") return isCutOff ? null : "it was let go on";
  if (isCutOff) return null;
  const open = new Set(frames.filter(({ kind }) => kind === kinds.headers).map(({ stream }) => stream));
  const refused = frames.filter(({ kind }) => kind === kinds.rst).length;
  if (open.size > maxOpenStreams) return `${open.size} streams are held open`;
  return open.size + refused > 0 ? null : "nothing was refused and nothing answered";
}

async function asOrigin(
  subject: Subject,
  place: Place,
  origin: HostileOrigin,
  abuse: UpstreamAbuse,
): Promise<string | null> {
  origin.play(abuse.play);
  const asked = await askOnce(subject, place, "/", honestMs);
  if (asked.ms >= honestMs && asked.status === null) return "whoever asked was left without an answer";
  if (asked.isWhole && (asked.status ?? 0) < 400) return `whoever asked got a whole ${asked.status}`;
  return null;
}
