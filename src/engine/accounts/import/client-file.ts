/** Reading files of other programs: bounded, never waiting on a pipe, and tolerant of what stands in them. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { own, parseJson } from "../../../base/json.ts";
import { Secret } from "../../../base/secret.ts";
import { claimsOf } from "../oauth/jwt-claims.ts";

export type FileReading =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly kind: "missing" | "unreadable"; readonly why: string };

/** The largest of them (Codex, with three JWTs) is about 10 KB. */
const maxFileBytes = 1024 * 1024;
const maxFactLength = 512;
const maxSecretLength = 65_536;
/** A pipe in place of the file must not hold us up. */
const readOnly = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

export async function readJsonFile(path: string): Promise<FileReading> {
  const read = await readTextFile(path);
  if (!read.ok) return read;
  const parsed = parseJson(read.value);
  // The parser's own words quote the text, and the text holds tokens.
  return parsed.ok ? parsed : { ok: false, kind: "unreadable", why: `${path} is not JSON` };
}

export async function readTextFile(
  path: string,
): Promise<{ readonly ok: true; readonly value: string } | Extract<FileReading, { readonly ok: false }>> {
  let file: FileHandle | null = null;
  try {
    file = await open(path, readOnly);
    const stats = await file.stat();
    if (!stats.isFile()) return { ok: false, kind: "unreadable", why: `${path} is not a file` };
    if (stats.size > maxFileBytes) return { ok: false, kind: "unreadable", why: `${path} is too large for a login` };
    return { ok: true, value: (await file.readFile("utf8")).replace(/^\uFEFF/, "") };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException | null)?.code ?? "unknown";
    if (code === "ENOENT" || code === "ENOTDIR") return { ok: false, kind: "missing", why: `${path} is not there` };
    return { ok: false, kind: "unreadable", why: `${path} cannot be read (${code})` };
  } finally {
    await file?.close();
  }
}

/** A fact for people and headers: short, and without control characters. */
export function factIn(value: unknown, ...path: readonly string[]): string | null {
  const text = textIn(value, path);
  return text !== null && text.length <= maxFactLength && !/\p{Cc}/u.test(text) ? text : null;
}

/** A token or key: visible ASCII, or it could not stand in a header. */
export function secretIn(value: unknown, ...path: readonly string[]): Secret | null {
  const text = textIn(value, path)?.trim() ?? "";
  return text.length <= maxSecretLength && /^[\x21-\x7e]+$/.test(text) ? new Secret(text) : null;
}

export function numberIn(value: unknown, ...path: readonly string[]): number | null {
  const found = path.reduce<unknown>(own, value);
  return typeof found === "number" && Number.isFinite(found) ? found : null;
}

export function textIn(value: unknown, path: readonly string[]): string | null {
  const found = path.reduce<unknown>(own, value);
  return typeof found === "string" && found !== "" ? found : null;
}

/** An instant in ISO 8601; null for anything else. */
export function instantIn(value: unknown, ...path: readonly string[]): number | null {
  const at = Date.parse(textIn(value, path) ?? "");
  return Number.isNaN(at) ? null : at;
}

/** When a JSON web token ends, by its own word; null for other tokens. */
export function tokenEnd(token: Secret): number | null {
  const seconds = numberIn(claimsOf(token.reveal()), "exp");
  return seconds === null ? null : seconds * 1_000;
}
