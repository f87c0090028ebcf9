/** Flows as a file to take along: an archive (HAR), commands (curl), or one JSON document a line. */
import { isUtf8 } from "node:buffer";
import type { CoreStatus } from "../../base/controls.ts";
import type { ExportFormat, ExportRoad, ExportSide } from "../../base/controls-flows.ts";
import type { FlowSide } from "../../base/flow.ts";
import { headerValue } from "../../base/headers.ts";
import { reachableHost } from "../../base/launch-env.ts";
import { redactNamed } from "../../base/redact-named.ts";
import type { Redactor } from "../../base/redact.ts";
import { safeLine } from "../../base/safe-text.ts";
import { decodeBody } from "../decode-body.ts";
import { flowDetailJson, flowJson, maxViewBytes, redactInTurns } from "../flow-json.ts";
import type { CapturedFlow, CapturedSide } from "../flow-log.ts";
import { redactorOf } from "../flow-redactor.ts";
import { placeOf } from "./call.ts";
import { curlCommand, type CurlRoad } from "./curl.ts";
import { gatewayTarget } from "./gateway-target.ts";
import { harEntries, harFrame } from "./har.ts";
import { jsonText } from "./json-text.ts";
import { maskedForSharing } from "./mask-shared.ts";

export interface ExportOrder {
  readonly format: ExportFormat;
  readonly side: ExportSide;
  readonly via: ExportRoad;
}

export interface Export {
  readonly contentType: string;
  readonly flows: number;
  /** Why flows were left out → how many. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** The file, a call at a time; bodies are read when their turn comes. */
  readonly text: AsyncIterable<string>;
}

interface ExportDeps {
  readonly redactor: Redactor;
  readonly status: CoreStatus;
}

const contentTypes = {
  har: "application/json",
  curl: "text/x-shellscript; charset=utf-8",
  jsonl: "application/x-ndjson",
} as const satisfies Record<ExportFormat, string>;

export function exportFlows(flows: readonly CapturedFlow[], order: ExportOrder, deps: ExportDeps): Export {
  const leftOut: Record<string, number> = {};
  const chosen = flows.filter((flow) => {
    const why = reasonToLeaveOut(flow, order);
    if (why !== null) leftOut[why] = (leftOut[why] ?? 0) + 1;
    return why === null;
  });
  const writers = { har: harText, curl: curlText, jsonl: jsonLines };
  const text = writers[order.format](chosen, order, deps, leftOut);
  return { contentType: contentTypes[order.format], flows: chosen.length, leftOut, text };
}

/** Null: it can be exported. */
function reasonToLeaveOut(flow: CapturedFlow, { format, side }: ExportOrder): string | null {
  if (format === "jsonl") return null;
  const { action, protocol } = flow.record();
  if (action === "tunnel") return "tunnels: they were not decrypted";
  const isOnlyUpstream = side === "upstream" && action !== "passthrough";
  if (isOnlyUpstream && flow.side("upstream-request") === undefined) return "calls that went to no provider";
  if (format === "har") return null;
  if (protocol === "websocket") return "WebSocket connections: curl cannot repeat them";
  const sent = sidesFor(flow, side).map((name) => flow.side(name));
  if (sent.some((one) => one !== undefined && one.captured < one.bytes)) return "calls whose body was not kept whole";
  return null;
}

async function* harText(
  flows: readonly CapturedFlow[],
  { side }: ExportOrder,
  { redactor, status }: ExportDeps,
  leftOut: Readonly<Record<string, number>>,
): AsyncIterable<string> {
  const summaries = flows.map((flow) => flowJson(flow.record(), redactor));
  const { opening, closing } = harFrame(summaries, status.version, commentOn(leftOut));
  yield opening;
  let separator = "\n";
  for (const flow of flows) {
    const detail = await maskedForSharing(await flowDetailJson(flow, redactor));
    for (const entry of harEntries(detail, side)) {
      yield separator + jsonText(entry);
      separator = ",\n";
    }
  }
  yield `\n${closing}`;
}

/** The archive's own note: what it does not hold. */
function commentOn(leftOut: Readonly<Record<string, number>>): string {
  const parts = Object.entries(leftOut).map(([why, count]) => `${count} × ${why}`);
  const notes = parts.length === 0 ? "" : ` Left out: ${parts.join("; ")}.`;
  return `Credentials are masked (•••).${notes}`;
}

