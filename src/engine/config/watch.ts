/**
 * Live reload: looks at the configuration file again when it changes. The folder is watched, not the file, because
 * editors save by renaming a new file over the old one; a slow poll backs that up where no change events arrive (network
 * folders, containers). A file that is invalid or gone keeps the configuration in force and says so.
 */
import { createHash } from "node:crypto";
import { readFileSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname } from "node:path";
import type { LoadResult } from "./load.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";

export type WatchEvent =
  | { readonly type: "reloaded"; readonly config: Config; readonly warnings: readonly ConfigProblem[] }
  | { readonly type: "rejected"; readonly problems: readonly ConfigProblem[] };

export interface WatchOptions {
  readonly path: string;
  /** In force when watching begins: the result of the load the program started with. */
  readonly config: Config;
  readonly load: () => LoadResult;
  readonly onEvent: (event: WatchEvent) => void;
  /** Editors write in several steps; one look after the last of them. */
  readonly settleMs?: number;
  readonly pollMs?: number;
}

export interface ConfigWatch {
  /** The configuration in force now. */
  current(): Config;
  /** Looks at once, changed or not, and reports like any change. */
  reload(): LoadResult;
  close(): void;
}

export function watchConfig(options: WatchOptions): ConfigWatch {
  let config = options.config;
  let seen = fingerprint(options.path);
  let settling: NodeJS.Timeout | null = null;
  let folder: FSWatcher | null = null;

  const apply = (result: LoadResult): LoadResult => {
    if (result.ok) {
      config = result.config;
      options.onEvent({ type: "reloaded", config, warnings: result.warnings });
    } else options.onEvent({ type: "rejected", problems: result.problems });
    return result;
  };
  const look = (): void => {
    const now = fingerprint(options.path);
    if (now === seen) return;
    seen = now;
    apply(now === null ? gone : options.load());
  };
  const settle = (): void => {
    if (settling !== null) clearTimeout(settling);
    settling = setTimeout(look, options.settleMs ?? 100);
    settling.unref();
  };
  try {
    const name = basename(options.path);
    folder = watch(dirname(options.path), { persistent: false }, (_, changed) => {
      // Some systems name no file; then any change in the folder is reason to look.
      if (changed === null || changed === name) settle();
    });
    // The folder can vanish or the system run out of watches: the poll goes on.
    folder.on("error", () => folder?.close());
  } catch {
    // The folder is not there yet: the poll will see the file when it comes.
    folder = null;
  }
  const poll = setInterval(() => {
    if (fingerprint(options.path) !== seen) settle();
  }, options.pollMs ?? 2_000);
  poll.unref();

  return {
    current: () => config,
    reload() {
      seen = fingerprint(options.path);
      return apply(options.load());
    },
    close() {
      folder?.close();
      clearInterval(poll);
      if (settling !== null) clearTimeout(settling);
    },
  };
}

const gone: LoadResult = {
  ok: false,
  problems: [
    { line: 1, column: 1, path: "", message: "the file is gone; the configuration in force stays until it is back" },
  ],
};

/** What the file holds, short; null when it cannot be read. Its time stamp is no proof: a restore may keep an old one. */
function fingerprint(path: string): string | null {
  try {
    return createHash("sha256").update(readFileSync(path)).digest("base64url");
  } catch {
    return null;
  }
}
