/** A Responses client's body read into the hub. */
import { frozen, readRequest } from "../../__fixtures__/harness.ts";
import type { HubRequest } from "../../../hub/request.ts";
import { formats } from "../../table.ts";

export const read = (body: object): HubRequest => readRequest("openai-responses", { model: "gpt-x", ...body });
export const messagesOf = (...input: readonly unknown[]): HubRequest["messages"] => read({ input }).messages;

export function refusal(body: object): unknown {
  const result = formats["openai-responses"].client.readRequest(frozen({ model: "gpt-x", ...body }), "/v1/responses");
  return result.ok ? null : result.error;
}

export function lossesOf(body: object): readonly string[] {
  const result = formats["openai-responses"].client.readRequest(frozen({ model: "gpt-x", ...body }), "/v1/responses");
  return result.ok ? result.value.losses : [];
}
