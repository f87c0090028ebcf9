import { afterEach, describe, expect, it } from "vitest";
import type { Harness } from "./harness.ts";
import { firstForeign, hostileTexts } from "./hostile.ts";
import { walkHostile, type Walked } from "./hostile-walk.ts";

const open: Harness[] = [];

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

async function walk(...given: Parameters<typeof walkHostile>): Promise<Walked> {
  const walked = await walkHostile(...given);
  open.push(walked.harness);
  return walked;
}

describe("hostile text", () => {
  it("is tried in every field that a screen shows: each of them does show", async () => {
    const tags = new Map<string, string>();
    const tag = (field: string): string => {
      const known = tags.get(field) ?? `q${tags.size}z`;
      tags.set(field, known);
      return known;
    };
    const { shown } = await walk(tag);
    const unseen = [...tags].filter(([field, word]) => !shown.includes(word) && !neverShown.includes(field));
    expect(unseen).toEqual([]);
    expect(tags.size).toBeGreaterThan(50);
  });

  const usual = { columns: 120, rows: 36 };

  it.each(Object.entries(hostileTexts))("never reaches the terminal: %s", async (_name, text) => {
    const { harness } = await walk(() => `A${text}B`, usual);
    const lines = await harness.screen();
    expect(await harness.repainted()).toEqual(lines);
    expect(firstForeign(harness.written.join(""))).toBeNull();
  });

  it.each([
    [{ columns: 60, rows: 16 }, true],
    [{ columns: 80, rows: 24 }, false],
  ])("never reaches the terminal: all of it at once, cut at %o (colour: %s)", async (size, color) => {
    const { harness } = await walk(() => Object.values(hostileTexts).join("x"), size, color);
    expect(firstForeign(harness.written.join(""))).toBeNull();
  });

  it("would be found if it did", () => {
    const missed = Object.entries(hostileTexts).filter(([, text]) => firstForeign(`A${text}B`) === null);
    expect(missed).toEqual([]);
    expect(
      firstForeign("\u001b[?2026h\u001b[12;1H\u001b[0;31mred \u001b[0m\u001b[Kok 日本 e\u0301 ✌\ufe0f\u001b[?2026l"),
    ).toBeNull();
  });
});

/** Read, but on no screen yet. */
const neverShown: readonly string[] = ["version", "fingerprint", "expiry", "refusal cause"];
