/**
 * A machine in a folder: its system below `root`, its user's home in it, and programs that behave like the real ones
 * (they rewrite bundle and links there) and write down how they were called. Nothing outside the folder is read or written.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { rootCertificates } from "node:tls";
import { type Command, systemMachine, type TrustMachine } from "../machine.ts";
import { fakeTools } from "./fake-tools.ts";

export type Layout = "debian" | "fedora" | "arch" | "opensuse" | "nixos" | "bare";

export interface ScratchOptions {
  readonly layout: Layout;
  /** Programs that are not installed. */
  readonly without?: readonly string[];
  readonly isSuperuser?: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** A program of this machine that is used as it is, by the name it is called by. */
  readonly real?: Readonly<Record<string, string>>;
}

export interface ScratchMachine {
  readonly machine: TrustMachine;
  readonly root: string;
  readonly home: string;
  /** Where programs of this machine are: first in PATH. */
  readonly bin: string;
  /** How they were called, oldest first: `sudo update-ca-certificates`. */
  readonly calls: () => readonly string[];
  /** Everything below the root: kind, mode, content or target. */
  readonly snapshot: () => Readonly<Record<string, string>>;
  /** Writes a file below the root; folders on the way are made. */
  readonly file: (path: string, text: string) => string;
  readonly path: (path: string) => string;
  /** The database of a browser, as the browser would make it. */
  readonly database: (folder: string) => string;
}

/** Public roots of Node's play the ones that came with the system. */
const systemRoots = rootCertificates.slice(0, 3).map((pem) => `${pem.trim()}\n`);

export function scratchMachine(folder: string, options: ScratchOptions): ScratchMachine {
  const root = join(folder, "root");
  const home = join(root, "home/ann");
  const bin = join(folder, "bin");
  const log = join(folder, "calls");
  for (const path of [home, bin]) mkdirSync(path, { recursive: true });
  const file = (path: string, text: string): string => {
    const full = join(root, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text);
    return full;
  };
  furnish(options.layout, root, file);
  const tools = Object.entries(fakeTools(options.layout));
  for (const [name, text] of tools) if (options.without?.includes(name) !== true) writeTool(join(bin, name), text);
  for (const [name, path] of Object.entries(options.real ?? {})) symlinkSync(path, join(bin, name));
  const env = {
    // Coreutils and node are this machine's; what is trusted here is not.
    PATH: [bin, coreFolder(folder)].join(":"),
    HOME: home,
    FAKE_ROOT: root,
    FAKE_LOG: log,
    ...options.env,
  };
  const machine = systemMachine(env, "linux", {
    root,
    home,
    owner: "Ann@box",
    isSuperuser: options.isSuperuser ?? false,
  });
  return {
    machine: { ...machine, act: (argv) => actQuietly(argv, env) },
    root,
    home,
    bin,
    calls: () => (existsSync(log) ? readFileSync(log, "utf8").trim().split("\n") : []),
    snapshot: () => snapshotOf(root),
    file,
    path: (path) => join(root, path),
    database(name) {
      file(join(relative(root, home), name, "cert9.db"), "[]\n");
      return join(home, name);
    },
  };
}

/** Only what the fakes and our own steps need: a real certutil or sudo of this machine stays out of reach. */
const coreutils = [
  "sh",
  "install",
  "mkdir",
  "rmdir",
  "rm",
  "ln",
  "cat",
  "find",
  "sort",
  "readlink",
  "mv",
  "chmod",
  "test",
];

function coreFolder(folder: string): string {
  const core = join(folder, "core");
  mkdirSync(core, { recursive: true });
  for (const name of [...coreutils, "basename", "sed", "mktemp", "wc", "run-parts", "env", "openssl", "tr", "kill"]) {
    const found = ["/usr/bin", "/bin"].map((place) => join(place, name)).find((path) => existsSync(path));
    if (found !== undefined && !existsSync(join(core, name))) symlinkSync(found, join(core, name));
  }
  if (!existsSync(join(core, "node"))) symlinkSync(process.execPath, join(core, "node"));
  return core;
}

function furnish(layout: Layout, root: string, file: (path: string, text: string) => string): void {
  const [one = "", two = "", three = ""] = systemRoots;
  switch (layout) {
    case "debian":
      file("etc/os-release", 'ID=ubuntu\nID_LIKE="debian"\n');
      file("etc/ca-certificates.conf", "mozilla/one.crt\nmozilla/two.crt\n");
      file("usr/share/ca-certificates/mozilla/one.crt", one);
      file("usr/share/ca-certificates/mozilla/two.crt", two);
      // An administrator's own.
      file("usr/local/share/ca-certificates/company.crt", three);
      file("etc/ssl/certs/ca-certificates.crt", one + two + three);
      for (const [name, target] of [
        ["one.pem", "usr/share/ca-certificates/mozilla/one.crt"],
        ["two.pem", "usr/share/ca-certificates/mozilla/two.crt"],
        ["company.pem", "usr/local/share/ca-certificates/company.crt"],
      ] as const) {
        symlinkSync(join(root, target), join(root, "etc/ssl/certs", name));
      }
      break;
    case "fedora":
      file("etc/os-release", "ID=fedora\n");
      file("usr/share/pki/ca-trust-source/base.pem", one + two);
      file("etc/pki/ca-trust/source/anchors/company.pem", three);
      file("etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", one + two + three);
      break;
    case "arch":
      file("etc/os-release", "ID=arch\n");
      file("usr/share/ca-certificates/trust-source/base.pem", one + two);
      file("etc/ca-certificates/trust-source/anchors/company.crt", three);
      file("etc/ca-certificates/extracted/tls-ca-bundle.pem", one + two + three);
      break;
    case "opensuse":
      file("etc/os-release", 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n');
      file("usr/share/pki/trust/base.pem", one + two);
      file("etc/pki/trust/anchors/company.pem", three);
      file("var/lib/ca-certificates/ca-bundle.pem", one + two + three);
      break;
    case "nixos":
      file("etc/os-release", "ID=nixos\n");
      file("etc/ssl/certs/ca-certificates.crt", one + two);
      break;
    case "bare":
      break;
  }
}

function writeTool(path: string, text: string): void {
  writeFileSync(path, text);
  chmodSync(path, 0o755);
}

/** As the machine does it, but what the program prints stays out of the test's report. */
function actQuietly([program, ...args]: Command, env: NodeJS.ProcessEnv): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: "ignore" });
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code));
  });
}

export function snapshotOf(folder: string): Readonly<Record<string, string>> {
  const entries: [string, string][] = [];
  const walk = (path: string): void => {
    for (const name of readdirSync(path).toSorted()) {
      const full = join(path, name);
      const stats = lstatSync(full);
      const mode = (stats.mode & 0o7777).toString(8);
      const about = relative(folder, full);
      if (stats.isSymbolicLink()) entries.push([about, `link ${readlinkSync(full)}`]);
      else if (stats.isDirectory()) entries.push([about, `folder ${mode}`]);
      else entries.push([about, `file ${mode} ${createHash("sha256").update(readFileSync(full)).digest("hex")}`]);
      if (stats.isDirectory()) walk(full);
    }
  };
  walk(folder);
  return Object.fromEntries(entries);
}
