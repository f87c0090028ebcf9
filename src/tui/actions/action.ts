/** What can be done with a flow, from the list and from its detail. */
import type { Effect } from "../state/effect.ts";
import type { FlowDetail, FlowView } from "../state/flow-view.ts";

export interface FlowAction {
  /** Names it in the palette, as `replay`. */
  readonly name: string;
  readonly keys: readonly string[];
  readonly title: string;
  /** Word in the key bar. */
  readonly bar?: string;
  readonly contexts: readonly ("traffic" | "detail")[];
  /** True, or why not. */
  possible?(flow: FlowView): true | string;
  /** @param detail where it is open; its bodies are not known in the list */
  run(flow: FlowView, detail: FlowDetail | null): Effect;
}
