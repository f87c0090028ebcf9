/** What can be typed: every command with its options, loaded when it is asked for. */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { formatIds } from "../engine/hub/format-id.ts";
import { bold, paint } from "./color.ts";
import type { CommandContext } from "./context.ts";
import { asFailure, CommandFailure, exitCodes, failureJson, failureText } from "./failure.ts";
import { addGlobalOptions, type Globals, isColored, noGlobals, withGlobals } from "./global-options.ts";
import { arrangeHelp, topLevelNotes } from "./help.ts";
import { addAccountCommands } from "./program-accounts.ts";
import { addConfigCommands } from "./program-config.ts";
import {
  addAliasCommands,
  addComboCommands,
  addModelCommands,
  addProviderCommands,
  addUsageCommand,
} from "./program-engine.ts";
import { addFlowCommands } from "./program-flows.ts";
import { type Act, examples, type JsonOption } from "./program-groups.ts";
import { addRouteCommands } from "./program-routes.ts";
import { addCompletionCommands } from "./program-completion.ts";
import { pathOf } from "./tree.ts";
import { addCaCommands, addEnvCommand, addUninstallCommand } from "./program-trust.ts";
import { addReplayCommand } from "./program-replay.ts";
import type { TranslateArguments } from "./translate.ts";
import { failOnUse } from "./usage-failure.ts";
import { withWords } from "./words.ts";

/** Types `switchyard WORDS…`: runs it, says how it failed, and returns the exit code. */
export async function runCommand(context: CommandContext, words: readonly string[]): Promise<number> {
  const result: Outcome = { exitCode: exitCodes.ok };
  const globals = noGlobals();
  try {
    await commandTable(context, result, globals).parseAsync([...words], { from: "user" });
    return result.exitCode;
  } catch (error) {
    // Help and version were printed, to whoever asked for them or left a subcommand out; commander calls that an error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const failure = asFailure(error);
    // A command line that was refused in its middle was not read to its end, and what it says there holds as well.
    if (globals.json || (failure.exitCode === exitCodes.usage && asksForJson(words)))
      context.stderr.write(failureJson(failure));
    else if (isColored(context, globals, context.stderr)) context.stderr.write(failureText(failure, paint));
    else context.stderr.write(failureText(failure));
    const stack = error instanceof Error && !(error instanceof CommandFailure) ? error.stack : undefined;
    if (globals.verbosity > 1 && stack !== undefined) context.stderr.write(`${stack}\n`);
    return failure.exitCode;
  }
}

/** Up to what belongs to another program. */
function asksForJson(words: readonly string[]): boolean {
  const ours = words.includes("--") ? words.slice(0, words.indexOf("--")) : words;
  return !ours.includes("run") && ours.includes("--json");
}

export interface Outcome {
  exitCode: number;
}

