/** Accounts and combos over real sockets: what moves a call on to the next, what does not, and what it costs whom. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AccountJson } from "../../src/base/controls-engine.ts";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl, type ControlClient } from "../../src/control/client.ts";
import type { CoreProcess, FlowJson } from "../support/core-process.ts";
import { type AskModel, gatewayOf, greeting, type Told } from "../support/fake-backends-clients.ts";
import { sweep } from "../support/fake-backends-canary.ts";
import { type Scripted, type ScriptedProvider, startScriptedProvider } from "../support/fake-backends-script.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage } from "../support/fixture.ts";
import { field } from "../support/provider-turn.ts";
import { waitFor } from "../support/wait.ts";

const stage = createStage();
let first: ScriptedProvider;
let second: FakeProvider;
let core: CoreProcess;
let control: ControlClient;
let ask: AskModel;
let conversation = 0;
const errorReplies: string[] = [];

const keys = { one: "sk-first-one-0123456789", two: "sk-first-two-0123456789", other: "sk-second-0123456789" };

beforeAll(async () => {
  first = stage.opened.add(await startScriptedProvider());
  second = stage.opened.add(await startFakeOpenAiChat({ keys: [keys.other] }));
  const deaf = await closedPort();
  const compatible = (url: string, type = "openai-compatible") => ({
    type,
    endpoint: `${url}/v1`,
    auth_type: "api_key",
  });
  core = await stage.startCore({
    config: {
      upstream: { timeouts: { connect_ms: 2_000, first_byte_ms: 1_500, idle_ms: 5_000 } },
      providers: {
        first: compatible(first.url),
        claudish: compatible(first.url, "anthropic-compatible"),
        pair: compatible(first.url),
        second: compatible(second.url),
        gone: compatible(`http://127.0.0.1:${deaf}`),
      },
      accounts: [
        { provider: "first", name: "one", api_key: keys.one },
        { provider: "claudish", name: "one", api_key: keys.one },
        { provider: "pair", name: "one", api_key: keys.one, priority: 1 },
        { provider: "pair", name: "two", api_key: keys.two, priority: 2 },
        { provider: "second", name: "other", api_key: keys.other },
        { provider: "gone", name: "one", api_key: keys.one },
      ],
      combos: {
        chain: ["first/m-1", "second/m-2"],
        claudes: ["claudish/m-1", "second/m-2"],
        twice: ["first/m-1", "claudish/m-2"],
        offline: ["gone/m-1", "second/m-2"],
      },
    },
  });
  await connect();
}, 90_000);
afterAll(() => stage.close());
beforeEach(async () => {
  await control.clearCooldown(null, null);
  conversation += 1;
});

async function connect(): Promise<void> {
  control = connectControl(resolvePaths({ SWITCHYARD_HOME: core.home }));
  const { clientKey } = await control.secrets();
  const { url } = await control.status();
  const gateway = gatewayOf(url, clientKey);
  // A conversation would stay with the account that answered it.
  ask = async (dialect, model, more) => {
    const told = await gateway(dialect, model, { says: `Say hello, number ${conversation}.`, ...more });
    if (told.status !== 200) errorReplies.push(told.text);
    return told;
  };
}

const account = async (id: string): Promise<AccountJson> => {
  const found = (await control.accounts()).find((one) => one.id === id);
  if (found === undefined) throw new Error(`there is no account ${id}`);
  return found;
};

interface Attempt {
  readonly provider: string;
  readonly account: string | null;
  readonly status: number | null;
  readonly error?: string;
  readonly cooldownMs?: number;
}

/** The newest call's. */
async function attempts(): Promise<readonly Attempt[]> {
  const { flows } = await control.flows(1);
  const [flow] = flows;
  if (flow === undefined) throw new Error("there is no flow");
  return waitFor("the newest flow to end", async () => {
    const now = await control.flow(flow.id);
    return now.endedAt === undefined ? null : now.attempts;
  });
}

