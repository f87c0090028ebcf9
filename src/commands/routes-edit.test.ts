import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { call } from "../control/__fixtures__/control-bench.ts";
import { commandBench, serveCore } from "./__fixtures__/command-bench.ts";
import { type EngineBench, engineBench } from "./__fixtures__/engine-bench.ts";
import { runCommand } from "./program.ts";

const file = `providers:
  local: { type: openai-compatible, endpoint: "http://127.0.0.1:8000/v1", auth_type: none }
routes:
  # small ones
  - match: { model: "*haiku*" }
    to: local/small
  # the rest of it
  - match: { client: claude-code }
    to: local/large
`;

async function benchWith(text: string): Promise<EngineBench & { readonly text: () => string }> {
  const bench = await engineBench();
  writeFileSync(bench.context.paths.configFile, text);
  return { ...bench, text: () => readFileSync(bench.context.paths.configFile, "utf8") };
}

describe("rules", () => {
  it("are put in, moved and taken out, with the comments that are there", async () => {
    const { type, text, out } = await benchWith(file);
    expect(await type("routes", "add", "--model", "gpt-*", "--to", "block")).toBe(0);
    expect(out()).toContain("rule 3: model=gpt-* → block");
    expect(
      await type("routes", "add", "--client", "codex", "--to", "local/m", "--fallback", "passthrough", "--at", "1"),
    ).toBe(0);
    expect(text()).toMatch(/client: codex[^]*fallback: passthrough[^]*haiku[^]*claude-code[^]*gpt-\*/);
    expect(await type("routes", "move", "4", "2")).toBe(0);
    expect(text()).toMatch(/codex[^]*gpt-\*[^]*haiku[^]*the rest of it\n[^]*claude-code/);
    expect(await type("routes", "remove", "1")).toBe(0);
    expect(text()).not.toContain("codex");
    expect(text()).toContain("# the rest of it");
    const before = out().length;
    expect(await type("routes", "list", "--json")).toBe(0);
    expect(JSON.parse(out().slice(before))).toMatchObject([
      { to: "block" },
      { to: "local/small" },
      { to: "local/large" },
    ]);
  });

  it("can be the first, and the last", async () => {
    const { type, text } = await benchWith("# mine\n");
    expect(await type("routes", "add", "--to", "block", "--json")).toBe(0);
    expect(await type("routes", "remove", "1")).toBe(0);
    expect(text()).toMatch(/^# mine\n/);
    expect(text()).not.toContain("routes");
  });

  it.each([
    [["add", "--to", "nowhere/x"], 'there is no provider "nowhere"'],
    [["add", "--to", "block", "--at", "4"], "places 1 to 3"],
    [["add", "--to", "block", "--fallback", "pass"], 'there is no fallback "pass"'],
    [["remove", "3"], "there is no rule 3; config.yaml has rules 1 to 2"],
    [["move", "1", "9"], "there is no rule 9"],
    [["move", "0", "1"], "is invalid"],
  ])("are left as they are where that makes no sense: %j", async (words, why) => {
    const { type, text, err } = await benchWith(file);
    expect(await type("routes", ...words)).toBe(2);
    expect(err()).toContain(why);
    expect(text()).toBe(file);
  });

  it("can be made of a call that went by, and a call can be explained", async () => {
    const bench = commandBench({ env: { NO_COLOR: "1" } });
    const { flowLog, server } = await serveCore(bench.context);
    const tap = flowLog.open({ ...call, host: "api.anthropic.com", client: "claude-code" });
    tap.tell({ type: "described", model: { asked: "claude-x", served: "y" }, provider: "local" });
    tap.tell({ type: "why", step: { stage: "rule", text: "rule 2 matches" } });
    expect(await runCommand(bench.context, ["routes", "explain", tap.id])).toBe(0);
    expect(bench.out()).toMatch(
      /claude-code to api\.anthropic\.com for claude-x\n[^]*rule 2 matches\n[^]*by the rules of now:/,
    );
    const before = bench.out().length;
    expect(await runCommand(bench.context, ["routes", "explain", tap.id, "--json"])).toBe(0);
    expect(JSON.parse(bench.out().slice(before))).toMatchObject({ flow: tap.id, why: [{ stage: "rule" }], now: {} });
    expect(await runCommand(bench.context, ["routes", "explain", "nope"])).toBe(1);
    const unread = flowLog.open({ ...call, host: "example.com" });
    expect(await runCommand(bench.context, ["routes", "add", "--from-flow", unread.id, "--to", "block"])).toBe(2);
    expect(bench.err()).toContain("nothing is known of a model");
    await server.close();
    await bench.close();
  });
});

describe("combos and aliases", () => {
  it("are written, listed and taken out", async () => {
    const { type, text, out } = await benchWith(file);
    expect(await type("combos", "add", "deep", "local/small", "local/large")).toBe(0);
    expect(out()).toContain("combo/deep: local/small, then local/large");
    expect(await type("aliases", "add", "smart", "combo/deep")).toBe(0);
    expect(text()).toMatch(/combos:\n {2}deep:/);
    expect(await type("aliases", "list")).toBe(0);
    expect(out()).toMatch(/ALIAS +MEANS\nsmart +combo\/deep/);
    expect(await type("combos", "remove", "deep")).toBe(2);
    expect(await type("aliases", "remove", "smart")).toBe(0);
    expect(await type("combos", "remove", "deep")).toBe(0);
    expect(text()).not.toContain("deep");
  });

  it.each([
    [["combos", "add", "deep", "nowhere/x"], "nowhere"],
    [["combos", "remove", "deep"], 'no combo "deep"'],
    [["aliases", "add", "a", "b c"], "a"],
    [["aliases", "remove", "a"], 'no alias "a"'],
  ])("are refused where they mean nothing: %j", async (words, why) => {
    const { type, text, err } = await benchWith(file);
    expect(await type(...words)).toBe(2);
    expect(err()).toContain(why);
    expect(text()).toBe(file);
  });
});
