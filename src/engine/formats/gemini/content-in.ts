/**
 * Contents of a Gemini request as hub messages. Calls without an id get one made of their place, results without one
 * find their call by name and order. What only Google knows stays whole as an opaque part.
 */
import { isRecord, own } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type {
  AssistantPart,
  HubMessage,
  OpaquePart,
  Provenance,
  ToolResultContent,
  UserPart,
} from "../../hub/message.ts";
import { madeToolId } from "../../hub/tool-ids.ts";
import { listField, optional, textField, type Fields } from "../fields.ts";
import { isStoredAtGoogle, isYouTube, kindOf, mediaTypeOf } from "./media-types.ts";
import { readResponse } from "./response-in.ts";
import { camel, camelField, isSignature } from "./wire.ts";

export interface ContentReader {
  /** Null when the role is unknown. Contents are read in the order in which they stand. */
  read(content: Fields): readonly HubMessage[] | null;
}

/** A call of the last turn of the model that waits for its result. */
interface OpenCall {
  readonly id: string;
  readonly name: string;
  /** The id is ours: the client knows none, or one of its own making. */
  readonly isMade: boolean;
}

export function createContentReader(losses: Losses): ContentReader {
  let turn = 0;
  let open: readonly OpenCall[] = [];
  let wasModel = false;

  function callIdOf(id: string, name: string): string {
    const found =
      open.find((call) => id !== "" && call.id === id) ??
      // Gemini CLI answers calls that came without an id under an id of its own.
      open.find((call) => call.name === name && (id === "" || call.isMade));
    if (found === undefined) return id;
    open = open.filter((call) => call !== found);
    return found.id;
  }

  function readUser(parts: readonly Fields[]): readonly HubMessage[] {
    const results: HubMessage[] = [];
    const said: UserPart[] = [];
    for (const part of parts) {
      const response = camelField(part, "functionResponse");
      if (response === undefined) said.push(...readUserPart(part, losses));
      else results.push(readResult(response, losses, callIdOf));
    }
    return said.length === 0 && results.length > 0 ? results : [...results, { role: "user", parts: said }];
  }

  function readModel(parts: readonly Fields[]): readonly HubMessage[] {
    const read: AssistantPart[] = [];
    for (const [index, part] of parts.entries()) {
      const call = camelField(part, "functionCall");
      if (call === undefined) {
        readModelPart(part, read, losses);
        continue;
      }
      const name = textField(call, "name") ?? "";
      const given = textField(call, "id") ?? "";
      const id = given === "" ? madeToolId(`gemini ${turn} ${name}`, index) : given;
      open = [...open, { id, name, isMade: given === "" }];
      const args = JSON.stringify(own(call, "args") ?? {});
      read.push({ type: "tool-call", id, name, arguments: args, kind: "function", ...readSignature(part) });
    }
    return [{ role: "assistant", parts: read }];
  }

  return {
    read(content) {
      const role = own(content, "role");
      const parts = partsOf(own(content, "parts"));
      turn += 1;
      if (role === "model") {
        if (!wasModel) open = [];
        wasModel = true;
        return readModel(parts);
      }
      wasModel = false;
      return role === undefined || role === null || role === "user" || role === "function" ? readUser(parts) : null;
    },
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

/** Whose: Google's. All three formats of its service share their signatures, so one name stands for them. */
const from: Provenance = { format: "gemini" };

function readSignature(part: Fields): { readonly signature?: string; readonly from?: Provenance } {
  const signature = own(part, "thoughtSignature");
  return isSignature(signature) ? { signature, from } : {};
}

function readModelPart(part: Fields, read: AssistantPart[], losses: Losses): void {
  const text = textField(part, "text");
  const signed = readSignature(part);
  if (text !== undefined && own(part, "thought") === true) {
    read.push({ type: "thinking", text, from, ...signed });
  } else if (text !== undefined) {
    const before = read[read.length - 1];
    if (text.trim() !== "" || signed.signature === undefined) read.push({ type: "text", text, ...signed });
    // In a stream the signature may come last, on a text of nothing; it belongs to the text before it.
    else if (before?.type === "text" && before.signature === undefined)
      read[read.length - 1] = { ...before, text: before.text + text, ...signed };
    else read.push({ type: "thinking", text: "", ...signed });
  } else read.push(...readModelMedia(part, losses));
}

function readModelMedia(part: Fields, losses: Losses): readonly AssistantPart[] {
  const inline = camelField(part, "inlineData");
  const mediaType = textField(inline, "mimeType") ?? "";
  if (inline === undefined || kindOf(mediaType) !== "image") return opaque(part, losses);
  const data = textField(inline, "data") ?? "";
  return [{ type: "image", source: { kind: "base64", mediaType, data }, ...readSignature(part) }];
}

function readUserPart(part: Fields, losses: Losses): readonly UserPart[] {
  const text = textField(part, "text");
  if (text !== undefined) return [{ type: "text", text }];
  const file = readFile(part);
  if (file === null) return opaque(part, losses).map((one) => ({ ...one, essential: true }));
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

/** Fields beside the payload; they are not what the part is. */
const beside: ReadonlySet<string> = new Set(["thought", "thoughtSignature", "partMetadata", "videoMetadata"]);

function opaque(part: Fields, losses: Losses): readonly OpaquePart[] {
  const name = Object.keys(part).find((key) => !beside.has(key));
  if (name === undefined) {
    if (Object.keys(part).length > 0) losses.add("message", "a part without content");
    return [];
  }
  return [{ type: "opaque", from: "gemini", name, raw: part, ...optional("text", spokenFor(part)) }];
}

/** What another model may read where one of Google's own parts stood. */
function spokenFor(part: Fields): string | undefined {
  const code = camelField(part, "executableCode");
  if (code !== undefined) {
    const language = (textField(code, "language") ?? "").toLowerCase().replace("language_unspecified", "");
    return `\`\`\`${language}\n${textField(code, "code") ?? ""}\n\`\`\``;
  }
  const result = camelField(part, "codeExecutionResult");
  if (result !== undefined) return `\`\`\`\n${(textField(result, "output") ?? "").replace(/\n$/, "")}\n\`\`\``;
  const call = camelField(part, "toolCall");
  if (call !== undefined)
    return `[${textField(call, "toolType") ?? "server tool"}: ${JSON.stringify(own(call, "args") ?? {})}]`;
  const inline = camelField(part, "inlineData");
  return inline === undefined ? undefined : `[${textField(inline, "mimeType") ?? "file"}]`;
}
