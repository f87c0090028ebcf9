/** The commands of the account engine as they are typed: `accounts …`. What each does is loaded when it is asked for. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CommandContext } from "./context.ts";
import { type Act, examples, type JsonOption } from "./program-groups.ts";

const json = "print one JSON document";
const anAccount = "provider/name, or the name where only one has it";

export function addAccountCommands(program: Command, context: CommandContext, act: Act): void {
  const accounts = program.command("accounts").description("the API keys and logins that rules may use");
  addListed(accounts, context, act);
  addNew(accounts, context, act);
  addChanged(accounts, context, act);
}

function addListed(accounts: Command, context: CommandContext, act: Act): void {
  accounts
    .command("list")
    .description("list them, with what keeps any of them from serving")
    .option("--json", "print one JSON array")
    .option("--provider <id>", "only those of this provider")
    .addHelpText("after", examples(["switchyard accounts list", "switchyard accounts list --provider claude --json"]))
    .action((options: JsonOption & { provider?: string }) =>
      act(
        import("./accounts.ts").then((module) =>
          module.accountsList(context, { json: options.json === true, provider: options.provider }),
        ),
      ),
    );
  accounts
    .command("quota")
    .description(
      "ask the providers what is left, each at most once a minute; exit code 7 when the named one tells nothing",
    )
    .argument("[account]", `${anAccount} (default: all)`)
    .option("--json", "print one JSON array")
    .addHelpText("after", examples(["switchyard accounts quota", "switchyard accounts quota codex/main --json"]))
    .action((account: string | undefined, options: JsonOption) =>
      act(
        import("./accounts.ts").then((module) =>
          module.accountsQuota(context, account, { json: options.json === true }),
        ),
      ),
    );
}

function addNew(accounts: Command, context: CommandContext, act: Act): void {
  accounts
    .command("add")
    .description("keep an API key; it is asked for, or read from stdin or a file, never from the command line")
    .argument("<provider>", "as `switchyard providers list` names it")
    .option("--json", json)
    .option("--name <name>", "what to call it (default: main)")
    .option("--priority <number>", "lower goes first (default: 100)", wholeNumber)
    .option("--weight <number>", "its share where the strategy is weighted (default: 1)", share)
    .option("--api-key-file <file>", "read the key from this file")
    .addOption(new Option("--api-key [key]", "refused").hideHelp())
    .addHelpText(
      "after",
      examples([
        "switchyard accounts add openrouter",
        "pass show openrouter | switchyard accounts add openrouter --name work",
        "switchyard accounts add groq --api-key-file ~/groq.key --priority 10",
      ]),
    )
    .action(
      (
        provider: string,
        options: JsonOption & {
          name?: string;
          priority?: number;
          weight?: number;
          apiKeyFile?: string;
          apiKey?: string | boolean;
        },
      ) =>
        act(
          import("./accounts-add.ts").then((module) =>
            module.accountsAdd(context, provider, {
              json: options.json === true,
              name: options.name,
              priority: options.priority,
              weight: options.weight,
              apiKeyFile: options.apiKeyFile,
              hasKeyInArguments: options.apiKey !== undefined,
            }),
          ),
        ),
    );
  accounts
    .command("login")
    .description("log in at a provider in the browser; the login is kept here and renewed here")
    .argument("<provider>", "claude, codex, gemini-cli, antigravity, copilot, qwen, iflow, kiro, cursor or kimi")
    .option("--json", json)
    .option("--name <name>", "what to call it (default: main); one that exists is logged in anew")
    .option("--method <name>", "kiro: builder-id, identity-center, google or github; claude: paste")
    .option("--start-url <url>", "kiro with identity-center: https://….awsapps.com/start")
    .option("--region <name>", "kiro: its AWS region, as eu-central-1")
    .option("--accept-terms", "you have read that the provider's terms may forbid this")
    .option(
      "--web",
      "kiro: on a page of Switchyard's own in your browser, which asks for the method and shows how it goes",
    )
    .option("--no-browser", "open no browser; the address is printed")
    .addHelpText(
      "after",
      examples([
        "switchyard accounts login copilot",
        "switchyard accounts login kiro --method identity-center --start-url https://acme.awsapps.com/start",
        "switchyard accounts login claude --method paste --no-browser",
      ]),
    )
    .action(
      (
        provider: string,
        options: JsonOption & {
          name?: string;
          method?: string;
          startUrl?: string;
          region?: string;
          acceptTerms?: boolean;
          browser: boolean;
          web?: boolean;
        },
      ) =>
        act(
          import("./accounts-login.ts").then((module) =>
            module.accountsLogin(context, provider, {
              json: options.json === true,
              name: options.name,
              method: options.method,
              startUrl: options.startUrl,
              region: options.region,
              acceptTerms: options.acceptTerms === true,
              browser: options.browser,
              web: options.web === true,
            }),
          ),
        ),
    );
  accounts
    .command("import")
    .description("use another program's login where that program keeps it; without a name: which there are")
    .argument("[program]", "claude-code, codex, gemini-cli, qwen-code, copilot, kiro, cursor or iflow")
    .option("--json", json)
    .option("--provider <id>", "for which provider (default: the program's own)")
    .option("--name <name>", "what to call it (default: the program's name)")
    .option("--path <file>", "where the login is (default: where the program keeps it)")
    .option("--accept-terms", "you have read that the provider's terms may forbid this")
    .addHelpText(
      "after",
      examples(["switchyard accounts import", "switchyard accounts import claude-code --accept-terms"]),
    )
    .action(
      (
        client: string | undefined,
        options: JsonOption & { provider?: string; name?: string; path?: string; acceptTerms?: boolean },
      ) =>
        act(
          import("./accounts-import.ts").then((module) =>
            module.accountsImport(context, client, {
              json: options.json === true,
              provider: options.provider,
              name: options.name,
              path: options.path,
              acceptTerms: options.acceptTerms === true,
            }),
          ),
        ),
    );
}

function addChanged(accounts: Command, context: CommandContext, act: Act): void {
  for (const [word, enabled] of [
    ["enable", true],
    ["disable", false],
  ] as const) {
    accounts
      .command(word)
      .description(enabled ? "let rules use it again" : "keep it and use it for nothing")
      .argument("<account>", anAccount)
      .option("--json", json)
      .addHelpText("after", examples([`switchyard accounts ${word} openrouter/main`]))
      .action((account: string, options: JsonOption) =>
        act(
          import("./accounts.ts").then((module) =>
            module.accountsEnable(context, account, { json: options.json === true, enabled }),
          ),
        ),
      );
  }
  accounts
    .command("remove")
    .description("delete it with its stored key or login; one of config.yaml is taken out there")
    .argument("<account>", anAccount)
    .option("--json", json)
    .option("-y, --yes", "do not ask")
    .addHelpText("after", examples(["switchyard accounts remove openrouter/main"]))
    .action((account: string, options: JsonOption & { yes?: boolean }) =>
      act(
        import("./accounts.ts").then((module) =>
          module.accountsRemove(context, account, { json: options.json === true, yes: options.yes === true }),
        ),
      ),
    );
  accounts
    .command("refresh")
    .description("renew a login now")
    .argument("<account>", anAccount)
    .option("--json", json)
    .addHelpText("after", examples(["switchyard accounts refresh codex/main"]))
    .action((account: string, options: JsonOption) =>
      act(
        import("./accounts.ts").then((module) =>
          module.accountsRefresh(context, account, { json: options.json === true }),
        ),
      ),
    );
  accounts
    .command("cooldown")
    .description("accounts that rest after a failure")
    .command("clear")
    .description("let them serve again at once")
    .argument("[account]", `${anAccount} (default: all)`)
    .option("--json", json)
    .option("--model <name>", "only for this model")
    .addHelpText(
      "after",
      examples([
        "switchyard accounts cooldown clear",
        "switchyard accounts cooldown clear claude/main --model claude-sonnet-4-5",
      ]),
    )
    .action((account: string | undefined, options: JsonOption & { model?: string }) =>
      act(
        import("./accounts.ts").then((module) =>
          module.cooldownClear(context, account, { json: options.json === true, model: options.model }),
        ),
      ),
    );
}

function wholeNumber(text: string): number {
  if (/^-?\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It is a whole number.");
}

function share(text: string): number {
  const number = Number(text);
  if (/^\d{1,7}$/.test(text) && number <= 1_000_000) return number;
  throw new InvalidArgumentError("It is a whole number from 0 to 1000000.");
}
