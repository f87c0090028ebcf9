/** Turns of a Kiro conversation as hub messages. The wire has no order inside a turn; ours is the one models read best. */
import { isRecord } from "../../../base/json.ts";
import { isCarrier, readCarrier } from "../../hub/carrier.ts";
import type { Losses } from "../../hub/losses.ts";
import type {
  AssistantPart,
  CacheMark,
  HubMessage,
  ImagePart,
  RedactedThinkingPart,
  TextPart,
  ThinkingPart,
  ToolCallPart,
  ToolResultContent,
  UserPart,
} from "../../hub/message.ts";
import { decodeToolId } from "../../hub/tool-ids.ts";
import { listField, recordField, textField, type Fields } from "../fields.ts";

/** Results of calls first, each a message of its own, then the pictures and the text of the same turn. */
export function readUserTurn(message: Fields, losses: Losses): readonly HubMessage[] {
  const context = recordField(message, "userInputMessageContext");
  const results = (listField(context, "toolResults") ?? [])
    .filter(isRecord)
    .map((result) => readResult(result, losses));
  const text = textField(message, "content") ?? "";
  const parts: readonly UserPart[] = [
    ...(listField(message, "images") ?? []).flatMap((image) => readImage(image, losses)),
    ...(text === "" ? [] : [{ type: "text", text } as const]),
  ];
  const marked = withMark(parts, message, (): boolean => true);
  if (marked.length === 0 && results.length > 0) return results;
  return [...results, { role: "user", parts: marked }];
}

function readResult(result: Fields, losses: Losses): HubMessage {
  return {
    role: "tool",
    callId: decodeToolId(textField(result, "toolUseId") ?? ""),
    parts: (listField(result, "content") ?? []).flatMap((content) => readResultContent(content, losses)),
    isError: textField(result, "status") === "error",
  };
}

/** Text, or any JSON, which every other dialect says as text. Pictures are seen there too, though Kiro ignores them. */
function readResultContent(content: unknown, losses: Losses): readonly ToolResultContent[] {
  const text = textField(content, "text");
  if (text !== undefined) return [{ type: "text", text }];
  if (isRecord(content) && "json" in content) return [{ type: "text", text: JSON.stringify(content["json"] ?? null) }];
  if (recordField(content, "image") !== undefined) return readImage(recordField(content, "image"), losses);
  losses.add("tool-result", "a piece that is neither text nor JSON");
  return [];
}

function readImage(image: unknown, losses: Losses): readonly ImagePart[] {
  const data = textField(recordField(image, "source"), "bytes");
  if (data === undefined || data === "") {
    losses.add("image", "a picture without its bytes");
    return [];
  }
  const format = (textField(image, "format") ?? "png").toLowerCase();
  const mediaType = `image/${format === "jpg" ? "jpeg" : format}`;
  return [{ type: "image", source: { kind: "base64", mediaType, data } }];
}

/** What Kiro keeps beside an answer for its own screen; no model reads it. */
const shownBeside = ["supplementaryWebLinks", "references", "followupPrompt"] as const;

export function readAssistantTurn(message: Fields, losses: Losses): readonly HubMessage[] {
  for (const name of shownBeside) {
    const value = message[name];
    if (isRecord(value) || (Array.isArray(value) && value.length > 0)) losses.add("message", `${name} of an answer`);
  }
  const text = textField(message, "content") ?? "";
  const parts: readonly AssistantPart[] = [
    ...readReasoning(recordField(message, "reasoningContent")),
    ...(text === "" ? [] : [{ type: "text", text } as const]),
    ...(listField(message, "toolUses") ?? []).filter(isRecord).map(readCall),
  ];
  const marked = withMark(parts, message, (part) => part.type === "text" || part.type === "tool-call");
  return marked.length === 0 ? [] : [{ role: "assistant", parts: marked }];
}

/** A union: text with its signature, or bytes only the model's maker can read. */
function readReasoning(reasoning: Fields | undefined): readonly (ThinkingPart | RedactedThinkingPart)[] {
  const said = recordField(reasoning, "reasoningText");
  const sealed = textField(reasoning, "redactedContent");
  return [
    ...(said === undefined ? [] : [readThinking(said)]),
    ...(sealed === undefined || sealed === "" ? [] : [readSealed(sealed)]),
  ];
}

/** What we sent under another maker's name comes back under it. */
function readThinking(said: Fields): ThinkingPart {
  const text = textField(said, "text") ?? "";
  const signature = textField(said, "signature") ?? "";
  if (isCarrier(signature)) {
    const carried = readCarrier(signature);
    return { type: "thinking", ...carried, text: text === "" ? (carried?.text ?? "") : text };
  }
  return signature === ""
    ? { type: "thinking", text }
    : { type: "thinking", text, signature, from: { format: "kiro" } };
}

function readSealed(data: string): RedactedThinkingPart | ThinkingPart {
  const inside = Buffer.from(data, "base64").toString("latin1");
  if (!isCarrier(inside)) return { type: "redacted-thinking", data, from: { format: "kiro" } };
  const carried = readCarrier(inside);
  // A tag of ours that cannot be read is nobody's: empty thinking, which the history repair takes out.
  if (carried === null) return { type: "thinking", text: "" };
  return { type: "redacted-thinking", data: carried.signature ?? "", from: carried.from };
}

function readCall(call: Fields): ToolCallPart {
  const input = call["input"];
  return {
    type: "tool-call",
    id: decodeToolId(textField(call, "toolUseId") ?? ""),
    name: textField(call, "name") ?? "",
    // A JSON object by the model; a text of JSON is taken as it is.
    arguments: typeof input === "string" ? input : JSON.stringify(input ?? {}),
    kind: "function",
  };
}

/** The wish that all up to the end of this turn be cached. */
export function markOf(owner: unknown): CacheMark | undefined {
  return recordField(owner, "cachePoint") === undefined ? undefined : {};
}

type Markable = UserPart | AssistantPart | TextPart;

function withMark<Part extends Markable>(
  parts: readonly Part[],
  owner: Fields,
  mayHold: (part: Part) => boolean,
): readonly Part[] {
  const cache = markOf(owner);
  const at = parts.findLastIndex(mayHold);
  if (cache === undefined || at < 0) return parts;
  return parts.map((part, index) => (index === at ? { ...part, cache } : part));
}