/** The parser; the exit code of the command that ran is left in `result`. */
export function commandTable(given: CommandContext, result: Outcome, globals: Globals = noGlobals()): Command {
  const act: Act = (code) => code.then((value) => void (result.exitCode = value));
  const json = "print one JSON document";
  // What every command gets; the global options of this command line are put in before it runs.
  const context: { -readonly [Field in keyof CommandContext]: CommandContext[Field] } = { ...given };
  const program = new Command("switchyard")
    .description("See every call your AI coding clients make, and reroute them to any model, from one terminal.")
    .option("-V, --version", "print the version")
    .on("option:version", () => (globals.version = true))
    .option("--keep", "leave the core running when the screen closes")
    .option("--ascii", "draw with ASCII characters only")
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({ styleTitle: bold, styleUsage: (text) => text })
    .configureOutput({
      writeOut: (text) => void given.stdout.write(text),
      writeErr: (text) => void (globals.json || given.stderr.write(text)),
      // Said by `runCommand`, in our own form.
      outputError: () => {},
      getOutHasColors: () => isColored(given, globals, given.stdout),
      getErrHasColors: () => isColored(given, globals, given.stderr),
    })
    .addHelpText("after", examples(["switchyard", "switchyard run -- claude", 'eval "$(switchyard env)"']))
    .addHelpText("after", topLevelNotes)
    .allowExcessArguments()
    .action(async (options: { keep?: boolean; ascii?: boolean }, command: Command) => {
      const [unknown] = command.args;
      if (unknown !== undefined) throw await unknownCommand(unknown, program);
      const { screenOnOwnCore } = await import("./tui.ts");
      await act(screenOnOwnCore(context, { keep: options.keep === true, ascii: options.ascii === true }));
    });
  program.hook("preAction", async (_, command) => {
    const path = pathOf(command);
    if (path === "run") globals.json = false;
    Object.assign(context, withGlobals(given, globals, path));
    if (globals.json) command.setOptionValue("json", true);
    if (globals.configFile !== null) await (await import("./other-config.ts")).warnOfOtherConfig(context, path);
    if (!globals.version) return;
    const { version } = await import("./version.ts");
    await act(version(context, { json: globals.json }));
    throw new CommanderError(0, "switchyard.version", "");
  });

  program
    .command("start")
    .description(
      "run a core without a screen; prints the address it listens on. Exit code 4: the port is taken, or this home has a " +
        "core already",
    )
    .option("-p, --port <number>", "port to listen on; 0 picks a free one", portNumber)
    .option("--host <address>", "address to listen on")
    .option("-d, --detach", "leave it running in the background")
    .addOption(
      withWords(new Option("--log-format <form>", "write a line for each call to stderr (as -v does)"), [
        "line",
        "json",
      ]),
    )
    .option("--json", "print one JSON document when it listens")
    .option("--record <file>", "record the calls as they end; in a folder, under a name of the time")
    .addOption(new Option("--child", "started by another command").hideHelp())
    .addOption(new Option("--until-unused", "stop when nobody leans on it any more").hideHelp())
    .addHelpText(
      "after",
      examples([
        "switchyard start",
        "switchyard start -d --port 0",
        "switchyard start --log-format json 2> calls.jsonl",
      ]),
    )
    .action(
      (
        options: JsonOption & {
          port?: number;
          host?: string;
          detach?: boolean;
          logFormat?: string;
          record?: string;
          child?: boolean;
          untilUnused?: boolean;
        },
      ) =>
        act(
          import("./start.ts").then((module) =>
            module.start(context, {
              json: options.json === true,
              port: options.port,
              host: options.host,
              detach: options.detach === true,
              logFormat: options.logFormat,
              record: options.record,
              child: options.child === true,
              untilUnused: options.untilUnused === true,
            }),
          ),
        ),
    );

  program
    .command("stop")
    .description("stop the running core, once the calls in flight have ended; fine when none runs")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard stop"]))
    .action((options: JsonOption) =>
      act(import("./stop.ts").then((module) => module.stop(context, { json: options.json === true }))),
    );

  program
    .command("status")
    .description("say whether a core runs, where, and with what; exit code 3 when none does")
    .option("--json", json)
    .option("--line", "one short line, for a prompt or a status bar")
    .option("--secrets", "show the proxy token, the client key and the admin token, too")
    .option("--prometheus", "print the core's figures in Prometheus's text format instead")
    .addHelpText(
      "after",
      examples(["switchyard status", "switchyard status --line", "switchyard status --json --secrets"]),
    )
    .action((options: JsonOption & { line?: boolean; secrets?: boolean; prometheus?: boolean }) =>
      act(
        import("./status.ts").then((module) =>
          module.status(context, {
            json: options.json === true,
            line: options.line === true,
            secrets: options.secrets === true,
            prometheus: options.prometheus === true,
          }),
        ),
      ),
    );

  program
    .command("tui")
    .description("open the screen on the running core; exit code 3 when none runs")
    .option("--ascii", "draw with ASCII characters only")
    .addHelpText("after", examples(["switchyard tui"]))
    .action((options: { ascii?: boolean }) =>
      act(import("./tui.ts").then((module) => module.tui(context, { ascii: options.ascii === true }))),
    );

  program
    .command("run")
    .description(
      "run one command through a core; its input, output and exit code stay its own (126: it cannot be run, 127: it was " +
        "not found, 128 and a signal's number: that ended it). A core is started when none runs",
    )
    .option("--keep", "leave a core that was started for it running")
    .option("-v, --verbose", "say on stderr which core is used")
    .option("--record <file>", "record its calls as they end")
    .argument("<command>", "what to run")
    .argument("[args...]", "its arguments, passed on untouched")
    .passThroughOptions()
    .addHelpText("after", examples(["switchyard run -- claude", 'switchyard run codex exec "say hi"']))
    .action((command: string, args: string[], options: { keep?: boolean; verbose?: boolean; record?: string }) =>
      act(
        import("./run.ts").then((module) =>
          module.run(context, {
            command,
            args,
            keep: options.keep === true,
            verbose: options.verbose === true,
            record: options.record,
          }),
        ),
      ),
    );

  addEnvCommand(program, context, act);
  program
    .command("doctor")
    .description("check everything and say what to type where it is not well; exit code 8 when something is wrong")
    .argument("[client]", "look at this client, too: claude-code, codex, gemini-cli … (default: those on PATH)")
    .option("--json", json)
    .option("--fix", "put right what can be put right, asking before each")
    .option("--yes", "with --fix: do not ask")
    .option("--recipes", "only print commands to try the gateway and the rules with, filled in")
    .addHelpText("after", examples(["switchyard doctor", "switchyard doctor codex", "switchyard doctor --fix"]))
    .action((client: string | undefined, options: JsonOption & { fix?: boolean; yes?: boolean; recipes?: boolean }) =>
      act(
        import("./doctor.ts").then((module) =>
          module.doctor(context, {
            client,
            json: options.json === true,
            fix: options.fix === true,
            yes: options.yes === true,
            recipes: options.recipes === true,
          }),
        ),
      ),
    );

  addCaCommands(program, context, act);
  addFlowCommands(program, context, act);
  addReplayCommand(program, context, act);
  addRouteCommands(program, context, act);
  addAccountCommands(program, context, act);
  addProviderCommands(program, context, act);
  addModelCommands(program, context, act);
  addComboCommands(program, context, act);
  addAliasCommands(program, context, act);
  addUsageCommand(program, context, act);
  addConfigCommands(program, context, act);

  program
    .command("translate")
    .description("a body or a reply in one wire format as another, from stdin to stdout; no network")
    .addOption(withWords(new Option("--from <format>", "the format it is in"), formatIds).makeOptionMandatory())
    .addOption(withWords(new Option("--to <format>", "the format it is wanted in"), formatIds).makeOptionMandatory())
    .addOption(
      withWords(new Option("--direction <way>", "default: what the input is; a JSON body is a request"), [
        "request",
        "response",
      ]),
    )
    .option("--stream", "a streamed answer is wanted")
    .option("--model <name>", "the model to name instead of the input's own")
    .option("--path <target>", "the address the client called, path and query (default: the usual one)")
    .option("-v, --verbose", "say on stderr which path, headers and status belong to it")
    .addHelpText(
      "after",
      examples([
        "switchyard translate --from claude --to openai-chat < body.json",
        "switchyard translate --from openai-chat --to claude --stream --direction response < reply.txt",
      ]),
    )
    .action((options: Omit<TranslateArguments, "stream" | "verbose"> & { stream?: boolean; verbose?: boolean }) =>
      act(
        import("./translate.ts").then((module) =>
          module.translate(context, {
            ...options,
            stream: options.stream === true,
            verbose: options.verbose === true,
          }),
        ),
      ),
    );

  addUninstallCommand(program, context, act);

  program
    .command("demo")
    .description("watch a client being rerouted: no key, no network, nothing left behind")
    .addHelpText("after", examples(["switchyard demo"]))
    .action(() => act(import("./demo.ts").then((module) => module.demo(context))));

  addCompletionCommands(program, context, act);

  program
    .command("version")
    .description("print the version; with --json also Node's, the platform, and the version of our JSON documents")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard version --json"]))
    .action((options: JsonOption) =>
      act(import("./version.ts").then((module) => module.version(context, { json: options.json === true }))),
    );

  arrangeHelp(program);
  addGlobalOptions(program, globals);
  failOnUse(program, globals);
  return program;
}

async function unknownCommand(name: string, program: Command): Promise<CommandFailure> {
  const { suggestion } = await import("../engine/config/nearest.ts");
  const hint = suggestion(
    name,
    program.commands.map((command) => command.name()),
  );
  return new CommandFailure(exitCodes.usage, `unknown command "${name}"${hint}`, { next: "switchyard --help" });
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError("A port is a number from 0 to 65535.");
}
