import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jumpSelection, listWindow, moveSelection } from "./selection.ts";

const ids = (count: number): string[] => Array.from({ length: count }, (_, index) => `f${index}`);
const start = { selectedId: null, anchor: 0, follow: true };

describe("the list selection", () => {
  it("shows the newest first and selects it while following", () => {
    const window = listWindow(start, ids(5), 3);
    expect(window.ids).toEqual(["f4", "f3", "f2"]);
    expect(window.selected).toBe(0);
  });

  it("leaves the newest and stops following when moved down", () => {
    const moved = moveSelection(start, ids(5), 3, 1);
    expect(moved).toMatchObject({ selectedId: "f3", follow: false, anchor: 1 });
  });

  it("keeps the selected flow on its row while newer ones arrive", () => {
    const moved = moveSelection(start, ids(10), 5, 2);
    const before = listWindow(moved, ids(10), 5);
    const after = listWindow(moved, ids(40), 5);
    expect(after.ids.indexOf("f7")).toBe(before.ids.indexOf("f7"));
  });

  it("jumps to both ends", () => {
    expect(jumpSelection(start, ids(9), 4, -1).selectedId).toBe("f0");
    expect(jumpSelection({ ...start, follow: false }, ids(9), 4, 0).selectedId).toBe("f8");
  });

  it("always shows the selected row and fills the pane, whatever is done", () => {
    const step = fc.oneof(
      fc.integer({ min: -30, max: 30 }).map((by) => ({ by })),
      fc.integer({ min: 0, max: 60 }).map((total) => ({ total })),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.integer({ min: 1, max: 12 }), (steps, height) => {
        let shown = ids(20);
        let ui: { selectedId: string | null; anchor: number; follow: boolean } = start;
        for (const one of steps) {
          if ("by" in one) ui = moveSelection(ui, shown, height, one.by);
          else shown = ids(one.total);
          const window = listWindow(ui, shown, height);
          expect(window.ids.length).toBe(Math.min(height, shown.length));
          if (shown.length > 0) expect(window.ids[window.selected - window.top]).toBeDefined();
        }
      }),
    );
  });
});
