/** Who is tried: Switchyard as it is shipped, and the two proxies it is compared with, each in its own process. */
import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FakeCa } from "../../support/fake-ca.ts";
import { buildProgram, type BuiltProgram } from "../../support/built.ts";
import { startCoreProcess, type CoreOptions, type CoreProcess } from "../../support/core-process.ts";
import { installPackage } from "../../support/install.ts";
import type { Through } from "../../support/proxy-clients.ts";
import { within } from "../../support/wait.ts";

export type SubjectName = "switchyard" | "http-mitm-proxy" | "mockttp";

export interface Subject extends Through {
  readonly name: SubjectName;
  readonly pid: number;
  /** The port to name in CONNECT for a host, so that the call ends at the port on loopback that plays it. */
  portFor(host: string): number;
  isAlive(): boolean;
  /** Switchyard's own process, for what only it can be asked; null for the others. */
  readonly core: CoreProcess | null;
  /** What somebody who reads its authority's files has: the signing key, and the certificates with it, in PEM. */
  authority(): { readonly key: string; readonly chain: string };
  close(): Promise<void>;
}

export interface SubjectOptions {
  /** Signed the certificates of the origins. */
  readonly ca: FakeCa;
  /** Host → the port on loopback that plays it. */
  readonly origins: Readonly<Record<string, number>>;
  /** More environment for whoever is tried. */
  readonly env?: Readonly<Record<string, string>>;
  /** More for Switchyard alone. */
  readonly core?: Omit<CoreOptions, "trust" | "dial" | "program">;
}

/** Installed into a cache folder: it brings a hundred packages along. */
const mockttp = { name: "mockttp", version: "4.6.5", program: "mockttp/dist/main.js" };
const peerProgram = fileURLToPath(new URL("../../bench/baseline.mjs", import.meta.url));

let built: Promise<BuiltProgram> | null = null;

/** Built once for all cases of a run. */
export async function builtCli(): Promise<string> {
  built ??= buildProgram();
  return (await built).cli;
}

export async function removeBuilt(): Promise<void> {
  (await built)?.close();
  built = null;
}

export async function startSubject(name: SubjectName, options: SubjectOptions): Promise<Subject> {
  return name === "switchyard" ? startSwitchyard(options) : startPeer(name, options);
}

async function startSwitchyard({ ca, origins, env = {}, core: more = {} }: SubjectOptions): Promise<Subject> {
  const core = await startCoreProcess({
    ...more,
    env: { ...env, ...more.env },
    program: [await builtCli()],
    trust: ca.file,
    dial: origins,
  });
  return {
    name: "switchyard",
    url: core.url,
    ca: core.ca,
    pid: core.pid,
    portFor: () => 443,
    isAlive: () => core.isAlive(),
    core,
    authority: () => {
      const chain = readFileSync(join(core.home, "certs", "authority.pem"), "utf8");
      return { key: chain.slice(chain.indexOf("-----BEGIN PRIVATE")), chain };
    },
    close: () => core.close(),
  };
}

async function startPeer(
  name: "http-mitm-proxy" | "mockttp",
  { ca, origins, env = {} }: SubjectOptions,
): Promise<Subject> {
  const child = fork(peerProgram, [name], {
    execArgv: [],
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_EXTRA_CA_CERTS: ca.file,
      ...env,
      ...(name === "mockttp" ? { BENCH_MOCKTTP: await installPackage(mockttp) } : {}),
    },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const { port, ca: root, key } = await firstMessage(child, name);
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    ca: root,
    pid: child.pid ?? 0,
    portFor(host) {
      const known = origins[host];
      if (known === undefined) throw new Error(`no origin plays ${host}`);
      return known;
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
    core: null,
    authority: () => ({ key, chain: root }),
    close: () => ended(child),
  };
}

function firstMessage(child: ChildProcess, name: string): Promise<{ port: number; ca: string; key: string }> {
  return within(
    `${name} to listen`,
    new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(message as { port: number; ca: string; key: string })); // baseline.mjs says this, once
      child.once("exit", (code) => reject(new Error(`${name} ended with ${code} before it listened`)));
    }),
    30_000,
  );
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once("exit", resolve));
  if (child.connected) child.disconnect();
  await within("a peer to end", exit, 5_000).catch(() => child.kill("SIGKILL"));
}
