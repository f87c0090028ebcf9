/** The Events tab: a streamed reply as its events, one to a row, with when each of them had come. */
import { eventSummary } from "../body/event-summary.ts";
import { plainLine, styledLine, type DocumentLine } from "../body/line.ts";
import { type SseEvent, sseEvents } from "../body/sse.ts";
import type { BodyView, SideView } from "../state/flow-view.ts";
import { fit } from "../text/cells.ts";
import { bytes } from "../text/format.ts";

const offsetWidth = 9;
const gap = 2;

export function* replyEventLines(side: SideView, width: number): Generator<DocumentLine, void> {
  const { body } = side;
  yield plainLine("");
  if (body === null || body.bytes === 0) yield plainLine("The reply has no body.", "dim");
  else if (body.text === null) yield plainLine("Nothing of the body can be read as text.", "dim");
  else if (body.contentType?.toLowerCase().includes("event-stream") !== true) {
    yield plainLine("Not streamed.", "strong");
    yield plainLine(`The reply came as one ${body.contentType ?? "body"}: its text stands in the tab of this reply.`);
  } else yield* streamLines(body, body.text, side.timeline, width);
}

function* streamLines(
  body: BodyView,
  text: string,
  timeline: SideView["timeline"],
  width: number,
): Generator<DocumentLine, void> {
  const nameWidth = Math.min(28, Math.floor(width / 4));
  const room = Math.max(1, width - offsetWidth - nameWidth - 2 * gap);
  const timeAt = createClock(body, text, timeline);
  let count = 0;
  for (const event of sseEvents(text)) {
    count += 1;
    yield eventLine(event, timeAt(event.end), nameWidth, room);
  }
  if (count === 0) yield plainLine("No event has come yet.", "dim");
  if (body.truncated && body.captured < body.bytes) {
    yield plainLine(`… cut: ${bytes(body.captured)} of ${bytes(body.bytes)} were kept`, "warn");
  }
}

function eventLine(event: SseEvent, atMs: number | null, nameWidth: number, room: number): DocumentLine {
  const offset = atMs === null ? "" : `${Math.round(atMs)} ms`;
  // Sanitised before it is cut: marks for what is invisible take room.
  const name = plainLine(event.name ?? "message").text;
  const summary = plainLine(eventSummary(event.data)).text;
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
  let [at, passed, piece, upTo] = [0, 0, 0, timeline[0]?.[1] ?? 0];
  return (end) => {
    passed += Buffer.byteLength(text.slice(at, end));
    at = end;
    while (upTo < passed && piece + 1 < timeline.length) {
      piece += 1;
      upTo += timeline[piece]?.[1] ?? 0;
    }
    return timeline[piece]?.[0] ?? null;
  };
}
