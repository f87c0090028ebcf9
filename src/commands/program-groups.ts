/** The commands that come in groups: `ca …`, `routes …`, `config …`. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";

export interface JsonOption {
  readonly json?: boolean;
}

/** Runs a command and keeps its exit code. */
export type Act = (code: Promise<number>) => Promise<void>;

export function addCaCommands(program: Command, context: CommandContext, act: Act): void {
  const ca = program.command("ca").description("the certificate authority that this installation made for itself");
  ca.command("path")
    .description("print where its root certificate is")
    .action(() => act(import("./ca.ts").then((module) => module.caPath(context))));
  ca.command("show")
    .description("everything about it, with every host it is limited to")
    .option("--json", "print one JSON document, with the certificate (PEM)")
    .action((options: JsonOption) =>
      act(import("./ca.ts").then((module) => module.caShow(context, { json: options.json === true }))),
    );
  ca.command("status")
    .description("fingerprint, end of validity, and the hosts it is limited to")
    .option("--json", "print one JSON document")
    .action((options: JsonOption) =>
      act(import("./ca.ts").then((module) => module.caStatus(context, { json: options.json === true }))),
    );
  ca.command("rotate")
    .description("make a new one, for the hosts in the configuration now")
    .option("--json", "print one JSON document")
    .action((options: JsonOption) =>
      act(import("./ca.ts").then((module) => module.caRotate(context, { json: options.json === true }))),
    );
}

export function addRouteCommands(program: Command, context: CommandContext, act: Act): void {
  const routes = program.command("routes").description("the routing rules");
  routes
    .command("list")
    .description("the rules in order, and how often each one decided")
    .option("--json", "print one JSON array")
    .action((options: JsonOption) =>
      act(import("./routes.ts").then((module) => module.routesList(context, { json: options.json === true }))),
    );
  routes
    .command("explain")
    .description("where a call would go, and why; sends nothing")
    .option("--client <id>", "the client, as claude-code", "unknown")
    .option("--host <name>", "the host it calls (default: Switchyard's own port, the gateway)")
    .requiredOption("--model <name>", "the model it asks for")
    .option("--path <path>", "the path it calls (default: the usual one of that host)")
    .option("--json", "print one JSON document")
    .addHelpText(
      "after",
      examples([
        "switchyard routes explain --client claude-code --host api.anthropic.com --model claude-sonnet-4-5",
        "switchyard routes explain --model combo/deep",
      ]),
    )
    .action((options: JsonOption & { client: string; host?: string; model: string; path?: string }) => {
      const { client, host = null, model, path } = options;
      const question = { client, host, model, ...(path === undefined ? {} : { path }) };
      return act(
        import("./routes.ts").then((module) =>
          module.routesExplain(context, question, { json: options.json === true }),
        ),
      );
    });
}

export function addConfigCommands(program: Command, context: CommandContext, act: Act): void {
  const config = program.command("config").description("the configuration file");
  config
    .command("path")
    .description("print where it is, or would be")
    .action(() => act(import("./config.ts").then((module) => module.configPath(context))));
  config
    .command("validate")
    .description("check it; exit code 2 when a core would refuse it")
    .option("--json", "print one JSON document")
    .action((options: JsonOption) =>
      act(import("./config.ts").then((module) => module.configValidate(context, { json: options.json === true }))),
    );
}

/** Appended to a command's help. */
export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}\n`;
}
