/** The Events tab: a streamed reply as its events, one to a row, with when each of them had come. */
import { eventSummary } from "../body/event-summary.ts";
import { plainLine, styledLine, type DocumentLine } from "../body/line.ts";
import { type SseEvent, sseEvents } from "../body/sse.ts";
import type { BodyView, DecodedView, SideView } from "../state/flow-view.ts";
import { fit } from "../text/cells.ts";
import { bytes } from "../text/format.ts";

const offsetWidth = 9;
const gap = 2;

export function* replyEventLines(side: SideView, width: number): Generator<DocumentLine, void> {
  const { body } = side;
  yield plainLine("");
  if (body === null || body.bytes === 0) yield plainLine("The reply has no body.", "dim");
  else if (body.decoded?.as === "events") yield* decodedLines(body, body.decoded, side.timeline, width);
  else if (body.text === null) yield plainLine("Nothing of the body can be read as text.", "dim");
  else if (body.contentType?.toLowerCase().includes("event-stream") !== true) {
    yield plainLine("Not streamed.", "strong");
    yield plainLine(`The reply came as one ${body.contentType ?? "body"}: its text stands in the tab of this reply.`);
  } else yield* streamLines(body, body.text, side.timeline, width);
}

/** A binary stream: its events are the core's, and where each of them ended in the bytes is told. */
function* decodedLines(
  body: BodyView,
  { text, ends }: DecodedView,
  timeline: SideView["timeline"],
  width: number,
): Generator<DocumentLine, void> {
  const timeAt = body.encoding === null ? createTimes(timeline) : () => null;
  let count = 0;
  for (const event of sseEvents(text)) {
    const end = ends[count];
    count += 1;
    const summary = eventSummary(event.data);
    // Of a frame that says nothing of this kind, its fields are all there is to it.
    yield eventLine(
      event,
      end === undefined ? null : timeAt(end),
      columnsOf(width),
      summary === "" ? event.data : summary,
    );
  }
  yield* lastLines(body, count);
}

function* streamLines(
  body: BodyView,
  text: string,
  timeline: SideView["timeline"],
  width: number,
): Generator<DocumentLine, void> {
  const columns = columnsOf(width);
  const timeAt = createClock(body, text, timeline);
  let count = 0;
  for (const event of sseEvents(text)) {
    count += 1;
    yield eventLine(event, timeAt(event.end), columns, eventSummary(event.data));
  }
  yield* lastLines(body, count);
}

interface Columns {
  readonly nameWidth: number;
  readonly room: number;
}

function columnsOf(width: number): Columns {
  const nameWidth = Math.min(28, Math.floor(width / 4));
  return { nameWidth, room: Math.max(1, width - offsetWidth - nameWidth - 2 * gap) };
}

function* lastLines(body: BodyView, count: number): Generator<DocumentLine, void> {
  if (count === 0) yield plainLine("No event has come yet.", "dim");
  if (body.truncated && body.captured < body.bytes) {
    yield plainLine(`… cut: ${bytes(body.captured)} of ${bytes(body.bytes)} were kept`, "warn");
  }
}

function eventLine(event: SseEvent, atMs: number | null, { nameWidth, room }: Columns, said: string): DocumentLine {
  const offset = atMs === null ? "" : `${Math.round(atMs)} ms`;
  // Sanitised before it is cut: marks for what is invisible take room.
  const name = plainLine(event.name ?? "message").text;
  const summary = plainLine(said).text;
  return styledLine([
    { text: fit(offset, offsetWidth, "right"), style: "dim" },
    { text: " ".repeat(gap) },
    { text: fit(name, nameWidth), style: "accent" },
    { text: " ".repeat(gap) },
    { text: fit(summary, room).trimEnd() },
  ]);
}

/**
 * When the bytes up to a place in the text had come. Places are asked for in order. Not known where the text is not what
 * passed: after a content-encoding was undone, or a secret masked.
 */
function createClock(body: BodyView, text: string, timeline: SideView["timeline"]): (end: number) => number | null {
  const size = Buffer.byteLength(text);
  const isAsItPassed = body.encoding === null && (body.truncated || size === body.captured);
  if (!isAsItPassed || timeline.length === 0) return () => null;
  let [at, passed] = [0, 0];
  const timeOf = createTimes(timeline);
  return (end) => {
    passed += Buffer.byteLength(text.slice(at, end));
    at = end;
    return timeOf(passed);
  };
}

/** When so many bytes had come; asked for in order. */
function createTimes(timeline: SideView["timeline"]): (passed: number) => number | null {
  let [piece, upTo] = [0, timeline[0]?.[1] ?? 0];
  return (passed) => {
    while (upTo < passed && piece + 1 < timeline.length) {
      piece += 1;
      upTo += timeline[piece]?.[1] ?? 0;
    }
    return timeline[piece]?.[0] ?? null;
  };
}
