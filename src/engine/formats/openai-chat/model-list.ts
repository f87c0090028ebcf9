/** `GET /v1/models` in OpenAI's shape; the Responses dialect has the same. */
import type { ListedModel, WholeAnswer } from "../format.ts";

export function writeModels(models: readonly ListedModel[]): WholeAnswer {
  const data = models.map(({ id, createdAt, ownedBy }) => ({
    id,
    object: "model",
    created: createdAt ?? 0,
    owned_by: ownedBy ?? "switchyard",
  }));
  return {
    status: 200,
    headers: [["content-type", "application/json"]],
    body: Buffer.from(JSON.stringify({ object: "list", data })),
  };
}
