/**
 * A conversation in Kiro's turns (facts of 2026-11): user and assistant take turns strictly, no turn is without words,
 * a call's result stands in the user turn right behind it, and pictures belong to a turn and not to a result.
 */
import { unreachable } from "../../../base/unreachable.ts";
import { wrapCustomInput } from "../../hub/custom-tools.ts";
import type { Losses } from "../../hub/losses.ts";
import type {
  AssistantPart,
  DocumentPart,
  HubMessage,
  ImagePart,
  OpaquePart,
  ToolCallPart,
  ToolResultContent,
  UserPart,
} from "../../hub/message.ts";
import { isMadeBy, type Maker } from "../../hub/provenance.ts";
import type { NameMap } from "../../hub/tool-ids.ts";
import type { Fields } from "../fields.ts";
import { parsedInput } from "./tools-out.ts";

export interface TurnOptions {
  readonly names: NameMap;
  readonly ids: NameMap;
  readonly losses: Losses;
  readonly maker: Maker;
}

export interface UserTurn {
  readonly role: "user";
  readonly texts: readonly string[];
  readonly images: readonly Fields[];
  readonly results: readonly Fields[];
}

export interface AssistantTurn {
  readonly role: "assistant";
  readonly texts: readonly string[];
  readonly calls: readonly Fields[];
  readonly reasoning: Fields | null;
}

export type Turn = UserTurn | AssistantTurn;

/** What stands in a turn that has no words of its own; older hosts refuse an empty one. */
export const fillers = {
  user: "Continue.",
  results: "The results of the tools.",
  assistant: ".",
} as const;

const emptyUser: UserTurn = { role: "user", texts: [], images: [], results: [] };

/** `messages`: repaired (hub/repair.ts), without the leading system messages. The last turn is the user's. */
export function writeTurns(messages: readonly HubMessage[], options: TurnOptions): readonly Turn[] {
  const { losses } = options;
  const turns: Turn[] = [];
  let drawn: readonly ImagePart[] = [];
  const addUser = (more: Partial<UserTurn>): void => {
    const last = turns[turns.length - 1];
    const before = last?.role === "user" ? last : emptyUser;
    const joined: UserTurn = {
      role: "user",
      texts: [...before.texts, ...(more.texts ?? [])],
      images: [...before.images, ...(more.images ?? [])],
      results: [...before.results, ...(more.results ?? [])],
    };
    if (last?.role === "user") turns[turns.length - 1] = joined;
    else turns.push(joined);
  };
  const showDrawn = (): void => {
    if (drawn.length > 0) addUser(spoken(drawn, "the picture that the assistant drew", losses));
    drawn = [];
  };
  for (const message of messages) {
    switch (message.role) {
      case "system":
      case "developer":
        losses.add("system-message", "a system message in mid-conversation became a reminder in the user's turn");
        addUser({ texts: message.parts.map(({ text }) => `<system-reminder>\n${text}\n</system-reminder>`) });
        break;
      case "user":
        showDrawn();
        addUser(spoken(message.parts, null, losses));
        break;
      case "tool":
        addUser(answered(message, options));
        showDrawn();
        break;
      case "assistant": {
        const turn = said(message.parts, options);
        drawn = message.parts.filter((part) => part.type === "image");
        const last = turns[turns.length - 1];
        if (last === undefined) {
          losses.add("message", "an opening user turn was added");
          addUser({});
        }
        if (last?.role === "assistant") turns[turns.length - 1] = joinedTurns(last, turn);
        else turns.push(turn);
        break;
      }
      default:
        return unreachable(message);
    }
  }
  showDrawn();
  if (turns[turns.length - 1]?.role === "assistant") {
    losses.add("prefill", "Kiro's models cannot go on from a given text; they were asked to in words");
    addUser({});
  }
  return turns;
}

function joinedTurns(first: AssistantTurn, second: AssistantTurn): AssistantTurn {
  return {
    role: "assistant",
    texts: [...first.texts, ...second.texts],
    calls: [...first.calls, ...second.calls],
    reasoning: second.reasoning ?? first.reasoning,
  };
}

