/** `switchyard combos list|add|remove`: the chains of models in config.yaml, and what each member of them means now. */
import type { AliasesJson, ComboJson } from "../base/controls-engine.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { withEngine } from "./engine-access.ts";
import { exitCodes } from "./failure.ts";
import { edit } from "./routes-edit.ts";

export async function combosList(context: CommandContext, options: { readonly json: boolean }): Promise<number> {
  return withEngine(context, { wanted: "files", subject: "model" }, async ({ verbs }) => {
    const combos = await verbs.combos();
    if (options.json) {
      printJson(context, combos);
      return exitCodes.ok;
    }
    if (combos.length === 0)
      context.stderr.write("no combos; add one: switchyard combos add NAME PROVIDER/MODEL PROVIDER/MODEL\n");
    else printLines(context.stdout, combos.flatMap(comboLines));
    printLines(context.stderr, collisionLines(await verbs.aliases()));
    return exitCodes.ok;
  });
}

export async function combosAdd(
  context: CommandContext,
  { name, members }: { readonly name: string; readonly members: readonly string[] },
  options: { readonly json: boolean },
): Promise<number> {
  const text = `combo/${shown(name)}: ${members.map((member) => shown(member)).join(", then ")}`;
  return edit(context, options, { name, members }, text, (verbs) => verbs.setCombo(name, members));
}

export async function combosRemove(
  context: CommandContext,
  name: string,
  options: { readonly json: boolean },
): Promise<number> {
  return edit(context, options, { removed: name }, `combo/${shown(name)} removed`, (verbs) => verbs.removeCombo(name));
}

/** One member a line, in the order in which they are tried. */
function comboLines({ name, members, warning }: ComboJson): readonly string[] {
  const width = Math.max(0, ...members.map(({ text }) => shown(text).length));
  const lines = members.map(({ text, provider, model, usable, reason }, place) => {
    const meant = provider === null || model === null ? null : `${provider}/${model}`;
    const now = meant === null || meant === text ? "" : `= ${shown(meant)}  `;
    const state = usable ? "usable" : `not usable: ${shown(reason)}`;
    return `  ${place + 1}. ${shown(text).padEnd(width)}  ${now}${state}`;
  });
  return [`combo/${shown(name)}`, ...lines, ...(warning === null ? [] : [`  warning: ${shown(warning)}`])];
}

export function collisionLines({ collisions }: AliasesJson): readonly string[] {
  return collisions.map(
    ({ name, meanings, taken }) =>
      `"${shown(name)}" could mean ${meanings.map((each) => shown(each)).join(" or ")}; it means ${shown(taken)}`,
  );
}
