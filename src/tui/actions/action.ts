/** What can be done with a flow, from the list and from its detail. */
import type { Effect } from "../state/effect.ts";
import type { FlowBook } from "../state/flow-book.ts";
import type { FlowDetail, FlowView } from "../state/flow-view.ts";
import type { UiState } from "../state/ui.ts";

/** What an action knows besides its flow. */
export interface Around {
  readonly ui: Pick<UiState, "screen" | "filter" | "errorsOnly" | "showTunnels" | "marked" | "status">;
  readonly book: Pick<FlowBook, "shown" | "get" | "all" | "totals">;
}

export interface FlowAction {
  /** Names it in the palette, as `replay`. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly title: string;
  /** Word in the key bar. */
  readonly bar?: string;
  readonly contexts: readonly ("traffic" | "detail")[];
  /** True, or why not. */
  possible?(flow: FlowView, around: Around): true | string;
  /** @param detail where it is open; its bodies are not known in the list */
  run(flow: FlowView, detail: FlowDetail | null, around: Around & { readonly now: number }): Effect;
}

/** The marked flows that are still known, in the order in which they were marked. */
export function markedFlows({ ui, book }: Around): readonly FlowView[] {
  return [...ui.marked].flatMap((id) => book.get(id) ?? []);
}

export function calls(count: number): string {
  return count === 1 ? "1 call" : `${count} calls`;
}
