/**
 * Who is measured: no proxy at all, a TLS splice (the floor), Switchyard with everything on, and the two proxies it is
 * compared with, each in its own process.
 */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createFakeCa, type FakeCa, type Identity } from "../support/fake-ca.ts";
import { installPackage } from "../support/install.ts";
import { startCoreProcess } from "../support/core-process.ts";
import { within } from "../support/wait.ts";
import { resolvePaths } from "../../src/base/paths.ts";
import type { Bench } from "./part.ts";

export const names = ["direct", "floor", "switchyard", "http-mitm-proxy", "mockttp"] as const;
export type Name = (typeof names)[number];

export interface Contestant {
  readonly name: Name;
  /** null: dial the origin itself. */
  readonly proxyUrl: string | null;
  /** Root that the client has to trust. */
  readonly ca: string;
  /** The proxy's process; 0 without one. */
  readonly pid: number;
  readonly speaksH2: boolean;
  /** Port to name in CONNECT; all names lead to the one origin. */
  readonly targetPort: number;
  close(): Promise<void>;
}

export interface Origin {
  readonly port: number;
  readonly ca: FakeCa;
  readonly identity: Identity;
  /** When a stream that was asked for with `id=` lost its client, µs of the system's monotonic clock. */
  closedAt(id: string): number | undefined;
  close(): Promise<void>;
}

export const mainHost = "api.anthropic.com";

/** Calls to this host are rerouted: translated from Claude's dialect to OpenAI's Chat Completions. */
export const reroutedHost = "reroute.bench.example";

/** Hosts no proxy has seen before; each is used once. */
export const freshHosts: readonly string[] = Array.from({ length: 80 }, (_, index) => `fresh${index}.bench.example`);

export async function startOrigin(): Promise<Origin> {
  const ca = createFakeCa("Bench root");
  const identity = ca.issue([mainHost, "*.bench.example"]);
  const child = fork(fileURLToPath(new URL("upstream.ts", import.meta.url)), [], {
    execArgv: ["--import", import.meta.resolve("tsx")],
    env: { PATH: process.env["PATH"] ?? "", BENCH_KEY: identity.key, BENCH_CERT: identity.cert },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { port } = await said<{ port: number }>(child, "the origin to listen");
  const closed = new Map<string, number>();
  child.on("message", (message) => {
    const { id, atMicros } = message as { id: string; atMicros: number }; // all that upstream.ts says after its port
    closed.set(id, atMicros);
  });
  return {
    port,
    ca,
    identity,
    closedAt: (id) => closed.get(id),
    async close() {
      await ended(child);
      ca.close();
    },
  };
}

export interface Surroundings {
  readonly bench: Bench;
  readonly origin: Origin;
  /** The port of a provider that answers rerouted calls; none: nothing is rerouted. */
  readonly providerPort?: number;
}

export async function start(name: Name, around: Surroundings): Promise<Contestant> {
  const { origin } = around;
  if (name === "direct") {
    return {
      name,
      proxyUrl: null,
      ca: origin.ca.cert,
      pid: 0,
      speaksH2: true,
      targetPort: origin.port,
      close: () => Promise.resolve(),
    };
  }
  return name === "switchyard" ? startWatched(around) : startOther(name, origin);
}

/** Fits no call of the bench, but each is held against every one of them. */
export const benchRules: readonly object[] = Array.from({ length: 60 }, (_, index) => ({
  match: { client: `client-${index}`, host: mainHost, path: "/v1/messages*", model: `claude-${index}-*` },
  to: "local/bench",
}));

/** Capture is on by itself; `rules` and a provider come from here. Nobody watches it yet. */
export async function startSwitchyard({
  bench,
  origin,
  providerPort,
}: Surroundings): Promise<Contestant & { readonly home: string }> {
  const hosts = [mainHost, reroutedHost, ...freshHosts];
  const core = await startCoreProcess({
    program: [(await bench.program()).cli],
    trust: origin.ca.file,
    dial: Object.fromEntries(hosts.map((host) => [host, origin.port])),
    config: {
      intercept: { hosts: ["default", "*.bench.example"] },
      providers: {
        local: {
          type: "openai-compatible",
          // Without a provider nothing is asked of it.
          endpoint: `http://127.0.0.1:${providerPort ?? 9}/v1`,
          auth_type: "none",
        },
      },
      routes: [...benchRules, { match: { host: reroutedHost, model: "claude-*" }, to: "local/bench" }],
    },
  });
  return {
    name: "switchyard",
    proxyUrl: core.url,
    ca: core.ca,
    pid: core.pid,
    speaksH2: true,
    targetPort: 443,
    home: core.home,
    close: () => core.close(),
  };
}

/** With an open screen's reader on its events, as it is used. */
async function startWatched(around: Surroundings): Promise<Contestant> {
  const core = await startSwitchyard(around);
  const { controlSocket } = resolvePaths({ SWITCHYARD_HOME: core.home });
  const watcher = fork(fileURLToPath(new URL("watcher.mjs", import.meta.url)), [controlSocket], {
    execArgv: [],
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await said(watcher, "the reader on the events stream to begin");
  return {
    ...core,
    async close() {
      // One that was let go of is no load: the figures would be about something else.
      const isThere = watcher.exitCode === null && watcher.signalCode === null;
      await ended(watcher);
      await core.close();
      if (!isThere) throw new Error("the reader on the events stream was cut off during the run");
    },
  };
}

/** Brings a hundred packages along, so it is no dependency of the project. */
export const mockttp = { name: "mockttp", version: "4.6.5", program: "mockttp/dist/main.js" };

export async function startOther(name: Exclude<Name, "direct" | "switchyard">, origin: Origin): Promise<Contestant> {
  const program = name === "floor" ? "floor.mjs" : "baseline.mjs";
  const child = fork(fileURLToPath(new URL(program, import.meta.url)), [name], {
    execArgv: [],
    env: {
      PATH: process.env["PATH"] ?? "",
      ...(name === "floor"
        ? { BENCH_KEY: origin.identity.key, BENCH_CERT: origin.identity.cert, BENCH_ROOT: origin.ca.file }
        : { NODE_EXTRA_CA_CERTS: origin.ca.file }),
      ...(name === "mockttp" ? { BENCH_MOCKTTP: await installPackage(mockttp) } : {}),
    },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const { port, ca } = await said<{ port: number; ca: string }>(child, `${name} to listen`);
  return {
    name,
    proxyUrl: `http://127.0.0.1:${port}`,
    ca,
    pid: child.pid ?? 0,
    speaksH2: name !== "http-mitm-proxy",
    targetPort: origin.port,
    close: () => ended(child),
  };
}

function said<Message>(child: ChildProcess, what: string): Promise<Message> {
  return within(
    what,
    new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(message as Message)); // our own children, one message each
      child.once("exit", (code) => reject(new Error(`ended with ${code} while waiting for ${what}`)));
    }),
    30_000,
  );
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else {
      child.once("exit", () => resolve());
      child.disconnect();
    }
  });
}
