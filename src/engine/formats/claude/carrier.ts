/**
 * The tag that thinking of another provider wears in the `signature` field of a Claude stream. Claude Code keeps signed
 * thinking and drops unsigned; Anthropic refuses signatures it did not make. So the tag says openly whose thinking it is
 * and is taken off again on the way back in. It is never an imitation of a real signature.
 */
import { own, parseJson } from "../../../base/json.ts";
import type { Provenance } from "../../hub/message.ts";
import { formatIds } from "../format.ts";

/** No real signature has a dot: they are base64. */
const tag = "switchyard.";

export function writeCarrier(from: Provenance): string {
  const fields = from.model === undefined ? { f: from.format } : { f: from.format, m: from.model };
  return tag + Buffer.from(JSON.stringify(fields)).toString("base64url");
}

export function isCarrier(signature: string): boolean {
  return signature.startsWith(tag);
}

/** Whose thinking the tag names; null when it is not one of ours or cannot be read. */
export function readCarrier(signature: string): Provenance | null {
  if (!isCarrier(signature)) return null;
  const parsed = parseJson(Buffer.from(signature.slice(tag.length), "base64url").toString("utf8"));
  if (!parsed.ok) return null;
  const format = formatIds.find((id) => id === own(parsed.value, "f"));
  const model = own(parsed.value, "m");
  if (format === undefined) return null;
  return typeof model === "string" ? { format, model } : { format };
}

const tagInJson = Buffer.from(`"${tag}`);

/** The request without thinking blocks of ours; null when there are none. Looks at the bytes before it parses. */
export function withoutCarriers(body: Uint8Array): Uint8Array | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!bytes.includes(tagInJson)) return null;
  const parsed = parseJson(bytes.toString("utf8"));
  const messages = parsed.ok ? own(parsed.value, "messages") : undefined;
  if (!parsed.ok || !Array.isArray(messages)) return null;
  let found = false;
  const cleaned = messages.flatMap((message: unknown) => {
    const content = own(message, "content");
    if (!Array.isArray(content)) return [message];
    const kept = content.filter((block: unknown) => {
      const signature = own(block, "type") === "thinking" ? own(block, "signature") : undefined;
      return typeof signature !== "string" || !isCarrier(signature);
    });
    if (kept.length === content.length) return [message];
    found = true;
    // A turn that was nothing but our thinking would be an empty message, which the API refuses.
    return kept.length === 0 ? [] : [{ ...(message as object), content: kept }];
  });
  return found ? Buffer.from(JSON.stringify({ ...(parsed.value as object), messages: cleaned })) : null;
}
