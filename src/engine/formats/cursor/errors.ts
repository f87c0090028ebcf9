/**
 * Cursor's errors: Connect's code and message with an `aiserver.v1.ErrorDetails` beside them, the same object in the last
 * envelope of a stream and in the body of a unary answer. One reader and one writer for both services and both sides.
 */
import { isRecord, own, parseJson } from "../../../base/json.ts";
import type { HeaderPairs } from "../../../base/http.ts";
import type { EngineError, ErrorKind } from "../../errors/engine-error.ts";
import { classify, plainText } from "../classify.ts";
import { listField, optional, recordField, textField, type Fields } from "../fields.ts";
import type { WholeAnswer } from "../format.ts";
import { retryAfterHeader } from "../retry-after.ts";
import { type ConnectCode, kindOfCode, kindOfError, type Said, saidOf, statusOfCode } from "./error-table.ts";
import { decodeMessage, encodeMessage, MessageError } from "./wire/schema.ts";

/**
 * The error object of a last envelope or a unary body. What Cursor itself said (`raw`) keeps its word, but for words about
 * an account or a client version: those are ours, and the client would take them for its own.
 */
export function writeFault(error: EngineError): Fields {
  const known: Said = saidOf[error.kind];
  const { title, isRetryable } = known;
  const name = cursorWord(error.raw) ?? known.error;
  const details = { title, detail: error.message, isRetryable, shouldShowImmediateError: true };
  const value = encodeMessage("ErrorDetails", { error: name, details, isExpected: true });
  return {
    code: known.code,
    message: error.message,
    details: [
      {
        type: detailsType,
        debug: { error: name, details, isExpected: true },
        value: Buffer.from(value).toString("base64").replace(/=+$/, ""),
      },
    ],
  };
}

const ofOurSide: ReadonlySet<ErrorKind> = new Set(["auth", "account-warned", "billing", "permission", "unsupported"]);

function cursorWord(raw: string | undefined): string | null {
  const kind = raw === undefined || !Object.hasOwn(kindOfError, raw) ? undefined : kindOfError[raw];
  return raw === undefined || kind === undefined || ofOurSide.has(kind) ? null : raw;
}

/** Of a unary call: its status tells, its body is the error alone. */
export function writeUnaryError(error: EngineError): WholeAnswer {
  return {
    status: statusOfCode[saidOf[error.kind].code],
    headers: [["content-type", "application/json"], ...retryAfterHeader(error)],
    body: Buffer.from(JSON.stringify(writeFault(error))),
  };
}

const detailsType = "aiserver.v1.ErrorDetails";

/** `fault`: the object that has `code`, whatever it stood in. Never throws. */
export function readFault(fault: unknown, status?: number): EngineError {
  const { name, title, detail } = readDetails(fault);
  const code = textField(fault, "code");
  const isCode = code !== undefined && Object.hasOwn(statusOfCode, code);
  // `isCode`: one of the keys.
  const told = isCode ? statusOfCode[code as ConnectCode] : undefined;
  const known = name === undefined || !Object.hasOwn(kindOfError, name) ? undefined : kindOfError[name];
  // Custom errors say what they are in their words only; the server's own word for "too long" is no Connect code.
  const byCode = code === undefined || !Object.hasOwn(kindOfCode, code) ? undefined : kindOfCode[code];
  const kind = known ?? byCode;
  const message = wordsOf({ name, title, detail, said: textField(fault, "message") ?? code });
  const raw = name ?? code;
  const at = status !== undefined && status >= 400 ? status : told;
  if (kind !== undefined) return { kind, message, ...optional("raw", raw), ...optional("status", at) };
  return classify({
    headers: [],
    codes: raw === undefined ? [] : [raw],
    message,
    body: fault,
    ...optional("status", at),
  });
}

interface Words {
  readonly name: string | undefined;
  readonly title: string | undefined;
  readonly detail: string | undefined;
  readonly said: string | undefined;
}

/** For a person, with Cursor's name of it, by which others have written about it. */
function wordsOf({ name, title, detail, said = "" }: Words): string {
  const words = [title, detail].filter((text) => text !== undefined && text !== "").join(": ");
  const plain = words !== "" ? words : said !== "" ? said : "Cursor's server reported an error";
  // These two say nothing.
  const isNamed = name !== undefined && name !== "ERROR_CUSTOM" && name !== "ERROR_UNSPECIFIED";
  const named = isNamed ? `${plain} (${name})` : plain;
  return name === "ERROR_OUTDATED_CLIENT" ? `${named}: ${outdatedAdvice}` : named;
}

/** What a person can do: we name no version that we are not. */
const outdatedAdvice =
  "Cursor serves clients of certain versions only. Set client_version of this provider to the version of your own Cursor " +
  "(shown by `cursor --version`, or `cli-<version>` for cursor-agent)";

/** An HTTP answer that is an error: Connect's JSON, or a page of whoever stands before the server. */
export function readUnaryError(status: number, headers: HeaderPairs, body: Uint8Array, now?: number): EngineError {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8");
  const parsed = parseJson(text);
  const outer = parsed.ok ? parsed.value : undefined;
  const fault = isRecord(own(outer, "error")) ? own(outer, "error") : outer;
  if (textField(fault, "code") !== undefined) return readFault(fault, status);
  const message =
    status === 464
      ? "Cursor's server answered 464: its agent hosts speak HTTP/2 only"
      : (textField(fault, "message") ?? plainText(status, text));
  return classify({ status, headers, codes: [], message, body: outer, ...optional("now", now) });
}

export interface FaultDetails {
  readonly name?: string;
  readonly title?: string;
  readonly detail?: string;
}

/** `debug` where it is there, else the message itself; details of another type are not ours to read. */
export function readDetails(fault: unknown): FaultDetails {
  for (const one of listField(fault, "details") ?? []) {
    if (textField(one, "type")?.endsWith(detailsType) === false) continue;
    const read = recordField(one, "debug") ?? decoded(textField(one, "value") ?? "");
    const inner = recordField(read, "details");
    const details = {
      ...optional("name", textField(read, "error")),
      ...optional("title", textField(inner, "title")),
      ...optional("detail", textField(inner, "detail")),
    };
    if (Object.keys(details).length > 0) return details;
  }
  return {};
}

function decoded(value: string): Fields | undefined {
  try {
    return decodeMessage("ErrorDetails", Buffer.from(value, "base64"));
  } catch (error) {
    if (!(error instanceof MessageError)) throw error;
    return undefined;
  }
}
