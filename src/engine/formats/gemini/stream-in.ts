/** A streamed answer → hub events. Also for the two envelopes: the fragment is looked for in `response` first. */
import { defaultLimits } from "../../../base/limits.ts";
import { createFrameReader } from "./frames.ts";
import type { SseEvent } from "../../codecs/sse.ts";
import type { FormatId } from "../../hub/format-id.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { parseFrame } from "../fields.ts";
import type { StreamReader } from "../format.ts";
import { withContext } from "../reader-stages.ts";
import { createAssembler } from "./assemble.ts";
import { readError } from "./errors.ts";

const truncated = {
  kind: "truncated",
  message: "the upstream closed the stream before the reply was finished",
} as const;

export function createStreamReader(context?: ReplyContext, format: FormatId = "gemini"): StreamReader {
  return withContext(createReader(context, format), context);
}

function createReader(context: ReplyContext | undefined, format: FormatId): StreamReader {
  // Images come in one piece here.
  const frames = createFrameReader(4 * (context?.limits ?? defaultLimits).sseEventBytes);
  const assembler = createAssembler(format, context);

  const take = ({ event, data }: SseEvent, isLast: boolean): readonly StreamEvent[] => {
    if (data === "" || data === "[DONE]") return [];
    const parsed = parseFrame(data);
    if (parsed.ok) {
      return event === "error"
        ? assembler.fail(readError(undefined, [], parsed.value, data))
        : assembler.take(parsed.value, data);
    }
    if (isLast) return [];
    return assembler.fail({ kind: "protocol", message: `the stream holds a chunk that is not JSON: ${parsed.why}` });
  };

  const drain = (events: readonly SseEvent[], isLast: boolean): readonly StreamEvent[] => {
    const [only] = events;
    if (only !== undefined && events.length === 1 && frames.failure() === null) return take(only, isLast);
    const out: StreamEvent[] = [];
    for (const event of events) if (!assembler.isOver()) out.push(...take(event, isLast));
    const failure = frames.failure();
    if (failure !== null) out.push(...assembler.fail(failure));
    return out;
  };

  return {
    push: (bytes) => (assembler.isOver() ? [] : drain(frames.push(bytes), false)),
    end: () => (assembler.isOver() ? [] : [...drain(frames.end(), true), ...assembler.end(truncated)]),
  };
}
