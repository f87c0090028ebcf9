/** One flow of the log as a call of a recording: bodies decoded with their timing, every secret masked. */
import { isUtf8 } from "node:buffer";
import { hopByHop, headerValue } from "../../base/headers.ts";
import type { FlowRecord } from "../../base/flow.ts";
import type { HeaderPairs } from "../../base/http.ts";
import { redactNamed } from "../../base/redact-named.ts";
import type { Redactor } from "../../base/redact.ts";
import { flowJson, tenths } from "../flow-json.ts";
import type { CapturedFlow, CapturedSide } from "../flow-log.ts";
import { redactorOf } from "../flow-redactor.ts";
import { isPersonalHost } from "../personal-hosts.ts";
import { decodeTimed, type TimedPiece } from "./decode-timed.ts";
import {
  maxRecordedBodyBytes,
  type RecordedBytes,
  type RecordedCall,
  type RecordedChunk,
  type RecordedReply,
} from "./format.ts";
import { maskBody } from "./mask-bytes.ts";

export type Recorded =
  | { readonly ok: true; readonly call: RecordedCall }
  | { readonly ok: false; readonly why: string };

export async function recordCall(flow: CapturedFlow, known: Redactor): Promise<Recorded> {
  const redactor = redactorOf(flow, known);
  const record = flow.record();
  const request = flow.side("client-request");
  const why = unrecordable(record, request, flow.side("client-reply"));
  if (why !== null || request === undefined) return { ok: false, why: why ?? "its request was never seen" };
  const body = await bodyOf(request, redactor, isPersonalHost(record.host));
  const bytes = Buffer.concat(body.pieces.map((piece) => piece.bytes));
  const { method, host, path } = record;
  return {
    ok: true,
    call: {
      flow: flowJson(record, redactor),
      request: {
        method,
        host,
        path: redactor.text(redactNamed(path)),
        headers: headersOf(request, redactor),
        body: asText(bytes),
        complete: body.complete,
        endedAtMs: tenths(request.times.at(-1) ?? 0),
      },
      reply: await replyOf(record, flow.side("client-reply"), redactor),
    },
  };
}

function unrecordable(
  { action, protocol, endedAt }: FlowRecord,
  request: CapturedSide | undefined,
  reply: CapturedSide | undefined,
): string | null {
  if (action === "tunnel") return "it is a tunnel: its bytes were never decrypted";
  if (protocol === "websocket") return "it is a WebSocket, which is no request with a reply";
  if (endedAt === undefined) return "it has not ended yet";
  if (request?.head == null) return "its request was never seen";
  const isGone = (side: CapturedSide | undefined): boolean =>
    side !== undefined && side.captured === 0 && side.bytes > 0;
  return isGone(request) || isGone(reply) ? "its bodies are no longer kept: newer calls took their place" : null;
}

async function replyOf(
  record: FlowRecord,
  side: CapturedSide | undefined,
  redactor: Redactor,
): Promise<RecordedReply | null> {
  if (side?.head == null || record.status === null) return null;
  const { pieces, complete } = await bodyOf(side, redactor, isPersonalHost(record.host));
  const endedAtMs = tenths(record.timings.totalMs ?? side.times.at(-1) ?? 0);
  const firstAtMs = pieces[0]?.atMs ?? endedAtMs;
  return {
    status: record.status,
    headers: headersOf(side, redactor),
    startedAtMs: Math.min(tenths(record.timings.ttfbMs ?? 0), firstAtMs),
    chunks: pieces.map(({ atMs, bytes }): RecordedChunk => ({ atMs, ...asText(bytes) })),
    endedAtMs,
    end: complete && wasWhole(record, side) ? "done" : "cut",
  };
}

/** Did its sender end it? An answer of our own that no upstream could be reached is whole, though its flow failed. */
function wasWhole({ state, error }: FlowRecord, side: CapturedSide): boolean {
  if (state === "done") return true;
  const announced = headerValue(side.head?.headers ?? [], "content-length");
  if (announced !== undefined && Number(announced) === side.bytes) return true;
  return state === "failed" && !/client went away|given up/.test(error ?? "");
}

interface MaskedBody {
  readonly pieces: readonly (TimedPiece & { readonly bytes: Buffer })[];
  readonly complete: boolean;
}

/** Decoded, masked as a whole, and in pieces again. */
async function bodyOf(side: CapturedSide, redactor: Redactor, emails: boolean): Promise<MaskedBody> {
  const headers = side.head?.headers ?? [];
  const whole = side.captured === side.bytes;
  const came = side.chunks.map((bytes, index): TimedPiece => ({ atMs: tenths(side.times[index] ?? 0), bytes }));
  const encoding = headerValue(headers, "content-encoding") ?? null;
  const decoded = await decodeTimed(came, encoding, maxRecordedBodyBytes, whole);
  const all = Buffer.concat(decoded.pieces.map(({ bytes }) => bytes));
  const masked = await maskBody(all, headerValue(headers, "content-type") ?? null, redactor, { emails });
  let at = 0;
  const pieces = decoded.pieces.map(({ atMs, bytes }) => {
    const piece = masked.subarray(at, at + bytes.byteLength);
    at += bytes.byteLength;
    return { atMs, bytes: piece };
  });
  return { pieces, complete: decoded.complete };
}

// oxlint-disable-next-line no-control-regex -- JSON makes six characters of each of them
const controls = /[\u0000-\u0008\u000e-\u001f]/;

function asText(bytes: Buffer): RecordedBytes {
  const text = isUtf8(bytes) ? bytes.toString("utf8") : null;
  return text === null || controls.test(text) ? { base64: bytes.toString("base64") } : { text };
}

/** They say how the body was framed and packed, and here it is neither. */
const aboutTheBytes: ReadonlySet<string> = new Set(["content-encoding", "content-length", "trailer", "expect"]);

function headersOf(side: CapturedSide, redactor: Redactor): HeaderPairs {
  return (side.head?.headers ?? []).flatMap(([name, value]) => {
    const field = name.toLowerCase();
    return hopByHop.has(field) || aboutTheBytes.has(field) ? [] : [[name, redactor.text(redactNamed(value))] as const];
  });
}
