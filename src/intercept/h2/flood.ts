/**
 * How often a peer may do what costs us more than it: a leaky bucket, full at `limit`, empty again after ten seconds. And
 * the frames of an HTTP/2 session that are answered whether anybody wants them or not (CVE-2019-9512 pings, -9515 settings).
 */
import type { Http2Session } from "node:http2";

export interface Rate {
  /** One more; false when that is more than the limit. */
  take(limit: number): boolean;
}

const spanMs = 10_000;

/** `now`: ms that never go back. */
export function createRate(now: () => number): Rate {
  let level = 0;
  let at = now();
  return {
    take(limit) {
      const time = now();
      level = Math.max(0, level - ((time - at) * limit) / spanMs) + 1;
      at = time;
      return level <= limit;
    },
  };
}

/** `onFlood` is called once. */
export function watchControlFrames(
  session: Http2Session,
  options: { readonly limit: () => number; readonly now: () => number; readonly onFlood: () => void },
): void {
  const rate = createRate(options.now);
  const onFrame = (): void => {
    if (rate.take(options.limit())) return;
    session.off("ping", onFrame).off("remoteSettings", onFrame);
    options.onFlood();
  };
  session.on("ping", onFrame).on("remoteSettings", onFrame);
}
