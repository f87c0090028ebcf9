/** A Claude Messages request as a hub request. Fields only Claude knows travel in `extras.claude`. */
import { createHash } from "node:crypto";
import { isRecord, own } from "../../../base/json.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { HubMessage, TextPart } from "../../hub/message.ts";
import type { HubRequest, ResponseFormat, Thinking } from "../../hub/request.ts";
import { isThinkingLevel } from "../../hub/thinking-levels.ts";
import type { HubTool, ServerAbility, ToolChoice } from "../../hub/tools.ts";
import { booleanField, listField, numberField, optional, otherFields, recordField, textField } from "../fields.ts";
import type { ClientSide, Result } from "../format.ts";
import { readAssistantBlock, readBlocks, readCache, readTextBlocks, readUserTurn } from "./content-in.ts";

/** Everything this reader puts into the hub; the rest goes to extras. */
const known = new Set([
  "model",
  "messages",
  "system",
  "tools",
  "tool_choice",
  "stream",
  "max_tokens",
  "temperature",
  "top_p",
  "top_k",
  "stop_sequences",
  "thinking",
  "output_config",
  "service_tier",
]);

export const readRequest: ClientSide["readRequest"] = (body) => {
  if (!isRecord(body)) return bad("the request body is not a JSON object");
  const messages = listField(body, "messages");
  if (messages === undefined) return bad("messages: a list is required");
  const model = textField(body, "model");
  if (model === undefined || model === "") return bad("model: a name is required");

  const losses = createLosses();
  const hubMessages: HubMessage[] = [];
  const { system, attribution } = readSystem(body["system"]);
  if (system.length > 0) hubMessages.push({ role: "system", parts: system });
  for (const [index, message] of messages.entries()) {
    const read = readMessage(message, losses);
    if (read === null) return bad(`messages.${index}: role ${JSON.stringify(own(message, "role"))} is not known`);
    hubMessages.push(...read);
  }

  const choice = recordField(body, "tool_choice");
  const disableParallel = booleanField(choice, "disable_parallel_tool_use");
  const request: HubRequest = {
    model,
    messages: hubMessages,
    tools: (listField(body, "tools") ?? []).filter(isRecord).map(readTool),
    stream: booleanField(body, "stream") ?? false,
    wantsStreamUsage: true,
    stop: (listField(body, "stop_sequences") ?? []).filter((stop) => typeof stop === "string"),
    ...optional("toolChoice", readToolChoice(body["tool_choice"])),
    ...optional("parallelToolCalls", disableParallel === undefined ? undefined : !disableParallel),
    ...optional("maxTokens", numberField(body, "max_tokens")),
    ...optional("temperature", numberField(body, "temperature")),
    ...optional("topP", numberField(body, "top_p")),
    ...optional("topK", numberField(body, "top_k")),
    ...optional("thinking", readThinking(body)),
    ...optional("responseFormat", readResponseFormat(recordField(body, "output_config"))),
    ...readUser(body),
    ...optional("serviceTier", readServiceTier(textField(body, "service_tier"))),
    extras: {
      claude: {
        ...otherFields(body, known),
        ...(attribution === null ? {} : { attribution }),
      },
    },
  };
  return { ok: true, value: { request, losses: losses.list() } };
};

/** The id holds account and session: what it names is a conversation whose head stays the same, which others may cache. */
function readUser(body: unknown): Pick<HubRequest, "userId" | "promptCacheKey"> {
  const userId = textField(recordField(body, "metadata"), "user_id");
  if (userId === undefined || userId === "") return {};
  return { userId, promptCacheKey: createHash("sha256").update(userId).digest("hex").slice(0, 32) };
}

function bad(message: string): Result<never> {
  const error: EngineError = { kind: "bad-request", message };
  return { ok: false, error };
}

/**
 * Claude Code's first system block (seen 2026-11) names the client's build for billing and changes with every call:
 * of use to Anthropic alone, and anywhere else it would only spoil the prompt cache. It is kept apart.
 */
const attributionStart = "x-anthropic-billing-header:";

function readSystem(system: unknown): { readonly system: readonly TextPart[]; readonly attribution: string | null } {
  const parts = readTextBlocks(system);
  const isAttribution = (part: TextPart): boolean => part.text.startsWith(attributionStart);
  const attribution = parts.find(isAttribution)?.text ?? null;
  return { system: parts.filter((part) => !isAttribution(part) && part.text.trim() !== ""), attribution };
}

function readMessage(message: unknown, losses: Losses): readonly HubMessage[] | null {
  const content = own(message, "content");
  switch (own(message, "role")) {
    case "user":
      return readUserTurn(content, losses);
    case "assistant":
      return [{ role: "assistant", parts: readBlocks(content).map(readAssistantBlock) }];
    case "system":
      if (recordField(message, "output_config") !== undefined) {
        losses.add("parameter", "output_config of a single message");
      }
      return [{ role: "system", parts: readTextBlocks(content) }];
    default:
      return null;
  }
}

function readTool(tool: Readonly<Record<string, unknown>>): HubTool {
  const name = textField(tool, "name") ?? "";
  const type = textField(tool, "type");
  if (type !== undefined && type !== "custom") {
    return { kind: "server", name, from: "claude", raw: tool, ...optional("ability", abilityOf(type)) };
  }
  return {
    kind: "function",
    name,
    parameters: recordField(tool, "input_schema") ?? { type: "object", properties: {} },
    ...optional("description", textField(tool, "description")),
    ...optional("strict", booleanField(tool, "strict")),
    ...readCache(tool),
  };
}

const abilities: readonly (readonly [string, ServerAbility])[] = [
  ["web_search_", "web-search"],
  ["web_fetch_", "web-fetch"],
  ["code_execution_", "code-execution"],
];

/** Their types end in a date that changes; what they do does not. */
function abilityOf(type: string): ServerAbility | undefined {
  return abilities.find(([start]) => type.startsWith(start))?.[1];
}

/** The word alone is not the API's, but clients have been seen to write it as in Chat. */
function readToolChoice(choice: unknown): ToolChoice | undefined {
  switch (typeof choice === "string" ? choice : own(choice, "type")) {
    case "auto":
      return { type: "auto" };
    case "any":
    case "required":
      return { type: "required" };
    case "none":
      return { type: "none" };
    case "tool":
      return { type: "tool", name: textField(choice, "name") ?? "" };
    default:
      return undefined;
  }
}

function readThinking(body: unknown): Thinking | undefined {
  const thinking = recordField(body, "thinking");
  const effort = textField(recordField(body, "output_config"), "effort");
  const level = isThinkingLevel(effort) ? effort : undefined;
  const display = textField(thinking, "display");
  const show = display === undefined ? {} : { show: display !== "omitted" };
  switch (thinking?.["type"]) {
    case "disabled":
      return { mode: "off" };
    case "enabled":
      // Shown unless its client says otherwise; of the adaptive kind newer models hide it (documented, late 2026).
      return { mode: "budget", tokens: numberField(thinking, "budget_tokens") ?? 1024, show: true, ...show };
    case undefined:
      return level === undefined ? undefined : { mode: "level", level, effortOnly: true };
    default:
      return { mode: "dynamic", ...optional("level", level), ...show };
  }
}

function readResponseFormat(config: unknown): ResponseFormat | undefined {
  const format = recordField(config, "format");
  const schema = recordField(format, "schema");
  return format?.["type"] === "json_schema" && schema !== undefined ? { type: "json-schema", schema } : undefined;
}

function readServiceTier(tier: string | undefined): string | undefined {
  return tier === "standard_only" ? "default" : tier;
}
