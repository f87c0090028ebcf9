/** Tools, the choice among them and the wanted answer's shape, in Responses' words. */
import { isRecord, own } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomTool, type CustomTool, type FunctionTool } from "../../hub/custom-tools.ts";
import { isStrictSchema, objectSchema } from "../../hub/json-schema.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest, ResponseFormat } from "../../hub/request.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import type { HubTool, ServerAbility } from "../../hub/tools.ts";
import { optional, textField, type Fields } from "../fields.ts";

export interface ToolOptions {
  readonly names: NameMap;
  readonly losses: Losses;
  readonly keepsCustom: boolean;
  /** The backend takes a choice among some of the tools; else only those are declared. */
  readonly takesAllowed: boolean;
}

export function writeTools(request: HubRequest, options: ToolOptions): readonly Fields[] {
  const { toolChoice } = request;
  const allowed = toolChoice?.type === "allowed" && !options.takesAllowed ? new Set(toolChoice.names) : null;
  return request.tools.flatMap((tool): readonly Fields[] => {
    if (allowed !== null && !allowed.has(tool.name)) return [];
    switch (tool.kind) {
      case "function":
        return [writeFunction(tool, options.names)];
      case "custom":
        return [
          options.keepsCustom ? writeCustom(tool, options.names) : writeFunction(wrapCustomTool(tool), options.names),
        ];
      case "server":
        return writeServerTool(tool, options.losses);
      default:
        return unreachable(tool);
    }
  });
}

/** `strict` is said in any case: left out, this API holds every function to its schema and refuses many schemas. */
function writeFunction(tool: FunctionTool, names: NameMap): Fields {
  return {
    type: "function",
    name: names.toWire(tool.name),
    ...optional("description", tool.description),
    parameters: objectSchema(tool.parameters),
    strict: tool.strict === true,
  };
}

function writeCustom(tool: CustomTool, names: NameMap): Fields {
  return {
    type: "custom",
    name: names.toWire(tool.name),
    ...optional("description", tool.description),
    ...optional("format", flatFormat(tool.format)),
  };
}

/** Chat nests a grammar under its name; here it stands beside the type. */
function flatFormat(format: unknown): unknown {
  const grammar = own(format, "grammar");
  return isRecord(grammar) ? { type: "grammar", ...grammar } : format;
}

const ownTools: Readonly<Partial<Record<ServerAbility, Fields>>> = {
  "web-search": { type: "web_search" },
  "code-execution": { type: "code_interpreter", container: { type: "auto" } },
};

function writeServerTool(tool: Extract<HubTool, { kind: "server" }>, losses: Losses): readonly Fields[] {
  if (tool.from === "openai-responses" && isRecord(tool.raw)) return [tool.raw];
  const same = tool.ability === undefined ? undefined : ownTools[tool.ability];
  if (same !== undefined) return [same];
  losses.add("server-tool", `${tool.name}: only ${tool.from} can run it; it was left out`);
  return [];
}

/** Undefined when nothing needs saying; the API refuses a choice of what is not declared. */
export function writeToolChoice(
  request: HubRequest,
  tools: readonly Fields[],
  { names, losses, takesAllowed }: ToolOptions,
): string | Fields | undefined {
  const choice = request.toolChoice;
  if (choice === undefined) return undefined;
  if (tools.length === 0) {
    if (choice.type === "required" || choice.type === "tool") losses.add("tool-choice", "no tool is left to be forced");
    return undefined;
  }
  /** As the choice names it: functions and freeform tools by name, the provider's own by type. */
  const named = (name: string): Fields | undefined => {
    const server = request.tools.find((tool) => tool.kind === "server" && tool.name === name);
    const wire = names.toWire(name);
    const tool = tools.find((one) => one["name"] === wire) ?? serverToolOf(server, tools);
    const type = textField(tool, "type");
    if (tool === undefined || type === undefined) return undefined;
    if (type === "mcp") return { type, ...optional("server_label", textField(tool, "server_label")) };
    return type === "function" || type === "custom" ? { type, name: wire } : { type };
  };
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "allowed": {
      if (!takesAllowed) return choice.mode;
      const allowed = choice.names.flatMap((name) => named(name) ?? []);
      return allowed.length === 0 ? "none" : { type: "allowed_tools", mode: choice.mode, tools: allowed };
    }
    case "tool": {
      const tool = named(choice.name);
      if (tool === undefined)
        losses.add("tool-choice", `${choice.name} is not among the tools; the choice was left out`);
      return tool;
    }
    default:
      return unreachable(choice);
  }
}

function serverToolOf(tool: HubTool | undefined, tools: readonly Fields[]): Fields | undefined {
  if (tool?.kind !== "server") return undefined;
  const same = tool.ability === undefined ? undefined : ownTools[tool.ability];
  return tools.find((one) => one === tool.raw || one === same);
}

export function writeTextFormat(format: ResponseFormat | undefined): Fields | undefined {
  switch (format?.type) {
    case undefined:
      return undefined;
    case "text":
      return { type: "text" };
    case "json-object":
      return { type: "json_object" };
    case "json-schema": {
      // Strict mode refuses schemas with optional fields; asking for it unasked would turn them into a 400.
      const strict = format.strict ?? isStrictSchema(format.schema);
      return { type: "json_schema", name: format.name ?? "response", schema: format.schema, strict };
    }
    default:
      return unreachable(format);
  }
}
