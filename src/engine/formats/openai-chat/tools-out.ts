/** Tools, the choice among them and the wanted answer's shape, in Chat's words. */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomTool, type FunctionTool } from "../../hub/custom-tools.ts";
import { isStrictSchema, objectSchema } from "../../hub/json-schema.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubRequest, ResponseFormat } from "../../hub/request.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import { optional, type Fields } from "../fields.ts";

/** `searches`: the target has a web search of its own, which is declared elsewhere (web-search.ts). */
export function writeTools(request: HubRequest, names: NameMap, searches: boolean, losses: Losses): readonly Fields[] {
  const isOwn = request.extras["openai-chat"] !== undefined;
  const allowed = request.toolChoice?.type === "allowed" ? new Set(request.toolChoice.names) : null;
  return request.tools.flatMap((tool): readonly Fields[] => {
    if (allowed !== null && !allowed.has(tool.name)) return [];
    switch (tool.kind) {
      case "function":
      case "custom": {
        const declared = tool.kind === "custom" ? wrapCustomTool(tool) : tool;
        const written = {
          name: names.toWire(declared.name),
          ...optional("description", declared.description),
          parameters: objectSchema(declared.parameters),
          ...(isStrict(declared, isOwn, losses) ? { strict: true } : {}),
        };
        return [{ type: "function", function: written }];
      }
      case "server":
        if (tool.ability === "web-search" && searches) return [];
        if (tool.from === "openai-chat" && tool.ability === undefined && isRecord(tool.raw)) return [tool.raw];
        losses.add(
          "server-tool",
          tool.from === "openai-chat"
            ? `${tool.name}: this model is not known to have it; it was left out`
            : `${tool.name}: only ${tool.from} can run it; it was left out`,
        );
        return [];
      default:
        return unreachable(tool);
    }
  });
}

/** OpenAI refuses a strict tool with optional fields; in other dialects that is a strict tool all the same. */
function isStrict(tool: FunctionTool, isOwn: boolean, losses: Losses): boolean {
  if (tool.strict !== true) return false;
  if (isOwn || isStrictSchema(objectSchema(tool.parameters))) return true;
  losses.add("tool", "strict: only schemas whose fields are all required can be held to here");
  return false;
}

/** Undefined when nothing needs saying; servers refuse a choice without tools. */
export function writeToolChoice(
  request: HubRequest,
  tools: readonly Fields[],
  names: NameMap,
  losses: Losses,
): string | Fields | undefined {
  const choice = request.toolChoice;
  if (choice === undefined) return undefined;
  if (tools.length === 0) {
    if (choice.type === "required" || choice.type === "tool") losses.add("tool-choice", "no tool is left to be forced");
    return undefined;
  }
  switch (choice.type) {
    case "auto":
    case "none":
    case "required":
      return choice.type;
    case "allowed":
      return choice.mode;
    case "tool": {
      const name = names.toWire(choice.name);
      const isDeclared = tools.some((tool) => isRecord(tool["function"]) && tool["function"]["name"] === name);
      if (isDeclared) return { type: "function", function: { name } };
      losses.add("tool-choice", `${choice.name} is not among the tools; the choice was left out`);
      return undefined;
    }
    default:
      return unreachable(choice);
  }
}

export function writeResponseFormat(format: ResponseFormat | undefined): Fields | undefined {
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
      return { type: "json_schema", json_schema: { name: format.name ?? "response", schema: format.schema, strict } };
    }
    default:
      return unreachable(format);
  }
}
