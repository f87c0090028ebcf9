/** Looks at the first bytes of a connection and puts them back, so that whoever takes the socket reads them again. */
import type { Socket } from "node:net";

export type Peeked<T> =
  | { readonly type: "seen"; readonly value: T; readonly bytes: Buffer }
  /** The client ended or broke the connection before it had said enough. */
  | { readonly type: "gone"; readonly bytes: Buffer }
  | { readonly type: "silent" };

/**
 * Feeds what has arrived so far to `judge` until it returns something else than null. On return the socket is paused
 * and its bytes are unread again.
 */
export function peek<T>(
  socket: Socket,
  head: Buffer,
  timeoutMs: number,
  judge: (bytes: Buffer) => T | null,
): Promise<Peeked<T>> {
  return new Promise((resolve) => {
    let seen = head;
    const settle = (result: Peeked<T>): void => {
      clearTimeout(timer);
      socket.off("data", onData).off("end", onGone).off("close", onGone).off("error", onGone);
      socket.pause();
      if (result.type === "seen" && seen.length > 0) socket.unshift(seen);
      resolve(result);
    };
    const decide = (): boolean => {
      const value = seen.length === 0 ? null : judge(seen);
      if (value === null) return false;
      settle({ type: "seen", value, bytes: seen });
      return true;
    };
    const onData = (bytes: Buffer): void => {
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes]);
      decide();
    };
    const onGone = (): void => settle({ type: "gone", bytes: seen });
    const timer = setTimeout(() => settle({ type: "silent" }), timeoutMs);
    timer.unref();
    socket.on("data", onData).on("end", onGone).on("close", onGone).on("error", onGone);
    if (!decide()) socket.resume();
  });
}
