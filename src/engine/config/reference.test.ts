/** docs/configuration.md against the schema: its example is valid, and no key of the file is missing from it. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { limitKeys, limitTable } from "../../base/limits.ts";
import { isRecord, own } from "../../base/json.ts";
import { fileSchema } from "./file-schema.ts";
import { parseConfig } from "./load.ts";

const page = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8");
const example = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? "";

/** Names of keys at every depth; the blocks of another program are told in prose. */
function keysOf(schema: unknown, found = new Set<string>()): Set<string> {
  const entries = own(schema, "entries");
  if (isRecord(entries)) {
    for (const [key, inner] of Object.entries(entries)) {
      if (key.includes("-") || key === "openrouter" || key === "kiro") continue;
      found.add(key);
      keysOf(inner, found);
    }
  }
  for (const part of ["wrapped", "item", "value"] as const)
    if (isRecord(own(schema, part))) keysOf(own(schema, part), found);
  for (const part of ["options", "pipe"] as const) {
    const list = own(schema, part);
    if (Array.isArray(list)) for (const inner of list) if (inner !== schema) keysOf(inner, found);
  }
  return found;
}

describe("the page about the configuration", () => {
  it("shows a file that is valid and says what it means", () => {
    const names = [...example.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => name);
    const env = { HOME: "/home/me", ...Object.fromEntries(names.map((name) => [name, `secret-${name}-0123456789`])) };
    expect(parseConfig(example, { path: "/c.yaml", env })).toMatchObject({ ok: true, warnings: [] });
  });

  it("shows each limit with its default", () => {
    const shown = /^limits:.*\n((?: {2}.*\n)+)/m.exec(example)?.[1] ?? "";
    const values = [...shown.matchAll(/^ {2}(\w+): (\d+)/gm)].map(([, key = "", value]) => [key, Number(value)]);
    expect(values).toEqual(limitKeys.map((key) => [key, limitTable[key].default]));
  });

  it("leaves no key out", () => {
    const keys = [...keysOf(fileSchema)];
    expect(keys.length).toBeGreaterThan(80);
    expect(keys.filter((key) => !new RegExp(`\\b${key}\\b`).test(page))).toEqual([]);
  });
});
