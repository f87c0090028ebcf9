/**
 * Tools and the choice among them as a Responses client declares them: flat functions, freeform tools, namespaces (whose
 * functions get one name each), tools with items of their own, and the provider's own tools.
 */
import { isRecord } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubTool, ServerAbility, ToolChoice } from "../../hub/tools.ts";
import { booleanField, listField, optional, recordField, textField, type Fields } from "../fields.ts";
import { declareItemTool, isItemTool, type ClientTool, type ItemTool } from "./client-tools.ts";

export interface DeclaredTools {
  readonly tools: readonly HubTool[];
  /** What must be undone on the way back, by the hub's name. */
  readonly clientTools: Readonly<Record<string, ClientTool>>;
  /** The hub's name of a function, whether it was declared or is only called in the history. */
  nameOf(namespace: string | undefined, name: string): string;
  nameOfItem(tool: ItemTool): string;
}

export function readTools(declared: readonly unknown[]): DeclaredTools {
  const raw = declared.filter(isRecord);
  // Plain names are the client's own words and stay; made names step aside.
  const taken = new Set(raw.flatMap((tool) => (isCallable(tool) ? [textField(tool, "name") ?? ""] : [])));
  const tools = new Map<string, HubTool>();
  const clientTools = new Map<string, ClientTool>();
  const flatNames = new Map<string, string>();
  const itemNames = new Map<ItemTool, string>();

  const unique = (wanted: string): string => {
    let name = wanted;
    for (let count = 2; taken.has(name); count += 1) name = `${wanted}_${count}`;
    taken.add(name);
    return name;
  };
  const readNamespace = (namespace: string, inner: readonly unknown[]): void => {
    for (const tool of inner.filter(isRecord)) {
      const name = textField(tool, "name") ?? "";
      const key = flatKey(namespace, name);
      if (name === "" || flatNames.has(key)) continue;
      const flat = unique(flatName(namespace, name));
      flatNames.set(key, flat);
      clientTools.set(flat, { type: "namespace", namespace, name });
      tools.set(flat, readCallable(tool, flat));
    }
  };
  for (const tool of raw) {
    const type = textField(tool, "type");
    if (isCallable(tool)) {
      const name = textField(tool, "name") ?? "";
      if (!tools.has(name)) tools.set(name, readCallable(tool, name));
    } else if (type === "namespace") readNamespace(textField(tool, "name") ?? "", listField(tool, "tools") ?? []);
    else if (isItemTool(type) && isRunByClient(type, tool)) {
      if (itemNames.has(type)) continue;
      const name = unique(type);
      itemNames.set(type, name);
      clientTools.set(name, { type });
      tools.set(name, declareItemTool(type, name, tool));
    } else {
      const name = textField(tool, "server_label") ?? type ?? "unknown";
      tools.set(`${type}\0${name}`, {
        kind: "server",
        name,
        from: "openai-responses",
        raw: tool,
        ...optional("ability", abilityOf(type ?? "")),
      });
    }
  }
  return {
    tools: [...tools.values()],
    clientTools: Object.fromEntries(clientTools),
    nameOf: (namespace, name) =>
      namespace === undefined || namespace === ""
        ? name
        : (flatNames.get(flatKey(namespace, name)) ?? flatName(namespace, name)),
    nameOfItem: (tool) => itemNames.get(tool) ?? tool,
  };
}

function isCallable(tool: Fields): boolean {
  return tool["type"] === "function" || tool["type"] === "custom";
}

/** Codex ends the names of its namespaces with the separator already. */
export function flatName(namespace: string, name: string): string {
  return namespace.endsWith("__") ? namespace + name : `${namespace}__${name}`;
}

function flatKey(namespace: string, name: string): string {
  return `${namespace}\0${name}`;
}

function readCallable(tool: Fields, name: string): HubTool {
  const description = optional("description", textField(tool, "description"));
  if (tool["type"] === "custom") return { kind: "custom", name, ...description, ...optional("format", tool["format"]) };
  return {
    kind: "function",
    name,
    parameters: recordField(tool, "parameters") ?? { type: "object", properties: {} },
    ...description,
    ...optional("strict", booleanField(tool, "strict")),
  };
}

/** A shell in the provider's container and a search that the provider makes are the provider's own. */
function isRunByClient(type: ItemTool, tool: Fields): boolean {
  if (type === "tool_search") return tool["execution"] === "client";
  const environment = textField(recordField(tool, "environment"), "type");
  return type !== "shell" || environment === undefined || environment === "local";
}

function abilityOf(type: string): ServerAbility | undefined {
  if (/^web_search(_|$)/.test(type)) return "web-search";
  return type === "code_interpreter" ? "code-execution" : undefined;
}

export function readToolChoice(choice: unknown, tools: DeclaredTools, losses: Losses): ToolChoice | undefined {
  switch (choice) {
    case undefined:
    case null:
      return undefined;
    case "auto":
      return { type: "auto" };
    case "none":
      return { type: "none" };
    case "required":
      return { type: "required" };
    default:
  }
  if (isRecord(choice) && choice["type"] === "allowed_tools") {
    const names = (listField(choice, "tools") ?? []).flatMap((tool) => chosenName(tool, tools) ?? []);
    return { type: "allowed", mode: choice["mode"] === "required" ? "required" : "auto", names };
  }
  const name = chosenName(choice, tools);
  if (name !== undefined) return { type: "tool", name };
  losses.add("tool-choice", `${JSON.stringify(choice)} is not known`);
  return undefined;
}

/** A function or freeform tool by its name, every other tool by its type. */
function chosenName(choice: unknown, tools: DeclaredTools): string | undefined {
  const type = textField(choice, "type");
  const name = textField(choice, "name");
  if (type === "mcp") return textField(choice, "server_label");
  // Some clients send Chat's nested form.
  const nested = textField(recordField(choice, "function"), "name");
  if (name !== undefined || nested !== undefined) {
    return tools.nameOf(textField(choice, "namespace"), name ?? nested ?? "");
  }
  if (isItemTool(type)) return tools.nameOfItem(type);
  return tools.tools.some((tool) => tool.kind === "server" && tool.name === type) ? type : undefined;
}
