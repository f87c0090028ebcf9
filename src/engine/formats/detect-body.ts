/**
 * The dialect of a body whose address and headers say nothing. Telling shapes first; the guess from `max_tokens`, which
 * the older gateways made first, comes last because it takes a plain Chat request for Claude's.
 */
import { isRecord, own } from "../../base/json.ts";
import { listField, textField } from "./fields.ts";
import type { FormatId } from "./format.ts";

type Body = Readonly<Record<string, unknown>>;

export function detectBody(body: unknown): { readonly format: FormatId; readonly why: string } | null {
  if (!isRecord(body)) return null;
  const row = rows.find((one) => one.test(body));
  return row === undefined ? null : { format: row.format, why: `the body: ${row.why}` };
}

interface BodyRow {
  readonly format: FormatId;
  readonly why: string;
  readonly test: (body: Body) => boolean;
}

/** First match counts. */
const rows: readonly BodyRow[] = [
  {
    format: "antigravity",
    why: "an envelope that names Antigravity",
    test: (body) => isEnvelope(body, "antigravity"),
  },
  { format: "gemini-cli", why: "contents inside request", test: (body) => isEnvelope(body, null) },
  { format: "gemini", why: "contents", test: (body) => Array.isArray(body["contents"]) },
  { format: "claude", why: "tools with input_schema", test: (body) => hasTool(body, "input_schema") },
  { format: "gemini", why: "tools with functionDeclarations", test: (body) => hasTool(body, "functionDeclarations") },
  { format: "openai-chat", why: "tools with function", test: (body) => hasTool(body, "function") },
  {
    format: "openai-responses",
    why: "input without messages",
    test: (body) =>
      body["messages"] === undefined && (typeof body["input"] === "string" || Array.isArray(body["input"])),
  },
  {
    format: "openai-responses",
    why: "a field only Responses has",
    test: (body) => hasField(body, responsesFields),
  },
  {
    format: "openai-chat",
    why: "a message of a role only Chat has",
    test: (body) => hasRole(body, ["tool", "developer", "function"]),
  },
  {
    format: "claude",
    why: "a block only Claude has",
    test: (body) => hasBlock(body, (block) => claudeBlocks.has(String(block["type"])) || isRecord(block["source"])),
  },
  {
    format: "openai-chat",
    why: "an image_url part",
    test: (body) => hasBlock(body, (block) => block["type"] === "image_url"),
  },
  { format: "openai-chat", why: "a field only Chat has", test: (body) => hasField(body, chatFields) },
  { format: "claude", why: "a field only Claude has", test: (body) => hasField(body, claudeFields) },
  {
    format: "claude",
    why: "max_tokens without stream_options or response_format",
    test: (body) => Array.isArray(body["messages"]) && hasField(body, ["max_tokens"]),
  },
  { format: "openai-chat", why: "a list of messages", test: (body) => Array.isArray(body["messages"]) },
];

const claudeBlocks = new Set(["tool_use", "tool_result", "thinking", "redacted_thinking", "document"]);
/** `reasoning` is not among them: OpenRouter's Chat has it too. */
const responsesFields = ["max_output_tokens", "previous_response_id", "instructions"];
const chatFields = [
  "stream_options",
  "response_format",
  "max_completion_tokens",
  "reasoning_effort",
  "parallel_tool_calls",
  "logprobs",
  "top_logprobs",
  "n",
  "presence_penalty",
  "frequency_penalty",
  "logit_bias",
  "user",
];
const claudeFields = ["system", "anthropic_version", "stop_sequences", "thinking", "output_config"];

function isEnvelope(body: Body, userAgent: string | null): boolean {
  if (!Array.isArray(own(body["request"], "contents"))) return false;
  return userAgent === null || textField(body, "userAgent") === userAgent;
}

function hasField(body: Body, names: readonly string[]): boolean {
  return names.some((name) => Object.hasOwn(body, name));
}

function hasTool(body: unknown, field: string): boolean {
  return (listField(body, "tools") ?? []).some((tool) => own(tool, field) !== undefined);
}

function hasRole(body: unknown, roles: readonly string[]): boolean {
  return (listField(body, "messages") ?? []).some((message) => roles.includes(String(own(message, "role"))));
}

function hasBlock(body: unknown, test: (block: Body) => boolean): boolean {
  return (listField(body, "messages") ?? []).some((message) =>
    (listField(message, "content") ?? []).some((block) => isRecord(block) && test(block)),
  );
}
