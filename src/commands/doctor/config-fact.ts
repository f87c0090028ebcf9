/**
 * The configuration file as this shell would start a core on it. A file whose only fault is a variable that is not set
 * here is told from a wrong one: a core that was started elsewhere may well be running on it.
 */
import { isRecord } from "../../base/json.ts";
import { loadConfig } from "../../engine/config/load.ts";
import { type Path, pathText, problemText } from "../../engine/config/problem.ts";
import type { Config } from "../../engine/config/schema.ts";
import { readSource, type Source } from "../../engine/config/source.ts";
import type { CommandContext } from "../context.ts";
import { readConfig } from "../load-config.ts";
import { textOf } from "./read-text.ts";

export interface ConfigFact {
  readonly path: string;
  readonly exists: boolean;
  /** Null when a core started from this shell would refuse the file. */
  readonly config: Config | null;
  /** The same, or what it would be if every variable were set; null when the file is wrong in itself. */
  readonly usable: Config | null;
  /** With every variable that is missing standing in: what `usable` was read with. */
  readonly env: NodeJS.ProcessEnv;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly unset: readonly UnsetVariable[];
  /** Keys that are written out in the file itself. */
  readonly hasLiteralKeys: boolean;
}

export interface UnsetVariable {
  readonly name: string;
  /** `config.yaml:12: accounts[0].api_key`, in full. */
  readonly where: string;
  /** False: of an account that is switched off, whose key is not read. */
  readonly needed: boolean;
  /** `provider/name`, where it is an account's key. */
  readonly account: string | null;
}

/** Never sent anywhere: with it the file is only read, to see what else there is to say about it. */
const standIn = "a-variable-that-is-not-set";

export function configFact(context: CommandContext): ConfigFact {
  const { path, exists, config, problems, warnings } = readConfig(context);
  const text = exists ? (textOf(path) ?? "") : "";
  const unset = unsetVariables(text, path, context.env);
  const env = { ...context.env, ...Object.fromEntries(unset.map(({ name }) => [name, standIn])) };
  const patched = config === null && unset.length > 0 ? loadConfig({ path, env }) : null;
  const usable = config ?? (patched?.ok === true ? patched.config : null);
  return {
    path,
    exists,
    config,
    usable,
    env,
    problems,
    warnings: patched?.ok === true ? patched.warnings.map((one) => problemText(path, one)) : warnings,
    unset,
    hasLiteralKeys: (usable?.accounts ?? []).some(
      ({ source }) => source.kind === "key" && text.includes(source.key.reveal()),
    ),
  };
}

/** Only credentials and proxies are expanded; anywhere else `${X}` is text. */
const expanded = /key|secret|proxy/i;

function unsetVariables(text: string, file: string, env: NodeJS.ProcessEnv): readonly UnsetVariable[] {
  const read = readSource(text);
  if (!read.ok) return [];
  const { source } = read;
  const texts = stringsIn(source.value, []).filter(({ path }) => path.some((step) => expanded.test(String(step))));
  return texts.flatMap(({ path, value }) =>
    [...value.matchAll(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].flatMap(([, name = ""]) => {
      if (Object.hasOwn(env, name) && env[name] !== "") return [];
      const account = path[0] === "accounts" ? accountAt(source, path[1]) : null;
      const { line } = source.problem(path, "");
      const where = `${file}:${line}: ${pathText(path)}`;
      return [{ name, where, needed: account?.enabled !== false, account: account?.id ?? null }];
    }),
  );
}

function accountAt({ value }: Source, index: Path[number] | undefined): { id: string; enabled: boolean } | null {
  const list = isRecord(value) ? value["accounts"] : undefined;
  const block: unknown = Array.isArray(list) ? list[Number(index)] : undefined;
  if (!isRecord(block) || typeof block["provider"] !== "string") return null;
  const { provider, name } = block;
  const id = `${provider}/${typeof name === "string" ? name : `${provider}-${Number(index) + 1}`}`;
  return { id, enabled: block["enabled"] !== false };
}

/** Deeper than any configuration goes. */
const maxDepth = 16;

function stringsIn(value: unknown, path: Path): readonly { readonly path: Path; readonly value: string }[] {
  if (typeof value === "string") return [{ path, value }];
  if (path.length > maxDepth) return [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, index) => stringsIn(item, [...path, index]));
  return isRecord(value) ? Object.entries(value).flatMap(([key, item]) => stringsIn(item, [...path, key])) : [];
}
