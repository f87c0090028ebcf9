/**
 * Credentials of a configuration file: a literal, `${NAME}` of an environment variable (also inside other text), or
 * `{file: path}`. What comes out is a `Secret`; what goes wrong names the variable or the file and never a value.
 */
import { isAbsolute, join, resolve } from "node:path";
import { Secret } from "../../base/secret.ts";

export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws when the file cannot be read. */
  readonly readFile: (path: string) => string;
  /** Relative file names start at the configuration's own folder. */
  readonly folder: string;
  readonly home: string;
}

export type SecretResult =
  | { readonly ok: true; readonly secret: Secret }
  | { readonly ok: false; readonly message: string };

export function readSecret(raw: string | { readonly file: string }, sources: SecretSources): SecretResult {
  const found = typeof raw === "string" ? expandVariables(raw, sources.env) : fromFile(raw.file, sources);
  if (!found.ok) return found;
  const value = found.value.trim();
  if (value === "") return { ok: false, message: "the key is empty" };
  // Anything else cannot stand in an HTTP header.
  if (!/^[\x21-\x7e]+$/.test(value))
    return { ok: false, message: "the key holds a space or a character outside ASCII" };
  return { ok: true, secret: new Secret(value) };
}

/** `~/x` and `x` as absolute paths. */
export function filePath(name: string, sources: Pick<SecretSources, "folder" | "home">): string {
  if (name === "~" || name.startsWith("~/")) return join(sources.home, name.slice(1));
  return isAbsolute(name) ? name : resolve(sources.folder, name);
}

type TextResult = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly message: string };

/** `${NAME}` of environment variables put in; a variable that is not set is named, never guessed. */
export function expandVariables(raw: string, env: SecretSources["env"]): TextResult {
  const missing: string[] = [];
  const value = raw.replaceAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, variable: string) => {
    const found = Object.hasOwn(env, variable) ? env[variable] : undefined;
    if (found === undefined || found === "") missing.push(variable);
    return found ?? "";
  });
  if (missing.length === 0) return { ok: true, value };
  const names = missing.join(", ");
  return {
    ok: false,
    message: `environment variable ${names} is not set; export it before starting, or use {file: path}`,
  };
}

function fromFile(name: string, sources: SecretSources): TextResult {
  const path = filePath(name, sources);
  try {
    return { ok: true, value: sources.readFile(path) };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    return { ok: false, message: `cannot read the key file ${path} (${code})` };
  }
}
