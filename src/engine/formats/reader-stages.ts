/** Puts what the request writer asked to be undone behind a dialect's own stream reader. */
import { createRestore, createUsageFill, type ReplyContext } from "../hub/restore.ts";
import type { StreamEvent } from "../hub/stream.ts";
import type { StreamReader } from "./format.ts";

export function withContext(reader: StreamReader, context: ReplyContext | undefined): StreamReader {
  const stage = context === undefined ? null : createRestore(context);
  const fill = context?.estimateInput === undefined ? null : createUsageFill(context.estimateInput);
  if (stage === null && fill === null) return reader;
  const undo = (events: readonly StreamEvent[]): readonly StreamEvent[] => {
    const restored = stage === null ? events : events.flatMap(stage);
    return fill === null ? restored : fill(restored);
  };
  const { talk } = reader;
  return {
    push: (bytes) => undo(reader.push(bytes)),
    end: () => undo(reader.end()),
    ...(talk === undefined ? {} : { talk }),
  };
}
