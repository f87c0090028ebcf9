import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cpuMs } from "../../../test/support/cpu.ts";
import type { FlowRecord } from "../flow.ts";
import { expressions, flows, hostileTexts, summaryExpressions } from "./__fixtures__/arbitrary.ts";
import { allOf, anyOf, everything, not } from "./expression.ts";
import { caretPicture, filterOf, parseFilter, printFilter, readFilter } from "./index.ts";
import { knownKeys } from "./keys.ts";
import { maxFilterLength } from "./parse.ts";

const now = 1_000_000;

const flow: FlowRecord = {
  id: "k3f00042",
  startedAt: now - 60_000,
  endedAt: now - 57_688,
  client: "claude-code",
  host: "api.anthropic.com",
  method: "POST",
  path: "/v1/messages?beta=true",
  protocol: "h2",
  status: 200,
  state: "done",
  action: "reroute",
  formats: { client: "claude", upstream: "openai-chat" },
  model: { asked: "claude-sonnet-4-5", served: "gpt-5.1-codex" },
  provider: "openrouter",
  account: "main",
  combo: "deep",
  session: "4f2a91cc",
  attempts: [
    {
      provider: "kiro",
      account: "work",
      model: "sonnet",
      status: 429,
      error: "rate-limit: slow down",
      startedAt: 1,
      endedAt: 2,
    },
    { provider: "openrouter", account: "main", model: "openai/gpt-5.1-codex", status: 200, startedAt: 2, endedAt: 3 },
  ],
  why: [{ stage: "rule", text: "rule 2 sends it to combo/deep" }],
  usage: { input: 45_200, output: 1_500, cacheRead: 40_000, cacheWrite: 0, reasoning: 0, estimated: false },
  costUsd: 0.1204,
  timings: { connectMs: 10, tlsMs: 20, translateMs: 1, ttfbMs: 700, firstTokenMs: 812.4, totalMs: 2_312 },
  losses: ["thinking was left out"],
};

function fits(text: string, one: FlowRecord = flow): boolean {
  const read = readFilter(text);
  if (!read.ok) throw new Error(caretPicture(text, read.problem).join("\n"));
  return read.filter.decide(one, now, () => false);
}

