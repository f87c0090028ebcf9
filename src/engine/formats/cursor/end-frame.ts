/** The last envelope of a stream: `{}`, or what went wrong. It is the last in every case; errors never travel as text. */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import { endEnvelope } from "../../codecs/connect.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { readFault, writeFault } from "./errors.ts";

export function endFrame(error: EngineError | null = null): Uint8Array {
  return endEnvelope(error === null ? {} : { error: writeFault(error) });
}

/** What a last envelope's payload says: null when all is well. An empty one is taken as `{}`. */
export function readEnd(payload: Uint8Array): EngineError | null {
  if (payload.byteLength === 0) return null;
  const parsed = parseJson(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString("utf8"));
  if (!parsed.ok || !isRecord(parsed.value)) {
    return { kind: "protocol", message: "the last envelope of Cursor's stream is not a JSON object" };
  }
  const fault = own(parsed.value, "error");
  return isRecord(fault) ? readFault(fault) : null;
}

/**
 * An error object where a message should be: seen in the wild without the flag of the last envelope (2026-11). No message
 * of ours begins like that: it would be a group, which proto3 does not have. Null: it is none.
 */
export function readStrayFault(payload: Uint8Array): EngineError | null {
  if (payload[0] !== 0x7b || payload[1] !== 0x22) return null;
  return readEnd(payload) ?? { kind: "protocol", message: "Cursor's stream holds JSON where a message should be" };
}
