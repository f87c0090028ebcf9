/** The commands that come in groups: `flows …`. */
import { type Command, InvalidArgumentError } from "commander";
import type { CommandContext } from "./context.ts";

export interface JsonOption {
  readonly json?: boolean;
}

/** Runs a command and keeps its exit code. */
export type Act = (code: Promise<number>) => Promise<void>;

export function addFlowCommands(program: Command, context: CommandContext, act: Act): void {
  const flows = program.command("flows").description("the calls that went through the running core");
  flows
    .command("list")
    .description("list them, oldest first")
    .option("--json", "print one JSON array")
    .option("-n, --limit <number>", "only the newest ones", countNumber)
    .option("--client <id>", "only this client, as claude-code")
    .option("--host <name>", "only this host and those below it")
    .option("--status <code>", "only this status, as 429 or 5xx")
    .option("--action <word>", "only tunnel, passthrough, reroute, bypass or block")
    .addHelpText("after", examples(["switchyard flows list -n 20", "switchyard flows list --status 5xx --json"]))
    .action(
      (options: JsonOption & Partial<Record<"client" | "host" | "status" | "action", string>> & { limit?: number }) =>
        act(
          import("./flows.ts").then((module) =>
            module.flowsList(context, {
              json: options.json === true,
              limit: options.limit,
              client: options.client,
              host: options.host,
              status: options.status,
              action: options.action,
            }),
          ),
        ),
    );
  flows
    .command("show")
    .description("one call with its heads and bodies, secrets masked")
    .argument("<id>")
    .option("--json", "print one JSON document")
    .action((id: string, options: JsonOption) =>
      act(import("./flows.ts").then((module) => module.flowsShow(context, id, { json: options.json === true }))),
    );
  addRecord(flows, context, act);
}

function addRecord(flows: Command, context: CommandContext, act: Act): void {
  flows
    .command("record")
    .description("calls as a recording that can be played: switchyard replay --serve FILE")
    .argument("<id...>")
    .option("-o, --output <file>", "write it there, in a new file, instead of on stdout")
    .addHelpText("after", examples(["switchyard flows record s3k00007 s3k00008 -o calls.jsonl"]))
    .action((ids: string[], options: { output?: string }) =>
      act(import("./record.ts").then((module) => module.flowsRecord(context, ids, options.output))),
    );
}

/** Appended to a command's help; a line that is too long for the page goes on in the next one, as shells read it. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => wrapped(line).join(" \\\n      ")).join("\n")}`;
}

/** The width that every terminal has. */
const pageWidth = 80;

function wrapped(line: string): readonly string[] {
  const lines: string[] = [];
  let rest = `  ${line}`;
  // Further lines stand further in, and all but the last end in a backslash.
  for (let room = pageWidth; rest.length > room; room = pageWidth - 6) {
    const cut = rest.lastIndexOf(" ", room - 2);
    if (cut < 4) break;
    lines.push(rest.slice(0, cut));
    rest = rest.slice(cut + 1);
  }
  return [...lines, rest];
}

function countNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}
