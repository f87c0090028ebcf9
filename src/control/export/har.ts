/**
 * Flows as an HTTP archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/, read 2026-11). A flow is a page;
 * its entries are the client's call and, where it was rerouted, the provider's. What HAR has no word for stands in
 * `_switchyard`. Everything in here comes from the published flow, so what is masked there is masked here.
 */
import { STATUS_CODES } from "node:http";
import type { Content, Entry, Page, PostData, Request, Response, Timings } from "har-format";
import type { BodyJson, FlowDetailJson, FlowJson, SideJson } from "../../base/controls.ts";
import type { ExportSide } from "../../base/controls-flows.ts";
import { headerValue } from "../../base/headers.ts";
import { addressOf, placeOf } from "./call.ts";
import { replyCookies, requestCookies } from "./cookies.ts";
import { jsonText } from "./json-text.ts";
import { type CallTimes, clientTimes, providerTimes } from "./har-times.ts";

/** Everything of the archive but its entries, which are many: its beginning and its end as text. */
export function harFrame(
  flows: readonly FlowJson[],
  version: string,
  comment: string,
): { readonly opening: string; readonly closing: string } {
  const log = { version: "1.2", creator: { name: "Switchyard", version }, pages: flows.map(pageOf), comment };
  return { opening: `{"log":${jsonText(log).slice(0, -1)},"entries":[`, closing: "]}}\n" };
}

function pageOf(flow: FlowJson): Page {
  return {
    startedDateTime: flow.startedAt,
    id: flow.id,
    title: `${flow.client} ${flow.method} ${flow.host}${flow.path}`,
    pageTimings: { onContentLoad: -1, onLoad: flow.timings.totalMs === null ? -1 : rounded(flow.timings.totalMs) },
  };
}

/** The calls of one flow that are asked for. None: it has no such side. */
export function harEntries(flow: FlowDetailJson, side: ExportSide): readonly Entry[] {
  const provider = flow.sides["upstream-request"] === undefined ? null : providerEntry(flow);
  // Passed on as it was, the client's call is the provider's.
  const isBoth = flow.action === "passthrough";
  const entries = [side === "upstream" && !isBoth ? null : clientEntry(flow), side === "client" ? null : provider];
  return entries.filter((entry) => entry !== null);
}

function clientEntry(flow: FlowDetailJson): Entry {
  const { sides } = flow;
  const note =
    flow.action === "passthrough" ? "the client's call, passed on as it was" : "what the client sent and was answered";
  return entryOf(flow, "client", note, sides["client-request"], sides["client-reply"], clientTimes(flow));
}

function providerEntry(flow: FlowDetailJson): Entry {
  const { sides, provider } = flow;
  const note = `what ${provider ?? "the provider"} was sent in its place and answered`;
  return entryOf(flow, "upstream", note, sides["upstream-request"], sides["upstream-reply"], providerTimes(flow));
}

function entryOf(
  flow: FlowDetailJson,
  side: "client" | "upstream",
  note: string,
  request: SideJson | undefined,
  reply: SideJson | undefined,
  times: CallTimes,
): Entry {
  return {
    pageref: flow.id,
    startedDateTime: times.startedAt,
    time: times.time,
    request: requestOf(flow, side, request),
    response: responseOf(flow, side, reply),
    cache: {},
    timings: { ...times.timings, ...(times.comment === null ? {} : { comment: times.comment }) } satisfies Timings,
    connection: `${flow.id}-${side}`,
    comment: note,
    _switchyard: aboutFlow(flow, side),
  };
}

/** The flow's own words, without its heads and bodies. */
function aboutFlow(flow: FlowDetailJson, side: "client" | "upstream"): Record<string, unknown> {
  const { sides: _, startedAt: _startedAt, method: _method, path: _path, ...rest } = flow;
  return { side, ...rest };
}

function requestOf(flow: FlowDetailJson, side: "client" | "upstream", request: SideJson | undefined): Request {
  const place = placeOf(flow, request ?? null);
  const headers = request?.headers ?? [];
  const body = request?.body;
  return {
    method: place.method,
    url: addressOf(place),
    httpVersion: side === "client" ? versionOf(flow.protocol) : "unknown",
    cookies: requestCookies(headers),
    headers: headers.map(([name, value]) => ({ name, value })),
    queryString: queryOf(place.target),
    ...(body === undefined || body.bytes === 0 ? {} : { postData: postDataOf(body) }),
    headersSize: -1,
    bodySize: body?.bytes ?? 0,
  };
}

function responseOf(flow: FlowDetailJson, side: "client" | "upstream", reply: SideJson | undefined): Response {
  const status = reply === undefined ? (side === "client" ? (flow.status ?? 0) : 0) : Number(reply.line) || 0;
  const headers = reply?.headers ?? [];
  const response: Response = {
    status,
    statusText: STATUS_CODES[status] ?? "",
    httpVersion: status === 0 ? "" : side === "client" ? versionOf(flow.protocol) : "unknown",
    cookies: replyCookies(headers),
    headers: headers.map(([name, value]) => ({ name, value })),
    content: contentOf(reply?.body),
    redirectURL: headerValue(headers, "location") ?? "",
    headersSize: -1,
    bodySize: reply?.body.bytes ?? -1,
  };
  // As Chrome writes it: why there is no reply, or not all of it.
  return flow.error === undefined ? response : withError(response, flow.error);
}

function withError(response: Response, error: string): Response & { readonly _error: string } {
  return { ...response, comment: error, _error: error };
}

/** HAR has no encoding for what was sent, as it has for replies: a field of our own says it. */
function postDataOf(body: BodyJson): PostData & { readonly _encoding?: "base64" } {
  const notes = notesOf(body);
  return {
    mimeType: body.contentType ?? "application/octet-stream",
    text: body.text ?? body.base64 ?? "",
    ...(body.text === undefined ? { _encoding: "base64" } : {}),
    ...(notes === "" ? {} : { comment: notes }),
  };
}

function contentOf(body: BodyJson | undefined): Content {
  if (body === undefined) return { size: 0, mimeType: "x-unknown" };
  const decoded =
    body.text === undefined ? Buffer.from(body.base64 ?? "", "base64").byteLength : Buffer.byteLength(body.text);
  // Of a body that was cut nobody knows how long the whole is.
  const size = body.encoding === null ? body.bytes : decoded;
  const notes = notesOf(body);
  return {
    size,
    ...(body.encoding === null || body.truncated ? {} : { compression: size - body.bytes }),
    mimeType: body.contentType ?? "application/octet-stream",
    ...(body.text === undefined ? { text: body.base64 ?? "", encoding: "base64" } : { text: body.text }),
    ...(notes === "" ? {} : { comment: notes }),
  };
}

function notesOf(body: BodyJson): string {
  const notes: string[] = [];
  if (body.captured < body.bytes) notes.push(`only ${body.captured} of ${body.bytes} bytes were kept`);
  else if (body.truncated) notes.push("not all of it is here");
  if (body.encoding !== null && body.decodeError === undefined) notes.push(`decoded from ${body.encoding}`);
  if (body.decodeError !== undefined) notes.push(`cannot be decoded: ${body.decodeError}`);
  return notes.join("; ");
}

function queryOf(target: string): { name: string; value: string }[] {
  const at = target.indexOf("?");
  return at < 0 ? [] : [...new URLSearchParams(target.slice(at + 1))].map(([name, value]) => ({ name, value }));
}

function versionOf(protocol: string): string {
  return protocol === "h2" ? "HTTP/2.0" : protocol === "http/1.0" ? "HTTP/1.0" : "HTTP/1.1";
}

function rounded(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
