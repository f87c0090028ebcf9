/** What can be typed: every command with its options, loaded when it is asked for. */
import { Command, InvalidArgumentError, Option } from "commander";
import { formatIds } from "../engine/hub/format-id.ts";
import type { CommandContext } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { addAccountCommands } from "./program-accounts.ts";
import { addComboCommands, addModelCommands, addProviderCommands, addUsageCommand } from "./program-engine.ts";
import {
  type Act,
  addCaCommands,
  addConfigCommands,
  addFlowCommands,
  addRouteCommands,
  examples,
  type JsonOption,
} from "./program-groups.ts";
import type { TranslateArguments } from "./translate.ts";

/** The parser; the exit code of the command that ran is left in `result`. */
export function commandTable(context: CommandContext, result: { exitCode: number }): Command {
  const act: Act = (code) => code.then((value) => void (result.exitCode = value));
  const json = "print one JSON document";
  const program = new Command("switchyard")
    .description("See every call your AI coding clients make, and reroute them to any model, from one terminal.")
    .version(context.version, "-V, --version")
    .option("--keep", "leave the core running when the screen closes")
    .option("--ascii", "draw with ASCII characters only")
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText("after", examples(["switchyard", "switchyard run -- claude", 'eval "$(switchyard env)"']))
    .allowExcessArguments()
    .action(async (options: { keep?: boolean; ascii?: boolean }, command: Command) => {
      const [unknown] = command.args;
      if (unknown !== undefined) throw await unknownCommand(unknown, program);
      const { screenOnOwnCore } = await import("./tui.ts");
      await act(screenOnOwnCore(context, { keep: options.keep === true, ascii: options.ascii === true }));
    });

  program
    .command("start")
    .description("run a core without a screen; prints the address it listens on")
    .option("-p, --port <number>", "port to listen on; 0 picks a free one", portNumber)
    .option("--host <address>", "address to listen on")
    .option("-d, --detach", "leave it running in the background")
    .addOption(new Option("--child", "started by another command").hideHelp())
    .addOption(new Option("--until-unused", "stop when nobody leans on it any more").hideHelp())
    .addHelpText("after", examples(["switchyard start", "switchyard start -d --port 0"]))
    .action((options: { port?: number; host?: string; detach?: boolean; child?: boolean; untilUnused?: boolean }) =>
      act(
        import("./start.ts").then((module) =>
          module.start(context, {
            port: options.port,
            host: options.host,
            detach: options.detach === true,
            child: options.child === true,
            untilUnused: options.untilUnused === true,
          }),
        ),
      ),
    );

  program
    .command("stop")
    .description("stop the running core")
    .action(() => act(import("./stop.ts").then((module) => module.stop(context))));

  program
    .command("status")
    .description("say whether a core runs, where, and with what; exit code 3 when none does")
    .option("--json", json)
    .option("--secrets", "show the proxy token and the client key, too")
    .addHelpText("after", examples(["switchyard status", "switchyard status --json --secrets"]))
    .action((options: JsonOption & { secrets?: boolean }) =>
      act(
        import("./status.ts").then((module) =>
          module.status(context, { json: options.json === true, secrets: options.secrets === true }),
        ),
      ),
    );

  program
    .command("tui")
    .description("open the screen on the running core")
    .option("--ascii", "draw with ASCII characters only")
    .action((options: { ascii?: boolean }) =>
      act(import("./tui.ts").then((module) => module.tui(context, { ascii: options.ascii === true }))),
    );

  program
    .command("run")
    .description("run one command through a core; its input, output and exit code stay its own")
    .option("--keep", "leave a core that was started for it running")
    .option("-v, --verbose", "say on stderr which core is used")
    .argument("<command>", "what to run")
    .argument("[args...]", "its arguments, passed on untouched")
    .passThroughOptions()
    .addHelpText("after", examples(["switchyard run -- claude", 'switchyard run codex exec "say hi"']))
    .action((command: string, args: string[], options: { keep?: boolean; verbose?: boolean }) =>
      act(
        import("./run.ts").then((module) =>
          module.run(context, { command, args, keep: options.keep === true, verbose: options.verbose === true }),
        ),
      ),
    );

  program
    .command("env")
    .description("print what a shell must set to go through the running core")
    .option("--shell <name>", "bash, zsh, fish, pwsh, cmd, nu, dotenv or json (default: the shell you are in)")
    .option("--unset", "print how to take it back")
    .addHelpText("after", examples(['eval "$(switchyard env)"', 'eval "$(switchyard env --unset)"']))
    .action((options: { shell?: string; unset?: boolean }) =>
      act(
        import("./env.ts").then((module) =>
          module.env(context, { shell: options.shell, unset: options.unset === true }),
        ),
      ),
    );

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
  addRouteCommands(program, context, act);
  addAccountCommands(program, context, act);
  addProviderCommands(program, context, act);
  addModelCommands(program, context, act);
  addComboCommands(program, context, act);
  addUsageCommand(program, context, act);
  addConfigCommands(program, context, act);

  program
    .command("translate")
    .description("a body or a reply in one wire format as another, from stdin to stdout; no network")
    .requiredOption("--from <format>", `the format it is in: ${formatIds.join(", ")}`)
    .requiredOption("--to <format>", "the format it is wanted in")
    .option("--direction <way>", "request or response (default: what the input is; a JSON body is a request)")
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

  program
    .command("demo")
    .description("watch a client being rerouted: no key, no network, nothing left behind")
    .action(() => act(import("./demo.ts").then((module) => module.demo(context))));

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
