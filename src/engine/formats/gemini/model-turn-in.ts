/**
 * One turn of the model, read part by part. Google joins neighbouring contents of the model, and its SDK's chats keep
 * a streamed turn as one content for each chunk: what stood in one block of the reply is one part again. A signed part
 * stays by itself.
 */
import { own } from "../../../base/json.ts";
import type { Losses } from "../../hub/losses.ts";
import type { AssistantPart, ImagePart, OpaquePart, Provenance } from "../../hub/message.ts";
import { textField, type Fields } from "../fields.ts";
import { kindOf } from "./media-types.ts";
import { codeInWords, opaquePart, payloadName, traceInWords } from "./opaque-in.ts";
import { camelField, isSignature } from "./wire.ts";

/** Whose: Google's. All three formats of its service share their signatures, so one name stands for them. */
const from: Provenance = { format: "gemini" };

interface Signed {
  readonly signature?: string;
  readonly from?: Provenance;
}

export function readSignature(part: Fields): Signed {
  const signature = own(part, "thoughtSignature");
  return isSignature(signature) ? { signature, from } : {};
}

/** Adds any part but a call to what the turn says so far. */
export function readModelPart(part: Fields, said: AssistantPart[], losses: Losses): void {
  const text = textField(part, "text");
  if (text === undefined) said.push(...readPayload(part, losses));
  else if (own(part, "thought") === true) addThought(text, readSignature(part), said);
  else addText(text, readSignature(part), said);
}

function addThought(text: string, signed: Signed, said: AssistantPart[]): void {
  const before = said[said.length - 1];
  const continues = before?.type === "thinking" && before.signature === undefined;
  // A signature that comes alone belongs to the thought before it.
  if (continues && (signed.signature === undefined || text.trim() === ""))
    said[said.length - 1] = { ...before, text: before.text + text, ...signed };
  else if (text !== "" || signed.signature !== undefined) said.push({ type: "thinking", text, from, ...signed });
}

function addText(text: string, signed: Signed, said: AssistantPart[]): void {
  const before = said[said.length - 1];
  const continues = before?.type === "text" && before.signature === undefined;
  const isAlone = signed.signature !== undefined && text.trim() === "";
  // In a stream the signature may come last, on a text of nothing; it belongs to the text before it.
  if (continues && (signed.signature === undefined || isAlone))
    said[said.length - 1] = { ...before, text: before.text + text, ...signed };
  else if (isAlone) said.push({ type: "thinking", text: "", ...signed });
  else if (text !== "") said.push({ type: "text", text, ...signed });
}

function readPayload(part: Fields, losses: Losses): readonly (ImagePart | OpaquePart)[] {
  const inline = camelField(part, "inlineData");
  const mediaType = textField(inline, "mimeType") ?? "";
  if (inline === undefined || kindOf(mediaType) !== "image") return readOpaque(part, losses);
  const data = textField(inline, "data") ?? "";
  return [{ type: "image", source: { kind: "base64", mediaType, data }, ...readSignature(part) }];
}

/** A part that only Google knows. */
export function readOpaque(part: Fields, losses: Losses): readonly OpaquePart[] {
  const name = payloadName(part);
  if (name !== undefined) return [opaquePart(part, name, codeInWords(part) ?? traceInWords(part))];
  if (Object.keys(part).length > 0) losses.add("message", "a part without content");
  return [];
}
