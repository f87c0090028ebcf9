/**
 * The program as it is shipped, built into a folder of its own: it starts several times faster than the sources do, and the
 * project's own `dist` stays as its user left it.
 */
import { copyFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "./proxy-clients.ts";
import { tempFolder } from "./temp.ts";

export interface BuiltProgram {
  readonly folder: string;
  readonly cli: string;
  close(): void;
}

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
/** A second on an idle machine. */
const buildTimeoutMs = 120_000;

export async function buildProgram(): Promise<BuiltProgram> {
  const folder = tempFolder("built");
  copyFileSync(join(projectRoot, "package.json"), join(folder.path, "package.json"));
  symlinkSync(join(projectRoot, "node_modules"), join(folder.path, "node_modules"), "junction");
  const args = [join(projectRoot, "scripts", "build.mjs"), join(folder.path, "dist")];
  const built = await run(process.execPath, args, { cwd: projectRoot, timeoutMs: buildTimeoutMs });
  if (built.code !== 0) throw new Error(`the build failed:\n${built.stdout}${built.stderr}`);
  return { folder: folder.path, cli: join(folder.path, "dist", "cli.js"), close: () => folder.close() };
}
