/** Tools of a Gemini request and the choice among them. */
import { isRecord, own } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubTool, ServerAbility, ToolChoice } from "../../hub/tools.ts";
import { listField, optional, textField, type Fields } from "../fields.ts";
import { readSchema } from "./schema-in.ts";
import { camel, camelField } from "./wire.ts";

/** One entry of `tools` may hold several kinds side by side. */
export function readTools(tools: readonly unknown[], losses: Losses): readonly HubTool[] {
  return tools.filter(isRecord).flatMap((tool) => {
    const entry = camel(tool);
    return Object.entries(entry).flatMap(([key, value]): readonly HubTool[] => {
      if (value === undefined || value === null) return [];
      if (key === "functionDeclarations") {
        return (listField(entry, key) ?? []).filter(isRecord).map((one) => readFunction(camel(one), losses));
      }
      const ability = abilities.get(key);
      return [{ kind: "server", name: key, from: "gemini", raw: { [key]: value }, ...optional("ability", ability) }];
    });
  });
}

const abilities: ReadonlyMap<string, ServerAbility> = new Map([
  ["googleSearch", "web-search"],
  ["googleSearchRetrieval", "web-search"],
  ["urlContext", "web-fetch"],
  ["codeExecution", "code-execution"],
]);

function readFunction(declared: Fields, losses: Losses): HubTool {
  const name = textField(declared, "name") ?? "";
  for (const field of ["response", "responseJsonSchema", "behavior"]) {
    if (own(declared, field) !== undefined) losses.add("tool", `${field} of ${name}`);
  }
  const json = own(declared, "parametersJsonSchema");
  const parameters = readSchema(isRecord(json) ? json : own(declared, "parameters"));
  return {
    kind: "function",
    name,
    ...optional("description", textField(declared, "description")),
    parameters: Object.keys(parameters).length === 0 ? { type: "object", properties: {} } : parameters,
  };
}

export interface ReadChoice {
  readonly choice?: ToolChoice;
  /** What the hub has no word for. */
  readonly rest: Fields;
}

export function readToolChoice(toolConfig: Fields | undefined, losses: Losses): ReadChoice {
  if (toolConfig === undefined) return { rest: {} };
  const { functionCallingConfig: _choice, ...others } = toolConfig;
  const config = camelField(toolConfig, "functionCallingConfig") ?? {};
  const names = (listField(config, "allowedFunctionNames") ?? []).filter((name) => typeof name === "string");
  if (own(config, "streamFunctionCallArguments") === true) {
    losses.add("parameter", "streamFunctionCallArguments: calls come whole");
  }
  const mode = (textField(config, "mode") ?? "").toUpperCase();
  const choice = choiceOf(mode, names);
  // Calls held to their schema: Antigravity's clients always ask for it, and nobody else has it as a choice.
  const rest = mode === "VALIDATED" ? { ...others, functionCallingConfig: { mode } } : others;
  return { ...optional("choice", choice), rest };
}

function choiceOf(mode: string, names: readonly string[]): ToolChoice | undefined {
  switch (mode) {
    case "NONE":
      return { type: "none" };
    case "ANY": {
      const [only, ...others] = names;
      if (only === undefined) return { type: "required" };
      return others.length === 0 ? { type: "tool", name: only } : { type: "allowed", mode: "required", names };
    }
    case "AUTO":
    case "VALIDATED":
      return names.length === 0 ? { type: "auto" } : { type: "allowed", mode: "auto", names };
    default:
      return undefined;
  }
}