async function* jsonLines(
  flows: readonly CapturedFlow[],
  { side }: ExportOrder,
  { redactor }: ExportDeps,
): AsyncIterable<string> {
  for (const flow of flows) {
    const detail = await maskedForSharing(await flowDetailJson(flow, redactor));
    const sides = Object.entries(detail.sides).filter(([name]) => side === "both" || name.startsWith(side));
    yield `${jsonText({ ...detail, sides: Object.fromEntries(sides) })}\n`;
  }
}

async function* curlText(
  flows: readonly CapturedFlow[],
  order: ExportOrder,
  deps: ExportDeps,
  leftOut: Readonly<Record<string, number>>,
): AsyncIterable<string> {
  yield `# ${commentOn(leftOut)} Words for bash or zsh.\n`;
  for (const flow of flows) {
    for (const side of sidesFor(flow, order.side)) {
      const captured = flow.side(side);
      if (captured !== undefined) yield `\n${await curlOf(flow, side, captured, order, deps)}`;
    }
  }
}

function sidesFor(flow: CapturedFlow, side: ExportSide): readonly FlowSide[] {
  if (side === "both") return ["client-request", "upstream-request"];
  // Passed on as it was, the client's call is the provider's.
  return side === "client" || flow.action === "passthrough" ? ["client-request"] : ["upstream-request"];
}

async function curlOf(
  flow: CapturedFlow,
  name: FlowSide,
  side: CapturedSide,
  { via }: ExportOrder,
  { redactor: known, status }: ExportDeps,
): Promise<string> {
  const redactor = redactorOf(flow, known);
  const record = flowJson(flow.record(), redactor);
  const line = redactor.text(side.head?.line ?? "");
  const place = placeOf(record, side.head === null ? null : { ...side.head, line });
  const headers = (side.head?.headers ?? []).map(([field, value]) => [field, redactor.text(value)] as const);
  const encoding = headerValue(headers, "content-encoding") ?? null;
  const decoded = await decodeBody(side.chunks, encoding, maxViewBytes, true);
  const who = name === "client-request" ? record.client : `to ${record.provider ?? "its provider"}`;
  const title = `${flow.id} ${record.startedAt} ${who} ${place.method} ${place.authority}${place.target}`;
  if (!decoded.complete)
    return `# ${safeLine(title)}\n# left out: its body is longer than an export takes, or cannot be decoded\n`;
  const body = await maskedBytes(decoded.bytes, isCredentialCall(place.target, headers), redactor);
  const road: CurlRoad = {
    via,
    ownUrl: `http://${reachableHost(status.host)}:${status.port}`,
    caPath: status.ca.path,
    proxyAsks: status.proxyAuth !== "off",
    gatewayTarget: gatewayTarget(place.target, record.formats[name === "client-request" ? "client" : "upstream"]),
  };
  const command = curlCommand(
    {
      title,
      place,
      headers,
      protocol: name === "client-request" ? record.protocol : "",
      body: body.bytes,
      isMasked: body.isMasked,
      encoding,
      provider: name === "client-request" ? null : record.provider,
    },
    road,
  );
  return command.ok ? command.text : `# ${safeLine(title)}\n# left out: ${command.why}\n`;
}

/**
 * The words of a conversation are repeated as they were but for secrets that are known or look like one. Where tokens are
 * asked for, a name is enough.
 */
async function maskedBytes(
  bytes: Buffer,
  byName: boolean,
  redactor: Redactor,
): Promise<{ readonly bytes: Buffer; readonly isMasked: boolean }> {
  if (!isUtf8(bytes)) {
    const masked = redactor.bytes(bytes);
    return { bytes: Buffer.from(masked.buffer, masked.byteOffset, masked.byteLength), isMasked: masked !== bytes };
  }
  const text = bytes.toString("utf8");
  const known = await redactInTurns(text, redactor);
  const masked = byName ? redactNamed(known) : known;
  return masked === text ? { bytes, isMasked: false } : { bytes: Buffer.from(masked), isMasked: true };
}

function isCredentialCall(target: string, headers: readonly (readonly [string, string])[]): boolean {
  const type = headerValue(headers, "content-type") ?? "";
  return /oauth|token|login|auth/i.test(target) || /^application\/x-www-form-urlencoded/i.test(type);
}
