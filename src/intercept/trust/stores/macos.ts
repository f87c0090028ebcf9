/**
 * The keychains of macOS. The user's own first: adding to it asks in a dialog of the system's and needs no sudo. The
 * commands are those of security(1); no macOS was at hand, so they are tested as lists only.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, systemPath, type TrustMachine } from "./machine.ts";
import { type OwnRoot, ownRootsIn, shortFingerprint } from "./own-root.ts";
import { canElevate, type Step } from "./step.ts";
import type { Holding, Obstacle, Store } from "./store.ts";

interface Keychain {
  readonly id: "login" | "system";
  readonly label: string;
  readonly path: string;
  readonly elevated: boolean;
}

export function keychainStores(machine: TrustMachine): readonly Store[] {
  if (machine.platform !== "darwin") return [];
  const login = join(machine.home, "Library", "Keychains", "login.keychain-db");
  const system = systemPath(machine, "/Library/Keychains/System.keychain");
  return [
    keychainStore(machine, { id: "login", label: "login keychain", path: login, elevated: false }),
    keychainStore(machine, { id: "system", label: "system keychain", path: system, elevated: true }),
  ];
}

function keychainStore(machine: TrustMachine, keychain: Keychain): Store {
  const { path, elevated } = keychain;
  const run = (...command: Command): Step => ({ kind: "run", command, elevated });
  /** Trust for everybody is a setting of the administrator's, in a domain of its own. */
  const domain = elevated ? ["-d"] : [];
  return {
    id: `keychain:${keychain.id}`,
    label: keychain.label,
    family: "keychain",
    scope: elevated ? "system" : "user",
    obstacle: obstacleOf(machine, keychain),
    find: () => find(machine, path),
    install: (_root, file) =>
      Promise.resolve([
        run("security", "add-trusted-cert", ...domain, "-r", "trustRoot", "-p", "ssl", "-k", path, file),
      ]),
    // The setting first: without its certificate it could not be named any more.
    remove: (holdings) =>
      holdings.flatMap(({ root, trusted }) => [
        ...(trusted ? [run("security", "remove-trusted-cert", ...domain, fileOf(machine, root))] : []),
        run("security", "delete-certificate", "-Z", root.sha1, path),
      ]),
  };
}

async function find(machine: TrustMachine, keychain: string): Promise<readonly Holding[]> {
  if (!existsSync(keychain)) return [];
  const { stdout } = await machine.look(["security", "find-certificate", "-a", "-p", keychain]);
  const holdings: Holding[] = [];
  for (const root of ownRootsIn(stdout)) {
    // -l: it is an authority and no server's own; -L: nothing is asked of the network.
    const verdict = await machine.look([
      "security",
      "verify-cert",
      "-q",
      "-l",
      "-L",
      "-p",
      "ssl",
      "-c",
      fileOf(machine, root),
    ]);
    holdings.push({ root, place: root.sha1, trusted: verdict.code === 0, keeper: null });
  }
  return holdings;
}

function obstacleOf(machine: TrustMachine, { path, elevated }: Keychain): Obstacle | null {
  if (!existsSync(path)) {
    return { detail: `there is no keychain ${path}`, fix: "open Keychain Access once; it makes one" };
  }
  if (!elevated || canElevate(machine)) return null;
  return {
    detail: "it belongs to the system, and sudo is not there",
    fix: "run the same command as root",
  };
}

function fileOf(machine: TrustMachine, root: OwnRoot): string {
  return machine.hold(`switchyard-${shortFingerprint(root.fingerprint)}.pem`, root.pem);
}
