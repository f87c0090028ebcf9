/** `switchyard completion SHELL`: a script made from the table of commands, so that it never lacks one. */
import type { Command } from "commander";
import { bashScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import { pwshScript } from "./completion-pwsh.ts";
import { type CompletionShell, completionShells } from "./completion-kinds.ts";
import { type CommandNode, completionTree } from "./completion-tree.ts";
import { zshScript } from "./completion-zsh.ts";
import type { CommandContext } from "./context.ts";
import { requireWord } from "./engine-access.ts";
import { exitCodes } from "./failure.ts";

const scripts: Readonly<Record<CompletionShell, (tree: readonly CommandNode[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
  pwsh: pwshScript,
};

export async function completion(context: CommandContext, program: Command, named: string): Promise<number> {
  const shell = await requireWord("shell that can be completed", named, completionShells);
  context.stdout.write(scripts[shell](completionTree(program)));
  return exitCodes.ok;
}
