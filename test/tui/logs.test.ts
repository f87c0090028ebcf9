import { afterEach, describe, expect, it } from "vitest";
import { startAt, startHarness, status, type Harness, type HarnessOptions } from "./harness.ts";
import { rerouted, sampleFlow } from "./sample-flows.ts";

const open: Harness[] = [];

function start(options: Partial<HarnessOptions> = {}, flows: readonly unknown[] = []): Harness {
  const harness = startHarness({ columns: 120, rows: 40, ...options });
  open.push(harness);
  harness.emit({ type: "hello", status, flows });
  harness.press("7");
  return harness;
}

async function textOf(harness: Harness): Promise<string> {
  return (await harness.screen()).join("\n");
}

/** The words of the rows, top down. */
async function rowsOf(harness: Harness): Promise<string[]> {
  return (await harness.screen()).filter((row) => /^[ >]\d\d:\d\d:\d\d\.\d{3} /.test(row));
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

const notice = (level: string, text: string, at = startAt): unknown => ({
  type: "notice",
  level,
  area: "oauth",
  text,
  at,
});

describe("the log screen", () => {
  it("begins with the connection, and takes in what the core reports", async () => {
    const harness = start();
    expect(await textOf(harness)).toMatch(/info +core +connected to the core on 127\.0\.0\.1:8317/);
    harness.emit({ type: "core", event: notice("info", "work token refreshed", startAt + 10) });
    harness.emit({
      type: "core",
      event: { type: "config-rejected", path: "/h/c.yaml", message: "line 3: what", at: startAt + 20 },
    });
    harness.emit({ type: "core", event: { type: "config-reloaded", path: "/h/c.yaml", at: startAt + 30 } });
    harness.emit({
      type: "core",
      event: { type: "out-of-scope", host: "q.example", fix: "switchyard ca rotate", at: startAt + 40 },
    });
    harness.emit({
      type: "core",
      event: {
        type: "certificate-refused",
        host: "r.example",
        message: "A client refused r.example",
        fix: "switchyard run",
        at: startAt + 50,
      },
    });
    harness.emit({ type: "core", event: notice("warn", "a newer one", startAt + 60) });
    const rows = await rowsOf(harness);
    expect(rows.map((row) => row.slice(14, 65).trim().replace(/ +/g, " "))).toEqual(
      [
        "* warn oauth a newer one",
        "! error tls A client refused r.example",
        "* warn tls q.example is outside the certifi",
        "info config configuration reloaded from /h/",
        "! error config /h/c.yaml is not in force: lin",
        "info oauth work token refreshed",
        "info core connected to the core on 127.0",
      ].map((text) => expect.stringContaining(text.slice(0, 30))),
    );
    harness.press("j");
    expect(await textOf(harness)).toContain(" fix: switchyard run");
  });

  it("goes through the levels, finds words and copies a line", async () => {
    const harness = start();
    for (const level of ["info", "warn", "error"])
      harness.emit({ type: "core", event: notice(level, `a ${level} of ours`) });
    harness.press("v");
    expect(await textOf(harness)).toContain("warnings and errors");
    expect(await rowsOf(harness)).toHaveLength(2);
    harness.press("v");
    expect(await rowsOf(harness)).toEqual([expect.stringContaining("a error of ours")]);
    harness.press("y");
    expect(harness.copied).toEqual([expect.stringMatching(/^\d\d:\d\d:\d\d\.\d{3} error oauth a error of ours$/)]);
    harness.press("v/a warn\r");
    expect(await rowsOf(harness)).toEqual([expect.stringContaining("a warn of ours")]);
  });

  it("tells each failed try, where the call went and how it ended, once however often it is told of", async () => {
    const flow = rerouted("one", { startedAt: startAt });
    const harness = start({}, [flow]);
    harness.emit({ type: "flow", flow });
    harness.emit({ type: "hello", status, flows: [flow] });
    const text = await textOf(harness);
    expect(text).toMatch(/warn +account +#1 claude:work answered 529 \(overloaded_error\) -> rests 8\.0s/);
    expect(text).toMatch(/info +route +#1 went on with local:main qwen3-coder \(attempt 2 of deep\)/);
    expect(text.match(/claude:work answered 529 \(/g)).toHaveLength(1);
  });

  it("learns of the rest that a failure costs when it is told later", async () => {
    const [failed, next] = rerouted("x").attempts as readonly Record<string, unknown>[];
    const harness = start();
    harness.emit({ type: "flow", flow: rerouted("x", { attempts: [{ ...failed, cooldownMs: undefined }], why: [] }) });
    expect(await textOf(harness)).not.toContain("rests");
    harness.emit({ type: "flow", flow: rerouted("x", { attempts: [failed, next], why: [] }) });
    expect(await textOf(harness)).toContain("rests 8.0s");
    expect((await rowsOf(harness)).filter((row) => row.includes("answered 529"))).toHaveLength(1);
  });

  it("opens the call of a line and comes back", async () => {
    const harness = start({ flow: () => sampleFlow("bad", { status: 500, error: "went wrong" }) }, [
      sampleFlow("bad", { status: 500, error: "went wrong", startedAt: startAt + 100 }),
    ]);
    expect(await textOf(harness)).toMatch(
      /! error flow +#1 claude POST api\.anthropic\.com ended with 500: went wrong/,
    );
    harness.press("\r");
    expect(await textOf(harness)).toContain("[1 Overview]");
    harness.press("q");
    expect(await textOf(harness)).toContain("[7 Logs]");
    harness.press("G\r");
    expect(await textOf(harness)).toContain("connected to the core on 127.0.0.1:8317");
    harness.press("y");
    expect(harness.copied).toHaveLength(1);
  });

  it("stays with the newest line until another one is selected", async () => {
    const harness = start();
    for (const text of ["one", "two"]) harness.emit({ type: "core", event: notice("info", text, startAt + 1) });
    expect(await textOf(harness)).toMatch(/follow ON[\s\S]*\n>.* two/);
    harness.press("j");
    harness.emit({ type: "core", event: notice("info", "three", startAt + 2) });
    expect(await textOf(harness)).toMatch(/follow off \(g\)[\s\S]*\n>.* one/);
    harness.press("g");
    harness.emit({ type: "core", event: notice("info", "four", startAt + 3) });
    expect(await textOf(harness)).toMatch(/follow ON[\s\S]*\n>.* four/);
  });

  it("tells a lost core once, and that it is back", async () => {
    const harness = start();
    for (let tries = 0; tries < 3; tries += 1)
      harness.emit({ type: "lost", why: "no core is running", retryInMs: 1_000 });
    expect((await rowsOf(harness)).filter((row) => row.includes("lost the core: no core"))).toHaveLength(1);
    harness.emit({ type: "hello", status, flows: [] });
    expect(await textOf(harness)).toContain("the core is back on 127.0.0.1:8317");
  });

  it.each([60, 80, 120, 200])("keeps the words in sight at %i columns", async (columns) => {
    const harness = start({ columns }, [rerouted("one", { startedAt: startAt })]);
    for (const row of await rowsOf(harness)) expect(row.length).toBeLessThanOrEqual(columns);
    expect(await textOf(harness)).toContain("#1 claude:work answered 529");
  });

  it("believes nothing", async () => {
    const harness = start();
    for (const event of [
      null,
      5,
      { type: "notice", level: {}, area: [], text: 4, at: "x" },
      { type: "out-of-scope" },
    ]) {
      harness.emit({ type: "core", event });
    }
    harness.emit({
      type: "hello",
      status: { notices: [null, { at: 1 }, { at: 2, text: {} }] },
      flows: [null, { id: "a", attempts: [7, { endedAt: 1, error: "e" }] }],
    });
    expect((await rowsOf(harness)).length).toBeGreaterThan(1);
  });
});
