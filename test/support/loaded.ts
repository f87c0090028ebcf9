/** Which modules a run of the program loads, told by a loader hook: the same on every machine, however busy it is. */
import { readFileSync } from "node:fs";
import { run } from "./proxy-clients.ts";
import type { TempFolder } from "./temp.ts";

export interface Loaded {
  /** Files of the program, as `commands/status.js`, in the order in which they were asked for. */
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
  return {
    code,
    own: urls.flatMap((url) => /\/dist\/(.*)$/.exec(url.includes("node_modules") ? "" : url)?.[1] ?? []),
    others: new Set(
      urls.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? /^node:.*/.exec(url)?.[0] ?? []),
    ),
  };
}
