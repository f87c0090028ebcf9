/**
 * Tools that a Responses client runs itself but that are no plain functions: a shell, a patch tool, a search among its
 * own tools, functions inside a namespace. Other models see a function; the call goes back to the client as the very
 * item it declared. What was declared travels in the request's extras under `clientTools`.
 */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { FunctionTool } from "../../hub/custom-tools.ts";
import type { HubRequest } from "../../hub/request.ts";
import { listField, numberField, optional, recordField, textField, type Fields } from "../fields.ts";

export type ItemTool = "local_shell" | "shell" | "apply_patch" | "tool_search";

export type ClientTool =
  | { readonly type: "namespace"; readonly namespace: string; readonly name: string }
  | { readonly type: ItemTool };

/** Under this key of our extras; a map from the hub's name of a tool to what it is. */
export const clientToolsKey = "clientTools";

const none: ReadonlyMap<string, ClientTool> = new Map();

export function clientToolsOf(request: HubRequest): ReadonlyMap<string, ClientTool> {
  const kept = own(request.extras["openai-responses"], clientToolsKey);
  if (!isRecord(kept)) return none;
  return new Map(
    Object.entries(kept).flatMap(([name, tool]) => {
      const read = readClientTool(tool);
      return read === null ? [] : [[name, read] as const];
    }),
  );
}

function readClientTool(tool: unknown): ClientTool | null {
  const type = textField(tool, "type");
  if (isItemTool(type)) return { type };
  const namespace = textField(tool, "namespace");
  const name = textField(tool, "name");
  return namespace === undefined || name === undefined ? null : { type: "namespace", namespace, name };
}

export function isItemTool(type: unknown): type is ItemTool {
  return type === "local_shell" || type === "shell" || type === "apply_patch" || type === "tool_search";
}

/** The function another model sees. `raw` is the client's declaration. */
export function declareItemTool(type: ItemTool, name: string, raw: Fields): FunctionTool {
  const own = textField(raw, "description");
  const parameters = type === "tool_search" ? (recordField(raw, "parameters") ?? schemas[type]) : schemas[type];
  return { kind: "function", name, description: own ?? descriptions[type], parameters };
}

const descriptions = {
  local_shell: "Runs a program on the user's machine and returns what it prints.",
  shell: "Runs shell commands on the user's machine and returns their exit codes and what they print.",
  apply_patch:
    "Creates, changes or deletes one file. The diff of create_file is the new file with a + before every line. " +
    "The diff of update_file is a list of hunks; each begins with a line @@ (optionally followed by a line of the file " +
    "that stands before the change), then lines of the file with a space before them, removed lines with a -, added " +
    "lines with a +. There are no line numbers.",
  tool_search: "Searches for further tools by what they do; those that are found can be called afterwards.",
} as const satisfies Record<ItemTool, string>;

const text = { type: "string" } as const;
const texts = { type: "array", items: text } as const;

const schemas = {
  local_shell: {
    type: "object",
    properties: {
      command: { ...texts, description: "The program and its arguments, one by one." },
      working_directory: text,
      timeout_ms: { type: "integer" },
      env: { type: "object", additionalProperties: text },
    },
    required: ["command"],
  },
  shell: {
    type: "object",
    properties: {
      commands: { ...texts, description: "Command lines, run one after the other." },
      timeout_ms: { type: "integer" },
      max_output_length: { type: "integer" },
    },
    required: ["commands"],
  },
  apply_patch: {
    type: "object",
    properties: {
      type: { type: "string", enum: ["create_file", "update_file", "delete_file"] },
      path: text,
      diff: { ...text, description: "Left out for delete_file." },
    },
    required: ["type", "path"],
  },
  tool_search: { type: "object", properties: { query: text }, required: ["query"] },
} as const satisfies Record<ItemTool, Fields>;

const toolOfCall: Readonly<Record<string, ItemTool>> = {
  local_shell_call: "local_shell",
  shell_call: "shell",
  apply_patch_call: "apply_patch",
  tool_search_call: "tool_search",
};

export interface ItemCall {
  readonly tool: ItemTool;
  readonly arguments: string;
}

/** A call of the history as a call of that function; null when it was not the client that ran it. */
export function readItemCall(item: Fields): ItemCall | null {
  const type = textField(item, "type") ?? "";
  const tool = Object.hasOwn(toolOfCall, type) ? toolOfCall[type] : undefined;
  if (tool === undefined) return null;
  if (tool === "tool_search" && item["execution"] !== "client") return null;
  return { tool, arguments: argumentsOf(tool, item) };
}

