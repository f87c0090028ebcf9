/**
 * The system store of a Linux: a folder of anchors, and a program that makes everything else from it. Trust is read off
 * the bundle that the program makes, because an anchor that was copied and never taken in is trusted by nobody.
 */
import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";
import { anchorFiles, holdingsIn, ownRootsInFile, statsOf } from "./anchor-files.ts";
import { type Command, systemPath, type TrustMachine } from "./machine.ts";
import { nameInStores, type OwnRoot } from "./own-root.ts";
import { packageFor, systemIds } from "./packages.ts";
import { canElevate, type Step } from "./step.ts";
import type { Obstacle, Store } from "./store.ts";
import { nixosStore, unknownStore } from "./unmanaged.ts";

interface Layout {
  readonly id: string;
  readonly label: string;
  /** One of these is there exactly where this layout is used. */
  readonly marks: readonly string[];
  /** Folders for the administrator's own anchors; the first one that is there is used, else the first is made. */
  readonly anchors: readonly string[];
  readonly suffix: string;
  readonly bundle: string;
  readonly added: Command;
  readonly removed: Command;
}

/** In this order: a Fedora may have a folder of Debian's for other reasons, not the other way round. */
const layouts: readonly Layout[] = [
  {
    id: "fedora",
    label: "system store (Fedora, RHEL)",
    marks: ["/etc/pki/ca-trust/source/anchors", "/etc/pki/ca-trust"],
    anchors: ["/etc/pki/ca-trust/source/anchors"],
    suffix: ".pem",
    bundle: "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    added: ["update-ca-trust", "extract"],
    removed: ["update-ca-trust", "extract"],
  },
  {
    id: "opensuse",
    label: "system store (openSUSE)",
    marks: ["/etc/pki/trust/anchors", "/usr/share/pki/trust/anchors"],
    // /usr/share is the packages' own, and read-only on MicroOS (README of openSUSE/ca-certificates, read 2026-11).
    anchors: ["/etc/pki/trust/anchors", "/usr/share/pki/trust/anchors"],
    suffix: ".pem",
    bundle: "/var/lib/ca-certificates/ca-bundle.pem",
    added: ["update-ca-certificates"],
    removed: ["update-ca-certificates"],
  },
  {
    id: "arch",
    label: "system store (Arch)",
    marks: ["/etc/ca-certificates/trust-source"],
    anchors: ["/etc/ca-certificates/trust-source/anchors"],
    suffix: ".crt",
    bundle: "/etc/ca-certificates/extracted/tls-ca-bundle.pem",
    added: ["trust", "extract-compat"],
    removed: ["trust", "extract-compat"],
  },
  {
    id: "debian",
    label: "system store (Debian, Ubuntu, Alpine)",
    marks: ["/etc/ca-certificates.conf", "/usr/local/share/ca-certificates"],
    anchors: ["/usr/local/share/ca-certificates"],
    suffix: ".crt",
    bundle: "/etc/ssl/certs/ca-certificates.crt",
    added: ["update-ca-certificates"],
    // Without --fresh Debian's script leaves the links of an anchor that has gone (read and tried, 20230311).
    removed: ["update-ca-certificates", "--fresh"],
  },
];

export function systemAnchorStores(machine: TrustMachine): readonly Store[] {
  if (machine.platform !== "linux") return [];
  const isThere = (path: string): boolean => existsSync(systemPath(machine, path));
  const nix = isThere("/etc/NIXOS") || systemIds(machine)[0] === "nixos";
  if (nix) return [nixosStore(machine)];
  const layout = layouts.find(({ marks }) => marks.some(isThere));
  return [layout === undefined ? unknownStore(machine) : anchorStore(machine, layout)];
}

/** By the id that the journal has, even where the marks have gone. */
export function systemAnchorStore(machine: TrustMachine, id: string): Store | null {
  const layout = layouts.find((known) => `system:${known.id}` === id);
  return layout === undefined ? null : anchorStore(machine, layout);
}

function anchorStore(machine: TrustMachine, layout: Layout): Store {
  const folders = layout.anchors.map((path) => systemPath(machine, path));
  const folder = folders.find((path) => existsSync(path)) ?? folders[0] ?? "";
  const bundle = systemPath(machine, layout.bundle);
  const rebuild = (command: Command): Step => ({ kind: "run", command: located(machine, command), elevated: true });
  return {
    id: `system:${layout.id}`,
    label: layout.label,
    family: "system",
    scope: "system",
    obstacle: obstacleOf(machine, layout, folder),
    find: () => Promise.resolve(holdingsIn(folders, bundle)),
    install: (root, file) => Promise.resolve(installSteps(machine, layout, folder, root, file, rebuild)),
    remove(holdings, unfinished) {
      const files = holdings.filter(({ keeper, place }) => keeper === null && place !== bundle);
      const gone: readonly Step[] = files.map(({ place }) => ({ kind: "remove-file", path: place, elevated: true }));
      const stale = holdings.some(({ keeper }) => keeper === null);
      return stale || unfinished ? [...gone, rebuild(layout.removed)] : [];
    },
  };
}

function installSteps(
  machine: TrustMachine,
  layout: Layout,
  folder: string,
  root: OwnRoot,
  file: string,
  rebuild: (command: Command) => Step,
): readonly Step[] {
  const steps: Step[] = [];
  for (const missing of missingFolders(folder)) steps.push({ kind: "make-folder", path: missing, elevated: true });
  // Copied by somebody and never taken in: only the second half is missing.
  const copied = anchorFiles(folder).some((path) =>
    ownRootsInFile(path).some(({ fingerprint }) => fingerprint === root.fingerprint),
  );
  if (!copied) {
    const path = freePath(join(folder, nameInStores(machine, root)), layout.suffix);
    steps.push({ kind: "write-file", from: file, path, elevated: true });
  }
  return [...steps, rebuild(layout.added)];
}

/** Whatever somebody else keeps under our name stays his. */
function freePath(base: string, suffix: string): string {
  let path = base + suffix;
  for (let number = 2; statsOf(path) !== undefined; number += 1) path = `${base}-${number}${suffix}`;
  return path;
}

function obstacleOf(machine: TrustMachine, layout: Layout, folder: string): Obstacle | null {
  const [program] = layout.added;
  if (machine.find(program) === null) {
    return { detail: `${program} is not installed`, fix: packageFor(machine, "system-store") };
  }
  if (isReadOnly(folder)) return readOnly(folder);
  if (canElevate(machine)) return null;
  const detail = "it belongs to the system, and neither sudo nor doas is installed";
  return { detail, fix: "run the same command as root" };
}

function readOnly(folder: string): Obstacle {
  return {
    detail: `${folder} is on a read-only file system`,
    fix: 'add the certificate where this system\'s image is made, or go without: switchyard run, eval "$(switchyard env)"',
  };
}

function located(machine: TrustMachine, [program, ...args]: Command): Command {
  return [machine.find(program) ?? program, ...args];
}

/** Outermost first. */
function missingFolders(folder: string): readonly string[] {
  const missing: string[] = [];
  for (let path = folder; path !== "" && !existsSync(path); path = join(path, "..")) missing.unshift(path);
  return missing;
}

/** As far as we can tell without being root: the kernel says EROFS before it looks at permissions. */
function isReadOnly(folder: string): boolean {
  const [outermost] = missingFolders(folder);
  const there = outermost === undefined ? folder : join(outermost, "..");
  try {
    accessSync(there, constants.W_OK);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException | null)?.code === "EROFS";
  }
}
