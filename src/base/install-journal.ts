/**
 * What this install changed outside its own folders, one JSON line each, on the disk before the change is made: a crash
 * at any moment leaves nothing behind that the next undo does not know of. Append-only; what was taken back gets a line
 * that says so. Contents of other people's files are not copied here: a shell's start file may hold keys.
 */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "./clock.ts";
import { own, parseJson } from "./json.ts";
import type { Paths } from "./paths.ts";
import { type Random, token } from "./random.ts";
import { readPrivateFile } from "./replace-file.ts";

/** A root that a trust store was told to trust. */
export interface TrustChange {
  readonly act: "trust";
  /** The store's id, which says where it is. */
  readonly store: string;
  /** SHA-256 of the root, as openssl prints it. */
  readonly fingerprint: string;
  /** What it is called there. */
  readonly name: string;
  /** Some tools take trust back only when handed the certificate. */
  readonly pem: string;
  /** Files written and folders made for it; none of them was there before. */
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** A marked block in somebody's start file. */
export interface BlockChange {
  readonly act: "block";
  /** The file itself, links resolved. */
  readonly path: string;
  readonly shell: string;
  /** What was there: null when there was no such file. */
  readonly before: { readonly sha256: string; readonly bytes: number; readonly mode: number } | null;
  /** Our own block that stood there already, when this one took its place. */
  readonly replaced: string | null;
  /** The file that takes its place: left over when we are killed before it does. */
  readonly temporary: string;
  readonly folders: readonly string[];
}

export type InstallChange = TrustChange | BlockChange;

export type Recorded<Change extends InstallChange> = Change & {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
};

export type JournalEntry = Recorded<TrustChange> | Recorded<BlockChange>;

export interface InstallJournal {
  readonly path: string;
  /** On the disk when it resolves; only then may the change be made. */
  record<Change extends InstallChange>(change: Change): Promise<Recorded<Change>>;
  /** Taken back, or never made after all. */
  undone(entry: Pick<JournalEntry, "id">): Promise<void>;
  /** What has not been taken back, newest first. */
  standing(): Promise<readonly JournalEntry[]>;
}

const privateFolder = 0o700;
const privateFile = 0o600;

export function installJournalPath(paths: Pick<Paths, "dataDir">): string {
  return join(paths.dataDir, "install-journal.jsonl");
}

export function openInstallJournal(deps: {
  readonly path: string;
  readonly clock: Clock;
  readonly random: Random;
}): InstallJournal {
  const { path, clock, random } = deps;
  return {
    path,
    async record(change) {
      const entry = { id: token(random, 9), at: new Date(clock.now()).toISOString(), ...change };
      await append(path, entry);
      return entry;
    },
    undone: ({ id }) => append(path, { id, at: new Date(clock.now()).toISOString(), act: "undone" }),
    async standing() {
      const entries = new Map<string, JournalEntry>();
      for (const line of ((await readPrivateFile(path)) ?? "").split("\n")) {
        // A line that a power cut tore was never followed by its change.
        const parsed = parseJson(line);
        const id = parsed.ok ? own(parsed.value, "id") : undefined;
        if (!parsed.ok || typeof id !== "string") continue;
        if (own(parsed.value, "act") === "undone") entries.delete(id);
        else if (isEntry(parsed.value)) entries.set(id, parsed.value);
      }
      return [...entries.values()].toReversed();
    },
  };
}

async function append(path: string, value: unknown): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: privateFolder });
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0);
  const file = await open(path, flags, privateFile);
  try {
    const torn = await endsTorn(file);
    // One write: two processes that append at once do not mix their lines.
    await file.write(`${torn ? "\n" : ""}${JSON.stringify(value)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
}

/** A line that was cut off must not swallow the next one. */
async function endsTorn(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== 0x0a;
}

/** The file's name must survive a power cut, too. Windows cannot open folders and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isEntry(value: unknown): value is JournalEntry {
  const texts = (...names: readonly string[]): boolean => names.every((name) => typeof own(value, name) === "string");
  const lists = (...names: readonly string[]): boolean => names.every((name) => isTextList(own(value, name)));
  switch (own(value, "act")) {
    case "trust":
      return texts("id", "at", "store", "fingerprint", "name", "pem") && lists("files", "folders");
    case "block":
      return texts("id", "at", "path", "shell", "temporary") && lists("folders") && isBefore(own(value, "before"));
    default:
      return false;
  }
}

function isBefore(value: unknown): boolean {
  return value === null || typeof own(value, "sha256") === "string";
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
