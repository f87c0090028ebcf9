/** Recordings through a real core, and what the official SDKs hear of them when they are played. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { fetch as undiciFetch } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { parse, stringify } from "yaml";
import { bytesOf, type RecordedCall } from "../../src/control/recording/format.ts";
import { type Api, openApi } from "../support/api.ts";
import type { CoreProcess, FlowJson } from "../support/core-process.ts";
import {
  type FakeProvider,
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
  startFakeOpenAiResponses,
} from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { field, list, sayHello, type Turn } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";
import { tempFolder } from "../support/temp.ts";
import { type Running, type Typed, typedAt } from "../support/typed.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
const { opened } = stage;
const folder = opened.add(tempFolder("recordings"));
const storedKey = "sk-stored-canary-0123456789";
const ownKey = "sk-ant-client-canary-0123456789";

let anthropic: FakeProvider;
let chat: FakeProvider;
let core: CoreProcess;
let api: Api;
let typed: Typed;
let claude: Anthropic;

beforeAll(async () => {
  anthropic = opened.add(await startFakeAnthropic({ tls: stage.identity, gapMs: 5 }));
  chat = opened.add(await startFakeOpenAiChat({ keys: [storedKey], gapMs: 5 }));
  const responses = opened.add(await startFakeOpenAiResponses({ gapMs: 5 }));
  const gemini = opened.add(await startFakeGemini({ gapMs: 5 }));
  const keyed = { auth_type: "api_key" };
  core = await stage.startCore({
    dial: { [host]: anthropic.port },
    config: {
      providers: {
        local: { type: "openai-compatible", endpoint: `${chat.url}/v1`, ...keyed },
        resp: { type: "openai-responses-compatible", endpoint: `${responses.url}/v1`, ...keyed },
        gem: { type: "gemini-compatible", endpoint: `${gemini.url}/v1beta`, ...keyed },
      },
      accounts: ["local", "resp", "gem"].map((provider) => ({ provider, name: "main", api_key: storedKey })),
    },
  });
  api = await openApi(core.home);
  typed = typedAt(core.home);
  const dispatcher = undiciThrough(core);
  opened.later(() => dispatcher.close());
  claude = new Anthropic({
    apiKey: ownKey,
    maxRetries: 0,
    // The SDK's documented way through a proxy; its types name the global fetch, undici's is the same function.
    fetch: undiciFetch as unknown as typeof fetch,
    fetchOptions: { dispatcher },
  });
}, 60_000);
afterAll(() => stage.close());
beforeEach(() => {
  anthropic.answerWith(sayHello);
  chat.answerWith(sayHello);
});

const listed = async (): Promise<readonly FlowJson[]> =>
  list(field(await api.get("/api/flows"), "flows")) as FlowJson[]; // the contract of that route

/** What `make` heard, and the flow it was. */
async function heard<Value>(make: () => Promise<Value>): Promise<{ readonly value: Value; readonly id: string }> {
  const before = new Set((await listed()).map(({ id }) => id));
  const value = await make();
  const flow = await waitFor("the call's flow to end", async () =>
    (await listed()).find(({ id, state }) => !before.has(id) && state !== "open" && state !== "streaming"),
  );
  return { value, id: flow.id };
}

let files = 0;
const newFile = (): string => join(folder.path, `recording-${(files += 1)}.jsonl`);

/** The flows of these ids in a file. */
async function record(...ids: string[]): Promise<string> {
  const file = newFile();
  const ran = await typed.type("flows", "record", ...ids, "-o", file);
  expect(ran).toMatchObject({ code: 0, stdout: "" });
  return file;
}

const callsIn = (file: string): readonly RecordedCall[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line) as RecordedCall); // written by us

async function serve(...words: string[]): Promise<Running & { readonly url: string }> {
  const running = typed.begin("replay", "--serve", ...words);
  onTestFinished(async () => {
    running.signal("SIGINT");
    await running.ended;
  });
  const line = await waitFor(
    "the replay to listen",
    () => /listening on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(running.stdout())?.[1],
  );
  return { ...running, url: line };
}

