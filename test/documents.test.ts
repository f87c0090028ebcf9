/** What is committed in docs/ about the API and the commands' `--json` is what the code says now. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { jsonDocs } from "../scripts/json-docs.ts";
import { openApiFile } from "../scripts/openapi-file.ts";
import { documents } from "../src/commands/documents.ts";
import { commandBench } from "../src/commands/__fixtures__/command-bench.ts";
import { commandTable } from "../src/commands/program.ts";

const committed = (name: string): string => readFileSync(new URL(`../docs/${name}`, import.meta.url), "utf8");

describe("docs/", () => {
  it.each([
    ["openapi.json", openApiFile],
    ["json.md", jsonDocs],
  ])("%s is what the code says", (name, written) => {
    // A difference of thousands of lines would hide what to do about it.
    const isCurrent = committed(name) === written();
    expect(isCurrent, `docs/${name} is not what the code says; write it anew and commit it: npm run openapi`).toBe(
      true,
    );
  });
});

describe("SECURITY.md", () => {
  const page = readFileSync(new URL("../SECURITY.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("| "));
  const numbered = (prefix: string, count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);

  it.each([...numbered("T", 24), ...numbered("CA-", 9)])("says how %s is kept, and which tests show it", (id) => {
    const mine = rows.filter((row) => row.startsWith(`| ${id} |`));
    expect(mine).toHaveLength(1);
    const files = [...(mine[0] ?? "").matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, path]) => path ?? "");
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((path) => !existsSync(new URL(`../${path}`, import.meta.url)))).toEqual([]);
  });
});

describe("T15: the source", () => {
  it("reads foreign JSON through the one door that looks at its depth first", () => {
    const root = new URL("../src/", import.meta.url);
    const bare = readdirSync(root, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.tsx?$/.test(name) && !/\.test\.tsx?$|__fixtures__/.test(name))
      .filter((name) => /^(?! *(?:\*|\/\/|\/\*)).*JSON\.parse\(/m.test(readFileSync(new URL(name, root), "utf8")))
      .map((name) => name.replaceAll("\\", "/"));
    expect(bare.toSorted()).toEqual(
      [
        // The door, and the shorter way of short frames.
        "base/json.ts",
        "engine/formats/fields.ts",
        // What was written by ourselves: package.json, a text just made, the demo's own server.
        "cli.ts",
        "commands/demo-client.ts",
        "engine/config/edit.ts",
        // One literal, whose ends were found before.
        "engine/formats/frame-template.ts",
        "engine/pipeline/splice-model.ts",
      ].toSorted(),
    );
  });
});

describe("CA-8: the source", () => {
  it("has no word that switches the verification of upstreams off", () => {
    const root = new URL("../src/", import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.tsx?$/.test(name));
    expect(files.length).toBeGreaterThan(500);
    const words =
      /rejectUnauthorized["']?\s*[:=](?!\s*true)|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity|insecureHTTPParser|allowPartialTrustChain/;
    const found = files
      // The doctor warns of the variable that does it elsewhere.
      .filter((name) => !/\.test\.tsx?$|__fixtures__|^commands.doctor.shell/.test(name))
      .filter((name) => words.test(readFileSync(new URL(name, root), "utf8")));
    expect(found).toEqual([]);
  });
});

describe("commands with --json", () => {
  it("are all in the table of documents, and no others", () => {
    const bench = commandBench();
    const program = commandTable(bench.context, { exitCode: 0 });
    // What a shell takes over is JSON for whoever is no shell.
    const more = ["env --shell json", "env --shell json --unset"];
    expect(Object.keys(documents).toSorted()).toEqual([...withJson(program, []), ...more].toSorted());
    return bench.close();
  });
});

function withJson(command: Command, path: readonly string[]): readonly string[] {
  // The one that every command has makes a document of its failures only.
  const has = command.options.some(({ long, helpGroupHeading }) => long === "--json" && helpGroupHeading === undefined);
  return [
    ...(has ? [path.join(" ")] : []),
    ...command.commands.flatMap((each) => withJson(each, [...path, each.name()])),
  ];
}
