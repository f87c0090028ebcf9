/** A captured request at its three stages: finds the two bodies, and says in words where there is nothing to compare. */
import type { FlowStagesJson, StageHeadJson } from "../base/controls-stages.ts";
import type { FlowRecord, FlowSide } from "../base/flow.ts";
import { headerValue } from "../base/headers.ts";
import type { HeaderPairs } from "../base/http.ts";
import type { Redactor } from "../base/redact.ts";
import { plain } from "../engine/formats/cursor/view/plain.ts";
import type { FormatId } from "../engine/formats/format.ts";
import { formats } from "../engine/formats/table.ts";
import { compareStages, knownFormat, type StageBody } from "../engine/stages/index.ts";
import { decodedBody } from "../engine/view/decoded-body.ts";
import { bodyJson } from "./flow-json.ts";
import type { CapturedFlow } from "./flow-log.ts";
import { redactorOf } from "./flow-redactor.ts";

const noHub: StageHeadJson = { format: "hub", bytes: 0 };

export async function flowStagesJson(flow: CapturedFlow, known: Redactor): Promise<FlowStagesJson> {
  const redactor = redactorOf(flow, known);
  const record = flow.record();
  const heads = {
    client: { format: record.formats.client ?? "unknown", bytes: flow.side("client-request")?.bytes ?? 0 },
    hub: noHub,
    upstream: { format: record.formats.upstream ?? "unknown", bytes: flow.side("upstream-request")?.bytes ?? 0 },
  };
  const without = (problem: string): FlowStagesJson => ({ ...heads, rows: [], losses: [], gains: [], problem });
  const untranslated = untranslatedText(record);
  if (untranslated !== null) return without(untranslated);
  const client = await stageBody(flow, "client-request", record.formats.client, redactor);
  if (typeof client === "string") return without(`The client's body ${client}`);
  const upstream = await stageBody(flow, "upstream-request", record.formats.upstream, redactor);
  if (typeof upstream === "string") return without(`The upstream's body ${upstream}`);
  const compared = compareStages(client, upstream);
  if (!compared.ok) return without(compared.problem);
  const { rows, losses, gains, hubBytes } = compared;
  return { ...heads, hub: { format: "hub", bytes: hubBytes }, rows, losses, gains, problem: null };
}

/** Why there was no translation; null where there was one. */
function untranslatedText({ action, formats }: FlowRecord): string | null {
  switch (action) {
    case "tunnel":
      return "Tunnelled: encrypted between the client and the host, and not ours to read.";
    case "passthrough":
      return "Passed through untouched: the upstream got the client's own bytes, and nothing was translated.";
    case "bypass":
    case "block":
      return "Answered here: nothing was sent upstream.";
    case "reroute":
  }
  if (formats.client === null) return "Not a call in a dialect that is translated.";
  if (formats.upstream === null) return "Nothing was sent upstream.";
  if (formats.client !== formats.upstream) return null;
  return `Both sides speak ${formats.client}: the body went on as it was, but for what had to change, and nothing was translated.`;
}

/** The body, or how it is with it. */
async function stageBody(
  flow: CapturedFlow,
  name: FlowSide,
  format: string | null,
  redactor: Redactor,
): Promise<StageBody | string> {
  const side = flow.side(name);
  const known = knownFormat(format);
  if (side === undefined || side.bytes === 0) return "has not been seen.";
  if (known === null) return "is in a dialect that is not JSON, and cannot be laid beside the other.";
  if (side.captured === 0) return "is no longer kept.";
  if (side.captured < side.bytes) return `was cut: ${side.captured} of ${side.bytes} bytes were kept.`;
  const target = targetOf(side.head?.line ?? "");
  const body = await bodyJson(side, redactor, { host: flow.start.host, target, side: "request" });
  if (body.decodeError !== undefined) return `cannot be decoded: ${body.decodeError}`;
  if (body.truncated) return "is too long to be compared.";
  if (body.text !== undefined) return { format: known, target, text: body.text };
  const values = valuesOf(known, Buffer.from(body.base64 ?? "", "base64"), target, side.head?.headers ?? []);
  return values === null ? "is not text." : { format: known, target, text: values };
}

/** A binary body as the JSON of what its dialect reads in it, or of its first message; secrets in it are masked already. */
function valuesOf(format: FormatId, bytes: Uint8Array, target: string, headers: HeaderPairs): string | null {
  const decoded = formats[format].decodeRequest?.(bytes, { target, headers });
  if (decoded?.ok === true) return JSON.stringify(plain(decoded.value));
  const contentType = headerValue(headers, "content-type") ?? null;
  const shown = decodedBody({ bytes, contentType, target, side: "request" });
  if (shown === null) return null;
  return shown.as === "json" ? shown.text : (/^data: (\{.*)$/m.exec(shown.text)?.[1] ?? null);
}

/** `POST /v1/messages` → `/v1/messages`. */
function targetOf(line: string): string {
  return line.slice(line.indexOf(" ") + 1);
}