async function gather<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const question = { model: "claude-x", max_tokens: 512, messages: [{ role: "user" as const, content: "Say hello." }] };
const ask = (sdk: Anthropic): Promise<unknown[]> =>
  sdk.messages.create({ ...question, stream: true }).then((events) => gather(events));
const readTool = { type: "function" as const, function: { name: "Read", parameters: { type: "object" } } };

describe("the same client hears the same events in the same order", () => {
  it("of Claude, passed through", async () => {
    const { value, id } = await heard(() => ask(claude));
    const { url } = await serve(await record(id), "--speed", "max");
    expect(await ask(new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 }))).toEqual(value);
    expect(value.length).toBeGreaterThan(5);
  });

  it("of OpenAI Chat, with tools, asked of the gateway", async () => {
    chat.answerWith(() => ({ type: "tools", text: "Grüße!", calls: [{ name: "Read", input: { path: "/ünï" } }] }));
    const ask = (baseURL: string, apiKey: string): Promise<unknown[]> =>
      new OpenAI({ baseURL: `${baseURL}/v1`, apiKey, maxRetries: 0 }).chat.completions
        .create({
          model: "local/m",
          stream: true,
          tools: [readTool],
          messages: [{ role: "user", content: "hi" }],
        })
        .then((events) => gather(events));
    const { value, id } = await heard(() => ask(core.url, api.clientKey));
    const { url } = await serve(await record(id), "--speed", "max");
    expect(await ask(url, "any")).toEqual(value);
    expect(JSON.stringify(value)).toContain('"content":"ße!"');
  });

  it("of OpenAI Responses", async () => {
    const ask = (baseURL: string, apiKey: string): Promise<unknown[]> =>
      new OpenAI({ baseURL: `${baseURL}/v1`, apiKey, maxRetries: 0 }).responses
        .create({ model: "resp/m", stream: true, store: false, input: "hi" })
        .then((events) => gather(events));
    const { value, id } = await heard(() => ask(core.url, api.clientKey));
    const { url } = await serve(await record(id), "--speed", "max");
    expect(await ask(url, "any")).toEqual(value);
    expect(value.length).toBeGreaterThan(5);
  });

  it("of Gemini, streamed and whole", async () => {
    const asked = { model: "gem/gemini-2.5-flash", contents: "hi" };
    const make = (baseUrl: string, apiKey: string): GoogleGenAI =>
      new GoogleGenAI({ apiKey, httpOptions: { baseUrl } });
    const texts = async (sdk: GoogleGenAI): Promise<unknown> => {
      const chunks = await gather(await sdk.models.generateContentStream(asked));
      return chunks.map(({ text, usageMetadata }) => [text, usageMetadata]);
    };
    const whole = async (sdk: GoogleGenAI): Promise<unknown> => (await sdk.models.generateContent(asked)).text;
    const first = await heard(() => texts(make(core.url, api.clientKey)));
    const second = await heard(() => whole(make(core.url, api.clientKey)));
    const { url } = await serve(await record(first.id, second.id), "--speed", "max");
    expect(await whole(make(url, "any"))).toEqual(second.value);
    expect(await texts(make(url, "any"))).toEqual(first.value);
  });

  it("of an error, which a client asks again after, and of the answer that came then", async () => {
    const turns: Turn[] = [
      { type: "error", status: 529, message: "overloaded" },
      { type: "text", text: "Now." },
    ];
    anthropic.answerWith(() => turns.shift() ?? { type: "text", text: "Later." });
    const failed = await heard(() => claude.messages.create(question).catch((error: unknown) => error));
    const { id } = await heard(() => claude.messages.create(question));
    const { url } = await serve(await record(failed.id, id), "--speed", "max");
    const sdk = new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 1 });
    expect(await sdk.messages.create(question)).toMatchObject({ content: [{ type: "text", text: "Now." }] });
  });

  it("of an answer that was cut, up to the cut", async () => {
    anthropic.answerWith(() => ({ type: "cut", text: "This will not be finished because it is cut.", afterEvents: 6 }));
    const listen = async (sdk: Anthropic): Promise<{ readonly events: unknown[]; readonly failed: boolean }> => {
      const events: unknown[] = [];
      try {
        for await (const event of await sdk.messages.create({ ...question, stream: true })) events.push(event);
        return { events, failed: false };
      } catch {
        return { events, failed: true };
      }
    };
    const { value, id } = await heard(() => listen(claude));
    expect(value).toMatchObject({ failed: true });
    const { url } = await serve(await record(id), "--speed", "max");
    expect(await listen(new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 }))).toEqual(value);
  });
});

