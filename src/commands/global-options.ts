/**
 * The options that every command takes, before or after its name, and what they make of a command's surroundings. They
 * are put on the finished table, so that a command that is added later has them, too; one that has an option of the same
 * name keeps its own.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import { resolvePaths } from "../base/paths.ts";
import { colorWanted } from "./color.ts";
import { type CommandContext, type Output, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { everyCommand, pathOf } from "./tree.ts";

/** What was said, wherever it stood. */
export interface Globals {
  configFile: string | null;
  dataDir: string | null;
  quiet: boolean;
  verbosity: number;
  color: ColorWish;
  noInput: boolean;
  json: boolean;
  version: boolean;
}

const colorWishes = ["auto", "always", "never"] as const;
type ColorWish = (typeof colorWishes)[number];

export function noGlobals(): Globals {
  return {
    configFile: null,
    dataDir: null,
    quiet: false,
    verbosity: 0,
    color: "auto",
    noInput: false,
    json: false,
    version: false,
  };
}

const heading = "Global options:";

/** What `run` is given after its first word is not ours, and neither is what its child prints. */
const withoutJson = new Set(["run", "tui", "demo", "completion"]);

/** Every command has them; `globals` is filled while the command line is read. */
export function addGlobalOptions(program: Command, globals: Globals): void {
  for (const command of everyCommand(program)) {
    if (command.name().startsWith("__")) continue;
    const path = pathOf(command);
    // A word of a filter may begin with a dash: `-client:codex` is no `-c`.
    const takesFilter = command.registeredArguments.some((argument) => argument.name() === "filter");
    for (const { short, long, value, description, take } of rows) {
      const own = command.options.find((option) => option.long === long);
      if (long === "--json" && own === undefined && withoutJson.has(path)) continue;
      if (own === undefined) {
        const isTaken = takesFilter || command.options.some((option) => option.short === short);
        const flags = `${short === null || isTaken ? "" : `${short}, `}${long}${value === null ? "" : ` ${value}`}`;
        const option = new Option(flags, description).helpGroup(heading);
        if (long === "--color") {
          option.argChoices = [...colorWishes];
          option.argParser(colorWish);
        }
        command.addOption(option);
      }
      // Its own word for it, as `translate -v` has one; a result as JSON and a failure as JSON go together.
      if (own !== undefined && long !== "--json") continue;
      const name = long.slice(2);
      command.on(`option:${name}`, (given: string | null) => take(globals, given ?? ""));
    }
    command.addHelpOption(new Option("-h, --help", "print this help").helpGroup(heading));
  }
}

interface Row {
  readonly short: string | null;
  readonly long: string;
  readonly value: string | null;
  readonly description: string;
  readonly take: (globals: Globals, value: string) => void;
}

const rows: readonly Row[] = [
  {
    short: "-c",
    long: "--config",
    value: "<file>",
    description: "the configuration file to use",
    take: (globals, value) => (globals.configFile = value),
  },
  {
    short: null,
    long: "--data-dir",
    value: "<dir>",
    description: "the folder for everything else: certificates, accounts, logs, the control socket",
    take: (globals, value) => (globals.dataDir = value),
  },
  {
    short: "-q",
    long: "--quiet",
    value: null,
    description: "print results and errors only",
    take: (globals) => (globals.quiet = true),
  },
  {
    short: "-v",
    long: "--verbose",
    value: null,
    description: "say more on stderr; twice: where an error came from",
    take: (globals) => (globals.verbosity += 1),
  },
  {
    short: null,
    long: "--color",
    value: "<when>",
    description: "use colour (auto: on a terminal, unless NO_COLOR is set)",
    take: (globals, value) => (globals.color = colorWishes.find((wish) => wish === value) ?? "auto"),
  },
  {
    short: null,
    long: "--no-input",
    value: null,
    description: "never ask; fail and name the option to give",
    take: (globals) => (globals.noInput = true),
  },
  {
    short: null,
    long: "--json",
    value: null,
    description: "results and errors as JSON",
    take: (globals) => (globals.json = true),
  },
];

function colorWish(text: string): string {
  if (colorWishes.some((wish) => wish === text)) return text;
  throw new InvalidArgumentError(`It is one of ${colorWishes.join(", ")}.`);
}

/** The surroundings a command gets. @throws CommandFailure for a configuration file that is named and not there */
export function withGlobals(context: CommandContext, globals: Globals, path: string): CommandContext {
  const { configFile, dataDir, verbosity } = globals;
  if (configFile !== null && !existsSync(configFile) && !path.startsWith("config")) {
    throw new CommandFailure(exitCodes.usage, `there is no file ${shown(configFile)}`, {
      why: "--config names the configuration file",
      next: `switchyard config init --config ${shown(configFile)}`,
    });
  }
  const env = {
    ...context.env,
    ...colorVariables(globals.color),
    // By the environment, so that every child finds the same files: a core, the screen, a command of `run`.
    ...(configFile === null ? {} : { SWITCHYARD_CONFIG: resolve(configFile) }),
    ...(dataDir === null ? {} : { SWITCHYARD_DATA_DIR: resolve(dataDir) }),
  };
  const isElsewhere = configFile !== null || dataDir !== null;
  const paths = isElsewhere ? resolvePaths(env, context.platform) : context.paths;
  if (verbosity > 0 && !globals.quiet) {
    context.stderr.write(
      `switchyard ${context.version}: config ${shown(paths.configFile)}, data ${shown(paths.dataDir)}, ` +
        `control ${shown(paths.controlSocket)}\n`,
    );
  }
  return {
    ...context,
    env,
    paths,
    questions: context.stderr,
    stderr: globals.quiet ? silent : context.stderr,
    noInput: globals.noInput,
    verbosity,
  };
}

const silent: Output = { write: () => true };

function colorVariables(wish: ColorWish): NodeJS.ProcessEnv {
  if (wish === "auto") return {};
  return wish === "never" ? { NO_COLOR: "1", FORCE_COLOR: undefined } : { NO_COLOR: undefined, FORCE_COLOR: "1" };
}

/** Whether what is written there may be coloured. */
export function isColored(context: Pick<CommandContext, "env">, { color }: Globals, output: Output): boolean {
  return colorWanted({ ...context.env, ...colorVariables(color) }, output);
}
