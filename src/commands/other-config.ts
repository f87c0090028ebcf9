/** `--config FILE` while a core of this home runs on another file: what it is asked is answered from its own. */
import { findCore } from "../control/process.ts";
import { type CommandContext, printLines, shown } from "./context.ts";

/** Commands that read the file themselves, or no configuration at all. */
const ownReaders = /^(?:config|translate|version|completion|demo|uninstall|ca|start|stop)\b/;

/** Says so on stderr. What is wrong with the core itself is for the command to find. */
export async function warnOfOtherConfig(context: CommandContext, path: string): Promise<void> {
  if (ownReaders.test(path)) return;
  const core = await findCore(context.paths).catch(() => null);
  const { configFile } = context.paths;
  if (core === null || core.status.config.path === configFile) return;
  printLines(context.stderr, [
    `warning: the core that runs here uses ${shown(core.status.config.path)}, not ${shown(configFile)}`,
    `  next: switchyard stop   (then this again), or --data-dir for a core of its own`,
  ]);
}
