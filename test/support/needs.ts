/**
 * Programs that some tests drive and that a machine with only Node and npm does not have. Without them those tests are
 * skipped, visibly, and everything else runs; where CI says it is CI, a missing program is a failure, so that a skip
 * there can never pass for a success.
 */
import { spawnSync } from "node:child_process";
import { isInstalled, type NpmPackage } from "./install.ts";

export function canRun(program: string, versionFlag = "--version"): boolean {
  const found = spawnSync(program, [versionFlag], { stdio: "ignore" }).status === 0;
  if (!found && process.env["CI"]) throw new Error(`${program} is not installed, and this is CI: install it`);
  if (!found) process.stderr.write(`skipped: tests that need ${program}, which is not installed\n`);
  return found;
}

/** The same for what npm can install: too much to fetch unasked on a machine where somebody works. */
export function mayDrive(wanted: NpmPackage): boolean {
  const may = Boolean(process.env["CI"]) || isInstalled(wanted);
  if (!may) {
    process.stderr.write(`skipped: tests that drive ${wanted.name}; \`npm run test:clients\` installs it\n`);
  }
  return may;
}

/** The same for programs that hardly any machine has, CI included: where one is missing its tests are skipped, visibly. */
export function mayRun(program: string): boolean {
  const found = spawnSync("sh", ["-c", 'command -v "$1"', "sh", program], { stdio: "ignore" }).status === 0;
  if (!found) process.stderr.write(`skipped: tests that need ${program}, which is not installed\n`);
  return found;
}
