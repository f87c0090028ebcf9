/** Parts that only Google knows: kept whole, with what another model or client may read in their place. */
import { own } from "../../../base/json.ts";
import type { OpaquePart } from "../../hub/message.ts";
import { optional, textField, type Fields } from "../fields.ts";
import { camelField } from "./wire.ts";

/** Keys that stand beside a part's payload; they are not what the part is. */
const beside: ReadonlySet<string> = new Set([
  "thought",
  "thoughtSignature",
  "partMetadata",
  "videoMetadata",
  "mediaResolution",
]);

/** The key of what the part holds. */
export function payloadName(part: Fields): string | undefined {
  return Object.keys(part).find((key) => !beside.has(key));
}

export function opaquePart(part: Fields, name: string, text: string | undefined): OpaquePart {
  return { type: "opaque", from: "gemini", name, raw: part, ...optional("text", text) };
}

/** Code that the model ran, or what came of it. */
export function codeInWords(part: Fields): string | undefined {
  const code = camelField(part, "executableCode");
  if (code !== undefined) {
    const language = (textField(code, "language") ?? "").toLowerCase();
    return fenced(language.startsWith("language") ? "" : language, textField(code, "code") ?? "");
  }
  const result = camelField(part, "codeExecutionResult");
  if (result === undefined) return undefined;
  const outcome = textField(result, "outcome") ?? "";
  const failed = outcome === "" || outcome === "OUTCOME_OK" ? "" : `${outcome}\n`;
  return fenced("", `${failed}${textField(result, "output") ?? ""}`);
}

/** For the history of another model: it should know that something stood there. */
export function traceInWords(part: Fields): string | undefined {
  const call = camelField(part, "toolCall");
  if (call !== undefined)
    return `[${textField(call, "toolType") ?? "server tool"}: ${JSON.stringify(own(call, "args") ?? {})}]`;
  const inline = camelField(part, "inlineData");
  return inline === undefined ? undefined : `[${textField(inline, "mimeType") ?? "file"}]`;
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text.replace(/\n$/, "")}\n\`\`\``;
}
