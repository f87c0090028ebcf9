/**
 * Where everything lives. `SWITCHYARD_HOME` puts all of it into one folder (tests, portable use);
 * otherwise the XDG base directories, on every system (users of command-line tools look there on macOS too).
 * `SWITCHYARD_CONFIG` names another configuration file, `SWITCHYARD_DATA_DIR` one folder for all the rest, the control
 * socket included: two data folders are two cores.
 */
import { createHash } from "node:crypto";
import { homedir, tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";

export interface Paths {
  readonly home: string | null;
  readonly configFile: string;
  readonly dataDir: string;
  readonly certsDir: string;
  readonly stateFile: string;
  readonly logsDir: string;
  /** Who runs, where: pid, port, start time. */
  readonly pidFile: string;
  /** Unix socket path, or a named pipe on Windows. */
  readonly controlSocket: string;
}

/** A Unix socket path longer than this is refused by the kernel (108 bytes with its NUL on Linux, 104 on macOS). */
const maxSocketPathBytes = 103;

export function resolvePaths(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): Paths {
  const home = env["SWITCHYARD_HOME"] ? resolve(env["SWITCHYARD_HOME"]) : null;
  const user = env["HOME"] ?? homedir();
  const config = home ?? join(env["XDG_CONFIG_HOME"] || join(user, ".config"), "switchyard");
  const one = env["SWITCHYARD_DATA_DIR"] ? resolve(env["SWITCHYARD_DATA_DIR"]) : home;
  const data = one ?? join(env["XDG_DATA_HOME"] || join(user, ".local", "share"), "switchyard");
  const state = one ?? join(env["XDG_STATE_HOME"] || join(user, ".local", "state"), "switchyard");
  return {
    home,
    configFile: env["SWITCHYARD_CONFIG"] ? resolve(env["SWITCHYARD_CONFIG"]) : join(config, "config.yaml"),
    dataDir: data,
    certsDir: join(data, "certs"),
    stateFile: join(data, "state.json"),
    logsDir: one === null ? state : join(one, "logs"),
    pidFile: join(state, "core.json"),
    controlSocket: controlSocketPath(state, platform),
  };
}

function controlSocketPath(stateDir: string, platform: NodeJS.Platform): string {
  const short = createHash("sha256").update(stateDir).digest("hex").slice(0, 16);
  if (platform === "win32") return `\\\\.\\pipe\\switchyard-${short}`;
  const wanted = join(stateDir, "control.sock");
  if (Buffer.byteLength(wanted) <= maxSocketPathBytes) return wanted;
  // Deep homes (test folders, long user names) do not fit: a folder of our own, mode 0700, in the temporary directory.
  return join(tmpdir(), `switchyard-${userInfo().uid}-${short}`, "control.sock");
}
