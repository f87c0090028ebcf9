/** What can be typed about trust and about leaving again: `ca …`, `env`, `uninstall`. */
import type { Command } from "commander";
import type { CommandContext } from "./context.ts";
import { type Act, examples, type JsonOption } from "./program-groups.ts";
import type { StoreFlags } from "./trust-stores.ts";

type Flags = Partial<StoreFlags> & JsonOption & { dryRun?: boolean; yes?: boolean };

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
    .description("fingerprint, end of validity, the hosts it is limited to, and which stores trust it")
    .option("--java", "look into Java's store as well")
    .option("--json", "print one JSON document")
    .action((options: JsonOption & { java?: boolean }) =>
      act(
        import("./ca.ts").then((module) =>
          module.caStatus(context, { json: options.json === true, java: options.java === true }),
        ),
      ),
    );
  ca.command("rotate")
    .description("make a new one, for the hosts in the configuration now")
    .option("--json", "print one JSON document")
    .action((options: JsonOption) =>
      act(import("./ca.ts").then((module) => module.caRotate(context, { json: options.json === true }))),
    );
  describeInstall(ca.command("install").alias("trust"), context, act);
  describeUninstall(ca.command("uninstall").alias("untrust"), context, act);
  // As Caddy has them: what many will type first.
  describeInstall(program.command("trust", { hidden: true }), context, act);
  describeUninstall(program.command("untrust", { hidden: true }), context, act);
  ca.command("export")
    .description("print its root certificate, or write it to a file")
    .option("--format <name>", "pem, der, or bundle (the roots of this system, and ours)", "pem")
    .option("-o, --output <file>", "write it there")
    .addHelpText("after", examples(["switchyard ca export -o switchyard.pem", "switchyard ca export --format bundle"]))
    .action((options: { format: string; output?: string }) =>
      act(
        import("./ca-export.ts").then((module) =>
          module.caExport(context, { format: options.format, output: options.output }),
        ),
      ),
    );
}

function describeInstall(command: Command, context: CommandContext, act: Act): void {
  storeOptions(command)
    .description("make programs on this machine trust it; tools started with `run` need no such thing")
    .addHelpText(
      "after",
      examples(["switchyard ca install --dry-run", "switchyard ca install", "switchyard ca install --system"]),
    )
    .action((options: Flags) =>
      act(import("./ca-install.ts").then((module) => module.caInstall(context, changeFlags(options)))),
    );
}

function describeUninstall(command: Command, context: CommandContext, act: Act): void {
  storeOptions(command)
    .description("take that trust back, wherever it is")
    .option(
      "--fingerprint <hex>",
      "the root to take back, or the first eight digits or more of it (default: the current one)",
    )
    .option("--all", "the former roots as well")
    .addHelpText("after", examples(["switchyard ca uninstall --all", "switchyard ca uninstall --fingerprint 1a2b3c4d"]))
    .action((options: Flags & { fingerprint?: string; all?: boolean }) =>
      act(
        import("./ca-uninstall.ts").then((module) =>
          module.caUninstall(context, {
            ...changeFlags(options),
            fingerprint: options.fingerprint,
            all: options.all === true,
          }),
        ),
      ),
    );
}

function storeOptions(command: Command): Command {
  return command
    .option("--user", "the stores that are yours, and take no sudo")
    .option("--system", "the store of the whole system")
    .option("--nss", "the databases of Firefox and Chromium only")
    .option("--java", "the store of the Java in use")
    .option("--dry-run", "print the commands, and run none")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON document");
}

function changeFlags(options: Flags): StoreFlags & { dryRun: boolean; yes: boolean; json: boolean } {
  const { user, system, nss, java, dryRun, yes, json } = options;
  const isSet = (flag: boolean | undefined): boolean => flag === true;
  return {
    user: isSet(user),
    system: isSet(system),
    nss: isSet(nss),
    java: isSet(java),
    dryRun: isSet(dryRun),
    yes: isSet(yes),
    json: isSet(json),
  };
}

export function addEnvCommand(program: Command, context: CommandContext, act: Act): void {
  program
    .command("env")
    .description("print what a shell must set to go through the running core")
    .option("--shell <name>", "bash, zsh, fish, pwsh, cmd, nu, dotenv or json (default: the shell you are in)")
    .option("--unset", "print how to take it back")
    .option("--install-hook", "let every new shell do it while a core runs: a marked block in its start file")
    .option("--remove-hook", "take that block out again")
    .addOption(program.createOption("--hook", "asked by the block in a start file").hideHelp())
    .addHelpText(
      "after",
      `${examples(['eval "$(switchyard env)"', "switchyard env --install-hook --shell zsh"])}

In a shell that has it, the function switchyard_off takes it back.`,
    )
    .action((options: EnvFlags) =>
      act(
        import("./env.ts").then((module) =>
          module.env(context, {
            shell: options.shell,
            unset: options.unset === true,
            hook: options.hook === true,
            installHook: options.installHook === true,
            removeHook: options.removeHook === true,
          }),
        ),
      ),
    );
}

interface EnvFlags {
  readonly shell?: string;
  readonly unset?: boolean;
  readonly hook?: boolean;
  readonly installHook?: boolean;
  readonly removeHook?: boolean;
}

export function addUninstallCommand(program: Command, context: CommandContext, act: Act): void {
  program
    .command("uninstall")
    .description("take back everything this installation changed on the machine: core, start files, trust")
    .option("--purge", "delete its data, state and configuration as well, accounts included")
    .option("--dry-run", "print what would be done, and do nothing")
    .option("--yes", "do not ask")
    .option("--json", "print one JSON document")
    .addHelpText("after", examples(["switchyard uninstall --dry-run", "switchyard uninstall --purge"]))
    .action((options: JsonOption & { purge?: boolean; dryRun?: boolean; yes?: boolean }) =>
      act(
        import("./uninstall.ts").then((module) =>
          module.uninstall(context, {
            purge: options.purge === true,
            dryRun: options.dryRun === true,
            yes: options.yes === true,
            json: options.json === true,
          }),
        ),
      ),
    );
}
