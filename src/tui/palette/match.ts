/** From what was typed to what is meant: suggestions, best first, and the command that enter runs. */
import { suggestion as didYouMean } from "../../base/nearest.ts";
import type { Outcome } from "../state/palette.ts";
import type { PaletteCommand, PaletteRun } from "./command.ts";

export interface Suggestion {
  /** The line that it makes. */
  readonly text: string;
  readonly label: string;
  readonly title: string;
  readonly key: string;
  readonly possible: true | string;
}

export function suggest(text: string, commands: readonly PaletteCommand[]): readonly Suggestion[] {
  const typed = commandIn(text, commands);
  if (typed !== null && typed.argument !== null) {
    const { command, argument } = typed;
    const completions = command.complete?.(argument) ?? [];
    if (completions.length === 0) return [plain(command)];
    return completions.map(({ argument: full, title, goesOn }): Suggestion => {
      const line = `${command.name} ${full}`;
      return { text: goesOn === true ? `${line} ` : line, label: line, title, key: "", possible: command.possible };
    });
  }
  const wanted = text.trim().toLowerCase();
  return commands
    .map((command, index) => ({ command, index, score: scoreOf(command, wanted) }))
    .filter(({ score }) => score > 0)
    .toSorted((one, other) => other.score - one.score || one.index - other.index)
    .map(({ command }) => plain(command));
}

/** @param chosen the suggestion in force: it counts where what was typed is no command by itself */
export function enter(text: string, chosen: string | null, commands: readonly PaletteCommand[]): Outcome<PaletteRun> {
  const typed = attempt(text, commands);
  if (typed.type === "run" || chosen === null) return typed;
  // A command that is there is what was meant; a suggestion may say the rest of its argument and nothing else.
  const isElse = commandIn(text, commands) !== null && !chosen.startsWith(text.trim());
  return isElse || chosen.trim() === text.trim() ? typed : attempt(chosen, commands);
}

function attempt(text: string, commands: readonly PaletteCommand[]): Outcome<PaletteRun> {
  const more = (problem: string | null, line = text): Outcome<PaletteRun> => ({ type: "more", text: line, problem });
  const typed = commandIn(text, commands);
  if (typed === null) {
    const names = commands.map(({ name }) => name);
    const word = text.trim();
    return more(`there is no command "${word}"${didYouMean(word, names)}`);
  }
  const { command, argument } = typed;
  if (command.possible !== true) return more(`${command.name}: ${command.possible}`);
  const run = command.run(argument?.trim() ?? "");
  if (typeof run !== "string") return { type: "run", run, text: text.trim() };
  // Nothing was typed behind it yet: that is no mistake, only not all.
  return argument === null && command.takes !== "" ? more(null, `${command.name} `) : more(run);
}

/** The command that a line begins with, the longest name first; `argument` is null before the blank behind it. */
function commandIn(
  text: string,
  commands: readonly PaletteCommand[],
): { readonly command: PaletteCommand; readonly argument: string | null } | null {
  const line = text.trimStart();
  const lower = line.toLowerCase();
  let best: { readonly command: PaletteCommand; readonly argument: string | null } | null = null;
  for (const command of commands) {
    const { name, takes } = command;
    const isWhole = lower.trimEnd() === name && (takes === "" || !line.endsWith(" "));
    const isBeginning = takes !== "" && lower.startsWith(`${name} `);
    if (!isWhole && !isBeginning) continue;
    if (best !== null && best.command.name.length >= name.length) continue;
    best = { command, argument: isWhole ? null : line.slice(name.length + 1) };
  }
  return best;
}

/** Names count for more than titles, beginnings for more than what lies inside, letters in order for something. */
function scoreOf({ name, title }: PaletteCommand, wanted: string): number {
  if (wanted === "") return 1;
  if (name === wanted) return 100;
  if (name.startsWith(wanted)) return 80;
  if (name.split(/[- ]/).some((word) => word.startsWith(wanted))) return 60;
  if (name.includes(wanted)) return 50;
  if (title.toLowerCase().includes(wanted)) return 30;
  return hasInOrder(name, wanted) ? 20 : 0;
}

function hasInOrder(name: string, wanted: string): boolean {
  let at = 0;
  for (const letter of wanted) {
    at = name.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

function plain({ name, takes, title, key, possible }: PaletteCommand): Suggestion {
  const label = takes === "" ? name : `${name} ${takes}`;
  return { text: takes === "" ? name : `${name} `, label, title, key, possible };
}
