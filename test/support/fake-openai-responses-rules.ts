/** What OpenAI's Responses API refuses, in its own words (late 2026): the complaint it would make first, or null. */
import type { Blobs } from "./fake-blobs.ts";
import { inputItems, typeOf } from "./fake-openai-responses-asked.ts";
import { strictMistake, typeMistake } from "./fake-schemas.ts";
import { field, isTable, list, strangeKey, words, wordOf } from "./provider-turn.ts";

export interface Complaint {
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
}

const requestFields = words(
  "background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model " +
    "moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options " +
    "prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text " +
    "tool_choice tools top_logprobs top_p truncation user",
);

export function responsesMistake(body: unknown, blobs: Blobs): Complaint | null {
  if (!isTable(body)) return { message: "We could not parse the JSON body of your request." };
  const unknown = strangeKey(body, requestFields);
  if (unknown !== undefined) return unknownParameter(unknown);
  if (typeof body["model"] !== "string") {
    return { message: "Missing required parameter: 'model'.", code: "missing_required_parameter", param: "model" };
  }
  const items = inputItems(body["input"]);
  if (items.length === 0 && body["previous_response_id"] === undefined) {
    return { message: "Missing required parameter: 'input'.", code: "missing_required_parameter", param: "input" };
  }
  if (typeof body["previous_response_id"] === "string") {
    return {
      message: `Previous response with id '${body["previous_response_id"]}' not found.`,
      code: "previous_response_not_found",
      param: "previous_response_id",
    };
  }
  const limit = body["max_output_tokens"];
  if (typeof limit === "number" && limit < 16) {
    return {
      message: `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${limit} instead.`,
      code: "integer_below_min_value",
      param: "max_output_tokens",
    };
  }
  const option = strangeKey(body["stream_options"], words("include_obfuscation"));
  if (option !== undefined) return unknownParameter(`stream_options.${option}`);
  return (
    reasoningMistake(body) ??
    toolsMistake(body["tools"], body["tool_choice"]) ??
    formatMistake(field(body["text"], "format")) ??
    firstOf(items, (item, index) => itemMistake(item, `input[${index}]`)) ??
    pairingMistake(items) ??
    historyMistake(items, body["store"] === false, blobs)
  );
}

function unknownParameter(name: string): Complaint {
  return { message: `Unknown parameter: '${name}'.`, code: "unknown_parameter", param: name };
}

function invalid(param: string, message: string): Complaint {
  return { message, code: "invalid_value", param };
}

function reasoningMistake(body: Readonly<Record<string, unknown>>): Complaint | null {
  const reasoning = body["reasoning"];
  const extra = strangeKey(reasoning, words("effort summary generate_summary context mode"));
  if (extra !== undefined) return unknownParameter(`reasoning.${extra}`);
  const effort = field(reasoning, "effort");
  const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
  if (typeof effort === "string" && !efforts.includes(effort)) {
    return invalid("reasoning.effort", `Invalid value: '${effort}'. Supported values are: '${efforts.join("', '")}'.`);
  }
  const model = String(body["model"]);
  const isReasoning = /^(o\d|gpt-5)/.test(model);
  if (effort !== undefined && effort !== null && model.startsWith("gpt-4")) {
    return {
      message: "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
      code: "unsupported_parameter",
      param: "reasoning.effort",
    };
  }
  return isReasoning && body["temperature"] !== undefined && body["temperature"] !== 1
    ? {
        message: "Unsupported parameter: 'temperature' is not supported with this model.",
        code: "unsupported_parameter",
        param: "temperature",
      }
    : null;
}

const hostedTools = words(
  "web_search web_search_preview file_search computer computer_use_preview mcp code_interpreter image_generation " +
    "local_shell shell apply_patch tool_search",
);

function toolsMistake(tools: unknown, choice: unknown): Complaint | null {
  for (const [index, tool] of list(tools).entries()) {
    const at = `tools[${index}]`;
    const type = String(field(tool, "type"));
    if (hostedTools.has(type)) continue;
    if (type === "namespace") continue;
    if (type !== "function" && type !== "custom") return invalid(at, `Invalid value: '${type}'.`);
    const extra = strangeKey(tool, words("type name description parameters strict format defer_loading"));
    if (extra !== undefined) return unknownParameter(`${at}.${extra}`);
    const name = field(tool, "name");
    if (typeof name !== "string") {
      return { message: `Missing required parameter: '${at}.name'.`, code: "missing_required_parameter", param: at };
    }
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      return invalid(
        `${at}.name`,
        `Invalid '${at}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
      );
    }
    if (type === "custom") continue;
    const parameters = field(tool, "parameters");
    if (isTable(parameters) && parameters["type"] !== "object") {
      const words = `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(parameters["type"])}"'.`;
      return {
        message: `Invalid schema for function '${name}': ${words}`,
        code: "invalid_function_parameters",
        param: at,
      };
    }
    const wrong = typeMistake(parameters) ?? (field(tool, "strict") === true ? strictMistake(parameters) : null);
    if (wrong !== null) {
      return {
        message: `Invalid schema for function '${name}': ${wrong}`,
        code: "invalid_function_parameters",
        param: at,
      };
    }
  }
  if (choice === undefined || ["auto", "none", "required"].includes(wordOf(choice))) return null;
  const named = list(tools).map((tool) => field(tool, "name"));
  const type = String(field(choice, "type"));
  if (type === "function" && field(choice, "function") !== undefined) return unknownParameter("tool_choice.function");
  if ((type === "function" || type === "custom") && !named.includes(field(choice, "name"))) {
    return invalid("tool_choice", `Tool choice '${type}' not found in 'tools' parameter.`);
  }
  return type === "undefined" ? invalid("tool_choice", "Invalid value for 'tool_choice'.") : null;
}