describe("a recording is played with its timing", () => {
  it("the first event comes before the last one is due, and nothing more comes once its client is gone", async () => {
    const { id } = await heard(() => ask(claude));
    const file = await record(id);
    const [call] = callsIn(file);
    const times = call?.reply?.chunks.map(({ atMs }) => atMs) ?? [];
    expect(times.toSorted((left, right) => left - right)).toEqual(times);
    expect(new Set(times).size).toBeGreaterThan(3);
    const { url } = await serve(file, "--speed", "0.01");
    const lastDueMs = ((times.at(-1) ?? 0) - (call?.request.endedAtMs ?? 0)) * 100;
    const begunAt = performance.now();
    const sdk = new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 });
    const stream = await sdk.messages.create({ ...question, stream: true });
    for await (const event of stream) {
      expect(event.type).toBe("message_start");
      break;
    }
    expect(performance.now() - begunAt).toBeLessThan(lastDueMs);
  });

  it("from the running core, without a file", async () => {
    const { value, id } = await heard(() => ask(claude));
    const { url } = await serve("--flows", id, "--speed", "max");
    expect(await ask(new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 }))).toEqual(value);
  });

  it("once, and then it ends", async () => {
    const { id } = await heard(() => ask(claude));
    const { url, ended } = await serve(await record(id), "--once", "--speed", "max");
    await ask(new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 }));
    expect(await within("the replay to end", ended)).toMatchObject({ code: 0 });
  });

  it("to a rule of a core, as its provider", async () => {
    const { value, id } = await heard(() => claude.messages.create(question));
    const { url } = await serve(await record(id), "--match", "loose", "--loop", "--speed", "max");
    const configFile = join(core.home, "config.yaml");
    const before = readFileSync(configFile, "utf8");
    const config = parse(before) as Record<string, Record<string, unknown>>; // as the test core was given it
    onTestFinished(async () => {
      writeFileSync(configFile, before);
      await api.socket("/api/reload", { body: {} });
    });
    const rec = { type: "anthropic-compatible", endpoint: `${url}/v1`, auth_type: "none" };
    const routes = [{ match: { host, model: "claude-*" }, to: "rec/whatever" }];
    writeFileSync(configFile, stringify({ ...config, providers: { ...config["providers"], rec }, routes }));
    await api.socket("/api/reload", { body: {} });
    const asked = anthropic.seen.length;
    expect(await claude.messages.create({ ...question, max_tokens: 7 })).toEqual(value);
    expect(anthropic.seen.length).toBe(asked);
  });
});

