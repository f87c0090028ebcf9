/**
 * The tag that thinking of another provider wears in the one field its client keeps: `signature` of a Claude thinking
 * block, `encrypted_content` of a Responses reasoning item. It says openly whose thinking it is, carries that maker's own
 * signature if there was one, and is taken off again on the way back in. It is never an imitation of a real signature.
 */
import { own, parseJson } from "../../base/json.ts";
import { formatIds } from "./format-id.ts";
import type { Provenance } from "./message.ts";

/** No real signature has a dot: they are base64. */
const tag = "switchyard.";

export interface Carried {
  readonly from: Provenance;
  readonly signature?: string;
  /** What was thought, where the client asked not to be shown it: providers that demand it back still get it. */
  readonly text?: string;
}

export function writeCarrier({ from, signature, text }: Carried): string {
  const fields = {
    f: from.format,
    ...(from.model === undefined ? {} : { m: from.model }),
    ...(from.origin === undefined ? {} : { o: from.origin }),
    ...(signature === undefined || signature === "" ? {} : { s: signature }),
    ...(text === undefined || text === "" ? {} : { t: text }),
  };
  return tag + Buffer.from(JSON.stringify(fields)).toString("base64url");
}

export function isCarrier(text: string): boolean {
  return text.startsWith(tag);
}

/** Whose thinking the tag names; null when it is not one of ours or cannot be read. */
export function readCarrier(text: string): Carried | null {
  if (!isCarrier(text)) return null;
  const parsed = parseJson(Buffer.from(text.slice(tag.length), "base64url").toString("utf8"));
  if (!parsed.ok) return null;
  const field = (key: string): string | undefined => {
    const value = own(parsed.value, key);
    return typeof value === "string" ? value : undefined;
  };
  const format = formatIds.find((id) => id === field("f"));
  if (format === undefined) return null;
  const model = field("m");
  const origin = field("o");
  const signature = field("s");
  const thought = field("t");
  return {
    from: { format, ...(model === undefined ? {} : { model }), ...(origin === undefined ? {} : { origin }) },
    ...(signature === undefined ? {} : { signature }),
    ...(thought === undefined ? {} : { text: thought }),
  };
}

const tagInJson = Buffer.from(`"${tag}`);

/** Quick look at a body's bytes before anybody parses it: is one of our tags in it? */
export function mayHoldCarrier(body: Uint8Array): boolean {
  return Buffer.from(body.buffer, body.byteOffset, body.byteLength).includes(tagInJson);
}
