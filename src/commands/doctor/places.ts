/** Every file and folder that is ours to keep private, and how it is found on the disk. */
import { constants, readdirSync, type Stats } from "node:fs";
import { chmod, lstat, open } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Paths } from "../../base/paths.ts";
import { folderStatsOf, statsOf } from "./read-text.ts";

interface Place {
  readonly path: string;
  readonly kind: "folder" | "file" | "socket";
  /** `key`: a core refuses to start when others may look at it. `shared`: others may look, but not write. */
  readonly privacy: "key" | "private" | "shared";
}

export interface SeenPlace extends Place {
  readonly mode: number;
  readonly uid: number;
  /** It is what its name says: no link where a file belongs, no device. */
  readonly isPlain: boolean;
}

/** Of one folder: a home with more accounts or days than this is looked at in part. */
const maxListed = 500;

function placesOf(paths: Paths): readonly Place[] {
  const { home, dataDir, certsDir, logsDir, pidFile, controlSocket } = paths;
  const folder = (path: string): Place => ({ path, kind: "folder", privacy: "private" });
  const file = (path: string): Place => ({ path, kind: "file", privacy: "private" });
  const socket: readonly Place[] = controlSocket.startsWith("\\\\")
    ? []
    : [folder(dirname(controlSocket)), { path: controlSocket, kind: "socket", privacy: "private" }];
  const all: readonly Place[] = [
    ...(home === null ? [{ ...folder(dirname(paths.configFile)), privacy: "shared" as const }] : [folder(home)]),
    folder(dataDir),
    folder(dirname(pidFile)),
    { ...folder(certsDir), privacy: "key" },
    { ...file(join(certsDir, "authority.pem")), privacy: "key" },
    { ...file(join(certsDir, "roots.jsonl")), privacy: "key" },
    ...filesIn(join(dataDir, "accounts"), [".json"]),
    ...filesIn(join(dataDir, "usage"), [".jsonl"]),
    folder(logsDir),
    folder(join(logsDir, "requests")),
    file(join(logsDir, "core.log")),
    file(paths.stateFile),
    file(`${paths.stateFile}.bak`),
    file(join(dataDir, "provider-credentials.json")),
    file(pidFile),
    ...socket,
  ];
  return [...new Map(all.map((place) => [place.path, place])).values()];
}

/** Those that are there. */
export function lookAtPlaces(paths: Paths): Promise<readonly SeenPlace[]> {
  const seen = placesOf(paths).flatMap((place) => {
    // Folders are often links to another disk; a file behind a link is refused by whoever reads it.
    const stats = place.kind === "folder" ? folderStatsOf(place.path) : statsOf(place.path);
    if (stats === null) return [];
    return [{ ...place, mode: stats.mode & 0o777, uid: stats.uid, isPlain: isKind(stats, place.kind) }];
  });
  return Promise.resolve(seen);
}

/** The mode it ought to have. */
export function wantedMode({ kind, privacy, mode }: SeenPlace): number {
  if (privacy === "shared") return mode & ~0o022;
  return kind === "folder" ? 0o700 : 0o600;
}

export function isTooOpen({ privacy, mode }: SeenPlace): boolean {
  return (mode & (privacy === "shared" ? 0o022 : 0o077)) !== 0;
}

/**
 * Closes it to others, if it still is what it was and this user's: asked of the thing that was opened, so that nothing
 * can be put in its place in between. A folder may be a link to one; a file may not.
 */
export async function closeToOthers(place: SeenPlace): Promise<void> {
  const { path, kind } = place;
  if (kind === "socket") {
    // A socket cannot be opened as a file is; the folder it lies in has been closed before it.
    if (!isOurs(await lstat(path), kind)) throw new Error(`${path} is not ours any more`);
    await chmod(path, wantedMode(place));
    return;
  }
  const noLink = kind === "file" ? constants.O_NOFOLLOW : 0;
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | noLink);
  try {
    if (!isOurs(await handle.stat(), kind)) throw new Error(`${path} is not ours any more`);
    await handle.chmod(wantedMode(place));
  } finally {
    await handle.close();
  }
}

function isOurs(stats: Stats, kind: Place["kind"]): boolean {
  return isKind(stats, kind) && stats.uid === process.getuid?.();
}

function isKind(stats: Stats, kind: Place["kind"]): boolean {
  return { folder: stats.isDirectory(), file: stats.isFile(), socket: stats.isSocket() }[kind];
}

/** Is it a folder that holds more than ours, such as the user's own home? `SWITCHYARD_HOME` can name any. */
export function isEverybodys(path: string, env: NodeJS.ProcessEnv): boolean {
  const others = [env["HOME"] || homedir(), homedir(), tmpdir(), "/"];
  return others.some((other) => other === path || other.startsWith(path.endsWith("/") ? path : `${path}/`));
}

function filesIn(folder: string, endings: readonly string[]): readonly Place[] {
  const stats = statsOf(folder);
  if (stats === null) return [];
  const names = stats.isDirectory() ? namesIn(folder) : [];
  const files = names.filter((name) => endings.some((ending) => name.endsWith(ending))).slice(0, maxListed);
  return [
    { path: folder, kind: "folder", privacy: "private" },
    ...files.map((name): Place => ({ path: join(folder, name), kind: "file", privacy: "private" })),
  ];
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    // Not ours to read: the folder itself is reported.
    return [];
  }
}
