/** An upstream that says something when it is told to, and notices when it is dropped. */
import type { HeaderPairs, HttpReply } from "../../../base/http.ts";

export interface Scripted {
  readonly reply: HttpReply;
  say(text: string | Uint8Array): void;
  end(): void;
  fail(error: Error): void;
  readonly closed: () => boolean;
}

export function scripted(headers: HeaderPairs = [["content-type", "text/event-stream"]]): Scripted {
  const queue: (Uint8Array | null | Error)[] = [];
  let wake = (): void => {};
  let isClosed = false;
  const put = (item: Uint8Array | null | Error): void => {
    queue.push(item);
    wake();
  };
  const body = (async function* () {
    try {
      for (;;) {
        while (queue.length === 0) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const item = queue.shift();
        if (item instanceof Error) throw item;
        if (item === null || item === undefined) return;
        yield item;
      }
    } finally {
      isClosed = true;
    }
  })();
  return {
    reply: { status: 200, headers, body },
    say: (text) => put(Buffer.from(text)),
    end: () => put(null),
    fail: put,
    closed: () => isClosed,
  };
}
