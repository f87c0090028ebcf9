import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakeQuota, type FakeQuota } from "../../../test/support/fake-quota.ts";
import { createOpened } from "../../../test/support/opened.ts";
import { waitFor, within } from "../../../test/support/wait.ts";
import { canary, idOf, login, openBench, type Bench } from "./__fixtures__/bench.ts";
import type { QuotaState } from "./poller.ts";
import { hasRoom } from "./room.ts";
import { quotaWindow } from "./window.ts";

const opened = createOpened();
const never = new AbortController().signal;
let fake: FakeQuota;

beforeEach(async () => {
  fake = opened.add(await startFakeQuota({ secrets: [canary] }));
});
afterEach(() => opened.closeAll());

function bench(...accounts: readonly string[]): Bench {
  const made = openBench(
    fake.url,
    accounts.map((provider) => login(provider)),
  );
  opened.later(() => made.poller.close());
  return made;
}

async function refresh({ poller }: Bench, provider: string, force = false): Promise<QuotaState | undefined> {
  return (await poller.refresh(idOf(provider), { force, signal: never }))[0];
}

/** Lets what was set off by a timer come to its end. */
const calls = (count: number): Promise<boolean> => waitFor(`${count} calls`, () => fake.seen.length >= count);

/** No call is under way any more, and the next turn is planned: one timer, far away. */
const rest = ({ clock }: Bench): Promise<boolean> =>
  waitFor("the next turn is planned", () => clock.timers().length === 1 && clock.timers().every((ms) => ms > 100_000));

describe("on demand", () => {
  it("answers from memory within a minute, and says how old that is", async () => {
    const made = bench("codex");
    await refresh(made, "codex");
    made.clock.advance(59_999);
    expect(await refresh(made, "codex", true)).toMatchObject({ ageMs: 59_999, error: null });
    expect(fake.seen).toHaveLength(1);
    made.clock.advance(1);
    expect(await refresh(made, "codex")).toMatchObject({ ageMs: 0 });
    expect(fake.seen).toHaveLength(2);
  });

  it("asks once for all who want to know at the same time", async () => {
    const made = bench("codex");
    const states = await Promise.all([refresh(made, "codex"), refresh(made, "codex"), refresh(made, "codex", true)]);
    expect(states.every((state) => state?.reading !== null)).toBe(true);
    expect(fake.seen).toHaveLength(1);
  });

  it("asks all accounts, one after the other, and leaves out those that are switched off", async () => {
    const made = bench("claude", "codex", "kiro", "plain");
    made.setAccounts([
      login("claude"),
      login("claude", "second"),
      login("codex"),
      { ...login("kiro"), enabled: false },
      login("plain"),
    ]);
    const states = await made.poller.refresh(null, { force: false, signal: never });
    expect(states.map(({ account, error }) => [account, error === null])).toEqual([
      ["claude/main", true],
      ["claude/second", true],
      ["codex/main", true],
      ["plain/main", false],
    ]);
    expect(fake.mostAtOnce()).toBe(1);
  });

  it("keeps the last good reading beside the error", async () => {
    const made = bench("codex");
    await refresh(made, "codex");
    made.clock.advance(60_000);
    fake.trouble("500");
    const state = await refresh(made, "codex");
    expect(state).toMatchObject({ ageMs: 60_000, reading: { plan: "plus" } });
    expect(state?.error).toContain("answered 500");
    expect(made.poller.latest(idOf("codex"))).toEqual(state);
  });

  it("asks ever more rarely while there is trouble, unless told to", async () => {
    const made = bench("codex");
    fake.trouble("500");
    await refresh(made, "codex");
    made.clock.advance(60_000);
    await refresh(made, "codex");
    made.clock.advance(60_000);
    await refresh(made, "codex");
    expect(fake.seen).toHaveLength(2);
    await refresh(made, "codex", true);
    expect(fake.seen).toHaveLength(3);
  });

  it("leaves a provider alone as long as it says, whoever asks", async () => {
    const made = bench("codex");
    fake.trouble("429");
    await refresh(made, "codex");
    fake.trouble(null);
    made.clock.advance(719_999);
    await refresh(made, "codex", true);
    expect(fake.seen).toHaveLength(1);
    made.clock.advance(1);
    expect(await refresh(made, "codex")).toMatchObject({ error: null });
  });

  it("ends the wait of an asker who goes, not the asking", async () => {
    const made = bench("codex");
    fake.trouble("silence");
    const asker = new AbortController();
    const asked = made.poller.refresh(idOf("codex"), { force: false, signal: asker.signal });
    await waitFor("the call is under way", () => made.clock.timers().includes(10_000));
    asker.abort();
    expect(await within("the answer", asked)).toMatchObject([{ reading: null }]);
    expect(made.clock.timers()).toContain(10_000);
  });

  it("knows no account that is not there", async () => {
    expect(await refresh(bench("codex"), "kiro")).toMatchObject({
      reading: null,
      error: "there is no account kiro/main",
    });
  });
});

