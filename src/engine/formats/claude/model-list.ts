/** `GET /v1/models` in Anthropic's shape. */
import type { ListedModel, WholeAnswer } from "../format.ts";

export function writeModels(models: readonly ListedModel[]): WholeAnswer {
  const data = models.map(({ id, displayName, createdAt, maxInputTokens, maxOutputTokens }) => ({
    type: "model",
    id,
    display_name: displayName ?? id,
    created_at: new Date((createdAt ?? 0) * 1000).toISOString().replace(".000Z", "Z"),
    ...(maxInputTokens === undefined ? {} : { max_input_tokens: maxInputTokens }),
    ...(maxOutputTokens === undefined ? {} : { max_tokens: maxOutputTokens }),
  }));
  const page = { data, has_more: false, first_id: data[0]?.id ?? null, last_id: data[data.length - 1]?.id ?? null };
  return { status: 200, headers: [["content-type", "application/json"]], body: Buffer.from(JSON.stringify(page)) };
}
