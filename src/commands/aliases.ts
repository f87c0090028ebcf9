/** `switchyard aliases list|add|remove`: names of one's own for models. */
import { type CommandContext, printJson, printLines, shown, tableLines } from "./context.ts";
import { withEngine } from "./engine-access.ts";
import { exitCodes } from "./failure.ts";
import { collisionLines } from "./combos.ts";
import { edit } from "./routes-edit.ts";

interface Json {
  readonly json: boolean;
}

export async function aliasesList(context: CommandContext, options: Json): Promise<number> {
  return withEngine(context, { wanted: "files", subject: "model" }, async ({ verbs }) => {
    const answer = await verbs.aliases();
    if (options.json) {
      printJson(context, answer);
      return exitCodes.ok;
    }
    const rows = Object.entries(answer.aliases).map(([name, target]) => [shown(name), shown(target)]);
    if (rows.length > 0) printLines(context.stdout, tableLines(["ALIAS", "MEANS"], rows));
    else context.stderr.write("no aliases; add one: switchyard aliases add NAME PROVIDER/MODEL\n");
    printLines(context.stderr, collisionLines(answer));
    return exitCodes.ok;
  });
}

export async function aliasesAdd(
  context: CommandContext,
  { name, target }: { readonly name: string; readonly target: string },
  options: Json,
): Promise<number> {
  const text = `${shown(name)} means ${shown(target)}`;
  return edit(context, options, { name, target }, text, (verbs) => verbs.setAlias(name, target));
}

export async function aliasesRemove(context: CommandContext, name: string, options: Json): Promise<number> {
  return edit(context, options, { removed: name }, `${shown(name)} removed`, (verbs) => verbs.removeAlias(name));
}
