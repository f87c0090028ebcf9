/**
 * Which of a store's two files is believed, and what a person is told. A pure decision: nothing is moved or written
 * here. Never older than what was acknowledged, never silently from nothing, never over a later version's file.
 */
import type { Found, FoundBackup, Good, GoodBackup, StoreShape } from "./store-text.ts";

export interface Recovery<Data> {
  readonly data: Data;
  readonly generation: number;
  /** Files to be moved out of the way first. */
  readonly setAside: { readonly main: boolean; readonly backup: boolean };
  /** What is to be written at once: both files, the backup only, or nothing. */
  readonly write: "both" | "backup" | "nothing";
  /** Why nothing may be written as long as this store is open. */
  readonly readOnly: string | null;
  readonly notice: string | null;
}

/** Where things are, for the notice; `asides` are names not yet taken. */
export interface Places {
  readonly main: string;
  readonly backup: string;
  readonly mainAside: string;
  readonly backupAside: string;
}

export function recover<Data>(
  main: Found<Data>,
  backup: FoundBackup<Data>,
  shape: StoreShape<Data>,
  places: Places,
): Recovery<Data> {
  if (main.type === "newer") return heldByNewer(main, shape, places.main);
  if (backup.type === "newer") {
    const known = main.type === "good" ? { version: backup.version, data: main.data } : backup;
    return heldByNewer(known, shape, places.backup);
  }
  if (main.type !== "good") {
    return backup.type === "good" ? fromBackup(main, backup, places) : fromNothing(main, backup, shape, places);
  }
  if (backup.type === "good" && main.generation < backup.generation) return fromBackup(main, backup, places);
  const isBackedUp = backup.type === "good" && backup.generation === main.generation;
  return {
    data: main.data,
    generation: main.generation,
    setAside: { main: false, backup: false },
    write: main.outdated ? "both" : isBackedUp ? "nothing" : "backup",
    readOnly: null,
    notice: main.mark ? `${places.main} began with a byte order mark; it was read all the same` : null,
  };
}

function fromBackup<Data>(main: Absent | Good<Data>, backup: GoodBackup<Data>, places: Places): Recovery<Data> {
  const what = whatHappened(main, backup.generation, places);
  return {
    data: backup.data,
    generation: backup.generation,
    setAside: { main: main.type !== "missing", backup: false },
    write: "both",
    readOnly: null,
    notice: `${what}. The backup of ${backup.savedAt} took its place; whatever was saved after that moment is lost`,
  };
}

type Absent = { readonly type: "missing" } | { readonly type: "damaged"; readonly why: string };

function fromNothing<Data>(main: Absent, backup: Absent, shape: StoreShape<Data>, places: Places): Recovery<Data> {
  const parts: string[] = [];
  if (main.type === "damaged") {
    parts.push(`${places.main} was damaged (${main.why}) and is kept as ${places.mainAside}`);
  } else if (backup.type === "damaged") parts.push(`${places.main} was gone`);
  if (backup.type === "damaged") {
    parts.push(`its backup was damaged too (${backup.why}) and is kept as ${places.backupAside}`);
  } else if (main.type === "damaged") parts.push("there was no backup of it");
  return {
    data: shape.fresh(),
    generation: 0,
    setAside: { main: main.type === "damaged", backup: backup.type === "damaged" },
    write: "both",
    readOnly: null,
    notice: parts.length === 0 ? null : `${parts.join("; ")}: ${shape.lostWithFresh}`,
  };
}

function heldByNewer<Data>(
  found: { readonly version: number; readonly data: Data | null },
  shape: StoreShape<Data>,
  path: string,
): Recovery<Data> {
  const used = found.data === null ? "cannot be understood" : "is read";
  const text =
    `${path} was written by a newer Switchyard (version ${found.version} of the file; this one knows ${shape.version})` +
    ` and ${used}, but never written: what changes now is forgotten at the end. Use the newer Switchyard, or another home`;
  return {
    data: found.data ?? shape.fresh(),
    generation: 0,
    setAside: { main: false, backup: false },
    write: "nothing",
    readOnly: text,
    notice: text,
  };
}

function whatHappened<Data>(main: Absent | Good<Data>, newest: number, places: Places): string {
  const kept = `is kept as ${places.mainAside}`;
  if (main.type === "damaged") return `${places.main} was damaged (${main.why}) and ${kept}`;
  if (main.type === "good") {
    return `${places.main} was older than its backup (generation ${main.generation}, not ${newest}) and ${kept}`;
  }
  return `${places.main} was gone (to begin anew, remove ${places.backup} as well)`;
}
