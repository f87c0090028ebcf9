/**
 * The table of commands as completion scripts need it. What an argument or an option takes is told by its words, or by
 * the name that stands between its brackets: `<account>`, `<provider>`, `<model>`, `<flow>`, `<file>` and so on.
 */
import type { Argument, Command, Option } from "commander";
import type { Kind } from "./completion-kinds.ts";
import { firstSentence, isHidden } from "./help.ts";
import { everyCommand, pathOf } from "./tree.ts";

export type Value =
  | { readonly type: "names"; readonly kind: Kind }
  | { readonly type: "words"; readonly words: readonly string[] }
  | { readonly type: "files" | "folders" | "commands" | "anything" };

export interface CommandNode {
  /** `flows list`; empty for the program. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly {
    /** `-n`, `--limit`. */
    readonly flags: readonly string[];
    readonly description: string;
    /** Null: it takes none. */
    readonly value: Value | null;
  }[];
  readonly arguments: readonly Value[];
  /** The last one may come again and again. */
  readonly variadic: boolean;
  /** After its first argument nothing is ours any more. */
  readonly passesOn: boolean;
}

export function completionTree(program: Command): readonly CommandNode[] {
  return [...everyCommand(program)].filter((command) => !isHidden(command)).map(nodeOf);
}

/** A value in one word, for tables in scripts: `a,b,c`, or what to look up: `@models`, `@files`. */
export function spec(value: Value): string {
  if (value.type === "words") return value.words.join(",");
  return `@${value.type === "names" ? value.kind : value.type}`;
}

/** The same of a command's arguments; one that may come again ends in dots. */
export function argumentSpecs({ arguments: values, variadic }: CommandNode): readonly string[] {
  return values.map((value, index) => spec(value) + (variadic && index === values.length - 1 ? "..." : ""));
}

function nodeOf(command: Command): CommandNode {
  const help = command.createHelp();
  const given = command.registeredArguments;
  return {
    path: pathOf(command),
    commands: help
      .visibleCommands(command)
      .map((each) => ({ name: each.name(), description: brief(each.description()) })),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.short, option.long].filter((flag) => typeof flag === "string"),
      description: brief(option.description),
      value: option.required || option.optional ? valueOf(option, option.long ?? "", placeholder(option)) : null,
    })),
    arguments: given.map((argument) => valueOf(argument, "", argument.name())),
    variadic: given.at(-1)?.variadic === true,
    passesOn: given.length === 2 && given[1]?.name() === "args",
  };
}

const byName: Readonly<Record<string, Value>> = {
  account: { type: "names", kind: "accounts" },
  provider: { type: "names", kind: "providers" },
  model: { type: "names", kind: "models" },
  combo: { type: "names", kind: "combos" },
  alias: { type: "names", kind: "aliases" },
  target: { type: "names", kind: "targets" },
  flow: { type: "names", kind: "flows" },
  client: { type: "names", kind: "clients" },
  file: { type: "files" },
  dir: { type: "folders" },
  command: { type: "commands" },
};

function valueOf(part: Option | Argument, long: string, name: string): Value {
  if (part.argChoices !== undefined) return { type: "words", words: part.argChoices };
  // `--client <id>` is about a client; an id of its own is that of a call.
  const word = name === "id" ? (long === "" ? "flow" : long.slice(2)) : name.replace(/s$/, "");
  const found = Object.hasOwn(byName, word) ? byName[word] : byName[long.slice(2)];
  const isFree = found === undefined || (long === "--path" && name !== "file");
  return isFree ? { type: "anything" } : found;
}

/** `file` of `--config <file>`. */
function placeholder(option: Option): string {
  return /[<[]([^\]>.]+)/.exec(option.flags)?.[1] ?? "";
}

/** Menus have a line for each. */
function brief(description: string): string {
  const first = firstSentence(description);
  return first.length > 70 ? `${first.slice(0, 69)}…` : first;
}
