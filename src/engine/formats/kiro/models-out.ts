/** The answer to `ListAvailableModels`: names, and the windows where they are known. */
import { optional, type Fields } from "../fields.ts";
import type { ListedModel, WholeAnswer } from "../format.ts";

export function writeModels(models: readonly ListedModel[]): WholeAnswer {
  const body = { models: models.map(writeModel) };
  return { status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(JSON.stringify(body)) };
}

function writeModel({ id, displayName, maxInputTokens, maxOutputTokens }: ListedModel): Fields {
  const limits = { ...optional("maxInputTokens", maxInputTokens), ...optional("maxOutputTokens", maxOutputTokens) };
  return {
    modelId: id,
    modelName: displayName ?? id,
    ...(Object.keys(limits).length === 0 ? {} : { tokenLimits: limits }),
  };
}
