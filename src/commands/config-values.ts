/** `switchyard config get|set|unset`: single values of the file, by their path. */
import { readFileSync } from "node:fs";
import { parseDocument, stringify } from "yaml";
import { isRecord } from "../base/json.ts";
import { maskedSecret } from "../base/secret.ts";
import { editConfigFile } from "../engine/config/edit-file.ts";
import { fileSchema } from "../engine/config/file-schema.ts";
import { loadConfig } from "../engine/config/load.ts";
import { suggestion } from "../engine/config/nearest.ts";
import { type Path, pathText } from "../engine/config/problem.ts";
import { shapeFaults } from "../engine/config/shape-faults.ts";
import { deepPlace, maxYamlDepth } from "../engine/config/depth.ts";
import { readSource } from "../engine/config/source.ts";
import { findCore } from "../control/process.ts";
import { parseKey } from "./config-key.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";

interface Json {
  readonly json: boolean;
}

/** Exit code 1 when there is neither a value nor a default. */
export async function configGet(context: CommandContext, key: string | undefined, options: Json): Promise<number> {
  const path = key === undefined ? [] : requireKey(key);
  const file = written(context);
  const inFile = valueAt(file, path);
  const isDefault = inFile === undefined;
  const value = masked(isDefault ? defaultAt(context, path) : inFile, lastName(path));
  if (options.json) {
    printJson(context, { key: key ?? null, set: !isDefault, value: value ?? null });
    return value === undefined ? exitCodes.failure : exitCodes.ok;
  }
  if (value === undefined) {
    throw new CommandFailure(exitCodes.failure, `${shown(key)} is not set, and has no single value by default`, {
      next: `switchyard config set ${shown(key)} VALUE`,
    });
  }
  if (isDefault) context.stderr.write("not in the file; this is what holds without it\n");
  // Text as it is; YAML would quote it.
  const text = typeof value === "string" ? value : stringify(value, { lineWidth: 0 });
  printLines(
    context.stdout,
    text
      .trimEnd()
      .split("\n")
      .map((line) => shown(line)),
  );
  return exitCodes.ok;
}

export async function configSet(
  context: CommandContext,
  { key, value: text }: { readonly key: string; readonly value: string },
  options: Json,
): Promise<number> {
  const path = requireKey(key);
  const value = parseValue(text);
  refuseCredential(path, value, key);
  await write(context, path, value);
  const note = await putInForce(context, path);
  if (options.json) printJson(context, { key, set: true, value: masked(value, lastName(path)) });
  else printLines(context.stdout, [`${pathText(path)} is set in ${shown(context.paths.configFile)}${note}`]);
  return exitCodes.ok;
}

export async function configUnset(context: CommandContext, key: string, options: Json): Promise<number> {
  const path = requireKey(key);
  const wasSet = valueAt(written(context), path) !== undefined;
  if (wasSet) await write(context, path, undefined);
  const note = wasSet ? await putInForce(context, path) : "";
  if (options.json) printJson(context, { key, set: false, was: wasSet });
  else if (wasSet)
    printLines(context.stdout, [`${pathText(path)} is out of ${shown(context.paths.configFile)}${note}`]);
  else context.stderr.write(`${pathText(path)} was not in the file\n`);
  return exitCodes.ok;
}

/** @throws CommandFailure with exit code 2 for what can stand in no configuration file */
function requireKey(key: string): Path {
  const path = parseKey(key);
  if (path === null) {
    throw new CommandFailure(exitCodes.usage, `"${shown(key)}" is no path of a value`, {
      why: 'names are joined with dots, places in lists are in brackets: listen.port, routes[0].to, prices["local/*"]',
      next: "switchyard config get",
    });
  }
  const nested = path.toReversed().reduce<unknown>((inside, step) => {
    if (typeof step !== "number") return { [step]: inside };
    const list: unknown[] = [];
    list[step] = inside;
    return list;
  }, undefined);
  const [fault] = shapeFaults(fileSchema, nested);
  if (fault !== undefined) {
    const name = String(fault.path.at(-1));
    const known = fault.type === "unknown-key" ? fault.known : [];
    const what = fault.type === "list" ? `${pathText(fault.path)} is no list` : `there is no key "${shown(name)}"`;
    throw new CommandFailure(exitCodes.usage, `${what}${suggestion(name, known)}`, {
      why: known.length === 0 ? undefined : `known ${whereText(fault.path)}: ${known.join(", ")}`,
      next: "docs/configuration.md has every key   (or: switchyard config schema)",
    });
  }
  return path;
}

function whereText(path: Path): string {
  return path.length === 1 ? "at the top" : `in ${pathText(path.slice(0, -1))}`;
}

/** The file as it is written; nothing where there is none. @throws CommandFailure when it is not YAML */
function written(context: CommandContext): unknown {
  const read = readSource(textOf(context));
  if (read.ok) return read.source.value;
  throw new CommandFailure(exitCodes.usage, "the configuration file cannot be read as it is", {
    why: read.problems.map(({ line, column, message }) => `line ${line}, column ${column}: ${message}`).join("; "),
    next: "switchyard config edit",
  });
}

