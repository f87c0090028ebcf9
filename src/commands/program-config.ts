/** `config …` as it is typed. What each command does is loaded when it is asked for. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import { type Act, examples, type JsonOption } from "./program-groups.ts";

const json = "print one JSON document";
const aKey = "its path, as listen.port, routes[0].to or providers.local.models";

export function addConfigCommands(program: Command, context: CommandContext, act: Act): void {
  const config = program.command("config").description("the configuration file, config.yaml");
  config
    .command("path")
    .description("print where it is, or would be")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard config path", '$EDITOR "$(switchyard config path)"']))
    .action((options: JsonOption) =>
      act(import("./config.ts").then((module) => module.configPath(context, { json: options.json === true }))),
    );
  config
    .command("validate")
    .description("check it; exit code 2 when a core would refuse it")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard config validate", "switchyard config validate --config new.yaml"]))
    .action((options: JsonOption) =>
      act(import("./config.ts").then((module) => module.configValidate(context, { json: options.json === true }))),
    );
  config
    .command("get")
    .description(
      "print a value, or the whole file; what is not in the file is shown with its default. Credentials are masked",
    )
    .argument("[key]", aKey)
    .option("--json", json)
    .addHelpText("after", examples(["switchyard config get listen.port", "switchyard config get routes --json"]))
    .action((key: string | undefined, options: JsonOption) =>
      act(
        import("./config-values.ts").then((module) => module.configGet(context, key, { json: options.json === true })),
      ),
    );
  config
    .command("set")
    .description(
      "write a value into the file and keep its comments. The file is checked before it is written: exit code 2 when it " +
        "would not be valid, and nothing has changed",
    )
    .argument("<key>", aKey)
    .argument("<value>", "YAML: a word, a number, true, [a list], {a: map}")
    .option("--json", json)
    .addHelpText(
      "after",
      examples([
        "switchyard config set listen.port 8400",
        "switchyard config set combos.deep '[claude/claude-sonnet-4-5, local/qwen3-coder]'",
        "switchyard config set providers.local '{type: openai-compatible, endpoint: http://127.0.0.1:8000/v1, auth_type: none}'",
        "switchyard config set accounts[0].api_key '${OPENROUTER_API_KEY}'",
      ]),
    )
    .action((key: string, value: string, options: JsonOption) =>
      act(
        import("./config-values.ts").then((module) =>
          module.configSet(context, { key, value }, { json: options.json === true }),
        ),
      ),
    );
  config
    .command("unset")
    .description("take a value out of the file, so that its default holds; fine when it is not there")
    .argument("<key>", aKey)
    .option("--json", json)
    .addHelpText("after", examples(["switchyard config unset listen.port"]))
    .action((key: string, options: JsonOption) =>
      act(
        import("./config-values.ts").then((module) =>
          module.configUnset(context, key, { json: options.json === true }),
        ),
      ),
    );
  config
    .command("edit")
    .description(
      "open it in $VISUAL or $EDITOR and check it afterwards; makes a starter file when there is none. Exit code 2 when it " +
        "is left with a mistake",
    )
    .addHelpText("after", examples(["switchyard config edit", "EDITOR='code --wait' switchyard config edit"]))
    .action(() => act(import("./config-edit.ts").then((module) => module.configEdit(context))));
  config
    .command("init")
    .description("make a starter file with comments, readable by you alone; an existing file is left as it is")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard config init"]))
    .action((options: JsonOption) =>
      act(import("./config-edit.ts").then((module) => module.configInit(context, { json: options.json === true }))),
    );
  config
    .command("schema")
    .description("print a JSON Schema (2020-12) of the file, for editors")
    .addHelpText("after", examples(["switchyard config schema > config.schema.json"]))
    .action(() => act(import("./config-schema.ts").then((module) => module.configSchema(context))));
}
