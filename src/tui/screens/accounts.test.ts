import { describe, expect, it } from "vitest";
import {
  everyAccount,
  iso,
  rateLimits,
  sampleAccount,
  sampleQuota,
  sessions,
} from "../../../test/tui/sample-accounts.ts";
import { startAt } from "../../../test/tui/harness.ts";
import type { Effect } from "../state/effect.ts";
import { place } from "../table/columns.ts";
import { createFlowBook } from "../state/flow-book.ts";
import { cellWidth } from "../text/cells.ts";
import type { Spans } from "../text/row.ts";
import { describeAccount, inspectAccount } from "./account-detail.ts";
import { type AccountRow, readAccounts } from "./account-row.ts";
import { quotaSpan, stateSpan, summarySpans, tokenSpan } from "./account-text.ts";
import { accounts } from "./accounts.ts";
import { countdown, spanOf } from "./time-left.ts";

const now = startAt;

/** Nothing is known besides the row. */
const around = {
  book: createFlowBook(10),
  log: [],
  status: null,
  flow: null,
  columns: 120,
};

function rowsOf(values: readonly unknown[]): readonly AccountRow[] {
  return readAccounts([{ accounts: values }, { rateLimits }, { sessions }]);
}

function one(value: unknown): AccountRow {
  const [row] = rowsOf([value]);
  if (row === undefined) throw new Error("it could not be read");
  return row;
}

function named(id: string): AccountRow {
  return one(everyAccount.find((account) => account["id"] === id));
}

const textOf = (lines: readonly Spans[]): string =>
  lines.map((spans) => spans.map(({ text }) => text).join("")).join("\n");

describe("reading accounts", () => {
  it.each([
    null,
    undefined,
    5,
    "x",
    [],
    {},
    { accounts: "no" },
    { accounts: [null, 5, [], {}, { id: "" }, { id: 7 }] },
  ])("makes nothing of %j", (answer) => expect(readAccounts([answer, answer, answer])).toEqual([]));

  it("keeps an account whose fields are nonsense, and shows it as not known", () => {
    const nonsense = { id: "a/b", state: "happy", credential: 5, cooldowns: [null, "x"], quota: "much", calls: "many" };
    const row = one(nonsense);
    expect(row).toMatchObject({ id: "a/b", provider: "a", name: "b", state: "unknown", calls: 0, quota: null });
    expect(stateSpan(row, now).text).toBe("! state not known here");
    expect(row.cooldowns).toHaveLength(2);
    expect(textOf(describeAccount(row, now, 60))).toContain("! state not known here");
  });

  it("keeps the first of two of the same id, and sanitises every text", () => {
    const evil = "x\u001b]52;c;AA\u0007\u202e";
    const rows = rowsOf([
      sampleAccount("a/b", {
        name: evil,
        lastError: evil,
        client: evil,
        prefix: evil,
        credential: { state: "needs-login", who: evil, plan: evil, fix: evil },
        cooldowns: [{ model: evil, kind: evil, reason: evil, level: 1, until: null }],
        quota: { plan: evil, windows: [{ name: evil, model: evil }], error: evil },
      }),
      sampleAccount("a/b"),
    ]);
    expect(rows).toHaveLength(1);
    // oxlint-disable-next-line no-control-regex -- no control character may be left
    expect(JSON.stringify(rows)).not.toMatch(/\\u001b|\\u0007|\u202e/);
  });

  it("puts limits and sessions beside the account they are about", () => {
    const row = named("claude/max");
    expect(row.limits?.requests).toEqual({ used: 12, most: 60 });
    expect(row.sessions.map(({ id }) => id)).toEqual(["s-41"]);
    expect(named("claude/team").limits).toBeNull();
  });
});

