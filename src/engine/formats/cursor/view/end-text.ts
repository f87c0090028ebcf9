/**
 * What the last envelope of a Cursor stream says went wrong, in a line. Cursor puts its own words for the person into
 * `details[].debug`; the code and the message around it are the same for nearly everything (facts, 2026-11).
 */
import { isRecord, own, parseJson } from "../../../../base/json.ts";
import { textField } from "../../fields.ts";
import { readDetails } from "../errors.ts";

const maxLength = 300;

/** Null: it ended well. */
export function endError(text: string): string | null {
  const parsed = parseJson(text);
  // gRPC-web ends with trailer lines.
  if (!parsed.ok) return trailerError(text);
  const error = own(parsed.value, "error");
  return isRecord(error) ? errorText(error) : null;
}

/** Of Connect's `{code, message, details}`. */
export function errorText(error: unknown): string {
  const { name, title, detail } = readDetails(error);
  const words = [textField(error, "code"), name, title, detail ?? textField(error, "message")];
  return words
    .filter((word) => word !== undefined && word !== "")
    .join(": ")
    .slice(0, maxLength);
}

function trailerError(text: string): string | null {
  const status = /^grpc-status: *(\d+)/im.exec(text)?.[1];
  if (status === undefined || status === "0") return null;
  const message = /^grpc-message: *(.*)$/im.exec(text)?.[1] ?? "";
  return `grpc-status ${status}${message === "" ? "" : `: ${message}`}`.slice(0, maxLength);
}
