/** S17: SIGTERM while fifty answers are under way. They finish, nobody new comes in, and a second signal means now. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createStage, host, secondHost } from "../../support/fixture.ts";
import { tcp } from "../../support/proxy-clients.ts";
import { waitFor, within } from "../../support/wait.ts";
import type { BoardCase } from "../board/case.ts";
import { type Subject, startSubject } from "../board/subjects.ts";
import {
  type LiveStream,
  openGateway,
  openH1,
  openH2,
  openRerouted,
  type Origins,
  startOrigins,
} from "../process/live-streams.ts";
import { strays } from "../process/traces.ts";

const streamCount = 50;
const graceMs = 30_000;
/** Of a process that is told a second time: at once, on a busy machine. */
const atOnceMs = 5_000;
const interruptedCode = 130;

export const drainCase: BoardCase = {
  id: "S17",
  title: `answers that are whole when SIGTERM comes while ${streamCount} are under way (passed on, rerouted, gateway)`,
  aim: `${streamCount} of ${streamCount}; exit code 0, all of it saved; a second signal ends at once, the grace after 30 s`,
  peers: ["http-mitm-proxy", "mockttp"],
  async run({ subject: name, amount }) {
    const stage = createStage();
    const origins = await startOrigins(stage.identity);
    stage.opened.later(() => origins.close());
    const start = async (): Promise<Subject> =>
      stage.opened.add(
        await startSubject(name, {
          ca: stage.ca,
          origins: { [host]: origins.h1, [secondHost]: origins.h2 },
          core: {
            config: {
              providers: { local: { type: "openai-compatible", endpoint: origins.chat, auth_type: "none" } },
              routes: [{ match: { host, model: "claude-rerouted" }, to: "local/m" }],
            },
          },
        }),
      );
    try {
      const { whole, details } = await drained(await start(), origins);
      if (name === "switchyard") {
        details.push(...(await toldTwice(await start(), "SIGTERM", origins)));
        details.push(...(await toldTwice(await start(), "SIGINT", origins)));
        if (amount !== "short") details.push(...(await tooLong(await start(), origins)));
      }
      return {
        figure: `${whole} of ${streamCount}${details.length === 0 ? "" : `, ${details.length} faults`}`,
        kept: whole === streamCount && details.length === 0,
        details,
      };
    } finally {
      await stage.close();
    }
  },
};

async function drained(subject: Subject, origins: Origins): Promise<{ whole: number; details: string[] }> {
  const { core } = subject;
  const details: string[] = [];
  origins.hold();
  const streams = await opened(subject, streamCount);
  process.kill(subject.pid, "SIGTERM");
  const startedAt = performance.now();
  const isRefused = (): Promise<boolean> =>
    tcp(subject.url).then(
      (late) => {
        late.destroy();
        return false;
      },
      () => true,
    );
  await waitFor("new connections to be refused", isRefused);
  if (core !== null && !core.isAlive()) details.push("it ended before its answers did");
  origins.finish();
  const ends = await endsOf(streams);
  if (core === null) await waitFor("the peer to end", () => !subject.isAlive(), graceMs);
  else {
    const code = await within("the core to end", core.exited, graceMs);
    if (code !== 0) details.push(`it ended with ${code}`);
    if (performance.now() - startedAt > graceMs) details.push("it took longer than its grace");
    const files = readdirSync(core.home);
    if (files.includes("core.json") || files.includes("control.sock")) details.push(`it left ${files.join(", ")}`);
    details.push(...strays(core.home).map((stray) => `it left ${stray}`));
    const engineCalls = kinds.filter((_, index) => index >= 2).length * Math.floor(streamCount / kinds.length);
    const saved = usageLines(core.home);
    if (saved < engineCalls) details.push(`${saved} calls of at least ${engineCalls} are in the usage ledger`);
  }
  return { whole: ends.filter(Boolean).length, details };
}

const kinds = ["h1", "h2", "rerouted", "gateway"] as const;

function opened(subject: Subject, count: number): Promise<readonly LiveStream[]> {
  const { core } = subject;
  const key = core === null ? "" : clientKeyOf(core.home);
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      // The peers pass on, and no more.
      const kind = kinds[index % (core === null ? 2 : kinds.length)];
      if (kind === "rerouted") return openRerouted(subject);
      if (kind === "gateway") return openGateway(subject, key);
      // http-mitm-proxy knows no HTTP/2.
      if (kind === "h1" || subject.name === "http-mitm-proxy") return openH1(subject, subject.portFor(host));
      return openH2(subject, subject.portFor(secondHost));
    }),
  );
}

async function toldTwice(subject: Subject, signal: NodeJS.Signals, origins: Origins): Promise<readonly string[]> {
  const { core } = subject;
  if (core === null) return [];
  origins.hold();
  const streams = await opened(subject, kinds.length);
  core.signal(signal);
  await waitFor("the core to stop listening", async () =>
    tcp(subject.url).then(
      (late) => void late.destroy(),
      () => true,
    ),
  );
  const faults = core.isAlive() ? [] : [`${signal}: it did not wait for its answers`];
  core.signal(signal);
  const code = await within(`the core to end at the second ${signal}`, core.exited, atOnceMs);
  if (code !== interruptedCode) faults.push(`${signal} twice: it ended with ${code}`);
  const ends = await endsOf(streams);
  if (ends.some(Boolean)) faults.push(`${signal} twice: a cut answer looks whole`);
  return faults;
}

/** An answer that never ends is cut when the grace is over, and is not taken for a whole one. */
async function tooLong(subject: Subject, origins: Origins): Promise<readonly string[]> {
  const { core } = subject;
  if (core === null) return [];
  origins.hold();
  const streams = await opened(subject, kinds.length);
  core.signal("SIGTERM");
  const startedAt = performance.now();
  const code = await within("the core to end after its grace", core.exited, graceMs + 15_000);
  const tookMs = performance.now() - startedAt;
  const ends = await endsOf(streams);
  return [
    ...(code === 0 ? [] : [`after its grace it ended with ${code}`]),
    ...(tookMs > graceMs - 1_000 ? [] : [`its grace was ${Math.round(tookMs)} ms`]),
    ...(ends.some(Boolean) ? ["an answer that was cut looks whole"] : []),
  ];
}

async function endsOf(streams: readonly LiveStream[]): Promise<readonly boolean[]> {
  const ends = await within("all answers to end", Promise.all(streams.map((stream) => stream.whole)), graceMs);
  // Held until here: a session that nobody holds may be collected, and its stream never says that it is closed.
  for (const stream of streams) stream.close();
  return ends;
}

function clientKeyOf(home: string): string {
  const { clientKey } = JSON.parse(readFileSync(join(home, "state.json"), "utf8")) as { readonly clientKey: string }; // as state.ts writes it
  return clientKey;
}

function usageLines(home: string): number {
  const folder = join(home, "usage");
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  return texts
    .join("")
    .split("\n")
    .filter((line) => line !== "").length;
}
