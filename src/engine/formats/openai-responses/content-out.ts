/**
 * Hub messages as the items of a Responses input: a message, each piece of reasoning, each call and each result is an item
 * of its own, in the order things were said. No item carries an id: ids belong to whoever stored the item, and encrypted
 * reasoning is refused under another's (late 2026); without one it is taken.
 */
import { isRecord } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, HubMessage, ToolCallPart } from "../../hub/message.ts";
import { isMadeBy, type Maker } from "../../hub/provenance.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import type { Fields } from "../fields.ts";
import { writeInputPart, type PartOptions } from "./parts-out.ts";

export interface ContentOptions extends PartOptions {
  readonly names: NameMap;
  readonly ids: NameMap;
  readonly losses: Losses;
  /** The side that is asked; its own encrypted reasoning goes back to it. */
  readonly maker: Maker;
  readonly reasons: boolean;
  /** Freeform calls keep their form; else they are functions with one string. */
  readonly keepsCustom: boolean;
}

type Role = "user" | "assistant" | "developer";

export function writeInput(messages: readonly HubMessage[], options: ContentOptions): readonly Fields[] {
  const customCalls = idsOfCustomCalls(messages, options);
  return messages.flatMap((message): readonly Fields[] => {
    switch (message.role) {
      case "system":
      case "developer":
        return messageItems(
          "developer",
          message.parts.map(({ text }) => ({ type: "input_text", text })),
        );
      case "user":
        return writeUser(message.parts, options);
      case "assistant":
        return writeAssistant(message.parts, options);
      case "tool":
        return [writeResult(message, customCalls.has(message.callId), options)];
      default:
        return unreachable(message);
    }
  });
}

function messageItems(role: Role, content: readonly Fields[]): readonly Fields[] {
  return content.length === 0 ? [] : [{ type: "message", role, content }];
}

/** Items of the provider's own among the parts of a message stand between messages. */
function writeUser(parts: Extract<HubMessage, { role: "user" }>["parts"], options: ContentOptions): readonly Fields[] {
  const items: Fields[] = [];
  let content: Fields[] = [];
  for (const part of parts) {
    if (part.type === "opaque" && part.from === "openai-responses" && isRecord(part.raw) && !isContent(part.name)) {
      items.push(...messageItems("user", content), part.raw);
      content = [];
    } else content.push(...writeInputPart(part, options));
  }
  return [...items, ...messageItems("user", content)];
}

/** The names of content parts; everything else is an item. */
function isContent(name: string): boolean {
  return name.startsWith("input_") || name === "encrypted_content";
}

function writeAssistant(parts: readonly AssistantPart[], options: ContentOptions): readonly Fields[] {
  const items: Fields[] = [];
  let content: Fields[] = [];
  let drawings: Fields[] = [];
  const flush = (): void => {
    items.push(...messageItems("assistant", content));
    content = [];
  };
  const add = (item: Fields): void => {
    flush();
    items.push(item);
  };
  for (const [index, part] of parts.entries()) {
    switch (part.type) {
      case "text":
        content.push({ type: "output_text", text: part.text, annotations: [] });
        break;
      case "refusal":
        content.push({ type: "refusal", refusal: part.text });
        break;
      case "thinking": {
        const blob = ownBlob(part.signature, part.from, options);
        if (blob === null)
          options.losses.add("thinking", "thinking that is not this provider's own was left out of the history");
        else if (leadsSomewhere(parts, index)) add(reasoning(part.text, blob));
        else options.losses.add("thinking", "reasoning that led to no answer was left out");
        break;
      }
      case "redacted-thinking": {
        const blob = ownBlob(part.data, part.from, options);
        if (blob === null)
          options.losses.add("thinking", "encrypted thinking of another provider was left out of the history");
        else if (leadsSomewhere(parts, index)) add(reasoning("", blob));
        break;
      }
      case "tool-call":
        add(writeCall(part, options));
        break;
      case "image":
        drawings.push(...writeInputPart(part, options));
        break;
      case "opaque":
        if (part.from === "openai-responses" && isRecord(part.raw)) add(part.raw);
        else {
          for (const written of writeInputPart(part, options)) {
            content.push({ type: "output_text", text: String(written["text"]), annotations: [] });
          }
        }
        break;
      default:
        unreachable(part);
    }
  }
  flush();
  if (drawings.length > 0 && parts.some((part) => part.type === "tool-call")) {
    // Between a call and its result stands nothing.
    options.losses.add("image", "a picture the model drew beside a call was left out");
    drawings = [];
  }
  if (drawings.length > 0) options.losses.add("image", "a picture the model drew follows in a user message");
  const label: Fields = { type: "input_text", text: "[drawn by you]" };
  return drawings.length === 0 ? items : [...items, ...messageItems("user", [label, ...drawings])];
}

function ownBlob(
  blob: string | undefined,
  from: Extract<AssistantPart, { type: "thinking" }>["from"],
  options: ContentOptions,
): string | null {
  return blob !== undefined && blob !== "" && options.reasons && isMadeBy(from, options.maker) ? blob : null;
}

/** The API refuses reasoning without what it led to. */
function leadsSomewhere(parts: readonly AssistantPart[], index: number): boolean {
  return parts
    .slice(index + 1)
    .some((part) => part.type === "text" || part.type === "tool-call" || part.type === "refusal");
}

function reasoning(text: string, blob: string): Fields {
  return {
    type: "reasoning",
    summary: text === "" ? [] : [{ type: "summary_text", text }],
    encrypted_content: blob,
  };
}

function writeCall(part: ToolCallPart, { names, ids, keepsCustom }: ContentOptions): Fields {
  const head = { call_id: ids.toWire(part.id), name: names.toWire(part.name) };
  if (part.kind === "custom" && keepsCustom) return { type: "custom_tool_call", ...head, input: part.arguments };
  const text = part.kind === "custom" ? wrapCustomInput(part.arguments) : part.arguments;
  return { type: "function_call", ...head, arguments: text.trim() === "" ? "{}" : text };
}

function idsOfCustomCalls(messages: readonly HubMessage[], { keepsCustom }: ContentOptions): ReadonlySet<string> {
  const ids = new Set<string>();
  if (!keepsCustom) return ids;
  for (const message of messages) {
    for (const part of message.parts) if (part.type === "tool-call" && part.kind === "custom") ids.add(part.id);
  }
  return ids;
}

function writeResult(
  message: Extract<HubMessage, { role: "tool" }>,
  isCustom: boolean,
  options: ContentOptions,
): Fields {
  const parts = message.parts.flatMap((part) => writeInputPart(part, { ...options, inResult: true }));
  return {
    type: isCustom ? "custom_tool_call_output" : "function_call_output",
    call_id: options.ids.toWire(message.callId),
    output: outputOf(parts, message.isError),
  };
}

/** One string where all of it is text: every server reads that. There is no field for a failure. */
function outputOf(parts: readonly Fields[], isError: boolean): string | readonly Fields[] {
  const prefix = isError ? "Error: " : "";
  if (parts.every((part) => part["type"] === "input_text")) {
    return prefix + parts.map((part) => String(part["text"])).join("\n");
  }
  if (!isError) return parts;
  const [first, ...rest] = parts;
  return first?.["type"] === "input_text"
    ? [{ ...first, text: prefix + String(first["text"]) }, ...rest]
    : [{ type: "input_text", text: prefix }, ...parts];
}
