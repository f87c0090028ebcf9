/** The commands of the flow log as they are typed: `flows …` and `export`. What each does is loaded when it is asked for. */
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  type ExportFormat,
  exportFormats,
  type ExportRoad,
  exportRoads,
  type ExportSide,
  exportSides,
} from "../base/controls-flows.ts";
import { helpLines } from "../base/filter/reference.ts";
import type { CommandContext } from "./context.ts";
import type { FilterArguments } from "./flow-filter.ts";
import { type Act, examples, type JsonOption, pageWidth } from "./program-groups.ts";

type FilterOptions = Omit<FilterArguments, "words"> & JsonOption & { limit?: number };

export function addFlowCommands(program: Command, context: CommandContext, act: Act): void {
  const flows = program.command("flows").description("the calls that went through the running core");
  addList(flows, context, act);
  addTail(flows, context, act);
  addGrep(flows, context, act);
  flows
    .command("show")
    .description("one call with its heads and bodies, secrets masked")
    .argument("<id>")
    .option("--stages", "instead: what became of its request, from the client through the hub to the provider")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples(["switchyard flows show s3k00007", "switchyard flows show s3k00007 --stages"]))
    .action((id: string, options: JsonOption & { stages?: boolean }) => {
      const wish = { json: options.json === true };
      return act(
        options.stages === true
          ? import("./flows-stages.ts").then((module) => module.flowsStages(context, id, wish))
          : import("./flows.ts").then((module) => module.flowsShow(context, id, wish)),
      );
    });
  addDelete(flows, context, act);
  flows
    .command("record")
    .description("calls as a recording that can be played: switchyard replay --serve FILE")
    .argument("<id...>")
    .option("-o, --output <file>", "write it there, in a new file, instead of on stdout")
    .addHelpText("after", examples(["switchyard flows record s3k00007 s3k00008 -o calls.jsonl"]))
    .action((ids: string[], options: { output?: string }) =>
      act(import("./record.ts").then((module) => module.flowsRecord(context, ids, options.output))),
    );
  addExport(program, context, act);
}

/** Words of a filter may begin with a dash, so options that are not known are taken for words, and looked at then. */
function withFilter(command: Command): Command {
  const parse = command.parseOptions.bind(command);
  command.parseOptions = (args) => {
    const { operands, unknown } = parse(guarded(command, args));
    return { operands: operands.map(unguarded), unknown: unknown.map(unguarded) };
  };
  return command
    .allowUnknownOption()
    .argument("[filter...]", "which calls, in the filter language below; all of it must fit")
    .option("--filter <expression>", "the same, in one piece")
    .option("--client <id>", "only this client, as claude-code")
    .option("--host <name>", "only this host and those below it")
    .option("--status <code>", "only this status, as 429 or 5xx")
    .option("--action <word>", "only tunnel, passthrough, reroute, bypass or block");
}

/** No argument of a program can have it. */
const guard = "\0";

/** `-client:codex` is a word of the filter, and not `-c` with a value; `-qv` and `-n5` stay options. */
function guarded(command: Command, args: readonly string[]): string[] {
  let isValue = false;
  return args.map((arg) => {
    const wasValue = isValue;
    isValue =
      !wasValue && command.options.some((option) => option.required && [option.short, option.long].includes(arg));
    return !wasValue && /^-[a-z]./i.test(arg) && !/^-(?:[qv]+|n\d+)$/.test(arg) ? guard + arg : arg;
  });
}

function unguarded(arg: string): string {
  return arg.startsWith(guard) ? arg.slice(guard.length) : arg;
}

function filterHelp(): string {
  return `\nFilter (docs/filter.md):\n${helpLines()
    .flatMap((line) => folded(`  ${line}`.trimEnd()))
    .join("\n")}\n`;
}

/** What is too long for the page goes on below where the meaning of the line begins. */
function folded(line: string): readonly string[] {
  const column = /^ {2}\S+ {2,}/.exec(line)?.[0].length ?? 6;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > pageWidth) {
    const cut = rest.lastIndexOf(" ", pageWidth);
    if (cut <= column) break;
    lines.push(rest.slice(0, cut));
    rest = " ".repeat(column) + rest.slice(cut + 1);
  }
  return [...lines, rest];
}

function filterArguments(
  words: readonly string[],
  { filter, client, host, status, action }: FilterOptions,
): FilterArguments {
  return { words, filter, client, host, status, action };
}

function addList(flows: Command, context: CommandContext, act: Act): void {
  withFilter(flows.command("list"))
    .description("list them, oldest first")
    .option("--json", "print one JSON array")
    .option("-n, --limit <number>", "only the newest ones", countNumber)
    .addHelpText(
      "after",
      () =>
        examples([
          "switchyard flows list -n 20",
          "switchyard flows list claude -status:200",
          "switchyard flows list 'is:error (host:openai | host:anthropic) age:<1h' --json",
          "switchyard flows list 'body:\"tool_use\" tok:>50k'",
        ]) + filterHelp(),
    )
    .action((words: string[], options: FilterOptions) =>
      act(
        import("./flows.ts").then((module) =>
          module.flowsList(context, {
            ...filterArguments(words, options),
            json: options.json === true,
            limit: options.limit,
          }),
        ),
      ),
    );
}

