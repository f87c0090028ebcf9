/**
 * Takes out of a body what only we put into the conversation: Google's thought signatures, which OpenAI's servers refuse
 * as an unknown field. Those that Google's own Chat endpoint gave have no mark of ours and stay.
 */
import { isRecord, parseJson } from "../../../base/json.ts";
import { mayHoldCarrier } from "../../hub/carrier.ts";
import { listField, recordField, textField } from "../fields.ts";
import { isGemini, withoutMark } from "./thought-signature.ts";

export function withoutOwnMarks(body: Uint8Array): Uint8Array | null {
  if (!mayHoldCarrier(body)) return null;
  const parsed = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  const messages = parsed.ok ? listField(parsed.value, "messages") : undefined;
  if (!parsed.ok || !isRecord(parsed.value) || messages === undefined) return null;
  const forGoogle = isGemini(textField(parsed.value, "model") ?? "");
  const cleaned = messages.map((message) => {
    const bare = unmarked(message, forGoogle);
    const calls = listField(bare, "tool_calls");
    if (calls === undefined || !isRecord(bare)) return bare;
    const bareCalls = calls.map((call) => unmarked(call, forGoogle));
    return bareCalls.every((call, index) => call === calls[index]) ? bare : { ...bare, tool_calls: bareCalls };
  });
  if (cleaned.every((message, index) => message === messages[index])) return null;
  return Buffer.from(JSON.stringify({ ...parsed.value, messages: cleaned }));
}

function unmarked(owner: unknown, forGoogle: boolean): unknown {
  const extra = recordField(owner, "extra_content");
  if (extra === undefined || !isRecord(owner)) return owner;
  const bare = withoutMark(extra, forGoogle);
  if (bare === extra) return owner;
  const { extra_content: _extra, ...rest } = owner;
  return bare === null ? rest : { ...rest, extra_content: bare };
}
