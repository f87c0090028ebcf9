/** Commands in this process: a home of their own, their output in strings, and, where asked, a control server to talk to. */
import { join } from "node:path";
import { tempFolder } from "../../../test/support/temp.ts";
import { systemClock } from "../../base/clock.ts";
import { resolvePaths } from "../../base/paths.ts";
import { systemRandom } from "../../base/random.ts";
import { benchDeps } from "../../control/__fixtures__/control-bench.ts";
import type { FlowLog } from "../../control/flow-log.ts";
import { type ControlServer, createControlServer } from "../../control/server.ts";
import { systemMachine } from "../../intercept/trust/stores/machine.ts";
import type { CommandContext, CoreModule } from "../context.ts";

export interface Bench {
  readonly context: CommandContext;
  readonly home: string;
  readonly out: () => string;
  readonly err: () => string;
  /** As if the process had received it. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** An exception that nobody caught. */
  readonly fault: (error: unknown) => void;
  readonly close: () => Promise<void>;
}

export interface BenchCore {
  readonly flowLog: FlowLog;
  readonly server: ControlServer;
}

export function commandBench(options: { env?: NodeJS.ProcessEnv; core?: CoreModule } = {}): Bench {
  const folder = tempFolder("command");
  const env = { PATH: process.env["PATH"], HOME: folder.path, SWITCHYARD_HOME: folder.path, ...options.env };
  const written = { out: "", err: "" };
  const listeners = new Set<{ names: readonly NodeJS.Signals[]; listener: (name: NodeJS.Signals) => void }>();
  const faultListeners = new Set<(error: unknown) => void>();
  const context: CommandContext = {
    env,
    paths: resolvePaths(env),
    platform: "linux",
    version: "9.9.9",
    stdout: { write: (chunk) => (written.out += Buffer.from(chunk).toString()) },
    stderr: { write: (chunk) => (written.err += Buffer.from(chunk).toString()) },
    stdin: {},
    clock: systemClock,
    random: systemRandom,
    // A system of its own, with nothing in it: no test looks into the stores of the machine it runs on.
    trustMachine: systemMachine(env, "linux", { root: join(folder.path, "no-system"), isSuperuser: false }),
    program: {
      loadCore: () =>
        options.core === undefined ? Promise.reject(new Error("no core here")) : Promise.resolve(options.core),
      cliPath: "cli.js",
      tuiPath: "tui.js",
      demoClientPath: "demo-client.js",
      execArgv: [],
    },
    onFault(listener) {
      faultListeners.add(listener);
      return () => faultListeners.delete(listener);
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
    fault(error) {
      for (const listener of faultListeners) listener(error);
    },
    close: () => Promise.resolve(folder.close()),
  };
}

/** A control server for this home, as a core would have it. */
export async function serveCore(context: CommandContext, onStop: () => void = () => {}): Promise<BenchCore> {
  const deps = benchDeps(context.paths.controlSocket, (verb) => verb === "stop" && onStop());
  return { flowLog: deps.flowLog, server: await createControlServer(deps) };
}
