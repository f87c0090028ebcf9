/** What Anthropic's servers refuse, in their own words (late 2026): the complaint they would make first, or null. */
import type { Blobs } from "./fake-blobs.ts";
import { typeMistake } from "./fake-schemas.ts";
import { field, isTable, list, strangeKey, words } from "./provider-turn.ts";

const requestFields = words(
  "model messages max_tokens system stream tools tool_choice temperature top_p top_k stop_sequences metadata " +
    "thinking service_tier container context_management mcp_servers output_config output_format diagnostics betas " +
    "inference_geo cache_control speed",
);

export function anthropicMistake(body: unknown, blobs: Blobs): string | null {
  if (!isTable(body)) return "The request body is not valid JSON";
  const unknown = strangeKey(body, requestFields);
  if (unknown !== undefined) return `${unknown}: Extra inputs are not permitted`;
  if (typeof body["model"] !== "string") return "model: Field required";
  if (body["max_tokens"] === undefined) return "max_tokens: Field required";
  if (!(Number(body["max_tokens"]) >= 1)) return "max_tokens: Input should be greater than or equal to 1";
  const messages = body["messages"];
  if (!Array.isArray(messages)) return "messages: Field required";
  if (messages.length === 0) return "messages: at least one message is required";
  return (
    toolsMistake(body) ??
    formatMistake(body["output_config"]) ??
    systemMistake(body["system"]) ??
    stopsMistake(body["stop_sequences"]) ??
    modelMistake(body, messages) ??
    messagesMistake(messages) ??
    cacheMistake(body) ??
    thinkingMistake(body, messages, blobs)
  );
}

/** What newer models no longer take. */
function modelMistake(body: Readonly<Record<string, unknown>>, messages: readonly unknown[]): string | null {
  const model = String(body["model"]);
  const found = /claude-(?:opus|sonnet|haiku)-(\d+)-(\d+)/.exec(model);
  const version = found === null ? 0 : Number(found[1]) + Number(found[2]) / 10;
  if (version >= 4.6 && field(messages.at(-1), "role") === "assistant") {
    return "This model does not support assistant message prefill. The conversation must end with a user message.";
  }
  if (version >= 4.1 && body["temperature"] !== undefined && body["top_p"] !== undefined) {
    return "`temperature` and `top_p` cannot both be specified for this model. Please use only one.";
  }
  const limit = Number(body["max_tokens"]);
  return /claude-sonnet-4-5/.test(model) && limit > 64_000
    ? `max_tokens: ${limit} > 64000, which is the maximum allowed number of output tokens for ${model}`
    : null;
}

function toolsMistake(body: Readonly<Record<string, unknown>>): string | null {
  const names = new Set<string>();
  for (const [index, tool] of list(body["tools"]).entries()) {
    const name = field(tool, "name");
    if (typeof name !== "string" || !/^[a-zA-Z0-9_-]{1,128}$/.test(name)) {
      return `tools.${index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
    }
    if (names.has(name)) return "tools: Tool names must be unique.";
    names.add(name);
    const isCustom = field(tool, "type") === undefined || field(tool, "type") === "custom";
    if (!isCustom) continue;
    const extra = strangeKey(tool, toolFields);
    if (extra !== undefined) return `tools.${index}.custom.${extra}: Extra inputs are not permitted`;
    const schema = field(tool, "input_schema");
    if (schema === undefined) return `tools.${index}.custom.input_schema: Field required`;
    if (field(schema, "type") !== "object") {
      return `tools.${index}.custom.input_schema.type: Input should be 'object'`;
    }
    if (typeMistake(schema) !== null) {
      return `tools.${index}.custom.input_schema: JSON schema is invalid. It must match JSON Schema draft 2020-12`;
    }
  }
  const choice = body["tool_choice"];
  if (choice === undefined) return null;
  const type = field(choice, "type");
  if (typeof type !== "string" || !["auto", "any", "tool", "none"].includes(type)) {
    return "tool_choice: Input tag found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'";
  }
  if (names.size === 0 && type !== "none")
    return "tool_choice: tool_choice may only be specified while providing tools";
  const wanted = field(choice, "name");
  if (type === "tool" && !names.has(String(wanted))) return `Tool '${String(wanted)}' not found in provided tools`;
  return null;
}

const toolFields = words(
  "type name description input_schema cache_control strict defer_loading eager_input_streaming input_examples allowed_callers",
);

function formatMistake(config: unknown): string | null {
  const wrong = typeMistake(field(field(config, "format"), "schema"));
  return wrong === null ? null : `output_config.format.schema: ${wrong}`;
}

function systemMistake(system: unknown): string | null {
  if (system === undefined || typeof system === "string") return null;
  if (!Array.isArray(system)) return "system: Input should be a valid string";
  for (const [index, part] of system.entries()) {
    if (field(part, "type") !== "text") return `system.${index}.type: Input should be 'text'`;
    if (field(part, "text") === "") return "system: text content blocks must be non-empty";
  }
  return null;
}

function stopsMistake(stops: unknown): string | null {
  const blank = list(stops).find((stop) => String(stop).trim() === "");
  return blank === undefined ? null : "stop_sequences: each stop sequence must contain non-whitespace";
}

function messagesMistake(messages: readonly unknown[]): string | null {
  if (field(messages[0], "role") !== "user") return 'messages: first message must use the "user" role';
  let owed: readonly unknown[] = [];
  for (const [index, message] of messages.entries()) {
    const role = field(message, "role");
    // Claude Code sends `system` inside `messages` too (2026).
    if (role !== "user" && role !== "assistant" && role !== "system") {
      return `messages.${index}.role: Input should be 'user' or 'assistant'`;
    }
    if (strangeKey(message, messageFields) !== undefined) {
      return `messages.${index}.${strangeKey(message, messageFields)}: Extra inputs are not permitted`;
    }
    const content = field(message, "content");
    if (typeof content !== "string" && !Array.isArray(content)) return `messages.${index}.content: Field required`;
    if (content.length === 0 && index < messages.length - 1) {
      return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`;
    }
    const parts = list(content);
    const wrong = firstOf(parts, (part, at) => blockMistake(part, role, `messages.${index}.content.${at}`));
    if (wrong !== null) return wrong;
    const wrongPair = pairingMistake(parts, owed, index, role);
    if (wrongPair !== null) return wrongPair;
    if (role !== "system") {
      owed = parts.filter((part) => field(part, "type") === "tool_use").map((part) => field(part, "id"));
    }
  }
  const last = messages.at(-1);
  const ending = typeof field(last, "content") === "string" ? field(last, "content") : lastText(last);
  if (field(last, "role") === "assistant" && typeof ending === "string" && /\s$/.test(ending)) {
    return "messages: final assistant content cannot end with trailing whitespace";
  }
  const open = owed[0];
  return open === undefined || field(last, "role") !== "assistant"
    ? null
    : `messages.${messages.length - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${JSON.stringify(open)}.`;
}

