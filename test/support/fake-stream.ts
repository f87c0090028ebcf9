/** How fake providers put bytes on the wire: packets respect neither events nor characters. */
import type { ServerResponse } from "node:http";
import type { Speech } from "./provider-turn.ts";

/** A frame, or the model falling silent. */
export type WireEvent = string | { readonly silentMs: number };

export interface Sending {
  readonly speech: Pick<Speech, "ending" | "cutAfter">;
  /** The answer without its end. */
  readonly events: readonly WireEvent[];
  /** What this dialect ends an answer with. */
  readonly terminal: readonly WireEvent[];
  /** What this dialect says when it fails on the way. */
  failure(status: number, message: string): readonly WireEvent[];
  readonly gapMs: number;
}

/** Sends the answer and ends it as the speech wants it ended. */
export async function sendStream(reply: ServerResponse, sending: Sending): Promise<void> {
  const { ending, cutAfter } = sending.speech;
  const isWhole = ending === null || Number.isFinite(cutAfter);
  const tail =
    ending?.type === "error" ? sending.failure(ending.status, ending.message) : isWhole ? sending.terminal : [];
  await sendEvents(reply, [...sending.events, ...tail], sending.gapMs, cutAfter);
  if (ending?.type === "cut") reply.destroy();
  else if (!reply.destroyed) reply.end();
}

async function sendEvents(
  reply: ServerResponse,
  events: readonly WireEvent[],
  gapMs: number,
  cutAfter: number,
): Promise<void> {
  for (const [index, event] of events.entries()) {
    if (reply.destroyed || index >= cutAfter) return;
    if (typeof event !== "string") {
      await silence(reply, event.silentMs);
      continue;
    }
    const bytes = Buffer.from(event);
    const cut = oddPlace(bytes, index);
    await written(reply, bytes.subarray(0, cut));
    if (cut < bytes.length) {
      await pause(0);
      await written(reply, bytes.subarray(cut));
    }
    if (gapMs > 0) await pause(gapMs);
  }
}

/** Every third frame is cut in two: inside its first wide character if it has one, else before its last byte or in the middle. */
function oddPlace(bytes: Buffer, index: number): number {
  if (index % 3 !== 2) return bytes.length;
  const wide = bytes.findIndex((byte) => byte >= 0xc0);
  if (wide >= 0) return wide + 1;
  return index % 2 === 0 ? bytes.length - 1 : Math.floor(bytes.length / 2);
}

/** Over at once when nobody listens any more. */
function silence(reply: ServerResponse, ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    reply.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));
}

function written(reply: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    if (reply.destroyed || !reply.writable) resolve();
    else reply.write(bytes, () => resolve());
  });
}
