/** Images that come in parts: the provider's events as they are, read along on for what was counted. */
import type { FlowTap } from "../../base/flow.ts";
import type { HeaderPairs, HttpReply } from "../../base/http.ts";
import { createSseReader } from "../codecs/sse.ts";
import type { EngineError } from "../errors/engine-error.ts";
import { fromUnknown } from "../errors/from-unknown.ts";
import { streamedUsage } from "../media/index.ts";
import type { Meter } from "./meter.ts";
import { closable } from "./open-stream.ts";

export interface MediaStream {
  readonly reply: HttpReply;
  readonly tap: FlowTap;
  readonly meter: Meter;
  /** Called once, when the stream is over for whatever reason. */
  readonly onEnd: (error: EngineError | null) => void;
  /** Drops the upstream connection: the stream is not read to its end. */
  readonly abandon: () => void;
}

/** A partial image of the largest size is a few MB of base64. */
const maxEventChars = 64 * 1024 * 1024;
const passedFields: ReadonlySet<string> = new Set([
  "content-type",
  "content-encoding",
  "cache-control",
  "x-request-id",
]);

export function passMediaStream(input: MediaStream): HttpReply {
  const { reply, onEnd, abandon } = input;
  const headers: HeaderPairs = reply.headers.filter(([name]) => passedFields.has(name.toLowerCase()));
  const body = closable(passed(input), () => {
    onEnd(null);
    abandon();
  });
  return { status: reply.status, headers, body };
}

async function* passed({ reply, tap, meter, onEnd, abandon }: MediaStream): AsyncGenerator<Uint8Array> {
  const reader = createSseReader(maxEventChars);
  let error: EngineError | null = null;
  let isOver = false;
  try {
    for await (const chunk of reply.body) {
      tap.chunk("upstream-reply", chunk);
      for (const { event, data } of reader.push(chunk)) {
        const usage = streamedUsage(event, data);
        if (usage !== null) meter.usage(usage);
      }
      yield chunk;
    }
    isOver = true;
  } catch (thrown) {
    error = fromUnknown(thrown);
    throw thrown;
  } finally {
    onEnd(error);
    if (!isOver) abandon();
  }
}
