/** The client's MCP tools: their definitions as functions of the hub, their results as text and pictures. */
import { isRecord, parseJson } from "../../../../base/json.ts";
import type { ImagePart, TextPart } from "../../../hub/message.ts";
import { nameRules } from "../../../hub/tool-ids.ts";
import { fromJsonFields, fromJsonValue } from "../json-value.ts";
import type { Message } from "../wire/schema.ts";
import { bytes, flag, list, sub, text, textList } from "./fields.ts";

export interface McpTool {
  /** How the model knows it. */
  readonly name: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** How the client knows it. */
  readonly definition: { readonly name: string; readonly provider: string; readonly tool: string };
}

/** What every dialect takes as a tool's name. */
const rule = nameRules.name64;

/** How the model knows a tool of that name, where no other one has its word. */
export function plainName(name: string): string {
  return name.replace(rule.forbidden, "_").slice(0, rule.maxLength);
}

/**
 * `structs`: the same definitions read with their schema as a bare `Struct`, which some builds are said to write instead of a
 * `Value` (sources disagree, 2026-11). `taken`: names that are in use already.
 */
export function readMcpTools(
  definitions: readonly Message[],
  structs: readonly Message[],
  taken: ReadonlySet<string>,
): readonly McpTool[] {
  const used = new Set(taken);
  const seen = new Set<string>();
  return definitions.flatMap((definition, index): readonly McpTool[] => {
    const name = text(definition, "name") || text(definition, "toolName");
    if (name === "" || seen.has(name)) return [];
    seen.add(name);
    const known = uniqueName(name, used);
    used.add(known);
    return [
      {
        name: known,
        description: text(definition, "description"),
        parameters: schemaOf(definition, structs[index]),
        definition: {
          name,
          provider: text(definition, "providerIdentifier"),
          tool: text(definition, "toolName") || name,
        },
      },
    ];
  });
}

function uniqueName(name: string, used: ReadonlySet<string>): string {
  const plain = plainName(name);
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? "" : `_${number}`;
    const candidate = plain.slice(0, rule.maxLength - suffix.length) + suffix;
    if (!used.has(candidate)) return candidate;
  }
}

function schemaOf(definition: Message, struct: Message | undefined): Readonly<Record<string, unknown>> {
  const written = parseJson(text(definition, "inputSchemaJson"));
  if (written.ok && isRecord(written.value)) return written.value;
  const value = sub(definition, "inputSchema");
  const read = value === undefined ? undefined : fromJsonValue(value);
  if (isRecord(read)) return read;
  const bare = fromJsonFields(sub(sub(struct, "inputSchema"), "fields"));
  return Object.keys(bare).length > 0 ? bare : { type: "object", properties: {} };
}

export interface ToolText {
  readonly parts: readonly (TextPart | ImagePart)[];
  readonly isError: boolean;
}

export function readMcpResult(result: Message): ToolText {
  const success = sub(result, "success");
  if (success !== undefined) {
    return { parts: list(success, "content").flatMap(contentPart), isError: flag(success, "isError") };
  }
  const missing = sub(result, "toolNotFound");
  if (missing !== undefined) {
    const others = textList(missing, "availableTools").join(", ");
    return failed(`There is no tool ${text(missing, "name")}.${others === "" ? "" : ` There are: ${others}.`}`);
  }
  const rejected = sub(result, "rejected");
  if (rejected !== undefined) return failed(`The user declined this call. ${text(rejected, "reason")}`.trim());
  const said = text(sub(result, "error"), "error") || text(sub(result, "permissionDenied"), "error");
  return failed(said || "The tool failed and did not say why.");
}

function contentPart(content: Message): readonly (TextPart | ImagePart)[] {
  const image = sub(content, "image");
  if (image === undefined) return [{ type: "text", text: text(sub(content, "text"), "text") }];
  const data = Buffer.from(bytes(image, "data")).toString("base64");
  return [{ type: "image", source: { kind: "base64", mediaType: text(image, "mimeType") || "image/png", data } }];
}

export function failed(why: string): ToolText {
  return { parts: [{ type: "text", text: why }], isError: true };
}
