/** One part of a reply: what it is in the hub. Text and thoughts are the hot path and are looked at first. */
import { own } from "../../../base/json.ts";
import type { ImagePart, OpaquePart, Provenance } from "../../hub/message.ts";
import { recordField, textField, type Fields } from "../fields.ts";
import { isSignature } from "./wire.ts";

export type SaidPart =
  | { readonly type: "text" | "thinking"; readonly text: string; readonly signature: string }
  | { readonly type: "call"; readonly call: Fields; readonly signature: string }
  | { readonly type: "whole"; readonly part: ImagePart | OpaquePart };

export function readPart(part: Fields, from: Provenance): SaidPart {
  const given = own(part, "thoughtSignature");
  const signature = isSignature(given) ? given : "";
  const type = part["thought"] === true ? "thinking" : "text";
  const text = part["text"];
  if (typeof text === "string") return { type, text, signature };
  const call = recordField(part, "functionCall");
  if (call !== undefined) return { type: "call", call, signature };
  const image = type === "text" ? readImage(part) : null;
  if (image !== null) return { type: "whole", part: signature === "" ? image : { ...image, signature, from } };
  const name = Object.keys(part).find((key) => !besides.has(key));
  // A signature may come alone, without even an empty text.
  if (name === undefined) return { type, text: "", signature };
  return { type: "whole", part: opaque(part, name) };
}

/** Keys that stand beside a part's payload. */
const besides: ReadonlySet<string> = new Set([
  "thought",
  "thoughtSignature",
  "partMetadata",
  "videoMetadata",
  "mediaResolution",
]);

function readImage(part: Fields): ImagePart | null {
  const inline = recordField(part, "inlineData");
  const mediaType = textField(inline, "mimeType") ?? "";
  const data = textField(inline, "data");
  if (data === undefined || !mediaType.startsWith("image/")) return null;
  return { type: "image", source: { kind: "base64", mediaType, data } };
}

function opaque(part: Fields, name: string): OpaquePart {
  const text = spokenFor(part);
  return { type: "opaque", from: "gemini", name, raw: part, ...(text === null ? {} : { text }) };
}

/** What the client of another dialect reads where the model ran code of its own. */
function spokenFor(part: Fields): string | null {
  const code = recordField(part, "executableCode");
  if (code !== undefined) {
    const language = (textField(code, "language") ?? "").toLowerCase();
    return fenced(language.startsWith("language") ? "" : language, textField(code, "code") ?? "");
  }
  const result = recordField(part, "codeExecutionResult");
  if (result === undefined) return null;
  const outcome = textField(result, "outcome") ?? "";
  const failed = outcome === "" || outcome === "OUTCOME_OK" ? "" : `${outcome}\n`;
  return fenced("", `${failed}${textField(result, "output") ?? ""}`);
}

function fenced(language: string, text: string): string {
  return `\n\`\`\`${language}\n${text.replace(/\n$/, "")}\n\`\`\`\n`;
}
