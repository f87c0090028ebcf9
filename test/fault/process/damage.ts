/** Twelve ways in which a private file can be found broken, and what the store that owns it makes of each. */
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { systemClock } from "../../../src/base/clock.ts";
import { systemRandom } from "../../../src/base/random.ts";
import { Secret } from "../../../src/base/secret.ts";
import { newAccount } from "../../../src/engine/accounts/credentials/record.ts";
import { createCredentialStore } from "../../../src/engine/accounts/credentials/store.ts";
import { openState } from "../../../src/engine/state/state.ts";
import { tempFolder } from "../../support/temp.ts";
import { countedAccount } from "./counted.ts";

export type Shape = {
  readonly name: string;
  readonly outcome: "given up" | "kept" | "refused";
  readonly break: (path: string) => void;
};

const holding = (text: string | Uint8Array) => (path: string) => writeFileSync(path, text);

/**
 * `given up`: the text is worthless; it is set aside and said so. `kept`: nothing is lost. `refused`: not ours to touch;
 * it is said, and what stands there stays as it is.
 */
export const shapes: readonly Shape[] = [
  { name: "empty", outcome: "given up", break: holding("") },
  { name: "NUL-filled", outcome: "given up", break: holding(new Uint8Array(4_096)) },
  { name: "truncated", outcome: "given up", break: (path) => writeFileSync(path, readFileSync(path).subarray(0, 100)) },
  { name: "`null`", outcome: "given up", break: holding("null") },
  { name: '`"x"`', outcome: "given up", break: holding('"x"') },
  { name: "`[]`", outcome: "given up", break: holding("[]") },
  { name: "a field of the wrong kind", outcome: "given up", break: withWrongField },
  {
    name: "byte order mark",
    outcome: "kept",
    break: (path) => writeFileSync(path, `\uFEFF${readFileSync(path, "utf8")}`),
  },
  { name: "planted temporary file", outcome: "kept", break: plantTemporary },
  { name: "open mode", outcome: "kept", break: (path) => chmodSync(path, 0o666) },
  { name: "link to another file", outcome: "refused", break: linkAway },
  { name: "folder in its place", outcome: "refused", break: folderInPlace },
];

function withWrongField(path: string): void {
  const data: unknown = JSON.parse(readFileSync(path, "utf8"));
  writeFileSync(path, JSON.stringify(Object.assign({}, data, { proxyToken: 7, access_token: 7 })));
}

function plantTemporary(path: string): void {
  const victim = victimOf(path);
  // The names that other stores write through: lowdb's own, and the plain one.
  for (const name of [`.${basename(path)}.tmp`, `${basename(path)}.tmp`]) {
    symlinkSync(victim, join(dirname(path), name));
  }
}

function linkAway(path: string): void {
  const victim = victimOf(path);
  rmSync(path);
  symlinkSync(victim, path);
}

function folderInPlace(path: string): void {
  rmSync(path);
  mkdirSync(path);
}

const victimText = "somebody else's";
function victimOf(path: string): string {
  const victim = join(dirname(path), "..", "victim.txt");
  writeFileSync(victim, victimText, { mode: 0o600 });
  return victim;
}

/** What is wrong with how the state of a home came out of it; null: nothing. */
export async function stateAfter(shape: Shape, hasBackup: boolean): Promise<string | null> {
  const folder = tempFolder("damage");
  try {
    const stateFile = join(folder.path, "data", "state.json");
    const first = await openState({ stateFile }, systemRandom);
    const token = first.proxyToken.reveal();
    await first.close();
    if (!hasBackup) holding("switchyard-backup sha256=0 of another text\n")(`${stateFile}.bak`);
    shape.break(stateFile);
    const before = stateOfPlace(stateFile);
    const opened = await openState({ stateFile }, systemRandom).catch((error: unknown) => textOf(error));
    if (
      existsSync(join(folder.path, "victim.txt")) &&
      readFileSync(join(folder.path, "victim.txt"), "utf8") !== victimText
    )
      return "another file was written through it";
    if (shape.outcome === "refused") {
      if (typeof opened !== "string") return "it was opened";
      if (!opened.includes(stateFile)) return `the refusal does not name it: ${opened}`;
      return stateOfPlace(stateFile) === before ? null : "it was changed";
    }
    if (typeof opened === "string") return `it did not open: ${opened}`;
    await opened.close();
    const isSame = opened.proxyToken.equals(token);
    if ((statSync(stateFile).mode & 0o777) !== 0o600) return "its mode is open";
    const aside = readdirSync(dirname(stateFile)).filter((name) => name.startsWith("state.json.corrupt-"));
    if (shape.outcome === "kept") return isSame ? null : "what it held is lost";
    if (aside.length !== 1) return `${aside.length} files were set aside`;
    if (isSame !== hasBackup) return hasBackup ? "the backup was not used" : "a broken backup was believed";
    const aboutBackup = hasBackup ? "backup" : "backup was damaged too";
    return opened.notice?.includes("was damaged") === true && opened.notice.includes(aboutBackup)
      ? null
      : `the notice does not say so: ${opened.notice}`;
  } finally {
    folder.close();
  }
}

/** The same for the file of a login. */
export async function accountAfter(shape: Shape): Promise<string | null> {
  const folder = tempFolder("damage");
  try {
    const open = () =>
      createCredentialStore({ folder: join(folder.path, "accounts"), random: systemRandom, clock: systemClock });
    const account = newAccount(countedAccount, "api_key", new Secret("canary-key-1"));
    if (!(await open().write(account, null)).ok) return "it could not be written";
    const path = join(folder.path, "accounts", "claude@work.json");
    shape.break(path);
    const before = stateOfPlace(path);
    const reading = await open().read(countedAccount);
    if (
      existsSync(join(folder.path, "victim.txt")) &&
      readFileSync(join(folder.path, "victim.txt"), "utf8") !== victimText
    )
      return "another file was written through it";
    if (shape.outcome === "kept") {
      if (reading.state !== "ok" || !reading.account.accessToken.equals("canary-key-1"))
        return `it is ${reading.state}`;
      return (statSync(path).mode & 0o777) === 0o600 ? null : "its mode is open";
    }
    if (reading.state !== "unreadable") return `it is ${reading.state}`;
    if (!reading.reason.includes(shape.outcome === "refused" ? path : "was damaged"))
      return `it says ${reading.reason}`;
    if (shape.outcome === "refused") return stateOfPlace(path) === before ? null : "it was changed";
    return readdirSync(dirname(path)).some((name) => name.includes(".corrupt-")) ? null : "it was not set aside";
  } finally {
    folder.close();
  }
}

function stateOfPlace(path: string): string {
  const { ino, mode, size } = lstatSync(path);
  return `${ino} ${mode} ${size}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
