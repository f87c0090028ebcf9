/** A control server on a socket of its own, with verbs that answer something recognisable, and a client to talk to it. */
import { join } from "node:path";
import { tempFolder } from "../../../test/support/temp.ts";
import { createBus } from "../../base/bus.ts";
import { systemClock } from "../../base/clock.ts";
import type { Controls, CoreNotice, MetricsJson } from "../../base/controls.ts";
import { type EngineVerbs, VerbRefusal } from "../../base/controls-engine.ts";
import type { StampedEvent } from "../../base/events.ts";
import type { FlowStart } from "../../base/flow.ts";
import { systemRandom } from "../../base/random.ts";
import { createRedactor } from "../../base/redact.ts";
import { ReplayRefused } from "../../base/replay.ts";
import { Secret } from "../../base/secret.ts";
import { connectControl, type ControlClient } from "../client.ts";
import { createFlowLog, type FlowLog } from "../flow-log.ts";
import { createLoginPages } from "../login-page/pages.ts";
import type { ControlServerDeps } from "../route.ts";
import { type ControlServer, createControlServer } from "../server.ts";

export const benchUrl = "http://127.0.0.1:8317";
export const benchToken = "proxy-token-0123456789";
export const benchClientKey = "client-key-0123456789";
export const benchAdminToken = "admin-token-0123456789";

const benchMetrics: MetricsJson = {
  since: "2026-11-01T00:00:00.000Z",
  requests: [{ action: "reroute", provider: "local", outcome: "ok", count: 2 }],
  attempts: [],
  failures: [],
  usage: [],
  durations: [],
  firstTokens: [],
  accounts: [],
  cooldowns: [],
  flows: { flows: 2, live: 0, tunnels: 0, dropped: 0 },
  usageLinesDropped: 0,
  process: { residentBytes: 1, heapUsedBytes: 1, cpuSeconds: 1, uptimeSeconds: 1, eventLoopLagSeconds: 0 },
};

/** One more than a person is shown at once. */
const benchNotices = ["one", "two", "three", "four", "five", "six"].map(
  (text): CoreNotice => ({ at: "2026-11-01T00:00:00.000Z", level: "warn", area: "state", text: `notice ${text}` }),
);

export const call: FlowStart = {
  client: "claude-code",
  host: "api.anthropic.com",
  method: "POST",
  path: "/v1/messages?beta=true",
  protocol: "http/1.1",
  action: "passthrough",
};

export interface ControlBench {
  readonly socketPath: string;
  readonly client: ControlClient;
  readonly flowLog: FlowLog;
  /** The verbs that were called, in order. */
  readonly calls: readonly string[];
  readonly events: ControlServerDeps["events"];
  readonly server: ControlServer;
  readonly close: () => Promise<void>;
}

export async function startControlBench(onUnused?: () => void, verbs?: Partial<EngineVerbs>): Promise<ControlBench> {
  const folder = tempFolder("control");
  const socketPath = join(folder.path, "run", "control.sock");
  const calls: string[] = [];
  const deps = benchDeps(socketPath, (verb) => calls.push(verb), verbs);
  const server = await createControlServer({ ...deps, ...(onUnused === undefined ? {} : { onUnused }) });
  const client = connectControl({ controlSocket: socketPath });
  const { flowLog, events } = deps;
  return {
    socketPath,
    client,
    flowLog,
    calls,
    events,
    server,
    async close() {
      await server.close();
      folder.close();
    },
  };
}

export function benchDeps(
  socketPath: string,
  onVerb: (verb: string) => void = () => {},
  given: Partial<EngineVerbs> = {},
): ControlServerDeps {
  const redactor = createRedactor();
  redactor.register(benchToken);
  const verbs = only(given);
  return {
    socketPath,
    controls: benchControls(onVerb),
    verbs,
    flowLog: createFlowLog({ clock: systemClock, random: systemRandom }),
    replays: { begin: () => Promise.reject(new ReplayRefused("no-such-flow", "no replays here")) },
    events: createBus<StampedEvent>(),
    redactor,
    loginPages: createLoginPages({
      verbs,
      clock: systemClock,
      random: systemRandom,
      redactor,
      url: () => benchUrl,
    }),
  };
}

/** A core that has these verbs and no others: whoever calls another one is told so. */
function only(verbs: Partial<EngineVerbs>): EngineVerbs {
  // Every verb that is missing answers with a refusal.
  return new Proxy(verbs, {
    get: (target, name) =>
      Reflect.get(target, name) ?? (() => Promise.reject(new VerbRefusal("unavailable", `no ${String(name)} here`))),
  }) as EngineVerbs;
}

function benchControls(onVerb: (verb: string) => void): Controls {
  const config = { path: "/c.yaml", exists: true, error: null, warnings: ["mind this"], routes: 1 };
  const ca = { fingerprint: "AA:BB", expiresAt: "2027-01-01T00:00:00.000Z", scope: ["api.anthropic.com"], path: "/r" };
  return {
    status: () => ({
      running: true,
      pid: process.pid,
      port: 8317,
      host: "127.0.0.1",
      url: benchUrl,
      version: "9.9.9",
      startedAt: "2026-11-01T00:00:00.000Z",
      ca,
      config,
      proxyAuth: "reroute",
      notices: benchNotices,
    }),
    secrets: () => ({
      proxyToken: new Secret(benchToken),
      clientKey: new Secret(benchClientKey),
      adminToken: new Secret(benchAdminToken),
    }),
    routes: () => [{ number: 1, match: { model: "claude-*" }, to: "local/x", fallback: "error", enabled: true }],
    explain: (question) => ({
      action: "reroute",
      rule: 1,
      to: `local/${question.model}`,
      targets: [{ provider: "local", model: question.model, account: null, format: "openai-chat" }],
      why: [{ stage: "rule", text: `asked the core about ${question.path ?? "no path"}` }],
    }),
    reload: () => {
      onVerb("reload");
      return Promise.resolve(config);
    },
    rotateCa: () => {
      onVerb("rotate");
      return Promise.resolve(ca);
    },
    stop: () => onVerb("stop"),
    metrics: () => Promise.resolve(benchMetrics),
    metricsText: () => Promise.resolve("# TYPE switchyard_bench gauge\nswitchyard_bench 1\n"),
  };
}
