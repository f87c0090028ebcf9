/** The configuration file as a command reads it, without a core: what a core would read at its start. */
import { existsSync } from "node:fs";
import { loadConfig } from "../engine/config/load.ts";
import { problemText } from "../engine/config/problem.ts";
import type { Config } from "../engine/config/schema.ts";
import type { CommandContext } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";

export interface LoadedConfig {
  readonly config: Config | null;
  readonly path: string;
  readonly exists: boolean;
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export function readConfig(context: CommandContext): LoadedConfig {
  const path = context.paths.configFile;
  const result = loadConfig({ path, env: context.env });
  const facts = { path, exists: existsSync(path) };
  if (!result.ok) {
    return { ...facts, config: null, problems: result.problems.map((one) => problemText(path, one)), warnings: [] };
  }
  return {
    ...facts,
    config: result.config,
    problems: [],
    warnings: result.warnings.map((one) => problemText(path, one)),
  };
}

/** For commands that cannot go on without one. */
export function requireConfig(context: CommandContext): Config {
  const { config, problems } = readConfig(context);
  if (config !== null) return config;
  throw new CommandFailure(exitCodes.usage, "the configuration file is not valid", {
    why: problems.join("\n       "),
    next: "switchyard config validate",
  });
}
