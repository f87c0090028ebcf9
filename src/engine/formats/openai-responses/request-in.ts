/** A Responses request as a hub request. Fields only this dialect knows travel in `extras["openai-responses"]`. */
import { isRecord, own } from "../../../base/json.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { createLosses, type Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import type { HubRequest, ResponseFormat, Thinking } from "../../hub/request.ts";
import { isThinkingLevel } from "../../hub/thinking-levels.ts";
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
import { clientToolsKey } from "./client-tools.ts";
import { readItems } from "./items-in.ts";
import { readTools, readToolChoice, type DeclaredTools } from "./tools-in.ts";

/** Everything this reader puts into the hub or refuses; the rest goes to extras. */
const known = new Set([
  "model",
  "input",
  "instructions",
  "tools",
  "tool_choice",
  "parallel_tool_calls",
  "stream",
  "max_output_tokens",
  "temperature",
  "top_p",
  "reasoning",
  "text",
  "user",
  "safety_identifier",
  "prompt_cache_key",
  "service_tier",
  "top_logprobs",
  "background",
  "previous_response_id",
  "conversation",
  "prompt",
]);

export const readRequest: ClientSide["readRequest"] = (body) => {
  if (!isRecord(body)) return bad("the request body is not a JSON object");
  const model = textField(body, "model");
  if (model === undefined || model === "") return bad("model: a name is required");
  const refused = refusalOf(body);
  if (refused !== null) return { ok: false, error: refused };
  const input = inputOf(body["input"]);
  if (input === null) return bad("input: a text or a list of items is required");
  if (input.length === 0) return bad("input: nothing was said yet");

  const losses = createLosses();
  const tools = readTools([...(listField(body, "tools") ?? []), ...input.flatMap(toolsIn)]);
  const items = readItems(input, tools, losses);
  if (!items.ok) return bad(items.why);
  const text = recordField(body, "text");
  const request: HubRequest = {
    model,
    messages: [...readInstructions(body["instructions"], losses), ...items.messages],
    tools: tools.tools,
    stream: booleanField(body, "stream") ?? false,
    wantsStreamUsage: true,
    stop: [],
    ...optional("toolChoice", readToolChoice(body["tool_choice"], tools, losses)),
    ...optional("parallelToolCalls", booleanField(body, "parallel_tool_calls")),
    ...optional("maxTokens", numberField(body, "max_output_tokens")),
    ...optional("temperature", numberField(body, "temperature")),
    ...optional("topP", numberField(body, "top_p")),
    ...optional("thinking", readThinking(recordField(body, "reasoning"), losses)),
    ...optional("responseFormat", readResponseFormat(recordField(text, "format"))),
    ...optional("verbosity", readVerbosity(text)),
    ...optional("userId", textField(body, "safety_identifier") ?? textField(body, "user")),
    ...optional("promptCacheKey", textField(body, "prompt_cache_key")),
    ...optional("serviceTier", textField(body, "service_tier")),
    ...optional("logprobs", readLogprobs(body)),
    extras: { "openai-responses": extrasOf(body, tools) },
  };
  return { ok: true, value: { request, losses: losses.list() } };
};

function bad(message: string): Result<never> {
  return { ok: false, error: { kind: "bad-request", message } };
}

/** What only the provider that stores things can do. */
function refusalOf(body: Fields): EngineError | null {
  if (body["background"] === true) {
    return { kind: "unsupported", message: "background: answers are given at once here, not fetched later" };
  }
  if (recordField(body, "prompt") !== undefined) {
    return { kind: "unsupported", message: "prompt: a stored prompt is known to the provider that stores it only" };
  }
  const previous = textField(body, "previous_response_id");
  const conversation = textField(body, "conversation") ?? textField(recordField(body, "conversation"), "id");
  if (previous === undefined && conversation === undefined) return null;
  // Clients that are told so in OpenAI's own words send the whole conversation again.
  const what =
    previous === undefined ? `Conversation with id '${conversation}'` : `Previous response with id '${previous}'`;
  return { kind: "bad-request", message: `${what} not found.`, raw: "previous_response_not_found" };
}

/** Null when it has no shape that could be an input. */
function inputOf(input: unknown): readonly unknown[] | null {
  if (typeof input === "string") return input.trim() === "" ? [] : [{ role: "user", content: input }];
  if (input === undefined || input === null) return [];
  return Array.isArray(input) ? input : null;
}

/** Tools that were handed in along the way, and those a search of the client's own has found. */
function toolsIn(item: unknown): readonly unknown[] {
  const type = own(item, "type");
  return type === "tool_search_output" || type === "additional_tools" ? (listField(item, "tools") ?? []) : [];
}

function readInstructions(instructions: unknown, losses: Losses): readonly HubMessage[] {
  if (typeof instructions === "string") {
    return instructions.trim() === "" ? [] : [{ role: "system", parts: [{ type: "text", text: instructions }] }];
  }
  if (instructions !== undefined && instructions !== null)
    losses.add("system-message", "instructions that are no text");
  return [];
}

function readThinking(reasoning: Fields | undefined, losses: Losses): Thinking | undefined {
  const effort = textField(reasoning, "effort");
  const summary = textField(reasoning, "summary") ?? textField(reasoning, "generate_summary");
  const show = summary === undefined || summary === "none" ? undefined : true;
  if (effort === "none") return { mode: "off" };
  if (isThinkingLevel(effort)) return { mode: "level", level: effort, ...optional("show", show) };
  if (effort !== undefined) losses.add("thinking", `effort ${effort} is not known`);
  return show === undefined ? undefined : { mode: "dynamic", show };
}

function readResponseFormat(format: Fields | undefined): ResponseFormat | undefined {
  switch (format?.["type"]) {
    case "text":
      return { type: "text" };
    case "json_object":
      return { type: "json-object" };
    case "json_schema":
      return {
        type: "json-schema",
        schema: recordField(format, "schema") ?? {},
        ...optional("name", textField(format, "name")),
        ...optional("strict", booleanField(format, "strict")),
      };
    default:
      return undefined;
  }
}

function readVerbosity(text: Fields | undefined): HubRequest["verbosity"] {
  const verbosity = text?.["verbosity"];
  return verbosity === "low" || verbosity === "medium" || verbosity === "high" ? verbosity : undefined;
}

const logprobsInclude = "message.output_text.logprobs";

function readLogprobs(body: Fields): HubRequest["logprobs"] {
  const top = numberField(body, "top_logprobs");
  const isIncluded = (listField(body, "include") ?? []).includes(logprobsInclude);
  return top === undefined && !isIncluded ? undefined : optional("top", top);
}

function extrasOf(body: Fields, tools: DeclaredTools): Fields {
  const hasClientTools = Object.keys(tools.clientTools).length > 0;
  return {
    ...otherFields(body, known),
    ...(hasClientTools ? { [clientToolsKey]: tools.clientTools } : {}),
  };
}
