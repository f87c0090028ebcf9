/** What OpenAI's Chat Completions refuses, in its own words (late 2026): the complaint it would make first, or null. */
import { strictMistake, typeMistake } from "./fake-schemas.ts";
import { field, isTable, list, strangeKey, words } from "./provider-turn.ts";

const requestFields = words(
  "model messages stream stream_options tools tool_choice parallel_tool_calls max_tokens max_completion_tokens " +
    "temperature top_p n stop seed user metadata store response_format reasoning_effort frequency_penalty " +
    "presence_penalty logit_bias logprobs top_logprobs modalities prediction audio service_tier verbosity " +
    "safety_identifier prompt_cache_key prompt_cache_retention web_search_options functions function_call",
);

export function chatMistake(body: unknown): string | null {
  if (!isTable(body)) return "We could not parse the JSON body of your request.";
  const unknown = strangeKey(body, requestFields);
  if (unknown !== undefined) return `Unrecognized request argument supplied: ${unknown}`;
  if (typeof body["model"] !== "string") return "you must provide a model parameter";
  const messages = body["messages"];
  if (!Array.isArray(messages)) return "Missing required parameter: 'messages'.";
  if (messages.length === 0) return "Invalid 'messages': empty array. Expected an array with minimum length 1.";
  return (
    optionsMistake(body, body["model"]) ??
    toolsMistake(body["tools"], body["tool_choice"], body["parallel_tool_calls"]) ??
    formatMistake(body["response_format"]) ??
    messagesMistake(messages)
  );
}

function optionsMistake(body: Readonly<Record<string, unknown>>, model: string): string | null {
  if (body["stream_options"] !== undefined && body["stream"] !== true) {
    return "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
  }
  if (list(body["stop"]).length > 4) {
    return `Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length ${list(body["stop"]).length} instead.`;
  }
  if (body["max_tokens"] !== undefined && body["max_completion_tokens"] !== undefined) {
    return "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
  }
  if (!/^(o\d|gpt-5)/.test(model)) {
    return body["reasoning_effort"] === undefined || !model.startsWith("gpt-4")
      ? null
      : "Unrecognized request argument supplied: reasoning_effort";
  }
  if (body["max_tokens"] !== undefined) {
    return "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
  }
  return body["temperature"] === undefined || body["temperature"] === 1
    ? null
    : `Unsupported value: 'temperature' does not support ${JSON.stringify(body["temperature"])} with this model. Only the default (1) value is supported.`;
}

function toolsMistake(tools: unknown, choice: unknown, parallel: unknown): string | null {
  if (tools === undefined) {
    if (choice !== undefined) return "'tool_choice' is only allowed when 'tools' are specified.";
    return parallel === undefined ? null : "'parallel_tool_calls' is only allowed when 'tools' are specified.";
  }
  if (!Array.isArray(tools) || tools.length === 0) return "Invalid 'tools': empty array.";
  const names = new Set<string>();
  for (const [index, tool] of tools.entries()) {
    const type = field(tool, "type");
    if (type !== "function" && type !== "custom") return `Invalid value: 'tools[${index}].type'.`;
    const inner = field(tool, type);
    const name = field(inner, "name");
    if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
      return `Invalid 'tools[${index}].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`;
    }
    names.add(name);
    const parameters = field(inner, "parameters");
    if (type === "function" && parameters !== undefined && field(parameters, "type") !== "object") {
      return `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${String(field(parameters, "type"))}"'.`;
    }
    const wrong = typeMistake(parameters) ?? (field(inner, "strict") === true ? strictMistake(parameters) : null);
    if (wrong !== null) return `Invalid schema for function '${name}': ${wrong}`;
  }
  const wanted = field(field(choice, "function"), "name");
  if (wanted !== undefined && !(typeof wanted === "string" && names.has(wanted))) {
    return "Invalid value: 'tool_choice'. The function is not in the 'tools' parameter.";
  }
  const isWord = choice === undefined || choice === "auto" || choice === "none" || choice === "required";
  return isWord || ["function", "custom", "allowed_tools"].includes(String(field(choice, "type")))
    ? null
    : "Invalid value for 'tool_choice'. Supported values are: 'none', 'auto', and 'required'.";
}

function formatMistake(format: unknown): string | null {
  if (field(format, "type") !== "json_schema") return null;
  const inner = field(format, "json_schema");
  const name = field(inner, "name");
  if (typeof name !== "string") return "Missing required parameter: 'response_format.json_schema.name'.";
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return "Invalid 'response_format.json_schema.name'.";
  const schema = field(inner, "schema");
  const wrong = typeMistake(schema) ?? (field(inner, "strict") === true ? strictMistake(schema) : null);
  return wrong === null ? null : `Invalid schema for response_format '${name}': ${wrong}`;
}

