/**
 * The configuration file, read and checked. A missing file is the default configuration. Nothing here throws: a wrong
 * file is a list of problems, each with its place, what is wrong and what to write instead.
 */
import { readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname } from "node:path";
import * as v from "valibot";
import { isRecord } from "../../base/json.ts";
import { createRedactor } from "../../base/redact.ts";
import { buildConfig, type Overrides } from "./build.ts";
import { fileSchema } from "./file-schema.ts";
import { suggestion } from "./nearest.ts";
import type { ConfigProblem, Path } from "./problem.ts";
import type { Config } from "./schema.ts";
import { maxConfigBytes, readSource, type Source } from "./source.ts";
import { shapeFaults } from "./shape-faults.ts";

export type LoadResult =
  | { readonly ok: true; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] };

export interface LoadOptions {
  /** Path of the file: messages do not repeat it, relative names inside start at its folder. */
  readonly path: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** From the command line; wins over `SWITCHYARD_HOST` and `SWITCHYARD_PORT`, which win over the file. */
  readonly overrides?: Overrides;
  /** Default: the file system. Throws when the file cannot be read. */
  readonly readFile?: (path: string) => string;
}

/** Reads the file now. */
export function loadConfig(options: LoadOptions): LoadResult {
  const readFile = options.readFile ?? readTextFile;
  let text: string;
  try {
    text = readFile(options.path);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unreadable";
    if (code !== "ENOENT") {
      const why = code === "EFBIG" ? "is larger than 1 MiB" : `cannot be read (${code})`;
      return { ok: false, problems: [{ line: 1, column: 1, path: "", message: why }] };
    }
    text = "";
  }
  return parseConfig(text, options);
}

export function parseConfig(text: string, options: LoadOptions): LoadResult {
  const result = checkedConfig(text, options);
  return result.ok
    ? { ...result, warnings: withoutKeys(result.warnings) }
    : { ok: false, problems: withoutKeys(result.problems) };
}

const redactor = createRedactor();

/** Problems quote what is wrong, and what is wrong may be a key that somebody wrote in another field's place. */
function withoutKeys(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.map((one) => ({ ...one, path: redactor.text(one.path), message: redactor.text(one.message) }));
}

function checkedConfig(text: string, options: LoadOptions): LoadResult {
  const read = readSource(text);
  if (!read.ok) return read;
  const { source } = read;
  const problems: ConfigProblem[] = [];
  const value = withoutEmptySections(source.value);
  if (!isRecord(value)) {
    return { ok: false, problems: [source.problem([], "must be a map of sections, such as `routes:`")] };
  }
  const faults = shapeFaults(fileSchema, value);
  for (const fault of faults) {
    if (fault.type === "list") {
      problems.push(source.problem(fault.path, "must be a map"));
      continue;
    }
    const key = String(fault.path.at(-1));
    const hint = suggestion(key, fault.known);
    const list = hint === "" && fault.known.length > 0 ? `; known here: ${fault.known.join(", ")}` : hint;
    problems.push(source.problem(fault.path, `unknown key "${key}"${list}`, "key"));
  }
  const checked = v.safeParse(fileSchema, value, { message: plainMessage });
  for (const issue of checked.issues ?? []) problems.push(issueProblem(source, issue));
  const overrides = withEnvironment(options, problems);
  if (!checked.success || faults.some(({ type }) => type === "list")) return { ok: false, problems: inOrder(problems) };
  const warnings: ConfigProblem[] = [];
  const config = buildConfig(
    checked.output,
    {
      env: options.env,
      readFile: options.readFile ?? readTextFile,
      folder: dirname(options.path),
      home: options.env["HOME"] ?? homedir(),
    },
    overrides,
    {
      wrong: (path, message, at) => problems.push(source.problem(path, message, at)),
      warn: (path, message) => warnings.push(source.problem(path, message)),
    },
  );
  return problems.length > 0
    ? { ok: false, problems: inOrder(problems) }
    : { ok: true, config, warnings: inOrder(warnings) };
}

/** `accounts:` with nothing behind it is YAML for null and means "none yet". */
function withoutEmptySections(value: unknown): unknown {
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, section]) => section !== null));
}

function issueProblem(source: Source, issue: v.BaseIssue<unknown>): ConfigProblem {
  const path: Path = (issue.path ?? []).map((item) => (typeof item.key === "number" ? item.key : String(item.key)));
  // A record reports a bad name at the entry's key.
  const isKey = issue.path?.at(-1)?.origin === "key";
  if (issue.input === undefined) {
    return source.problem(path.slice(0, -1), `"${String(path.at(-1))}" is missing`);
  }
  return source.problem(path, issue.message, isKey ? "key" : "value");
}

/** For shapes that have no wording of their own. The received value is left out: it may be a secret. */
function plainMessage(issue: v.BaseIssue<unknown>): string {
  const words: Readonly<Record<string, string>> = { Object: "a map", Array: "a list", string: "text" };
  const expected = issue.expected ?? "something else";
  return `must be ${words[expected] ?? expected}`;
}

function withEnvironment(options: LoadOptions, problems: ConfigProblem[]): Overrides {
  const host = options.overrides?.host ?? (options.env["SWITCHYARD_HOST"] || undefined);
  const named = options.env["SWITCHYARD_PORT"] || undefined;
  const port = options.overrides?.port ?? (named === undefined ? undefined : Number(named));
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    problems.push({ line: 1, column: 1, path: "SWITCHYARD_PORT", message: "must be a port number from 0 to 65535" });
  }
  // Only a yes is taken from the environment: anything else leaves the file's word.
  const requestLogs = options.overrides?.requestLogs ?? (options.env["ENABLE_REQUEST_LOGS"] === "true" || undefined);
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(requestLogs === undefined ? {} : { requestLogs }),
  };
}

function inOrder(problems: readonly ConfigProblem[]): readonly ConfigProblem[] {
  return problems.toSorted((left, right) => left.line - right.line || left.column - right.column);
}

function readTextFile(path: string): string {
  // Anything this large is no configuration and no key; the parser would refuse it anyway.
  if (statSync(path).size > maxConfigBytes) throw Object.assign(new Error("too large"), { code: "EFBIG" });
  return readFileSync(path, "utf8");
}
