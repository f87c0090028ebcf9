/**
 * A home that outlives its cores: they are started in it, killed, and started again. The program is the built one, the
 * environment is clean, and provider hosts are dialled where the case says.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { run, type Ran, type Through } from "../../support/proxy-clients.ts";
import { tempFolder } from "../../support/temp.ts";
import { within } from "../../support/wait.ts";
import { builtCli } from "../board/subjects.ts";

export interface HomeOptions {
  /** Root file trusted toward the origins. */
  readonly trust?: string;
  /** Provider host → port on loopback. */
  readonly dial?: Readonly<Record<string, number>>;
  /** Top-level parts of config.yaml; `listen` and `upstream` are merged one level deep. */
  readonly config?: Readonly<Record<string, object>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Where its data lies, if not in a folder of its own. */
  readonly dataDir?: string;
}

export interface CoreHome {
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  /** Does not wait for anything. */
  spawn(...more: readonly string[]): Life;
  /** Resolves when it listens. */
  start(...more: readonly string[]): Promise<LiveCore>;
  cli(...args: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

/** One process of `switchyard start`. */
export interface Life {
  readonly child: ChildProcess;
  readonly pid: number;
  /** The address when it listens; null when it ended before. */
  readonly listening: Promise<string | null>;
  readonly exited: Promise<Exit>;
  isAlive(): boolean;
  stdout(): string;
  stderr(): string;
  signal(name: NodeJS.Signals): void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export type LiveCore = Life & Through;

export async function createHome(options: HomeOptions = {}): Promise<CoreHome> {
  const folder = tempFolder("home");
  const program = await builtCli();
  const configFile = folder.file("config.yaml", stringify(configOf(options)));
  const where =
    options.dataDir === undefined
      ? { SWITCHYARD_HOME: folder.path }
      : { SWITCHYARD_CONFIG: configFile, SWITCHYARD_DATA_DIR: options.dataDir };
  const env = { ...where, HOME: folder.path, NO_COLOR: "1", PATH: process.env["PATH"] ?? "", ...options.env };
  const lives: Life[] = [];

  function spawnOne(...more: readonly string[]): Life {
    const child = spawn(process.execPath, [program, "start", "--port", "0", ...more], {
      env,
      cwd: folder.path,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const text = { out: "", err: "" };
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.err += chunk));
    const exited = new Promise<Exit>((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
    const listening = new Promise<string | null>((resolve) => {
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        text.out += chunk;
        const url = /listening on (http:\/\/\S+)/.exec(text.out)?.[1];
        if (url !== undefined) resolve(url);
      });
      void exited.then(() => resolve(null));
    });
    const life: Life = {
      child,
      pid: child.pid ?? 0,
      listening,
      exited,
      isAlive: () => child.exitCode === null && child.signalCode === null,
      stdout: () => text.out,
      stderr: () => text.err,
      signal: (name) => void child.kill(name),
    };
    lives.push(life);
    return life;
  }

  const data = options.dataDir ?? folder.path;
  return {
    path: data,
    env,
    spawn: spawnOne,
    async start(...more) {
      const life = spawnOne(...more);
      const url = await within("the core to listen", life.listening, 60_000);
      if (url === null) throw new Error(`the core ended before it listened:\n${life.stderr()}`);
      return { ...life, url, ca: readFileSync(join(data, "certs", "root.pem"), "utf8") };
    },
    cli: (...args) => run(process.execPath, [program, ...args], { env, cwd: folder.path, timeoutMs: 60_000 }),
    async close() {
      for (const life of lives) life.signal("SIGKILL");
      await Promise.all(lives.map(({ exited }) => exited));
      folder.close();
    },
  };
}

function configOf({ trust, dial = {}, config = {} }: HomeOptions): object {
  const connectTo = Object.fromEntries(
    Object.entries(dial).map(([host, port]) => [`${host}:443`, `127.0.0.1:${port}`]),
  );
  const { listen, upstream, ...rest } = config;
  return {
    listen: { host: "127.0.0.1", proxy_auth: "off", ...listen },
    upstream: { ca: trust === undefined ? [] : [trust], connect_to: connectTo, ...upstream },
    ...rest,
  };
}
