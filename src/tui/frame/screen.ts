/**
 * The screen layer: the only writer to the terminal while the UI is up. It keeps the lines that are on screen,
 * writes those that changed at absolute positions inside one synchronised update (DEC mode 2026), and never
 * clears: no 2J, no 3J, no scrolling. Lines come in at full width, so nothing old can shine through.
 */
import { isPlainAscii } from "../text/cells.ts";
import type { PaneRows } from "./frame.ts";
import { cutFrame, type Piece } from "./markers.ts";

export interface Screen {
  /** The chrome as Ink drew it, pane marks included. Takes effect with the next `paint`. */
  setChrome(output: string, columns: number, rows: number): void;
  /** Puts the pane rows into the chrome and writes the difference. Returns the bytes written. */
  paint(panes: PaneRows): number;
  /** The terminal's content is no longer known (resize, resume, ctrl-l): the next paint writes every line. */
  forget(): void;
}

export function createScreen(write: (text: string) => void): Screen {
  let pieces: readonly (readonly Piece[])[] = [];
  let onScreen: readonly string[] = [];

  return {
    setChrome(output, columns, rows) {
      pieces = cutFrame(output, columns, rows);
    },
    paint(panes) {
      const lines = pieces.map((line) => compose(line, panes));
      let changed = "";
      for (const [index, line] of lines.entries()) {
        if (onScreen[index] !== line) changed += `\u001b[${index + 1};1H${drawLine(line)}`;
      }
      onScreen = lines;
      if (changed === "") return 0;
      const bytes = `${beginUpdate}${changed}${endUpdate}`;
      write(bytes);
      return bytes.length;
    },
    forget() {
      onScreen = [];
    },
  };
}

const beginUpdate = "\u001b[?2026h";
const endUpdate = "\u001b[?2026l";

function compose(line: readonly Piece[], panes: PaneRows): string {
  let out = "";
  for (const piece of line) {
    out += piece.type === "text" ? piece.text : (panes[piece.pane]?.[piece.row] ?? " ".repeat(piece.width));
  }
  return out;
}

/**
 * Terminals disagree about the width of some characters. Where that could matter the line is erased first, so that
 * a terminal that draws them narrower than we counted shows blanks at the end and not the previous line's rest.
 */
function drawLine(line: string): string {
  return certainWidth.test(line) || isPlainAscii(line) ? line : `\u001b[K${line}`;
}

/** ASCII, our own frame glyphs, and the escapes of a row. */
// oxlint-disable-next-line no-control-regex -- escape is part of every coloured row
const certainWidth = /^[\x1b\x20-\x7e─│█░…→·▁-█]*$/;
