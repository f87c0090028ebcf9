/** How the help is arranged: the commands by what they are for, and what to read next. */
import { EventEmitter } from "node:events";
import { type Argument, type Command, Help } from "commander";
import { examples } from "./program-groups.ts";
import { everyCommand, pathOf } from "./tree.ts";

/** In this order; what is in no group stands last, so that a new command is never lost. */
const groups: Readonly<Record<string, readonly string[]>> = {
  "Use it:": ["run", "env", "tui", "demo"],
  "The core:": ["start", "stop", "status"],
  "What went by:": ["flows", "usage", "export", "replay", "translate"],
  "Where calls go:": ["routes", "accounts", "providers", "models", "combos", "aliases"],
  "This installation:": ["config", "ca", "doctor", "completion", "uninstall", "version"],
};
const otherGroup = "More:";

/** For people who are nearly in the right place. */
const seeAlso: Readonly<Record<string, readonly string[]>> = {
  run: ["switchyard env", "switchyard doctor"],
  env: ["switchyard run"],
  start: ["switchyard status", "switchyard stop", "switchyard tui"],
  stop: ["switchyard start"],
  status: ["switchyard doctor", "switchyard accounts list"],
  tui: ["switchyard flows list"],
  demo: ["switchyard run"],
  flows: ["switchyard export", "switchyard replay", "switchyard usage"],
  export: ["switchyard flows list", "switchyard replay"],
  replay: ["switchyard flows list", "switchyard export"],
  usage: ["switchyard accounts quota"],
  translate: ["switchyard flows show"],
  routes: ["switchyard config", "switchyard combos", "docs/configuration.md"],
  accounts: ["switchyard providers", "switchyard usage"],
  providers: ["switchyard accounts", "switchyard models"],
  models: ["switchyard aliases", "switchyard combos"],
  combos: ["switchyard routes", "switchyard models"],
  aliases: ["switchyard models", "switchyard combos"],
  config: ["switchyard routes", "switchyard providers", "docs/configuration.md"],
  ca: ["switchyard doctor", "certs/README.md"],
  doctor: ["switchyard status", "switchyard ca status"],
  completion: ["switchyard env"],
  uninstall: ["switchyard ca uninstall"],
  version: ["switchyard status"],
};

/** Of commands whose own table has none. */
const moreExamples: Readonly<Record<string, readonly string[]>> = {
  "ca path": ['export NODE_EXTRA_CA_CERTS="$(switchyard ca path)"'],
  "ca show": ["switchyard ca show", "switchyard ca show --json"],
  "ca status": ["switchyard ca status"],
  "ca rotate": ["switchyard ca rotate"],
  "flows show": ["switchyard flows show ID", "switchyard flows show ID --stages", "switchyard flows show ID --json"],
};

export function arrangeHelp(program: Command): void {
  const order = Object.values(groups).flat();
  const place = (each: Command): number => (order.indexOf(each.name()) + order.length + 1) % (order.length + 1);
  // Commander keeps the groups in the order of the commands; its list is an array that it calls readonly.
  (program.commands as Command[]).sort((left, right) => place(left) - place(right));
  program.configureHelp({
    ...program.configureHelp(),
    visibleCommands: (command) => command.commands.filter((each) => !isHidden(each)),
    subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" "),
    subcommandDescription: (command) => firstSentence(command.description()),
  });
  for (const command of everyCommand(program)) {
    command.configureHelp(program.configureHelp());
    if (command === program) command.helpCommand("help [command]", "print the help of a command");
    else command.helpCommand(false);
    const path = pathOf(command);
    if (command.parent === program) {
      const heading = Object.keys(groups).find((each) => groups[each]?.includes(command.name()));
      command.helpGroup(heading ?? otherGroup);
    }
    const shown = moreExamples[path];
    if (shown !== undefined && !hasAppended(command)) command.addHelpText("after", examples(shown));
    const known = (seeAlso[path.split(" ")[0] ?? ""] ?? []).filter((each) => exists(program, each));
    if (path !== "" && known.length > 0) command.addHelpText("after", `\nSee also: ${known.join(", ")}`);
  }
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** For lists; the rest is in the command's own help. */
export function firstSentence(description: string): string {
  return description.split(/[.;] (?=[A-Za-z])/, 1)[0] ?? "";
}

/** Something stands below its options already. */
function hasAppended(command: unknown): boolean {
  return command instanceof EventEmitter && command.listenerCount("afterHelp") > 0;
}

/** For scripts of ours, not for people: its own name says so. */
export function isHidden(command: Command): boolean {
  const { parent } = command;
  if (command.name().startsWith("__")) return true;
  // What was made with `hidden` is missing in Commander's own list.
  return parent !== null && !new Help().visibleCommands(parent).includes(command);
}

/** Of a page of the documentation it is taken for granted; a test looks. */
function exists(program: Command, mention: string): boolean {
  const [first, ...names] = mention.split(" ");
  if (first !== "switchyard") return true;
  let command: Command | undefined = program;
  for (const name of names) command = command?.commands.find((each) => each.name() === name);
  return command !== undefined;
}

export const topLevelNotes = `
Environment:
  SWITCHYARD_CONFIG    as --config
  SWITCHYARD_DATA_DIR  as --data-dir
  SWITCHYARD_HOME      one folder for all of it, the configuration file included
  SWITCHYARD_HOST, SWITCHYARD_PORT
                       where a core listens, as start --host and --port
  ENABLE_REQUEST_LOGS  true: write every stage of rerouted calls to files
  NO_COLOR, FORCE_COLOR, TERM=dumb
                       colour, as --color
  A flag wins over the environment, the environment over the file, the file over
  the default.

Exit codes:
  0 ok, 1 failure, 2 usage or configuration, 3 not running, 4 port in use,
  5 certificates, 6 account, 7 upstream, 8 doctor found problems;
  run ends as its command did.

Full documentation: README.md and docs/configuration.md of this package.
`;
