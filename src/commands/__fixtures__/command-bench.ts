/** Commands in this process: a home of their own, their output in strings, and, where asked, a control server to talk to. */
import { tempFolder } from "../../../test/support/temp.ts";
import { createBus } from "../../base/bus.ts";
import { systemClock } from "../../base/clock.ts";
import type { Controls } from "../../base/controls.ts";
import type { StampedEvent } from "../../base/events.ts";
import { resolvePaths } from "../../base/paths.ts";
import { systemRandom } from "../../base/random.ts";
import { createRedactor } from "../../base/redact.ts";
import { Secret } from "../../base/secret.ts";
import { createFlowLog, type FlowLog } from "../../control/flow-log.ts";
import { type ControlServer, createControlServer } from "../../control/server.ts";
import type { CommandContext, CoreModule } from "../context.ts";

export interface Bench {
  readonly context: CommandContext;
  readonly home: string;
  readonly out: () => string;
  readonly err: () => string;
  /** As if the process had received it. */
  readonly signal: (name: NodeJS.Signals) => void;
  readonly close: () => Promise<void>;
}

export interface BenchCore {
  readonly flowLog: FlowLog;
  readonly server: ControlServer;
}

export const benchToken = "bench-token-0123456789";
export const benchUrl = "http://127.0.0.1:8317";

export function commandBench(options: { env?: NodeJS.ProcessEnv; core?: CoreModule } = {}): Bench {
  const folder = tempFolder("command");
  const env = { PATH: process.env["PATH"], HOME: folder.path, SWITCHYARD_HOME: folder.path, ...options.env };
  const written = { out: "", err: "" };
  const listeners = new Set<{ names: readonly NodeJS.Signals[]; listener: (name: NodeJS.Signals) => void }>();
  const context: CommandContext = {
    env,
    paths: resolvePaths(env),
    platform: "linux",
    version: "9.9.9",
    stdout: { write: (text) => (written.out += text) },
    stderr: { write: (text) => (written.err += text) },
    stdin: {},
    clock: systemClock,
    random: systemRandom,
    program: {
      loadCore: () =>
        options.core === undefined ? Promise.reject(new Error("no core here")) : Promise.resolve(options.core),
      cliPath: "cli.js",
      tuiPath: "tui.js",
      demoClientPath: "demo-client.js",
      execArgv: [],
    },
    onSignal(names, listener) {
      const entry = { names, listener };
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
  };
  return {
    context,
    home: folder.path,
    out: () => written.out,
    err: () => written.err,
    signal(name) {
      for (const { names, listener } of listeners) if (names.includes(name)) listener(name);
    },
    close: () => Promise.resolve(folder.close()),
  };
}

/** A control server with verbs that answer something recognisable. */
export async function serveCore(context: CommandContext, onStop: () => void = () => {}): Promise<BenchCore> {
  const flowLog = createFlowLog({ clock: systemClock, random: systemRandom });
  const server = await createControlServer({
    socketPath: context.paths.controlSocket,
    controls: benchControls(onStop),
    flowLog,
    events: createBus<StampedEvent>(),
    redactor: createRedactor(),
  });
  return { flowLog, server };
}

function benchControls(onStop: () => void): Controls {
  const config = { path: "/c.yaml", exists: true, error: null, warnings: ["mind this"], routes: 2 };
  const ca = {
    fingerprint: "AA:BB",
    expiresAt: "2027-01-01T00:00:00.000Z",
    scope: ["api.anthropic.com"],
    path: "/r.pem",
  };
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
    }),
    secrets: () => ({ proxyToken: new Secret(benchToken), clientKey: new Secret("bench-client-key") }),
    routes: () => [{ number: 1, match: { model: "claude-*" }, to: "local/x", fallback: "error" }],
    explain: ({ model }) => ({
      action: "reroute",
      rule: 1,
      to: "local/x",
      targets: [{ provider: "local", model, account: null, format: "openai-chat" }],
      why: [{ stage: "rule", text: "asked the core" }],
    }),
    reload: () => Promise.resolve(config),
    rotateCa: () => Promise.resolve(ca),
    stop: onStop,
  };
}
