/** Reads configuration texts as if from one known folder, with known variables and files. */
import { parseConfig, type LoadOptions, type LoadResult } from "../load.ts";
import { problemText } from "../problem.ts";
import type { Config } from "../schema.ts";

const files: Readonly<Record<string, string>> = {
  "/home/me/.keys/claude": "sk-ant-from-a-file\n",
  "/etc/switchyard/roots.pem": "-----BEGIN CERTIFICATE-----",
};

export const options: LoadOptions = {
  path: "/etc/switchyard/config.yaml",
  env: { HOME: "/home/me", OPENROUTER_API_KEY: "sk-or-0123456789abcdef", ANTHROPIC_API_KEY: "sk-ant-0123456789abcdef" },
  readFile(path) {
    const text = Object.hasOwn(files, path) ? files[path] : undefined;
    if (text === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return text;
  },
};

export const parse = (text: string, more: Partial<LoadOptions> = {}): LoadResult =>
  parseConfig(text, { ...options, ...more });

/** `line:column path: message` of each problem. */
export function problems(text: string, more: Partial<LoadOptions> = {}): readonly string[] {
  const result = parse(text, more);
  return result.ok ? [] : result.problems.map((each) => problemText("f", each).slice(2));
}

/** `path: message` of each warning. */
export function warnings(text: string): readonly string[] {
  const result = parse(text);
  return result.ok
    ? result.warnings.map(({ path, message }) => `${path}: ${message}`)
    : [`not ok: ${JSON.stringify(result.problems)}`];
}

export function config(text: string, more: Partial<LoadOptions> = {}): Config {
  const result = parse(text, more);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.config;
}
