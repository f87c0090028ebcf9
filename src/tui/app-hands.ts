/** What actions may do to the running UI: each a change of its state and a paint soon after. */
import type { AppOptions } from "./app.ts";
import type { Hands } from "./perform.ts";
import type { FlowBook } from "./state/flow-book.ts";
import { showDetail, showScreen } from "./state/reduce.ts";
import type { UiState } from "./state/ui.ts";

export interface HandsOptions extends Pick<AppOptions, "source" | "after" | "terminal" | "clock" | "edit"> {
  readonly book: FlowBook;
  readonly ui: () => UiState;
  readonly change: (next: UiState) => void;
  readonly paintSoon: () => void;
  /** What the open table shows is old. */
  readonly stale: () => void;
}

export function createHands(options: HandsOptions): Hands {
  const { source, after, terminal, clock, book, ui, stale } = options;
  const show = (next: UiState): void => {
    options.change(next);
    options.paintSoon();
  };
  return {
    source,
    after,
    say: (level, text) => show({ ...ui(), notice: { level, text, at: clock.now() } }),
    hint: (text) => show({ ...ui(), hint: text }),
    open: (dialog) => show({ ...ui(), dialog }),
    copy: (text) => terminal.copy(text),
    edit: (text, suffix) => options.edit(text, suffix),
    openFlow(id, isNew) {
      if (book.get(id) === null && !isNew) show({ ...ui(), hint: "that call is no longer in the list" });
      else show(showDetail({ ...ui(), selectedId: id, follow: false }, id, "overview"));
    },
    mark: (marked) => show({ ...ui(), marked: new Set(marked) }),
    show: (screen) => show(showScreen(ui(), screen)),
    filter(text, tunnels) {
      const before = ui();
      show({ ...showScreen(before, "traffic"), filter: text, showTunnels: before.showTunnels || tunnels });
    },
    stale,
  };
}
