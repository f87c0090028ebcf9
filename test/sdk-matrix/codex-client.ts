/**
 * Codex as its backend sees it (facts of late 2026): its request with tools of five kinds, and a reader that acts on what the
 * program acts on. Items come from `output_item.done` alone, `error` events are not looked at, and a stream without
 * `response.completed` is broken.
 */
import type { Dispatcher } from "undici";
import { field, isTable, list, wordOf } from "../support/provider-turn.ts";
import { rawCall, sseEvents } from "./raw-call.ts";

/** A namespace of tools, as the program declares the tools of an MCP server. */
export const docsNamespace = "mcp__docs__";

const grammar =
  'start: begin_patch hunk+ end_patch\nbegin_patch: "*** Begin Patch" LF\nend_patch: "*** End Patch" LF?\n';

const tools = [
  {
    type: "function",
    name: "exec_command",
    description: "Runs a command in a PTY, returning output or a session ID for ongoing interaction.",
    strict: false,
    parameters: {
      type: "object",
      properties: {
        cmd: { type: "string", description: "Shell command to execute." },
        yield_time_ms: {
          type: "number",
          description: "How long to wait (in milliseconds) for output before yielding.",
        },
        tty: { type: "boolean" },
      },
      required: ["cmd"],
      additionalProperties: false,
    },
  },
  {
    type: "function",
    name: "update_plan",
    description: "Updates the task plan.",
    strict: false,
    parameters: {
      type: "object",
      properties: {
        explanation: { type: "string" },
        plan: {
          type: "array",
          items: {
            type: "object",
            properties: { step: { type: "string" }, status: { type: "string", enum: ["pending", "completed"] } },
            required: ["step", "status"],
            additionalProperties: false,
          },
        },
      },
      required: ["plan"],
      additionalProperties: false,
    },
  },
  {
    type: "custom",
    name: "apply_patch",
    description: "Use the `apply_patch` tool to edit files. This is a FREEFORM tool, so do not wrap the patch in JSON.",
    format: { type: "grammar", syntax: "lark", definition: grammar },
  },
  { type: "web_search", external_web_access: false },
  {
    type: "namespace",
    name: docsNamespace,
    description: "Tools in the docs namespace.",
    tools: [
      {
        type: "function",
        name: "search",
        description: "Searches the documentation.",
        strict: false,
        parameters: { type: "object", properties: { query: { type: "string" } }, required: ["query"] },
      },
    ],
  },
];

const said = (role: "user" | "developer", text: string): Item => ({
  type: "message",
  role,
  content: [{ type: "input_text", text }],
});

export type Item = Readonly<Record<string, unknown>>;

/** What stands before the user's first words. */
export const opening: readonly Item[] = [
  said("developer", "<permissions instructions>\nFilesystem sandboxing is on.\n</permissions instructions>"),
  said("user", "<environment_context>\n  <cwd>/work</cwd>\n  <shell>bash</shell>\n</environment_context>"),
  said("user", "Fix the bug."),
];

export function codexBody(model: string, input: readonly Item[]): object {
  return {
    model,
    instructions: "You are Codex, a coding agent.",
    input,
    tools,
    tool_choice: "auto",
    parallel_tool_calls: true,
    reasoning: { effort: "high", summary: "auto" },
    store: false,
    stream: true,
    include: ["reasoning.encrypted_content"],
    prompt_cache_key: "019a7c1e-5d3b-7f02-9f5e-3c1d2b4a5f60",
    text: { verbosity: "medium" },
  };
}

export interface CodexTurn {
  /** As the program keeps them and sends them back. */
  readonly items: readonly Item[];
  readonly text: string;
  /** Deltas that came while no item was open: the program complains about each. */
  readonly stray: number;
  readonly usage: unknown;
}

export class CodexFailure extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export async function askCodex(dispatcher: Dispatcher, model: string, input: readonly Item[]): Promise<CodexTurn> {
  const reply = await rawCall(dispatcher, {
    host: "chatgpt.com",
    target: "/backend-api/codex/responses",
    headers: {
      authorization: "Bearer the-clients-own",
      "chatgpt-account-id": "acc-the-clients-own",
      originator: "codex_cli_rs",
      "user-agent": "codex_cli_rs/0.98.0 (Ubuntu 24.4.0; x86_64) xterm",
      session_id: "019a7c1e-5d3b-7f02-9f5e-3c1d2b4a5f60",
      accept: "text/event-stream",
    },
    body: codexBody(model, input),
  });
  if (reply.status !== 200) throw new CodexFailure(`http ${reply.status}`, reply.text);
  const items: Item[] = [];
  let text = "";
  let stray = 0;
  let isOpen = false;
  for (const { data } of sseEvents(reply.text)) {
    switch (field(data, "type")) {
      case "response.output_item.added":
        isOpen = true;
        break;
      case "response.output_text.delta":
      case "response.reasoning_summary_text.delta":
        if (!isOpen) stray += 1;
        if (field(data, "type") === "response.output_text.delta") text += String(field(data, "delta"));
        break;
      case "response.output_item.done": {
        const item = field(data, "item");
        if (isTable(item)) items.push(item);
        isOpen = false;
        break;
      }
      case "response.failed": {
        const error = field(field(data, "response"), "error");
        throw new CodexFailure(String(field(error, "code")), String(field(error, "message")));
      }
      case "response.completed": {
        const response = field(data, "response");
        if (typeof field(response, "id") !== "string") throw new CodexFailure("parse", "no response id");
        return { items, text, stray, usage: field(response, "usage") };
      }
    }
  }
  throw new CodexFailure("closed", "stream closed before response.completed");
}

/** The text of a message item. */
export function itemText(item: Item | undefined): string {
  return list(field(item, "content"))
    .map((part) => wordOf(field(part, "text")))
    .join("");
}
