/** Bodies of a published flow, searched in this process and not in the core. */
import type { FlowDetailJson, SideJson } from "../base/controls.ts";
import { type ContentSearch, type Filter, placesOf, type TextMatch } from "../base/filter/index.ts";
import type { FlowSide } from "../base/flow.ts";
import { safeLine } from "../base/safe-text.ts";

const sides: readonly FlowSide[] = ["client-request", "upstream-request", "upstream-reply", "client-reply"];

export function fitsDetail(filter: Filter, flow: FlowDetailJson, now: number): boolean {
  return filter.decide(flow, now, (search) => isIn(flow, search));
}

function isIn(flow: FlowDetailJson, search: ContentSearch): boolean {
  if (search.of === "content-type") {
    return Object.values(flow.sides).some(({ body }) => body.contentType !== null && search.fits(body.contentType));
  }
  return search.sides.some((name) => {
    const side = flow.sides[name];
    if (side === undefined) return false;
    const scan = search.start();
    return scan.push(textOf(side)) || scan.end();
  });
}

export interface BodyPlace {
  readonly id: string;
  readonly side: FlowSide;
  /** Both from 1; the column counts UTF-16 units. */
  readonly line: number;
  readonly column: number;
  /** The match with a little of what stands around it, in one line. */
  readonly text: string;
}

export interface SidePlaces {
  readonly side: FlowSide;
  readonly places: readonly BodyPlace[];
  /** More than are told. */
  readonly more: number;
}

/** Characters before and behind a match. */
const around = 40;
/** More matches than these are not counted. */
const maxCounted = 1_000;

export function placesIn(flow: FlowDetailJson, match: TextMatch, maxPlaces: number): readonly SidePlaces[] {
  return sides.flatMap((name) => {
    const side = flow.sides[name];
    if (side === undefined) return [];
    const text = textOf(side);
    const found = placesOf(match, text, maxCounted);
    if (found.length === 0) return [];
    const places = found.slice(0, maxPlaces).map(({ start, end }): BodyPlace => {
      const lineStart = text.lastIndexOf("\n", start - 1) + 1;
      return {
        id: flow.id,
        side: name,
        line: lineNumber(text, start),
        column: start - lineStart + 1,
        text: excerpt(text, start, end),
      };
    });
    return [{ side: name, places, more: found.length - places.length }];
  });
}

function lineNumber(text: string, at: number): number {
  let line = 1;
  for (let next = text.indexOf("\n"); next >= 0 && next < at; next = text.indexOf("\n", next + 1)) line += 1;
  return line;
}

function excerpt(text: string, start: number, end: number): string {
  const from = Math.max(0, start - around);
  const to = Math.min(text.length, end + around);
  const cut = `${from > 0 ? "…" : ""}${text.slice(from, to)}${to < text.length ? "…" : ""}`;
  // Cut in the middle of a character of two units, its other half would stand there as a mark.
  return safeLine(cut.replaceAll(/…[\udc00-\udfff]/g, "…").replaceAll(/[\ud800-\udbff]…/g, "…"));
}

/** Binary bodies that nobody decoded are read as if they were text: names and prompts stand in them as they are. */
function textOf({ body }: SideJson): string {
  return body.text ?? body.decoded?.text ?? Buffer.from(body.base64 ?? "", "base64").toString("utf8");
}
