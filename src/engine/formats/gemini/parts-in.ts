/** One part of a reply: what it is in the hub. Text and thoughts are the hot path and are looked at first. */
import { own } from "../../../base/json.ts";
import type { ImagePart, OpaquePart, Provenance } from "../../hub/message.ts";
import { recordField, textField, type Fields } from "../fields.ts";
import { codeInWords, opaquePart, payloadName } from "./opaque-in.ts";
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
  const name = payloadName(part);
  // A signature may come alone, without even an empty text.
  if (name === undefined) return { type, text: "", signature };
  const code = codeInWords(part);
  // Set off from the text around it: the client of another dialect reads it as text.
  return { type: "whole", part: opaquePart(part, name, code === undefined ? undefined : `\n${code}\n`) };
}

function readImage(part: Fields): ImagePart | null {
  const inline = recordField(part, "inlineData");
  const mediaType = textField(inline, "mimeType") ?? "";
  const data = textField(inline, "data");
  if (data === undefined || !mediaType.startsWith("image/")) return null;
  return { type: "image", source: { kind: "base64", mediaType, data } };
}
