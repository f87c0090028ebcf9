/**
 * Remembers one reply for requests that refer to it. Before its last bytes are out, because clients ask again at once;
 * and as far as it came where its client broke it off, because clients refer to what they saw of it all the same.
 */
import { isRecord, parseJson } from "../../base/json.ts";
import type { StreamWriter } from "../formats/format.ts";
import type { StreamEvent } from "../hub/stream.ts";
import type { ReplyPlace } from "./response-memory.ts";

export interface ReplyKeeper {
  /** Behind the writer's own `push` of the same events. */
  note(events: readonly StreamEvent[]): void;
  /** The stream is over, for whatever reason. */
  end(): void;
}

const keepsNothing: ReplyKeeper = { note: () => {}, end: () => {} };

export function createReplyKeeper(place: ReplyPlace | null, writer: StreamWriter): ReplyKeeper {
  if (place === null) return keepsNothing;
  let isKept = false;
  const keep = (): void => {
    if (isKept) return;
    isKept = true;
    const written = writer.written?.() ?? null;
    if (written !== null) place.remember(written);
  };
  return {
    note(events) {
      const last = events.at(-1)?.type;
      if (last === "reply-end" || last === "error") keep();
    },
    end: keep,
  };
}

/** The same of a reply that was written whole. */
export function keepWhole(place: ReplyPlace | null, body: Uint8Array): void {
  if (place === null) return;
  const parsed = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  if (parsed.ok && isRecord(parsed.value)) place.remember(parsed.value);
}
