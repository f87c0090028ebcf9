/**
 * Commands as they are typed, in this process, against the core and the files of a home: the program without the start of
 * another Node for each of them. What a process of its own adds, `CoreProcess.cli` has.
 */
import { PassThrough } from "node:stream";
import { systemClock } from "../../src/base/clock.ts";
import { resolvePaths } from "../../src/base/paths.ts";
import { systemRandom } from "../../src/base/random.ts";
import type { CommandContext } from "../../src/commands/context.ts";
import { asFailure, exitCodes, failureText } from "../../src/commands/failure.ts";
import { commandTable } from "../../src/commands/program.ts";

export interface Typed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function typed(home: string, words: readonly string[]): Promise<Typed> {
  const env = { PATH: process.env["PATH"], HOME: home, SWITCHYARD_HOME: home, NO_COLOR: "1" };
  const said = { stdout: "", stderr: "" };
  const stdin = new PassThrough();
  stdin.end();
  const context: CommandContext = {
    env,
    paths: resolvePaths(env),
    platform: "linux",
    version: "9.9.9",
    stdout: { write: (chunk) => (said.stdout += Buffer.from(chunk).toString()) },
    stderr: { write: (chunk) => (said.stderr += Buffer.from(chunk).toString()) },
    stdin,
    clock: systemClock,
    random: systemRandom,
    program: {
      loadCore: () => Promise.reject(new Error("no core is started here")),
      cliPath: "cli.js",
      tuiPath: "tui.js",
      demoClientPath: "demo-client.js",
      execArgv: [],
    },
    onFault: () => () => {},
    onSignal: () => () => {},
  };
  const result: { exitCode: number } = { exitCode: exitCodes.ok };
  try {
    await commandTable(context, result).parseAsync(["node", "switchyard", ...words]);
  } catch (error) {
    const failure = asFailure(error);
    said.stderr += failureText(failure);
    result.exitCode = failure.exitCode;
  }
  return { code: result.exitCode, ...said };
}
