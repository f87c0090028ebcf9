/** A part of a reply that is no text: what it is in the hub. */
import type { ImagePart, OpaquePart, Provenance } from "../../hub/message.ts";
import { recordField, textField, type Fields } from "../fields.ts";
import { codeInWords, opaquePart, payloadName } from "./opaque-in.ts";
import { isSignature } from "./wire.ts";

export type SaidPart =
  /** Alone, without even an empty text. */
  | { readonly type: "signature"; readonly of: "text" | "thinking"; readonly signature: string }
  | { readonly type: "call"; readonly call: Fields; readonly signature: string }
  | { readonly type: "whole"; readonly part: ImagePart | OpaquePart };

export function readPart(part: Fields, from: Provenance): SaidPart {
  const signature = signatureOf(part);
  const call = recordField(part, "functionCall");
  if (call !== undefined) return { type: "call", call, signature };
  const isThought = part["thought"] === true;
  const image = isThought ? null : readImage(part);
  if (image !== null) return { type: "whole", part: signature === "" ? image : { ...image, signature, from } };
  const name = payloadName(part);
  if (name === undefined) return { type: "signature", of: isThought ? "thinking" : "text", signature };
  const code = codeInWords(part);
  // Set off from the text around it: the client of another dialect reads it as text.
  return { type: "whole", part: opaquePart(part, name, code === undefined ? undefined : `\n${code}\n`) };
}

/** Empty where nobody signed it. */
export function signatureOf(part: Fields): string {
  const given = part["thoughtSignature"];
  return isSignature(given) ? given : "";
}

function readImage(part: Fields): ImagePart | null {
  const inline = recordField(part, "inlineData");
  const mediaType = textField(inline, "mimeType") ?? "";
  const data = textField(inline, "data");
  if (data === undefined || !mediaType.startsWith("image/")) return null;
  return { type: "image", source: { kind: "base64", mediaType, data } };
}