describe("a filter", () => {
  it.each([
    // Words, in any case, anywhere; all of them.
    ["", true],
    ["CLAUDE post", true],
    ["claude codex-mini", false],
    ["api.anthropic.com/v1", true],
    ["429", false],
    ["rate-limit", true],
    ['"left out"', true],
    ['"claude post"', false],
    ["gpt*", true],
    ["kiro/work", true],
    // Not, or, groups.
    ["-claude", false],
    ["!openai-responses", true],
    ["--claude", true],
    ["! - ! -claude", true],
    ["nothing | claude", true],
    ["nothing|claude", true],
    ["nothing || claude && post", true],
    ["nothing post | claude", true],
    ["nothing (post | claude)", false],
    ["-(nothing | claude)", false],
    ["claude & post", true],
    // Texts.
    ["client:claude", true],
    ["client:=claude", false],
    ["client:=claude-code", true],
    ["host:anthropic", true],
    ["host:api*", true],
    ["host:anthropic*", false],
    ["host:~^api\\.", true],
    ["host:~(openai|anthropic)", true],
    ["host:~^anthropic", false],
    ["method:=POST", true],
    ["url:anthropic.com/v1", true],
    ["proto:h2", true],
    ["model:claude", true],
    ["model:gpt*", true],
    ["up:claude", false],
    ["up:~gpt-\\d", true],
    ["up:sonnet", true],
    ["hub:openai-chat", true],
    ["acct:main", true],
    ["acct:kiro", true],
    ["acct:=openrouter/main", true],
    ["prov:kiro", true],
    ["combo:deep", true],
    ["session:4f2a91", true],
    ["id:k3f00042", true],
    ["loss:thinking", true],
    ['error:"slow down"', true],
    ['why:"rule 2"', true],
    ["text:~deep|nothing", true],
    ["ACCOUNT:main provider:openrouter", true],
    // A quoted text is only a text.
    ['model:"gpt*"', false],
    ["model:'gpt'", true],
    // Figures.
    ["status:200", true],
    ["status:2xx", true],
    ["status:5xx", false],
    ["status:>=400", false],
    ["-status:>=400", true],
    ["tok:>46k tok:<46.8k", true],
    ["tok:46.7k", true],
    ["tok:46k", false],
    ["tok:47k", true],
    ["in:>=45200", true],
    ["in:>45200", false],
    ["out:1500", true],
    ["out:1501", false],
    ["cost:>$0.1", true],
    ["cost:0.12", true],
    ["cost:>0.2", false],
    ["dur:>2s", true],
    ["dur:2.3s", true],
    ["dur:2s", true],
    ["dur:<=2312", true],
    ["dur:>0.04m", false],
    ["ttft:>800ms", true],
    ["ttft:<1s", true],
    ["age:<5m", true],
    ["age:>1h", false],
    ["age:1m", true],
    ["try:2", true],
    ["try:>1", true],
    // Words of a list.
    ["is:error", false],
    ["is:ok is:done is:retried is:lossy is:limited is:rerouted is:translated is:cached", true],
    ["is:live | is:failed | is:cut | is:tunnel | is:bypass | is:ws", false],
    ["has:cost has:usage has:session has:combo has:account has:reply has:loss", true],
    ["has:error", false],
    ["action:reroute", true],
    ["action:tunnel", false],
    // mitmproxy's.
    ["~m POST ~d anthropic ~c 200 ~u v1/messages ~s", true],
    ["~m GET | ~q | ~e", false],
    ["! ~c 4xx", true],
    ["~u https?://nowhere", false],
    ['~d "api\\.anthropic"', true],
    ["(~m POST)", true],
    // What is only punctuation in the middle of a word.
    ["/v1/messages?beta=true", true],
    ["messages?beta=", true],
  ])("%s: %s", (text, expected) => {
    expect(fits(text)).toBe(expected);
  });

  it("takes no figure for one that is not there", () => {
    const bare = {
      ...flow,
      usage: null,
      status: null,
      timings: { ...flow.timings, totalMs: null, firstTokenMs: null },
    };
    expect(fits("tok:<1m | status:<999 | dur:<1d", bare)).toBe(false);
    expect(fits("-tok:>1 -status:>1 -dur:>1", bare)).toBe(true);
    // Where no token was seen, the first byte.
    expect(fits("ttft:700ms", bare)).toBe(true);
  });

  it("knows how long a live call has taken so far, and says that this changes by itself", () => {
    const live = { ...flow, state: "streaming" as const, timings: { ...flow.timings, totalMs: null } };
    expect(fits("dur:>59s dur:<=60s", live)).toBe(true);
    const clock = (text: string): boolean | null => {
      const read = readFilter(text);
      return read.ok ? read.filter.usesClock : null;
    };
    expect([clock("dur:>1s"), clock("-(a | age:<5m)"), clock("ttft:>1s a")]).toEqual([true, true, false]);
  });

  it("reads instants in ISO 8601 as well", () => {
    const read = readFilter("age:1m");
    const published = { ...flow, startedAt: new Date(flow.startedAt).toISOString() };
    expect(read.ok && read.filter.verdict(published, now)).toBe(true);
  });

  it("leaves open what only a body can decide, and nothing else", () => {
    const verdict = (text: string): boolean | null => {
      const read = readFilter(text);
      if (!read.ok) throw new Error(read.problem.message);
      return read.filter.verdict(flow, now);
    };
    expect(verdict("body:x")).toBe(null);
    expect(verdict("-body:x")).toBe(null);
    expect(verdict("claude body:x")).toBe(null);
    expect(verdict("nothing body:x")).toBe(false);
    expect(verdict("claude | body:x")).toBe(true);
    expect(verdict("-(claude | body:x)")).toBe(false);
    expect(verdict("type:json")).toBe(null);
  });

  it("asks for each text in a body once, and decides by the answers", () => {
    const read = readFilter('rq:tools (rs:tools | rq:tools) -body:~"a.c" type:json');
    if (!read.ok) throw new Error(read.problem.message);
    const { filter } = read;
    expect(filter.contentSearches.map(({ term }) => `${term.key}:${term.match.text}`)).toEqual([
      "rq:tools",
      "rs:tools",
      "body:a.c",
      "type:json",
    ]);
    expect(filter.decide(flow, now, ({ term }) => term.key !== "body")).toBe(true);
    expect(filter.decide(flow, now, () => true)).toBe(false);
    expect(filter.decide(flow, now, ({ term }) => term.key === "type")).toBe(false);
  });

  it.each([
    ["tool_use", ["xx tool", "_USE yy"], true],
    ["tool_use", ["xx tool", "USE yy"], false],
    ["~tool.use$", ["xx tool", "\nuse"], false],
    ["~tool.use$", ["xx tool", "_use"], true],
    ["~tool.use$", ["xx tool_use", "\nmore"], true],
    ["tool*choice", ["xx tool_", "use\n and choice yy"], true],
    ['""', [""], true],
  ])("finds %s over the slices of a body: %j is %s", (text, slices, expected) => {
    const read = readFilter(`body:${text}`);
    if (!read.ok) throw new Error(read.problem.message);
    const [search] = read.filter.contentSearches;
    if (search?.of !== "body") throw new Error("not a search in bodies");
    const scan = search.start();
    for (const slice of slices) scan.push(slice);
    expect(scan.end()).toBe(expected);
  });
});

