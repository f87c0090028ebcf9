import { afterEach, describe, expect, it } from "vitest";
import { cellWidth } from "../../src/tui/text/cells.ts";
import { type Asked, type Harness, type HarnessOptions, startAt, startHarness, status } from "./harness.ts";
import { sampleFlow } from "./sample-flows.ts";
import { answerOf, routesAnswer } from "./sample-routes.ts";

const open: Harness[] = [];
const inForce = { ...status, config: { ...status.config, exists: true } };

/** Three of four calls of the combo went to its first member. */
const flows = ["claude", "claude", "claude", "kiro"].map((provider, index) =>
  sampleFlow(`f${index}`, {
    startedAt: startAt - index * 1_000,
    action: "reroute",
    combo: "deep",
    provider,
    account: "team",
    model: { asked: "claude-sonnet-4-5", served: provider === "kiro" ? "CLAUDE_SONNET_4_5_V1" : "claude-sonnet-4-5" },
    why: [{ stage: "rule", text: "rule 1 matches: to combo/deep", rule: 1 }],
  }),
);

function start(options: Partial<HarnessOptions> = {}, known: readonly unknown[] = flows): Harness {
  const harness = startHarness({ columns: 120, rows: 40, answer: answerOf, ...options });
  open.push(harness);
  harness.emit({ type: "hello", status: inForce, flows: known });
  harness.press("4");
  return harness;
}

async function textOf(harness: Harness): Promise<string> {
  return (await harness.screen()).join("\n");
}

