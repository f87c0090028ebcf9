import { afterEach, describe, expect, it } from "vitest";
import { startAt, startHarness, status, type Harness, type HarnessOptions } from "./harness.ts";
import { rerouted, sampleFlow, variedFlows } from "./sample-flows.ts";

const open: Harness[] = [];

function start(options: Partial<HarnessOptions> = {}, flows: readonly unknown[] = [], more: object = {}): Harness {
  const harness = startHarness({ columns: 120, rows: 40, ...options });
  open.push(harness);
  harness.emit({ type: "hello", status: { ...status, ...more }, flows });
  return harness;
}

async function textOf(harness: Harness): Promise<string> {
  return (await harness.screen()).join("\n");
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

describe("the checklist of a first run", () => {
  it("ticks itself as the account and the rule come, and copies the marked command", async () => {
    let accounts: readonly unknown[] = [];
    const harness = start({ columns: 80, rows: 24, answer: () => ({ accounts }) });
    harness.pass(1_000);
    expect(await textOf(harness)).toMatch(
      /\[x\] The proxy is running[\s\S]*> switchyard run -- claude[\s\S]*\[ \] Add an account +2, then a/,
    );
    accounts = [{ id: "claude/work" }];
    harness.pass(6_000);
    expect(await textOf(harness)).toContain("[x] Add an account   1 account");
    harness.emit({ type: "status", status: { ...status, config: { ...status.config, exists: true, routes: 2 } } });
    expect(await textOf(harness)).toContain("[x] Add a rule under routes:   2 rules in /h/config.yaml");
    harness.press("y");
    expect(harness.copied).toEqual(["switchyard run -- claude"]);
    harness.emit({ type: "flow", flow: sampleFlow("one", { startedAt: startAt }) });
    const asked = harness.asked.length;
    harness.pass(20_000);
    expect(harness.asked).toHaveLength(asked);
    expect(await textOf(harness)).not.toContain("Nothing has come through");
  });

  it.each([
    [60, 16],
    [80, 24],
  ] as const)("leaves no step out at %ix%i", async (columns, rows) => {
    const text = await textOf(start({ columns, rows }));
    for (const word of [
      "proxy is running",
      "certificate authority",
      "switchyard run",
      "switchyard env",
      "Add an account",
    ]) {
      expect(text).toContain(word);
    }
  });
});

describe("when every account of a target rests", () => {
  const failed = rerouted("cold", {
    startedAt: startAt - 3_000,
    state: "failed",
    status: 429,
    provider: "claude",
    error:
      "no account of claude can serve claude-sonnet-4-5 now; work can in 9 s: work: cooling 9 s more (rate-limit: 429)",
  });
  const until = "No account of claude can serve claude-sonnet-4-5: work is ready in";

  it("counts down on every screen until one is ready", async () => {
    const harness = start({}, [failed]);
    expect(await textOf(harness)).toContain(`${until} 00:09`);
    for (const key of "2345678") {
      harness.press(key);
      expect(await textOf(harness)).toContain(until);
    }
    harness.pass(3_000);
    expect(await textOf(harness)).toContain(`${until} 00:05`);
    harness.pass(9_000);
    expect(await textOf(harness)).not.toContain(until);
  });

  it("says so no longer once a call is served", async () => {
    const harness = start({}, [failed]);
    harness.emit({ type: "flow", flow: rerouted("warm", { startedAt: startAt, provider: "claude" }) });
    expect(await textOf(harness)).not.toContain(until);
  });
});

describe("when the core is lost", () => {
  it("marks every screen, counts down, and dims what may be out of date", async () => {
    const harness = start({ color: false }, variedFlows(20, startAt));
    harness.emit({ type: "lost", why: "no core is running", retryInMs: 9_000 });
    for (const key of "12345678") {
      harness.press(key);
      const text = await textOf(harness);
      expect(text).toMatch(/! Lost the core \(no core is running\): next try in \ds; data from \d\d:\d\d:\d\d/);
      expect(text).toContain("no core");
    }
    const before = harness.written.length;
    harness.press("1");
    await harness.repainted();
    const rows = harness.written.slice(before).join("");
    // oxlint-disable-next-line no-control-regex -- the look of a row is what is checked
    expect(rows).toMatch(/\u001b\[0;2m \d\d:\d\d:\d\d/);
    harness.emit({ type: "hello", status, flows: [] });
    expect(await textOf(harness)).not.toContain("Lost the core");
  });

  it("says so in an open flow too", async () => {
    const harness = start({ flow: () => rerouted("f0001") }, variedFlows(5, startAt));
    harness.press("\r");
    harness.emit({ type: "lost", why: "no core is running", retryInMs: 5_000 });
    expect(await textOf(harness)).toContain("Lost the core");
  });
});

describe("other troubles", () => {
  it("shows on every screen that the configuration is not in force", async () => {
    const harness = start({}, [], { config: { ...status.config, exists: true, error: "line 3: unknown key" } });
    for (const key of "12345678") {
      harness.press(key);
      expect(await textOf(harness)).toContain("! /h/config.yaml is not in force: line 3: unknown key");
    }
  });

  it("shows that a recording has stopped, and keeps it in the log", async () => {
    const harness = start();
    const text = "the recording /r.jsonl is full: calls from 7 on are not in it";
    harness.emit({ type: "core", event: { type: "notice", level: "warn", area: "recording", text, at: startAt } });
    expect(await textOf(harness)).toContain(`! recording: ${text}`);
    harness.press("\u001b7");
    expect(await textOf(harness)).toContain(`* warn  recording ${text}`);
  });
});
