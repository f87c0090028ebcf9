/**
 * The machine whose trust stores are looked at or changed, as far as they need it. A test gives one that lives in a
 * folder, with its own programs; nothing in this folder reaches the real one on its own.
 */
import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, hostname, tmpdir, userInfo } from "node:os";
import { delimiter, join } from "node:path";

export interface TrustMachine {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  /** The user's home folder. */
  readonly home: string;
  /** Stands before every path of the system; empty on a real machine. */
  readonly root: string;
  /** `user@host`: whose install a certificate in a shared store belongs to. */
  readonly owner: string;
  /** The system may be changed as it is, without sudo. */
  readonly isSuperuser: boolean;
  /** Where a program is: its name when PATH has it, its path when only the system's folders do, else null. */
  find(program: string): string | null;
  /** Runs a program that only looks, in English and without a terminal. Never rejects. */
  look(argv: Command): Promise<Looked>;
  /**
   * Runs a program that changes something, on the user's terminal, so that sudo and the system's own dialogs ask there
   * and nobody else sees the answer. The exit code; null when it could not be started or was killed.
   */
  act(argv: Command): Promise<number | null>;
  /** A file for tools that take nothing else, in a private temporary folder that goes with this process. Its path. */
  hold(name: string, text: string): string;
}

export type Command = readonly [program: string, ...args: string[]];

export interface Looked {
  /** Null when it could not be started, or took too long. */
  readonly code: number | null;
  readonly stdout: string;
}

/** Listing a keystore starts a Java machine: seconds on a busy machine. */
const lookTimeoutMs = 30_000;
/** The largest answer is a keystore in PEM: some 300 KB. */
const maxLookBytes = 16 << 20;
/** Debian keeps them out of users' PATH. */
const systemFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

export type MachineOverrides = Partial<Pick<TrustMachine, "home" | "root" | "owner" | "isSuperuser">>;

export function systemMachine(
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  overrides: MachineOverrides = {},
): TrustMachine {
  const root = overrides.root ?? "";
  return {
    platform,
    env,
    home: overrides.home ?? env["HOME"] ?? env["USERPROFILE"] ?? homedir(),
    root,
    owner: overrides.owner ?? `${userName(env)}@${hostname()}`,
    isSuperuser: overrides.isSuperuser ?? process.getuid?.() === 0,
    find: (program) => findProgram(program, env, root, platform),
    look: (argv) => look(argv, env),
    act: (argv) => act(argv, env),
    hold: createHolder(),
  };
}

/** A path of the system, on this machine. */
export function systemPath(machine: TrustMachine, path: string): string {
  return machine.root + path;
}

function findProgram(program: string, env: NodeJS.ProcessEnv, root: string, platform: NodeJS.Platform): string | null {
  const names = platform === "win32" ? [`${program}.exe`, program] : [program];
  const has = (folder: string): boolean => names.some((name) => canExecute(join(folder, name)));
  if ((env["PATH"] ?? env["Path"] ?? "").split(delimiter).some((folder) => folder !== "" && has(folder))) {
    return program;
  }
  const found = platform === "win32" ? undefined : systemFolders.find((folder) => has(root + folder));
  return found === undefined ? null : join(root + found, program);
}

function canExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // not there, or not for us: both mean that we cannot use it
  }
}

function look(argv: Command, env: NodeJS.ProcessEnv): Promise<Looked> {
  return new Promise((resolve) => {
    const [program, ...args] = argv;
    const child = spawn(program, args, {
      env: { ...env, LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
      timeout: lookTimeoutMs,
      windowsHide: true,
    });
    const chunks: Buffer[] = [];
    let size = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > maxLookBytes) child.kill();
      else chunks.push(chunk);
    });
    child.once("error", () => resolve({ code: null, stdout: "" }));
    child.once("close", (code) => resolve({ code, stdout: Buffer.concat(chunks).toString("latin1") }));
  });
}

function act(argv: Command, env: NodeJS.ProcessEnv): Promise<number | null> {
  return new Promise((resolve) => {
    const [program, ...args] = argv;
    // What these programs say is not our result: it goes where our own remarks go.
    const child = spawn(program, args, { env, stdio: ["inherit", 2, 2] });
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code));
  });
}

function createHolder(): TrustMachine["hold"] {
  let folder: string | null = null;
  return (name, text) => {
    if (folder === null) {
      const made = mkdtempSync(join(tmpdir(), "switchyard-"));
      process.once("exit", () => rmSync(made, { recursive: true, force: true }));
      folder = made;
    }
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
}

function userName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env["USER"] ?? env["USERNAME"] ?? "user"; // a container's user may have no entry
  }
}
