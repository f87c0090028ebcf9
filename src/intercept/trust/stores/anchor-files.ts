/** What lies in the folders of anchors and in the bundle that is made from them: read, never written. */
import { lstatSync, readdirSync, readFileSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import { certificatesIn } from "../pem.ts";
import { type OwnRoot, ownRootsIn } from "./own-root.ts";
import type { Holding } from "./store.ts";

/** A bundle of a company with many roots is some MB. */
const maxAnchorBytes = 8 << 20;
/** Debian's script looks into folders below its own; nobody nests them deeply. */
const maxDepth = 3;

export function holdingsIn(folders: readonly string[], bundle: string): readonly Holding[] {
  const bundled = ownRootsInFile(bundle);
  const isTrusted = (root: OwnRoot): boolean => bundled.some(({ fingerprint }) => fingerprint === root.fingerprint);
  const anchored = folders
    .flatMap((folder) => anchorFiles(folder))
    .flatMap((path) => {
      const text = readAnchor(path);
      const shared = certificatesIn(text).length > 1;
      const keeper = shared ? `${path} holds other certificates as well: take this one out of it by hand` : null;
      return ownRootsIn(text).map((root): Holding => ({ root, place: path, trusted: isTrusted(root), keeper }));
    });
  // In the bundle without an anchor: one that was removed and the bundle not made anew, or somebody's own work.
  const others = bundled.filter(({ fingerprint }) => !anchored.some(({ root }) => root.fingerprint === fingerprint));
  return [...anchored, ...others.map((root): Holding => ({ root, place: bundle, trusted: true, keeper: null }))];
}

export function anchorFiles(folder: string): readonly string[] {
  return filesBelow(folder, maxDepth);
}

function filesBelow(folder: string, depth: number): readonly string[] {
  if (depth === 0) return [];
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // no such folder: nothing is anchored there
  }
  return names.flatMap((name) => {
    const path = join(folder, name);
    const stats = statsOf(path);
    return stats?.isDirectory() === true ? filesBelow(path, depth - 1) : [path];
  });
}

/** Links to folders are not entered: they may lead in a circle. */
export function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

export function ownRootsInFile(path: string): readonly OwnRoot[] {
  return ownRootsIn(readAnchor(path));
}

/** PEM, also of a file in DER; empty when there is nothing to read. */
function readAnchor(path: string): string {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > maxAnchorBytes) return "";
    const bytes = readFileSync(path);
    if (bytes[0] !== 0x30) return bytes.toString("latin1");
    return `-----BEGIN CERTIFICATE-----\n${bytes.toString("base64")}\n-----END CERTIFICATE-----\n`;
  } catch {
    return ""; // gone, or closed to us: then it is not read by other programs of this user either
  }
}
