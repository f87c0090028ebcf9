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

/** Keys one after the other, with the answers of the core in between. */
async function press(harness: Harness, ...keys: readonly string[]): Promise<string> {
  let text = "";
  for (const key of keys) {
    harness.press(key);
    text = await textOf(harness);
  }
  return text;
}

afterEach(() => {
  for (const harness of open.splice(0)) harness.close();
});

const whole = rerouted("one", { sides: sampleSides(true) });

/** What the control API answers to everything that is asked here. */
function core(method: string, path: string, body?: unknown): unknown {
  if (method === "GET" && path === "/flows/one") return whole;
  if (path === "/flows/one/replay") return { id: "two" };
  if (path === "/combos") {
    return {
      combos: [{ name: "deep", members: [{ text: "claude/a" }, { text: 5 }] }, null, { name: {} }],
      aliases: { sonnet: "combo/deep" },
    };
  }
  if (path === "/models/catalog") {
    const model = { kind: "chat", usable: true };
    return {
      models: [{ ...model, id: "kiro/sonnet" }, { ...model, id: "gone/x", usable: false }, { id: 3 }, "nonsense"],
    };
  }
  if (path === "/routes") return { number: 2 };
  if (path === "/routes/explain") return { action: "reroute", rule: 2, to: "combo/deep", targets: [], why: [] };
  if (path.startsWith("/flows?filter=")) return { deleted: 3, live: 1, older: null };
  if (method === "EXPORT") return `curl https://api.anthropic.com # ${JSON.stringify(body)}`;
  return {};
}

describe("making a call again", () => {
  it.each([
    ["the list", ["r"]],
    ["a flow", ["\r", "r"]],
  ])("as it is, from %s, and opens the new call before the list has heard of it", async (_from, keys) => {
    const harness = start({ answer: core, flow: () => whole }, [whole]);
    const text = await press(harness, ...keys);
    expect(harness.asked).toEqual([{ method: "POST", path: "/flows/one/replay", body: {} }]);
    expect(harness.app.ui).toMatchObject({ screen: "detail", detail: { id: "two" } });
    expect(text).toContain("#1 was made again: this is the new call");
  });

  it("at another target: a combo, an alias, a model that can serve, or one that is typed in", async () => {
    const harness = start({ answer: core }, [whole]);
    const text = await press(harness, "R");
    expect(text).toMatch(/> 1 type a name …[\s\S]* 2 local\/qwen3-coder +served lately/);
    expect(text).toMatch(/3 combo\/deep +claude\/a\n.* 4 sonnet +alias of combo\/deep\n.* 5 kiro\/sonnet/);
    expect(text).not.toContain("gone/x");
    await press(harness, "3");
    expect(harness.asked.at(-1)).toEqual({
      method: "POST",
      path: "/flows/one/replay",
      body: { via: "combo/deep" },
    });
    await press(harness, "q", "R", "1", "\r");
    expect(await textOf(harness)).toContain("a name, as provider/model");
    await press(harness, " x/y \r");
    expect(harness.asked.at(-1)?.body).toEqual({ via: "x/y" });
  });

  it("with another body: laid out for the editor, sent as it was saved", async () => {
    let given = "";
    const edit = (text: string): string => {
      given = text;
      return text.replace("32000", "1");
    };
    const harness = start({ answer: core, edit }, [whole]);
    await press(harness, "e");
    expect(given).toContain('{\n  "model": "claude-sonnet-4-5-20250929",\n  "max_tokens": 32000,');
    const { body } = harness.asked.at(-1) as { body: { body: string } };
    expect(body.body).toContain('"max_tokens": 1,');
  });

  it("does not lose what is no JSON any more", async () => {
    const saved: (string | null)[] = ["{ oops", null];
    const given: string[] = [];
    const edit = (text: string): string | null => {
      given.push(text);
      return saved.shift() ?? null;
    };
    const harness = start({ answer: core, edit }, [whole]);
    expect(await press(harness, "e")).toMatch(/That is not JSON[\s\S]*edit again[\s\S]*send it as it is/);
    expect(await press(harness, "1")).toContain("nothing was changed, so nothing was done");
    expect(given[1]).toBe("{ oops");
    expect(harness.asked.filter(({ method }) => method === "POST")).toEqual([]);
  });

  it.each([
    [{ action: "tunnel" }, "r: a tunnel is not decrypted"],
    [{ protocol: "websocket" }, "r: a WebSocket is no single call"],
    [{ state: "streaming", endedAt: undefined }, "r: it has not ended yet"],
  ])("says why it cannot: %j", async (fields, why) => {
    const harness = start({ answer: core }, [sampleFlow("one", fields)]);
    expect(await press(harness, "t", "r")).toContain(why);
    expect(harness.asked).toEqual([]);
  });

  it("shows the core's refusal with the command it knows", async () => {
    const refusal = Object.assign(new Error("it needs a login that nobody kept"), { next: "switchyard replay one" });
    const harness = start({ answer: () => refusal }, [whole]);
    expect(await press(harness, "r")).toContain("it needs a login that nobody kept.  next: switchyard replay one");
  });
});

