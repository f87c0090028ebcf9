/** Fetches something about the open flow, and again when it changes: one question at a time, at most two a second. */

export interface DetailLoader {
  /** Asks for this flow now, or as soon as the last question is answered and the gap has passed. */
  load(id: string): void;
  close(): void;
}

interface LoaderOptions<View> {
  readonly load: (id: string) => Promise<unknown>;
  /** Null: the answer is not what was asked for. */
  readonly read: (answer: unknown) => View | null;
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly onLoaded: (id: string, data: View | null, problem: string | null) => void;
}

/** A streaming flow changes many times a second; its bodies may be megabytes. */
const gapMs = 500;

export function createDetailLoader<View>(options: LoaderOptions<View>): DetailLoader {
  let wanted: string | null = null;
  let last: string | null = null;
  let busy = false;
  let cancelGap: (() => void) | null = null;
  let closed = false;

  const ask = async (id: string): Promise<void> => {
    busy = true;
    last = id;
    try {
      const detail = options.read(await options.load(id));
      if (!closed) options.onLoaded(id, detail, detail === null ? "the core sent no flow" : null);
    } catch (error) {
      if (!closed) options.onLoaded(id, null, error instanceof Error ? error.message : "no answer");
    } finally {
      busy = false;
    }
    cancelGap = options.after(gapMs, () => {
      cancelGap = null;
      next();
    });
    next();
  };

  const next = (): void => {
    if (closed || busy || wanted === null) return;
    // Another flow is shown at once; the same one waits for the gap.
    if (cancelGap !== null && wanted === last) return;
    cancelGap?.();
    cancelGap = null;
    const id = wanted;
    wanted = null;
    void ask(id);
  };

  return {
    load(id) {
      wanted = id;
      next();
    },
    close() {
      closed = true;
      cancelGap?.();
    },
  };
}
