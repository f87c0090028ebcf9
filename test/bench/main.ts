/**
 * `npm run bench [-- intercept | routing | translate | startup | tui] [--quick]`: all parts, or the one that is named. Prints tables and
 * verdict lines; exit code 0 even when an aim is missed, non-zero when something broke or a part says that a promise is.
 */
import { arch, cpus, platform } from "node:os";
import { benchIntercept } from "./intercept.ts";
import { benchRouting } from "./routing.ts";
import { benchStartup } from "./startup.ts";
import { benchTranslate } from "./translate.ts";
import { benchTui } from "./tui.ts";

/** What a part resolves with says whether its promises are kept; most only report. */
type Part = (args: readonly string[], say: (text: string) => void) => Promise<unknown>;

const parts: Readonly<Record<string, Part>> = {
  intercept: benchIntercept,
  routing: benchRouting,
  translate: benchTranslate,
  startup: benchStartup,
  tui: benchTui,
};

const args = process.argv.slice(2);
const say = (text: string): void => void process.stdout.write(`${text}\n`);
say(`node ${process.version}, ${platform()} ${arch()}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown CPU"}`);
const named = Object.entries(parts).filter(([name]) => args.includes(name));
const rest = args.filter((arg) => !Object.hasOwn(parts, arg));
for (const [, bench] of named.length === 0 ? Object.entries(parts) : named) {
  if ((await bench(rest, say)) === false) process.exitCode = 1;
}