const answer = (status: number, body: unknown = { error: { message: "not today" } }, headers = {}): Scripted => ({
  type: "answer",
  status,
  headers,
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const says = (message: string, code: string | null = null, type = "invalid_request_error"): unknown => ({
  error: { message, type, param: null, code },
});
const sse = (body: string): Scripted => answer(200, body, { "content-type": "text/event-stream" });

const advancing: readonly (readonly [what: string, says: Scripted, stream?: true])[] = [
  ["402", answer(402, says("Payment required"))],
  ["408", answer(408)],
  ["410", answer(410, says("This endpoint was retired on 2026-10-01"))],
  ["404 of a model", answer(404, says("The model `m-1` does not exist", "model_not_found"))],
  ["404 without a word", answer(404, "")],
  ["403", answer(403, says("Not allowed for this project"))],
  ["429", answer(429, says("Slow down", "rate_limit_exceeded", "requests"))],
  ["500", answer(500)],
  ["503", answer(503, "<html>Service unavailable</html>")],
  ["529", answer(529)],
  ["502 page", answer(502, "<html>Bad gateway</html>", { "content-type": "text/html" })],
  [
    "a model that is not supported here",
    answer(400, says("The requested model is not supported.", "model_not_supported")),
  ],
  [
    "a model that this plan does not have",
    answer(400, { detail: "The 'm-1' model is not supported when using this service with a free account." }),
  ],
  [
    "a model that was taken back",
    answer(400, says("The model `m-1` has been decommissioned and is no longer supported.", "model_decommissioned")),
  ],
  ["a model that nobody knows", answer(400, says("m-1 is not a valid model ID"))],
  ["200 with an error for a body", answer(200, { error: { message: "Provider returned error", code: 502 } })],
  ["200 with nothing in it", answer(200, "")],
  ["200 with a page in it", answer(200, "<html>Log in</html>", { "content-type": "text/html" })],
  ["200 and an error in its stream", sse('data: {"error":{"message":"overloaded","code":503}}\n\n'), true],
  ["200 and an empty stream", sse(""), true],
  ["200 and a stream that only ends", sse("data: [DONE]\n\n"), true],
  ["200 and a stream of comments", sse(": waiting\n\n: still waiting\n\n"), true],
  ["silence", { type: "silence" }],
  ["a connection that dies", { type: "reset" }],
  ["a stream that dies before its first word", { type: "cut", pieces: [": hold on\n\n"] }, true],
];

describe("S10 S15 the next member of a combo answers where the first one says", () => {
  it.each(advancing.map(([what, scripted, stream = false]) => ({ what, scripted, stream })))("$what", async (row) => {
    first.say(row.scripted);
    const before = [first.asked.length, second.seen.length];
    const told = await ask("claude", "combo/chain", { stream: row.stream });
    expect(told.status).toBe(200);
    expect(joined(told)).toContain(greeting);
    expect([first.asked.length, second.seen.length]).toEqual([(before[0] ?? 0) + 1, (before[1] ?? 0) + 1]);
    const [failed, served] = await attempts();
    expect(failed).toMatchObject({ provider: "first", account: "one" });
    expect(failed?.error).toBeDefined();
    expect(served).toMatchObject({ provider: "second", account: "other", status: 200 });
  });

  it("in Claude's dialect too: 529 with its own word, and an error event in a 200", async () => {
    const overloaded = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    first.say(answer(529, overloaded));
    expect((await ask("openai-chat", "combo/claudes")).text).toContain(greeting);
    first.say(sse(`event: error\ndata: ${JSON.stringify(overloaded)}\n\n`));
    await control.clearCooldown(null, null);
    expect(joined(await ask("openai-chat", "combo/claudes", { stream: true }))).toContain(greeting);
  });
});

describe("what stays the client's", () => {
  it.each([
    ["a plain 400", says("'messages' must not be empty")],
    [
      "a parameter the model does not take",
      says("Unsupported parameter: 'max_tokens' is not supported with this model.", "unsupported_parameter"),
    ],
    ["a value that is not valid", says("Invalid value: 'max'. Supported values are: 'low', 'high'.", "invalid_value")],
  ])("%s is no reason to ask anybody else", async (_what, body) => {
    first.say(answer(400, body));
    const before = second.seen.length;
    const told = await ask("openai-responses", "combo/chain");
    expect(told.status).toBe(400);
    expect(told.text).toContain(String(field(field(body, "error"), "message")));
    expect(second.seen.length).toBe(before);
    expect(await account("first/one")).toMatchObject({ state: "active", cooldowns: [] });
  });

  it("the last upstream's word, where all have failed", async () => {
    first.say(answer(500, says("the first one broke")));
    second.answerWith(() => ({ type: "error", status: 503, message: "the second one is full" }));
    const told = await ask("openai-chat", "combo/chain");
    second.answerWith(() => ({ type: "text", text: greeting }));
    expect(told.status).toBe(503);
    expect(told.text).toContain("the second one is full");
    expect((await attempts()).map(({ status }) => status)).toEqual([500, 503]);
  });

  it("how long to wait", async () => {
    first.say(answer(429, says("Slow down", "rate_limit_exceeded"), { "retry-after": "17" }));
    const told = await ask("claude", "first/m-1");
    expect(told.status).toBe(429);
    expect(told.headers.get("retry-after")).toBe("17");
    // And while it cools, without asking it again.
    const before = first.asked.length;
    const again = await ask("claude", "first/m-1");
    expect(again.status).toBe(429);
    expect(Number(again.headers.get("retry-after"))).toBeGreaterThan(10);
    expect(Number(again.headers.get("retry-after"))).toBeLessThanOrEqual(17);
    expect(first.asked.length).toBe(before);
  });

  it("what began: after its first byte nothing is asked again", async () => {
    const chunk = { id: "c", object: "chat.completion.chunk", created: 1, model: "m-1" };
    const said = {
      ...chunk,
      choices: [{ index: 0, delta: { role: "assistant", content: "Half a sen" }, finish_reason: null }],
    };
    first.say({ type: "cut", pieces: [`data: ${JSON.stringify(said)}\n\n`] });
    const before = second.seen.length;
    const text = await ask("openai-chat", "combo/chain", { stream: true }).then(
      (told) => told.text,
      () => "broken off",
    );
    expect(text).not.toContain("[DONE]");
    expect(text).not.toContain(greeting);
    expect(second.seen.length).toBe(before);
    const flow = await core.flow("the cut answer", ({ state }: FlowJson) => state === "truncated");
    expect(flow.attempts).toHaveLength(1);
  });
});

describe("S09 S11 what a failure costs", () => {
  it("the next account of the same provider serves, and the first one cools for that model", async () => {
    first.say(answer(429, says("Slow down", "rate_limit_exceeded"), { "retry-after": "30" }));
    await ask("openai-chat", "pair/m-1");
    expect((await attempts()).map((one) => one.account)).toEqual(["one", "two"]);
    const [attempt] = await attempts();
    expect(attempt?.cooldownMs).toBeGreaterThan(29_000);
    expect(attempt?.cooldownMs).toBeLessThanOrEqual(31_000);
    expect((await account("pair/one")).cooldowns).toEqual([
      expect.objectContaining({ model: "m-1", level: 0, kind: "rate-limit" }),
    ]);
    // Another model of the same account is not touched by it.
    first.say({ type: "answer", status: 200, body: whole });
    expect((await ask("openai-chat", "pair/m-9")).status).toBe(200);
    expect((await attempts()).map((one) => one.account)).toEqual(["one"]);
  });

  it.each(["openai-chat", "claude"] as const)(
    "a refused key is one account's trouble, and is not quoted to a client (%s)",
    async (dialect) => {
      first.say(answer(401, says(`Incorrect API key provided: ${keys.two}.`, "invalid_api_key")));
      const told = await ask(dialect, "pair/m-1");
      expect(told.status).toBe(401);
      expect(told.text).toContain("Incorrect API key provided: ");
      expect(told.text).not.toContain(keys.two);
      expect((await attempts()).map((one) => one.account)).toEqual(["one", "two"]);
      expect((await account("pair/two")).cooldowns).toEqual([expect.objectContaining({ model: null, kind: "auth" })]);
    },
  );

  it("S08 each further failure doubles it, and one success ends it", async () => {
    first.say(answer(500));
    const costs: number[] = [];
    for (let level = 0; level < 3; level += 1) {
      await waitFor("the account to be ready again", async () => {
        const [cooldown] = (await account("first/one")).cooldowns;
        return cooldown === undefined || cooldown.remainingMs === 0;
      });
      await ask("openai-chat", "first/m-1");
      costs.push((await attempts()).at(-1)?.cooldownMs ?? 0);
    }
    const [one = 0, two = 0, four = 0] = costs;
    expect([one, two, four].map((ms) => Math.round(ms / 1_000))).toEqual([1, 2, 4]);
    first.say({ type: "answer", status: 200, body: whole });
    await waitFor("the account to serve again", async () => (await ask("openai-chat", "first/m-1")).status === 200);
    expect(await account("first/one")).toMatchObject({ state: "active", cooldowns: [] });
  });

  it("U12 a network that is down costs nobody anything", async () => {
    expect((await ask("openai-chat", "combo/offline")).text).toContain(greeting);
    const told = await ask("openai-chat", "gone/m-1");
    expect(told.status).toBe(502);
    expect(await account("gone/one")).toMatchObject({ state: "active", cooldowns: [] });
    first.say({ type: "reset" });
    await ask("openai-chat", "combo/chain");
    expect(await account("first/one")).toMatchObject({ state: "active", cooldowns: [] });
    expect((await attempts()).every(({ cooldownMs }) => cooldownMs === undefined)).toBe(true);
  });

  it("a provider that takes too long is no reason to cool its account", async () => {
    first.say({ type: "silence" });
    const told = await ask("openai-chat", "first/m-1");
    expect(told.status).toBe(504);
    expect(await account("first/one")).toMatchObject({ state: "active", cooldowns: [] });
  });

  it("S11 a cooldown is still there after a kill and a new start", async () => {
    first.say(answer(429, says("Slow down", "rate_limit_exceeded"), { "retry-after": "600" }));
    await ask("openai-chat", "first/m-1");
    const [before] = (await account("first/one")).cooldowns;
    expect(before?.remainingMs).toBeGreaterThan(590_000);
    const stateFile = join(core.home, "state.json");
    await waitFor("the cooldown to be on the disk", () => readFileSync(stateFile, "utf8").includes("first/one"));
    core.signal("SIGKILL");
    await core.exited;
    const restarted = await core.cli("start", "-d", "--port", "0");
    expect(restarted.stderr).toBe("");
    stage.opened.later(async () => {
      await core.cli("stop");
    });
    await connect();
    const [after] = (await account("first/one")).cooldowns;
    expect(after).toMatchObject({ model: "m-1", level: 0, kind: "rate-limit" });
    expect(after?.remainingMs).toBeGreaterThan(500_000);
    expect(after?.remainingMs).toBeLessThanOrEqual(before?.remainingMs ?? 0);
    const asked = first.asked.length;
    expect((await ask("openai-chat", "combo/chain")).text).toContain(greeting);
    expect(first.asked.length).toBe(asked);
  }, 60_000);
});

describe("after all of it", () => {
  it("acceptance 8: no key is anywhere but where its owner wrote it", async () => {
    const found = await sweep({
      core,
      control,
      secrets: Object.values(keys),
      said: { "error replies": errorReplies.join("\n") },
      allowed: [/^config\.yaml$/],
    });
    expect(errorReplies.length).toBeGreaterThan(5);
    expect(found.leaks).toEqual([]);
  });
});

const whole = JSON.stringify({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "As written." }, finish_reason: "stop" }],
});

/** The words of an answer, streamed or not. */
function joined({ text }: Told): string {
  const pieces = [...text.matchAll(/"(?:text|content)":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => piece ?? "");
  return pieces.join("");
}

/** One that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