function formatMistake(format: unknown): Complaint | null {
  if (field(format, "type") !== "json_schema") return null;
  const name = field(format, "name");
  if (typeof name !== "string") {
    return {
      message: "Missing required parameter: 'text.format.name'.",
      code: "missing_required_parameter",
      param: "text.format.name",
    };
  }
  const schema = field(format, "schema");
  const wrong = typeMistake(schema) ?? (field(format, "strict") === true ? strictMistake(schema) : null);
  return wrong === null
    ? null
    : {
        message: `Invalid schema for response_format '${name}': ${wrong}`,
        code: "invalid_json_schema",
        param: "text.format.schema",
      };
}

/** Item types that clients send, each with the fields it may have and how its id begins. */
const itemShapes: Readonly<Record<string, { readonly fields: ReadonlySet<string>; readonly id?: string }>> = {
  message: { fields: words("type role content id status phase"), id: "msg" },
  reasoning: { fields: words("type id summary content encrypted_content status"), id: "rs" },
  function_call: { fields: words("type id call_id name arguments status namespace"), id: "fc" },
  function_call_output: { fields: words("type id call_id output status") },
  custom_tool_call: { fields: words("type id call_id name input status namespace"), id: "ctc" },
  custom_tool_call_output: { fields: words("type id call_id output status") },
};

function itemMistake(item: unknown, at: string): Complaint | null {
  const type = typeOf(item);
  const shape = Object.hasOwn(itemShapes, type) ? itemShapes[type] : undefined;
  // Items of hosted tools come in too many shapes to hold them to one.
  if (shape === undefined)
    return type === "" ? invalid(at, `Invalid value: ''. Supported values are: 'message', …`) : null;
  const extra = strangeKey(item, shape.fields);
  if (extra !== undefined) return unknownParameter(`${at}.${extra}`);
  const id = field(item, "id");
  if (typeof id === "string" && shape.id !== undefined && !id.startsWith(shape.id)) {
    return invalid(`${at}.id`, `Invalid '${at}.id': '${id}'. Expected an ID that begins with '${shape.id}'.`);
  }
  const callId = field(item, "call_id");
  if (type.includes("call")) {
    if (typeof callId !== "string" || callId === "") {
      return { message: `Missing required parameter: '${at}.call_id'.`, code: "missing_required_parameter", param: at };
    }
    if (callId.length > 64) {
      return {
        message: `Invalid '${at}.call_id': string too long. Expected a string with maximum length 64, but got a string with length ${callId.length} instead.`,
        code: "string_above_max_length",
        param: `${at}.call_id`,
      };
    }
  }
  if (type === "function_call" && typeof field(item, "arguments") !== "string") {
    return { message: `Invalid type for '${at}.arguments': expected a string.`, code: "invalid_type", param: at };
  }
  if (type === "reasoning" && !Array.isArray(field(item, "summary"))) {
    return { message: `Missing required parameter: '${at}.summary'.`, code: "missing_required_parameter", param: at };
  }
  if (type === "message") return contentMistake(item, at);
  return type.endsWith("_output") ? outputMistake(field(item, "output"), at) : null;
}

const inputParts = ["input_text", "input_image", "input_file", "input_audio"];
const outputParts = ["output_text", "refusal"];
const partFields: Readonly<Record<string, ReadonlySet<string>>> = {
  input_text: words("type text"),
  input_image: words("type image_url file_id detail"),
  input_file: words("type file_id file_data file_url filename detail"),
  input_audio: words("type input_audio"),
  output_text: words("type text annotations logprobs"),
  refusal: words("type refusal"),
};

