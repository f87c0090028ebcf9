/** `switchyard version`, `--version`: what this is, and what it runs on. */
import { arch } from "node:os";
import { type CommandContext, printJson, printLines } from "./context.ts";
import { exitCodes } from "./failure.ts";

export function version(context: CommandContext, options: { readonly json: boolean }): Promise<number> {
  const { version: own, platform } = context;
  if (options.json) printJson(context, { version: own, node: process.versions.node, platform, arch: arch() });
  else printLines(context.stdout, [own]);
  return Promise.resolve(exitCodes.ok);
}
