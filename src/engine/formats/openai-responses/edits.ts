/** Changes to a Responses body that keeps its shape. */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { isCarrier, mayHoldCarrier } from "../../hub/carrier.ts";
import type { Thinking } from "../../hub/request.ts";
import { nearestLower, wishedLevel } from "../../hub/thinking-levels.ts";
import { recordField, textField, type Fields } from "../fields.ts";
import type { BodyEdits, JsonObject } from "../format.ts";
import { responsesModel } from "./models.ts";

export const edits: BodyEdits = { systemPrompt, thinking, withoutBlobs };

function systemPrompt(body: JsonObject, prompt: { readonly prepend?: string; readonly append?: string }): JsonObject {
  const given = own(body, "instructions") ?? "";
  if (typeof given !== "string") return body;
  const texts = [prompt.prepend ?? "", given, prompt.append ?? ""].filter((text) => text !== "");
  const instructions = texts.join("\n\n");
  return instructions === given ? body : { ...body, instructions };
}

function thinking(body: JsonObject, wish: Thinking | null): JsonObject {
  const before = recordField(body, "reasoning") ?? {};
  const { effort: _effort, ...rest } = before;
  const reasoning = wish === null ? rest : { ...rest, ...wished(wish, rest, textField(body, "model") ?? "") };
  if (JSON.stringify(reasoning) === JSON.stringify(before)) return body;
  const { reasoning: _reasoning, ...others } = body;
  return Object.keys(reasoning).length === 0 ? others : { ...others, reasoning };
}

function wished(wish: Thinking, rest: Fields, name: string): Fields {
  const model = responsesModel(name);
  if (wish.mode === "off") return model.noThinking === null ? {} : { effort: model.noThinking };
  const level = wishedLevel(wish);
  const effort = level === null ? null : nearestLower(level, model.efforts);
  const show = wish.show === true && rest["summary"] === undefined && model.reasons ? { summary: "auto" } : {};
  return { ...(effort === null ? {} : { effort }), ...show };
}

/** Items that are nothing without their id: it names something the provider holds, or the API demands it. */
const keepsId =
  /^(item_reference|.*_search_call|computer_call|code_interpreter_call|image_generation_call|mcp_.*|program)$/;

function withoutBlobs(body: JsonObject): JsonObject {
  const input = own(body, "input");
  if (!Array.isArray(input)) return body;
  let hasChanged = false;
  const cleaned = input.flatMap((item: unknown): readonly unknown[] => {
    if (!isRecord(item)) return [item];
    const stripped = withoutId(withoutBlob(item));
    if (stripped === item) return [item];
    hasChanged = true;
    return stripped === null ? [] : [stripped];
  });
  return hasChanged ? { ...body, input: cleaned } : body;
}

/** Null when nothing is left: reasoning that was all blob. */
function withoutBlob(item: Fields): Fields | null {
  if (item["type"] !== "reasoning") return item;
  const { encrypted_content: _blob, ...rest } = item;
  const hasWords = [rest["summary"], rest["content"]].some((parts) => Array.isArray(parts) && parts.length > 0);
  if (!hasWords) return null;
  return Object.hasOwn(item, "encrypted_content") ? rest : item;
}

function withoutId(item: Fields | null): Fields | null {
  const type = textField(item, "type") ?? (own(item, "role") === undefined ? "item_reference" : "message");
  if (item === null || !Object.hasOwn(item, "id") || keepsId.test(type)) return item;
  // The one result that names its call by the call's item id.
  if (type === "local_shell_call_output" || type === "local_shell_call") return item;
  const { id: _id, ...rest } = item;
  return rest;
}

/** The request without reasoning items that wear our tag; null when there are none. Looks at the bytes before it parses. */
export function withoutCarriers(body: Uint8Array): Uint8Array | null {
  if (!mayHoldCarrier(body)) return null;
  const parsed = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  if (!parsed.ok || !isRecord(parsed.value)) return null;
  const input = parsed.value["input"];
  if (!Array.isArray(input)) return null;
  const kept = input.filter((item: unknown) => {
    const blob = own(item, "type") === "reasoning" ? own(item, "encrypted_content") : undefined;
    return typeof blob !== "string" || !isCarrier(blob);
  });
  return kept.length === input.length ? null : Buffer.from(JSON.stringify({ ...parsed.value, input: kept }));
}
