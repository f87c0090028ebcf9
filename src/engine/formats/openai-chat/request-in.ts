/** A Chat Completions request as a hub request. Fields only this dialect knows travel in `extras`. */
import { isRecord, own } from "../../../base/json.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import type { HubRequest, ResponseFormat, Thinking } from "../../hub/request.ts";
import { isThinkingLevel } from "../../hub/thinking-levels.ts";
import type { HubTool, ToolChoice } from "../../hub/tools.ts";
import {
  booleanField,
  listField,
  numberField,
  optional,
  otherFields,
  recordField,
  textField,
  type Fields,
} from "../fields.ts";
import type { ClientSide, Result } from "../format.ts";
import { createMessageReader } from "./content-in.ts";
import { readWebSearch } from "./web-search.ts";

const known = new Set([
  "model",
  "messages",
  "tools",
  "tool_choice",
  "functions",
  "function_call",
  "parallel_tool_calls",
  "stream",
  "stream_options",
  "max_tokens",
  "max_completion_tokens",
  "temperature",
  "top_p",
  "top_k",
  "stop",
  "seed",
  "presence_penalty",
  "frequency_penalty",
  "reasoning_effort",
  "reasoning",
  "response_format",
  "user",
  "service_tier",
  "verbosity",
  "prompt_cache_key",
  "logprobs",
  "top_logprobs",
  "web_search_options",
]);

export const readRequest: ClientSide["readRequest"] = (body) => {
  if (!isRecord(body)) return bad("the request body is not a JSON object");
  const messages = listField(body, "messages");
  if (messages === undefined) return bad("messages: a list is required");
  const model = textField(body, "model");
  if (model === undefined || model === "") return bad("model: a name is required");

  const losses = createLosses();
  const reader = createMessageReader(losses);
  const hubMessages: HubMessage[] = [];
  for (const [index, message] of messages.entries()) {
    const read = reader.read(message);
    if (read === null) return bad(`messages[${index}]: role ${JSON.stringify(own(message, "role"))} is not known`);
    hubMessages.push(read);
  }
  const request: HubRequest = {
    model,
    messages: hubMessages,
    tools: [...readTools(body), ...readWebSearch(body)],
    stream: booleanField(body, "stream") ?? false,
    wantsStreamUsage: booleanField(recordField(body, "stream_options"), "include_usage") ?? false,
    stop: readStop(body["stop"]),
    ...optional("toolChoice", readToolChoice(body["tool_choice"] ?? body["function_call"], losses)),
    ...optional("parallelToolCalls", booleanField(body, "parallel_tool_calls")),
    ...optional("maxTokens", numberField(body, "max_completion_tokens") ?? numberField(body, "max_tokens")),
    ...optional("temperature", numberField(body, "temperature")),
    ...optional("topP", numberField(body, "top_p")),
    ...optional("topK", numberField(body, "top_k")),
    ...optional("seed", numberField(body, "seed")),
    ...optional("presencePenalty", numberField(body, "presence_penalty")),
    ...optional("frequencyPenalty", numberField(body, "frequency_penalty")),
    ...optional("thinking", readThinking(body)),
    ...optional("responseFormat", readResponseFormat(recordField(body, "response_format"))),
    ...optional("userId", textField(body, "user") ?? textField(body, "safety_identifier")),
    ...optional("verbosity", readVerbosity(body["verbosity"])),
    ...optional("promptCacheKey", textField(body, "prompt_cache_key")),
    ...(booleanField(body, "logprobs") === true
      ? { logprobs: optional("top", numberField(body, "top_logprobs")) }
      : {}),
    ...optional("serviceTier", textField(body, "service_tier")),
    extras: { "openai-chat": otherFields(body, known) ?? {} },
  };
  return { ok: true, value: { request, losses: losses.list() } };
};

function bad(message: string): Result<never> {
  return { ok: false, error: { kind: "bad-request", message } };
}

function readVerbosity(value: unknown): HubRequest["verbosity"] {
  return value === "low" || value === "medium" || value === "high" ? value : undefined;
}

