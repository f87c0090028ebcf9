/**
 * A conversation as Cursor's agent takes it: one system prompt, one text of the user, pictures beside it. The backend keeps
 * histories itself, in blobs whose inner shape is known in part only, and its inline transcript (`conversation_history`) is
 * attested once: a service that ignored it would answer without the conversation and nobody would notice. So earlier turns
 * go as text in front of the last one, as most public clients do (2026-11), and the flow says so.
 */
import { unreachable } from "../../../../base/unreachable.ts";
import type { Losses } from "../../../hub/losses.ts";
import type { AssistantPart, HubMessage, ImagePart, ToolResultContent, UserPart } from "../../../hub/message.ts";

export interface Transcript {
  /** Empty: none. */
  readonly system: string;
  readonly text: string;
  readonly images: readonly { readonly mediaType: string; readonly data: Uint8Array }[];
}

export function writeTranscript(messages: readonly HubMessage[], losses: Losses): Transcript {
  const images: { readonly mediaType: string; readonly data: Uint8Array }[] = [];
  const picture = (part: ImagePart): string => {
    if (part.source.kind === "url") {
      losses.add("image", "Cursor takes pictures themselves, not their addresses");
      return `[image: ${part.source.url}]`;
    }
    images.push({ mediaType: part.source.mediaType, data: Buffer.from(part.source.data, "base64") });
    return `[image ${images.length}]`;
  };
  const says = { losses, picture };
  const system = messages
    .flatMap((message) => (isSystem(message) ? message.parts.map(({ text }) => text) : []))
    .filter((text) => text !== "")
    .join("\n\n");
  const turns = messages.filter((message) => !isSystem(message));
  const last = turns[turns.length - 1];
  if (turns.length === 1 && last?.role === "user") return { system, text: contentText(last.parts, says), images };
  losses.add("message", "Cursor keeps conversations itself: the earlier turns went as text in front of the last one");
  const isQuestion = last?.role === "user";
  const earlier = isQuestion ? turns.slice(0, -1) : turns;
  const names = namesOfCalls(turns);
  const history = earlier.map((message) => turnText(message, names, says)).filter((text) => text !== "");
  const question = isQuestion ? contentText(last.parts, says) : goOn;
  return { system, text: `<conversation>\n${history.join("\n")}\n</conversation>\n\n${question}`, images };
}

/** After the results of tools, or where the assistant was to go on. */
const goOn = "Go on with the conversation above from where it stops. What it holds has happened already.";

interface Says {
  readonly losses: Losses;
  readonly picture: (part: ImagePart) => string;
}

type System = Extract<HubMessage, { role: "system" | "developer" }>;

function isSystem(message: HubMessage): message is System {
  return message.role === "system" || message.role === "developer";
}

function namesOfCalls(messages: readonly HubMessage[]): ReadonlyMap<string, string> {
  return new Map(
    messages.flatMap((message) =>
      message.role === "assistant"
        ? message.parts.flatMap((part): [string, string][] => (part.type === "tool-call" ? [[part.id, part.name]] : []))
        : [],
    ),
  );
}

function turnText(message: HubMessage, names: ReadonlyMap<string, string>, says: Says): string {
  switch (message.role) {
    case "system":
    case "developer":
      return "";
    case "user":
      return `<user>\n${contentText(message.parts, says)}\n</user>`;
    case "assistant": {
      const text = message.parts.flatMap((part) => assistantText(part, says)).join("\n");
      return text === "" ? "" : `<assistant>\n${text}\n</assistant>`;
    }
    case "tool": {
      const name = names.get(message.callId);
      const of = name === undefined ? "" : ` name=${JSON.stringify(name)}`;
      const failed = message.isError ? ' error="true"' : "";
      const head = `<tool_result id=${JSON.stringify(message.callId)}${of}${failed}>`;
      return `${head}\n${contentText(message.parts, says)}\n</tool_result>`;
    }
    default:
      return unreachable(message);
  }
}

function contentText(parts: readonly (UserPart | ToolResultContent)[], says: Says): string {
  return parts.map((part) => partText(part, says)).join("\n");
}

function partText(part: UserPart | ToolResultContent, { losses, picture }: Says): string {
  switch (part.type) {
    case "text":
      return part.text;
    case "image":
      return picture(part);
    case "document":
      if (part.source.kind === "text") return `<document>\n${part.source.text}\n</document>`;
      losses.add("document", "Cursor takes documents as text only");
      return `[document: ${part.title ?? (part.source.kind === "url" ? part.source.url : part.source.mediaType)}]`;
    case "media":
      losses.add("document", "Cursor takes neither sound nor moving pictures");
      return "[media]";
    case "opaque":
      losses.add("server-block", part.name);
      return part.text ?? "";
    default:
      return unreachable(part);
  }
}

function assistantText(part: AssistantPart, { losses, picture }: Says): readonly string[] {
  switch (part.type) {
    case "text":
    case "refusal":
      return part.text === "" ? [] : [part.text];
    case "thinking":
    case "redacted-thinking":
      losses.add("thinking", "earlier thinking is not sent to Cursor");
      return [];
    case "tool-call":
      return [
        `<tool_call id=${JSON.stringify(part.id)} name=${JSON.stringify(part.name)}>\n${part.arguments}\n</tool_call>`,
      ];
    case "image":
      return [picture(part)];
    case "opaque":
      losses.add("server-block", part.name);
      return part.text === undefined ? [] : [part.text];
    default:
      return unreachable(part);
  }
}
