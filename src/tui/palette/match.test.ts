import { describe, expect, it } from "vitest";
import { openedPalette, stepPalette, type PaletteState } from "../state/palette.ts";
import type { Key } from "../terminal/keys.ts";
import type { PaletteCommand, PaletteRun } from "./command.ts";
import { enter, suggest } from "./match.ts";

function command(name: string, more: Partial<PaletteCommand> = {}): PaletteCommand {
  const run = (argument: string): PaletteRun => ({
    type: "effect",
    effect: { type: "hint", text: `${name}(${argument})` },
  });
  return { name, takes: "", title: "", key: "", possible: true, run, ...more };
}

const screens = ["logs", "routes"];
const commands: readonly PaletteCommand[] = [
  command("go", {
    takes: "SCREEN",
    complete: (argument) =>
      screens.filter((one) => one.startsWith(argument.trim())).map((one) => ({ argument: one, title: "" })),
    run: (argument) =>
      screens.includes(argument)
        ? { type: "effect", effect: { type: "hint", text: `go(${argument})` } }
        : `no screen ${argument}`,
  }),
  command("replay"),
  command("replay-via", { possible: "it is live" }),
  command("mark", { title: "replaces nothing" }),
  command("route test", { takes: "MODEL" }),
];

const texts = (text: string): readonly string[] => suggest(text, commands).map((one) => one.text);

describe("what is suggested", () => {
  it("puts names before titles, beginnings before what lies inside, and letters in order last", () => {
    expect(texts("repl")).toEqual(["replay", "replay-via", "mark"]);
    expect(texts("via")).toEqual(["replay-via"]);
    expect(texts("rtt")).toEqual(["route test "]);
    expect(texts("zzz")).toEqual([]);
  });

  it("completes arguments behind a command", () => {
    expect(texts("go ")).toEqual(["go logs", "go routes"]);
    expect(texts("GO r")).toEqual(["go routes"]);
  });

  it("says why something is not possible now", () => {
    expect(suggest("replay-v", commands)[0]?.possible).toBe("it is live");
  });
});

describe("what enter runs", () => {
  const outcome = (text: string, chosen: string | null = suggest(text, commands)[0]?.text ?? null): string => {
    const done = enter(text, chosen, commands);
    if (done.type === "more") return `${done.text}|${done.problem ?? ""}`;
    return done.run.type === "effect" && done.run.effect.type === "hint" ? done.run.effect.text : "";
  };

  it.each([
    ["replay", "replay()"],
    ["go logs", "go(logs)"],
    ["go lo", "go(logs)"],
    ["route test combo/deep", "route test(combo/deep)"],
    // The first suggestion is what was meant.
    ["mar", "mark()"],
    // A command that asks for more is finished as far as it goes.
    ["go", "go |"],
    ["go nowhere", "go nowhere|no screen nowhere"],
    ["replay-via", "replay-via|replay-via: it is live"],
    ["mrak", 'mrak|there is no command "mrak"; did you mean "mark"?'],
  ])("for %j", (text, expected) => {
    expect(outcome(text)).toBe(expected);
  });
});

describe("the line", () => {
  const key = (name: string): Key => (name.length === 1 ? { type: "text", text: name } : { type: "key", name });
  const walk = (keys: readonly string[], history: readonly string[] = []): PaletteState | null => {
    let state: PaletteState | null = openedPalette;
    for (const name of keys) {
      if (state === null) break;
      const helpers = {
        history,
        suggest: (text: string) => suggest(text, commands),
        enter: (text: string, chosen: string | null) => enter(text, chosen, commands),
      };
      state = stepPalette<PaletteRun>(state, key(name), helpers).palette;
    }
    return state;
  };

  it("closes with escape, with backspace in front of nothing and with enter on nothing", () => {
    expect([walk(["esc"]), walk(["backspace"]), walk(["enter"]), walk(["m", "a", "esc"])]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it("completes with tab and chooses with up and down", () => {
    expect(walk(["m", "tab"])?.line.text).toBe("mark");
    expect(walk(["r", "e", "p", "down", "tab"])?.line.text).toBe("replay-via");
    expect(walk(["g", "tab", "down", "tab"])?.line.text).toBe("go routes");
  });

  it("goes back through what was run, and forward to an empty line", () => {
    const history = ["mark", "go logs"];
    expect(walk(["up"], history)?.line.text).toBe("go logs");
    expect(walk(["up", "up", "up"], history)?.line.text).toBe("mark");
    expect(walk(["up", "up", "down", "down"], history)?.line.text).toBe("");
  });

  it("stays open with what is wrong until the next letter", () => {
    const wrong = walk(["z", "z", "enter"]);
    expect(wrong?.problem).toContain('no command "zz"');
    expect(walk(["z", "z", "enter", "z"])?.problem).toBeNull();
  });
});