describe("a filter that cannot be read", () => {
  it.each([
    ["hots:x", 0, 4, 'there is no key "hots"; did you mean "host"?'],
    ["a stauts:5xx", 2, 6, 'did you mean "status"?'],
    ["https://x", 0, 5, 'there is no key "https"; text with a colon goes in quotes'],
    ["is:eror", 3, 4, 'did you mean "error"?'],
    ["has:everything", 4, 10, "has: is one of reply,"],
    ["action:send", 7, 4, "action: is one of tunnel"],
    ["host:", 0, 5, "host: needs something behind it"],
    ["host: x", 0, 5, "needs something"],
    ["host:>x", 5, 1, "> compares figures"],
    ["host:(a|b)", 5, 1, "host:~(a|b)"],
    ["tok:many", 4, 4, "tok: takes a figure, as >50k"],
    ["tok:>5x", 6, 1, '"x" is no unit of tok, only k m are'],
    ["status:5k", 8, 1, "status: is counted without a unit"],
    ["tok:$5", 4, 2, "takes a figure"],
    ["age:<5", 4, 2, "age: needs a unit"],
    ["body:=x", 5, 1, "= has no meaning there"],
    ["(a | b", 0, 1, "this parenthesis is not closed"],
    ["a b)", 3, 1, "this parenthesis closes nothing"],
    ["a |", 2, 1, "something must stand behind |"],
    ["| a", 0, 1, "something must stand before this"],
    ["a & | b", 2, 1, "something must stand behind &"],
    ["a -", 2, 1, "something must stand behind this"],
    ["()", 1, 1, "something must stand before this"],
    ['a "b', 2, 1, "this quote is not closed"],
    ["f(x", 1, 1, "this parenthesis is not closed; text that contains one goes in quotes"],
    ["~x y", 0, 2, "there is no ~x, only ~m"],
    ["~foo", 0, 4, "there is no ~foo"],
    ["~m", 0, 2, "~m needs a method behind it"],
    ["~m | a", 0, 2, "~m needs a method behind it"],
    ["~^api", 0, 1, "a pattern stands behind a key"],
    ["host:~a{2", 9, 0, ""],
    ["host:~*", 6, 1, "there is nothing before this *"],
    ["host:~(?=a)", 6, 3, "look neither ahead nor behind"],
    ["host:~(a)\\1", 9, 2, "no back references"],
    ["host:~[a", 6, 1, "this set is not closed"],
    ['host:~"a("', 8, 1, "this group is not closed"],
    ["x".repeat(maxFilterLength + 1), maxFilterLength, 1, "at most 1000 characters"],
    ["(".repeat(60) + "a" + ")".repeat(60), 40, 1, "at most 40 deep"],
  ])("%s: at %i, %i long: %s", (text, at, length, message) => {
    const read = parseFilter(text);
    if (message === "") {
      expect(read.ok).toBe(true);
      return;
    }
    expect(read).toMatchObject({ ok: false, problem: { at, length } });
    expect(read.ok || caretPicture(text, read.problem).at(-1)).toContain(message);
  });

  it("is shown with carets under what is wrong, whatever it is made of", () => {
    const picture = (text: string): readonly string[] => {
      const read = parseFilter(text);
      return read.ok ? [] : caretPicture(text, read.problem);
    };
    expect(picture("claude hots:x y")).toEqual([
      "claude hots:x y",
      "       ^^^^",
      'there is no key "hots"; did you mean "host"?',
    ]);
    expect(picture("日本 hots:x")[1]).toBe("     ^^^^");
    const hostile = picture('\u001b[31m hots:x\u0007"');
    expect(hostile[0]).toBe('␛[31m hots:x␇"');
    expect(hostile[1]).toBe("      ^^^^");
    const long = picture(`${"a ".repeat(200)}hots:${"b".repeat(200)}`);
    expect(long[0]?.length).toBeLessThan(110);
    expect(long[0]?.slice(long[1]?.indexOf("^")).startsWith("hots")).toBe(true);
  });
});

