/** Who is measured: no proxy at all, Switchyard, and the two proxies it is compared with, each in its own process. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createFakeCa, type FakeCa } from "../support/fake-ca.ts";
import { installPackage } from "../support/install.ts";
import { builtProgram, startCoreProcess } from "../support/core-process.ts";
import { run } from "../support/proxy-clients.ts";
import { within } from "../support/wait.ts";

export type Name = "direct" | "switchyard" | "http-mitm-proxy" | "mockttp";

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
  close(): Promise<void>;
}

export const mainHost = "api.anthropic.com";

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
  return {
    port,
    ca,
    async close() {
      await ended(child);
      ca.close();
    },
  };
}

export async function start(name: Name, origin: Origin): Promise<Contestant> {
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
  if (name === "switchyard") return startSwitchyard(origin);
  return startBaseline(name, origin);
}

export async function startSwitchyard(origin: Origin): Promise<Contestant & { readonly home: string }> {
  const core = await startCoreProcess({
    program: builtProgram,
    trust: origin.ca.file,
    dial: Object.fromEntries([mainHost, ...freshHosts].map((host) => [host, origin.port])),
    config: { intercept: { hosts: ["default", "*.bench.example"] } },
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

/** Brings a hundred packages along, so it is no dependency of the project. */
const mockttp = { name: "mockttp", version: "4.6.5", program: "mockttp/dist/main.js" };

async function startBaseline(name: "http-mitm-proxy" | "mockttp", origin: Origin): Promise<Contestant> {
  const child = fork(fileURLToPath(new URL("baseline.mjs", import.meta.url)), [name], {
    execArgv: [],
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_EXTRA_CA_CERTS: origin.ca.file,
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
    speaksH2: name === "mockttp",
    targetPort: origin.port,
    close: () => ended(child),
  };
}

/** Compiles dist/, so that the figures are about these sources and no loader is measured. */
export async function build(): Promise<void> {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  const built = await run("npm", ["run", "--silent", "build"], { cwd: root, timeoutMs: 120_000 });
  if (built.code !== 0) throw new Error(`npm run build failed:\n${built.stdout}${built.stderr}`);
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