function readStop(stop: unknown): readonly string[] {
  if (typeof stop === "string") return [stop];
  return Array.isArray(stop) ? stop.filter((one) => typeof one === "string") : [];
}

function readTools(body: Fields): readonly HubTool[] {
  const tools = (listField(body, "tools") ?? []).filter(isRecord).map(readTool);
  const functions = (listField(body, "functions") ?? []).filter(isRecord).map(readFunction);
  return [...tools, ...functions];
}

function readTool(tool: Fields): HubTool {
  const custom = recordField(tool, "custom");
  if (custom !== undefined) {
    return {
      kind: "custom",
      name: textField(custom, "name") ?? "",
      ...optional("description", textField(custom, "description")),
      ...optional("format", custom["format"]),
    };
  }
  const declared = recordField(tool, "function");
  if (declared !== undefined) {
    const cache = recordField(tool, "cache_control");
    return { ...readFunction(declared), ...(cache === undefined ? {} : { cache: {} }) };
  }
  return { kind: "server", name: textField(tool, "type") ?? "unknown", from: "openai-chat", raw: tool };
}

function readFunction(declared: Fields): Extract<HubTool, { kind: "function" }> {
  return {
    kind: "function",
    name: textField(declared, "name") ?? "",
    parameters: recordField(declared, "parameters") ?? { type: "object", properties: {} },
    ...optional("description", textField(declared, "description")),
    ...optional("strict", booleanField(declared, "strict")),
  };
}

function readToolChoice(choice: unknown, losses: Losses): ToolChoice | undefined {
  // The word alone, or inside an object as Claude's dialect has it.
  const isBare = isRecord(choice) && choice["function"] === undefined && choice["name"] === undefined;
  switch (isBare ? (textField(choice, "type") ?? choice) : choice) {
    case undefined:
    case null:
      return undefined;
    case "auto":
      return { type: "auto" };
    case "none":
      return { type: "none" };
    case "required":
    case "any":
      return { type: "required" };
    default:
  }
  const allowed = recordField(choice, "allowed_tools");
  if (allowed !== undefined) {
    const names = (listField(allowed, "tools") ?? []).map(
      (tool) => nameIn(tool, "function") ?? nameIn(tool, "custom") ?? textField(tool, "name") ?? "",
    );
    return { type: "allowed", mode: textField(allowed, "mode") === "required" ? "required" : "auto", names };
  }
  // The last form is that of the old `function_call` field.
  const name = nameIn(choice, "function") ?? nameIn(choice, "custom") ?? textField(choice, "name");
  if (name !== undefined) return { type: "tool", name };
  losses.add("tool-choice", `${JSON.stringify(choice)} is not known`);
  return undefined;
}

function nameIn(from: unknown, key: string): string | undefined {
  return textField(recordField(from, key), "name");
}

/** `reasoning_effort`, or OpenRouter's `reasoning` object. */
function readThinking(body: Fields): Thinking | undefined {
  const reasoning = recordField(body, "reasoning");
  const effort = textField(body, "reasoning_effort") ?? textField(reasoning, "effort");
  if (effort === "none" || booleanField(reasoning, "enabled") === false) return { mode: "off" };
  if (isThinkingLevel(effort)) return { mode: "level", level: effort };
  const tokens = numberField(reasoning, "max_tokens");
  if (tokens !== undefined) return { mode: "budget", tokens };
  return booleanField(reasoning, "enabled") === true ? { mode: "dynamic" } : undefined;
}

function readResponseFormat(format: Fields | undefined): ResponseFormat | undefined {
  switch (format?.["type"]) {
    case "text":
      return { type: "text" };
    case "json_object":
      return { type: "json-object" };
    case "json_schema": {
      const wanted = recordField(format, "json_schema");
      return {
        type: "json-schema",
        schema: recordField(wanted, "schema") ?? {},
        ...optional("name", textField(wanted, "name")),
        ...optional("strict", booleanField(wanted, "strict")),
      };
    }
    default:
      return undefined;
  }
}
