/** One call of the model under way: what the client is asked for it, what its card shows, what the model hears back. */
import { isRecord, parseJson } from "../../../../base/json.ts";
import type { HubTool } from "../../../hub/tools.ts";
import { toJsonFields } from "../json-value.ts";
import type { Message } from "../wire/schema.ts";
import { builtIns, type Args, type BuiltIn, type CardKind, type Finished } from "./built-in.ts";
import { failed, readMcpResult, type McpTool } from "./mcp.ts";

export interface Toolbox {
  readonly builtIns: ReadonlyMap<string, BuiltIn>;
  readonly mcp: ReadonlyMap<string, McpTool>;
  readonly tools: readonly HubTool[];
  readonly workspace: string;
}

export interface ToolboxOptions {
  /** False where the user asked for a mode that only looks. */
  readonly mayChange: boolean;
  /** The folder that paths are meant from; empty where the client did not say. */
  readonly workspace: string;
}

export function createToolbox(mcp: readonly McpTool[], { mayChange, workspace }: ToolboxOptions): Toolbox {
  const offered = builtIns.filter((tool) => mayChange || !tool.changes);
  const all = [...offered, ...mcp];
  return {
    workspace,
    builtIns: new Map(offered.map((tool) => [tool.name, tool])),
    mcp: new Map(mcp.map((tool) => [tool.name, tool])),
    tools: all.map(({ name, description, parameters }) => ({
      kind: "function",
      name,
      ...(description === "" ? {} : { description }),
      parameters,
    })),
  };
}

/** The names that the client's own tools must not have. */
export const builtInNames: ReadonlySet<string> = new Set(builtIns.map(({ name }) => name));

export interface Call {
  readonly id: string;
  readonly name: string;
  readonly arguments: string;
}

/** What a call comes to. */
export interface Errand {
  /** The field of `AgentToolCall`; null: no card. */
  readonly cardKind: CardKind | null;
  readonly cardArgs: Message;
  /** The next request on the exec channel; null: there is nothing (more) to ask. */
  ask(answers: readonly Message[]): Message | null;
  finish(answers: readonly Message[]): Finished;
  fail(why: string): Finished;
}

export function cardKindOf(toolbox: Toolbox, name: string): CardKind | null {
  const builtIn = toolbox.builtIns.get(name);
  return builtIn === undefined ? "mcpToolCall" : builtIn.card;
}

export function errandOf(toolbox: Toolbox, call: Call): Errand {
  const parsed = parseJson(call.arguments === "" ? "{}" : call.arguments);
  const args: Args = parsed.ok && isRecord(parsed.value) ? parsed.value : {};
  const isReadable = parsed.ok && isRecord(parsed.value);
  const notReadable = "The arguments of this call are not a JSON object.";
  const builtIn = toolbox.builtIns.get(call.name);
  if (builtIn !== undefined) {
    const missing = builtIn.required.filter((name) => typeof args[name] !== "string");
    const why = isReadable ? `This call lacks ${missing.join(", ")}.` : notReadable;
    return builtInErrand(
      builtIn,
      placed(args, builtIn, toolbox.workspace),
      call.id,
      isReadable && missing.length === 0 ? null : why,
    );
  }
  const mcp = toolbox.mcp.get(call.name);
  return mcpErrand(
    mcp ?? null,
    call,
    args,
    mcp === undefined ? `There is no tool ${call.name}.` : isReadable ? null : notReadable,
  );
}

function builtInErrand(tool: BuiltIn, args: Args, callId: string, fault: string | null): Errand {
  const fail = (why: string): Finished => ({ tool: failed(why), card: tool.broken(args, why) });
  return {
    cardKind: tool.card,
    cardArgs: tool.cardArgs(args, callId),
    ask: (answers) => (fault === null ? tool.ask(args, answers, callId) : null),
    finish: (answers) => (fault === null ? tool.finish(args, answers) : fail(fault)),
    fail,
  };
}

function mcpErrand(tool: McpTool | null, call: Call, args: Args, fault: string | null): Errand {
  const mcpArgs = {
    name: tool?.definition.name ?? call.name,
    args: toJsonFields(args),
    toolCallId: call.id,
    providerIdentifier: tool?.definition.provider ?? "",
    toolName: tool?.definition.tool ?? call.name,
  };
  const fail = (why: string): Finished => ({ tool: failed(why), card: { error: { error: why } } });
  return {
    cardKind: "mcpToolCall",
    cardArgs: mcpArgs,
    ask: (answers) => (fault === null && answers.length === 0 ? { mcpArgs } : null),
    finish(answers) {
      const [result] = answers;
      if (fault !== null || result === undefined) return fail(fault ?? "The tool gave no answer.");
      // A card has no word for a tool that is not there.
      const card = Object.hasOwn(result, "toolNotFound") ? { error: { error: "There is no such tool." } } : result;
      return { tool: readMcpResult(result), card };
    },
    fail,
  };
}

/** Models are told to give absolute paths, and forget it. */
function placed(args: Args, tool: BuiltIn, workspace: string): Args {
  if (workspace === "") return args;
  const key = tool.card === "shellToolCall" ? "working_directory" : "path";
  if (tool.card === "fetchToolCall") return args;
  const path = args[key];
  if (path === undefined || path === "" || path === ".") return { ...args, [key]: workspace };
  if (typeof path !== "string" || /^([/\\~]|[A-Za-z]:)/.test(path)) return args;
  const separator = workspace.includes("\\") ? "\\" : "/";
  return { ...args, [key]: `${workspace.replace(/[/\\]+$/, "")}${separator}${path.replace(/^\.[/\\]/, "")}` };
}
