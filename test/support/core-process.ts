/**
 * A real Switchyard core in a process of its own, with a home folder of its own and a clean environment.
 * Provider hosts are dialled where the test says (`upstream.connect_to`), so nothing leaves the machine.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { chmodSync, cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { run, type Ran, type RunOptions, type Through } from "./proxy-clients.ts";
import { tempFolder } from "./temp.ts";
import { waitFor, within } from "./wait.ts";

export interface CoreOptions {
  /** Root file trusted toward the fakes. */
  readonly trust?: string;
  /** Provider host (port 443 unless given) → port on loopback. */
  readonly dial?: Readonly<Record<string, number>>;
  /** Merged into config.yaml, one level deep. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Lies in its home before it starts: path below the home → content. */
  readonly files?: Readonly<Record<string, string>>;
  /** Home folder of another core whose authority this one uses too. */
  readonly certsFrom?: string;
  /** How to start the program; default: the sources through tsx. */
  readonly program?: readonly string[];
  /** More for `start`. */
  readonly args?: readonly string[];
}

export interface CoreProcess extends Through {
  readonly port: number;
  readonly pid: number;
  readonly home: string;
  /** The root certificate that clients must trust, as a file. */
  readonly caFile: string;
  /** Runs another command of the program against this core. */
  cli(...args: string[]): Promise<Ran>;
  /** The same with more environment, another working directory, or more time. */
  cliWith(options: RunOptions, ...args: string[]): Promise<Ran>;
  /** `flows list --json`, parsed. */
  flows(): Promise<readonly FlowJson[]>;
  /** Waits for a flow that fits, and returns it. */
  flow(what: string, fits: (flow: FlowJson) => boolean): Promise<FlowJson>;
  isAlive(): boolean;
  /** Everything it printed on stderr. */
  stderr(): string;
  signal(name: NodeJS.Signals): void;
  readonly exited: Promise<number | null>;
  close(): Promise<void>;
}

/** The published flow, as far as tests read it. */
export interface FlowJson {
  readonly id: string;
  readonly client: string;
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly protocol: string;
  readonly status: number | null;
  readonly state: string;
  readonly action: string;
  readonly formats: { readonly client: string | null; readonly upstream: string | null };
  readonly model: { readonly asked: string | null; readonly served: string | null };
  readonly provider: string | null;
  readonly account: string | null;
  readonly usage: { readonly input: number; readonly output: number; readonly cacheRead: number } | null;
  readonly attempts: readonly { readonly status: number | null }[];
  readonly error?: string;
}

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
const fromSources = ["--import", import.meta.resolve("tsx"), join(projectRoot, "src/cli.ts")];

export async function startCoreProcess(options: CoreOptions = {}): Promise<CoreProcess> {
  const folder = tempFolder("core");
  const program = options.program ?? fromSources;
  const env = { SWITCHYARD_HOME: folder.path, HOME: folder.path, NO_COLOR: "1", ...options.env };
  folder.file("config.yaml", stringify(configFor(options)));
  for (const [name, content] of Object.entries(options.files ?? {})) folder.file(name, content);
  if (options.certsFrom !== undefined) {
    cpSync(join(options.certsFrom, "certs"), join(folder.path, "certs"), { recursive: true });
    chmodSync(join(folder.path, "certs"), 0o700);
  }

  const child = spawn(process.execPath, [...program, "start", "--port", "0", ...(options.args ?? [])], {
    env: { PATH: process.env["PATH"] ?? "", ...env },
    cwd: folder.path,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const exited = new Promise<number | null>((resolve) => child.on("close", resolve));
  const url = await listeningLine(child, exited, () => stderr);

  const cliWith = (more: RunOptions, ...args: string[]): Promise<Ran> =>
    run(process.execPath, [...program, ...args], { cwd: folder.path, ...more, env: { ...env, ...more.env } });
  const cli = (...args: string[]): Promise<Ran> => cliWith({}, ...args);
  const flows = async (): Promise<readonly FlowJson[]> => {
    const listed = await cli("flows", "list", "--json");
    if (listed.code !== 0) throw new Error(`flows list failed: ${listed.stderr}`);
    const parsed: unknown = JSON.parse(listed.stdout);
    if (!Array.isArray(parsed)) throw new Error(`flows list --json is not an array: ${listed.stdout.slice(0, 200)}`);
    return parsed as FlowJson[]; // the names are the product's contract; tests fail on what is missing
  };
  const caFile = (await cli("ca", "path")).stdout.trim();
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    home: folder.path,
    caFile,
    ca: readFileSync(caFile, "utf8"),
    cli,
    cliWith,
    flows,
    flow: (what, fits) => waitFor(`a flow: ${what}`, async () => (await flows()).find(fits), 20_000),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stderr: () => stderr,
    signal: (name) => {
      child.kill(name);
    },
    exited,
    async close() {
      child.kill("SIGTERM");
      try {
        await within("the core to stop after SIGTERM", exited, 5_000);
      } catch {
        child.kill("SIGKILL");
        await exited;
      }
      folder.close();
    },
  };
}

function configFor(options: CoreOptions): Record<string, unknown> {
  const connectTo: Record<string, string> = {};
  for (const [host, port] of Object.entries(options.dial ?? {})) {
    connectTo[/:\d+$/.test(host) ? host : `${host}:443`] = `127.0.0.1:${port}`;
  }
  const config: Record<string, unknown> = {
    listen: { host: "127.0.0.1", proxy_auth: "off" },
    upstream: { ca: options.trust === undefined ? [] : [options.trust], connect_to: connectTo },
  };
  for (const [key, value] of Object.entries(options.config ?? {})) {
    const before = config[key];
    config[key] = isTable(before) && isTable(value) ? { ...before, ...value } : value;
  }
  return config;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function listeningLine(child: ChildProcess, exited: Promise<number | null>, stderr: () => string): Promise<string> {
  let stdout = "";
  const line = new Promise<string>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      const found = /listening on (http:\/\/\S+)/.exec(stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.on("error", reject);
    void exited.then((code) => reject(new Error(`the core ended with ${code} before it listened:\n${stderr()}`)));
  });
  return within("the core to listen", line, 30_000);
}
