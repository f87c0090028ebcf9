/**
 * The client's tools as tools of an MCP server of ours: the only kind that Cursor's backend hands on to its client by name.
 * Its own tools (read, shell, …) need no declaration and are refused when it asks for one (answers.ts).
 */
import { wrapCustomTool } from "../../../hub/custom-tools.ts";
import type { Losses } from "../../../hub/losses.ts";
import type { HubRequest } from "../../../hub/request.ts";
import { createNameMap, nameRules } from "../../../hub/tool-ids.ts";
import type { HubTool } from "../../../hub/tools.ts";
import type { Message } from "../wire/schema.ts";
import { toJsonValue } from "../json-value.ts";

/** The name of that server. */
export const toolServer = "switchyard";

export interface ToolsOut {
  /** `AgentMcpToolDefinition`s. */
  readonly definitions: readonly Message[];
  readonly toolNames: ReadonlyMap<string, string>;
  readonly customTools: ReadonlySet<string>;
  readonly toWire: (name: string) => string;
}

export function writeTools(request: HubRequest, losses: Losses): ToolsOut {
  const called = request.messages.flatMap((message) =>
    message.role === "assistant" ? message.parts.flatMap((part) => (part.type === "tool-call" ? [part.name] : [])) : [],
  );
  const names = createNameMap(nameRules.name64, [...request.tools.map(({ name }) => name), ...called]);
  const choice = request.toolChoice;
  const isOff = choice?.type === "none";
  const allowed = choice?.type === "allowed" ? new Set(choice.names) : null;
  if (choice?.type === "required" || choice?.type === "tool" || choice?.type === "allowed") {
    losses.add("tool-choice", "Cursor's models choose themselves whether to call a tool");
  }
  const usable = isOff ? [] : request.tools.filter(({ name }) => allowed === null || allowed.has(name));
  const definitions = usable.flatMap((tool) => definitionOf(tool, names.toWire(tool.name), losses));
  return {
    definitions,
    toolNames: names.changed,
    customTools: new Set(usable.filter(({ kind }) => kind === "custom").map(({ name }) => name)),
    toWire: (name) => names.toWire(name),
  };
}

function definitionOf(tool: HubTool, name: string, losses: Losses): readonly Message[] {
  if (tool.kind === "server") {
    losses.add("server-tool", tool.name);
    return [];
  }
  const { description, parameters } = tool.kind === "custom" ? wrapCustomTool(tool) : tool;
  return [
    {
      name,
      description: description ?? "",
      inputSchema: toJsonValue(parameters),
      providerIdentifier: toolServer,
      toolName: name,
    },
  ];
}
