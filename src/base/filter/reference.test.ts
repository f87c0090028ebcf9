import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseFilter } from "./index.ts";
import { knownKeys } from "./keys.ts";
import { helpLines, markdownReference, shortExamples } from "./reference.ts";

const page = readFileSync(new URL("../../../docs/filter.md", import.meta.url), "utf8");

describe("docs/filter.md", () => {
  it("has the tables that the table of keys makes", () => {
    const [, tables = ""] = /<!-- made by src\/base\/filter\/reference\.ts -->\n(.*)\n<!-- end -->/s.exec(page) ?? [];
    expect(tables).toBe(markdownReference());
  });

  it("shows only filters that can be read", () => {
    const shown = [...page.matchAll(/^ {4}(?:switchyard flows list )?'?(.*?)'? {2,}/gm)].map(([, text = ""]) => text);
    const tabled = [...markdownReference().matchAll(/`([^`]*)` \|$/gm)].map(([, text = ""]) =>
      text.replaceAll("\\|", "|"),
    );
    expect(shown.length).toBeGreaterThan(8);
    expect(tabled.length).toBeGreaterThan(30);
    expect([...shown, ...tabled].filter((text) => !parseFilter(text).ok)).toEqual([]);
  });
});

describe("help", () => {
  it("names every key once, and gives examples that can be read", () => {
    const text = helpLines().join("\n");
    for (const { key, example } of knownKeys) {
      expect(text).toContain(example);
      expect(example).toContain(`${key}:`);
    }
    expect(shortExamples.filter(([example]) => !parseFilter(example).ok)).toEqual([]);
    for (const line of helpLines().slice(0, -2)) expect(line.length).toBeLessThanOrEqual(120);
  });
});
