/**
 * The databases of NSS: Chromium and Electron on Linux share one per user, Firefox has one per profile. certutil of NSS
 * is the only tool for them, and it goes by nicknames; what stands under a nickname is always read before it is deleted.
 * Databases are never made here: the browsers make theirs at their first start.
 */
import { accessSync, constants, existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Command, TrustMachine } from "./machine.ts";
import { nameInStores, ownRootsIn } from "./own-root.ts";
import { packageFor } from "./packages.ts";
import type { Holding, Obstacle, Store } from "./store.ts";

/** Folders below the home folder that are a database themselves. `$DATA` is XDG_DATA_HOME. */
const databaseFolders: readonly { readonly path: string; readonly label: string }[] = [
  // NSS looks into the first, and into the second when there is no first (nsssysinit.c of NSS 3.111).
  { path: ".pki/nssdb", label: "Chromium, Chrome, Electron" },
  { path: "$DATA/pki/nssdb", label: "Chromium, Chrome, Electron" },
  { path: "snap/chromium/current/.pki/nssdb", label: "Chromium (snap)" },
  { path: ".var/app/org.chromium.Chromium/.pki/nssdb", label: "Chromium (Flatpak)" },
  { path: ".var/app/org.chromium.Chromium/data/pki/nssdb", label: "Chromium (Flatpak)" },
  { path: ".var/app/com.google.Chrome/.pki/nssdb", label: "Chrome (Flatpak)" },
  { path: ".var/app/com.google.Chrome/data/pki/nssdb", label: "Chrome (Flatpak)" },
];

/** Folders of profiles, each with a database of its own. `$CONFIG` is XDG_CONFIG_HOME: Firefox 147 and later. */
const profileFolders: readonly { readonly path: string; readonly label: string }[] = [
  { path: ".mozilla/firefox", label: "Firefox" },
  { path: "$CONFIG/mozilla/firefox", label: "Firefox" },
  { path: "snap/firefox/common/.mozilla/firefox", label: "Firefox (snap)" },
  { path: "snap/firefox/common/.config/mozilla/firefox", label: "Firefox (snap)" },
  { path: ".var/app/org.mozilla.firefox/.mozilla/firefox", label: "Firefox (Flatpak)" },
  { path: ".var/app/org.mozilla.firefox/config/mozilla/firefox", label: "Firefox (Flatpak)" },
  { path: ".librewolf", label: "LibreWolf" },
  { path: "Library/Application Support/Firefox/Profiles", label: "Firefox" },
];

interface Database {
  /** `sql:/…` or `dbm:/…`, as certutil wants it. */
  readonly directory: string;
  readonly folder: string;
  readonly label: string;
}

/** A nickname that does not sound like us is looked at too, but not without end: each one starts a process. */
const maxOtherNicknames = 64;

export function nssStores(machine: TrustMachine): readonly Store[] {
  if (machine.platform === "win32") return [];
  const known = new Set<string>();
  return databases(machine).flatMap((database) => {
    const folder = realpathSync(database.folder);
    if (known.has(folder)) return [];
    known.add(folder);
    return [nssStore(machine, database)];
  });
}

export function nssStoreById(machine: TrustMachine, id: string): Store | null {
  const directory = /^nss:((?:sql|dbm):.+)$/.exec(id)?.[1];
  if (directory === undefined) return null;
  const folder = directory.slice(4);
  return nssStore(machine, { directory, folder, label: `certificate database ${basename(folder)}` });
}

function databases(machine: TrustMachine): readonly Database[] {
  const folders = databaseFolders.map(({ path, label }) => ({ folder: inHome(machine, path), label }));
  const profiles = profileFolders.flatMap(({ path, label }) =>
    profilesIn(inHome(machine, path)).map((folder) => ({ folder, label: `${label} profile ${basename(folder)}` })),
  );
  return [...folders, ...profiles].flatMap(({ folder, label }) => {
    const format = formatOf(folder);
    return format === null ? [] : [{ directory: `${format}:${folder}`, folder, label }];
  });
}

/** With both files there the newer format is the one in use. */
function formatOf(folder: string): "sql" | "dbm" | null {
  if (existsSync(join(folder, "cert9.db"))) return "sql";
  return existsSync(join(folder, "cert8.db")) ? "dbm" : null;
}

