/** The Models screen through the whole UI. */
import { afterEach, describe, expect, it } from "vitest";
import { cellWidth } from "../../src/tui/text/cells.ts";
import { type Harness, type HarnessOptions, startHarness, status } from "./harness.ts";
import { everyAccount } from "./sample-accounts.ts";
import { catalog, metrics, providerModels, providers } from "./sample-models.ts";

const open: Harness[] = [];
afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

const answers: Readonly<Record<string, unknown>> = {
  "/accounts": { accounts: everyAccount },
  "/models/catalog": catalog,
  "/provider-models": providerModels,
  "/v1/providers": providers,
  "/v1/metrics/providers": metrics,
  "/routes/explain": {
    action: "reroute",
    rule: 2,
    to: "combo/deep",
    targets: [{ provider: "claude", model: "claude-sonnet-4-5", account: "claude/team", format: "anthropic-messages" }],
    why: [{ stage: "rule", text: "rule 2 matches" }],
  },
};

async function start(options: Partial<HarnessOptions> = {}): Promise<Harness> {
  const harness = startHarness({ columns: 120, rows: 40, answer: (_method, path) => answers[path], ...options });
  open.push(harness);
  harness.emit({ type: "hello", status, flows: [] });
  harness.press("3");
  await harness.screen();
  return harness;
}

async function pressAll(harness: Harness, keys: readonly string[]): Promise<string> {
  for (const each of keys) {
    harness.press(each);
    await harness.screen();
  }
  return (await harness.screen()).join("\n");
}

it.each([
  [60, 16],
  [80, 24],
  [120, 40],
  [200, 60],
])("fits %ix%i, with its panels", { timeout: 30_000 }, async (columns, rows) => {
  const harness = await start({ columns, rows });
  for (const keys of ["", "j", "\r", "q", "t", "\u001b", "a", "\u001b", "v", "\r", "q", "s"]) {
    harness.press(keys);
    const lines = await harness.screen();
    expect(lines).toHaveLength(rows);
    for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
    expect(await harness.repainted()).toEqual(lines);
  }
});

describe("the models", () => {
  it("stand with what they are sent as and whether anybody can serve them", async () => {
    const text = await pressAll(await start(), []);
    expect(text).toContain("from 5 providers  3 can serve now");
    expect(text).toMatch(/>smart +claude\/claude-sonnet-4-5 +alias +config +1 of 2 +200k y +y +\+ ok/);
    expect(text).toMatch(/antigravity\/gemini-3-pro .* 1M y +y +\* cool 4m/);
  });

  it("are tested without a call, with the command that makes one", async () => {
    const harness = await start();
    const text = await pressAll(harness, ["t"]);
    expect(text).toMatch(/reroute +rule 2: combo\/deep/);
    expect(text).toMatch(/try 1 +claude\/claude-sonnet-4-5 +anthropic-messages +account claude\/team/);
    expect(text).toContain("switchyard models test smart");
    await pressAll(harness, ["y"]);
    expect(harness.copied).toEqual(["switchyard models test smart"]);
    expect(harness.asked.filter(({ method }) => method !== "GET")).toEqual([
      { method: "POST", path: "/routes/explain", body: { client: "unknown", host: null, model: "smart" } },
    ]);
  });

  it("get another name, which is written into config.yaml", async () => {
    const harness = await start();
    expect(await pressAll(harness, ["jj", "a", "best", "\r"])).toContain("best means claude/claude-sonnet-4-5");
    expect(harness.asked.filter(({ method }) => method === "PUT")).toEqual([
      { method: "PUT", path: "/aliases/best", body: { target: "claude/claude-sonnet-4-5" } },
    ]);
  });

  it("say what to do when there is none", async () => {
    const harness = await start({ answer: (_method, path) => (path === "/models/catalog" ? { models: [] } : {}) });
    expect(await pressAll(harness, [])).toContain("No model can be asked for yet.");
  });
});

describe("the providers", () => {
  it("are the other way to look at it", async () => {
    const harness = await start();
    const text = await pressAll(harness, ["v"]);
    expect(text).toMatch(/claude +direct +anthropic +1 of 2 +2 138\/4 +0\.6s \+ on +claude itself/);
    expect(await pressAll(harness, ["t"])).toContain("that is for models; v shows them");
  });

  it("are switched only after a yes", async () => {
    const harness = await start();
    expect(await pressAll(harness, ["v", "o"])).toContain("Switch claude off in config.yaml?");
    await pressAll(harness, ["y"]);
    expect(harness.asked.filter(({ method }) => method === "PUT")).toEqual([
      { method: "PUT", path: "/v1/providers/claude/enabled", body: { enabled: false } },
    ]);
  });
});
