/**
 * Takes out of a body what only we put into the conversation (hub/carrier.ts): thinking of another maker under our tag,
 * which Kiro's backend refuses. A body without a tag of ours stays as it is.
 */
import { isRecord, parseJson } from "../../../base/json.ts";
import { isCarrier, mayHoldCarrier } from "../../hub/carrier.ts";
import { recordField, textField, type Fields } from "../fields.ts";
import { withoutReasoning } from "./edits.ts";

/** How a tag begins where it is packed into a field of base64. */
const packed = Buffer.from(`"${Buffer.from("switchyard.").toString("base64").slice(0, 14)}`);

export function withoutOwnMarks(body: Uint8Array): Uint8Array | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (!mayHoldCarrier(bytes) && !bytes.includes(packed)) return null;
  const parsed = parseJson(bytes.toString("utf8"));
  if (!parsed.ok || !isRecord(parsed.value)) return null;
  const cleaned = withoutReasoning(parsed.value, isOurs);
  return cleaned === parsed.value ? null : Buffer.from(JSON.stringify(cleaned));
}

function isOurs(reasoning: Fields): boolean {
  const sealed = textField(reasoning, "redactedContent") ?? "";
  return (
    isCarrier(textField(recordField(reasoning, "reasoningText"), "signature") ?? "") ||
    isCarrier(Buffer.from(sealed, "base64").toString("latin1"))
  );
}
