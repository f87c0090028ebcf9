/**
 * Exports are made to be passed on: beside the secrets that everything we publish is free of, whatever stands behind a
 * name that says "credential" is masked in them, as in the request log.
 */
import type { BodyJson, FlowDetailJson, SideJson } from "../../base/controls.ts";
import type { FlowSide } from "../../base/flow.ts";
import { redactNamed } from "../../base/redact-named.ts";

/** Some 5 ms of masking at the most; then the relay has its turn. */
const sliceLength = 128 * 1024;

export async function maskedForSharing(flow: FlowDetailJson): Promise<FlowDetailJson> {
  const sides: Partial<Record<FlowSide, SideJson>> = {};
  // The keys of `sides` are sides.
  for (const [name, side] of Object.entries(flow.sides) as [FlowSide, SideJson][]) {
    sides[name] = { ...side, body: await maskedBody(side.body) };
  }
  return { ...flow, sides };
}

async function maskedBody(body: BodyJson): Promise<BodyJson> {
  return body.text === undefined ? body : { ...body, text: await maskedInTurns(body.text) };
}

async function maskedInTurns(text: string): Promise<string> {
  if (text.length <= sliceLength) return redactNamed(text);
  const parts: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = sliceEnd(text, start);
    parts.push(redactNamed(text.slice(start, end)));
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
