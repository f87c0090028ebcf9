/** `GET /v1beta/models` and `:countTokens` in Google's shape; both envelopes answer a count in the same way. */
import type { CountTokens, ListedModel, WholeAnswer } from "../format.ts";

const methods = ["generateContent", "streamGenerateContent", "countTokens"];

export function writeModels(models: readonly ListedModel[]): WholeAnswer {
  const list = models.map(({ id, displayName, maxInputTokens, maxOutputTokens }) => ({
    name: `models/${id}`,
    displayName: displayName ?? id,
    supportedGenerationMethods: methods,
    ...(maxInputTokens === undefined ? {} : { inputTokenLimit: maxInputTokens }),
    ...(maxOutputTokens === undefined ? {} : { outputTokenLimit: maxOutputTokens }),
  }));
  return json({ models: list });
}

export const countTokens: CountTokens = { writeCount: (tokens) => json({ totalTokens: tokens }) };

function json(body: object): WholeAnswer {
  return {
    status: 200,
    headers: [["content-type", "application/json; charset=utf-8"]],
    body: Buffer.from(JSON.stringify(body)),
  };
}
