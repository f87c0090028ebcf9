/** Results of one turn's calls: as many function responses as calls, in their order, then the files that have no place in one. */
import { isRecord, parseJson } from "../../../base/json.ts";
import { unreachable } from "../../../base/unreachable.ts";
import type { HubMessage, ToolResultContent } from "../../hub/message.ts";
import type { Fields } from "../fields.ts";
import type { ContentOptions } from "./content-out.ts";
import { writeFile, writeOpaque } from "./files-out.ts";
import type { WirePart } from "./wire.ts";

type ToolMessage = Extract<HubMessage, { role: "tool" }>;

export function writeResults(
  results: readonly ToolMessage[],
  callNames: ReadonlyMap<string, string>,
  options: ContentOptions,
): readonly WirePart[] {
  const written = results.map((result) => writeResult(result, callNames.get(result.callId) ?? "unknown", options));
  return [...written.map((one) => one.response), ...written.flatMap((one) => one.after)];
}

interface WrittenResult {
  readonly response: WirePart;
  readonly after: readonly WirePart[];
}

function writeResult(message: ToolMessage, callName: string, options: ContentOptions): WrittenResult {
  const { names, ids, losses, target } = options;
  const inside: WirePart[] = [];
  const after: WirePart[] = [];
  const texts: string[] = [];
  for (const part of message.parts) {
    for (const one of writeContent(part, options)) {
      const text = one["text"];
      if (typeof text === "string") texts.push(text);
      else if (target.model.mediaInResults && isWithin(one)) inside.push(one);
      else after.push(one);
    }
  }
  if (after.length > 0) {
    losses.add("tool-result", "images and files of tool results follow behind them");
    texts.push(`[${after.length === 1 ? "its attachment follows" : "its attachments follow"} behind the results]`);
  }
  const response = writeAnswer(texts, message.isError);
  return {
    response: {
      functionResponse: {
        ...(target.ids ? { id: ids.toWire(message.callId) } : {}),
        name: names.toWire(callName),
        response,
        ...(inside.length === 0 ? {} : { parts: inside }),
      },
    },
    after: after.flatMap((one) => [{ text: `[${wordFor(one)} from tool ${callName}]` }, one]),
  };
}

/** Google's documented fields; an answer that is an object already goes as it is, if its very text survives that. */
function writeAnswer(texts: readonly string[], isError: boolean): Fields {
  const text = texts.join("\n");
  if (isError) return { error: text };
  const parsed = texts.length === 1 && text.startsWith("{") ? parseJson(text) : null;
  if (parsed?.ok !== true || !isRecord(parsed.value) || JSON.stringify(parsed.value) !== text) return { output: text };
  // These would be read as Google's own words for the whole answer.
  const isAmbiguous = Object.hasOwn(parsed.value, "output") || Object.hasOwn(parsed.value, "error");
  return isAmbiguous || Object.keys(parsed.value).length === 0 ? { output: text } : parsed.value;
}

function writeContent(part: ToolResultContent, { losses }: ContentOptions): readonly WirePart[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ text: part.text }];
    case "image":
    case "document":
    case "media":
      return writeFile(part);
    case "opaque":
      return writeOpaque(part, losses);
    default:
      return unreachable(part);
  }
}

/** What a function response may hold itself (Gemini 3's documentation, late 2026). */
const mediaInside: ReadonlySet<string> = new Set([
  "image/png",
  "image/jpeg",
  "image/webp",
  "application/pdf",
  "text/plain",
]);

function isWithin(part: WirePart): boolean {
  const inline = part["inlineData"];
  return isRecord(inline) && mediaInside.has(String(inline["mimeType"]));
}

function wordFor(part: WirePart): string {
  const file = part["inlineData"] ?? part["fileData"];
  return isRecord(file) && String(file["mimeType"]).startsWith("image/") ? "image" : "file";
}
