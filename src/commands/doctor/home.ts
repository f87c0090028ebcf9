/** The folders of this home: there, ours, closed to others, with room; and what a core that was killed left in them. */
import { constants, existsSync } from "node:fs";
import { access, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { acquireInstance, readInstance } from "../../control/instance.ts";
import { prepareSocket } from "../../control/socket-file.ts";
import type { CommandContext } from "../context.ts";
import { reasonOf } from "../unwritable.ts";
import { type Check, type CheckGroup, counted, type Finding, ok, type Repair, skip } from "./check.ts";
import { closeToOthers, isEverybodys, isTooOpen, type SeenPlace, wantedMode } from "./places.ts";
import { folderStatsOf, statsOf } from "./read-text.ts";

const folders: Check = {
  id: "folders",
  title: "folders",
  async run({ context: { paths } }) {
    const wanted = [dirname(paths.configFile), paths.dataDir, paths.logsDir, dirname(paths.pidFile)];
    const findings: Finding[] = [];
    for (const path of new Set(wanted)) {
      const there = nearest(path);
      try {
        if (folderStatsOf(there)?.isDirectory() !== true) throw notAFolder();
        await access(there, constants.W_OK | constants.X_OK);
      } catch (error) {
        const text = there === path ? `${path} cannot be written` : `${path} cannot be made in ${there}`;
        const fix = "make it writable for you, or take another folder with SWITCHYARD_HOME";
        findings.push({ state: "fail", text, why: reasonOf(error), fix });
      }
    }
    if (findings.length > 0) return findings;
    return existsSync(paths.dataDir)
      ? ok(paths.home ?? `${paths.dataDir}, and its neighbours for configuration and state`)
      : skip(`${paths.home ?? paths.dataDir} is not there yet; the first start makes it`);
  },
};

/** More offenders than this are one and the same mistake. */
const maxOpenPlaces = 8;

const modes: Check = {
  id: "modes",
  title: "privacy",
  async run({ places, context, config }) {
    if (context.platform === "win32") return skip("Windows keeps its own lists of who may read what");
    const seen = await places();
    if (seen.length === 0) return skip("there is nothing to keep private yet");
    const findings = seen.flatMap((place) => placeFinding(place, context));
    const open = configFinding(config());
    const all = open === null ? findings : [...findings, open];
    if (all.length === 0)
      return ok(`${counted(seen.length, "file or folder", "files and folders")}, open to you alone`);
    const rest = all.length - maxOpenPlaces;
    return rest <= 0 ? all : [...all.slice(0, maxOpenPlaces), { state: "warn", text: `and ${rest} more like these` }];
  },
};

function placeFinding(place: SeenPlace, context: CommandContext): readonly Finding[] {
  const { path, mode, uid, isPlain, kind, privacy } = place;
  const mine = process.getuid?.();
  if (!isPlain) {
    const text = `${path} is no plain ${kind}`;
    return [
      { state: "fail", text, why: "a link could lead our secrets elsewhere", fix: "look at it and move it away" },
    ];
  }
  if (mine !== undefined && uid !== mine) {
    const fix = "run Switchyard as that user, or set SWITCHYARD_HOME to a folder of yours";
    return [{ state: "fail", text: `${path} belongs to another user (uid ${uid})`, fix }];
  }
  if (!isTooOpen(place)) return [];
  const wanted = `chmod ${wantedMode(place).toString(8)} ${quoted(path)}`;
  const finding: Finding = {
    state: privacy === "key" ? "fail" : "warn",
    text: `${path} is open to other users (mode ${mode.toString(8).padStart(4, "0")})`,
    ...(privacy === "key" ? { why: "no core starts on a certificate key that others could have read" } : {}),
    fix: wanted,
  };
  // A folder that somebody named as our home and that holds more than ours is not ours to close.
  if (isEverybodys(path, context.env)) return [finding];
  return [{ ...finding, repair: { what: wanted, run: () => closeToOthers(place) } }];
}

/** Hand-made and usually open to all: that matters where it holds keys. */
function configFinding({ path, hasLiteralKeys }: { path: string; hasLiteralKeys: boolean }): Finding | null {
  const stats = hasLiteralKeys ? statsOf(path) : null;
  if (stats === null || (stats.mode & 0o077) === 0 || !stats.isFile()) return null;
  const fix = `chmod 600 ${quoted(path)}`;
  const finding: Finding = {
    state: "warn",
    text: `${path} holds keys and is open to other users`,
    why: "an API key is written out in it; ${NAME} of a variable or {file: path} would keep it elsewhere",
    fix,
  };
  if (stats.uid !== process.getuid?.()) return finding;
  const mode = stats.mode & 0o777;
  const place: SeenPlace = { path, kind: "file", privacy: "private", mode, uid: stats.uid, isPlain: true };
  return { ...finding, repair: { what: fix, run: () => closeToOthers(place) } };
}

const mebibyte = 1024 * 1024;
/** A day of calls is some megabytes of usage lines; request logs take up to 256 MiB when they are on. */
const littleRoomBytes = 300 * mebibyte;
/** Below this a state file that is replaced by a new copy may not fit any more. */
const noRoomBytes = 10 * mebibyte;

const space: Check = {
  id: "space",
  title: "free space",
  async run({ context: { paths } }) {
    const there = nearest(paths.dataDir);
    const { bavail, bsize } = await statfs(there);
    return spaceFinding(bavail * bsize, there);
  },
};

export function spaceFinding(freeBytes: number, where: string): Finding {
  const mebibytes = freeBytes / mebibyte;
  const text = mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(1)} GiB` : `${Math.floor(mebibytes)} MiB`;
  if (freeBytes >= littleRoomBytes) return ok(text);
  const fix = `make room where ${where} lies`;
  return { state: freeBytes < noRoomBytes ? "fail" : "warn", text: `only ${text} left`, fix };
}

const socket: Check = {
  id: "socket",
  title: "control socket",
  async run({ context, core }) {
    const { controlSocket } = context.paths;
    const running = await core();
    if (running.kind === "running") return ok(`a core answers on ${controlSocket}`);
    if (running.kind === "trouble") {
      const fix = "see who has it: switchyard status";
      return { state: "fail", text: `${controlSocket} does not answer as a core of ours`, why: running.why, fix };
    }
    if (statsOf(controlSocket) === null) return ok("none, as no core runs");
    return {
      state: "warn",
      text: `${controlSocket} was left by a core that is gone`,
      why: "it does no harm: the next start takes it over",
      fix: "switchyard start -d",
      repair: tidying(context),
    };
  },
};

const lock: Check = {
  id: "lock",
  title: "instance lock",
  async run({ context, core }) {
    const { pidFile } = context.paths;
    const holder = await readInstance(context.paths);
    const running = await core();
    if (holder !== null) {
      if (running.kind !== "none") return ok(`held by process ${holder.pid}`);
      const text = `process ${holder.pid} holds this home and does not answer`;
      const why = holder.url === null ? "it may be starting" : "it is stuck, or somebody removed its socket";
      return {
        state: holder.url === null ? "warn" : "fail",
        text,
        why,
        fix: `wait a moment, or end it: kill ${holder.pid}`,
      };
    }
    if (statsOf(pidFile) === null) {
      if (running.kind !== "running") return ok("free, as no core runs");
      const why = "a second core could be started on the same files";
      return {
        state: "warn",
        text: `${pidFile} is gone while a core runs`,
        why,
        fix: "switchyard stop && switchyard start -d",
      };
    }
    return {
      state: "warn",
      text: `${pidFile} was left by a core that is gone`,
      why: "it does no harm: the next start takes it over",
      fix: "switchyard start -d",
      repair: tidying(context),
    };
  },
};

/** By the way a start does it: whoever holds the lock, and nobody else, removes what a dead core left. */
function tidying({ paths, random }: CommandContext): Repair {
  return {
    what: `remove what a dead core left (${paths.pidFile}, ${paths.controlSocket})`,
    async run() {
      const acquired = await acquireInstance(paths, random);
      if (!acquired.ok) throw new Error(`a core has been started meanwhile (pid ${acquired.holder.pid})`);
      try {
        await prepareSocket(paths.controlSocket);
      } finally {
        await acquired.instance.release();
      }
    },
  };
}

export const homeChecks: CheckGroup = { id: "home", checks: [folders, modes, space, socket, lock] };

/** The path, or the nearest folder above it that is there. */
function nearest(path: string): string {
  let there = path;
  while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
  return there;
}

function notAFolder(): Error {
  return Object.assign(new Error("it is a file, not a folder"), { code: "ENOTDIR" });
}

/** For a shell. */
export function quoted(path: string): string {
  return /^[\w@%+=:,./~-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`;
}
