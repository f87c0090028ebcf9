import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../engine/config/load.ts";
import { commandTable } from "./program.ts";
import { commandBench } from "./__fixtures__/command-bench.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const blocks = (language: string): string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map((match) => match[1] ?? "");

describe("the README", () => {
  it("sets the project up with exactly two commands", () => {
    expect(readme.match(/^npm ci.*$/gm)).toEqual(["npm ci && npm start", "npm ci && npm test"]);
  });

  it.each(blocks("yaml").map((text, index) => [index + 1, text] as const))(
    "shows a configuration that is valid: example %i",
    (_number, text) => {
      const names = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name = ""]) => name);
      const env = Object.fromEntries(names.map((name) => [name, `sk-${name}-0123456789abcdef`]));
      const result = parseConfig(text, { path: "/c.yaml", env });
      expect(result).toMatchObject({ ok: true, warnings: [] });
    },
  );

  it("names only commands that exist, and every one of them", async () => {
    const bench = commandBench();
    const table = commandTable(bench.context, { exitCode: 0 });
    const known = new Map(table.commands.map((command) => [command.name(), command.commands.map((sub) => sub.name())]));
    const named = [...readme.matchAll(/switchyard ([a-z]+)(?: ([a-z]+))?/g)];
    const missing = named.filter(([, name = "", sub = ""]) => {
      const subs = known.get(name);
      return subs === undefined || (subs.length > 0 && !subs.includes(sub));
    });
    expect(missing.map(([text]) => text)).toEqual([]);
    for (const name of [...known.keys()].filter((each) => !each.startsWith("__")))
      expect(readme).toMatch(new RegExp(`\`${name}[ \`]|switchyard ${name}`));
    await bench.close();
  });
});
