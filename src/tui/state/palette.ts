/**
 * The command line behind `:`: what each key does to it. Pure; what can be run and what is suggested for a text is
 * handed in, because it hangs on where the person is.
 */
import type { Key } from "../terminal/keys.ts";
import { editLine, emptyLine, type Line } from "./prompt.ts";

export interface PaletteState {
  readonly line: Line;
  /** Which suggestion is chosen, and whether by hand; until then what was typed goes first. */
  readonly at: number;
  readonly byHand: boolean;
  /** How far back in what was run before; null: not there. */
  readonly back: number | null;
  /** Why the last enter ran nothing. */
  readonly problem: string | null;
}

export const openedPalette: PaletteState = { line: emptyLine, at: 0, byHand: false, back: null, problem: null };

/** What enter leads to. */
export type Outcome<Run> =
  | { readonly type: "run"; readonly run: Run; readonly text: string }
  /** Something is still missing: the line goes on from here. */
  | { readonly type: "more"; readonly text: string; readonly problem: string | null };

interface Helpers<Run> {
  /** What was run before, oldest first. */
  readonly history: readonly string[];
  /** Lines that a text could become, best first. */
  suggest(text: string): readonly { readonly text: string }[];
  /** @param chosen the suggestion in force, null without any */
  enter(text: string, chosen: string | null): Outcome<Run>;
}

export interface PaletteStep<Run> {
  /** Null: it is closed. */
  readonly palette: PaletteState | null;
  readonly run: Run | null;
  /** What was run, for the history. */
  readonly text: string;
}

export function stepPalette<Run>(state: PaletteState, key: Key, helpers: Helpers<Run>): PaletteStep<Run> {
  const stay = (palette: PaletteState): PaletteStep<Run> => ({ palette, run: null, text: "" });
  const name = key.type === "key" ? key.name : null;
  const { text } = state.line;
  const suggestions = helpers.suggest(text);
  const chosen = suggestions[state.at]?.text ?? null;
  switch (name) {
    case "esc":
      return { palette: null, run: null, text: "" };
    case "enter": {
      if (text.trim() === "" && !state.byHand) return { palette: null, run: null, text: "" };
      const typed = state.byHand && chosen !== null ? chosen : text;
      const outcome = helpers.enter(typed, chosen);
      if (outcome.type === "run") return { palette: null, run: outcome.run, text: outcome.text };
      return stay({ ...withText(outcome.text), problem: outcome.problem });
    }
    case "tab":
      return stay(chosen === null ? state : withText(chosen));
    case "up":
    case "ctrl-p":
      if (name === "ctrl-p" || state.back !== null || (text === "" && !state.byHand)) {
        return stay(recalled(state, helpers.history, 1));
      }
      return stay({ ...state, at: Math.max(0, state.at - 1), byHand: true });
    case "down":
    case "ctrl-n": {
      if (name === "ctrl-n" || state.back !== null) return stay(recalled(state, helpers.history, -1));
      // The first of an empty line is not chosen before somebody goes there.
      const by = text === "" && !state.byHand ? 0 : 1;
      return stay({ ...state, at: Math.min(Math.max(0, suggestions.length - 1), state.at + by), byHand: true });
    }
    case "backspace":
      // As in other programs with such a line: nothing left to take away leaves it.
      if (text === "") return { palette: null, run: null, text: "" };
      break;
    case null:
    default:
      break;
  }
  const line = editLine(state.line, key);
  return stay(line === state.line ? state : { ...openedPalette, line });
}

function withText(text: string): PaletteState {
  return { ...openedPalette, line: { text, at: text.length } };
}

function recalled(state: PaletteState, history: readonly string[], by: 1 | -1): PaletteState {
  const back = Math.min(history.length - 1, (state.back ?? -1) + by);
  if (back < 0) return openedPalette;
  return { ...withText(history[history.length - 1 - back] ?? ""), back };
}
