/**
 * What became of a client's request on its way: its body, the hub request that the engine's own reader makes of it, and
 * the body that went upstream, line by line. Made when somebody looks, of what was captured; it sends nothing, and no
 * body makes it throw.
 */
import { isRecord, parseJson } from "../../base/json.ts";
import type { StageRowJson } from "../../base/controls-stages.ts";
import { type FormatId, formatIds } from "../formats/format.ts";
import { formats } from "../formats/table.ts";
import type { Fields } from "../formats/fields.ts";
import type { HubRequest } from "../hub/request.ts";
import { outlineHub } from "./hub-outline.ts";
import { stageRows } from "./rows.ts";
import { outlineWire } from "./wire-outline.ts";
import { clipped } from "./words.ts";

export interface StageBody {
  readonly format: FormatId;
  /** Path and query it was sent to. */
  readonly target: string;
  readonly text: string;
}

export type ComparedStages =
  | {
      readonly ok: true;
      readonly rows: readonly StageRowJson[];
      /** Of the hub request as JSON. */
      readonly hubBytes: number;
      /** What the client said and the upstream was not told. */
      readonly losses: readonly string[];
      /** What the upstream was told and the client did not say. */
      readonly gains: readonly string[];
    }
  | { readonly ok: false; readonly problem: string };

/** More names than these nobody reads in a line. */
const maxNames = 40;

export function knownFormat(name: string | null): FormatId | null {
  return formatIds.find((id) => id === name) ?? null;
}

export function compareStages(client: StageBody, upstream: StageBody): ComparedStages {
  const said = parsedBody(client.text);
  if (typeof said === "string") return { ok: false, problem: `the client's body cannot be read: ${said}` };
  const sent = parsedBody(upstream.text);
  if (typeof sent === "string") return { ok: false, problem: `the upstream's body cannot be read: ${sent}` };
  const hub = readAs(client, said);
  if (typeof hub === "string") return { ok: false, problem: `the hub cannot read the client's body: ${hub}` };
  // What it cannot read (a count, a compaction) is compared as it is written.
  const understood = readAs(upstream, sent);
  const rows = stageRows({
    client: outlineWire(client.format, said, client.target, hub),
    hub: outlineHub(hub),
    upstream: outlineWire(upstream.format, sent, upstream.target, typeof understood === "string" ? null : understood),
  });
  return {
    ok: true,
    rows,
    hubBytes: Buffer.byteLength(JSON.stringify(hub)),
    losses: namesOf(rows, (row) => row.client !== null && row.upstream === null),
    gains: namesOf(rows, (row) => row.client === null && row.upstream !== null),
  };
}

/** The object, or why there is none. */
function parsedBody(text: string): Fields | string {
  const parsed = parseJson(text);
  if (!parsed.ok) return clipped(parsed.why);
  return isRecord(parsed.value) ? parsed.value : "it is no JSON object";
}

function readAs({ format, target }: StageBody, body: Fields): HubRequest | string {
  const read = formats[format].client.readRequest(body, target);
  return read.ok ? read.value.request : clipped(read.error.message);
}

/** Each once, with how many there are of it; heads of messages say nothing that their parts do not. */
function namesOf(rows: readonly StageRowJson[], isMeant: (row: StageRowJson) => boolean): readonly string[] {
  const counts = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const isHead = row.depth === 0 && rows[index + 1]?.depth === 1;
    if (!isHead && isMeant(row)) counts.set(row.label, (counts.get(row.label) ?? 0) + 1);
  }
  return [...counts].slice(0, maxNames).map(([label, count]) => (count === 1 ? label : `${label} x${count}`));
}