describe("in the background", () => {
  it("makes no call and holds no timer while nobody looks and nobody cools", () => {
    const made = bench("codex", "claude");
    made.poller.wake();
    expect(made.clock.timers()).toEqual([]);
    made.clock.advance(86_400_000);
    expect(fake.seen).toEqual([]);
  });

  it("asks while somebody watches, every two minutes and a little, and stops with the last one", async () => {
    const made = bench("codex", "claude");
    const stops = [made.poller.watch(), made.poller.watch()];
    made.clock.advance(0);
    await calls(2);
    await rest(made);
    // The random source of the bench always gives the most: a fifth more.
    expect(made.clock.timers()).toEqual([144_000]);
    made.clock.advance(143_999);
    expect(fake.seen).toHaveLength(2);
    made.clock.advance(1);
    await calls(4);
    await rest(made);
    stops[0]?.();
    stops[0]?.();
    expect(made.clock.timers()).toEqual([144_000]);
    stops[1]?.();
    expect(made.clock.timers()).toEqual([]);
  });

  it("asks for an account that cools, and for no other, every five minutes and a little", async () => {
    const made = bench("codex", "claude");
    made.cooling.add(idOf("claude"));
    made.poller.wake();
    made.clock.advance(0);
    await calls(1);
    await rest(made);
    expect(made.clock.timers()).toEqual([360_000]);
    made.clock.advance(360_000);
    await calls(2);
    await rest(made);
    expect(fake.seen.map(({ service }) => service)).toEqual(["claude", "claude"]);
    made.cooling.clear();
    made.poller.wake();
    expect(made.clock.timers()).toEqual([]);
  });

  it("asks nobody any more after it was closed", () => {
    const made = bench("codex");
    made.poller.watch();
    made.poller.close();
    expect(made.clock.timers()).toEqual([]);
  });
});

describe("what it tells", () => {
  it("a report that shows room, so that a cooldown may end", async () => {
    const made = bench("codex");
    await refresh(made, "codex");
    expect(made.readings).toHaveLength(1);
    expect(made.readings.map((reading) => hasRoom(reading, null))).toEqual([true]);
  });

  it("headers that show room where there was none", () => {
    const made = bench("claude");
    const week = (usedPercent: number) => quotaWindow({ name: "7d", usedPercent });
    made.poller.note(idOf("claude"), [week(50)]);
    made.poller.note(idOf("claude"), [week(100)]);
    expect(made.readings).toEqual([]);
    made.poller.note(idOf("claude"), [week(3)]);
    expect(made.readings).toMatchObject([{ source: "headers", windows: [{ name: "7d", usedPercent: 3 }] }]);
  });

  it("headers over a report that is older, a report over headers that are older", async () => {
    const made = bench("codex");
    const id = idOf("codex");
    made.poller.note(id, [quotaWindow({ name: "gone", usedPercent: 9 })]);
    made.clock.advance(1);
    await refresh(made, "codex");
    made.clock.advance(1);
    made.poller.note(id, [quotaWindow({ name: "5h", usedPercent: 34 })]);
    const { reading, ageMs } = made.poller.latest(id);
    expect(reading).toMatchObject({ plan: "plus", source: "headers" });
    expect(reading?.windows.map(({ name, model, usedPercent }) => [name, model, usedPercent])).toEqual([
      ["5h", null, 34],
      ["7d", null, 21],
      ["5h", "GPT-5.3-Codex-Spark", 100],
      ["credits", null, null],
    ]);
    expect(ageMs).toBe(0);
  });

  it("nothing of a window after its reset but that it is open", () => {
    const made = bench("claude");
    const resetAt = made.clock.now() + 1000;
    made.poller.note(idOf("claude"), [quotaWindow({ name: "5h", usedPercent: 100, resetAt })]);
    made.clock.advance(999);
    expect(made.poller.latest(idOf("claude")).reading?.windows).toMatchObject([{ exhausted: true }]);
    made.clock.advance(1);
    expect(made.poller.latest(idOf("claude")).reading?.windows).toMatchObject([
      { exhausted: false, usedPercent: null, resetAt: null },
    ]);
  });

  it("no more windows of headers than it has room for, the latest of them", () => {
    const made = bench("plain");
    for (let nth = 0; nth < 100; nth += 1) {
      made.poller.note(idOf("plain"), [quotaWindow({ name: "requests", model: `model-${nth}`, remaining: nth })]);
    }
    const windows = made.poller.latest(idOf("plain")).reading?.windows ?? [];
    expect(windows).toHaveLength(64);
    expect(windows.at(-1)).toMatchObject({ model: "model-99" });
  });
});

describe("across a restart", () => {
  it("remembers its readings, and when it asked", async () => {
    const before = bench("codex", "claude");
    await refresh(before, "codex");
    const kept = before.poller.snapshot();
    expect(JSON.stringify(kept)).not.toContain("canary");
    const after = bench("codex");
    after.poller.restore(structuredClone(kept));
    expect(after.poller.latest(idOf("codex")).reading).toEqual(kept[0]);
    after.clock.advance(59_999);
    await refresh(after, "codex");
    expect(fake.seen).toHaveLength(1);
    after.clock.advance(1);
    await refresh(after, "codex");
    expect(fake.seen).toHaveLength(2);
  });

  it("does not take a reading from the future for one", () => {
    const made = bench("codex");
    const reading = { account: idOf("codex"), windows: [], plan: null, source: "endpoint", readAt: 9e15 } as const;
    made.poller.restore([reading]);
    expect(made.poller.latest(idOf("codex"))).toMatchObject({ ageMs: 0 });
  });

  it("forgets accounts that are no longer there", () => {
    const made = bench("plain");
    made.poller.note(idOf("plain"), [quotaWindow({ name: "requests", remaining: 1 })]);
    made.setAccounts([]);
    expect(made.poller.snapshot()).toEqual([]);
    made.poller.wake();
    expect(made.poller.latest(idOf("plain")).reading).toBeNull();
  });
});