describe("the state of an account", () => {
  it.each([
    ["claude/max", "* COOLING 00:07 capacity step 3"],
    ["claude/team", "+ ready"],
    ["kiro/work", "~ busy 1"],
    ["antigravity/acct2", "+ ready (gemini-3-pro 04:31)"],
    ["copilot/a", "! LOGIN the refresh was refused (401): switchyard accounts login copilot --name a"],
    ["groq/key1", "o disabled"],
    ["openai/stopped", "! STOPPED account-disabled"],
    ["mistral/limited", "* LIMITED by us"],
    ["qwen/probing", "~ probing"],
  ])("of %s reads %s", (id, text) => expect(stateSpan(named(id), now).text).toBe(text));

  it("of one whose credential is gone is not ready, before a call has found out", () => {
    const gone = one(sampleAccount("a/b", { credential: { state: "missing", fix: "log in with Claude Code" } }));
    expect(stateSpan(gone, now).text).toBe("! MISSING log in with Claude Code");
    expect(textOf([summarySpans([gone], now)])).toBe("0 ok / 0 cooling / 1 bad");
  });

  it("counts down from the deadline and stands at zero", () => {
    const row = named("claude/max");
    expect(stateSpan(row, now + 5_001).text).toContain("00:02");
    expect(stateSpan(row, now + 60_000).text).toContain("00:00");
  });

  it("gives up words, not the time, where there is no room", () => {
    expect(stateSpan(named("claude/max"), now, 27).text).toBe("* COOLING 00:07 capacity 3");
    expect(stateSpan(named("claude/max"), now, 20).text).toBe("* 00:07 capacity 3");
  });
});

describe("the quota", () => {
  it.each([
    [30, "5h ██████░░░░  61%  rst 1h12"],
    [22, "5h ██████░░░░ 61% 1h12"],
    [12, "5h 61% 1h12"],
  ])("in %i cells is %s", (width, text) => expect(quotaSpan(named("claude/max"), now, width).text).toBe(text));

  it("says what is not known, what has no limit and what is used up", () => {
    expect(quotaSpan(named("copilot/a"), now, 30).text).toBe("?");
    expect(quotaSpan(named("groq/key1"), now, 30).text).toBe("-");
    expect(quotaSpan(named("openai/stopped"), now, 30)).toMatchObject({ text: "req ██████████ 100%", style: "error" });
    const free = one(sampleAccount("a/b", { quota: { windows: [{ name: "5h", unlimited: true }] } }));
    expect(quotaSpan(free, now, 30).text).toBe("5h no limit");
  });

  it("shows the window that will stop it first", () => {
    const windows = [
      { name: "5h", usedPercent: 10, resetAt: iso(60_000) },
      { name: "7d", usedPercent: 90, resetAt: null },
    ];
    expect(quotaSpan(one(sampleAccount("a/b", { quota: { windows } })), now, 30).text).toMatch(/^7d █{9}░ {2}90%$/);
    expect(quotaSpan(one(sampleAccount("a/b", { quota: sampleQuota("a/b", "d", null, null) })), now, 30).text).toBe(
      "d     ?",
    );
  });
});

it("says how long a token is good", () => {
  const text = (id: string): string => tokenSpan(named(id), now).text;
  expect(["claude/max", "kiro/work", "antigravity/acct2", "copilot/a", "groq/key1"].map(text)).toEqual([
    "ok 6h",
    "ok 41m",
    "renews",
    "expired",
    "key",
  ]);
});

it("sums up in words, and says when nobody can serve how long that lasts", () => {
  const text = (rows: readonly AccountRow[]): string => textOf([summarySpans(rows, now)]);
  expect(text(rowsOf(everyAccount))).toBe("4 ok / 2 cooling / 2 bad / 1 off");
  expect(text([named("claude/max")])).toBe("0 ok / 1 cooling / 0 bad  next ready 00:07");
});

it("sorts what needs its owner first", () => {
  const compare = accounts.sorts[0]?.compare ?? (() => 0);
  const sorted = rowsOf(everyAccount).toSorted(compare);
  expect(sorted.map(({ id }) => id)).toEqual([
    "copilot/a",
    "openai/stopped",
    "claude/max",
    "mistral/limited",
    "qwen/probing",
    "antigravity/acct2",
    "claude/team",
    "kiro/work",
    "groq/key1",
  ]);
});

it.each([60, 80, 120, 200])("has columns for %i cells", (columns) => {
  const placed = place(accounts.columns(""), columns);
  const used = placed.reduce((sum, { width }) => sum + width + 1, 0);
  expect(used).toBeLessThanOrEqual(columns);
  const ids = placed.map(({ column }) => column.id);
  expect(ids).toEqual(expect.arrayContaining(["account", "state", "quota"]));
  expect(ids.includes("plan")).toBe(columns >= 120);
  expect(ids.includes("note")).toBe(columns >= 200);
});

