/** `completion …` and what its scripts ask. */
import { Argument, type Command } from "commander";
import { completionShells } from "./completion-kinds.ts";
import type { CommandContext } from "./context.ts";
import { type Act, examples } from "./program-groups.ts";
import { withWords } from "./words.ts";

export function addCompletionCommands(program: Command, context: CommandContext, act: Act): void {
  program
    .command("completion")
    .description("print the script that makes a shell complete commands, options, and the names that are known here")
    .addArgument(withWords(new Argument("<shell>", "which shell"), completionShells))
    .addHelpText(
      "after",
      examples(["switchyard completion bash", "switchyard completion zsh", "switchyard completion fish"]),
    )
    .addHelpText("after", installHints)
    .action((shell: string) =>
      act(import("./completion.ts").then((module) => module.completion(context, program, shell))),
    );
  program
    .command("__complete", { hidden: true })
    .description("the names of one kind, for completion scripts")
    .argument("<kind>")
    .action((kind: string) => act(import("./complete.ts").then((module) => module.complete(context, kind))));
}

const installHints = `
To have it in every new shell:
  bash  switchyard completion bash \\
          > ~/.local/share/bash-completion/completions/switchyard
        (without bash-completion, in ~/.bashrc: . <(switchyard completion bash))
  zsh   switchyard completion zsh > "\${fpath[1]}/_switchyard"
        (or, in ~/.zshrc behind compinit: . <(switchyard completion zsh))
  fish  switchyard completion fish \\
          > ~/.config/fish/completions/switchyard.fish
  pwsh  switchyard completion pwsh >> $PROFILE
`;
