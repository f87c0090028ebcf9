/**
 * The root stores of Windows: the user's own first (one dialog of the system's, no administrator), then the machine's.
 * Read through .NET, whose output is the same in every language; changed with certutil, by SHA-1. No Windows was at
 * hand, so the commands are tested as lists only.
 */
import type { Command, TrustMachine } from "./machine.ts";
import { ownRootsIn } from "./own-root.ts";
import { ownOrganisation } from "../../ca/identity.ts";
import type { Holding, Store } from "./store.ts";

interface Place {
  readonly id: "user" | "machine";
  readonly label: string;
  /** .NET's word for it. */
  readonly location: "CurrentUser" | "LocalMachine";
  readonly option: readonly string[];
}

const places: readonly Place[] = [
  { id: "user", label: "your root store", location: "CurrentUser", option: ["-user"] },
  { id: "machine", label: "the machine's root store", location: "LocalMachine", option: [] },
];

export function windowsStores(machine: TrustMachine): readonly Store[] {
  return machine.platform === "win32" ? places.map((place) => windowsStore(machine, place)) : [];
}

function windowsStore(machine: TrustMachine, { id, label, location, option }: Place): Store {
  return {
    id: `windows:${id}`,
    label,
    family: "windows",
    scope: id === "user" ? "user" : "system",
    obstacle: null,
    ...(id === "machine" ? { whenRefused: "open a terminal as administrator and type the same there" } : {}),
    find: () => find(machine, location),
    install: (_root, file) => {
      const command: Command = ["certutil", ...option, "-addstore", "Root", file];
      return Promise.resolve([{ kind: "run", command, elevated: id === "machine" }]);
    },
    remove: (holdings) =>
      holdings.map(({ root }) => ({
        kind: "run",
        command: ["certutil", ...option, "-delstore", "Root", root.sha1],
        elevated: id === "machine",
      })),
  };
}

async function find(machine: TrustMachine, location: Place["location"]): Promise<readonly Holding[]> {
  const subject = `$_.Subject -like '*${ownOrganisation}*'`;
  // The user's store shows the machine's roots as well; what is the user's own stands in the user's registry.
  const own = `(Test-Path ('HKCU:\\Software\\Microsoft\\SystemCertificates\\Root\\Certificates\\' + $_.Thumbprint))`;
  const script =
    `Get-ChildItem Cert:\\${location}\\Root | ` +
    `Where-Object { ${location === "CurrentUser" ? `${subject} -and ${own}` : subject} } | ` +
    "ForEach-Object { [Convert]::ToBase64String($_.RawData) }";
  const { stdout } = await machine.look(["powershell.exe", "-NoProfile", "-NonInteractive", "-Command", script]);
  const pem = stdout
    .split(/\s+/)
    .filter((line) => line !== "")
    .map((line) => `-----BEGIN CERTIFICATE-----\n${line}\n-----END CERTIFICATE-----\n`);
  return ownRootsIn(pem.join("")).map((root) => ({ root, place: root.sha1, trusted: true, keeper: null }));
}
