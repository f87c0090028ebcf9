/** A fixture as JavaScript in a folder of its own: a loader would take most of the life of a process that is soon killed. */
import { symlinkSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../../../test/support/proxy-clients.ts";
import type { TempFolder } from "../../../../test/support/temp.ts";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

export async function compiled(source: URL, folder: TempFolder): Promise<string> {
  folder.file("package.json", '{ "type": "module" }\n');
  symlinkSync(join(root, "node_modules"), join(folder.path, "node_modules"));
  const options =
    "--ignoreConfig --noCheck --skipLibCheck --rewriteRelativeImportExtensions --verbatimModuleSyntax --target es2023 --module nodenext";
  const places = ["--rootDir", join(root, "src"), "--outDir", folder.path];
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const path = fileURLToPath(source);
  const { code, stdout } = await run(process.execPath, [compiler, ...options.split(" "), ...places, path]);
  if (code !== 0) throw new Error(`the fixture does not compile: ${stdout}`);
  return join(folder.path, relative(join(root, "src"), path).replace(/\.ts$/, ".js"));
}
