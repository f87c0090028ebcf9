/**
 * A program of these tests as one JavaScript file: a loader would take most of the life of a process that is soon killed.
 * Made once for each run, gone with the run's process.
 */
import { readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { tempFolder } from "../../support/temp.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** @param source a file beside this one; gives the path of what node runs */
export async function bundled(source: string): Promise<{ readonly path: string; close(): void }> {
  const folder = tempFolder("program");
  symlinkSync(join(root, "node_modules"), join(folder.path, "node_modules"), "junction");
  const path = join(folder.path, basename(source).replace(/\.ts$/, ".mjs"));
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Readonly<
    Record<"dependencies" | "devDependencies", Readonly<Record<string, string>>>
  >; // our own package.json
  await build({
    absWorkingDir: root,
    entryPoints: [fileURLToPath(new URL(source, import.meta.url))],
    outfile: path,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20.18",
    external: Object.keys({ ...dependencies, ...devDependencies }),
    logLevel: "warning",
  });
  return { path, close: () => folder.close() };
}
