/**
 * Which dialect a request speaks. Trust in this order: a host we know with its path, the path, headers that only one
 * dialect has, and last the body. A format adds rows here, not branches.
 */
import type { HeaderPairs, RequestHead } from "../../base/http.ts";
import { headerValue } from "../../base/headers.ts";
import { isRecord, own } from "../../base/json.ts";
import { listField } from "./fields.ts";
import type { FormatId } from "./format.ts";

/** As much of a request's head as detection looks at. */
export type DetectableHead = Pick<RequestHead, "host" | "target" | "headers">;

export interface Detected {
  readonly format: FormatId;
  /** For the flow: what told. */
  readonly why: string;
}

/** `body` is the parsed body, if it has been read; without it detection ends at the headers. */
export function detect(head: DetectableHead, body?: unknown): Detected | null {
  const path = head.target.split("?", 1)[0] ?? "";
  return byHost(head.host, path) ?? byPath(path) ?? byHeaders(head.headers) ?? byBody(body);
}

interface HostRow {
  readonly host: RegExp;
  readonly path: RegExp;
  readonly format: FormatId;
}

const messagesPath = /\/messages(\/count_tokens)?\/?$/;
const chatPath = /\/chat\/completions\/?$/;

/** Hosts that are named here speak nothing else on these paths; everything else they serve is none of ours. */
const hostRows: readonly HostRow[] = [
  { host: /^api\.anthropic\.com$/, path: /^\/v1\/messages(\/count_tokens)?\/?$/, format: "claude" },
  { host: /^api\.openai\.com$/, path: /^\/v1\/chat\/completions\/?$/, format: "openai-chat" },
  { host: /^api(\.[a-z]+)?\.githubcopilot\.com$/, path: chatPath, format: "openai-chat" },
  { host: /^api(\.[a-z]+)?\.githubcopilot\.com$/, path: messagesPath, format: "claude" },
];

function byHost(host: string, path: string): Detected | null {
  const row = hostRows.find((one) => one.host.test(host) && one.path.test(path));
  return row === undefined ? null : { format: row.format, why: `${host} speaks ${row.format} on ${path}` };
}

interface PathRow {
  readonly path: RegExp;
  readonly format: FormatId;
}

const pathRows: readonly PathRow[] = [
  { path: messagesPath, format: "claude" },
  { path: chatPath, format: "openai-chat" },
];

function byPath(path: string): Detected | null {
  const row = pathRows.find((one) => one.path.test(path));
  return row === undefined ? null : { format: row.format, why: `the path ${path}` };
}

interface HeaderRow {
  readonly name: string;
  readonly value: RegExp;
  readonly format: FormatId;
}

const headerRows: readonly HeaderRow[] = [
  { name: "anthropic-version", value: /./, format: "claude" },
  { name: "user-agent", value: /^claude-cli\//i, format: "claude" },
  { name: "x-app", value: /^cli$/, format: "claude" },
];

function byHeaders(headers: HeaderPairs): Detected | null {
  for (const row of headerRows) {
    const value = headerValue(headers, row.name);
    if (value !== undefined && row.value.test(value)) return { format: row.format, why: `the header ${row.name}` };
  }
  return null;
}

interface BodyRow {
  readonly format: FormatId;
  readonly why: string;
  readonly test: (body: Readonly<Record<string, unknown>>) => boolean;
}

/** First match counts. Telling shapes come first, the seed's guess from `max_tokens` last. */
const bodyRows: readonly BodyRow[] = [
  { format: "claude", why: "tools with input_schema", test: (body) => hasTool(body, "input_schema") },
  { format: "openai-chat", why: "tools with function", test: (body) => hasTool(body, "function") },
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

function byBody(body: unknown): Detected | null {
  if (!isRecord(body)) return null;
  const row = bodyRows.find((one) => one.test(body));
  return row === undefined ? null : { format: row.format, why: `the body: ${row.why}` };
}

function hasField(body: Readonly<Record<string, unknown>>, names: readonly string[]): boolean {
  return names.some((name) => Object.hasOwn(body, name));
}

function hasTool(body: unknown, field: string): boolean {
  return (listField(body, "tools") ?? []).some((tool) => own(tool, field) !== undefined);
}

function hasRole(body: unknown, roles: readonly string[]): boolean {
  return (listField(body, "messages") ?? []).some((message) => roles.includes(String(own(message, "role"))));
}

function hasBlock(body: unknown, test: (block: Readonly<Record<string, unknown>>) => boolean): boolean {
  return (listField(body, "messages") ?? []).some((message) =>
    (listField(message, "content") ?? []).some((block) => isRecord(block) && test(block)),
  );
}
