/**
 * A request body that can be read from its beginning again as long as it is small: for the one more try over a new
 * connection. A read that is under way is shared, so that nothing is lost when one reader gives way to another.
 */
export interface ReplayableBody {
  /** The piece of this number, waiting for it; null after the last one. Pieces before it must still be kept. */
  at(index: number): Promise<Uint8Array | null>;
  /** Can it be read again from the first piece? */
  readonly isWhole: boolean;
  /** Nobody wants the rest. */
  leave(): void;
}

export function createReplayable(body: AsyncIterable<Uint8Array>, maxBytes: number): ReplayableBody {
  const iterator = body[Symbol.asyncIterator]();
  let kept: Uint8Array[] = [];
  let keptBytes = 0;
  /** Pieces that came before those that are kept. */
  let gone = 0;
  let done = false;
  let left = false;
  let pulling: Promise<void> | null = null;

  const pull = async (): Promise<void> => {
    try {
      const next = await iterator.next();
      if (next.done === true) {
        done = true;
        return;
      }
      kept.push(next.value);
      keptBytes += next.value.byteLength;
      if (gone === 0 && keptBytes <= maxBytes) return;
      gone += kept.length - 1;
      kept = [next.value];
      keptBytes = next.value.byteLength;
    } finally {
      pulling = null;
    }
  };

  return {
    async at(index) {
      while (index >= gone + kept.length) {
        if (done || left) return null;
        await (pulling ??= pull());
      }
      return kept[index - gone] ?? null;
    },
    get isWhole() {
      return gone === 0;
    },
    leave() {
      if (left) return;
      left = true;
      // A body that waits for its next piece answers only when that comes: not waited for.
      if (!done) Promise.resolve(iterator.return?.()).catch(() => undefined);
    },
  };
}