describe("all about an account", () => {
  it.each([60, 80, 120, 200])("fits into %i cells, every fact of it", (width) => {
    for (const row of rowsOf(everyAccount)) {
      for (const spans of describeAccount(row, now, width)) {
        expect(cellWidth(spans.map(({ text }) => text).join(""))).toBeLessThanOrEqual(width);
      }
    }
  });

  it("holds cooldown, error, limits, sessions, source and terms", () => {
    const text = textOf(describeAccount(named("claude/max"), now, 200));
    for (const part of [
      "step 3",
      "529 overloaded_error",
      "12 of 60 calls a minute",
      "s-41",
      "private store",
      "terms",
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain("the provider says 1h");
    expect(textOf(describeAccount(named("groq/key1"), now, 200))).not.toContain("Terms");
    const short = textOf(inspectAccount(named("kiro/work"), now));
    expect(short).toContain("kiro's login, which it renews itself, written in config.yaml");
  });
});

describe("actions", () => {
  const action = (name: string) => {
    const found = accounts.actions.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no action ${name}`);
    return found;
  };
  const asks = (effect: Effect): readonly unknown[] => {
    if (effect.type === "all") return effect.effects.flatMap(asks);
    if (effect.type === "dialog" && effect.dialog.type === "confirm") return asks(effect.dialog.yes);
    return effect.type === "ask" ? [[effect.method, effect.path, effect.body]] : [];
  };

  it.each([
    ["account-toggle", "groq/key1", ["PUT", "/accounts/groq/key1/enabled", { enabled: true }]],
    ["account-toggle", "claude/max", ["PUT", "/accounts/claude/max/enabled", { enabled: false }]],
    ["account-clear-cooldown", "claude/max", ["POST", "/accounts/claude/max/clear-cooldown", {}]],
    ["account-clear-cooldowns", "claude/max", ["POST", "/accounts/clear-cooldowns", {}]],
    ["account-refresh", "claude/max", ["POST", "/accounts/claude/max/refresh", undefined]],
    ["account-quota", "claude/max", ["GET", "/accounts/claude/max/quota", undefined]],
    ["account-remove", "claude/max", ["DELETE", "/accounts/claude/max", undefined]],
  ])("%s of %s asks exactly that", (name, id, question) => {
    expect(asks(action(name).run(named(id), [], around))).toEqual([question]);
  });

  it("asks before it removes one or ends all cooldowns", () => {
    for (const name of ["account-remove", "account-clear-cooldowns"]) {
      expect(action(name).run(named("claude/max"), [], around)).toMatchObject({
        type: "dialog",
        dialog: { type: "confirm" },
      });
    }
  });

  it("says beforehand what will not work", () => {
    expect(action("account-remove").possible?.(named("kiro/work"))).toContain("written in config.yaml");
    expect(action("account-refresh").possible?.(named("groq/key1"))).toContain("nothing to renew");
    expect(action("account-clear-cooldown").possible?.(named("claude/team"))).toContain("no cooldown");
    expect(action("account-remove").possible?.(named("claude/max"))).toBe(true);
  });

  it("encodes names in paths", () => {
    const odd = one({ ...sampleAccount("a/b"), name: "b c/../d" });
    expect(asks(action("account-refresh").run(odd, [], around))).toEqual([
      ["POST", "/accounts/a/b%20c%2F..%2Fd/refresh", undefined],
    ]);
  });
});

it("tells times in few cells", () => {
  expect([0, 999, 59_000, 271_000, 3_599_000].map((ms) => countdown(now + ms, now))).toEqual([
    "00:00",
    "00:01",
    "00:59",
    "04:31",
    "59:59",
  ]);
  expect(countdown(now - 5, now)).toBe("00:00");
  expect(countdown(now + 7_500_000, now)).toBe("2h05");
  expect([45_000, 41 * 60_000, 72 * 60_000, 6 * 3_600_000, 10 * 86_400_000].map(spanOf)).toEqual([
    "45s",
    "41m",
    "1h12",
    "6h",
    "10d",
  ]);
});
