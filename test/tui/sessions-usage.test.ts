import { afterEach, describe, expect, it } from "vitest";
import { readListFilter } from "../../src/tui/state/filter.ts";
import { cellWidth } from "../../src/tui/text/cells.ts";
import { type Harness, type HarnessOptions, startHarness, status } from "./harness.ts";
import { sampleFlow } from "./sample-flows.ts";
import { answerOf, usageAnswer } from "./sample-routes.ts";

const open: Harness[] = [];
const session = "4f2a91c0ab12cd34";
const flows = [
  sampleFlow("one", { session, model: { asked: "x", served: "claude-sonnet-4-5" } }),
  sampleFlow("two", { session, model: { asked: "x", served: "claude-haiku-4-5" }, state: "streaming" }),
  sampleFlow("three", { session: "77aa00bb11cc22dd", costUsd: undefined }),
  sampleFlow("four", {}),
];

function start(key: string, options: Partial<HarnessOptions> = {}): Harness {
  const harness = startHarness({ columns: 120, rows: 40, answer: answerOf, ...options });
  open.push(harness);
  harness.emit({ type: "hello", status, flows });
  harness.press(key);
  return harness;
}

async function textOf(harness: Harness): Promise<string> {
  return (await harness.screen()).join("\n");
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

describe.each([
  ["sessions", "5", ["", "s", "s", "G", "k"]],
  ["usage", "6", ["", "v", "v", "s", "i", "q", "G"]],
])("the %s screen", (_name, key, walk) => {
  it.each([
    [60, 16],
    [80, 24],
    [120, 40],
    [200, 60],
  ])("fits a terminal of %ix%i", async (columns, rows) => {
    const harness = start(key, { columns, rows });
    for (const keys of walk) {
      harness.press(keys);
      const lines = await harness.screen();
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
      expect(await harness.repainted()).toEqual(lines);
    }
  });

  it("survives any answer", async () => {
    const odd = {
      rows: [{ key: 1 }, { key: "a\u001b[2Jb", costUsd: "no", calls: -4 }],
      sessions: [{}, { id: "x\u001b]52;" }],
    };
    for (const answer of [null, [], "x", odd]) {
      const harness = start(key, { answer: () => answer ?? 0 });
      for (const keys of ["", "v", "i", "q", "\r"]) {
        harness.press(keys);
        expect(await textOf(harness)).not.toContain("\u001b");
      }
    }
  });

  it("says what it means that there is nothing", async () => {
    expect(await textOf(start(key, { answer: () => ({}) }))).toMatch(
      /No (conversation has been rerouted|call has used a model) yet/,
    );
  });

  it("says why the core did not answer", async () => {
    expect(await textOf(start(key, { answer: () => new Error("it is stopping") }))).toContain("it is stopping");
  });
});

describe("a conversation", () => {
  it("has its account, its tokens, when it last spoke, and what its calls here cost", async () => {
    const text = await textOf(start("5"));
    expect(text).toMatch(
      /~ claude +4f2a91c0ab12cd34 +sonnet-4-5 \+1 +claude\/team +3 +120k +3\.2k +90\.0k +0\.062\+ +1h05 +now/,
    );
    expect(text).toMatch(/codex +77aa00bb11cc22dd +gpt-5\.1-codex +codex\/me +9 .* - +1h05 +10s/);
    expect(text).toContain("1 live  in 120k");
    expect(text).toContain("moving it to another account now would bill $0.12 again");
  });

  it("gets older while nothing comes", async () => {
    const harness = start("5");
    await harness.screen();
    harness.pass(20_000);
    expect(await textOf(harness)).toMatch(/77aa00bb11cc22dd .* 30s$/m);
  });

  it.each(["\r", "f"])("leads to its calls with %j", async (key) => {
    const harness = start("5");
    await harness.screen();
    harness.press("j");
    harness.press(key);
    expect(await textOf(harness)).toContain(`2 match "session:=${session}"`);
  });

  it("is sorted by what it cost, and its id is copied", async () => {
    const harness = start("5");
    await harness.screen();
    harness.press("ss");
    expect((await harness.screen()).findIndex((line) => line.includes(session))).toBe(4);
    harness.press("g");
    harness.press("y");
    expect(harness.copied).toEqual([session]);
  });
});

describe("usage", () => {
  it("shows the days, newest first, with figures as the command writes them", async () => {
    const lines = await start("6", { columns: 200 }).screen();
    expect(lines[4]).toMatch(/^>2026-11-21 +#+-+ +13% +2 +1 +~1,234,567 +~45,678 +900,000 +50,000 +~\$0\.50 +-$/);
    expect(lines[5]).toMatch(/^ 2026-11-20 .* 88% +40 +0 +1,234,567 +45,678 +900,000 +50,000 +\$3\.50 +\$2\.25$/);
    expect(lines[1]).toContain("42 calls  1 failed  in 1.2M  out 46k  ~$4.00");
    const text = lines.join("\n");
    expect(text).toContain("cost by day, oldest first  █▂");
    expect(text).toContain("~ partly estimated  1 call has no known price");
    expect(text).toContain("! 2 calls could not be recorded");
  });

  it("shares out tokens where no price is known", async () => {
    const [row] = [{ key: "m", calls: 1, input: 30, output: 10, costUsd: null }];
    const answer = {
      rows: [row, { ...row, key: "n", input: 90, output: 30 }],
      total: { ...row, calls: 2, input: 120, output: 40 },
    };
    const text = await textOf(start("6", { answer: () => answer }));
    expect(text).toMatch(/>n .* 75% .* unpriced/);
    expect(text).toContain("75% of the tokens");
  });

  it.each([
    ["model", 1, "model:=claude-sonnet-4-5"],
    ["account", 2, "acct:=claude/team"],
    ["client", 3, "client:=claude-code"],
    ["provider", 4, "prov:=claude | host:=claude"],
    ["session", 5, "session:=4f2a91c0ab12cd34"],
  ])("by %s leads to the calls", async (group, times, filter) => {
    const harness = start("6");
    await harness.screen();
    harness.press("v".repeat(times));
    expect(await textOf(harness)).toContain(`by ${group}`);
    expect(harness.asked.at(-1)?.path).toBe(`/usage?group=${group}`);
    harness.press("\r");
    expect(await textOf(harness)).toContain(`match "${filter}"`);
    expect(readListFilter(filter).ok).toBe(true);
  });

  it("leads to calls with the client's own credential", async () => {
    const harness = start("6");
    harness.press("vv");
    await harness.screen();
    harness.press("G");
    harness.press("\r");
    expect(await textOf(harness)).toContain('match "-has:account has:usage"');
  });

  it("tells all figures of a day", async () => {
    const harness = start("6");
    await harness.screen();
    harness.press("\r");
    const text = await textOf(harness);
    expect(text).toContain("day 2026-11-21");
    expect(text).toMatch(/thinking +1,000/);
    expect(text).toContain("13% of the cost");
  });

  it("asks again seldom: the core reads its ledger for each answer", async () => {
    const harness = start("6", { answer: () => usageAnswer("day") });
    await harness.screen();
    harness.pass(10_000);
    expect(harness.asked.filter(({ path }) => path.startsWith("/usage"))).toHaveLength(1);
  });
});
