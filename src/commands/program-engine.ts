/** Providers, models, combos and usage as they are typed. What each command does is loaded when it is asked for. */
import { Argument, type Command, InvalidArgumentError, Option } from "commander";
import { providerKinds } from "../engine/config/schema.ts";
import type { CommandContext } from "./context.ts";
import { type Act, examples, type JsonOption } from "./program-groups.ts";
import { usageGroups } from "./usage-groups.ts";
import { withWords } from "./words.ts";

const json = "print one JSON document";
const aProvider = "as `switchyard providers list` names it";

export function addProviderCommands(program: Command, context: CommandContext, act: Act): void {
  const providers = program.command("providers").description("the providers that rules may name");
  providers
    .command("list")
    .description("all that are known, built in or written in config.yaml")
    .option("--json", "print one JSON array")
    .addOption(withWords(new Option("--kind <word>", "only these"), providerKinds))
    .addHelpText("after", examples(["switchyard providers list", "switchyard providers list --kind aggregator --json"]))
    .action((options: JsonOption & { kind?: string }) =>
      act(
        import("./providers.ts").then((module) =>
          module.providersList(context, { json: options.json === true, kind: options.kind }),
        ),
      ),
    );
  providers
    .command("show")
    .description("everything about one")
    .argument("<provider>", aProvider)
    .option("--json", json)
    .addHelpText("after", examples(["switchyard providers show openrouter"]))
    .action((provider: string, options: JsonOption) =>
      act(
        import("./providers.ts").then((module) =>
          module.providersShow(context, provider, { json: options.json === true }),
        ),
      ),
    );
  for (const [word, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const) {
    providers
      .command(word)
      .description(`switch one ${enabled ? "on" : "off"} in config.yaml`)
      .argument("<provider>", aProvider)
      .option("--json", json)
      .addHelpText("after", examples([`switchyard providers ${word} groq`]))
      .action((provider: string, options: JsonOption) =>
        act(
          import("./providers.ts").then((module) =>
            module.providersEnable(context, provider, { json: options.json === true, enabled }),
          ),
        ),
      );
  }
  providers
    .command("status")
    .description("how they did in the last hour, from real calls; needs a running core")
    .argument("[provider]", `${aProvider} (default: all that have an account)`)
    .option("--json", json)
    .addHelpText("after", examples(["switchyard providers status", "switchyard providers status claude --json"]))
    .action((provider: string | undefined, options: JsonOption) =>
      act(
        import("./providers.ts").then((module) =>
          module.providersStatus(context, provider, { json: options.json === true }),
        ),
      ),
    );
  providers
    .command("check")
    .description("ask one now whether it is there and takes your credential; spends no tokens")
    .argument("<provider>", aProvider)
    .option("--json", json)
    .addHelpText("after", examples(["switchyard providers check openrouter"]))
    .action((provider: string, options: JsonOption) =>
      act(
        import("./providers.ts").then((module) =>
          module.providersCheck(context, provider, { json: options.json === true }),
        ),
      ),
    );
}

export function addModelCommands(program: Command, context: CommandContext, act: Act): void {
  const models = program.command("models").description("the models that clients and rules may ask for");
  models
    .command("list")
    .description("all names: aliases, combos, and provider/model")
    .option("--json", "print one JSON array")
    .option("--provider <id>", "only this provider's")
    .option("--refresh", "ask the providers for their lists first")
    .addHelpText("after", examples(["switchyard models list", "switchyard models list --provider groq --refresh"]))
    .action((options: JsonOption & { provider?: string; refresh?: boolean }) =>
      act(
        import("./models.ts").then((module) =>
          module.modelsList(context, {
            json: options.json === true,
            provider: options.provider,
            refresh: options.refresh === true,
          }),
        ),
      ),
    );
  models
    .command("add")
    .description("name a model of a provider in config.yaml")
    .argument("<provider>", aProvider)
    .argument("<model>", "the provider's own name for it")
    .option("--json", json)
    .option("--max-tokens <number>", "how much it takes", countNumber)
    .option("--alias <name>", "what clients call it")
    .addHelpText("after", examples(["switchyard models add local qwen3-coder --max-tokens 131072 --alias coder"]))
    .action((provider: string, model: string, options: JsonOption & { maxTokens?: number; alias?: string }) =>
      act(
        import("./models.ts").then((module) =>
          module.modelsAdd(
            context,
            { provider, model },
            { json: options.json === true, maxTokens: options.maxTokens, alias: options.alias },
          ),
        ),
      ),
    );
  models
    .command("remove")
    .description("take one out of config.yaml again")
    .argument("<provider>", aProvider)
    .argument("<model>", "as it is written there")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard models remove local qwen3-coder"]))
    .action((provider: string, model: string, options: JsonOption) =>
      act(
        import("./models.ts").then((module) =>
          module.modelsRemove(context, { provider, model }, { json: options.json === true }),
        ),
      ),
    );
  models
    .command("test")
    .description(
      "send one tiny call for a model and say who answered. It spends tokens, so it asks first. Exit code 7 when nobody " +
        "answers",
    )
    .argument("<model>", "what a client would ask for")
    .option("-y, --yes", "do not ask")
    .option("--json", json)
    .addHelpText(
      "after",
      examples(["switchyard models test claude/claude-sonnet-4-5", "switchyard models test coder -y"]),
    )
    .action((model: string, options: JsonOption & { yes?: boolean }) =>
      act(
        import("./test-call.ts").then((module) =>
          module.testCall(context, model, {
            json: options.json === true,
            yes: options.yes === true,
            command: "models test",
          }),
        ),
      ),
    );
}

export function addComboCommands(program: Command, context: CommandContext, act: Act): void {
  const combos = program.command("combos").description("chains of models, each tried when the one before has failed");
  combos
    .command("list")
    .description("all of config.yaml, with what each member means now")
    .option("--json", "print one JSON array")
    .addHelpText("after", examples(["switchyard combos list"]))
    .action((options: JsonOption) =>
      act(import("./combos.ts").then((module) => module.combosList(context, { json: options.json === true }))),
    );
  combos
    .command("add")
    .description("write one into config.yaml, or write it anew")
    .argument("<combo>", "its name; rules call it combo/NAME")
    .argument("<model...>", "provider/model, in the order in which they are tried")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard combos add deep claude/claude-sonnet-4-5 local/qwen3-coder"]))
    .action((name: string, members: string[], options: JsonOption) =>
      act(
        import("./combos.ts").then((module) =>
          module.combosAdd(context, { name, members }, { json: options.json === true }),
        ),
      ),
    );
  combos
    .command("remove")
    .description("take one out of config.yaml; refused while a rule or an alias names it")
    .argument("<combo>", "its name")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard combos remove deep"]))
    .action((name: string, options: JsonOption) =>
      act(import("./combos.ts").then((module) => module.combosRemove(context, name, { json: options.json === true }))),
    );
}

export function addAliasCommands(program: Command, context: CommandContext, act: Act): void {
  const aliases = program.command("aliases").description("names of your own for models");
  aliases
    .command("list")
    .description("all of config.yaml, and names that could mean two things")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard aliases list"]))
    .action((options: JsonOption) =>
      act(import("./aliases.ts").then((module) => module.aliasesList(context, { json: options.json === true }))),
    );
  aliases
    .command("add")
    .description("write one into config.yaml, or write it anew")
    .argument("<alias>", "the name that clients use")
    .argument("<target>", "provider/model, or combo/NAME")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard aliases add sonnet claude/claude-sonnet-4-5"]))
    .action((name: string, target: string, options: JsonOption) =>
      act(
        import("./aliases.ts").then((module) =>
          module.aliasesAdd(context, { name, target }, { json: options.json === true }),
        ),
      ),
    );
  aliases
    .command("remove")
    .description("take one out of config.yaml; refused while a rule names it")
    .argument("<alias>", "the name")
    .option("--json", json)
    .addHelpText("after", examples(["switchyard aliases remove sonnet"]))
    .action((name: string, options: JsonOption) =>
      act(
        import("./aliases.ts").then((module) => module.aliasesRemove(context, name, { json: options.json === true })),
      ),
    );
}

export function addUsageCommand(program: Command, context: CommandContext, act: Act): void {
  program
    .command("usage")
    .description("tokens and cost of the calls that went by, with totals")
    .addArgument(withWords(new Argument("[by]", "by what").default("daily"), usageGroups))
    .option("--json", json)
    .option("--since <date>", "from this day or instant on, as 2026-11-01")
    .option("--until <date>", "up to this day or instant, included")
    .option("--compact", "fewer columns and shorter figures")
    .addHelpText(
      "after",
      examples(["switchyard usage", "switchyard usage model --since 2026-11-01 --compact", "switchyard usage --json"]),
    )
    .action((by: string, options: JsonOption & { since?: string; until?: string; compact?: boolean }) =>
      act(
        import("./usage.ts").then((module) =>
          module.usage(context, by, {
            json: options.json === true,
            since: options.since,
            until: options.until,
            compact: options.compact === true,
          }),
        ),
      ),
    );
}

function countNumber(text: string): number {
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number from 1 on.");
}
