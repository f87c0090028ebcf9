/**
 * What a command loads before it can answer. Milliseconds depend on the machine and on who else uses it; the modules do
 * not, and they are what the milliseconds go to (`npm run bench -- startup` measures those).
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuiltProgram, buildProgram } from "../support/built.ts";
import { loadedBy, loadedWith } from "../support/loaded.ts";
import { type TempFolder, tempFolder } from "../support/temp.ts";

let built: BuiltProgram;
let folder: TempFolder;
/** Comes with `node:http` on this release of Node, whoever asks for that. */
let withHttp: ReadonlySet<string>;

beforeAll(async () => {
  built = await buildProgram();
  folder = tempFolder("start-up");
  withHttp = await loadedWith("node:http", folder);
}, 180_000);
afterAll(() => {
  built.close();
  folder.close();
});

const screen = ["react", "ink", "string-width"];
const proxy = ["http-mitm-proxy", "node-forge", "protobufjs", "node:tls", "node:http2", "node:https"];
const checking = ["valibot", "yaml", "@valibot/to-json-schema"];
const engine = ["oauth4webapi", "lowdb", "fzstd", "prom-client"];

/** For each: packages and parts of Node that it must not load, and at most how many files of ours. */
const commands: readonly (readonly [line: string, never: readonly string[], files: number])[] = [
  ["--version", [...screen, ...proxy, ...checking, ...engine, "node:http"], 40],
  ["--help", [...screen, ...proxy, ...checking, ...engine, "node:http"], 40],
  ["flows --help", [...screen, ...proxy, ...checking, ...engine, "node:http"], 40],
  ["config path", [...screen, ...proxy, ...checking, ...engine, "node:http"], 40],
  ["status", [...screen, ...proxy, ...checking, ...engine], 45],
  ["status --line", [...screen, ...proxy, ...checking, ...engine], 45],
  ["stop", [...screen, ...proxy, ...checking, ...engine], 45],
  ["flows list", [...screen, ...proxy, ...checking, ...engine], 60],
  ["env", [...screen, ...proxy, ...checking, ...engine], 45],
  ["completion bash", [...screen, ...proxy, ...checking, ...engine], 55],
  ["__complete clients", [...screen, ...proxy, ...checking, ...engine], 45],
  ["__complete providers", [...screen, ...proxy, "valibot", ...engine], 60],
  ["routes list", [...screen, ...proxy, ...engine, "@valibot/to-json-schema"], 110],
  ["config validate", [...screen, ...proxy, ...engine, "@valibot/to-json-schema"], 110],
  ["config get listen.port", [...screen, ...proxy, ...engine, "@valibot/to-json-schema"], 120],
  // From the files: the verbs of the engine, without the formats and stages of a call.
  ["accounts list", [...screen, ...proxy], 300],
  ["routes explain --model x", [...screen, ...proxy], 330],
];

describe("a light command", () => {
  it.each(commands)(
    "`%s` loads nothing heavy",
    async (line, never, files) => {
      const { own, others } = await loadedBy(built.cli, line.split(" "), folder);
      expect(own).toContain("cli.ts");
      const mayHttp = !never.includes("node:http");
      expect(never.filter((name) => others.has(name) && !(mayHttp && withHttp.has(name)))).toEqual([]);
      expect(own.filter((file) => /^(?:tui\/|intercept\/|core\.ts)/.test(file))).toEqual([]);
      expect(own.filter((file) => /^engine\/(?:formats|pipeline)\/.*(?:request|reply|stream)/.test(file))).toEqual([]);
      expect(own.length).toBeLessThanOrEqual(files);
    },
    90_000,
  );

  it("would be caught loading something heavy", async () => {
    const { others, own } = await loadedBy(built.cli, ["config", "schema"], folder);
    expect(others).toContain("valibot");
    expect(others).toContain("@valibot/to-json-schema");
    const translated = await loadedBy(built.cli, ["translate", "--from", "claude", "--to", "gemini"], folder);
    expect(translated.own.some((file) => /^engine\/formats\/.*stream/.test(file))).toBe(true);
    expect(own.length).toBeGreaterThan(20);
  }, 90_000);
});
