/**
 * Names of tools and calls between a Cursor client and a model. The client declares tools by server and name; on the wire
 * a call says `mcp_<server>_<tool>` and its parameters name both apart (facts of late 2026). A model is shown the bare
 * name, as Cursor's own decoders strip it, and the long one where two servers have a tool of the same name.
 */
import { textField } from "../../fields.ts";

export interface McpTool {
  readonly server: string;
  readonly name: string;
}

export interface ToolNames {
  /** What the model calls it. Tools that were not declared keep their bare name. */
  toHub(tool: McpTool): string;
  /** Null: nobody declared a tool of that name. */
  fromHub(name: string): McpTool | null;
  /** The hub's name of a call in the history, of which only the word on the wire is known. */
  fromWire(wireName: string): string;
}

/** `19` in Cursor's list of tools that the client runs. */
export const mcpToolNumber = 19;

export function wireName({ server, name }: McpTool): string {
  return `mcp_${server}_${name}`;
}

export function createToolNames(tools: readonly McpTool[]): ToolNames {
  const count = new Map<string, number>();
  for (const { name } of tools) count.set(name, (count.get(name) ?? 0) + 1);
  const toHub = (tool: McpTool): string => ((count.get(tool.name) ?? 0) > 1 ? wireName(tool) : tool.name);
  const byHub = new Map(tools.map((tool) => [toHub(tool), tool] as const));
  const byWire = new Map(tools.map((tool) => [wireName(tool), tool] as const));
  return {
    toHub,
    fromHub: (name) => byHub.get(name) ?? byWire.get(name) ?? null,
    fromWire(name) {
      const tool = byWire.get(name);
      return tool === undefined ? name : toHub(tool);
    },
  };
}

/** The tool a `ChatToolCall`'s parameters name; null where there are none. */
export function namedTool(tool: unknown): McpTool | null {
  const name = textField(tool, "name") ?? "";
  return name === "" ? null : { server: textField(tool, "serverName") ?? "", name };
}

/** A call's id as Cursor often writes it: a second line names the model's turn. */
export interface CallId {
  readonly id: string;
  readonly modelCallId: string | null;
}

const secondLine = "\nmc_";

export function readCallId(text: string): CallId {
  const at = text.indexOf(secondLine);
  return at < 0
    ? { id: text, modelCallId: null }
    : { id: text.slice(0, at), modelCallId: text.slice(at + secondLine.length) };
}
