/**
 * What the streams of one client connection do, watched for what only the whole connection shows: streams given up
 * before they were answered (CVE-2023-44487), readers that take nothing for ever (zero-window hoarding), and a
 * connection with nothing to do.
 */
import type { WireLimits } from "../../base/limits.ts";
import { createStalls, lookAgain } from "../stalls.ts";
import { createRate } from "./flood.ts";
import type { WireStream } from "./wire/stream.ts";

export interface StreamWatch {
  opened(stream: WireStream): void;
  closed(stream: WireStream): void;
  stop(): void;
}

export interface StreamWatchOptions {
  readonly limits: () => WireLimits;
  /** ms that never go back. */
  readonly now: () => number;
  readonly onFirst: () => void;
  readonly onLast: () => void;
  readonly onResets: () => void;
  /** Its client takes nothing of it, or owes a body and sends nothing. */
  readonly onStalled: (stream: WireStream) => void;
  readonly onIdle: () => void;
}

export function watchStreams(options: StreamWatchOptions): StreamWatch {
  const { limits, now } = options;
  const stalls = createStalls<WireStream>({
    now,
    forMs: () => limits().stalledReaderMs,
    waitingOf: (stream) => stream.waiting,
  });
  /** What is still to come of bodies that said how long they are. Any other may stay open both ways for hours. */
  const silences = createStalls<WireStream>({
    now,
    forMs: () => limits().bodyIdleMs,
    waitingOf: ({ expectedBytes, receivedBytes, headSent, isHeldBack }) =>
      headSent || isHeldBack ? 0 : Math.max(0, expectedBytes - receivedBytes),
  });
  const resets = createRate(now);
  let open = 0;
  let idleSince = now();
  const stop = lookAgain(
    () => Math.min(limits().stalledReaderMs, limits().idleConnectionMs, limits().bodyIdleMs),
    () => {
      for (const stream of [...stalls.look(), ...silences.look()]) options.onStalled(stream);
      if (open === 0 && now() - idleSince >= limits().idleConnectionMs) options.onIdle();
    },
  );

  return {
    opened(stream) {
      open += 1;
      if (open === 1) options.onFirst();
      stalls.add(stream);
      if (stream.expectedBytes > 0) silences.add(stream);
    },
    closed(stream) {
      open -= 1;
      stalls.delete(stream);
      silences.delete(stream);
      const isGivenUp = stream.resetCode !== null && !stream.headSent;
      if (isGivenUp && !resets.take(limits().resetsPer10s)) options.onResets();
      if (open > 0) return;
      idleSince = now();
      options.onLast();
    },
    stop,
  };
}
