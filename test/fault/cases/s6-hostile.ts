/** S6: a hostile corpus from both sides. Nobody may die of it, honest calls are served in between, no file appears. */
import { readdirSync } from "node:fs";
import { resolvePaths } from "../../../src/base/paths.ts";
import { openApi } from "../../support/api.ts";
import { createFakeCa } from "../../support/fake-ca.ts";
import { createOpened } from "../../support/opened.ts";
import { readUntil, tlsThrough } from "../../support/proxy-clients.ts";
import type { BoardCase, CaseContext } from "../board/case.ts";
import { startSubject, type Subject } from "../board/subjects.ts";
import { authority, carry, startHostileOrigin, startHostileProvider, type Reach } from "../hostile/doors.ts";
import { hostileInput, type Door, type HostileInput } from "../hostile/inputs.ts";

const host = "api.anthropic.com";
const h2Host = "api.openai.com";
/** At once: some doors wait for the other side to give up. */
const batch = 12;

const everybodysDoors: readonly Door[] = ["port", "tunnel", "inside", "h2", "reply", "reply-h2"];
const ownDoors: readonly Door[] = ["gateway", "stream", "socket"];

export const hostileCase: BoardCase = {
  id: "S6",
  title:
    "deaths of the process over a hostile corpus from both sides; honest calls in between that failed; files that appeared",
  aim: "0 deaths, 0 failed, 0 files",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "the peers meet the six doors they have (their port, tunnels, TLS, HTTP/2, replies of upstreams); whoever dies is started again and goes on. Half of the seeds run Switchyard with `--disable-proto=throw`.",
  run,
};

async function run(context: CaseContext): Promise<{ figure: string; kept: boolean; details: readonly string[] }> {
  const { subject: name, random, say } = context;
  const count = context.of({ short: 240, usual: 1_500, full: 6_000 });
  const doors = name === "switchyard" ? [...everybodysDoors, ...ownDoors] : everybodysDoors;
  // By door, so that leaving some out changes nothing for the others.
  const inputs: readonly HostileInput[] = Array.from({ length: count }, (_, index) => {
    const door = doors[index % doors.length] ?? "port";
    return hostileInput(door, random.fork(`${door} ${index}`), door === "h2" || door === "reply-h2" ? h2Host : host);
  });
  const answers = (door: Door): ((index: number) => Buffer) => {
    const own = inputs.filter((input) => input.door === door);
    return (index) =>
      (door === "reply-h2" ? own[index % Math.max(1, own.length)] : inputs[index])?.bytes ?? Buffer.alloc(0);
  };
  const opened = createOpened();
  const deaths: string[] = [];
  const failed: string[] = [];
  try {
    const ca = opened.add(createFakeCa());
    const identity = ca.issue([host, h2Host]);
    const origin = opened.add(await startHostileOrigin(identity, "http/1.1", answers("reply")));
    const h2Origin = opened.add(await startHostileOrigin(identity, "h2", answers("reply-h2")));
    const provider = opened.add(await startHostileProvider(answers("stream")));
    const start = (): Promise<Subject> =>
      startSubject(name, {
        ca,
        origins: { [host]: origin.port, [h2Host]: h2Origin.port },
        core: {
          config: { providers: providersAt(provider.port) },
          ...(random.seed % 2 === 0 ? { env: { NODE_OPTIONS: "--disable-proto=throw" } } : {}),
        },
      });
    let subject = await start();
    opened.later(() => subject.close());
    let reach = await reachOf(subject);
    await honest(subject);
    const filesBefore = filesOf(subject);
    for (let at = 0; at < inputs.length; at += batch) {
      const some = inputs.slice(at, at + batch);
      await Promise.all(some.map((input, index) => carry(reach, input, at + index)));
      const trouble = await honest(subject).then(
        () => null,
        (error: unknown) => String(error),
      );
      if (!subject.isAlive()) {
        deaths.push(`died between ${at} and ${at + batch}: ${some.map(describe).join(" | ").slice(0, 600)}`);
        await subject.close();
        subject = await start();
        reach = await reachOf(subject);
      } else if (trouble !== null) failed.push(`after ${at + batch}: ${trouble}`);
      if (at % (batch * 40) === 0) say(`${at} of ${inputs.length}, ${deaths.length} deaths`);
    }
    const files = filesOf(subject).filter((file) => !filesBefore.includes(file));
    // What nobody caught: the core goes on and says so.
    const faults = (subject.core?.stderr() ?? "").split("fault of Switchyard itself").length - 1;
    if (faults > 0) failed.push(`${faults} faults that nobody caught: ${subject.core?.stderr().slice(0, 1_000) ?? ""}`);
    return {
      figure: `${deaths.length} deaths, ${failed.length} failed, ${files.length} files (${inputs.length} inputs)`,
      kept: deaths.length + failed.length + files.length === 0,
      details: [...deaths, ...failed, ...files],
    };
  } finally {
    await opened.closeAll();
  }
}

const describe = ({ door, bytes }: HostileInput): string =>
  `${door} ${JSON.stringify(bytes.toString("latin1").slice(0, 120))}`;

function providersAt(port: number): Readonly<Record<string, unknown>> {
  const of = (type: string, path: string): object => ({
    type,
    endpoint: `http://127.0.0.1:${port}${path}`,
    auth_type: "none",
  });
  return {
    "openai-chat": of("openai-compatible", "/v1"),
    claude: of("anthropic-compatible", "/v1"),
    gemini: of("gemini-compatible", "/v1beta"),
    "openai-responses": of("openai-responses-compatible", "/v1"),
  };
}

async function reachOf(subject: Subject): Promise<Reach> {
  const { core } = subject;
  return {
    subject,
    host,
    h2Host,
    clientKey: core === null ? null : (await openApi(core.home)).clientKey,
    controlSocket: core === null ? null : resolvePaths({ SWITCHYARD_HOME: core.home }).controlSocket,
  };
}

async function honest(subject: Subject): Promise<void> {
  const socket = await tlsThrough(subject, host, { alpn: ["http/1.1"], port: subject.portFor(host) });
  socket.write(`GET /honest HTTP/1.1\r\nHost: ${authority(subject, host)}\r\nConnection: close\r\n\r\n`);
  await readUntil(socket, "honest");
  socket.destroy();
}

/** What it writes about itself may come and go: logs, and the figures of the calls it made. */
function filesOf({ core }: Subject): readonly string[] {
  if (core === null) return [];
  return readdirSync(core.home, { recursive: true, encoding: "utf8" }).filter(
    (file) => !/^(?:logs|state|usage)\b/.test(file),
  );
}
