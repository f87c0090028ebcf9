/** Flows and bodies as the control API shows them: instants in ISO 8601, texts with every known secret masked. */
import { isUtf8 } from "node:buffer";
import type { AttemptJson, BodyJson, FlowDetailJson, FlowJson, SideJson } from "../base/controls.ts";
import type { FlowRecord, FlowSide, WhyStep } from "../base/flow.ts";
import { headerValue } from "../base/headers.ts";
import { isoTime } from "../base/iso-time.ts";
import type { Redactor } from "../base/redact.ts";
import { binaryKind } from "../engine/codecs/binary-kind.ts";
import { decodedBody } from "../engine/view/decoded-body.ts";
import { decodeBody } from "./decode-body.ts";
import { maskedInTurns } from "./export/mask-shared.ts";
import type { CapturedFlow, CapturedSide } from "./flow-log.ts";
import { redactorOf } from "./flow-redactor.ts";
import { isPersonalHost } from "./personal-hosts.ts";
import { maskBody } from "./recording/mask-bytes.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** More text than this nobody reads on a screen, and masking it takes its time. */
export const maxViewBytes = 2 * 1024 * 1024;

/** A long answer of a fast model comes in some thousand pieces. */
const maxTimelineLength = 4096;

/** Masking is synchronous: this much at a time (about 2 ms), then the relay has its turn. */
const redactSliceLength = 128 * 1024;

const allSides: readonly FlowSide[] = ["client-request", "upstream-request", "upstream-reply", "client-reply"];

/** Each field by its name, as in `snapshot`: a reader gets one of every call. */
export function flowJson(flow: FlowRecord, redactor: Redactor): FlowJson {
  const { attempts, why, losses } = flow;
  const json: Writable<FlowJson> = {
    id: flow.id,
    client: flow.client,
    host: flow.host,
    method: flow.method,
    path: redactor.text(flow.path),
    protocol: flow.protocol,
    status: flow.status,
    state: flow.state,
    action: flow.action,
    formats: flow.formats,
    model: flow.model,
    provider: flow.provider,
    account: flow.account,
    usage: flow.usage,
    timings: flow.timings,
    startedAt: isoTime(flow.startedAt),
    attempts: attempts.length === 0 ? none : attempts.map((attempt) => attemptJson(attempt, redactor)),
    why: why.length === 0 ? none : why.map((step): WhyStep => ({ ...step, text: redactor.text(step.text) })),
    losses: losses.length === 0 ? none : losses.map((loss) => redactor.text(loss)),
  };
  if (flow.endedAt !== undefined) json.endedAt = isoTime(flow.endedAt);
  if (flow.combo !== undefined) json.combo = flow.combo;
  if (flow.session !== undefined) json.session = flow.session;
  if (flow.run !== undefined) json.run = flow.run;
  if (flow.costUsd !== undefined) json.costUsd = flow.costUsd;
  if (flow.error !== undefined) json.error = redactor.text(flow.error);
  return json;
}

const none: readonly never[] = [];

export async function flowDetailJson(flow: CapturedFlow, known: Redactor): Promise<FlowDetailJson> {
  const redactor = redactorOf(flow, known);
  const sides: Partial<Record<FlowSide, SideJson>> = {};
  for (const name of allSides) {
    const side = flow.side(name);
    if (side !== undefined) sides[name] = await sideJson(side, redactor, placeOf(flow, name));
  }
  return { ...flowJson(flow.record(), redactor), sides };
}

export function placeOf(flow: CapturedFlow, name: FlowSide): BodyPlace {
  const { host, path } = flow.start;
  return {
    host,
    target: name.startsWith("client") ? path : (targetOf(flow.side("upstream-request")) ?? path),
    side: name.endsWith("request") ? "request" : "reply",
  };
}

/** Of `POST /v1/messages`; path and query. */
function targetOf(request: CapturedSide | undefined): string | undefined {
  const line = request?.head?.line;
  return line === undefined ? undefined : line.slice(line.indexOf(" ") + 1);
}

async function sideJson(side: CapturedSide, redactor: Redactor, about: BodyPlace): Promise<SideJson> {
  const headers = side.head?.headers ?? [];
  return {
    line: redactor.text(side.head?.line ?? ""),
    headers: headers.map(([name, value]) => [name, redactor.text(value)]),
    body: await bodyJson(side, redactor, about),
    timeline: timelineOf(side),
  };
}

