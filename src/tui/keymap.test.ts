import { describe, expect, it } from "vitest";
import { bindingFor, bindingsOf, keymap, quitNeedsConfirmation, shownKeys, type Context } from "./keymap.ts";
import { createFlowBook } from "./state/flow-book.ts";
import { readFlow } from "./state/read.ts";
import { initialUi } from "./state/ui.ts";

const contexts: readonly Context[] = ["traffic", "detail", "help"];

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
