/**
 * Gemini's thought signatures in the shape of Google's own Chat endpoint: `extra_content.google.thought_signature` of a
 * call or of a message (`vertex` on Vertex AI). Only Google's are written there, and only for its models. A client gets
 * them with a mark of ours beside them: OpenAI's servers refuse the field, so it must be known who put it there.
 */
import { readCarrier, writeCarrier } from "../../hub/carrier.ts";
import type { Provenance } from "../../hub/message.ts";
import { isMadeBy } from "../../hub/provenance.ts";
import type { Signed } from "../../hub/segments.ts";
import { recordField, textField, type Fields } from "../fields.ts";

/** `from`: where the reply came from; absent fields for what a client hands back. */
export function readThoughtSignature(owner: unknown, from: Omit<Provenance, "format"> = {}): Signed | null {
  const extra = recordField(owner, "extra_content");
  if (extra === undefined) return null;
  const signature =
    textField(recordField(extra, "google"), "thought_signature") ??
    textField(recordField(extra, "vertex"), "thought_signature") ??
    "";
  if (signature === "" || signature === noSignature) return null;
  const marked = readCarrier(textField(extra, "switchyard") ?? "")?.from;
  return { signature, from: marked ?? { ...from, format: "gemini" } };
}

/** For a provider. */
export function extraContent(signature: string): Fields {
  return { extra_content: { google: { thought_signature: signature } } };
}

/** For a client; nothing when the signature is not Google's. */
export function shownSignature(part: MaybeSigned): Fields | null {
  const signature = googleSignature(part);
  if (signature === null || part.from === undefined) return null;
  const mark = writeCarrier({ from: part.from });
  return { extra_content: { google: { thought_signature: signature }, switchyard: mark } };
}

/** What a client hands back, without our mark; nothing of it where Google's field is of no use either. */
export function withoutMark(extra: Fields, forGoogle: boolean): Fields | null {
  if (extra["switchyard"] === undefined) return extra;
  const { switchyard: _mark, ...rest } = extra;
  return forGoogle ? rest : null;
}

interface MaybeSigned {
  readonly signature?: string;
  readonly from?: Provenance;
}

/** The signature if it is Google's; `origin` narrows it to those that this configured provider made. */
export function googleSignature({ signature, from }: MaybeSigned, origin?: string): string | null {
  if (signature === undefined || signature === "") return null;
  return isMadeBy(from, { format: "gemini", ...(origin === undefined ? {} : { origin }) }) ? signature : null;
}

/** A model that demands its signatures back, told from its name. */
export function isGemini(model: string): boolean {
  return /(^|\/)gemini-/i.test(model);
}

/**
 * What Google's documentation names for histories whose signature is not at hand: Gemini 3 refuses a call without one.
 * It imitates nothing and is taken by no one else.
 */
export const noSignature = "skip_thought_signature_validator";
