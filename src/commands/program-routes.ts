/** `routes …` as it is typed. What each command does is loaded when it is asked for. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { type Act, examples, type JsonOption } from "./program-groups.ts";
import { withWords } from "./words.ts";

const json = "print one JSON document";

interface MatchOptions {
  readonly client?: string;
  readonly host?: string;
  readonly path?: string;
  readonly model?: string;
}

export function addRouteCommands(program: Command, context: CommandContext, act: Act): void {
  const routes = program
    .command("routes")
    .description("the routing rules: the first that matches decides, and a call without one is passed through");
  routes
    .command("list")
    .description("the rules in order, and how often each one decided")
    .option("--json", "print one JSON array")
    .addHelpText("after", examples(["switchyard routes list", "switchyard routes list --json"]))
    .action((options: JsonOption) =>
      act(import("./routes.ts").then((module) => module.routesList(context, { json: options.json === true }))),
    );
  routes
    .command("explain")
    .description("where a call would go, and why; sends nothing. With the id of a call that went by: why it went there")
    .argument("[flow]", "the id of a call, as `switchyard flows list` shows it")
    .option("--client <id>", "the client, as claude-code")
    .option("--host <name>", "the host it calls (default: Switchyard's own port, the gateway)")
    .option("--model <name>", "the model it asks for; needed without a call's id")
    .option("--path <path>", "the path it calls (default: the usual one of that host)")
    .option("--json", json)
    .addHelpText(
      "after",
      examples([
        "switchyard routes explain --client claude-code --host api.anthropic.com --model claude-sonnet-4-5",
        "switchyard routes explain --model combo/deep",
        "switchyard routes explain ID",
      ]),
    )
    .action((flow: string | undefined, options: JsonOption & MatchOptions) => {
      const { client = "unknown", host = null, model, path } = options;
      const wanted = { json: options.json === true };
      if (flow !== undefined) {
        return act(import("./routes.ts").then((module) => module.routesExplainFlow(context, flow, wanted)));
      }
      if (model === undefined) {
        throw new CommandFailure(exitCodes.usage, "what is to be explained?", {
          why: "it takes the id of a call, or --model with what a call would say",
          next: "switchyard routes explain --model NAME   (or: switchyard flows list)",
        });
      }
      const question = { client, host, model, ...(path === undefined ? {} : { path }) };
      return act(import("./routes.ts").then((module) => module.routesExplain(context, question, wanted)));
    });
  routes
    .command("test")
    .description(
      "send one tiny call for a model through the gateway and say who answered. It spends tokens, so it asks first. " +
        "Exit code 7 when nobody answers",
    )
    .argument("<model>", "what a client would ask for")
    .option("-y, --yes", "do not ask")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard routes test combo/deep", "switchyard routes test sonnet --yes --json"]))
    .action((model: string, options: JsonOption & { yes?: boolean }) =>
      act(
        import("./test-call.ts").then((module) =>
          module.testCall(context, model, {
            json: options.json === true,
            yes: options.yes === true,
            command: "routes test",
          }),
        ),
      ),
    );
  addEditing(routes, context, act);
}

function addEditing(routes: Command, context: CommandContext, act: Act): void {
  routes
    .command("add")
    .description("write a rule into config.yaml, at the end unless --at says where; comments stay")
    .requiredOption("--to <target>", "provider/model, combo/NAME, an alias, passthrough or block")
    .option("--client <id>", "only calls of this client; `*` stands for anything")
    .option("--host <name>", "only calls to this host")
    .option("--path <path>", "only calls to this path")
    .option("--model <name>", "only calls for this model")
    .option("--from-flow <flow>", "client, host and model of this call, where they are not given")
    .addOption(
      withWords(new Option("--fallback <word>", "when nobody could serve it (default: error)"), [
        "error",
        "passthrough",
      ]),
    )
    .option("--at <number>", "its place: 1 is asked first", placeNumber)
    .option("--json", json)
    .addHelpText(
      "after",
      examples([
        'switchyard routes add --client claude-code --model "claude-*" --to local/qwen3-coder',
        "switchyard routes add --from-flow ID --to combo/deep --at 1",
      ]),
    )
    .action(
      (options: JsonOption & MatchOptions & { to: string; fromFlow?: string; fallback?: string; at?: number }) => {
        const { client, host, path, model, to, fallback, fromFlow, at } = options;
        return act(
          import("./routes-edit.ts").then((module) =>
            module.routesAdd(context, {
              json: options.json === true,
              match: { client, host, path, model },
              to,
              fallback,
              fromFlow,
              at,
            }),
          ),
        );
      },
    );
  routes
    .command("remove")
    .description("take a rule out of config.yaml; comments before it stay")
    .argument("<number>", "as `switchyard routes list` counts", placeNumber)
    .option("--json", json)
    .addHelpText("after", examples(["switchyard routes remove 2"]))
    .action((number: number, options: JsonOption) =>
      act(
        import("./routes-edit.ts").then((module) =>
          module.routesRemove(context, number, { json: options.json === true }),
        ),
      ),
    );
  for (const enabled of [true, false]) {
    const word = enabled ? "enable" : "disable";
    routes
      .command(word)
      .description(enabled ? "let a rule match again" : "switch a rule off; it keeps its place and its number")
      .argument("<number>", "as `switchyard routes list` counts", placeNumber)
      .option("--json", json)
      .addHelpText("after", examples([`switchyard routes ${word} 2`]))
      .action((number: number, options: JsonOption) =>
        act(
          import("./routes-edit.ts").then((module) =>
            module.routesEnabled(context, { number, enabled }, { json: options.json === true }),
          ),
        ),
      );
  }
  routes
    .command("move")
    .description("give a rule another place, with its comments")
    .argument("<number>", "as `switchyard routes list` counts", placeNumber)
    .argument("<place>", "the place it gets", placeNumber)
    .option("--json", json)
    .addHelpText("after", examples(["switchyard routes move 3 1"]))
    .action((number: number, place: number, options: JsonOption) =>
      act(
        import("./routes-edit.ts").then((module) =>
          module.routesMove(context, { number, place }, { json: options.json === true }),
        ),
      ),
    );
}

function placeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}
