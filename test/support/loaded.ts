/** Which modules a run of the program loads, told by a loader hook: the same on every machine, however busy it is. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run } from "./proxy-clients.ts";
import type { TempFolder } from "./temp.ts";

export interface Loaded {
  /** Sources of the program, as `commands/status.ts`: all that stand in a chunk that was loaded. */
  readonly own: readonly string[];
  /** Packages and Node's own modules. */
  readonly others: ReadonlySet<string>;
  readonly code: number | null;
}

/** Writes down every module that is loaded, ours and Node's. */
const hook = `
import { appendFileSync } from "node:fs";
import { register } from "node:module";
const told = process.env.LOADED_MODULES;
register("data:text/javascript," + encodeURIComponent(\`
import { appendFileSync } from "node:fs";
export async function load(url, context, next) {
  appendFileSync(process.env.LOADED_MODULES, url + "\\\\n");
  return next(url, context);
}\`), import.meta.url);
process.on("exit", () => {
  const native = process.moduleLoadList.filter((name) => name.startsWith("NativeModule "));
  appendFileSync(told, native.map((name) => "node:" + name.slice(13) + "\\n").join(""));
});
`;

export async function loadedBy(
  cli: string,
  args: readonly string[],
  folder: TempFolder,
  env: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const list = folder.file("loaded.txt", "");
  const hookFile = folder.file("hook.mjs", hook);
  const { code } = await run(process.execPath, ["--import", hookFile, cli, ...args], {
    env: { SWITCHYARD_HOME: folder.path, HOME: folder.path, LOADED_MODULES: list, ...env },
    cwd: folder.path,
    timeoutMs: 60_000,
  });
  const urls = readFileSync(list, "utf8").split("\n");
  const files = urls.flatMap((url) => (/\/dist\/.*\.js$/.test(url) && !isPackage(url) ? sourcesOf(url) : url));
  return {
    code,
    own: files.flatMap((file) => (isPackage(file) ? [] : (/\/src\/(.*)$/.exec(file)?.[1] ?? []))),
    others: new Set(files.flatMap((file) => packageOf(file) ?? /^node:.*/.exec(file)?.[0] ?? [])),
  };
}

function isPackage(file: string): boolean {
  return packageOf(file) !== undefined;
}

function packageOf(file: string): string | undefined {
  return /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1];
}

/** What a built file was made of, as its source map says. */
function sourcesOf(url: string): readonly string[] {
  const map: unknown = JSON.parse(readFileSync(fileURLToPath(`${url}.map`), "utf8"));
  const sources: unknown = Object(map)["sources"];
  return Array.isArray(sources) ? sources.map(String) : [];
}

/** What Node itself loads with one of its own modules: newer releases bring TLS and HTTP/2 along with `node:http`. */
export async function loadedWith(module: string, folder: TempFolder): Promise<ReadonlySet<string>> {
  const file = folder.file("only.mjs", `import "${module}";\n`);
  return (await loadedBy(file, [], folder)).others;
}
