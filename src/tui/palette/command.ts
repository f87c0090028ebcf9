/** What can be typed behind `:`. */
import type { Binding, Situation } from "../keymap.ts";
import type { Effect } from "../state/effect.ts";

/** What the palette knows of where the person is. */
export interface Place extends Situation {
  readonly now: number;
}

export type PaletteRun =
  /** As if its key were pressed. */
  | { readonly type: "binding"; readonly binding: Binding; readonly key: string }
  | { readonly type: "effect"; readonly effect: Effect };

export interface PaletteCommand {
  readonly name: string;
  /** What stands behind the name, as `EXPR`; empty: nothing. */
  readonly takes: string;
  readonly title: string;
  /** The key that does the same. */
  readonly key: string;
  /** True, or why not now. */
  readonly possible: true | string;
  /** Lines that could be meant by what was typed behind the name. */
  complete?(argument: string): readonly Completion[];
  /** A text says what is wrong with the argument. */
  run(argument: string): PaletteRun | string;
}

export interface Completion {
  readonly argument: string;
  readonly title: string;
  /** Something else has to follow. */
  readonly goesOn?: boolean;
}
