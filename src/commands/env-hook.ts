/**
 * `switchyard env --install-hook` and `--remove-hook`: a marked block in a shell's start file, by request only, that sends
 * new shells through a running core. Without a core it costs one look for a file and says nothing.
 */
import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import type { JournalEntry, Recorded, BlockChange } from "../base/install-journal.ts";
import { launchVariables } from "../base/launch-env.ts";
import { type CommandContext, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { programCall, startFile } from "./hook-files.ts";
import { type HookedShell, hookedShells, hookLines } from "./hook-text.ts";
import { type Block, findBlock, withBlock, withoutBlock } from "./rc-block.ts";
import { editRcFile, planEdit, type RcFile, readRcFile, removeEmpty } from "./rc-file.ts";
import { distinctNames, type Shell } from "./shells.ts";
import { journalOf, machineOf } from "./trust-stores.ts";
import { inHome } from "./unwritable.ts";

export async function installHook(context: CommandContext, shell: Shell): Promise<number> {
  const hooked = requireHooked(shell);
  const file = await readRcFile(await startFile(machineOf(context), hooked));
  const found = findBlock(file.text ?? "");
  if (found.kind === "unbalanced") throw unbalanced(file.path, found.lines);
  if (found.kind === "block" && !found.isOurs) throw changed(file.path, found);
  const text = withBlock(file.text, latin1(hookLines(hooked, hookParts(context))));
  if (text === file.text) {
    context.stderr.write(`${shown(file.path)} has the hook already\n`);
    return exitCodes.ok;
  }
  const edit = await planEdit(file, context.random);
  const journal = journalOf(context);
  const entry = await inHome(context.paths, () =>
    journal.record({
      act: "block",
      path: file.path,
      shell: hooked,
      before: beforeOf(file),
      replaced: found.kind === "block" ? found.text : null,
      temporary: edit.temporary,
      folders: edit.folders,
    }),
  );
  try {
    await editRcFile(file, edit, text);
  } catch (error) {
    await removeEmpty(edit.folders);
    await journal.undone(entry);
    throw error;
  }
  printLines(context.stdout, [
    `${shown(file.path)}: new shells go through Switchyard while a core runs`,
    "  out again: switchyard env --remove-hook",
  ]);
  return exitCodes.ok;
}

/** From one shell's file, or from all that have it. */
export async function removeHook(context: CommandContext, shell: Shell | undefined): Promise<number> {
  const found = await findHooks(context, shell === undefined ? hookedShells : [requireHooked(shell)]);
  const kept = found.filter(({ obstacle }) => obstacle !== null);
  const removed = await removeHooks(context, found);
  if (found.length === 0) context.stderr.write("no start file has the hook: nothing to do\n");
  printLines(
    context.stdout,
    removed.map(({ path, detail }) => `${shown(path)}: ${detail}`),
  );
  if (removed.some(({ ok }) => !ok)) return exitCodes.failure;
  const [first] = kept;
  if (first !== undefined) {
    throw new CommandFailure(exitCodes.failure, `${shown(first.path)} is left as it is`, {
      why: shown(first.obstacle),
      next: `take the lines between the markers out by hand, in ${shown(first.path)}`,
    });
  }
  return exitCodes.ok;
}

export interface Hook {
  readonly path: string;
  readonly file: RcFile | null;
  /** Null: nothing of ours in the file, but the journal is not through with it. */
  readonly block: Block | null;
  readonly entries: readonly Recorded<BlockChange>[];
  /** Why it is not ours to take out; null: it is. */
  readonly obstacle: string | null;
}

/** In the start files of these shells, and wherever the journal says. */
export async function findHooks(context: CommandContext, shells: readonly HookedShell[]): Promise<readonly Hook[]> {
  const entries = (await journalOf(context).standing()).filter(isBlock);
  const named = entries.filter(({ shell }) => shells.some((one) => one === shell)).map(({ path }) => path);
  const usual = await Promise.all(shells.map((shell) => startFile(machineOf(context), shell)));
  const hooks = new Map<string, Hook>();
  for (const path of [...named, ...usual]) {
    const hook = await hookIn(path, entries);
    if (hook.block !== null || hook.obstacle !== null || hook.entries.length > 0) hooks.set(hook.path, hook);
  }
  return [...hooks.values()];
}

async function hookIn(named: string, all: readonly Recorded<BlockChange>[]): Promise<Hook> {
  const entriesOf = (path: string): Hook["entries"] =>
    all.filter((entry) => entry.path === path || entry.path === named);
  let file: RcFile;
  try {
    file = await readRcFile(named);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const entries = entriesOf(named);
    // A file that cannot be read and that we never touched is none of our business.
    const obstacle = entries.length === 0 ? null : (error.why ?? error.message);
    return { path: named, file: null, block: null, entries, obstacle };
  }
  const found = findBlock(file.text ?? "");
  const about = { path: file.path, file, entries: entriesOf(file.path) };
  switch (found.kind) {
    case "none":
      return { ...about, block: null, obstacle: null };
    case "unbalanced":
      return { ...about, block: null, obstacle: unbalancedText(found.lines) };
    case "block":
      return { ...about, block: found, obstacle: found.isOurs ? null : changedText(found) };
  }
}

export interface RemovedHook {
  readonly path: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** Those without an obstacle. One that fails does not keep the others. */
export async function removeHooks(context: CommandContext, hooks: readonly Hook[]): Promise<readonly RemovedHook[]> {
  const removed: RemovedHook[] = [];
  for (const hook of hooks) {
    if (hook.obstacle !== null) continue;
    try {
      const detail = await removeOne(context, hook);
      if (detail !== null) removed.push({ path: hook.path, ok: true, detail });
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      removed.push({ path: hook.path, ok: false, detail: [error.message, error.why].filter(Boolean).join(": ") });
    }
  }
  return removed;
}

/** What was done, in words; null: only the journal had something to forget. */
async function removeOne(context: CommandContext, { file, block, entries }: Hook): Promise<string | null> {
  let detail: string | null = null;
  if (file !== null && file.text !== null && block !== null) {
    const text = withoutBlock(file.text, block);
    const planned = await planEdit(file, context.random);
    // The name that the journal knows: what is left of a removal that is killed is found by the next one.
    const temporary = entries[0]?.temporary ?? planned.temporary;
    await rm(temporary, { force: true });
    await editRcFile(file, { ...planned, temporary }, text);
    detail = text === null ? "removed; there was no such file before" : "the block is out";
    const oldest = entries.at(-1);
    if (text !== null && oldest?.before?.sha256 === sha256(text)) detail = "as it was before";
  }
  const journal = journalOf(context);
  for (const entry of entries) {
    await rm(entry.temporary, { force: true });
    await removeEmpty(entry.folders);
    await journal.undone(entry);
  }
  return detail;
}

function hookParts(context: CommandContext): Parameters<typeof hookLines>[1] {
  const { paths, env, platform, program } = context;
  return {
    pidFile: paths.pidFile,
    program: programCall(env, program.cliPath, program.execArgv),
    home: paths.home,
    names: distinctNames(launchVariables, platform),
  };
}

function requireHooked(shell: Shell): HookedShell {
  const hooked = hookedShells.find((known) => known === shell);
  if (hooked !== undefined) return hooked;
  throw new CommandFailure(exitCodes.usage, `${shell} has no start file that a hook could stand in`, {
    next: `switchyard env --install-hook --shell ${hookedShells.join("|")}`,
  });
}

function unbalanced(path: string, lines: readonly number[]): CommandFailure {
  return new CommandFailure(exitCodes.failure, `${shown(path)} is left as it is`, {
    why: unbalancedText(lines),
    next: `take the marked lines out by hand, in ${shown(path)}`,
  });
}

function unbalancedText(lines: readonly number[]): string {
  return `its markers of Switchyard do not make one block: line ${lines.join(", ")}`;
}

function changed(path: string, block: Block): CommandFailure {
  return new CommandFailure(exitCodes.failure, `${shown(path)} is left as it is`, {
    why: changedText(block),
    next: "take the block out by hand, and try again",
  });
}

function changedText({ line }: Block): string {
  return `the block at line ${line} has been changed by somebody since it was written`;
}

function beforeOf({ text, stats }: RcFile): BlockChange["before"] {
  if (text === null || stats === null) return null;
  return { sha256: sha256(text), bytes: text.length, mode: stats.mode & 0o7777 };
}

function isBlock(entry: JournalEntry): entry is Recorded<BlockChange> {
  return entry.act === "block";
}

function latin1(lines: readonly string[]): readonly string[] {
  return lines.map((line) => Buffer.from(line, "utf8").toString("latin1"));
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "latin1").digest("hex");
}
