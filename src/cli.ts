#!/usr/bin/env node
/**
 * The command line: argv to command. Every command is loaded when it is asked for, so that `status` need not wait for
 * the TLS stack, nor `run` for the screen.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { systemClock } from "./base/clock.ts";
import { resolvePaths } from "./base/paths.ts";
import { systemRandom } from "./base/random.ts";
import type { CommandContext, Output } from "./commands/context.ts";
import { runCommand } from "./commands/program.ts";

process.exitCode = await runCommand(systemContext(), process.argv.slice(2));

function systemContext(): CommandContext {
  const { env, platform } = process;
  // The same tree twice: TypeScript under a loader, JavaScript when built.
  const beside = (path: string): string => fileURLToPath(new URL(path + import.meta.url.slice(-3), import.meta.url));
  return {
    env,
    platform,
    paths: resolvePaths(env, platform),
    version: ownVersion(),
    stdout: untilClosed(process.stdout),
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

/**
 * A reader that has seen enough (`| head -1`) is nobody's failure: what was about to end ends as it would have, and what
 * goes on writing ends with the next write.
 */
function untilClosed(stream: NodeJS.WriteStream): Output {
  let isGone = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    isGone = true;
  });
  process.stderr.on("error", () => {});
  return {
    write: (chunk) => (isGone ? process.exit(0) : stream.write(chunk)),
    on: (event, listener) => stream.on(event, listener),
    isTTY: stream.isTTY,
    columns: stream.columns,
  };
}

function ownVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version: unknown = Object(parsed)["version"];
  return typeof version === "string" ? version : "unknown";
}
