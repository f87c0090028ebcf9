/** What a key does while a dialog is open. Pure: the effect that it may lead to is handed back. */
import { unreachable } from "../../base/unreachable.ts";
import type { Key } from "../terminal/keys.ts";
import type { Dialog, Effect } from "./effect.ts";
import { editLine } from "./prompt.ts";

export interface DialogStep {
  /** Null: it is closed. */
  readonly dialog: Dialog | null;
  readonly effect: Effect | null;
}

/** Leaving it has consequences, so that no key leaves it without them. */
export function minds(dialog: Dialog): boolean {
  return (dialog.type === "panel" || dialog.type === "line") && dialog.left !== undefined;
}

/**
 * @param height rows that a list or a text has
 * @param length lines of a panel as it is drawn now
 */
export function stepDialog(dialog: Dialog, key: Key, height: number, length = 0): DialogStep {
  const name = key.type === "key" ? key.name : key.type === "text" ? key.text : null;
  const stay = (next: Dialog = dialog): DialogStep => ({ dialog: next, effect: null });
  const close: DialogStep = { dialog: null, effect: null };
  switch (dialog.type) {
    case "confirm":
      // Nothing but a plain yes is one: whoever types ahead must not agree to anything.
      return name === "y" || name === "Y" ? { dialog: null, effect: dialog.yes } : close;
    case "choose": {
      if (name === "esc" || name === "q") return close;
      const last = dialog.options.length - 1;
      const digit = Number(name);
      const at = Number.isInteger(digit) && digit >= 1 && digit - 1 <= last ? digit - 1 : null;
      if (name === "enter" || at !== null) {
        return { dialog: null, effect: dialog.options[at ?? dialog.at]?.effect ?? null };
      }
      const by = moves(height)[name ?? ""] ?? 0;
      return stay({ ...dialog, at: Math.max(0, Math.min(last, dialog.at + by)) });
    }
    case "line": {
      if (name === "esc" || name === "ctrl-c") return { dialog: null, effect: dialog.left?.() ?? null };
      if (name === "enter") {
        return dialog.check(dialog.line.text) === null
          ? { dialog: null, effect: dialog.submit(dialog.line.text) }
          : stay();
      }
      return stay({ ...dialog, line: editLine(dialog.line, key, maxTypedLength) });
    }
    case "panel": {
      const own = dialog.keys.find((each) => each.key === name);
      if (own !== undefined) return { dialog: own.stays ? dialog : null, effect: own.effect };
      if (name === "esc" || name === "q" || name === "ctrl-c") {
        return { dialog: null, effect: dialog.left?.effect ?? null };
      }
      const lowest = Math.max(0, length - height);
      const by = moves(height)[name ?? ""] ?? 0;
      return stay({ ...dialog, top: Math.max(0, Math.min(lowest, Math.min(lowest, dialog.top) + by)) });
    }
    case "text": {
      if (name === "esc" || name === "q" || name === "enter") return close;
      if (name === "y" && dialog.copies !== undefined) {
        return { dialog: null, effect: { type: "copy", text: dialog.copies, what: dialog.copies } };
      }
      const by = moves(height)[name ?? ""] ?? 0;
      const lowest = Math.max(0, dialog.lines.length - height);
      return stay({ ...dialog, top: Math.max(0, Math.min(lowest, dialog.top + by)) });
    }
    default:
      return unreachable(dialog);
  }
}

/** Keys and addresses with an answer in them are pasted here; the core takes keys of this length. */
const maxTypedLength = 4_096;

function moves(height: number): Readonly<Record<string, number>> {
  const page = Math.max(1, height - 1);
  return {
    j: 1,
    down: 1,
    k: -1,
    up: -1,
    " ": page,
    pagedown: page,
    b: -page,
    pageup: -page,
    "ctrl-d": Math.max(1, Math.floor(height / 2)),
    "ctrl-u": -Math.max(1, Math.floor(height / 2)),
    g: -1_000_000,
    home: -1_000_000,
    G: 1_000_000,
    end: 1_000_000,
  };
}
