/** Tools and the choice among them, in Claude's shapes. */
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomTool, type FunctionTool } from "../../hub/custom-tools.ts";
import { objectSchema } from "../../hub/json-schema.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import { optional, type Fields } from "../fields.ts";
import type { ClaudeModel } from "./models.ts";
import { writeServerTool } from "./server-tools.ts";
import { writeCache } from "./wire.ts";

export function writeTools(request: HubRequest, names: NameMap, model: ClaudeModel, losses: Losses): readonly Fields[] {
  const allowed = request.toolChoice?.type === "allowed" ? new Set(request.toolChoice.names) : null;
  return request.tools.flatMap((tool): readonly Fields[] => {
    if (allowed !== null && !allowed.has(tool.name)) return [];
    switch (tool.kind) {
      case "function":
        return [writeFunction(tool, names, model, losses)];
      case "custom":
        return [writeFunction(wrapCustomTool(tool), names, model, losses)];
      case "server":
        return writeServerTool(tool, request, model, losses);
      default:
        return unreachable(tool);
    }
  });
}

function writeFunction(tool: FunctionTool, names: NameMap, model: ClaudeModel, losses: Losses): Fields {
  if (tool.strict === true && !model.strictTools)
    losses.add("tool", "strict: this model does not hold tools to their schema");
  return {
    name: names.toWire(tool.name),
    ...optional("description", tool.description),
    input_schema: objectSchema(tool.parameters),
    ...(tool.strict === true && model.strictTools ? { strict: true } : {}),
    ...writeCache(tool.cache),
  };
}

/** Undefined when nothing needs saying; the API refuses a choice without tools. */
export function writeToolChoice(
  request: HubRequest,
  tools: readonly Fields[],
  names: NameMap,
  losses: Losses,
): Fields | undefined {
  const choice = request.toolChoice;
  if (tools.length === 0) {
    if (choice?.type === "required" || choice?.type === "tool")
      losses.add("tool-choice", "no tool is left to be forced");
    return undefined;
  }
  const oneByOne = request.parallelToolCalls === false ? { disable_parallel_tool_use: true } : {};
  switch (choice?.type) {
    case undefined:
      return request.parallelToolCalls === false ? { type: "auto", ...oneByOne } : undefined;
    case "auto":
      return { type: "auto", ...oneByOne };
    case "none":
      return { type: "none" };
    case "required":
      return { type: "any", ...oneByOne };
    case "allowed":
      return { type: choice.mode === "required" ? "any" : "auto", ...oneByOne };
    case "tool": {
      const name = names.toWire(choice.name);
      if (tools.some((tool) => tool["name"] === name)) return { type: "tool", name, ...oneByOne };
      losses.add("tool-choice", `${choice.name} is not among the tools; the choice was left out`);
      return undefined;
    }
    default:
      return unreachable(choice);
  }
}