describe("the language", () => {
  it("never throws, and points at a place in the text", () => {
    fc.assert(
      fc.property(hostileTexts, flows, (text, one) => {
        const read = readFilter(text);
        if (read.ok) read.filter.decide(one, now, () => true);
        else {
          expect(read.problem.at).toBeGreaterThanOrEqual(0);
          expect(read.problem.at + read.problem.length).toBeLessThanOrEqual(text.length);
          const [line = "", carets = ""] = caretPicture(text, read.problem);
          expect(line).not.toMatch(/\p{Cc}/u);
          expect(carets).toMatch(/^ *\^+$/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it("takes time in proportion to the text, however hostile", () => {
    const units = [
      "(",
      "-",
      "!",
      "a|",
      "~",
      '"',
      "a(",
      "host:~(",
      "host:~((a+)+)+$ ",
      "x:",
      "\\",
      "is:a ",
      "~m ",
      "[",
      "{9,}",
    ];
    const spent = cpuMs(() => {
      for (const unit of units) {
        parseFilter(unit.repeat(1_000_000 / unit.length));
        readFilter(unit.repeat(maxFilterLength / unit.length));
      }
    });
    // About 60 ms; anything quadratic takes minutes.
    expect(spent).toBeLessThan(3_000);
  });

  it("means the same after it was printed and read again", () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        const text = printFilter(expression);
        fc.pre(text.length <= maxFilterLength);
        expect(parseFilter(text)).toEqual({ ok: true, expression });
      }),
      { numRuns: 700 },
    );
  });

  it("prints what it read so that it reads it again", () => {
    fc.assert(
      fc.property(hostileTexts, (text) => {
        const read = parseFilter(text);
        fc.pre(read.ok);
        if (!read.ok) return;
        const printed = printFilter(read.expression);
        fc.pre(printed.length <= maxFilterLength);
        expect(parseFilter(printed)).toEqual(read);
      }),
      { numRuns: 1_000 },
    );
  });

  it("keeps the laws of and, or and not", () => {
    fc.assert(
      fc.property(summaryExpressions, summaryExpressions, summaryExpressions, flows, (a, b, c, one) => {
        const value = (expression: typeof a): boolean => filterOf(expression).decide(one, now, () => false);
        expect(value(not(not(a)))).toBe(value(a));
        expect(value(not(a))).toBe(!value(a));
        expect(value(allOf([a, b]))).toBe(value(a) && value(b));
        expect(value(anyOf([a, b]))).toBe(value(a) || value(b));
        expect(value(allOf([a, b]))).toBe(value(allOf([b, a])));
        expect(value(allOf([a, allOf([b, c])]))).toBe(value(allOf([allOf([a, b]), c])));
        expect(value(not(anyOf([a, b])))).toBe(value(allOf([not(a), not(b)])));
        expect(value(not(allOf([a, b])))).toBe(value(anyOf([not(a), not(b)])));
        expect(value(allOf([a, anyOf([b, c])]))).toBe(value(anyOf([allOf([a, b]), allOf([a, c])])));
        expect(value(allOf([a, everything]))).toBe(value(a));
      }),
      { numRuns: 150 },
    );
  });

  it("decides by the summary only what no answer could change", () => {
    fc.assert(
      fc.property(expressions, flows, (expression, one) => {
        const filter = filterOf(expression);
        const verdict = filter.verdict(one, now);
        if (verdict === null) return;
        expect(filter.decide(one, now, () => true)).toBe(verdict);
        expect(filter.decide(one, now, () => false)).toBe(verdict);
      }),
      { numRuns: 700 },
    );
  });

  it("knows its own examples", () => {
    for (const { example } of knownKeys) expect(parseFilter(example)).toMatchObject({ ok: true });
  });
});
