/** The answer to `fetchAvailableModels`: models by their id. Quotas are the backend's to tell, so none are told. */
import type { ListedModel, WholeAnswer } from "../format.ts";

export function writeModels(models: readonly ListedModel[]): WholeAnswer {
  const byId = Object.fromEntries(
    models.map(({ id, displayName, maxInputTokens, maxOutputTokens }) => [
      id,
      {
        displayName: displayName ?? id,
        ...(maxInputTokens === undefined ? {} : { maxTokens: maxInputTokens }),
        ...(maxOutputTokens === undefined ? {} : { maxOutputTokens }),
      },
    ]),
  );
  return {
    status: 200,
    headers: [["content-type", "application/json; charset=utf-8"]],
    body: Buffer.from(JSON.stringify({ models: byId })),
  };
}
