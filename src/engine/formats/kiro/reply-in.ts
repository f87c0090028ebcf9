/** Kiro always streams. A body that is JSON is therefore an error, whatever its status said. */
import { isRecord } from "../../../base/json.ts";
import type { HubReply } from "../../hub/reply.ts";
import { textField } from "../fields.ts";
import type { Result } from "../format.ts";
import { readStreamError } from "./errors-in.ts";

export function readReply(body: unknown): Result<HubReply> {
  if (isRecord(body) && (textField(body, "message") !== undefined || textField(body, "__type") !== undefined)) {
    return { ok: false, error: readStreamError(textField(body, "__type") ?? "", body) };
  }
  return { ok: false, error: { kind: "protocol", message: "the answer is JSON and no AWS event stream" } };
}
