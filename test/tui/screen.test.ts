import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChromeRenderer } from "../../src/tui/frame/chrome.tsx";
import { lineRows, stackFrame, type PaneRows } from "../../src/tui/frame/frame.ts";
import { cutFrame, paneMark } from "../../src/tui/frame/markers.ts";
import { createScreen } from "../../src/tui/frame/screen.ts";
import { renderRow } from "../../src/tui/text/row.ts";
import { createTheme } from "../../src/tui/text/theme.ts";
import { grid, newEmulator, styledGrid } from "./harness.ts";

const theme = createTheme({ color: true, ascii: false });
const contents = ["", "plain", "日本語", "e\u0301 accents", "🎉 done", "a".repeat(90), "─ │ …"];

describe("the screen layer", () => {
  it("shows after many small paints what one full paint shows, for any edits, resizes and screen changes", async () => {
    const chrome = createChromeRenderer();
    const step = fc.oneof(
      fc.record({ type: fc.constant("edit" as const), row: fc.nat(10), text: fc.constantFrom(...contents) }),
      fc.record({
        type: fc.constant("size" as const),
        columns: fc.constantFrom(20, 41, 60),
        rows: fc.constantFrom(6, 9, 12),
      }),
      fc.record({ type: fc.constant("chrome" as const), title: fc.constantFrom("Traffic", "Flow detail", "x") }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        let [columns, rows, title] = [41, 9, "Traffic"];
        const texts = new Map<number, string>();
        const incremental = newEmulator(columns, rows);
        let written = "";
        const screen = createScreen((bytes) => {
          written += bytes;
          incremental.write(bytes);
        });
        const paint = (to: ReturnType<typeof createScreen>): void => {
          const above = [{ type: "line", spans: [{ text: title }] } as const, { type: "rule" } as const];
          const frame = stackFrame(columns, rows, above, [{ type: "rule" }]);
          to.setChrome(chrome.draw(frame), columns, rows);
          const main = Array.from({ length: rows - 3 }, (_, row) =>
            renderRow([{ text: texts.get(row) ?? "", style: row % 2 === 0 ? "ok" : "plain" }], columns, theme),
          );
          to.paint({ main, lines: lineRows(frame, theme) } satisfies PaneRows);
        };
        paint(screen);
        for (const one of steps) {
          if (one.type === "edit") texts.set(one.row, one.text);
          else if (one.type === "chrome") ({ title } = one);
          else {
            ({ columns, rows } = one);
            incremental.resize(columns, rows);
            screen.forget();
          }
          paint(screen);
        }
        const fresh = newEmulator(columns, rows);
        paint(createScreen((bytes) => fresh.write(bytes)));
        expect(await styledGrid(incremental)).toEqual(await styledGrid(fresh));
        expect(written).not.toMatch(/\[[0-9]*J/);
      }),
      { numRuns: 20 },
    );
    chrome.close();
  });

  it("writes nothing when nothing changed, and little when one row did", () => {
    const written: string[] = [];
    const screen = createScreen((bytes) => written.push(bytes));
    const row = (text: string): string => renderRow([{ text, style: "ok" }], 120, theme);
    screen.setChrome(Array.from({ length: 40 }, () => paneMark("main")).join("\n"), 120, 40);
    const main = Array.from({ length: 40 }, (_, index) => row(`row ${index}`));
    screen.paint({ main });
    expect(screen.paint({ main })).toBe(0);
    const bytes = screen.paint({ main: main.with(7, row("changed")) });
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(300);
    expect(written.join("")).not.toMatch(/\[[23]J/);
  });

  it("writes every line again once the terminal's content is unknown", async () => {
    const emulator = newEmulator(20, 3);
    const screen = createScreen((bytes) => emulator.write(bytes));
    screen.setChrome(`top\n${paneMark("main")}\nend`, 20, 3);
    screen.paint({ main: ["row                 "] });
    emulator.write("\u001b[2J");
    expect(screen.paint({ main: ["row                 "] })).toBe(0);
    screen.forget();
    screen.paint({ main: ["row                 "] });
    expect(await grid(emulator)).toEqual(["top", "row", "end"]);
  });

  it("finds panes that stand side by side", () => {
    const line = `${paneMark("main")}         |${paneMark("inspector")}`;
    expect(cutFrame(line, 20, 1, (id) => (id === "main" ? 10 : 9))).toEqual([
      [
        { type: "hole", pane: "main", row: 0, width: 10 },
        { type: "text", text: "|" },
        { type: "hole", pane: "inspector", row: 0, width: 9 },
      ],
    ]);
  });
});