/** Neighbours are told as one where there are more than anybody looks at; the first one's time is theirs. */
export function timelineOf({ chunks, times }: Pick<CapturedSide, "chunks" | "times">): SideJson["timeline"] {
  const share = Math.ceil(chunks.length / maxTimelineLength);
  const timeline: [number, number][] = [];
  for (const [index, chunk] of chunks.entries()) {
    const last = timeline.at(-1);
    if (last === undefined || index % share === 0) timeline.push([tenths(times[index] ?? 0), chunk.byteLength]);
    else last[1] += chunk.byteLength;
  }
  return timeline;
}

/** A tenth of a millisecond is as much as a timer on a busy machine knows. */
export function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

/** Of what call and which of its two bodies it is. */
export interface BodyPlace {
  readonly host: string;
  /** Path and query. */
  readonly target: string;
  readonly side: "request" | "reply";
}

export async function bodyJson(side: CapturedSide, redactor: Redactor, about: BodyPlace): Promise<BodyJson> {
  const headers = side.head?.headers ?? [];
  const contentType = headerValue(headers, "content-type") ?? null;
  const encoding = headerValue(headers, "content-encoding") ?? null;
  const whole = side.captured === side.bytes;
  const decoded = await decodeBody(side.chunks, encoding, maxViewBytes, whole);
  const facts = {
    bytes: side.bytes,
    captured: side.captured,
    truncated: !decoded.complete,
    contentType,
    encoding,
    ...(decoded.error === undefined ? {} : { decodeError: redactor.text(decoded.error) }),
  };
  // What could not be decoded is given as the bytes it came in.
  const readable = decoded.error === undefined || isUtf8(decoded.bytes);
  const kind = decoded.error === undefined ? binaryKind(decoded.bytes, contentType) : null;
  if (kind !== null) {
    const masked = await maskBody(decoded.bytes, contentType, redactor);
    const envelopeEncoding = headerValue(headers, "connect-content-encoding") ?? null;
    const { target, side: direction } = about;
    const shown = decodedBody({ bytes: masked, contentType, envelopeEncoding, target, side: direction });
    return {
      ...facts,
      base64: masked.toString("base64"),
      ...(shown === null ? {} : { decoded: { ...shown, text: await redactInTurns(shown.text, redactor) } }),
    };
  }
  if (readable && isText(contentType, decoded.bytes)) {
    const text = await redactInTurns(decoded.bytes.toString("utf8"), redactor);
    return { ...facts, text: isPersonalHost(about.host) ? await maskedInTurns(text) : text };
  }
  const bytes = redactor.bytes(decoded.bytes);
  return { ...facts, base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") };
}

const textTypes =
  /^(?:text\/|application\/(?:[\w.-]+\+)?(?:json|xml|x-ndjson|javascript|x-www-form-urlencoded|graphql))/i;

/** What calls itself text is shown as text; what says nothing, or is AWS's JSON, when it reads as UTF-8. */
function isText(contentType: string | null, bytes: Buffer): boolean {
  if (contentType !== null && textTypes.test(contentType)) return true;
  const mayBeText = contentType === null || /^application\/(?:octet-stream|x-amz-json)/i.test(contentType);
  return mayBeText && isUtf8(bytes) && !bytes.includes(0);
}

/** Cuts where no credential goes on: behind a line, a quote or a space. */
export async function redactInTurns(text: string, redactor: Redactor): Promise<string> {
  if (text.length <= redactSliceLength) return redactor.text(text);
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = sliceEnd(text, start);
    parts.push(redactor.text(text.slice(start, end)));
    start = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return parts.join("");
}

function sliceEnd(text: string, start: number): number {
  const wanted = start + redactSliceLength;
  if (wanted >= text.length) return text.length;
  for (const mark of ["\n", '"', " "]) {
    const at = text.lastIndexOf(mark, wanted);
    if (at > start + redactSliceLength / 2) return at + 1;
  }
  return wanted;
}

function attemptJson(attempt: FlowRecord["attempts"][number], redactor: Redactor): AttemptJson {
  return {
    ...attempt,
    startedAt: isoTime(attempt.startedAt),
    endedAt: attempt.endedAt === null ? null : isoTime(attempt.endedAt),
    ...(attempt.error === undefined ? {} : { error: redactor.text(attempt.error) }),
  };
}
