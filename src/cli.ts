#!/usr/bin/env node
/**
 * The command line: argv to command. Every command is loaded when it is asked for, so that `status` need not wait for
 * the TLS stack, nor `run` for the screen.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { systemClock } from "./base/clock.ts";
import { resolvePaths } from "./base/paths.ts";
import { systemRandom } from "./base/random.ts";
import type { CommandContext } from "./commands/context.ts";
import { asFailure, CommandFailure, exitCodes, failureText } from "./commands/failure.ts";

process.exitCode = await main(process.argv);

async function main(argv: readonly string[]): Promise<number> {
  const context = systemContext();
  const result: { exitCode: number } = { exitCode: exitCodes.ok };
  try {
    await commandTable(context, result).parseAsync([...argv]);
    return result.exitCode;
  } catch (error) {
    // Help and version were printed, a wrong argument was explained; commander calls both an error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const failure = asFailure(error);
    context.stderr.write(failureText(failure));
    return failure.exitCode;
  }
}

interface JsonOption {
  readonly json?: boolean;
}

function commandTable(context: CommandContext, result: { exitCode: number }): Command {
  const act = (code: Promise<number>): Promise<void> => code.then((value) => void (result.exitCode = value));
  const json = "print one JSON document";
  const program = new Command("switchyard")
    .description("See every call your AI coding clients make, and reroute them to any model, from one terminal.")
    .version(context.version, "-V, --version")
    .option("--keep", "leave the core running when the screen closes")
    .enablePositionalOptions()
    .exitOverride()
    .showSuggestionAfterError()
    .addHelpText("after", examples(["switchyard", "switchyard run -- claude", 'eval "$(switchyard env)"']))
    .allowExcessArguments()
    .action(async (options: { keep?: boolean }, command: Command) => {
      const [unknown] = command.args;
      if (unknown !== undefined) throw await unknownCommand(unknown, program);
      const { screenOnOwnCore } = await import("./commands/tui.ts");
      await act(screenOnOwnCore(context, { keep: options.keep === true }));
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
        import("./commands/start.ts").then((module) =>
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
    .action(() => act(import("./commands/stop.ts").then((module) => module.stop(context))));

  program
    .command("status")
    .description("say whether a core runs, where, and with what; exit code 3 when none does")
    .option("--json", json)
    .option("--secrets", "show the proxy token and the client key, too")
    .addHelpText("after", examples(["switchyard status", "switchyard status --json --secrets"]))
    .action((options: JsonOption & { secrets?: boolean }) =>
      act(
        import("./commands/status.ts").then((module) =>
          module.status(context, { json: options.json === true, secrets: options.secrets === true }),
        ),
      ),
    );

  program
    .command("tui")
    .description("open the screen on the running core")
    .action(() => act(import("./commands/tui.ts").then((module) => module.tui(context))));

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
        import("./commands/run.ts").then((module) =>
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
        import("./commands/env.ts").then((module) =>
          module.env(context, { shell: options.shell, unset: options.unset === true }),
        ),
      ),
    );

  addCaCommands(program, context, act);
  addFlowCommands(program, context, act);
  addRouteCommands(program, context, act);
  addConfigCommands(program, context, act);

  program
    .command("demo")
    .description("watch a client being rerouted: no key, no network, nothing left behind")
    .action(() => act(import("./commands/demo.ts").then((module) => module.demo(context))));

  return program;
}

type Act = (code: Promise<number>) => Promise<void>;

function addCaCommands(program: Command, context: CommandContext, act: Act): void {
  const ca = program.command("ca").description("the certificate authority that this installation made for itself");
  ca.command("path")
    .description("print where its root certificate is")
    .action(() => act(import("./commands/ca.ts").then((module) => module.caPath(context))));
  ca.command("show")
    .description("print the root certificate (PEM)")
    .option("--json", "with fingerprint, end and scope")
    .action((options: JsonOption) =>
      act(import("./commands/ca.ts").then((module) => module.caShow(context, { json: options.json === true }))),
    );
  ca.command("status")
    .description("fingerprint, end of validity, and the hosts it is limited to")
    .option("--json", "print one JSON document")
    .action((options: JsonOption) =>
      act(import("./commands/ca.ts").then((module) => module.caStatus(context, { json: options.json === true }))),
    );
  ca.command("rotate")
    .description("make a new one, for the hosts in the configuration now")
    .option("--json", "print one JSON document")
    .action((options: JsonOption) =>
      act(import("./commands/ca.ts").then((module) => module.caRotate(context, { json: options.json === true }))),
    );
}

function addFlowCommands(program: Command, context: CommandContext, act: Act): void {
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
          import("./commands/flows.ts").then((module) =>
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
      act(
        import("./commands/flows.ts").then((module) => module.flowsShow(context, id, { json: options.json === true })),
      ),
    );
}

function addRouteCommands(program: Command, context: CommandContext, act: Act): void {
  const routes = program.command("routes").description("the routing rules");
  routes
    .command("list")
    .description("the rules in order, and how often each one decided")
    .option("--json", "print one JSON array")
    .action((options: JsonOption) =>
      act(import("./commands/routes.ts").then((module) => module.routesList(context, { json: options.json === true }))),
    );
  routes
    .command("explain")
    .description("where a call would go, and why; sends nothing")
    .requiredOption("--client <id>", "the client, as claude-code")
    .requiredOption("--host <name>", "the host it calls")
    .requiredOption("--model <name>", "the model it asks for")
    .option("--path <path>", "the path it calls (default: the usual one of that host)")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples(["switchyard routes explain --client claude-code --host api.anthropic.com --model claude-sonnet-4-5"]),
    )
    .action((options: JsonOption & { client: string; host: string; model: string; path?: string }) => {
      const { client, host, model, path } = options;
      const question = { client, host, model, ...(path === undefined ? {} : { path }) };
      return act(
        import("./commands/routes.ts").then((module) =>
          module.routesExplain(context, question, { json: options.json === true }),
        ),
      );
    });
}

function addConfigCommands(program: Command, context: CommandContext, act: Act): void {
  const config = program.command("config").description("the configuration file");
  config
    .command("path")
    .description("print where it is, or would be")
    .action(() => act(import("./commands/config.ts").then((module) => module.configPath(context))));
  config
    .command("validate")
    .description("check it; exit code 2 when a core would refuse it")
    .option("--json", "print one JSON document")
    .action((options: JsonOption) =>
      act(
        import("./commands/config.ts").then((module) =>
          module.configValidate(context, { json: options.json === true }),
        ),
      ),
    );
}

function systemContext(): CommandContext {
  const { env, platform } = process;
  // The same tree twice: TypeScript under a loader, JavaScript when built.
  const beside = (path: string): string => fileURLToPath(new URL(path + import.meta.url.slice(-3), import.meta.url));
  return {
    env,
    platform,
    paths: resolvePaths(env, platform),
    version: ownVersion(),
    stdout: process.stdout,
    stderr: process.stderr,
    stdin: process.stdin,
    clock: systemClock,
    random: systemRandom,
    program: {
      loadCore: () => import("./core.ts"),
      cliPath: fileURLToPath(import.meta.url),
      tuiPath: beside("./tui/main"),
      demoClientPath: beside("./commands/demo-client"),
      execArgv: process.execArgv,
    },
    onSignal(names, listener) {
      for (const name of names) process.on(name, listener);
      return () => {
        for (const name of names) process.off(name, listener);
      };
    },
  };
}

function ownVersion(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const parsed: unknown = JSON.parse(text);
  const version: unknown = Object(parsed)["version"];
  return typeof version === "string" ? version : "unknown";
}

async function unknownCommand(name: string, program: Command): Promise<CommandFailure> {
  const { suggestion } = await import("./engine/config/nearest.ts");
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

function countNumber(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}

function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}
