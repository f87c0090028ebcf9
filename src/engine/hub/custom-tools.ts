/**
 * Freeform ("custom") tools for upstreams that know functions only: the tool becomes a function with one string,
 * `input`, and the call that comes back is unwrapped to the raw text the client expects.
 */
import { isRecord, own, parseJson } from "../../base/json.ts";
import type { HubTool } from "./tools.ts";

export type CustomTool = Extract<HubTool, { kind: "custom" }>;
export type FunctionTool = Extract<HubTool, { kind: "function" }>;

export function wrapCustomTool(tool: CustomTool): FunctionTool {
  const grammar = grammarText(tool.format);
  const description = [
    tool.description ?? "",
    grammar === null ? "" : `The input must follow this grammar:\n${grammar}`,
  ].filter((text) => text !== "");
  return {
    kind: "function",
    name: tool.name,
    ...(description.length === 0 ? {} : { description: description.join("\n\n") }),
    parameters: {
      type: "object",
      properties: { input: { type: "string", description: "The whole input of the tool, as plain text." } },
      required: ["input"],
      additionalProperties: false,
    },
  };
}

export function wrapCustomInput(input: string): string {
  return JSON.stringify({ input });
}

/** The raw text of a wrapped call. A model that ignored the wrapping is taken at its word. */
export function unwrapCustomInput(argumentsText: string): string {
  const parsed = parseJson(argumentsText);
  const input = parsed.ok ? own(parsed.value, "input") : undefined;
  return typeof input === "string" ? input : argumentsText;
}

/** Both spellings: nested under `grammar` (Chat) and flat (Responses). */
function grammarText(format: unknown): string | null {
  const grammar = isRecord(own(format, "grammar")) ? own(format, "grammar") : format;
  const definition = own(grammar, "definition");
  if (typeof definition !== "string" || definition === "") return null;
  const syntax = own(grammar, "syntax");
  return typeof syntax === "string" ? `(${syntax})\n${definition}` : definition;
}