function addTail(flows: Command, context: CommandContext, act: Act): void {
  withFilter(flows.command("tail"))
    .description("one line for each call when it has ended, until Ctrl-C; goes on when the core is restarted")
    .option("--json", "print one JSON document a line")
    .option("-n, --limit <number>", "begin with so many that have ended already", countNumber)
    .addHelpText(
      "after",
      () =>
        `\nA line: number, method, path, model, tokens in->out, cost, duration, status, id.\n${examples([
          "switchyard flows tail",
          "switchyard flows tail is:error -n 5",
          "switchyard flows tail --json 'tok:>100k' | jq .costUsd",
        ])}${filterHelp()}`,
    )
    .action((words: string[], options: FilterOptions) =>
      act(
        import("./flows-tail.ts").then((module) =>
          module.flowsTail(context, {
            ...filterArguments(words, options),
            json: options.json === true,
            limit: options.limit,
          }),
        ),
      ),
    );
}

function addGrep(flows: Command, context: CommandContext, act: Act): void {
  const grep = flows
    .command("grep")
    .description("where a text stands in the bodies: id, side, line:column, and what is around it")
    .argument("<text>", "any part of a body, as it is; capitals mean nothing");
  withFilter(grep)
    .option("--regex", "the text is a pattern")
    .option("--json", "print one JSON array")
    .option("-n, --limit <number>", "only the newest calls that have it", countNumber)
    .addHelpText(
      "after",
      () =>
        `\nBodies are searched as far as the log kept them, with secrets masked.\n${examples([
          "switchyard flows grep tool_use",
          "switchyard flows grep 'cache_control' client:claude -is:error",
          "switchyard flows grep --regex 'toolu_\\w+' -n 3",
        ])}${filterHelp()}`,
    )
    .action((text: string, words: string[], options: FilterOptions & { regex?: boolean }) => {
      const { regex, ...filter } = options;
      return act(
        import("./flows-grep.ts").then((module) =>
          module.flowsGrep(context, text, {
            ...filterArguments(words, filter),
            json: options.json === true,
            limit: options.limit,
            regex: regex === true,
          }),
        ),
      );
    });
}

function addDelete(flows: Command, context: CommandContext, act: Act): void {
  flows
    .command("delete")
    .description("take calls out of the log; asks first; what has not ended stays")
    .argument("[ids...]")
    .option("--filter <expression>", "those that fit")
    .option("--all", "every one")
    .option("-y, --yes", "do not ask")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(["switchyard flows delete k3f00042", "switchyard flows delete --filter 'is:tunnel age:>1h' --yes"]),
    )
    .action((ids: string[], options: JsonOption & { filter?: string; all?: boolean; yes?: boolean }) =>
      act(
        import("./flows-delete.ts").then((module) =>
          module.flowsDelete(context, ids, {
            json: options.json === true,
            filter: options.filter,
            all: options.all === true,
            yes: options.yes === true,
          }),
        ),
      ),
    );
}

function addExport(program: Command, context: CommandContext, act: Act): void {
  program
    .command("export")
    .description("calls as an HTTP archive, as curl commands, or as JSON lines (default: all of them, oldest first)")
    .argument("[ids...]", "which calls")
    .addOption(new Option("--format <name>", "what to make of them").choices(exportFormats).makeOptionMandatory())
    .option("--filter <expression>", "those that fit, as in `switchyard flows list --help`")
    .addOption(
      new Option("--side <name>", "the client's call or the provider's (default: both; for curl the client's)").choices(
        exportSides,
      ),
    )
    .addOption(
      new Option(
        "--via <road>",
        "where curl sends it: to the same server (direct), there through this proxy, or to the gateway (default: direct)",
      ).choices(exportRoads),
    )
    .option("-o, --output <file>", "write it there, for your eyes only (default: stdout)")
    .option("--force", "take the place of a file that is there")
    .addHelpText(
      "after",
      `
Credentials are masked before a call is kept, so no export can show them: there
is no flag for it. A curl command has variables in their place
($ANTHROPIC_API_KEY …), and says which ones to set. Other values that look like
secrets are masked, too. Tunnels were never decrypted and are left out, of JSON
lines only their bodies.
${examples([
  "switchyard export --format har -o session.har",
  "switchyard export --format har --filter 'is:error age:<1h' -o errors.har",
  "switchyard export k3f00042 --format curl --via gateway",
  "switchyard export --format jsonl | jq .usage",
])}`,
    )
    .action(
      (
        ids: string[],
        options: {
          format: ExportFormat;
          filter?: string;
          side?: ExportSide;
          via?: ExportRoad;
          output?: string;
          force?: boolean;
        },
      ) => {
        const { format, filter, side, via, output, force } = options;
        return act(
          import("./export.ts").then((module) =>
            module.exportCalls(context, ids, {
              format,
              filter,
              output,
              force: force === true,
              ...(side === undefined ? {} : { side }),
              ...(via === undefined ? {} : { via }),
            }),
          ),
        );
      },
    );
}

function countNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}