function contentMistake(item: unknown, at: string): Complaint | null {
  const role = String(field(item, "role"));
  if (!["user", "system", "developer", "assistant"].includes(role)) {
    return invalid(
      `${at}.role`,
      `Invalid value: '${role}'. Supported values are: 'assistant', 'system', 'developer', and 'user'.`,
    );
  }
  const content = field(item, "content");
  if (typeof content === "string") return null;
  if (!Array.isArray(content)) return invalid(`${at}.content`, `Invalid type for '${at}.content'.`);
  return partsMistake(content, role === "assistant" ? outputParts : inputParts, `${at}.content`);
}

function outputMistake(output: unknown, at: string): Complaint | null {
  if (typeof output === "string") return null;
  if (!Array.isArray(output)) {
    return {
      message: `Invalid type for '${at}.output': expected one of an array of objects or string.`,
      code: "invalid_type",
    };
  }
  return partsMistake(output, inputParts, `${at}.output`);
}

function partsMistake(parts: readonly unknown[], allowed: readonly string[], at: string): Complaint | null {
  return firstOf(parts, (part, index) => {
    const type = String(field(part, "type"));
    if (!allowed.includes(type)) {
      return invalid(`${at}[${index}]`, `Invalid value: '${type}'. Supported values are: '${allowed.join("', '")}'.`);
    }
    const extra = strangeKey(part, partFields[type] ?? new Set());
    if (extra !== undefined) return unknownParameter(`${at}[${index}].${extra}`);
    const url = field(part, "image_url");
    if (type !== "input_image" || url === undefined) return null;
    return typeof url === "string" &&
      /^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$)/.test(url)
      ? null
      : invalid(
          `${at}[${index}].image_url`,
          `Invalid '${at}[${index}].image_url'. Expected a valid URL, but got a value with an invalid format.`,
        );
  });
}

function pairingMistake(items: readonly unknown[]): Complaint | null {
  const open = new Set<string>();
  for (const item of items) {
    const type = typeOf(item);
    const id = String(field(item, "call_id"));
    if (type === "function_call" || type === "custom_tool_call") open.add(id);
    else if ((type === "function_call_output" || type === "custom_tool_call_output") && !open.delete(id)) {
      return { message: `No tool call found for function call output with call_id ${id}.`, param: "input" };
    }
  }
  const unanswered = [...open][0];
  return unanswered === undefined
    ? null
    : { message: `No tool output found for function call ${unanswered}.`, param: "input" };
}

/**
 * Encrypted reasoning must be its own, with what followed it; items without their content must have been stored; a call
 * that names its item needs the reasoning it came from.
 */
function historyMistake(items: readonly unknown[], isStateless: boolean, blobs: Blobs): Complaint | null {
  return firstOf(items, (item, index) => {
    if (typeOf(item) === "function_call") {
      const itemId = field(item, "id");
      const thought = blobs.boundTo(itemId);
      if (thought === undefined || items.some((other) => field(other, "id") === thought.itemId)) return null;
      return {
        message: `Item '${String(itemId)}' of type 'function_call' was provided without its required 'reasoning' item: '${thought.itemId}'.`,
        param: "input",
      };
    }
    if (typeOf(item) !== "reasoning") return null;
    const blob = field(item, "encrypted_content");
    const id = field(item, "id");
    if (blob === undefined || blob === null) {
      if (blobs.byItem(id) !== undefined && !isStateless) return null;
      return {
        message: `Item with id '${String(id)}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
        param: "input",
      };
    }
    if (blobs.find(blob) === undefined) {
      return {
        message: `The encrypted content ${wordOf(blob).slice(0, 8)}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
        code: "invalid_encrypted_content",
      };
    }
    return items[index + 1] === undefined
      ? {
          message: `Item '${String(id)}' of type 'reasoning' was provided without its required following item.`,
          param: "input",
        }
      : null;
  });
}

const codexRefuses = [
  "temperature",
  "top_p",
  "top_logprobs",
  "max_output_tokens",
  "user",
  "metadata",
  "stream_options",
  "prompt_cache_retention",
  "safety_identifier",
  "previous_response_id",
  "truncation",
];

/** The Codex backend's own complaints; they come as a bare `detail`. */
export function codexMistake(body: unknown): string | null {
  if (!isTable(body)) return "Invalid request";
  if (body["stream"] !== true) return "Stream must be set to true";
  if (body["store"] !== false) return "Store must be set to false";
  if (typeof body["instructions"] !== "string") return "Instructions are required";
  if (!Array.isArray(body["input"])) return "Input must be a list";
  const refused = codexRefuses.find((name) => body[name] !== undefined);
  return refused === undefined ? null : `Unsupported parameter: ${refused}`;
}

function firstOf(
  parts: readonly unknown[],
  check: (part: unknown, index: number) => Complaint | null,
): Complaint | null {
  for (const [index, part] of parts.entries()) {
    const wrong = check(part, index);
    if (wrong !== null) return wrong;
  }
  return null;
}