const messageFields = words("role content");

function lastText(message: unknown): unknown {
  const last = list(field(message, "content")).at(-1);
  return field(last, "type") === "text" ? field(last, "text") : undefined;
}

/** Results answer the calls of the turn before, all of them, and stand before anything else. */
function pairingMistake(
  parts: readonly unknown[],
  owed: readonly unknown[],
  index: number,
  role: unknown,
): string | null {
  const isResult = (part: unknown): boolean => field(part, "type") === "tool_result";
  const results = parts.filter(isResult).map((part) => field(part, "tool_use_id"));
  const stray = results.find((id) => !owed.includes(id));
  if (stray !== undefined) {
    return `messages.${index}.content: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${JSON.stringify(stray)}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
  }
  if (new Set(results).size < results.length) {
    return `messages.${index}.content: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${String(results[0])}`;
  }
  const firstOther = parts.findIndex((part) => !isResult(part));
  const isLate = firstOther >= 0 && parts.findLastIndex(isResult) > firstOther;
  const unanswered = isLate ? owed[0] : owed.find((id) => !results.includes(id));
  return unanswered === undefined || role === "system"
    ? null
    : `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${JSON.stringify(unanswered)}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
}

/** Block types by role, each with the fields it may have. */
const blockFields: Readonly<Record<"user" | "assistant" | "system", Readonly<Record<string, ReadonlySet<string>>>>> = {
  user: {
    text: words("type text cache_control citations"),
    image: words("type source cache_control"),
    document: words("type source title context citations cache_control"),
    search_result: words("type source title content citations cache_control"),
    tool_result: words("type tool_use_id content is_error cache_control"),
  },
  assistant: {
    text: words("type text cache_control citations"),
    thinking: words("type thinking signature"),
    redacted_thinking: words("type data"),
    tool_use: words("type id name input cache_control caller"),
  },
  system: { text: words("type text cache_control") },
};

function blockMistake(part: unknown, role: "user" | "assistant" | "system", at: string): string | null {
  const type = String(field(part, "type"));
  const byType = blockFields[role];
  const known = Object.hasOwn(byType, type) ? byType[type] : undefined;
  if (known === undefined) {
    const tags = Object.keys(byType)
      .map((name) => `'${name}'`)
      .join(", ");
    return `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags}`;
  }
  const extra = strangeKey(part, known);
  if (extra !== undefined) return `${at}.${type}.${extra}: Extra inputs are not permitted`;
  switch (type) {
    case "text":
      if (field(part, "text") === "") return "messages: text content blocks must be non-empty";
      return String(field(part, "text")).trim() === ""
        ? "messages: text content blocks must contain non-whitespace text"
        : null;
    case "image":
      return sourceMistake(field(part, "source"), `${at}.image`);
    case "tool_use":
      if (!/^[a-zA-Z0-9_-]+$/.test(String(field(part, "id")))) {
        return `${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`;
      }
      return isTable(field(part, "input")) ? null : `${at}.tool_use.input: Input should be a valid dictionary`;
    case "tool_result":
      if (typeof field(part, "tool_use_id") !== "string") return `${at}.tool_result.tool_use_id: Field required`;
      return resultMistake(field(part, "content"), `${at}.tool_result`);
    case "thinking":
      if (typeof field(part, "thinking") !== "string") return `${at}.thinking.thinking: Field required`;
      return typeof field(part, "signature") === "string" ? null : `${at}.thinking.signature: Field required`;
    default:
      return null;
  }
}

const resultTypes = ["text", "image", "document", "search_result", "tool_reference"];

function resultMistake(content: unknown, at: string): string | null {
  if (content === undefined || typeof content === "string") return null;
  if (!Array.isArray(content)) return `${at}.content: Input should be a valid string`;
  return firstOf(content, (part, index) => {
    const type = String(field(part, "type"));
    if (!resultTypes.includes(type)) {
      return `${at}.content.${index}: Input tag '${type}' found using 'type' does not match any of the expected tags`;
    }
    if (type === "text" && field(part, "text") === "") return "messages: text content blocks must be non-empty";
    return type === "image" ? sourceMistake(field(part, "source"), `${at}.content.${index}.image`) : null;
  });
}

function sourceMistake(source: unknown, at: string): string | null {
  const type = field(source, "type");
  if (type === "url" || type === "file") return null;
  if (type !== "base64") return `${at}.source: Field required`;
  if (!/^image\/(jpeg|png|gif|webp)$/.test(String(field(source, "media_type")))) {
    return `${at}.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`;
  }
  return /^[A-Za-z0-9+/]+={0,2}$/.test(String(field(source, "data")))
    ? null
    : `${at}.source.base64: invalid base64 data`;
}

/** Four marks at most, none on thinking. */
function cacheMistake(body: unknown): string | null {
  const holders = [
    ...list(field(body, "tools")),
    ...list(field(body, "system")),
    ...list(field(body, "messages")).flatMap((message) => list(field(message, "content"))),
  ];
  const count = holders.filter((part) => isTable(field(part, "cache_control"))).length;
  return count > 4 ? `A maximum of 4 blocks with cache_control may be provided. Found ${count}.` : null;
}

function thinkingMistake(
  body: Readonly<Record<string, unknown>>,
  messages: readonly unknown[],
  blobs: Blobs,
): string | null {
  const forged = firstOf(messages, (message, index) =>
    firstOf(list(field(message, "content")), (part, at) => {
      if (field(part, "type") !== "thinking") return null;
      const minted = blobs.find(field(part, "signature"));
      if (minted === undefined) return `messages.${index}.content.${at}: Invalid \`signature\` in \`thinking\` block`;
      return minted.place === field(part, "thinking")
        ? null
        : `messages.${index}.content.${at}: \`thinking\` or \`redacted_thinking\` blocks in the latest assistant message cannot be modified. These blocks must remain as they were in the original response.`;
    }),
  );
  if (forged !== null) return forged;
  const thinking = body["thinking"];
  const type = field(thinking, "type");
  if (type !== "enabled" && type !== "adaptive") return null;
  if (type === "enabled") {
    const budget = field(thinking, "budget_tokens");
    if (typeof budget !== "number") return "thinking.enabled.budget_tokens: Field required";
    if (budget < 1024) return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
    if (Number(body["max_tokens"]) <= budget) return "`max_tokens` must be greater than `thinking.budget_tokens`.";
    const wrong = unthoughtTurn(messages);
    if (wrong !== null) return wrong;
  }
  if (body["temperature"] !== undefined && body["temperature"] !== 1) {
    return "`temperature` may only be set to 1 when thinking is enabled.";
  }
  const choice = field(body["tool_choice"], "type");
  return choice === "any" || choice === "tool" ? "Thinking may not be enabled when tool_choice forces tool use." : null;
}

/** A turn with tools goes on over several messages; the thought stands at its beginning, later steps need none. */
function unthoughtTurn(messages: readonly unknown[]): string | null {
  const lastQuestion = messages.findLastIndex(
    (message) =>
      field(message, "role") === "user" &&
      !list(field(message, "content")).some((part) => field(part, "type") === "tool_result"),
  );
  const beginning = messages.findIndex(
    (message, index) => index > lastQuestion && field(message, "role") === "assistant",
  );
  const parts = list(field(messages[beginning], "content"));
  const first = String(field(parts[0], "type"));
  const isLoop = parts.some((part) => field(part, "type") === "tool_use");
  return isLoop && first !== "thinking" && first !== "redacted_thinking"
    ? `messages.${beginning}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceeding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`
    : null;
}

function firstOf(parts: readonly unknown[], check: (part: unknown, index: number) => string | null): string | null {
  for (const [index, part] of parts.entries()) {
    const wrong = check(part, index);
    if (wrong !== null) return wrong;
  }
  return null;
}
