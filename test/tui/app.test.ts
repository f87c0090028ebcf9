import { afterEach, describe, expect, it } from "vitest";
import { cellWidth } from "../../src/tui/text/cells.ts";
import { startAt, startHarness, status, type Harness, type HarnessOptions } from "./harness.ts";
import { rerouted, sampleFlow, sampleSides, sampleStages, variedFlows } from "./sample-flows.ts";

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
    const harness = start({ columns, rows, flow: detail, stages: () => sampleStages(80) }, variedFlows(60, startAt));
    const tabs = ["2", "3", "4", "5", "6", "7", "n", "vN", "vN", "8", "v", "G"];
    for (const keys of ["", "j", "?", "?", "/co", "\r", "\r", ...tabs, "w", "?", "?", "q"]) {
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

  it("lays the request's three stages beside each other", async () => {
    const harness = start({ flow, stages: () => sampleStages(60), rows: 24 }, [rerouted("r")]);
    harness.press("\r7");
    const text = await textOf(harness);
    expect(text).toContain("[7 Diff]");
    expect(text).toMatch(/CLIENT {2}claude {2}84\.1 KB +│ HUB {2}79\.6 KB +│ UPSTREAM {2}openai-chat {2}77\.1 KB/);
    expect(text).toMatch(/\n model "claude.* │ model "claude.* │ model "qwen3-coder" +~\n/);
    expect(text).toMatch(/ temperature 1 +│ temperature 1 +│ \(dropped\) +-\n/);
    expect(text).toMatch(/│ stream_options \{\} +\+\n/);
    expect(text).toMatch(/ losses: temperature, container +gains: stream_options/);
    expect(text).toContain("~ changed  + added  - dropped");
    harness.press("v");
    expect(await textOf(harness)).toContain("v: all three stages are on the screen");
    harness.press("n");
    expect(await textOf(harness)).toContain('>model "claude');
    harness.press("N");
    expect(await textOf(harness)).toContain(">the last one");
  });

  it("shows two stages at a time where there is no room for three", async () => {
    const harness = start({ flow, stages: () => sampleStages(), columns: 80, rows: 24 }, [rerouted("r")]);
    harness.press("\r7");
    expect(await textOf(harness)).toMatch(/CLIENT {2}claude.*│ HUB/);
    expect(await textOf(harness)).toMatch(/ - container c +│ \(dropped\)/);
    harness.press("v");
    expect(await textOf(harness)).toMatch(/HUB {2}79\.6 KB +│ UPSTREAM/);
    expect(await textOf(harness)).not.toContain("container c");
    harness.press("v");
    expect(await textOf(harness)).toMatch(/ ~ model "claude-sonnet-4-5-20250929" +│ model "qwen3-coder"/);
    expect(await textOf(harness)).toContain("client<>upstream (v)   ~ changed");
  });

  it("says in words when there is no comparison, or none yet", async () => {
    const harness = start({ flow, stages: () => new Promise(() => {}) }, [rerouted("r")]);
    harness.press("\r7");
    expect(await textOf(harness)).toContain("comparing the client's request");
    const problem = "Passed through untouched.";
    for (const [answer, words] of [
      [() => ({ rows: [], problem }), `Nothing to compare.\n ${problem}`],
      [() => Promise.reject(new Error("no such flow")), "The comparison could not be loaded: no such flow"],
    ] as const) {
      const other = start({ flow, stages: answer }, [rerouted("r")]);
      other.press("\r7");
      expect(await textOf(other)).toContain(words);
      other.press("n");
      expect(await textOf(other)).toContain("nothing changed on the way");
    }
  });

  it("compares again when another attempt was made", async () => {
    let asked = 0;
    const live = rerouted("r", { state: "open", endedAt: undefined, attempts: [] });
    const stages = (): unknown => {
      asked += 1;
      return sampleStages();
    };
    const harness = start({ flow: () => live, stages }, [live]);
    harness.press("\r7");
    await harness.screen();
    harness.emit({ type: "flow", flow: live });
    harness.pass(1_000);
    await harness.screen();
    expect(asked).toBe(1);
    harness.emit({ type: "flow", flow: rerouted("r", { state: "open", endedAt: undefined }) });
    harness.pass(1_000);
    await harness.screen();
    expect(asked).toBe(2);
  });

  it("lists the events of either reply, with when they came", async () => {
    const harness = start({ flow, rows: 24 }, [rerouted("r")]);
    harness.press("\r8");
    const text = await textOf(harness);
    expect(text).toContain("[8 Events]");
    expect(text).toMatch(/ +1100 ms {2}message_start +model claude-sonnet-4-5 {2}in 18000\n/);
    expect(text).toMatch(/ +1100 ms {2}content_block_delta +"word 0 of the answer "/);
    harness.press("G");
    expect(await textOf(harness)).toMatch(/ +2300 ms {2}message_stop/);
    harness.press("v");
    expect(await textOf(harness)).toMatch(/The upstream's reply[\s\S]*chat\.completion\.chunk[\s\S]*\[DONE\]/);
  });

  it("goes along with a live stream for whoever is at its end", async () => {
    const events = (count: number): unknown => {
      const text = Array.from(
        { length: count },
        (_, index) => `data: {"type":"delta","delta":"piece ${index}"}\n\n`,
      ).join("");
      const body = {
        bytes: text.length,
        captured: text.length,
        contentType: "text/event-stream",
        encoding: null,
        text,
      };
      const sides = { "client-reply": { line: "200", headers: [], body, timeline: [] } };
      return sampleFlow("live", { state: "streaming", endedAt: undefined, sides });
    };
    let count = 3;
    const harness = start({ flow: () => events(count), rows: 20 }, [events(count)]);
    const more = async (next: number): Promise<string> => {
      count = next;
      harness.emit({ type: "flow", flow: events(count) });
      harness.pass(1_000);
      return textOf(harness);
    };
    harness.press("\r8");
    expect(await textOf(harness)).toContain('"piece 2"');
    expect(await more(50)).toContain('"piece 49"');
    harness.press("g");
    expect(await more(80)).not.toContain('"piece 79"');
    harness.press("G");
    expect(await more(120)).toContain('"piece 119"');
  });

  it("says that a whole reply was not streamed", async () => {
    const whole = sampleFlow("w", {
      sides: {
        "client-reply": {
          line: "200",
          headers: [],
          body: { bytes: 2, captured: 2, contentType: "application/json", text: "{}" },
        },
      },
    });
    const harness = start({ flow: () => whole }, [whole]);
    harness.press("\r8");
    expect(await textOf(harness)).toContain("Not streamed.");
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

describe("without colour", () => {
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
