/**
 * Contents of a Gemini request as hub messages. Calls without an id get one made of their place, results without one
 * find their call by name and order. What only Google knows stays whole as an opaque part.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, HubMessage, OpaquePart, ToolResultContent, UserPart } from "../../hub/message.ts";
import { madeToolId } from "../../hub/tool-ids.ts";
import { listField, optional, textField, type Fields } from "../fields.ts";
import { isStoredAtGoogle, isYouTube, kindOf, mediaTypeOf } from "./media-types.ts";
import { readModelPart, readOpaque, readSignature } from "./model-turn-in.ts";
import { readResponse } from "./response-in.ts";
import { camel, camelField } from "./wire.ts";

export interface ContentReader {
  /** False when the role is unknown. Contents are read in the order in which they stand. */
  read(content: Fields): boolean;
  messages(): readonly HubMessage[];
}

/** A call of the last turn of the model that waits for its result. */
interface OpenCall {
  readonly id: string;
  readonly name: string;
  /** The id is ours: the client knows none, or one of its own making. */
  readonly isMade: boolean;
}

export function createContentReader(losses: Losses): ContentReader {
  const messages: HubMessage[] = [];
  let count = 0;
  let open: readonly OpenCall[] = [];
  /** The turn of the model that is going on: neighbouring contents of its are one. */
  let turn: AssistantPart[] | null = null;

  function callIdOf(id: string, name: string): string {
    const found =
      open.find((call) => id !== "" && call.id === id) ??
      // Gemini CLI answers calls that came without an id under an id of its own.
      open.find((call) => call.name === name && (id === "" || call.isMade));
    if (found === undefined) return id;
    open = open.filter((call) => call !== found);
    return found.id;
  }

  function readUser(parts: readonly Fields[]): void {
    const said: UserPart[] = [];
    const results = messages.length;
    for (const part of parts) {
      const response = camelField(part, "functionResponse");
      if (response === undefined) said.push(...readUserPart(part, losses));
      else messages.push(readResult(response, losses, callIdOf));
    }
    if (said.length > 0 || messages.length === results) messages.push({ role: "user", parts: said });
  }

  function readModel(parts: readonly Fields[], said: AssistantPart[]): void {
    for (const [index, part] of parts.entries()) {
      const call = camelField(part, "functionCall");
      if (call === undefined) {
        readModelPart(part, said, losses);
        continue;
      }
      const name = textField(call, "name") ?? "";
      const given = textField(call, "id") ?? "";
      const id = given === "" ? madeToolId(`gemini ${count} ${name}`, index) : given;
      open = [...open, { id, name, isMade: given === "" }];
      const args = JSON.stringify(own(call, "args") ?? {});
      said.push({ type: "tool-call", id, name, arguments: args, kind: "function", ...readSignature(part) });
    }
  }

  return {
    read(content) {
      const role = own(content, "role");
      const parts = partsOf(own(content, "parts"));
      count += 1;
      if (role === "model") {
        if (turn === null) {
          open = [];
          turn = [];
          messages.push({ role: "assistant", parts: turn });
        }
        readModel(parts, turn);
        return true;
      }
      turn = null;
      if (role !== undefined && role !== null && role !== "user" && role !== "function") return false;
      readUser(parts);
      return true;
    },
    messages: () => messages,
  };
}

/** A list, one part alone, or (in the SDKs' helpers) plain text. */
export function partsOf(parts: unknown): readonly Fields[] {
  if (typeof parts === "string") return [{ text: parts }];
  if (isRecord(parts)) return [camel(parts)];
  if (!Array.isArray(parts)) return [];
  return parts.flatMap((part: unknown) =>
    isRecord(part) ? [camel(part)] : typeof part === "string" ? [{ text: part }] : [],
  );
}

function readUserPart(part: Fields, losses: Losses): readonly UserPart[] {
  const text = textField(part, "text");
  if (text !== undefined) return [{ type: "text", text }];
  const file = readFile(part);
  if (file === null) return readOpaque(part, losses).map((one) => ({ ...one, essential: true }));
  for (const field of ["videoMetadata", "mediaResolution", "mediaProcessing"]) {
    if (own(part, field) !== undefined) losses.add("parameter", `${field} of a file`);
  }
  return [file];
}

/** `inlineData` and `fileData`; null for anything else and for files that only Google can open. */
function readFile(part: Fields): Exclude<UserPart, OpaquePart> | null {
  const inline = camelField(part, "inlineData");
  const data = textField(inline, "data");
  if (data !== undefined)
    return readInline(textField(inline, "mimeType") ?? "", data, textField(inline, "displayName"));
  const stored = camelField(part, "fileData");
  const url = textField(stored, "fileUri");
  if (url === undefined || isStoredAtGoogle(url)) return null;
  const mediaType = textField(stored, "mimeType") ?? (isYouTube(url) ? "video/mp4" : mediaTypeOf(url));
  const kind = mediaType === undefined ? "document" : kindOf(mediaType);
  if (kind === "image") return { type: "image", source: { kind: "url", url } };
  if (kind === "media") return { type: "media", source: { kind: "url", url, ...optional("mediaType", mediaType) } };
  return { type: "document", source: { kind: "url", url }, ...optional("title", textField(stored, "displayName")) };
}

function readInline(mediaType: string, data: string, title: string | undefined): Exclude<UserPart, OpaquePart> {
  const kind = kindOf(mediaType);
  if (kind !== "document") return { type: kind, source: { kind: "base64", mediaType, data } };
  const source = mediaType.startsWith("text/")
    ? ({ kind: "text", text: Buffer.from(data, "base64").toString("utf8") } as const)
    : ({ kind: "base64", mediaType: mediaType === "" ? "application/octet-stream" : mediaType, data } as const);
  return { type: "document", source, ...optional("title", title) };
}

function readResult(
  response: Fields,
  losses: Losses,
  callIdOf: (id: string, name: string) => string,
): Extract<HubMessage, { role: "tool" }> {
  const name = textField(response, "name") ?? "";
  const callId = callIdOf(textField(response, "id") ?? "", name);
  const { text, isError } = readResponse(own(response, "response"), name);
  const files = (listField(response, "parts") ?? [])
    .filter(isRecord)
    .flatMap((part): readonly ToolResultContent[] => readUserPart(camel(part), losses));
  return {
    role: "tool",
    callId,
    parts: [...(text === "" ? [] : [{ type: "text", text } as const]), ...files],
    isError,
  };
}