function argumentsOf(tool: ItemTool, item: Fields): string {
  switch (tool) {
    case "local_shell": {
      const { type: _type, ...action } = withoutNulls(recordField(item, "action") ?? {});
      return JSON.stringify(action);
    }
    case "shell":
      return JSON.stringify(withoutNulls(recordField(item, "action") ?? {}));
    case "apply_patch":
      return JSON.stringify(recordField(item, "operation") ?? {});
    case "tool_search": {
      const given = own(item, "arguments");
      return typeof given === "string" ? given : JSON.stringify(given ?? {});
    }
    default:
      return unreachable(tool);
  }
}

function withoutNulls(record: Fields): Fields {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

/** The item a client expects for a call of its tool. A model's arguments may be anything; what is missing stays empty. */
export function writeItemCall(tool: ItemTool, id: string, callId: string, argumentsText: string): Fields {
  const parsed = parseJson(argumentsText);
  const given = parsed.ok && isRecord(parsed.value) ? parsed.value : {};
  const head = { id, type: `${tool}_call`, call_id: callId, status: "completed" };
  switch (tool) {
    case "local_shell":
      return {
        ...head,
        action: {
          type: "exec",
          command: commandOf(given["command"]),
          env: stringsOf(recordField(given, "env")),
          ...optional("timeout_ms", wholeField(given, "timeout_ms")),
          ...optional("working_directory", textField(given, "working_directory")),
          ...optional("user", textField(given, "user")),
        },
      };
    case "shell":
      return {
        ...head,
        action: {
          commands: linesOf(given["commands"] ?? given["command"]),
          timeout_ms: wholeField(given, "timeout_ms") ?? null,
          max_output_length: wholeField(given, "max_output_length") ?? null,
        },
      };
    case "apply_patch": {
      const path = textField(given, "path") ?? "";
      const type = textField(given, "type") ?? "update_file";
      const diff = type === "delete_file" ? {} : { diff: textField(given, "diff") ?? "" };
      return { ...head, operation: { type, path, ...diff } };
    }
    case "tool_search":
      return { ...head, execution: "client", arguments: given };
    default:
      return unreachable(tool);
  }
}

/** Clients read these as whole numbers and drop an item where they are not. */
function wholeField(from: Fields, key: string): number | undefined {
  const value = numberField(from, key);
  return value === undefined ? undefined : Math.max(0, Math.floor(value));
}

/** Some models write one command line where a list of words is asked for. */
function commandOf(value: unknown): readonly string[] {
  return typeof value === "string" ? ["sh", "-c", value] : linesOf(value);
}

function linesOf(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function stringsOf(value: Fields | undefined): Fields {
  return Object.fromEntries(Object.entries(value ?? {}).filter(([, one]) => typeof one === "string"));
}

export interface ItemResult {
  readonly text: string;
  readonly isError: boolean;
}

/** A function's name as the model sees it. */
type NameOf = (namespace: string | undefined, name: string) => string;

/** What such a tool gave back, in words. Null for items that are no results of these tools. */
export function readItemResult(item: Fields, nameOf: NameOf): ItemResult | null {
  switch (item["type"]) {
    case "local_shell_call_output":
      return { text: textField(item, "output") ?? "", isError: false };
    case "shell_call_output":
      return {
        text: (listField(item, "output") ?? []).map(shellOutput).join("\n"),
        isError: false,
      };
    case "apply_patch_call_output":
      return {
        text: textField(item, "output") ?? textField(item, "status") ?? "",
        isError: item["status"] === "failed",
      };
    case "tool_search_output":
      if (item["execution"] !== "client" && textField(item, "call_id") === undefined) return null;
      return { text: foundTools(item, nameOf), isError: false };
    default:
      return null;
  }
}

function shellOutput(output: unknown): string {
  const outcome = recordField(output, "outcome");
  const code = numberField(outcome, "exit_code");
  const end = outcome?.["type"] === "timeout" ? "timed out" : code === undefined ? "" : `exit code ${code}`;
  return [textField(output, "stdout"), textField(output, "stderr"), end === "" ? "" : `[${end}]`]
    .filter((part) => part !== undefined && part !== "")
    .join("\n");
}

function foundTools(item: Fields, nameOf: NameOf): string {
  const names = (listField(item, "tools") ?? []).flatMap((tool) => {
    const name = textField(tool, "name") ?? textField(tool, "type") ?? "";
    const inner = textField(tool, "type") === "namespace" ? (listField(tool, "tools") ?? []) : null;
    return inner === null ? [nameOf(undefined, name)] : inner.map((one) => nameOf(name, textField(one, "name") ?? ""));
  });
  return names.length === 0 ? "no tools were found" : `tools that can be called now:\n${names.join("\n")}`;
}
