import { describe, expect, it } from "vitest";
import { readListFilter } from "../state/filter.ts";
import { chainOf } from "./routes-chain.ts";
import { chainRows, stateSpan } from "./routes-chain-view.ts";
import { readMatch } from "./routes-edits.ts";
import { answerRows } from "./routes-explain.ts";
import { readRoutes, type RouteRow } from "./routes-rows.ts";
import { type Account, readWorld, type World } from "./routes-world.ts";
import { yamlOf } from "./routes-yaml.ts";
import { callsFilter } from "./routes.ts";

const now = Date.parse("2026-11-21T12:00:00Z");

function worldOf({ routes = [], combos = [], aliases = {}, accounts = [] }: Readonly<Record<string, unknown>>): World {
  return readWorld([{ routes }, { combos, aliases }, { accounts }], []);
}

function ruleRow(rule: object): RouteRow {
  const [row] = readRoutes([{ routes: [{ number: 2, to: "a/b", ...rule }] }, {}, {}], "rules", []);
  if (row === undefined) throw new Error("no row");
  return row;
}

describe("a chain", () => {
  it("follows aliases, and does not go round in circles", () => {
    const world = worldOf({ aliases: { a: "b", b: "a", quick: "p/m(high)" } });
    expect(chainOf(world, "a").notes.length).toBeLessThan(20);
    const { notes, links } = chainOf(world, "quick");
    expect(notes).toEqual(["quick means p/m(high)"]);
    expect(links[0]?.member).toMatchObject({ provider: "p", model: "m" });
  });

  it("finds the accounts of a provider, of a prefix, of a glob, best first", () => {
    const accounts = [
      { id: "claude/spare", priority: 5 },
      { id: "claude/work", priority: 1 },
      { id: "openai/me", prefix: "team" },
    ];
    const world = worldOf({ accounts });
    const ids = (to: string): readonly string[] | undefined =>
      chainOf(world, to).links[0]?.accounts.map(({ id }) => id);
    expect(ids("claude/x")).toEqual(["claude/work", "claude/spare"]);
    expect(ids("team/x")).toEqual(["openai/me"]);
    expect(ids("*/claude-*")).toEqual(["openai/me", "claude/work", "claude/spare"]);
    expect(ids("gpt-5")).toEqual([]);
  });

  it("ends where nothing is asked of a provider", () => {
    for (const to of ["passthrough", "block"]) expect(chainOf(worldOf({}), to)).toMatchObject({ kind: to, links: [] });
  });

  it("says what is wrong with a combo", () => {
    const combos = [{ name: "c", members: [{ text: "p/m", usable: false, reason: "no key" }], warning: "one member" }];
    const text = chainRows(chainOf(worldOf({ combos }), "combo/c"), 100, now).map((row) =>
      row.map((span) => span.text).join(""),
    );
    expect(text.join("\n")).toContain("! one member");
    expect(text.join("\n")).toContain("! no key");
  });
});

describe("an account in a chain", () => {
  const account: Account = {
    id: "p/a",
    provider: "p",
    name: "a",
    prefix: null,
    enabled: true,
    priority: 0,
    state: "active",
    inFlight: 0,
    cooldowns: [],
  };
  const rest = (model: string | null, until: number | null): Account["cooldowns"] => [{ model, until, kind: "quota" }];

  it.each<[Partial<Account>, string]>([
    [{}, "+ ready"],
    [{ inFlight: 2 }, "~ busy 2"],
    [{ enabled: false }, "o disabled"],
    [{ state: "needs-login" }, "! LOGIN"],
    [{ state: "stopped" }, "! stopped"],
    [{ state: "limited" }, "* at its limits"],
    [{ state: "probing" }, "~ probing"],
    [{ state: "cooling" }, "* cooling"],
    [{ state: "cooling", cooldowns: rest(null, now + 7_000) }, "* COOLING 00:07 quota"],
    [{ state: "cooling", cooldowns: rest("m", now + 7_000) }, "* COOLING 00:07 quota"],
    [{ state: "cooling", cooldowns: rest("other", now + 7_000) }, "+ ready"],
    [{ state: "cooling", cooldowns: rest(null, now - 1) }, "+ ready"],
    [{ state: "stopped", cooldowns: rest(null, null) }, "! stopped until you act quota"],
    [{ state: "something new" }, "! something new"],
  ])("%j is %s", (more, text) => {
    expect(stateSpan({ ...account, ...more }, "m", now).text).toBe(text);
  });
});

describe("what a rule matches, as it is typed", () => {
  it("is read word by word", () => {
    expect(readMatch(" client=codex  model=a=b ")).toEqual({ match: { client: "codex", model: "a=b" }, problem: null });
    expect(readMatch("")).toEqual({ match: {}, problem: null });
  });

  it.each([
    ["codex", "write client= host= path= model=, each with a glob"],
    ["client=", "client= needs something behind it"],
    ["host=a host=b", "host= stands there twice"],
  ])("%j is refused", (typed, problem) => {
    expect(readMatch(typed).problem).toBe(problem);
  });
});

describe("YAML", () => {
  it("quotes what would be something else", () => {
    const row = ruleRow({ match: { client: "true", model: 'a"*' }, to: "p/m(high)", fallback: "passthrough" });
    expect(yamlOf(row)).toBe(
      '- match: { client: "true", model: "a\\"*" }\n  to: "p/m(high)"\n  fallback: passthrough\n',
    );
    expect(yamlOf(ruleRow({ to: "block" }))).toBe("- to: block\n");
  });
});

describe("filters on the calls of a row", () => {
  it("can be read, whatever the rule says", () => {
    const world = worldOf({ combos: [{ name: 'odd "name' }], aliases: { "x y": "p/m" } });
    const rows: readonly RouteRow[] = [
      ruleRow({ to: 'a "b" \\ c' }),
      { id: "default", kind: "default", world },
      ...world.combos.map((combo): RouteRow => ({ id: "c", kind: "combo", combo, world })),
      ...world.aliases.map((alias): RouteRow => ({ id: "a", kind: "alias", alias, world })),
    ];
    for (const row of rows) expect(readListFilter(callsFilter(row))).toMatchObject({ ok: true });
    expect(callsFilter(ruleRow({}))).toBe('why:"rule 2 matches: to a/b"');
  });
});

describe("rows", () => {
  it("keep their id when a rule moves, and tell twins apart", () => {
    const ids = (routes: readonly object[]): readonly string[] =>
      readRoutes([{ routes }, {}, {}], "rules", []).map(({ id }) => id);
    const [one, other, twin] = ids([
      { number: 1, to: "a" },
      { number: 2, to: "b" },
      { number: 3, to: "a" },
    ]);
    expect(
      ids([
        { number: 1, to: "b" },
        { number: 2, to: "a" },
      ]),
    ).toEqual([other, one, "default"]);
    expect(twin).not.toBe(one);
  });
});

describe("the answer of a dry run", () => {
  it("is readable from anything", () => {
    const question = { model: "m", client: "c", host: null };
    for (const answer of [null, 1, { why: [null, { text: 3 }], targets: [7] }]) {
      const text = answerRows(question, answer, 60).map((row) => row.map((span) => span.text).join(""));
      expect(text.join("\n")).toContain("c to Switchyard's own port for m");
    }
  });
});