/**
 * `reasoning_content` is what DeepSeek, Kimi and their kin take; OpenAI itself has no such field and no use for it.
 * `parsed` is what the SDK's stream helper adds and its own tool runner sends back.
 */
const messageFields = words(
  "role content name refusal tool_calls tool_call_id audio function_call annotations reasoning_content parsed",
);

function messagesMistake(messages: readonly unknown[]): string | null {
  const unanswered =
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ";
  let owed = new Set<unknown>();
  for (const [index, message] of messages.entries()) {
    const role = field(message, "role");
    if (typeof role !== "string" || !["system", "developer", "user", "assistant", "tool"].includes(role)) {
      return `Invalid value: '${String(role)}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', and 'developer'.`;
    }
    const extra = strangeKey(message, messageFields);
    if (extra !== undefined)
      return `Additional properties are not allowed ('${extra}' was unexpected) - 'messages.${index}'`;
    if (role === "tool") {
      if (!owed.delete(field(message, "tool_call_id"))) {
        return "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.";
      }
    } else if (owed.size > 0) return unanswered + [...owed].join(", ");
    const calls = field(message, "tool_calls");
    if (role === "assistant" && Array.isArray(calls)) {
      if (calls.length === 0) return `Invalid 'messages[${index}].tool_calls': empty array.`;
      const wrong = callsMistake(calls, index);
      if (wrong !== null) return wrong;
      owed = new Set(calls.map((made) => field(made, "id")));
    }
    const mistake = contentMistake(message, role, index);
    if (mistake !== null) return mistake;
  }
  return owed.size > 0 ? unanswered + [...owed].join(", ") : null;
}

function callsMistake(calls: readonly unknown[], message: number): string | null {
  for (const [index, made] of calls.entries()) {
    const at = `messages[${message}].tool_calls[${index}]`;
    const id = field(made, "id");
    if (typeof id !== "string" || id === "") return `Missing required parameter: '${at}.id'.`;
    if (id.length > 40) {
      return `Invalid '${at}.id': string too long. Expected a string with maximum length 40, but got a string with length ${id.length} instead.`;
    }
    if (field(made, "type") === "custom") continue;
    const inner = field(made, "function");
    if (typeof field(inner, "arguments") !== "string") {
      return `Invalid type for '${at}.function.arguments': expected a string.`;
    }
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(String(field(inner, "name")))) {
      return `Invalid '${at}.function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`;
    }
    const extra = strangeKey(made, words("id type function"));
    if (extra !== undefined) return `Unknown parameter: '${at}.${extra}'.`;
  }
  return null;
}

const partFields: Readonly<Record<string, ReadonlySet<string>>> = {
  text: words("type text"),
  image_url: words("type image_url"),
  input_audio: words("type input_audio"),
  file: words("type file"),
  refusal: words("type refusal"),
};

function contentMistake(message: unknown, role: string, index: number): string | null {
  const content = field(message, "content");
  if (typeof content === "string") return null;
  if (!Array.isArray(content)) {
    if (role === "assistant" && (field(message, "tool_calls") ?? field(message, "refusal")) !== undefined) return null;
    return `Invalid value for 'content' of messages[${index}]: expected a string, got null.`;
  }
  if (content.length === 0) return `Invalid 'messages[${index}].content': empty array.`;
  const allowed =
    role === "user"
      ? ["text", "image_url", "input_audio", "file"]
      : role === "assistant"
        ? ["text", "refusal"]
        : ["text"];
  for (const [at, part] of content.entries()) {
    const type = String(field(part, "type"));
    if (!allowed.includes(type)) return `Invalid value: '${type}'. Supported values are: '${allowed.join("', '")}'.`;
    const extra = strangeKey(part, partFields[type] ?? new Set());
    if (extra !== undefined) return `Unknown parameter: 'messages[${index}].content[${at}].${extra}'.`;
    if (type !== "image_url") continue;
    const url = field(field(part, "image_url"), "url");
    if (typeof url !== "string")
      return `Invalid type for 'messages[${index}].content[${at}].image_url': expected an object.`;
    if (!/^(https?:\/\/|data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}$)/.test(url)) {
      return "Invalid image_url: expected a base64-encoded data URL with an image MIME type (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got a value that is not.";
    }
  }
  return null;
}