/** Lets answers and what they ask for arrive. */
async function changesOf(harness: Harness): Promise<readonly Asked[]> {
  await harness.screen();
  await harness.screen();
  return harness.asked.filter(({ method }) => method !== "GET");
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

describe("the rules", () => {
  it.each([
    [60, 16],
    [80, 24],
    [120, 40],
    [200, 60],
  ])("fit a terminal of %ix%i in every view", async (columns, rows) => {
    const harness = start({ columns, rows });
    for (const keys of ["", "j", "G", "v", "\r", "q", "v", "D", "\u001b", "?"]) {
      harness.press(keys);
      const lines = await harness.screen();
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
      expect(await harness.repainted()).toEqual(lines);
    }
  });

  it("stand in their order with what they match, where they lead and how often they decided", async () => {
    const text = await textOf(start());
    expect(text).toMatch(
      /> {2}1 claude-code {2}api\.anthropic\.com +claude-sonnet-4-5\* +\/v1\/\S+ +combo\/deep +error +118/,
    );
    expect(text).toMatch(/ 2 \* +api\.anthropic\.com +claude-haiku\* +\* +quick +passthrough +41/);
    expect(text).toMatch(/ - \* +\* +\* +\* +passed on\/tunnelled +- +0/);
    expect(text).toContain("first match wins  2 combos  config.yaml in force");
  });

  it("keep client, model, target and hits at 60 columns", async () => {
    expect(await textOf(start({ columns: 60, rows: 16 }))).toMatch(/1 claude-code +claude-son\S* +combo\/deep +118/);
  });

  it("say that the file is not in force when it is wrong", async () => {
    const harness = start();
    harness.emit({ type: "status", status: { ...inForce, config: { ...inForce.config, error: "line 3: no" } } });
    expect(await textOf(harness)).toContain("! config.yaml is not in force");
  });

  it("survive any answer", async () => {
    for (const answer of [
      null,
      [],
      "x",
      {
        routes: [null, 1, { number: "1", to: 2 }, { number: 9, to: "a\u001b[2Jb" }],
        combos: [{}],
        aliases: [1],
        accounts: [{ id: 4 }, { id: "odd" }],
      },
    ]) {
      const harness = start({ answer: () => answer ?? [] });
      for (const keys of ["", "v", "v", "v", "k", "\r"]) {
        harness.press(keys);
        expect(await textOf(harness)).not.toContain("\u001b");
      }
    }
  });

  it("with none there is still the default, and how to add one", async () => {
    const text = await textOf(
      start({ answer: () => ({ routes: [], combos: [], aliases: {}, accounts: [] }) }, [sampleFlow("p")]),
    );
    expect(text).toMatch(/> {2}- .*passed on\/tunnelled .* 1$/m);
    expect(text).toContain("There is no rule yet: a adds one");
  });
});

describe("the chain under the rules", () => {
  it("shows members, the state of their accounts and who answered", async () => {
    const harness = start();
    const text = await textOf(harness);
    expect(text).toContain("combo/deep   first to last   next one on 402 408 410 429 529 5xx");
    expect(text).toMatch(
      /\[1\] claude\/claude-sonnet-4-5 +\* max COOLING 01:07 overloaded │ \+ team ready +75% {2}#{15}-{5}/,
    );
    expect(text).toMatch(/\[2\] kiro\/CLAUDE_SONNET_4_5_V1 +~ work busy 1 +25% {2}#{5}-{15}/);
    expect(text).toMatch(/\[3\] codex\/gpt-5\.1-codex +o me disabled/);
    harness.pass(5_000);
    expect(await textOf(harness)).toContain("COOLING 01:02");
  });

  it("takes two lines at 24 rows", async () => {
    const lines = await start({ columns: 80, rows: 24 }).screen();
    expect(lines.at(-2)).toMatch(/^ {3}1 claude\/claude-sonnet-4-5 \+ team ready {3}2 kiro/);
    expect(lines.at(-3)).toMatch(/^ 1 client=claude-code /);
  });

  it("says what an alias means", async () => {
    const harness = start();
    await harness.screen();
    harness.press("j");
    expect(await textOf(harness)).toContain(" quick means claude/claude-haiku-4-5\n   [1] claude/claude-haiku-4-5");
  });
});

describe("combos and aliases", () => {
  it("are the next views, with the rules that lead to them", async () => {
    const harness = start();
    harness.press("v");
    expect(await textOf(harness)).toMatch(/>deep +\* 2\/3 +1 +118 claude\/claude-sonnet-4-5 > kiro/);
    harness.press("v");
    expect(await textOf(harness)).toMatch(/>quick +claude\/claude-haiku-4-5 +2 +! could mean the alias or/);
  });

  it("say what they are when there are none", async () => {
    const harness = start({ answer: () => ({}) });
    harness.press("v");
    const text = await textOf(harness);
    expect(text).toContain("There are no combos yet.");
    harness.press("a");
    expect(await textOf(harness)).toContain("a name of your own for a model");
  });
});

describe("a dry run", () => {
  it("begins with the selected call's model and asks as that call did", async () => {
    const harness = start();
    await harness.screen();
    harness.press("D");
    expect((await harness.screen()).at(-1)).toContain("model [client [host]]: claude-sonnet-4-5");
    harness.press("\r");
    expect(await changesOf(harness)).toEqual([
      {
        method: "POST",
        path: "/routes/explain",
        body: { model: "claude-sonnet-4-5", client: "claude-code", host: "api.anthropic.com", path: "/v1/messages" },
      },
    ]);
    const text = await textOf(harness);
    expect(text).toContain("claude-code to api.anthropic.com for claude-sonnet-4-5");
    expect(text).toContain("reroute   rule 1 → combo/deep");
    expect(text).toMatch(/1\. claude\/claude-sonnet-4-5 {2}\(claude\) {2}account claude\/team/);
    expect(text).toMatch(/select {2}claude: max is cooling until/);
  });

  it("takes client and host from what is typed", async () => {
    const harness = start({}, []);
    await harness.screen();
    harness.press("D");
    harness.press("gpt-5 codex api.openai.com\r");
    expect(await changesOf(harness)).toEqual([
      { method: "POST", path: "/routes/explain", body: { model: "gpt-5", client: "codex", host: "api.openai.com" } },
    ]);
  });
});

describe("changing the rules", () => {
  it("adds one for calls like the selected one, step by step", async () => {
    const harness = start();
    await harness.screen();
    harness.press("j");
    harness.press("a");
    expect((await harness.screen()).at(-1)).toContain("client=claude-code host=api.anthropic.com model=claude-sonnet");
    for (const keys of ["\r", "1", "2", "2"]) harness.press(keys);
    expect(await changesOf(harness)).toEqual([
      {
        method: "POST",
        path: "/routes",
        body: {
          match: { client: "claude-code", host: "api.anthropic.com", model: "claude-sonnet-4-5" },
          to: "combo/deep",
          fallback: "passthrough",
          at: 2,
        },
      },
    ]);
    expect(await textOf(harness)).toContain("rule 4: client=claude-code");
  });

  it("does not go on with a match that cannot be read", async () => {
    const harness = start({}, []);
    await harness.screen();
    harness.press("a");
    harness.press("x nonsense\r");
    expect((await harness.screen()).at(-1)).toContain("write client= host= path= model=");
  });

  it("deletes only after a yes, and what the rule's number is by then", async () => {
    let moved = false;
    const [first, ...others] = routesAnswer.routes;
    const later = {
      routes: [
        { ...others[0], number: 1 },
        { ...first, number: 2 },
      ],
    };
    const harness = start({
      answer: (method, path) => (moved && path === "/routes" && method === "GET" ? later : answerOf(method, path)),
    });
    await harness.screen();
    harness.press("d");
    expect((await harness.screen()).at(-1)).toContain("delete rule 1: client=claude-code");
    harness.press("x");
    expect(await changesOf(harness)).toEqual([]);
    harness.press("d");
    moved = true;
    harness.press("y");
    expect(await changesOf(harness)).toEqual([{ method: "DELETE", path: "/routes/2" }]);
  });

  it("leaves a rule alone that is gone", async () => {
    let gone = false;
    const harness = start({
      answer: (method, path) => (gone && path === "/routes" ? { routes: [] } : answerOf(method, path)),
    });
    await harness.screen();
    harness.press("d");
    gone = true;
    harness.press("y");
    expect(await changesOf(harness)).toEqual([]);
    expect(await textOf(harness)).toContain("the rules have changed meanwhile; nothing was done");
  });

  it("moves one and says why the first cannot go up", async () => {
    const harness = start();
    await harness.screen();
    harness.press("K");
    expect((await harness.screen()).at(-1)).toContain("K: it is the first rule");
    harness.press("J");
    expect(await changesOf(harness)).toEqual([{ method: "POST", path: "/routes/1/move", body: { to: 2 } }]);
    harness.press("G");
    harness.press("J");
    expect((await harness.screen()).at(-1)).toContain("J: only rules have an order");
  });

  it("switches one off, which is drawn with its mark, and on again", async () => {
    const harness = start();
    await harness.screen();
    harness.press("o");
    expect(await changesOf(harness)).toEqual([{ method: "PUT", path: "/routes/1/enabled", body: { enabled: false } }]);
    expect(await textOf(harness)).toContain("rule 1 is off; it keeps its place");
    harness.press("G");
    harness.press("o");
    expect((await harness.screen()).at(-1)).toContain("o: only rules can be switched off");
  });

  it("edits the combo under a rule", async () => {
    const harness = start();
    await harness.screen();
    harness.press("e");
    expect((await harness.screen()).at(-1)).toContain("combo/deep, first to last:");
    harness.press("\u0015a/b, c/d\r");
    expect(await changesOf(harness)).toEqual([
      { method: "PUT", path: "/combos/deep", body: { members: ["a/b", "c/d"] } },
    ]);
  });

  it("adds, changes and deletes an alias in their view", async () => {
    const harness = start();
    harness.press("v");
    harness.press("v");
    await harness.screen();
    harness.press("a");
    for (const keys of ["my name", "\u0015mine/1\r", "x/y\r"]) harness.press(keys);
    harness.press("e");
    harness.press("\u0015z/w\r");
    harness.press("d");
    harness.press("y");
    expect(await changesOf(harness)).toEqual([
      { method: "PUT", path: "/aliases/mine%2F1", body: { target: "x/y" } },
      { method: "PUT", path: "/aliases/quick", body: { target: "z/w" } },
      { method: "DELETE", path: "/aliases/quick" },
    ]);
  });

  it("shows what the core refuses", async () => {
    const harness = start({
      answer: (method, path) => (method === "PUT" ? new Error("there is no provider q") : answerOf(method, path)),
    });
    await harness.screen();
    harness.press("e");
    harness.press(" q/z\r");
    expect(await textOf(harness)).toContain("there is no provider q");
  });
});

describe("out of the rules", () => {
  it("lead the calls that a rule decided", async () => {
    const harness = start({}, [...flows, sampleFlow("other")]);
    await harness.screen();
    harness.press("f");
    expect(await textOf(harness)).toContain('4 match "why:"rule 1 matches: to combo/deep""');
  });

  it("lead those without a rule", async () => {
    const harness = start({}, [...flows, sampleFlow("other")]);
    await harness.screen();
    harness.press("G");
    expect(await textOf(harness)).toContain("1 of the calls in the list; f shows them");
    harness.press("f");
    expect(await textOf(harness)).toContain("1 match ");
  });

  it("goes a rule as YAML, and all about it", async () => {
    const harness = start();
    await harness.screen();
    harness.press("j");
    harness.press("y");
    expect(harness.copied).toEqual([
      '- match: { host: api.anthropic.com, model: "claude-haiku*" }\n  to: quick\n  fallback: passthrough\n',
    ]);
    harness.press("\r");
    const text = await textOf(harness);
    expect(text).toContain("quick means claude/claude-haiku-4-5");
    expect(text).toMatch(/claude\/max +\* COOLING 01:0\d overloaded/);
    expect(text).toContain("in config.yaml:");
  });
});