describe("exporting", () => {
  it("asks as what and into which file", async () => {
    const harness = start({ answer: core }, [whole]);
    expect(await press(harness, "x")).toContain("Export this call (#1) as");
    expect(await press(harness, "2")).toContain("file: switchyard-one.sh");
    await press(harness, "\u0015calls.sh\r");
    expect(harness.asked).toEqual([{ method: "EXPORT", path: "calls.sh", body: { format: "curl", ids: ["one"] } }]);
  });

  it("takes the marked calls, or all that the list shows and nothing that it hides", async () => {
    const harness = start({ answer: core }, variedFlows(20, startAt));
    const text = await press(harness, "/claude|codex\r", "E", "m", "j", "m", "x");
    expect(text).toMatch(/1 2 calls marked[\s\S]*2 this call \(#\d+\)[\s\S]*3 all that the list shows \(\d+\)/);
    await press(harness, "3", "3", "\r");
    expect(harness.asked.at(-1)).toMatchObject({
      method: "EXPORT",
      path: expect.stringMatching(/^switchyard-\d{8}-\d{6}\.jsonl$/),
      body: { format: "jsonl", filter: "(claude|codex) is:error -is:tunnel" },
    });
  });
});

describe("copying", () => {
  const copied = async (choice: string): Promise<string | undefined> => {
    const harness = start({ answer: core }, [whole]);
    await press(harness, "y", choice);
    return harness.copied[0];
  };

  it("offers what a call has, and takes it from the core where the list does not know it", async () => {
    expect(await copied("1")).toBe("https://api.anthropic.com/v1/messages?beta=true");
    expect(await copied("2")).toBe('curl https://api.anthropic.com # {"format":"curl","ids":["one"]}');
    expect(await copied("3")).toContain('"max_tokens":32000');
    expect(await copied("4")).toContain("event: message_start");
    expect(await copied("5")).toMatch(/^word 0 of the answer word 1/);
    expect(await copied("6")).toBe("one");
    expect(await copied("7")).toBe("switchyard flows show one");
  });

  it("gives a call to our own port its port", async () => {
    const harness = start({ answer: core }, [sampleFlow("own", { host: "127.0.0.1", path: "/v1/models" })]);
    await press(harness, "y", "1");
    expect(harness.copied).toEqual(["http://127.0.0.1:8317/v1/models"]);
  });

  it("says so when there is nothing to copy", async () => {
    const harness = start({ answer: () => ({ id: "one", sides: { "client-reply": { body: { base64: "AA==" } } } }) }, [
      whole,
    ]);
    expect(await press(harness, "y", "4")).toContain("the answer body is not there");
    expect(harness.copied).toEqual([]);
  });

  it("puts captured text on no screen", async () => {
    const evil = "\u001b]0;evil\u0007";
    const sides = { "client-reply": { line: "200", headers: [], body: { bytes: 9, text: evil } } };
    const harness = start({ answer: () => ({ ...whole, sides }) }, [whole]);
    await press(harness, "y", "4");
    expect(harness.copied).toEqual([evil]);
    expect(harness.written.join("")).not.toContain("evil");
  });
});

describe("marks", () => {
  it("are seen without colour, counted, and gone with their calls", async () => {
    const harness = start({ color: false }, variedFlows(12, startAt));
    let text = await press(harness, "mjm");
    expect(text).toMatch(/^>\* \d\d:/m);
    expect(text).toContain("* 2 marked");
    harness.emit({ type: "removed", ids: [...harness.app.ui.marked].slice(0, 1) });
    text = await textOf(harness);
    expect(text).toContain("* 1 marked");
    text = await press(harness, "M");
    expect(text).not.toContain("marked");
    text = await press(harness, "M");
    expect(text).toMatch(/\* \d+ marked/);
  });

  it.each([60, 80, 120, 200])("leave every row within %i columns", async (columns) => {
    const harness = start({ columns, rows: 24 }, variedFlows(30, startAt));
    await press(harness, "M", "s", "s");
    const lines = await harness.screen();
    for (const line of lines) expect(cellWidth(line)).toBeLessThanOrEqual(columns);
    expect(lines[1]).toContain("marked");
    expect(lines[1]).toContain("by tokens, follow off");
    expect(lines[2]).toMatch(/status .*out .*total$/);
  });
});

describe("deleting", () => {
  it("asks, then deletes this call and goes back to the list", async () => {
    const harness = start({ answer: core, flow: () => whole }, [whole]);
    expect(await press(harness, "\r", "d")).toContain("Delete call #1 from the log?");
    await press(harness, "n");
    expect(harness.asked).toEqual([]);
    expect(await press(harness, "d", "y")).toContain("1 call deleted");
    expect(harness.asked).toEqual([{ method: "DELETE", path: "/flows/one" }]);
    expect(harness.app.ui.screen).toBe("traffic");
  });

  it("takes the marked ones that have ended, one after the other", async () => {
    const live = sampleFlow("live", { state: "streaming", endedAt: undefined });
    const harness = start({ answer: core }, [sampleFlow("a"), sampleFlow("b"), live]);
    expect(await press(harness, "M", "d")).toContain(
      "Delete the 2 calls marked from the log? (1 has not ended and stays)",
    );
    expect(await press(harness, "y")).toContain("2 calls deleted");
    expect(harness.asked.map(({ path }) => path)).toEqual(["/flows/a", "/flows/b"]);
  });

  it("does not offer it for what has not ended", async () => {
    const harness = start({}, [sampleFlow("live", { state: "streaming", endedAt: undefined })]);
    expect(await press(harness, "d")).toContain("d: it has not ended yet");
  });

  it("says what clearing means, tunnels included", async () => {
    const harness = start({}, [sampleFlow("live", { state: "open", endedAt: undefined })]);
    expect(await press(harness, "z")).toContain("z: no call has ended yet");
    harness.emit({ type: "flow", flow: sampleFlow("t", { action: "tunnel" }) });
    expect(await press(harness, "z")).toContain("Delete every tunnel that has ended, shown or not; 1 live one stays?");
  });

  it("clears everything that has ended, in as many parts as the core needs", async () => {
    const parts = [
      { deleted: 3, live: 1, older: "f9" },
      { deleted: 2, live: 0, older: null },
    ];
    const harness = start({ answer: () => parts.shift() }, [sampleFlow("a"), sampleFlow("b")]);
    expect(await press(harness, "z")).toContain("Delete 2 calls that have ended, shown or not?");
    expect(await press(harness, "y")).toContain("5 calls deleted; 1 call has not ended and stays");
    expect(harness.asked).toEqual([
      { method: "DELETE", path: "/flows?filter=" },
      { method: "DELETE", path: "/flows?filter=&before=f9" },
    ]);
  });
});

describe("a rule from a call", () => {
  it("shows what it would match, writes it as the command line does, and says that it is in force", async () => {
    const harness = start({ answer: core }, [whole]);
    let text = await press(harness, "a");
    expect(text).toContain("1 client=claude-code host=api.anthropic.com model=claude-sonnet-4-5-20250929");
    expect(text).toContain("3 model=claude-sonnet-4-5-20250929");
    text = await press(harness, "3");
    expect(text).toContain("passthrough   to where the client sends it");
    text = await press(harness, "3");
    const match = { model: "claude-sonnet-4-5-20250929" };
    expect(harness.asked).toContainEqual({ method: "POST", path: "/routes", body: { match, to: "combo/deep" } });
    expect(text).toMatch(/Rule 2 was written[\s\S]*model +claude-sonnet-4-5-20250929\n +goes to +combo\/deep/);
    expect(text).toContain("+ Rule 2 is in force: it decides the next call like #1");
  });

  it("says which rule comes before it", async () => {
    const answer = (method: string, path: string): unknown => (path === "/routes" ? { number: 7 } : core(method, path));
    const harness = start({ answer }, [whole]);
    expect(await press(harness, "a", "1", "3")).toContain("Rule 7 was written");
    expect(await textOf(harness)).toContain("! rule 2 comes first and decides calls like #1");
  });

  it("needs a model", async () => {
    const harness = start({}, [sampleFlow("a", { model: { asked: null, served: null } })]);
    expect(await press(harness, "a")).toContain("a: nothing is known of a model in it");
  });
});

describe("the order of the list", () => {
  it("goes through its orders and back, with follow off in between", async () => {
    const flows = [
      sampleFlow("cheap", { client: "zed", costUsd: 0.001, startedAt: startAt - 1_000 }),
      sampleFlow("dear", { client: "codex", costUsd: 5, startedAt: startAt - 2_000 }),
    ];
    const harness = start({}, flows);
    let text = await press(harness, "ssss");
    expect(text).toContain("by cost, follow off");
    expect(text).toMatch(/codex[\s\S]*zed/);
    text = await press(harness, "s");
    expect(text).toContain("by cost (reversed), follow off");
    expect(text).toMatch(/zed[\s\S]*codex/);
    expect(await press(harness, "f")).toContain("f: the list is sorted by cost");
    text = await press(harness, "sssss");
    expect(text).toContain("follow off");
    expect(text).not.toContain("by ");
    expect(await press(harness, "f")).toContain("follow ON");
  });

  it("keeps the selected call selected", async () => {
    const harness = start({}, variedFlows(20, startAt));
    harness.press("jj");
    const { selectedId } = harness.app.ui;
    await press(harness, "s", "s", "s");
    expect(harness.app.ui.selectedId).toBe(selectedId);
  });
});