describe("a recording is made", () => {
  const program = [
    "--import",
    import.meta.resolve("tsx"),
    fileURLToPath(import.meta.resolve("../../src/commands/demo-client.ts")),
  ];

  it("of the calls of one run, and of no other's, as they end", async () => {
    const file = newFile();
    const running = core.cliWith(
      { timeoutMs: 60_000 },
      "run",
      "--record",
      file,
      "--",
      process.execPath,
      ...program,
      "2",
      "0",
    );
    let isOver = false;
    const over = running.finally(() => (isOver = true));
    // Somebody else's calls in the meantime.
    while (!isOver) await claude.messages.create({ ...question, model: "claude-other" });
    const ran = await over;
    expect(ran.code).toBe(0);
    expect(ran.stderr).toMatch(/switchyard: recorded (\d+) calls in /);
    const calls = callsIn(file);
    expect(calls.length).toBe(Number(/recorded (\d+)/.exec(ran.stderr)?.[1]));
    expect(calls.length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(calls)).not.toContain("claude-other");
    expect(new Set(calls.map(({ flow }) => flow.run)).size).toBe(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  }, 90_000);

  it("not over another, and then nothing is run", async () => {
    const file = folder.file("mine.txt", "mine");
    const ran = await typed.type("run", "--record", file, "--", "sh", "-c", "echo never");
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toContain("a recording is never written over");
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  it("of everything a core sees, in a folder under a name of the time", async () => {
    const other = createStage();
    onTestFinished(() => other.close());
    const where = other.opened.add(tempFolder("all"));
    const second = await other.startCore({ args: ["--record", where.path] });
    const itsApi = await openApi(second.home);
    await itsApi.keyed("/v1/chat/completions", { body: { model: "nobody/has-it", messages: [] } });
    expect(second.stderr()).toMatch(/recording to .*recording-\d{8}-\d{6}\.jsonl/);
    const file = /recording to (\S+)/.exec(second.stderr())?.[1] ?? "";
    await waitFor("the call to be in it", () => callsIn(file).length > 0);
    second.signal("SIGKILL");
    await second.exited;
    expect(callsIn(file)).toMatchObject([
      { request: { method: "POST", path: "/v1/chat/completions" }, reply: { status: 404, end: "done" } },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("on stdout, of those that can be recorded", async () => {
    const { id } = await heard(() => ask(claude));
    const ran = await typed.type("flows", "record", id, "nowhere");
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain("no flow with this id is in the log");
    const lines = ran.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ switchyardRecording: 1 });
  });
});

describe("a secret never reaches a recording", () => {
  const planted = {
    body: "sk-ant-planted-canary-0123456789",
    named: "hunter2-canary-hunter2",
    query: "query-canary-0123456789",
    header: "header-canary-0123456789",
  };

  it("in headers, query and bodies, and in what a model says piece by piece", async () => {
    anthropic.answerWith(() => ({ type: "text", text: `Your keys are ${storedKey} and ${planted.body}, dear.` }));
    const content = `my key ${storedKey} and ${planted.body}, {"password": "${planted.named}"}`;
    const { id, value } = await heard(() =>
      claude.messages
        .create(
          { ...question, stream: true, messages: [{ role: "user", content }] },
          {
            query: { key: planted.query },
            headers: { "x-secret-token": planted.header, cookie: `a=${planted.header}` },
          },
        )
        .then((events) => gather(events)),
    );
    // The client did hear them.
    const said = (events: unknown): string =>
      list(events)
        .map((event) => field(field(event, "delta"), "text"))
        .filter((text) => typeof text === "string")
        .join("");
    expect(said(value)).toContain(storedKey);
    const file = await record(id);
    const text = readFileSync(file, "utf8");
    for (const secret of [...Object.values(planted), storedKey, ownKey, "canary"]) expect(text).not.toContain(secret);
    const [call] = callsIn(file);
    const stream = Buffer.concat((call?.reply?.chunks ?? []).map(bytesOf)).toString();
    const events = [...stream.matchAll(/^data: (.*)$/gm)].map(([, line]) => JSON.parse(line ?? "") as unknown);
    expect(said(events)).toBe(
      `Your keys are ${"*".repeat(storedKey.length)} and ${"*".repeat(planted.body.length)}, dear.`,
    );
    // What was masked fits the client's own words when it is played.
    const { url } = await serve(file, "--speed", "max");
    const sdk = new Anthropic({ baseURL: url, apiKey: "any", maxRetries: 0 });
    const again = await sdk.messages.create({ ...question, stream: true, messages: [{ role: "user", content }] });
    expect(said(await gather(again))).toContain("Your keys are ***");
  });
});
