/** Tool declarations as Kiro takes them (facts of 2026-11): each with a description, and with an object schema that says so. */
import { isRecord, parseJson } from "../../../base/json.ts";
import { wrapCustomTool, type FunctionTool } from "../../hub/custom-tools.ts";
import type { Losses } from "../../hub/losses.ts";
import type { HubMessage } from "../../hub/message.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import type { Fields } from "../fields.ts";

/** Bytes of UTF-8. */
const maxDescriptionBytes = 10_240;
const cutMark = "…";

/** The tools of the current message; a history with calls needs some, whatever the client declares now. */
export function writeTools(
  request: HubRequest,
  messages: readonly HubMessage[],
  names: NameMap,
  losses: Losses,
): readonly Fields[] {
  const called = calledNames(messages);
  const declared = offered(request, called.size > 0, losses);
  if (declared.length > 0) return declared.map((tool) => specification(tool, names, losses));
  if (called.size === 0) return [];
  losses.add("tool", "the history has tool calls and no tool is declared: stand-ins were declared, or Kiro refuses it");
  return [...called].map((name) => {
    const description = "Was called earlier in this conversation; not available any more.";
    return specification({ kind: "function", name, description, parameters: {} }, names, losses);
  });
}

export function calledNames(messages: readonly HubMessage[]): ReadonlySet<string> {
  return new Set(
    messages.flatMap(({ parts }) => parts.flatMap((part) => (part.type === "tool-call" ? [part.name] : []))),
  );
}

/** Kiro has no word for a choice among tools: what can be said by leaving tools out is said so. */
function offered(request: HubRequest, hasCalls: boolean, losses: Losses): readonly FunctionTool[] {
  const tools = request.tools.flatMap((tool): readonly FunctionTool[] => {
    if (tool.kind === "function") return [tool];
    if (tool.kind === "custom") return [wrapCustomTool(tool)];
    losses.add("server-tool", `${tool.name} runs at its own provider only`);
    return [];
  });
  const choice = request.toolChoice;
  switch (choice?.type) {
    case "none":
      if (tools.length === 0 || !hasCalls) return [];
      losses.add("tool-choice", "none: the history has tool calls, so the tools stay declared");
      return tools;
    case "required":
      losses.add("tool-choice", "required: Kiro's model may answer without a call");
      return tools;
    case "tool":
      losses.add("tool-choice", `${choice.name}: the only tool offered, but the model may answer without a call`);
      return tools.filter(({ name }) => name === choice.name);
    case "allowed":
      if (choice.mode === "required") losses.add("tool-choice", "required: Kiro's model may answer without a call");
      return tools.filter(({ name }) => choice.names.includes(name));
    case "auto":
    case undefined:
      return tools;
  }
}

function specification(tool: FunctionTool, names: NameMap, losses: Losses): Fields {
  const said = tool.description?.trim() ?? "";
  const description = cutToBytes(said === "" ? tool.name : said, maxDescriptionBytes);
  if (description.length < said.length) {
    losses.add("tool", `the description of ${tool.name} was cut to ${maxDescriptionBytes} bytes`);
  }
  return {
    toolSpecification: {
      name: names.toWire(tool.name),
      description,
      inputSchema: { json: objectSchema(tool.parameters) },
    },
  };
}

function objectSchema(schema: Fields): Fields {
  const { properties, required } = schema;
  return {
    ...schema,
    type: "object",
    properties: isRecord(properties) ? properties : {},
    required: Array.isArray(required) ? required.filter((name) => typeof name === "string") : [],
  };
}

/** Never inside a character. */
export function cutToBytes(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.byteLength <= maxBytes) return text;
  let end = maxBytes - Buffer.byteLength(cutMark);
  // A continuation byte belongs to the character before it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString("utf8") + cutMark;
}

/** A call's arguments as the JSON object that Kiro wants of them. */
export function parsedInput(text: string): { readonly input: Fields; readonly isValid: boolean } {
  const parsed = parseJson(text.trim() === "" ? "{}" : text);
  return parsed.ok && isRecord(parsed.value) ? { input: parsed.value, isValid: true } : { input: {}, isValid: false };
}
