import { describe, expect, it } from "vitest";
import { bindingFor, bindingsOf, keymap, quitNeedsConfirmation, shownKeys, type Context } from "./keymap.ts";
import { createFlowBook } from "./state/flow-book.ts";
import { readFlow } from "./state/read.ts";
import { initialUi, tableIds } from "./state/ui.ts";

const contexts: readonly Context[] = ["traffic", ...tableIds, "detail", "help"];

describe("the key table", () => {
  it.each(contexts)("gives each key one meaning in %s", (context) => {
    const keys = bindingsOf(context).flatMap((binding) => binding.keys);
    expect(keys.length).toBeGreaterThan(10);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(contexts)("has a way out of %s", (context) => {
    expect(bindingFor(context, "q")?.command).toBe("back");
    expect(bindingFor(context, "ctrl-c")?.command).toBe("interrupt");
  });

  it("replays, edits, exports, copies, marks, deletes and adds a rule with the same keys in the list and in a flow", () => {
    const named = (context: Context): readonly (string | undefined)[] =>
      ["r", "R", "e", "x", "y", "m", "a", "d"].map((key) => bindingFor(context, key)?.action);
    expect(named("detail")).toEqual(named("traffic"));
    expect(named("traffic")).not.toContain(undefined);
  });

  it.each(contexts)("has the command line behind : in %s", (context) => {
    expect(bindingFor(context, ":")?.command).toBe("palette");
  });

  it("describes every key in the help, or in the entry beside it", () => {
    const undescribed = keymap.filter((binding) => {
      const key = binding.keys[0] ?? "";
      return binding.title === "" && !keymap.some((other) => shownKeys(other).split(" ").includes(key));
    });
    expect(undescribed).toEqual([]);
  });

  it("says why a key does nothing", () => {
    const book = createFlowBook(10);
    expect(bindingFor("traffic", "enter")?.possible?.({ ui: initialUi, book })).toBe("no flow to open yet");
    expect(bindingFor("traffic", "f")?.possible?.({ ui: { ...initialUi, paused: true }, book })).toContain("paused");
    const sort = { by: "cost", reversed: false } as const;
    expect(bindingFor("traffic", "f")?.possible?.({ ui: { ...initialUi, sort }, book })).toContain("sorted by cost");
    expect(bindingFor("detail", "r")?.possible?.({ ui: initialUi, book })).toBe("no flow is selected");
  });

  it("asks before quitting only when calls are in flight on a core of our own", () => {
    const book = createFlowBook(10);
    const situation = { ui: initialUi, book };
    expect(quitNeedsConfirmation(situation, true)).toBe(false);
    book.upsert("a", (number) => readFlow({ id: "a", state: "streaming" }, number));
    expect(quitNeedsConfirmation(situation, true)).toBe(true);
    expect(quitNeedsConfirmation(situation, false)).toBe(false);
    expect(quitNeedsConfirmation({ book, ui: { ...initialUi, overlay: "confirm-quit" } }, true)).toBe(false);
  });
});
