import { afterEach, describe, expect, it } from "vitest";
import { cellWidth } from "../../src/tui/text/cells.ts";
import { startAt, startHarness, status, type Harness, type HarnessOptions } from "./harness.ts";
import { rerouted, sampleFlow, sampleSides, variedFlows } from "./sample-flows.ts";

const open: Harness[] = [];

function start(options: Partial<HarnessOptions> = {}, flows: readonly unknown[] = []): Harness {
  const harness = startHarness({ columns: 120, rows: 40, ...options });
  open.push(harness);
  harness.emit({ type: "hello", status, flows });
  return harness;
}

async function textOf(harness: Harness): Promise<string> {
  return (await harness.screen()).join("\n");
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

const sizes = [
  [60, 16],
  [80, 24],
  [100, 30],
  [120, 40],
  [200, 60],
  [40, 10],
] as const;

describe("at every size", () => {
  const detail = (id: string): unknown => rerouted(id);

  it.each(sizes)("%ix%i: each screen fills its rows and none is wider than the terminal", async (columns, rows) => {
    const harness = start({ columns, rows, flow: detail }, variedFlows(60, startAt));
    for (const keys of ["", "j", "?", "?", "/co", "\r", "\r", "2", "3", "4", "5", "6", "w", "?", "?", "q"]) {
      harness.press(keys);
      const lines = await harness.screen();
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.some((line) => line.trim() !== "")).toBe(true);
      expect(await harness.repainted()).toEqual(lines);
    }
    expect(harness.written.join("")).not.toMatch(/\[[0-9]*J/);
  });

  it("keeps at least fifteen rows of the list at 80x24", async () => {
    const harness = start({ columns: 80, rows: 24 }, variedFlows(60, startAt));
    const rows = (await harness.screen()).filter((line) => /^[ >]\d\d:\d\d:\d\d /.test(line));
    expect(rows.length).toBeGreaterThanOrEqual(15);
  });

  it("says how much room it needs when there is too little", async () => {
    const harness = start({ columns: 59, rows: 20 }, variedFlows(3, startAt));
    expect((await harness.screen())[0]).toBe("need 60x16, have 59x20");
    harness.resize(80, 24);
    expect((await harness.screen())[0]).toContain("Traffic");
  });
});

describe("a core that warned before the screen was opened", () => {
  const at = new Date(startAt - 60_000).toISOString();
  const notices = [
    { at, level: "warn", area: "oauth", text: "a file is ignored" },
    { at, level: "warn", area: "state", text: "a backup took its place" },
  ];

  it("has its newest warning in the banner until it is closed", async () => {
    const harness = startHarness({ columns: 120, rows: 40 });
    open.push(harness);
    harness.emit({ type: "hello", status: { ...status, notices }, flows: [] });
    expect(await textOf(harness)).toContain(" ! state: a backup took its place ");
    expect(await textOf(harness)).not.toContain("a file is ignored");
    harness.press("\u001b");
    expect(await textOf(harness)).not.toContain("a backup took its place");
  });

  it("does not say it over something newer when the connection comes back", async () => {
    const harness = start();
    harness.emit({ type: "core", event: { type: "notice", level: "warn", area: "proxy", text: "newer", at: startAt } });
    harness.emit({ type: "hello", status: { ...status, notices }, flows: [] });
    expect(await textOf(harness)).toContain("proxy: newer");
  });
});

describe("the traffic list", () => {
  it("moves three rows for three keys in one chunk", async () => {
    const harness = start({}, variedFlows(30, startAt));
    harness.press("jjj");
    expect((await harness.screen()).findIndex((line) => line.startsWith(">"))).toBe(4 + 3);
    harness.press("kkk");
    expect((await harness.screen()).findIndex((line) => line.startsWith(">"))).toBe(4);
  });

  it("shows a call as it starts, streams and ends", async () => {
    const harness = start();
    expect(await textOf(harness)).toContain("Nothing has come through yet.");
    const flow = sampleFlow("one", {
      startedAt: startAt,
      state: "open",
      status: null,
      usage: null,
      endedAt: undefined,
    });
    harness.emit({ type: "flow", flow });
    expect(await textOf(harness)).toMatch(/sonnet-4-5 .*wait /);
    harness.emit({ type: "flow", flow: { ...flow, state: "streaming", status: 200 } });
    expect(await textOf(harness)).toMatch(/sonnet-4-5 .*stream /);
    harness.emit({ type: "flow", flow: sampleFlow("one", { startedAt: startAt }) });
    const text = await textOf(harness);
    expect(text).toMatch(/200 +18\.0k +640 +0\.031 +0\.7s +2\.4s/);
    expect(text).toContain("1 flow ");
  });

  it("filters as it is typed, keeps with enter and clears with escape", async () => {
    const harness = start({}, variedFlows(40, startAt));
    harness.press("/codex");
    expect(await textOf(harness)).toContain('4 match "codex"');
    harness.press("\r");
    expect(await textOf(harness)).toContain("/ filter");
    harness.press("\u001b");
    expect(await textOf(harness)).not.toContain("match");
    harness.press("/nothing-like-it\r");
    expect(await textOf(harness)).toContain('0 of 36 match "nothing-like-it"');
  });

  it("keeps the last filter that could be read, and shows what is wrong with the next", async () => {
    const harness = start({}, variedFlows(40, startAt));
    harness.press("/client:codex");
    expect(await textOf(harness)).toContain('4 match "client:codex"');
    harness.press("|");
    expect(await textOf(harness)).toContain("something must stand behind |");
    harness.press("hots:x");
    expect(await textOf(harness)).toContain('there is no key "hots"; did you mean "host"?');
    // The last one that could be read had no colon yet.
    expect(await textOf(harness)).toContain('4 match "client:codex|hots"');
    harness.press("\r");
    expect(await textOf(harness)).toContain("filter: client:codex|hots:x");
    harness.press("\u007f".repeat(7));
    harness.press("\r");
    expect(await textOf(harness)).toContain("/ filter");
    harness.press("/ body:x");
    expect(await textOf(harness)).toContain("the list has no bodies");
    harness.press("\u001b");
    expect(await textOf(harness)).toContain('4 match "client:codex"');
  });

  it("asks a filter about times again as they pass", async () => {
    const harness = start({}, [sampleFlow("young", { client: "zed", startedAt: startAt })]);
    harness.press("/age:>3s\r");
    expect(await textOf(harness)).toContain("0 of 1 match");
    harness.pass(5_000);
    expect(await textOf(harness)).toContain("zed");
  });

  it("takes keys for text while the prompt is open", async () => {
    const harness = start({}, variedFlows(5, startAt));
    harness.press("/qQ?");
    expect(harness.quits).toBe(0);
    expect(await textOf(harness)).toContain("filter: qQ?");
  });

  it("holds still while paused and says what waits", async () => {
    const harness = start({}, variedFlows(5, startAt));
    harness.press("p");
    harness.emit({ type: "flow", flow: sampleFlow("late", { client: "zed" }) });
    expect(await textOf(harness)).toContain("PAUSED +1");
    expect(await textOf(harness)).not.toContain("zed");
    harness.press("f");
    expect(await textOf(harness)).toContain("f: the list is paused; p resumes it");
    harness.press("p");
    expect(await textOf(harness)).toContain("zed");
  });

  it("hides tunnels but counts them, and shows errors alone", async () => {
    const harness = start({}, variedFlows(20, startAt));
    expect(await textOf(harness)).toContain("2 tunnelled");
    expect(await textOf(harness)).not.toContain("github.com");
    harness.press("t");
    expect(await textOf(harness)).toContain("github.com");
    harness.press("E");
    expect(await textOf(harness)).not.toMatch(/^[ >]\d\d:\d\d:\d\d .* 200 /m);
    expect(await textOf(harness)).toContain("529 ");
  });

  it("explains a reroute in two lines", async () => {
    const harness = start({}, [rerouted("r")]);
    const text = await textOf(harness);
    expect(text).toContain("529>2");
    expect(text).toContain("claude >> hub >> local (openai-chat)   route: rule 1: claude-* to combo/deep   attempt 2");
    expect(text).toContain("1 claude:work 529 overloaded_error -> cooldown 8.0s  2 local:main 200");
    expect(text).toContain("lost: thinking signature, cache_control x4");
  });

  it("shows a client that refuses our certificate as one counted row with the fix", async () => {
    const harness = start({}, variedFlows(3, startAt));
    const event = {
      type: "certificate-refused",
      host: "q.example",
      cause: "alert",
      message: "alert unknown_ca",
      fix: "switchyard run -- kiro-cli",
      at: startAt,
    };
    harness.emit({ type: "core", event });
    harness.emit({ type: "core", event });
    const text = await textOf(harness);
    expect(text).toMatch(/q\.example.* tls! x2/);
    expect(text).toContain("fix: switchyard run -- kiro-cli");
    harness.press("\u001b\r");
    expect(await textOf(harness)).toContain("A client refused our certificate for q.example");
  });
});

describe("the flow detail", () => {
  const flow = (id: string): unknown => rerouted(id);

  it("walks through its tabs", async () => {
    const harness = start({ flow }, [rerouted("r")]);
    harness.press("\r");
    expect(await textOf(harness)).toMatch(/\[1 Overview\][\s\S]*rule 1: claude-\* to combo\/deep/);
    harness.press("2");
    expect(await textOf(harness)).toMatch(/\[2 Request\][\s\S]*x-api-key: •••4f2a[\s\S]*"max_tokens": 32000/);
    harness.press("]");
    expect(await textOf(harness)).toMatch(/\[3 Upstream request\][\s\S]*"model": "qwen3-coder"/);
    harness.press("4");
    expect(await textOf(harness)).toMatch(/ 1 {2}message_start/);
    harness.press("6");
    expect(await textOf(harness)).toMatch(/waiting +█+[\s\S]*try 1 claude[\s\S]*translation {2}1\.4ms/);
    harness.press("q");
    expect(await textOf(harness)).toContain("follow off");
    expect(harness.quits).toBe(0);
  });

  it("says that both sides are the same bytes on a pass-through", async () => {
    const passed = sampleFlow("p", { sides: sampleSides(false) });
    const harness = start({ flow: () => passed }, [passed]);
    harness.press("\r3");
    expect(await textOf(harness)).toContain("The same bytes.");
  });

  it("scrolls, finds and marks", async () => {
    const harness = start({ flow, rows: 24, columns: 80 }, [rerouted("r")]);
    harness.press("\r");
    await harness.screen();
    harness.press("2/tool7\r");
    expect(await textOf(harness)).toContain('"name": "Tool7"');
    harness.press("/no such text\r");
    expect(await textOf(harness)).toContain('"no such text" is not in this tab');
    harness.press("g");
    expect(await textOf(harness)).toContain("POST /v1/messages");
    harness.press("G");
    expect(await textOf(harness)).toMatch(/-(\d+) of \1\n/);
  });

  it("says so when the core no longer has the flow", async () => {
    const harness = start({ flow: () => Promise.reject(new Error("no such flow")) }, [rerouted("r")]);
    harness.press("\r");
    expect(await textOf(harness)).toContain("Could not load this flow: no such flow");
  });
});

describe("when something is wrong", () => {
  it("says that the core is lost, counts down and recovers by itself", async () => {
    const harness = start({}, variedFlows(3, startAt));
    harness.emit({ type: "lost", why: "no core is running", retryInMs: 5_000 });
    expect(await textOf(harness)).toContain("Lost the core (no core is running): next try in 5s");
    harness.pass(2_000);
    expect(await textOf(harness)).toContain("next try in 3s");
    harness.emit({ type: "hello", status, flows: variedFlows(4, startAt) });
    const text = await textOf(harness);
    expect(text).not.toContain("Lost the core");
    expect(text).toContain("4 flows");
  });

  it("shows a rejected configuration until it is good again", async () => {
    const harness = start({}, variedFlows(3, startAt));
    harness.emit({
      type: "core",
      event: { type: "config-rejected", path: "/h/config.yaml", message: "line 3: unknown key" },
    });
    expect(await textOf(harness)).toContain("/h/config.yaml is not in force: line 3: unknown key");
    harness.emit({ type: "core", event: { type: "config-reloaded", path: "/h/config.yaml" } });
    expect(await textOf(harness)).not.toContain("is not in force");
  });

  it("ignores what it cannot read", async () => {
    const harness = start();
    harness.emit({ type: "flow", flow: null });
    harness.emit({ type: "flow", flow: { id: 5 } });
    harness.emit({
      type: "flow",
      flow: { id: "x", attempts: "no", usage: [], timings: null, why: [null], startedAt: {} },
    });
    harness.emit({ type: "core", event: { type: "something-new" } });
    expect(await textOf(harness)).toContain("1 flow ");
  });
});

describe("quitting", () => {
  it.each(["q", "Q", "\u0003"])("%j quits from the list", (key) => {
    const harness = start();
    harness.press(key);
    expect(harness.quits).toBe(1);
  });

  it("asks once more when calls are in flight on a core that ends with us", async () => {
    const harness = start({ coreEnds: true }, [sampleFlow("live", { state: "streaming", endedAt: undefined })]);
    harness.press("q");
    expect(harness.quits).toBe(0);
    expect(await textOf(harness)).toContain("quitting stops the proxy");
    harness.press("j");
    expect(await textOf(harness)).not.toContain("quitting stops the proxy");
    harness.press("\u0003\u0003");
    expect(harness.quits).toBe(1);
  });
});

describe("hostile bytes", () => {
  const evil =
    "A\u001b]52;c;cm0gLXJm\u0007B\u001b]8;;http://x\u001b\\C\u001b[2J\u001b[31mD\rE\bF\u009b5nG\u202eH\u200bI\u001bPq\u001b\\\u0000J\u007f\ue000K\ue002\ud83d";
  const flow = sampleFlow(`id${evil}`, {
    client: evil,
    host: evil,
    method: evil,
    path: evil,
    protocol: evil,
    model: { asked: evil, served: evil },
    provider: evil,
    account: evil,
    combo: evil,
    action: "reroute",
    formats: { client: evil, upstream: evil },
    error: evil,
    losses: [evil],
    why: [{ stage: "rule", text: evil }],
    attempts: [
      { provider: evil, account: evil, model: evil, status: 500, error: evil, startedAt: evil, endedAt: null },
      { provider: evil, account: evil, model: evil, status: null, error: evil, startedAt: evil, endedAt: null },
    ],
    sides: Object.fromEntries(
      ["client-request", "upstream-request", "client-reply", "upstream-reply"].map((side, index) => [
        side,
        {
          line: evil,
          headers: [[evil, evil]],
          body: {
            bytes: 99,
            captured: 99,
            truncated: true,
            contentType: index === 2 ? `text/event-stream${evil}` : evil,
            encoding: evil,
            decodeError: evil,
            text:
              index === 0
                ? `{"a${evil}": "${evil}"}`
                : index === 2
                  ? `event: ${evil}\ndata: {"${evil}"}\n\n`
                  : `${evil}\n${evil}`,
          },
        },
      ]),
    ),
  });

  it.each([true, false])("never reach the terminal as commands (colour: %s)", async (color) => {
    const harness = start({ color, flow: () => flow }, [flow]);
    harness.emit({ type: "core", event: { type: "notice", level: "warn", area: evil, text: evil } });
    harness.emit({
      type: "core",
      event: { type: "certificate-refused", host: evil, message: evil, fix: evil, cause: evil },
    });
    harness.emit({ type: "core", event: { type: "config-rejected", path: evil, message: evil } });
    harness.emit({ type: "lost", why: evil, retryInMs: 10 });
    await harness.screen();
    harness.emit({
      type: "hello",
      status: { ...status, host: evil, version: evil, config: { path: evil, error: evil } },
      flows: [flow],
    });
    harness.press("\u001b/\u001b[200~");
    harness.press(`${evil}\u001b[201~`);
    await harness.screen();
    harness.press("\u001b\r");
    for (const key of [
      "1",
      "2",
      "o",
      "3",
      "4",
      "o",
      "5",
      "6",
      "w",
      "/A\r",
      "y",
      "\u001b",
      "a",
      "\u001b",
      ":open ",
      "\u001b",
      ":route test ",
      "\u001b",
      "d",
      "n",
      "q",
    ]) {
      harness.press(key);
      await harness.screen();
      const lines = await harness.screen();
      expect(await harness.repainted()).toEqual(lines);
    }
    // Our own escapes, and nothing else, in the raw bytes: positions, colours, erase in line, synchronised output.
    // oxlint-disable-next-line no-control-regex -- escapes are what is checked
    const rest = harness.written.join("").replace(/\u001b\[(?:\d+;1H|[0-9;]*m|K|\?2026[hl])/g, "");
    expect(rest).toContain("A␛]52");
    // oxlint-disable-next-line no-control-regex -- no control character may be left
    expect(rest).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b\u202a-\u202e\ud800-\udfff]/);
  });

  it("uses no colour at all with NO_COLOR", async () => {
    const harness = start({ color: false, flow: rerouted }, variedFlows(30, startAt));
    for (const key of ["j", "?", "?", "\r", "2", "4", "6"]) {
      harness.press(key);
      await harness.screen();
    }
    const bytes = harness.written.join("");
    expect(bytes).toContain("\u001b[0;7m>");
    // oxlint-disable-next-line no-control-regex -- colour sequences are what must not be there
    expect(bytes).not.toMatch(/\u001b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7])m/);
  });
});

describe("the cost of a paint", () => {
  it("lets Ink draw when the structure changes and not when data does", async () => {
    const harness = start({}, variedFlows(30, startAt));
    await harness.screen();
    const { chromeDraws } = harness.app.stats;
    for (let update = 0; update < 200; update += 1) {
      harness.emit({ type: "flow", flow: sampleFlow(`n${update}`, { startedAt: startAt }) });
      harness.pass(5);
    }
    harness.press("jjkk");
    expect(harness.app.stats.chromeDraws - chromeDraws).toBeLessThanOrEqual(1);
  });

  it("coalesces data into at most sixteen paints a second", () => {
    const harness = start({}, variedFlows(30, startAt));
    harness.pass(1_000);
    const { paints } = harness.app.stats;
    for (let update = 0; update < 200; update += 1) {
      harness.emit({ type: "flow", flow: sampleFlow(`n${update}`, { startedAt: startAt }) });
      harness.pass(5);
    }
    expect(harness.app.stats.paints - paints).toBeLessThanOrEqual(16);
  });
});
