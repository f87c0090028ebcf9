/** A core with everything on, an origin and a provider behind it, and readers on its control API. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { resolvePaths } from "../../src/base/paths.ts";
import { startOrigin, type Contestant } from "../bench/contestants.ts";
import { startUpstream } from "../bench/gateways.ts";
import { openApi, type Api } from "../support/api.ts";
import { startCoreProcess, type CoreProcess } from "../support/core-process.ts";
import { createOpened } from "../support/opened.ts";
import { within } from "../support/wait.ts";
import { createProbe, probeFlags, type Probe } from "./probe.ts";
import type { Stage } from "./traffic.ts";

export interface SoakStage extends Stage {
  readonly core: CoreProcess;
  readonly api: Api;
  readonly probe: Probe;
  /** Hosts that nobody has asked for yet, in turn for ever: by the time one comes again its certificate is forgotten. */
  freshHost(): string;
  /** Saves the configuration with another rule in it, as an editor does. */
  editConfig(): void;
  /** How many events the reader has been told that stays for the whole run; rejects when it was cut off. */
  events(): Promise<number>;
  close(): Promise<void>;
}

/** More than there are places for certificates. */
const freshCount = 600;
const ruleCount = 60;

export async function openSoakStage(cli: string, hostCount: number): Promise<SoakStage> {
  const opened = createOpened();
  try {
    const origin = opened.add(await startOrigin());
    const provider = opened.add(await startUpstream(20));
    const half = Math.ceil(hostCount / 2);
    const hosts = Array.from({ length: half }, (_, index) => `h${index}.bench.example`);
    const tunnelHosts = Array.from({ length: hostCount - half }, (_, index) => `t${index}.bench.example`);
    const fresh = Array.from({ length: freshCount }, (_, index) => `n${index}.bench.example`);
    const rerouted = { host: "reroute.bench.example", model: "claude-soak" };
    const dialled = [...hosts, ...tunnelHosts, ...fresh, rerouted.host];
    const core = opened.add(
      await startCoreProcess({
        program: [...probeFlags, cli],
        env: { SOAK_PROBE: join(origin.ca.file, "..", "probe") },
        trust: origin.ca.file,
        dial: Object.fromEntries(dialled.map((host) => [host, origin.port])),
        config: {
          intercept: { hosts: ["default", "*.bench.example"], tunnel: ["t*.bench.example"] },
          providers: {
            local: {
              type: "openai-compatible",
              endpoint: `http://127.0.0.1:${provider.port}/v1`,
              auth_type: "none",
            },
          },
          routes: [
            { match: { host: rerouted.host, model: "claude-*" }, to: "local/bench" },
            ...Array.from({ length: ruleCount }, (_, index) => ({
              match: { client: `client-${index}`, model: `claude-${index}-*` },
              to: "local/bench",
            })),
          ],
        },
      }),
    );
    const api = await openApi(core.home);
    const who: Contestant = {
      name: "switchyard",
      proxyUrl: core.url,
      ca: core.ca,
      pid: core.pid,
      speaksH2: true,
      targetPort: 443,
      close: () => Promise.resolve(),
    };
    const watcher = await startWatcher(core.home);
    opened.later(() => endOf(watcher));
    let asked = 0;
    let edits = 0;
    const configFile = join(core.home, "config.yaml");
    const text = readFileSync(configFile, "utf8");
    return {
      core,
      api,
      probe: createProbe(core.pid, join(origin.ca.file, "..", "probe")),
      who,
      tunnelled: { ...who, ca: origin.ca.cert },
      hosts,
      tunnelHosts,
      rerouted,
      freshHost() {
        asked += 1;
        return fresh[asked % fresh.length] ?? "";
      },
      editConfig() {
        edits += 1;
        writeFileSync(`${configFile}.new`, text.replace("claude-7-*", `claude-7-${edits}-*`), { mode: 0o600 });
        renameSync(`${configFile}.new`, configFile);
      },
      async events() {
        if (watcher.exitCode !== null) throw new Error("the reader on the events stream was cut off");
        const answer = once(watcher, "message");
        watcher.send("how many");
        const [said] = (await within("the reader to count", answer)) as [{ events: number }]; // watcher.mjs says this
        return said.events;
      },
      close: () => opened.closeAll(),
    };
  } catch (error) {
    await opened.closeAll();
    throw error;
  }
}

async function startWatcher(home: string): Promise<ChildProcess> {
  const { controlSocket } = resolvePaths({ SWITCHYARD_HOME: home });
  const child = fork(fileURLToPath(new URL("../bench/watcher.mjs", import.meta.url)), [controlSocket], {
    execArgv: [],
    env: { PATH: process.env["PATH"] ?? "" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  await within("the reader on the events stream to begin", once(child, "message"), 30_000);
  return child;
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.disconnect();
  await exit;
}
