/** The table of commands as people meet it: help that says something, fits, and tells nothing that does not work. */
import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { engineBench } from "./__fixtures__/engine-bench.ts";
import { isHidden } from "./help.ts";
import { commandTable, runCommand } from "./program.ts";
import { everyCommand, pathOf } from "./tree.ts";

const root = new URL("../../", import.meta.url);

/** A table whose commands do nothing: what is parsed without a failure could be run. */
async function idleTable(): Promise<Command> {
  const { context } = await engineBench();
  const program = commandTable(context, { exitCode: 0 });
  for (const command of everyCommand(program)) command.action(() => {});
  return program;
}

async function shown(): Promise<readonly (readonly [path: string, command: Command, help: string])[]> {
  const program = await idleTable();
  return [...everyCommand(program)]
    .filter((command) => !isHidden(command))
    .map((command) => {
      let help = "";
      command.configureOutput({ ...command.configureOutput(), writeOut: (text) => (help += text) });
      command.outputHelp();
      return [pathOf(command), command, help] as const;
    });
}

/** The command lines below `Examples:`, those that go on in the next line put together. */
function examplesIn(help: string): readonly string[] {
  const [, block = ""] = /^Examples:\n((?: {2}.*\n?)+)/m.exec(help) ?? [];
  return block
    .replaceAll(/ \\\n +/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

/** The words after `switchyard`, as a shell would hand them over; null: it does not call it. */
function wordsOf(line: string): readonly string[] | null {
  const inner = /\$\((switchyard[^)]*)\)/.exec(line)?.[1] ?? line;
  const words = (inner.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).map((word) => word.replaceAll(/["']/g, ""));
  const start = words.indexOf("switchyard");
  if (start < 0) return null;
  const end = words.findIndex((word, index) => index > start && /^(?:\d?[<>|]|&&|#)/.test(word));
  return words.slice(start + 1, end < 0 ? undefined : end);
}

async function parses(words: readonly string[]): Promise<string> {
  const program = await idleTable();
  try {
    await program.parseAsync([...words], { from: "user" });
    // The program itself takes any word, to say what was probably meant.
    return program.args.length > 0 && !program.commands.some((each) => each.name() === program.args[0])
      ? `unknown command ${program.args[0]}`
      : "";
  } catch (error) {
    return error instanceof Error ? error.message : "failed";
  }
}

describe("the help", () => {
  it("of every command says what it does, shows an example, and fits 80 columns", async () => {
    const faults = (await shown()).flatMap(([path, command, help]) => [
      ...(command.description() === "" ? [`${path}: no description`] : []),
      ...(command.commands.length === 0 && examplesIn(help).length === 0 ? [`${path}: no example`] : []),
      ...help.split("\n").flatMap((line) => (line.length > 80 ? [`${path}: ${line}`] : [])),
    ]);
    expect(faults).toEqual([]);
  });

  it("has an example for every command, and each of them can be typed", async () => {
    const faults: string[] = [];
    for (const [path, , help] of await shown()) {
      for (const line of examplesIn(help)) {
        const words = wordsOf(line);
        if (words === null) faults.push(`${path}: ${line}: does not call switchyard`);
        else if ((await parses(words)) !== "") faults.push(`${path}: ${line}: ${await parses(words)}`);
        else if (path !== "" && !words.join(" ").startsWith(path)) faults.push(`${path}: ${line}: another command`);
      }
    }
    expect(faults).toEqual([]);
  });

  it.each(["README.md", "docs/configuration.md", "CONTRIBUTING.md", "certs/README.md"])(
    "is not contradicted by %s: every command line there can be typed",
    async (page) => {
      const text = readFileSync(new URL(page, root), "utf8");
      const fenced = [...text.matchAll(/```sh\n(.*?)```/gs)].flatMap(([, block = ""]) => block.split("\n"));
      const inline = [...text.replaceAll(/```.*?```/gs, "").matchAll(/`((?:eval "\$\()?switchyard [^`]*)`/g)].map(
        ([, line = ""]) => line,
      );
      const faults: string[] = [];
      for (const line of [...fenced, ...inline]) {
        const words = wordsOf(line.replaceAll(/[[\]…]/g, ""));
        if (words === null || words.length === 0) continue;
        const fault = await parses(words);
        // A sentence may name a command without all that it takes.
        if (fault !== "" && !/missing required|not specified|commander.help|outputHelp/.test(fault)) {
          faults.push(`${line}: ${fault}`);
        }
      }
      expect(faults).toEqual([]);
    },
  );

  it("points to commands and pages that exist", async () => {
    for (const [, , help] of await shown()) {
      for (const [page] of help.matchAll(/\b(?:docs|certs)\/[\w.-]+\.md/g))
        expect(existsSync(new URL(page, root))).toBe(true);
    }
  });

  it("gives no letter two meanings", async () => {
    for (const [path, command] of await shown()) {
      const letters = command.options.flatMap(({ short }) => (short === undefined ? [] : [short]));
      expect([path, letters]).toEqual([path, [...new Set(letters)]]);
    }
  });

  it("groups the commands by what they are for", async () => {
    const [top] = await shown();
    expect(top?.[2]).toMatch(
      /Use it:\n[^]*The core:\n[^]*What went by:\n[^]*Where calls go:\n[^]*This installation:\n/,
    );
    expect(top?.[2]).not.toContain("__complete");
  });

  it("is coloured on request only", async () => {
    const { type, out } = await engineBench();
    expect(await type("--help")).toBe(0);
    expect(out()).not.toContain("\u001b");
    const colored = await engineBench();
    expect(await colored.type("--color", "always", "status", "--help")).toBe(0);
    expect(colored.out()).toContain("\u001b[1mUsage:");
  });
});

describe("nonsense", () => {
  it.each([
    [["statsu"], 'unknown command "statsu"; did you mean "status"?', "switchyard --help"],
    [["flows", "lst"], 'unknown command "lst"; did you mean "list"?', "switchyard flows --help"],
    [["status", "--jsn"], 'unknown option "--jsn"; did you mean "--json"?', "switchyard status --help"],
    [["status", "now"], "too many arguments", "switchyard status --help"],
    [["flows", "show"], 'missing required argument "id"', "switchyard flows show --help"],
    [["start", "--port", "x"], 'argument "x" is invalid', "switchyard start --help"],
    [["--color", "blue", "status"], 'argument "blue" is invalid', "switchyard --help"],
    [["routes", "move", "1"], 'missing required argument "place"', "switchyard routes move --help"],
    [["routes", "explain"], "what is to be explained?", "switchyard routes explain --model NAME"],
    [["completion", "tcsh"], "there is no shell that can be completed", "why: it is one of bash"],
  ])("is refused with exit code 2 and the way on: %j", async (words, what, next) => {
    const { type, out, err } = await engineBench();
    expect(await type(...words)).toBe(2);
    expect(err()).toMatch(/^error: /);
    expect(err()).toContain(what);
    expect(err()).toContain(next);
    expect(out()).toBe("");
  });

  it("is one JSON document on stderr for a script", async () => {
    for (const words of [
      ["--json", "flows", "lst"],
      ["flows", "--json"],
      ["status", "--json", "--nope"],
    ]) {
      const { context, out, err } = await engineBench();
      expect(await runCommand(context, words)).toBe(2);
      expect(JSON.parse(err())).toMatchObject({
        error: { code: "usage", exitCode: 2, next: expect.stringContaining("--help") },
      });
      expect(out()).toBe("");
    }
  });
});
