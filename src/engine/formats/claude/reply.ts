/** Claude's whole message: read from an upstream, written for a client that asked for no stream. */
import { isRecord, own } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import { settleFinish } from "../../hub/finish.ts";
import type { AssistantPart, Provenance, TextPart } from "../../hub/message.ts";
import type { HubReply } from "../../hub/reply.ts";
import { restoreReply, type ReplyContext } from "../../hub/restore.ts";
import { encodeToolId } from "../../hub/tool-ids.ts";
import { noUsage } from "../../hub/usage.ts";
import { listField, optional, recordField, textField, type Fields } from "../fields.ts";
import type { Result, WriterOptions } from "../format.ts";
import { readCitations, showCitation } from "./citations.ts";
import { readError } from "./errors.ts";
import { readFinish, writeFinish } from "./finish.ts";
import { hidesThinking, shownOpaque, shownPicture, shownRedacted, shownSignature } from "./shown.ts";
import { readUsage, writeUsage } from "./usage.ts";
import { partialInput } from "./partial-input.ts";
import { parsedInput } from "./wire.ts";

export function readReply(body: unknown, context: ReplyContext = {}): Result<HubReply> {
  if (textField(body, "type") === "error" || own(body, "error") !== undefined) {
    return { ok: false, error: readError(undefined, [], body, "") };
  }
  const content = listField(body, "content");
  if (content === undefined) {
    return { ok: false, error: { kind: "protocol", message: "the upstream's reply has no content list" } };
  }
  const model = textField(body, "model") ?? null;
  const from: Provenance = {
    format: "claude",
    ...optional("model", context.model ?? model ?? undefined),
    ...optional("origin", context.origin),
  };
  const parts = content.filter(isRecord).map((block) => readBlock(block, from));
  const tools = parts.filter((part) => part.type === "tool-call").length;
  const reply: HubReply = {
    id: textField(body, "id") ?? null,
    model,
    parts,
    finish: settleFinish(readFinish(body), tools),
    usage: readUsage(own(body, "usage"), noUsage),
    losses: [],
  };
  return { ok: true, value: restoreReply(reply, context) };
}

function readBlock(block: Fields, from: Provenance): AssistantPart {
  switch (block["type"]) {
    case "text":
      return { type: "text", text: textField(block, "text") ?? "", ...citationsIn(block) };
    case "thinking": {
      const signature = textField(block, "signature") ?? "";
      const text = textField(block, "thinking") ?? "";
      return { type: "thinking", text, ...(signature === "" ? {} : { signature }), from };
    }
    case "redacted_thinking":
      return { type: "redacted-thinking", data: textField(block, "data") ?? "", from };
    case "tool_use":
      return {
        type: "tool-call",
        id: textField(block, "id") ?? "",
        name: textField(block, "name") ?? "",
        arguments: JSON.stringify(recordField(block, "input") ?? {}),
        kind: "function",
      };
    default:
      return { type: "opaque", from: "claude", name: textField(block, "type") ?? "unknown", raw: block };
  }
}

function citationsIn(block: Fields): Pick<TextPart, "citations"> {
  const citations = readCitations(block);
  return citations.length === 0 ? {} : { citations };
}

export function writeReply(reply: HubReply, options: WriterOptions): Uint8Array {
  const refused = reply.parts.some((part) => part.type === "refusal");
  const hides = hidesThinking(options.request);
  const message = {
    id: reply.id === null || reply.id === "" ? options.fallbackId : reply.id,
    type: "message",
    role: "assistant",
    model: options.model,
    content: reply.parts.flatMap((part) => writeBlock(part, hides)),
    ...writeFinish(reply.finish, refused),
    usage: writeUsage(reply.usage, options.usageBuffer),
  };
  return Buffer.from(JSON.stringify(message));
}

function writeBlock(part: AssistantPart, hides: boolean): readonly Fields[] {
  switch (part.type) {
    case "text": {
      const citations = (part.citations ?? []).flatMap((citation) => showCitation(citation) ?? []);
      if (part.text === "") return [];
      return [{ type: "text", text: part.text, ...(citations.length === 0 ? {} : { citations }) }];
    }
    case "refusal":
      return part.text === "" ? [] : [{ type: "text", text: part.text }];
    case "thinking": {
      const signature = shownSignature(part.signature, part.from, hides ? part.text : "");
      return [{ type: "thinking", thinking: hides ? "" : part.text, signature }];
    }
    case "redacted-thinking":
      return [shownRedacted(part.data, part.from)];
    case "tool-call":
      return [{ type: "tool_use", id: encodeToolId(part.id), name: part.name, input: inputOf(part) }];
    case "image":
      return [{ type: "text", text: shownPicture(part) }];
    case "opaque": {
      const shown = shownOpaque(part);
      if (shown === null) return [];
      return [typeof shown === "string" ? { type: "text", text: shown } : shown];
    }
    default:
      return unreachable(part);
  }
}

/** Cut arguments are shown as far as they came, as in a stream; `max_tokens` beside them says that they are not whole. */
function inputOf(part: Extract<AssistantPart, { type: "tool-call" }>): Fields {
  const text = part.kind === "custom" ? wrapCustomInput(part.arguments) : part.arguments;
  const { input, isValid } = parsedInput(text);
  return isValid ? input : partialInput(text);
}