function textOf(context: CommandContext): string {
  try {
    return readFileSync(context.paths.configFile, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new CommandFailure(exitCodes.usage, `${shown(context.paths.configFile)} cannot be read`, {
      why: error instanceof Error ? shown(error.message) : undefined,
    });
  }
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** Sections whose values are kept as they are written, but for the spelling of their names. */
const plainSections = new Set(["listen", "intercept", "upstream", "settings"]);

function defaultAt(context: CommandContext, path: Path): unknown {
  if (!plainSections.has(String(path[0]))) return undefined;
  const loaded = loadConfig({ path: context.paths.configFile, env: withPlaceholders(context) });
  if (!loaded.ok) return undefined;
  const value = valueAt(
    loaded.config,
    path.map((step) =>
      typeof step === "number" ? step : step.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    ),
  );
  const isPlain = (each: unknown): boolean => each === null || ["string", "number", "boolean"].includes(typeof each);
  return isPlain(value) || (Array.isArray(value) && value.every(isPlain)) ? value : undefined;
}

function parseValue(text: string): unknown {
  if (deepPlace(text) !== null) {
    throw new CommandFailure(exitCodes.usage, "the value is not YAML", {
      why: `it is nested deeper than ${maxYamlDepth} levels`,
    });
  }
  const document = parseDocument(text, { prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    throw new CommandFailure(exitCodes.usage, "the value is not YAML", {
      why: shown(error.message),
      next: "quote it for the shell, and text for YAML: '\"a: b\"'",
    });
  }
  const value: unknown = document.toJS({ maxAliasCount: 0 });
  return value ?? null;
}

async function write(context: CommandContext, path: Path, value: unknown): Promise<void> {
  const { configFile } = context.paths;
  const env = withPlaceholders(context);
  const result = await editConfigFile(path, value, { path: configFile, env, random: context.random });
  if (result.ok) return;
  const code = result.kind === "refused" ? exitCodes.usage : exitCodes.failure;
  throw new CommandFailure(code, shown(result.message), {
    why: "nothing was changed",
    next: result.kind === "conflict" ? undefined : (atOnce(context, path, value) ?? "switchyard config edit"),
  });
}

/** What is not there yet is often only valid as a whole. */
function atOnce(context: CommandContext, path: Path, value: unknown): string | null {
  const parent = path.slice(0, -1);
  const name = path.at(-1);
  if (value === undefined || typeof name !== "string" || parent.length === 0) return null;
  if (valueAt(written(context), parent) !== undefined) return null;
  return `switchyard config set ${pathText(parent)} '{${shown(name)}: …, …}'   (all of it at once)`;
}

/** A variable that only the core's environment has is no reason to refuse another value here. */
function withPlaceholders(context: CommandContext): NodeJS.ProcessEnv {
  const names = [...textOf(context).matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(([, name = ""]) => name);
  const missing = names.filter((name) => !context.env[name]).map((name) => [name, "not-set-in-this-shell"] as const);
  return { ...context.env, ...Object.fromEntries(missing) };
}

/** Tells the running core now instead of leaving it to notice. What is said of it goes behind the result. */
async function putInForce(context: CommandContext, path: Path): Promise<string> {
  const core = await findCore(context.paths);
  if (core === null || core.status.config.path !== context.paths.configFile) return "";
  const { error } = await core.client.reload();
  if (error !== null) {
    context.stderr.write(`warning: the running core does not take the file: ${shown(error)}\n`);
    return "";
  }
  return path[0] === "listen" ? "; the running core takes it with its next start" : " and in force";
}

const secretNames = new Set(["api_key", "api-key", "api-keys", "client_secret", "client-secret"]);
const restingSecrets = new Set(["access-token", "refresh-token"]);

function lastName(path: Path): string {
  return path.findLast((step) => typeof step === "string") ?? "";
}

/** Credentials shown as everywhere; the name of a variable or of a file is none. */
function masked(value: unknown, name: string): unknown {
  if (typeof value === "string") {
    if (secretNames.has(name) || restingSecrets.has(name)) return isReference(value) ? value : maskedSecret(value);
    return value.replace(/(:\/\/[^/@:\s]*:)[^/@\s]+@/, "$1•••@");
  }
  if (Array.isArray(value)) return value.map((each: unknown) => masked(each, name));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, key === "file" ? each : masked(each, key)]),
  );
}

function isReference(text: string): boolean {
  return /^\$\{[A-Za-z_][A-Za-z0-9_]*\}$/.test(text);
}

/** A key on a command line is seen by every process and kept by the shell. */
function refuseCredential(path: Path, value: unknown, key: string): void {
  if (!holdsCredential(value, lastName(path))) return;
  throw new CommandFailure(exitCodes.usage, "a credential is not taken from the command line", {
    why: "every process of this machine can read it there, and the shell keeps it in its history; take it as leaked",
    next: `switchyard config set ${shown(key)} '\${NAME_OF_A_VARIABLE}'   (or '{file: path}', or: switchyard accounts add)`,
  });
}

function holdsCredential(value: unknown, name: string): boolean {
  if (typeof value === "string") return (secretNames.has(name) || restingSecrets.has(name)) && !isReference(value);
  if (Array.isArray(value)) return value.some((each) => holdsCredential(each, name));
  if (!isRecord(value)) return false;
  return Object.entries(value).some(([key, each]) => key !== "file" && holdsCredential(each, key));
}
