/**
 * Takes out of a body what only we put into the conversation (hub/carrier.ts): Anthropic's servers refuse it. The bytes
 * are looked at before anybody parses them; a body without a tag of ours stays as it is.
 */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { isCarrier, mayHoldCarrier } from "../../hub/carrier.ts";
import { listField, textField } from "../fields.ts";
import { withFittingThinking, withoutBlocks } from "./edits.ts";

export function withoutOwnMarks(body: Uint8Array): Uint8Array | null {
  if (!mayHoldCarrier(body)) return null;
  const parsed = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  const messages = parsed.ok ? listField(parsed.value, "messages") : undefined;
  if (!parsed.ok || !isRecord(parsed.value) || messages === undefined) return null;
  const cleaned = messages.flatMap((message) => withoutBlocks(message, isOurs)).map(withoutOurCitations);
  const isClean = cleaned.length === messages.length && cleaned.every((message, index) => message === messages[index]);
  return isClean ? null : Buffer.from(JSON.stringify(withFittingThinking({ ...parsed.value, messages: cleaned })));
}

function isOurs(block: unknown): boolean {
  switch (own(block, "type")) {
    case "thinking":
      return isCarrier(textField(block, "signature") ?? "");
    case "redacted_thinking":
      return isCarrier(textField(block, "data") ?? "");
    default:
      return false;
  }
}

function withoutOurCitations(message: unknown): unknown {
  const content = listField(message, "content");
  if (content === undefined || !isRecord(message)) return message;
  const cleaned = content.map((block) => {
    const citations = listField(block, "citations");
    if (citations === undefined || !isRecord(block)) return block;
    const kept = citations.filter((citation) => !isCarrier(textField(citation, "encrypted_index") ?? ""));
    if (kept.length === citations.length) return block;
    const { citations: _citations, ...rest } = block;
    return kept.length === 0 ? rest : { ...block, citations: kept };
  });
  return cleaned.every((block, index) => block === content[index]) ? message : { ...message, content: cleaned };
}
