/** `switchyard config path|validate`. */
import { existsSync } from "node:fs";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { exitCodes } from "./failure.ts";

export async function configPath(context: CommandContext, options: { readonly json: boolean }): Promise<number> {
  const path = context.paths.configFile;
  if (options.json) printJson(context, { path, exists: existsSync(path) });
  else printLines(context.stdout, [path]);
  return exitCodes.ok;
}

/** Exit code 2 when a core would refuse the file. */
export async function configValidate(context: CommandContext, options: { readonly json: boolean }): Promise<number> {
  const { readConfig } = await import("./load-config.ts");
  const { config, path, exists, problems, warnings } = readConfig(context);
  const code = config === null ? exitCodes.usage : exitCodes.ok;
  if (options.json) {
    printJson(context, {
      ok: config !== null,
      path,
      exists,
      problems,
      warnings,
      routes: config?.routes.length ?? null,
    });
    return code;
  }
  const lines = [...problems.map((one) => `error: ${shown(one)}`), ...warnings.map((one) => `warning: ${shown(one)}`)];
  if (config !== null) {
    const what = exists ? "is valid" : "is not there, which is fine: the defaults hold";
    lines.push(`${path} ${what}; ${config.routes.length} ${config.routes.length === 1 ? "rule" : "rules"}`);
  }
  printLines(context.stdout, lines);
  return code;
}
