/** What a proxy does to a live stream: how late an event is, and whether it still comes in a chunk of its own. */
import { waitFor } from "../support/wait.ts";
import type { Contestant } from "./contestants.ts";
import { monotonicMicros } from "./process-meter.ts";
import { get, open } from "./wire.ts";

export interface Streamed {
  /** From the origin's write to the client's read, ms. */
  readonly delaysMs: readonly number[];
  /** Events that came in one read with the event before them, though the origin had written them 3 ms apart. */
  readonly joined: number;
}

const gapMs = 3;

export async function liveStream(who: Contestant, events: number): Promise<Streamed> {
  const socket = await open(who);
  const delaysMs: number[] = [];
  let reads = 0;
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    const now = monotonicMicros();
    text += chunk.toString("latin1");
    const before = delaysMs.length;
    let used = 0;
    for (const event of text.matchAll(/data: \d+ (\d+)\n\n/g)) {
      delaysMs.push((now - Number(event[1])) / 1_000);
      used = event.index + event[0].length;
    }
    text = text.slice(used);
    if (delaysMs.length > before) reads += 1;
  });
  get(socket, who, `/stream?n=${events}&gap=${gapMs}`);
  try {
    await waitFor("the whole stream", () => delaysMs.length >= events, 20_000 + events * gapMs * 4);
  } finally {
    socket.destroy();
  }
  return { delaysMs, joined: delaysMs.length - reads };
}