/** `label`: what a picture is called in the text; null: nothing needs to be said of it. */
function spoken(
  parts: readonly (UserPart | ToolResultContent)[],
  label: string | null,
  losses: Losses,
): Pick<UserTurn, "texts" | "images"> {
  const texts: string[] = [];
  const images: Fields[] = [];
  for (const part of parts) {
    switch (part.type) {
      case "text":
        if (part.text.trim() !== "") texts.push(part.text);
        break;
      case "image": {
        const image = writeImage(part);
        if (image !== null) images.push(image);
        else losses.add("image", "Kiro takes PNG, JPEG, GIF and WebP pictures as bytes only; one was left out");
        const note = image === null ? pictureNote(part) : label === null ? null : `[${label}]`;
        if (note !== null) texts.push(note);
        break;
      }
      case "document":
        texts.push(documentText(part) ?? "");
        break;
      case "opaque":
        texts.push(...opaqueText(part, losses));
        break;
      case "media":
        // A request with one is refused before it is written (unsaid.ts).
        break;
      default:
        unreachable(part);
    }
  }
  return { texts, images };
}

function answered(message: Extract<HubMessage, { role: "tool" }>, { ids, losses }: TurnOptions): Partial<UserTurn> {
  // A picture inside a result is taken and silently dropped by the service, so it is lifted to the turn.
  const { texts, images } = spoken(message.parts, "a picture, attached to this message", losses);
  if (images.length > 0) losses.add("message-order", "pictures of a tool result stand beside it in the same turn");
  return {
    images,
    results: [
      {
        toolUseId: ids.toWire(message.callId),
        status: message.isError ? "error" : "success",
        content: (texts.length === 0 ? ["(no output)"] : texts).map((text) => ({ text })),
      },
    ],
  };
}

function said(parts: readonly AssistantPart[], options: TurnOptions): AssistantTurn {
  const { losses, maker } = options;
  const texts: string[] = [];
  const calls: Fields[] = [];
  let reasoning: Fields | null = null;
  for (const part of parts) {
    switch (part.type) {
      case "text":
      case "refusal":
        if (part.text.trim() !== "") texts.push(part.text);
        break;
      case "thinking":
        if (part.signature !== undefined && isMadeBy(part.from, maker)) {
          if (reasoning !== null)
            losses.add("thinking", "a turn holds one piece of thinking at Kiro; the last was kept");
          reasoning = { reasoningText: { text: part.text, signature: part.signature } };
        } else losses.add("thinking", "thinking without Kiro's own signature was left out of the history");
        break;
      case "redacted-thinking":
        if (isMadeBy(part.from, maker)) reasoning = { redactedContent: part.data };
        else losses.add("thinking", "encrypted thinking of another provider was left out of the history");
        break;
      case "tool-call":
        calls.push(writeCall(part, options));
        break;
      case "image":
        losses.add("image", "a picture the model drew stands in the user's turn after it");
        break;
      case "opaque":
        texts.push(...opaqueText(part, losses));
        break;
      default:
        unreachable(part);
    }
  }
  return { role: "assistant", texts, calls, reasoning };
}

function writeCall(part: ToolCallPart, { names, ids, losses }: TurnOptions): Fields {
  const { input, isValid } = parsedInput(part.kind === "custom" ? wrapCustomInput(part.arguments) : part.arguments);
  if (!isValid)
    losses.add("tool-arguments", `the arguments of a call of ${part.name} are not a JSON object; sent empty`);
  return { toolUseId: ids.toWire(part.id), name: names.toWire(part.name), input };
}

const imageFormats: Readonly<Record<string, string>> = {
  "image/png": "png",
  "image/jpeg": "jpeg",
  "image/jpg": "jpeg",
  "image/gif": "gif",
  "image/webp": "webp",
};

/** Null: Kiro has no way to be shown it. */
function writeImage({ source }: ImagePart): Fields | null {
  if (source.kind === "url") return null;
  const type = source.mediaType.toLowerCase();
  const format = Object.hasOwn(imageFormats, type) ? imageFormats[type] : undefined;
  return format === undefined ? null : { format, source: { bytes: source.data } };
}

function pictureNote({ source }: ImagePart): string {
  return source.kind === "url" ? `[a picture at ${source.url}, not attached]` : "[a picture, not attached]";
}

/** Null: bytes that are no text. A request with one is refused before it is written (unsaid.ts). */
export function documentText({ source, title }: DocumentPart): string | null {
  const head = title === undefined || title === "" ? "" : `${title}:\n`;
  if (source.kind === "text") return head + source.text;
  if (source.kind === "base64" && /^text\/|[/+](json|xml|yaml)$/.test(source.mediaType)) {
    return head + Buffer.from(source.data, "base64").toString("utf8");
  }
  return null;
}

function opaqueText(part: OpaquePart, losses: Losses): readonly string[] {
  const isSaid = part.text !== undefined && part.text !== "";
  losses.add("server-block", `a ${part.name} block of ${part.from} was ${isSaid ? "put into words" : "left out"}`);
  return isSaid && part.text !== undefined ? [part.text] : [];
}
