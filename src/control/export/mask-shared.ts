/**
 * Exports are made to be passed on: beside the secrets that everything we publish is free of, whatever stands behind a
 * name that says "credential" is masked in them, as in the request log.
 */
import type { BodyJson, FlowDetailJson, SideJson } from "../../base/controls.ts";
import type { FlowSide } from "../../base/flow.ts";
import { emailSpans } from "../../base/emails.ts";
import { createRedactor } from "../../base/redact.ts";
import { redactNamed } from "../../base/redact-named.ts";
import { isPersonalHost } from "../personal-hosts.ts";
import { maskBody } from "../recording/mask-bytes.ts";

/** Some 5 ms of masking at the most; then the relay has its turn. */
const sliceLength = 128 * 1024;

export async function maskedForSharing(flow: FlowDetailJson): Promise<FlowDetailJson> {
  const sides: Partial<Record<FlowSide, SideJson>> = {};
  // The keys of `sides` are sides.
  for (const [name, side] of Object.entries(flow.sides) as [FlowSide, SideJson][]) {
    sides[name] = { ...side, body: await maskedBody(side.body, isPersonalHost(flow.host)) };
  }
  return { ...flow, sides };
}

async function maskedBody(body: BodyJson, emails: boolean): Promise<BodyJson> {
  if (body.text !== undefined) return { ...body, text: await maskedInTurns(body.text, emails) };
  const { base64, decoded } = body;
  if (base64 === undefined) return body;
  // What is known by its value was masked when it was published; names and addresses are left.
  const bytes = await maskBody(Buffer.from(base64, "base64"), body.contentType, valuesAreMasked, { emails });
  return {
    ...body,
    base64: bytes.toString("base64"),
    ...(decoded === undefined ? {} : { decoded: { ...decoded, text: await maskedInTurns(decoded.text, emails) } }),
  };
}

const valuesAreMasked = createRedactor();

function withoutEmails(text: string): string {
  let out = "";
  let done = 0;
  for (const { start, end } of emailSpans(text)) {
    out += `${text.slice(done, start)}•••`;
    done = end;
  }
  return out + text.slice(done);
}

export async function maskedInTurns(text: string, emails = false): Promise<string> {
  const masked = (slice: string): string => (emails ? withoutEmails(redactNamed(slice)) : redactNamed(slice));
  if (text.length <= sliceLength) return masked(text);
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = sliceEnd(text, start);
    parts.push(masked(text.slice(start, end)));
    start = end;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return parts.join("");
}

/** Where no name stands apart from its value: behind a line, or between two members or elements of JSON. */
function sliceEnd(text: string, start: number): number {
  const wanted = start + sliceLength;
  if (wanted >= text.length) return text.length;
  for (const mark of ["\n", ',"', ',\\"', "},{", "&"]) {
    const at = text.lastIndexOf(mark, wanted);
    if (at > start + sliceLength / 2) return at + 1;
  }
  return wanted;
}
