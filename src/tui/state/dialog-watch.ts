/** Follows what a panel is about while it is open: one question at a time, and none once it is closed. */
import type { Effect, Watch } from "./effect.ts";
import { whyOf } from "./why-of.ts";

export interface DialogWatch {
  /** This is open now; null: nothing that is to be followed. */
  look(watch: Watch | null): void;
}

interface WatchOptions {
  readonly ask: (path: string) => Promise<unknown>;
  readonly after: (ms: number, callback: () => void) => () => void;
  readonly onNews: (effect: Effect) => void;
}

export function createDialogWatch({ ask, after, onNews }: WatchOptions): DialogWatch {
  let looked: Watch | null = null;
  let cancel: (() => void) | null = null;

  const wait = (watch: Watch): void => {
    cancel = after(watch.everyMs, () => void step(watch));
  };
  const step = async (watch: Watch): Promise<void> => {
    const answer = await ask(watch.path).then(
      (value) => ({ ok: true, value }) as const,
      (error: unknown) => ({ ok: false, why: whyOf(error) }) as const,
    );
    // Closed meanwhile: an answer to nobody.
    if (looked !== watch) return;
    const news = watch.next(answer);
    if (news !== null) onNews(news);
    if (looked === watch) wait(watch);
  };

  return {
    look(watch) {
      // Scrolling makes another dialog of it, and is no reason to begin anew.
      if (watch === looked) return;
      cancel?.();
      cancel = null;
      looked = watch;
      if (watch !== null) wait(watch);
    },
  };
}
