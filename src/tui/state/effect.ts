/**
 * What a key asks for beyond the UI's own state: a question to the core, a dialog, the clipboard, the editor. Effects are
 * values, so that the tables of keys and screens say what happens and only `perform.ts` does it.
 */
import type { Spans } from "../text/row.ts";
import type { Line } from "./prompt.ts";
import type { Notice, ScreenId } from "./ui.ts";

export type Effect =
  /** A question to the control API. What fails is shown as a notice; the visible table is asked for anew afterwards. */
  | {
      readonly type: "ask";
      readonly method: "GET" | "POST" | "PUT" | "DELETE";
      /** Below `/api`, as `/accounts/clear-cooldowns`, or whole where it is `/v1/…` or `/v0/…`; the caller encodes names. */
      readonly path: string;
      readonly body?: unknown;
      /** What follows; null: nothing is said. */
      done(answer: unknown): Effect | null;
      /** Instead of the notice, where a dialog has to go on. */
      failed?(why: string): Effect | null;
    }
  | { readonly type: "say"; readonly level: Notice["level"]; readonly text: string }
  /** Why nothing happened; gone with the next key. */
  | { readonly type: "hint"; readonly text: string }
  | { readonly type: "dialog"; readonly dialog: Dialog }
  /** Into the terminal's clipboard (OSC 52). `what` is named in what is said afterwards. */
  | { readonly type: "copy"; readonly text: string; readonly what: string }
  /** The person's own editor on a private file; `done` gets what was saved, and is not called when nothing was. */
  | { readonly type: "edit"; readonly text: string; readonly suffix: string; done(text: string): Effect | null }
  /** An export in a file: the question as `POST /api/flows/export` takes it. */
  | { readonly type: "export"; readonly question: Readonly<Record<string, unknown>>; readonly file: string }
  /** The same as text, for what is small. */
  | {
      readonly type: "export-text";
      readonly question: Readonly<Record<string, unknown>>;
      done(text: string): Effect | null;
    }
  /** @property isNew the core has just made it; the list may hear of it later */
  | { readonly type: "open-flow"; readonly id: string; readonly isNew?: boolean }
  /** Which flows are marked from now on. */
  | { readonly type: "mark"; readonly marked: Iterable<string> }
  | { readonly type: "show"; readonly screen: ScreenId }
  /** The traffic list with this filter; `tunnels`: with those shown too. */
  | { readonly type: "filter"; readonly text: string; readonly tunnels?: boolean }
  | { readonly type: "later"; readonly ms: number; readonly effect: Effect }
  | { readonly type: "all"; readonly effects: readonly Effect[] };

export type Dialog =
  | { readonly type: "confirm"; readonly text: string; readonly yes: Effect }
  | { readonly type: "choose"; readonly title: string; readonly options: readonly Choice[]; readonly at: number }
  | {
      readonly type: "line";
      readonly title: string;
      readonly line: Line;
      /** Drawn as dots: a key, a pasted answer of a login. */
      readonly secret: boolean;
      /** Why it cannot be submitted, or null. */
      check(text: string): string | null;
      submit(text: string): Effect | null;
      /** What leaving it leads to; absent: nothing. */
      left?(): Effect;
    }
  | Panel
  | {
      readonly type: "text";
      readonly title: string;
      readonly lines: readonly Spans[];
      readonly top: number;
      /** What `y` puts into the clipboard. */
      readonly copies?: string;
    };

/** A text that is made anew with every paint, with keys of its own; it may follow what it is about. */
export interface Panel {
  readonly type: "panel";
  readonly title: string;
  lines(now: number, width: number): readonly Spans[];
  readonly top: number;
  readonly keys: readonly PanelKey[];
  /** What esc does besides closing it, and its word for that. Absent: nothing. */
  readonly left?: { readonly word: string; readonly effect: Effect };
  /** Asked again and again while it is open. Absent: nothing more will change. */
  readonly watch?: Watch;
}

export interface PanelKey {
  readonly key: string;
  readonly word: string;
  readonly effect: Effect;
  /** The panel stays open, as it does for the clipboard. */
  readonly stays: boolean;
}

export interface Watch {
  readonly path: string;
  readonly everyMs: number;
  /** What an answer changes, as a panel in the place of this one; null: nothing. */
  next(answer: Watched): Effect | null;
}

export type Watched = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

export interface Choice {
  readonly label: string;
  readonly detail?: string;
  readonly effect: Effect;
}

/** A line to type, with the usual beginnings. */
export function lineDialog(
  title: string,
  submit: (text: string) => Effect | null,
  more: {
    readonly text?: string;
    readonly secret?: boolean;
    readonly check?: (text: string) => string | null;
    readonly left?: () => Effect;
  } = {},
): Effect {
  const { text = "", secret = false, check = (): string | null => null, left } = more;
  const line = { text, at: text.length };
  const dialog = { type: "line", title, line, secret, check, submit, ...(left === undefined ? {} : { left }) } as const;
  return { type: "dialog", dialog };
}

export function panelDialog(panel: Omit<Panel, "type" | "top" | "keys"> & { readonly keys?: Panel["keys"] }): Effect {
  return { type: "dialog", dialog: { type: "panel", top: 0, keys: [], ...panel } };
}

export function confirmDialog(text: string, yes: Effect): Effect {
  return { type: "dialog", dialog: { type: "confirm", text, yes } };
}

export function chooseDialog(title: string, options: readonly Choice[]): Effect {
  return { type: "dialog", dialog: { type: "choose", title, options, at: 0 } };
}

export function textDialog(title: string, lines: readonly Spans[], copies?: string): Effect {
  return {
    type: "dialog",
    dialog: { type: "text", title, lines, top: 0, ...(copies === undefined ? {} : { copies }) },
  };
}

export function said(text: string, level: Notice["level"] = "info"): Effect {
  return { type: "say", level, text };
}
