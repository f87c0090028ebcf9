/** `switchyard models list|add|remove`: the names that clients may ask for, and those that their user adds. */
import type { ModelJson } from "../base/controls-engine.ts";
import { countText } from "../base/figure-text.ts";
import { columnLines } from "./columns.ts";
import { type CommandContext, printJson, printLines, shown } from "./context.ts";
import { requireProvider, withEngine } from "./engine-access.ts";
import { exitCodes } from "./failure.ts";

interface Json {
  readonly json: boolean;
}

/** `refresh` asks the providers again, which takes a core. */
export async function modelsList(
  context: CommandContext,
  options: Json & { readonly provider: string | undefined; readonly refresh: boolean },
): Promise<number> {
  const wanted = options.refresh ? "network" : "files";
  return withEngine(context, { wanted, subject: "provider" }, async ({ verbs }) => {
    const provider = options.provider === undefined ? null : (await requireProvider(verbs, options.provider)).id;
    const models = await verbs.models({ provider, refresh: options.refresh });
    if (options.json) printJson(context, models);
    else if (models.length > 0) printLines(context.stdout, modelTable(models));
    else context.stderr.write("no models are known there; ask the provider: switchyard models list --refresh\n");
    return exitCodes.ok;
  });
}

export async function modelsAdd(
  context: CommandContext,
  { provider: named, model }: { readonly provider: string; readonly model: string },
  options: Json & { readonly maxTokens: number | undefined; readonly alias: string | undefined },
): Promise<number> {
  return withEngine(context, { wanted: "files", subject: "model" }, async ({ verbs }) => {
    const { id } = await requireProvider(verbs, named);
    const { maxTokens, alias } = options;
    const added = {
      name: model,
      ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
      ...(alias === undefined ? {} : { alias }),
    };
    await verbs.addCustomModel(id, added);
    if (options.json) printJson(context, { provider: id, ...added });
    else printLines(context.stdout, [`${shown(`${id}/${alias ?? model}`)} added to config.yaml`]);
    return exitCodes.ok;
  });
}

export async function modelsRemove(
  context: CommandContext,
  { provider: named, model }: { readonly provider: string; readonly model: string },
  options: Json,
): Promise<number> {
  return withEngine(context, { wanted: "files", subject: "model" }, async ({ verbs }) => {
    const { id } = await requireProvider(verbs, named);
    await verbs.removeCustomModel(id, model);
    if (options.json) printJson(context, { provider: id, removed: model });
    else printLines(context.stdout, [`${shown(`${id}/${model}`)} removed from config.yaml`]);
    return exitCodes.ok;
  });
}

function modelTable(models: readonly ModelJson[]): readonly string[] {
  return columnLines(
    ["ASK FOR", "IS", "KIND", "KNOWN FROM", "MAX TOKENS", "CAN", "USABLE"],
    models.map((model) => [
      shown(model.id),
      model.id === `${model.provider}/${model.model}` ? "-" : shown(`${model.provider}/${model.model}`),
      model.kind,
      model.source,
      model.max_tokens === null ? "-" : countText(model.max_tokens),
      canText(model),
      model.usable ? "yes" : "no",
    ]),
    new Set(["MAX TOKENS"]),
  );
}

function canText({ capabilities: { functions, vision } }: ModelJson): string {
  const can = [functions ? "functions" : null, vision ? "vision" : null].filter((each) => each !== null);
  return can.length === 0 ? "-" : can.join(", ");
}
