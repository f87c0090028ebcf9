/**
 * What the client asks, read as far as routing needs it: dialect, body, model. Whatever cannot be read is handed on
 * untouched; only a body beyond the bound is refused, because it can neither be held nor, half read, be handed on.
 */
import type { Exchange } from "../../base/exchange.ts";
import type { WhyStep } from "../../base/flow.ts";
import { headerList } from "../../base/headers.ts";
import { bodyOf } from "../../base/http.ts";
import { isRecord, own, parseJson } from "../../base/json.ts";
import { decodeBody, DecodeError } from "../codecs/compression.ts";
import type { EngineError } from "../errors/engine-error.ts";
import type { Format } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import { detectCall } from "./detect-call.ts";
import { readWhole } from "./read-body.ts";

/** The largest request a provider takes is 32 MB (Claude, late 2026); the bound is on the unpacked body too. */
export const maxRequestBytes = 32 * 1024 * 1024;

export interface ClientCall {
  readonly format: Format;
  /** Without the query. */
  readonly path: string;
  /** `?beta=true`, or empty. */
  readonly query: string;
  /** Unpacked, otherwise as sent. */
  readonly body: Uint8Array;
  readonly value: Readonly<Record<string, unknown>>;
  readonly model: string | null;
  readonly stream: boolean;
  /** Asks how large the request is, not for a reply. */
  readonly asksCount: boolean;
}

export type ClientRead =
  | { readonly kind: "call"; readonly call: ClientCall; readonly why: WhyStep }
  /** A model call by its address, but its body says nothing to us. */
  | { readonly kind: "unreadable"; readonly format: Format; readonly why: WhyStep }
  | { readonly kind: "refused"; readonly format: Format; readonly error: EngineError }
  | { readonly kind: "unknown"; readonly why: WhyStep };

export async function readClient(exchange: Exchange): Promise<ClientRead> {
  const detected = detectCall(exchange);
  if (detected === null) {
    return { kind: "unknown", why: { stage: "detect", text: "not a model call that is known here: passed through" } };
  }
  const format = formats[detected.format];
  const whole = await readWhole(exchange.body, maxRequestBytes);
  if (!whole.ok) return { kind: "refused", format, error: tooLarge };
  const unpacked = await unpack(whole.bytes, headerList(exchange.headers, "content-encoding"));
  if (!unpacked.ok) {
    if (unpacked.reason === "too-large") return { kind: "refused", format, error: tooLarge };
    return unreadable(format, unpacked.why);
  }
  const parsed = parseJson(unpacked.bytes.toString("utf8"));
  if (!parsed.ok) return unreadable(format, "the body is not JSON");
  if (!isRecord(parsed.value)) return unreadable(format, "the body is not a JSON object");
  const model = own(parsed.value, "model");
  const mark = exchange.target.indexOf("?");
  return {
    kind: "call",
    call: {
      format,
      path: pathOf(exchange.target),
      query: mark < 0 ? "" : exchange.target.slice(mark),
      body: unpacked.bytes,
      value: parsed.value,
      model: typeof model === "string" && model !== "" ? model : null,
      stream: own(parsed.value, "stream") === true,
      asksCount: format.client.countTokens?.matches(exchange.target) === true,
    },
    why: { stage: "detect", text: `${format.id}: ${detected.why}` },
  };
}

export function pathOf(target: string): string {
  const mark = target.indexOf("?");
  return mark < 0 ? target : target.slice(0, mark);
}

const tooLarge: EngineError = {
  kind: "too-large",
  message: `the request is larger than ${maxRequestBytes / 1024 / 1024} MiB`,
};

function unreadable(format: Format, why: string): ClientRead {
  return { kind: "unreadable", format, why: { stage: "detect", text: `${format.id} by its address, but ${why}` } };
}

type Unpacked =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: "too-large" | "unreadable"; readonly why: string };

async function unpack(bytes: Buffer, contentEncoding: string | undefined): Promise<Unpacked> {
  try {
    const whole = await readWhole(
      decodeBody(bodyOf(bytes), contentEncoding, { maxBytes: maxRequestBytes }),
      maxRequestBytes,
    );
    return whole.ok ? whole : { ok: false, reason: "too-large", why: "" };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { ok: false, reason: error.reason === "too-large" ? "too-large" : "unreadable", why: error.message };
  }
}
