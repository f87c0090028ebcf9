/** The configuration file as scripts change it: one value at a time, checked as a whole before it is written, then put in force. */
import { readFileSync } from "node:fs";
import { VerbRefusal } from "../base/controls-engine.ts";
import type { Random } from "../base/random.ts";
import { editConfigFile, editConfigFileList, type EditFileResult } from "../engine/config/edit-file.ts";
import type { ListChange } from "../engine/config/edit-node.ts";
import type { Path } from "../engine/config/problem.ts";
import { readSource } from "../engine/config/source.ts";
import type { OpenSettings } from "./settings.ts";

export interface ConfigFile {
  /** Rejects with a `VerbRefusal`. */
  edit(path: Path, value: unknown): Promise<void>;
  /** Entries of a list put in or moved, with their comments. Rejects with a `VerbRefusal`. */
  editList(path: Path, change: ListChange): Promise<void>;
  /** As it is written, parsed; an empty map where there is no file or none that can be read. */
  written(): unknown;
}

export interface ConfigFileDeps {
  readonly path: string;
  readonly env: NodeJS.ProcessEnv;
  readonly random: Random;
  readonly settings: Pick<OpenSettings, "reload">;
}

export function openConfigFile({ path, env, random, settings }: ConfigFileDeps): ConfigFile {
  /** Edits come one after the other: each reads what the one before wrote. */
  let last: Promise<unknown> = Promise.resolve();

  async function inForce(result: EditFileResult): Promise<void> {
    if (!result.ok) {
      const codes = { refused: "invalid", conflict: "conflict", unreadable: "unavailable" } as const;
      throw new VerbRefusal(codes[result.kind], result.message);
    }
    if (!result.changed) return;
    const status = await settings.reload();
    if (status.error !== null) throw new VerbRefusal("invalid", status.error);
  }

  function next(change: () => Promise<EditFileResult>): Promise<void> {
    const mine = last.then(async () => inForce(await change()));
    last = mine.catch(() => undefined); // whoever asked for it is told
    return mine;
  }

  return {
    edit: (where, value) => next(() => editConfigFile(where, value, { path, env, random })),
    editList: (where, change) => next(() => editConfigFileList(where, change, { path, env, random })),
    written() {
      try {
        const read = readSource(readFileSync(path, "utf8"));
        return read.ok ? read.source.value : {};
      } catch {
        // No file is the default configuration.
        return {};
      }
    },
  };
}