function inHome(machine: TrustMachine, path: string): string {
  const { env, home } = machine;
  const [first = "", ...rest] = path.split("/");
  if (first === "$DATA") return join(env["XDG_DATA_HOME"] || join(home, ".local", "share"), ...rest);
  if (first === "$CONFIG") return join(env["XDG_CONFIG_HOME"] || join(home, ".config"), ...rest);
  return join(home, path);
}

/** All folders there, and those that profiles.ini puts elsewhere. */
function profilesIn(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return []; // this browser is not here
  }
  return [...names.map((name) => join(folder, name)), ...profilesElsewhere(folder)];
}

function profilesElsewhere(folder: string): readonly string[] {
  for (const ini of [join(folder, "profiles.ini"), join(dirname(folder), "profiles.ini")]) {
    if (!existsSync(ini)) continue;
    const paths = [...readFileSync(ini, "utf8").matchAll(/^Path=(.+?)\r?$/gm)].map(([, path = ""]) => path);
    return paths.filter((path) => isAbsolute(path));
  }
  return [];
}

function nssStore(machine: TrustMachine, { directory, folder, label }: Database): Store {
  const certutil = machine.find("certutil") ?? "certutil";
  return {
    id: `nss:${directory}`,
    label,
    family: "nss",
    scope: "user",
    obstacle: obstacleOf(machine, directory, folder),
    find: () => (existsSync(folder) ? find(machine, certutil, directory) : Promise.resolve([])),
    install: (root, file) =>
      Promise.resolve([
        {
          kind: "run",
          // C: trusted to vouch for servers, and for nothing else.
          command: [certutil, "-A", "-d", directory, "-t", "C,,", "-n", nameInStores(machine, root), "-i", file],
          elevated: false,
        },
      ]),
    remove: (holdings) =>
      holdings
        .filter(({ keeper }) => keeper === null)
        .map(({ place }) => ({
          kind: "run",
          command: [certutil, "-D", "-d", directory, "-n", place],
          elevated: false,
        })),
  };
}

function obstacleOf(machine: TrustMachine, directory: string, folder: string): Obstacle | null {
  // A profile that was deleted holds nothing, and nothing has to be done about it.
  if (!existsSync(folder)) return null;
  if (machine.find("certutil") === null) {
    return { detail: "certutil of NSS is not installed", fix: packageFor(machine, "certutil") };
  }
  if (directory.startsWith("dbm:")) {
    const detail = "a database in the format of before 2018, which today's certutil may not read";
    return { detail, fix: "start the browser once; a current one makes a new database" };
  }
  try {
    accessSync(folder, constants.W_OK);
    return null;
  } catch {
    return { detail: `${folder} cannot be written by you`, fix: "give it back to yourself with chown" };
  }
}

async function find(machine: TrustMachine, certutil: string, directory: string): Promise<readonly Holding[]> {
  const listed = await machine.look([certutil, "-L", "-d", directory]);
  if (listed.code !== 0) return [];
  const all = nicknames(listed.stdout);
  const ours = all.filter(({ nickname }) => /switchyard/i.test(nickname));
  const others = all.filter((entry) => !ours.includes(entry)).slice(0, maxOtherNicknames);
  const holdings: Holding[] = [];
  for (const { nickname, flags } of [...ours, ...others]) {
    const show: Command = [certutil, "-L", "-d", directory, "-n", nickname, "-a"];
    const { stdout } = await machine.look(show);
    const roots = ownRootsIn(stdout);
    const [root] = roots;
    if (root === undefined) continue;
    const alone = roots.length === 1 && stdout.split("BEGIN CERTIFICATE").length === 2;
    const keeper = alone ? null : `several certificates are called "${nickname}" there: take ours out in the browser`;
    for (const each of roots) holdings.push({ root: each, place: nickname, trusted: isTrusted(flags), keeper });
  }
  return holdings;
}

interface Listed {
  readonly nickname: string;
  readonly flags: string;
}

/** Lines of a nickname, spaces, and three groups of trust flags between commas. */
function nicknames(listing: string): readonly Listed[] {
  return listing.split("\n").flatMap((line) => {
    const match = /^(.+?)\s+([A-Za-z]*,[A-Za-z]*,[A-Za-z]*)\s*$/.exec(line);
    const [, nickname = "", flags = ""] = match ?? [];
    return nickname === "" ? [] : [{ nickname, flags }];
  });
}

/** `C` in the first group: it may vouch for servers. */
function isTrusted(flags: string): boolean {
  return /^[^,]*C/.test(flags);
}
