/** The Responses event stream → hub events. `event:` lines are not needed; a stream without its last event is cut. */
import { createSseReader, type SseEvent } from "../../codecs/sse.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { parseFrame, textField } from "../fields.ts";
import type { StreamReader } from "../format.ts";
import { withContext } from "../reader-stages.ts";
import { createEventReader } from "./events-in.ts";

export function createStreamReader(context?: ReplyContext): StreamReader {
  return withContext(createReader(context), context);
}

function createReader(context: ReplyContext | undefined): StreamReader {
  const sse = createSseReader(context?.limits?.sseEventBytes);
  const events = createEventReader(context);

  const takeFrame = (out: StreamEvent[], { event, data }: SseEvent, isLast: boolean): void => {
    if (data === "[DONE]") {
      events.doneWord(out);
      return;
    }
    const parsed = parseFrame(data);
    if (parsed.ok) events.take(out, parsed.value, textField(parsed.value, "type") ?? event);
    else if (!isLast) {
      events.fail(out, { kind: "protocol", message: `the stream holds an event that is not JSON: ${parsed.why}` });
    }
  };

  const drain = (frames: readonly SseEvent[], isLast: boolean): readonly StreamEvent[] => {
    const out: StreamEvent[] = [];
    for (const frame of frames) {
      if (events.isOver()) break;
      takeFrame(out, frame, isLast);
    }
    const failure = sse.failure();
    if (failure !== null && !events.isOver()) events.fail(out, failure);
    return out;
  };

  return {
    push: (bytes) => (events.isOver() ? [] : drain(sse.push(bytes), false)),
    end() {
      if (events.isOver()) return [];
      const out = [...drain(sse.end(), true)];
      if (!events.isOver()) {
        const message = "the upstream closed the stream before the response was finished";
        events.fail(out, { kind: "truncated", message });
      }
      return out;
    },
  };
}
