import { afterEach, describe, expect, it } from "vitest";
import { cellWidth } from "../../src/tui/text/cells.ts";
import { startAt, startHarness, status, type Harness, type HarnessOptions } from "./harness.ts";
import { rerouted, sampleFlow, variedFlows } from "./sample-flows.ts";

const open: Harness[] = [];

function start(options: Partial<HarnessOptions> = {}, flows: readonly unknown[] = variedFlows(12, startAt)): Harness {
  const harness = startHarness({ columns: 120, rows: 40, flow: rerouted, ...options });
  open.push(harness);
  harness.emit({ type: "hello", status, flows });
  return harness;
}

async function after(harness: Harness, keys: string): Promise<string> {
  harness.press(keys);
  return (await harness.screen()).join("\n");
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

describe("the command line", () => {
  it.each([
    [60, 16],
    [80, 24],
    [120, 40],
    [200, 60],
  ])("%ix%i: stands under its suggestions on every screen, within the terminal", async (columns, rows) => {
    const harness = start({ columns, rows });
    for (const keys of [":", "re", "\u001b?:", "\u001b\r", ":", "\u001b", "q2:", "\u001b3", ":go ", "zz\r"]) {
      harness.press(keys);
      const lines = await harness.screen();
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
      expect(await harness.repainted()).toEqual(lines);
    }
  });

  it("runs what has a key by its name, whole lines in one chunk", async () => {
    const harness = start();
    await after(harness, ":errors\r:go logs\r");
    expect(harness.app.ui).toMatchObject({ errorsOnly: true, screen: "logs", palette: null });
    await after(harness, ":go 1\r");
    await after(harness, ":quit\r");
    expect(harness.app.ui.screen).toBe("traffic");
    expect(harness.quits).toBe(1);
  });

  it("takes letters for text and for no keys", async () => {
    const harness = start();
    expect(await after(harness, ":kkkqQ")).toMatch(/\n :kkkqQ/);
    expect(harness.quits).toBe(0);
  });

  it("filters, and says what is wrong with a filter while it stays open", async () => {
    const harness = start();
    expect(await after(harness, ":filter hots:x\r")).toContain('there is no key "hots"; did you mean "host"?');
    expect(harness.app.ui.palette).not.toBeNull();
    expect(await after(harness, "\u0015filter client:codex\r")).toContain('match "client:codex"');
  });

  it("opens a call by number or id", async () => {
    const harness = start();
    await after(harness, ":open #2\r");
    expect(harness.app.ui.detail?.id).toBe(harness.app.ui.selectedId);
    const { id } = harness.app.ui.detail ?? { id: "" };
    await after(harness, `q:open ${id}\r`);
    expect(harness.app.ui.detail?.id).toBe(id);
    expect(await after(harness, "q:open 999\r")).toContain('there is no call "999" in the list');
  });

  it("asks where a call would go: for a model, or for the selected call", async () => {
    const answer = (): unknown => ({
      action: "reroute",
      rule: 1,
      to: "combo/deep",
      targets: [{ provider: "kiro", model: "sonnet\u001b[2J", account: null, format: "kiro" }, 5],
      why: [{ stage: "rule", text: "rule 1" }],
    });
    const harness = start({ answer }, [rerouted("r")]);
    const text = await after(harness, ":route test claude-x\r");
    expect(harness.asked).toEqual([
      { method: "POST", path: "/routes/explain", body: { client: "unknown", host: null, model: "claude-x" } },
    ]);
    expect(text).toMatch(
      /reroute {3}rule 1 → combo\/deep\n {3}1\. kiro\/sonnet␛\[2J {2}\(kiro\) {2}! no account can serve/,
    );
    const own = await after(harness, "\u001b:route test \r");
    expect(own).toContain("Where #1 would go by the rules of now");
    expect(harness.asked.at(-1)?.body).toEqual({
      client: "claude-code",
      host: "api.anthropic.com",
      model: "claude-sonnet-4-5-20250929",
      path: "/v1/messages",
    });
  });

  it("exports what the list shows, or what is marked", async () => {
    const harness = start();
    expect(await after(harness, ":export har\r")).toContain("into which file, as switchyard-");
    await after(harness, "\u0015export har all.har\r");
    expect(harness.asked.at(-1)).toEqual({
      method: "EXPORT",
      path: "all.har",
      body: { format: "har", filter: "-is:tunnel" },
    });
    await after(harness, "m:export jsonl one.jsonl\r");
    expect(harness.asked.at(-1)?.body).toMatchObject({ format: "jsonl", ids: [expect.any(String)] });
  });

  it("reads the configuration again and shows it", async () => {
    const answer = (): unknown => ({ path: "/h/config.yaml", error: "line 3: unknown key\nmore" });
    const harness = start({ answer });
    expect(await after(harness, ":reload\r")).toContain("/h/config.yaml is not in force: line 3: unknown key");
    expect(harness.asked).toEqual([{ method: "POST", path: "/reload" }]);
    expect(await after(harness, ":config\r")).toMatch(/file +\/h\/config\.yaml[\s\S]*o no file: defaults are in force/);
  });

  it("says why something cannot be done now, dim and in words", async () => {
    const harness = start({}, [sampleFlow("a", { state: "streaming", endedAt: undefined })]);
    expect(await after(harness, ":replay")).toMatch(/> replay +o not now: it has not ended yet/);
    expect(await after(harness, "\r")).toContain("replay: it has not ended yet");
    expect(await after(harness, "\u0015wrap")).toContain("o not now: only in a flow's detail");
  });

  it("remembers what was run", async () => {
    const harness = start();
    await after(harness, ":go logs\r:go traffic\r");
    expect(await after(harness, ":\u001b[A\u001b[A")).toMatch(/\n :go logs/);
    await after(harness, "\r");
    expect(harness.app.ui.screen).toBe("logs");
  });

  it("is in the help", async () => {
    const harness = start();
    expect(await after(harness, "?")).toMatch(/Behind :[\s\S]*route test MODEL +where a call would go/);
  });
});
