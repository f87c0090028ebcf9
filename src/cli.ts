#!/usr/bin/env node
/**
 * The command line: argv to command. Every command is loaded when it is asked for, so that `status` need not wait for
 * the TLS stack, nor `run` for the screen.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CommanderError } from "commander";
import { systemClock } from "./base/clock.ts";
import { resolvePaths } from "./base/paths.ts";
import { systemRandom } from "./base/random.ts";
import type { CommandContext } from "./commands/context.ts";
import { asFailure, exitCodes, failureText } from "./commands/failure.ts";
import { commandTable } from "./commands/program.ts";

// Whoever read us is gone: a closed window, a killed starter, `| head -1`. Nobody is left to be told of it, and a core that
// tried would go round in its own complaint for ever.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  const context = systemContext();
  const result: { exitCode: number } = { exitCode: exitCodes.ok };
  try {
    await commandTable(context, result).parseAsync([...argv]);
    return result.exitCode;
  } catch (error) {
    // Help and version were printed, a wrong argument was explained; commander calls both an error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const failure = asFailure(error);
    context.stderr.write(failureText(failure));
    return failure.exitCode;
  }
}

function systemContext(): CommandContext {
  const { env, platform } = process;
  // The same tree twice: TypeScript under a loader, JavaScript when built.
  const beside = (path: string): string => fileURLToPath(new URL(path + import.meta.url.slice(-3), import.meta.url));
  return {
    env,
    platform,
    paths: resolvePaths(env, platform),
    version: ownVersion(),
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    clock: systemClock,
    random: systemRandom,
    program: {
      loadCore: () => import("./core.ts"),
      cliPath: fileURLToPath(import.meta.url),
      tuiPath: beside("./tui/main"),
      demoClientPath: beside("./commands/demo-client"),
      execArgv: process.execArgv,
    },
    onFault(listener) {
      process.on("uncaughtException", listener);
      return () => process.off("uncaughtException", listener);
    },
    onSignal(names, listener) {
      for (const name of names) process.on(name, listener);
      return () => {
        for (const name of names) process.off(name, listener);
      };
    },
  };
}

function ownVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version: unknown = Object(parsed)["version"];
  return typeof version === "string" ? version : "unknown";
}
