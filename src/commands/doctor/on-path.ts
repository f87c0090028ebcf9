/** Programs of the user's: where PATH finds them, and what they say their version is. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { CommandContext } from "../context.ts";
import { windowsCommandLine } from "../windows-command.ts";

type Surroundings = Pick<CommandContext, "env" | "platform">;

/** The first of these names that PATH leads to; null: none. */
export async function findOnPath(names: readonly string[], { env, platform }: Surroundings): Promise<string | null> {
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(platform === "win32" ? ";" : delimiter);
  const endings = platform === "win32" ? (env["PATHEXT"] ?? ".EXE;.CMD;.BAT").split(";") : [""];
  for (const name of names) {
    // What PATH says about the current folder depends on where one stands: left out.
    for (const folder of folders.filter((each) => each !== "" && each !== ".")) {
      for (const ending of endings) {
        const path = join(folder, name + ending);
        if (await isProgram(path)) return path;
      }
    }
  }
  return null;
}

const versionTimeoutMs = 5_000;
const maxOutputBytes = 4 * 1024;

/** What `--version` prints on its first line; null when it takes too long or says nothing. */
export function versionOf(program: string, { env, platform }: Surroundings): Promise<string | null> {
  const [command, args, more] =
    platform === "win32"
      ? [
          env["ComSpec"] ?? "cmd.exe",
          ["/d", "/s", "/c", windowsCommandLine(program, ["--version"])],
          { windowsVerbatimArguments: true },
        ]
      : [program, ["--version"], {}];
  return new Promise((resolve) => {
    const options = {
      env,
      timeout: versionTimeoutMs,
      maxBuffer: maxOutputBytes,
      killSignal: "SIGKILL",
      ...more,
    } as const;
    const child = execFile(command, args, options, (error, stdout, stderr) => {
      const [line = ""] = `${stdout.trim()}\n${stderr.trim()}`.trim().split("\n");
      resolve(error === null && line !== "" ? line.slice(0, maxVersionLength) : null);
    });
    child.stdin?.end();
  });
}

const maxVersionLength = 60;

async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    // Not there, or not to be run.
    return false;
  }
}
