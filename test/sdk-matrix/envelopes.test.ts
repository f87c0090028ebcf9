/**
 * Gemini in its envelopes: the Gemini CLI and Antigravity as clients of the four public dialects, and their backend as a
 * provider for the four SDKs. ChatGPT's Codex backend is here too: a dialect with an accent, before and behind us.
 */
import type { Dispatcher } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import {
  startFakeAnthropic,
  startFakeCodeAssist,
  startFakeGemini,
  startFakeOpenAiChat,
  startFakeOpenAiResponses,
  type FakeProvider,
} from "../support/fake-providers.ts";
import { createStage } from "../support/fixture.ts";
import { field, list, type Turn, wordOf } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";
import { codeAssistBody, codeAssistClient } from "./client-code-assist.ts";
import {
  createClient,
  dialects,
  failureOf,
  fetchThrough,
  type Client,
  type Dialect,
  type Envelope,
} from "./clients.ts";
import { rawCall, sseEvents } from "./raw-call.ts";
import { counts, play, rigKey, ways, type Script } from "./rig.ts";
import { listTool, png, readTool } from "./scenes.ts";

const envelopes = ["gemini-cli", "antigravity"] as const satisfies readonly Envelope[];

/** Everything a route can lead to here: provider type, endpoint's path, the model it is asked for. */
const rows = {
  "openai-chat": { type: "openai-compatible", base: "/v1", model: "kimi-k2-thinking" },
  "openai-responses": { type: "openai-responses-compatible", base: "/v1", model: "gpt-5.1" },
  claude: { type: "anthropic-compatible", base: "/v1", model: "claude-sonnet-4-5" },
  gemini: { type: "gemini-compatible", base: "/v1beta", model: "gemini-3-pro-preview" },
  "gemini-cli": { type: "gemini-cli", base: "", model: "gemini-3-pro-preview", project: "test-project" },
  antigravity: { type: "antigravity", base: "", model: "gemini-3-pro-high", project: "test-project" },
  codex: { type: "codex", base: "/backend-api/codex", model: "gpt-5.1-codex" },
} as const;
type Target = keyof typeof rows;
const targets = Object.keys(rows) as readonly Target[]; // the keys of a literal are exactly its type's

const stage = createStage();
const fakes = new Map<Target, FakeProvider>();
let core: CoreProcess;
let dispatcher: Dispatcher;

beforeAll(async () => {
  const options = { keys: [rigKey], gapMs: 0, usage: counts };
  const starts: Readonly<Record<Target, () => Promise<FakeProvider>>> = {
    "openai-chat": () => startFakeOpenAiChat(options),
    "openai-responses": () => startFakeOpenAiResponses(options),
    claude: () => startFakeAnthropic(options),
    gemini: () => startFakeGemini(options),
    "gemini-cli": () => startFakeCodeAssist({ ...options, envelope: "gemini-cli" }),
    antigravity: () => startFakeCodeAssist({ ...options, envelope: "antigravity", callIds: true }),
    codex: () => startFakeOpenAiResponses({ ...options, isCodex: true }),
  };
  for (const target of targets) fakes.set(target, stage.opened.add(await starts[target]()));
  core = await stage.startCore({
    config: {
      providers: Object.fromEntries(
        targets.map((target) => {
          const { type, base, ...more } = rows[target];
          const project = "project" in more ? { project: more.project } : {};
          return [`to-${target}`, { type, endpoint: `${fake(target).url}${base}`, auth_type: "api_key", ...project }];
        }),
      ),
      settings: { usage_buffer: 0 },
      accounts: targets.map((target) => ({ provider: `to-${target}`, name: "main", api_key: rigKey })),
      routes: targets.map((target) => ({
        match: { model: modelTo(target) },
        to: `to-${target}/${rows[target].model}`,
      })),
    },
  });
  dispatcher = undiciThrough(core);
  stage.opened.later(() => dispatcher.close());
});
afterAll(() => stage.close());

function fake(target: Target): FakeProvider {
  const found = fakes.get(target);
  if (found === undefined) throw new Error(`no fake for ${target}`);
  return found;
}

function modelTo(target: Target): string {
  return `e-to-${target}`;
}

function clientOf(dialect: Dialect | Envelope): Client {
  if (dialect === "gemini-cli" || dialect === "antigravity") return codeAssistClient(dialect, { dispatcher });
  return createClient(dialect, { fetch: fetchThrough(dispatcher) });
}

interface Scene {
  readonly client: Client;
  readonly model: string;
  readonly stream: boolean;
  readonly script: (...turns: readonly Turn[]) => Script;
}

/** What every pair here has to do, envelope before or behind. */
function works(clientDialect: Dialect | Envelope, target: Target): void {
  const sceneOf = (stream: boolean): Scene => ({
    client: clientOf(clientDialect),
    model: modelTo(target),
    stream,
    script: (...turns) => play(fake(target), ...turns),
  });

  it.each(ways)("carries the question, the text and the figures, %s", async (_, stream) => {
    const { client, model, script } = sceneOf(stream);
    const { asked } = script({ type: "says", parts: [{ type: "text", text: "Grüße, 世界 👩‍👩‍👧." }] });
    const heard = await client.ask({
      model,
      stream,
      system: "Answer briefly.",
      text: "Who is there?",
      images: [png],
      history: [
        { role: "user", text: "One" },
        { role: "assistant", text: "Two" },
      ],
    });
    expect(heard).toMatchObject({ text: "Grüße, 世界 👩‍👩‍👧.", stop: "end", usage: counts });
    expect(asked[0]).toMatchObject({
      model: rows[target].model,
      system: "Answer briefly.",
      userTexts: ["One", "Who is there?"],
      assistantTexts: ["Two"],
      imageData: [png],
    });
  });

  it.each(ways)("goes through a tool loop with thinking and parallel calls of one name, %s", async (_, stream) => {
    const { client, model, script } = sceneOf(stream);
    const { asked, seen } = script(
      {
        type: "says",
        parts: [
          { type: "thinking", text: "Two files to read." },
          { type: "text", text: "I read." },
          { name: "read_file", input: { path: "/a" } },
          { name: "read_file", input: { path: "/b" } },
        ],
      },
      { type: "tools", calls: [{ name: "list_folder", input: { path: "/" } }] },
      { type: "text", text: "All done." },
    );
    const first = await client.ask({ model, stream, thinks: true, tools: [readTool, listTool], text: "Read." });
    expect(first).toMatchObject({ text: "I read.", stop: "tools" });
    expect(first.calls.map(({ name, input }) => [name, input])).toEqual([
      ["read_file", { path: "/a" }],
      ["read_file", { path: "/b" }],
    ]);
    const [one, two] = first.calls;
    if (one === undefined || two === undefined) throw new Error("two calls were made");
    const second = await first.reply([
      { call: one, text: "content of a" },
      { call: two, text: "content of b" },
    ]);
    const third = await second.reply(second.calls.map((call) => ({ call, text: "a, b" })));
    expect(third).toMatchObject({ text: "All done.", stop: "end", calls: [] });
    expect(seen().map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked[1]?.toolResults).toEqual(["content of a", "content of b"]);
    expect(asked[2]?.toolResults).toEqual(["content of a", "content of b", "a, b"]);
  });

  it.each(ways)("tells a limit, a filter and errors, %s", async (_, stream) => {
    const { client, model, script } = sceneOf(stream);
    script({ type: "says", parts: [{ type: "text", text: "So far" }], stop: "length" });
    expect(await client.ask({ model, stream })).toMatchObject({ text: "So far", stop: "length" });
    script({ type: "blocked" });
    expect(await client.ask({ model, stream })).toMatchObject({ text: "", stop: "filter" });
    // The next question waits for it: longer than a wait that nobody asked for, no longer than needed.
    script({ type: "error", status: 429, message: "Slow down.", retryAfterSeconds: 2 });
    const slow = await failureOf(client, client.ask({ model, stream }));
    expect(slow.status).toBe(429);
    // Codex' backend says it in the body alone, which a Responses client gets as it is.
    if (target !== "codex" || clientDialect !== "openai-responses") expect(slow.retryAfterSeconds).toBe(2);
    script({ type: "error", status: 400, isOverflow: true });
    expect(await failureOf(client, client.ask({ model, stream }))).toMatchObject({ status: 400 });
  });

  it("notices a stream that fails, breaks or just ends", async () => {
    const { client, model, script } = sceneOf(true);
    const parts = [{ type: "text", text: "This will not come to its end." }] as const;
    for (const ending of [
      { type: "error", status: 500, message: "broken" },
      { type: "cut" },
      { type: "eof" },
    ] as const) {
      script({ type: "says", parts, ending });
      expect((await failureOf(client, client.ask({ model, stream: true }))).message).not.toBe("");
    }
  });
}

describe.each(envelopes)("%s client", (envelope) => {
  describe.each([...dialects, envelope])("answered by %s", (target) => {
    works(envelope, target);
  });

  it.each(dialects)("gets its envelope with a trace around every chunk of %s", async (target) => {
    play(fake(target), { type: "text", text: "In an envelope, please." });
    const heard = await clientOf(envelope).ask({ model: modelTo(target), stream: true });
    const raw = heard.raw as { readonly responses: readonly unknown[]; readonly traces: number };
    expect(raw.responses.length).toBeGreaterThan(2);
    expect(raw.traces).toBe(raw.responses.length);
  });

  it.each(dialects)("asks how large a request is that %s answers", async (target) => {
    const contents = [{ role: "user", parts: [{ text: "How large is this?" }] }];
    const reply = await rawCall(dispatcher, {
      host: envelope === "antigravity" ? "daily-cloudcode-pa.googleapis.com" : "cloudcode-pa.googleapis.com",
      target: "/v1internal:countTokens",
      headers: {
        authorization: "Bearer ya29.x",
        "user-agent": envelope === "antigravity" ? "antigravity/1.18" : "GeminiCLI/0.31.0",
      },
      body: { request: { model: `models/${modelTo(target)}`, contents } },
    });
    expect(reply.status).toBe(200);
    expect(field(JSON.parse(reply.text), "totalTokens")).toBeGreaterThan(0);
  });

  it("keeps its login, its project and its prompt's name to itself", async () => {
    play(fake("claude"), { type: "text", text: "Hello." });
    await clientOf(envelope).ask({ model: modelTo("claude"), stream: true });
    const sent = fake("claude").seen.at(-1);
    expect(JSON.stringify(sent)).not.toMatch(/ya29|the-clients-own|3f6c1a52|agent-7d0c3f8e/);
  });
});

describe("none gets right: the real request of the Gemini CLI", () => {
  it.each(dialects)("with its history of calls without ids, answered by %s", async (target) => {
    const { asked } = play(fake(target), { type: "text", text: "Both read." });
    // A signature that Google made is as good at Google; the fake knows only its own.
    const signature = target === "gemini" ? {} : { thoughtSignature: "CoQBc29tZWJvZHkgZWxzZQ==" };
    // Calls from Google carry no id; the CLI makes one up for its answers only.
    const contents = [
      { role: "user", parts: [{ text: "This is the Gemini CLI. We are setting up the context." }] },
      { role: "model", parts: [{ text: "Got it." }] },
      { role: "user", parts: [{ text: "Read both." }] },
      {
        role: "model",
        parts: [
          { text: "[Thought: true]They want both." },
          { functionCall: { name: "read_file", args: { path: "/a" } }, ...signature },
          { functionCall: { name: "read_file", args: { path: "/b" } } },
        ],
      },
      {
        role: "user",
        parts: [
          {
            functionResponse: {
              id: "read_file-1790000000000-a1",
              name: "read_file",
              response: { output: "content of a" },
            },
          },
          {
            functionResponse: {
              id: "read_file-1790000000001-b2",
              name: "read_file",
              response: { error: "no such file" },
            },
          },
          { text: "Go on." },
        ],
      },
    ];
    const question = {
      model: modelTo(target),
      stream: true,
      system: "You are an agent.",
      tools: [readTool, listTool],
      thinks: true,
    };
    const reply = await rawCall(dispatcher, {
      host: "cloudcode-pa.googleapis.com",
      target: "/v1internal:streamGenerateContent?alt=sse",
      headers: {
        authorization: "Bearer ya29.x",
        "user-agent": "GeminiCLI/0.31.0/gemini-3-pro-preview (linux; x64; terminal)",
      },
      body: codeAssistBody("gemini-cli", question, contents),
    });
    expect(reply.status).toBe(200);
    const texts = sseEvents(reply.text).flatMap(({ data }) =>
      list(field(field(list(field(field(data, "response"), "candidates"))[0], "content"), "parts")),
    );
    expect(texts.map((part) => wordOf(field(part, "text"))).join("")).toBe("Both read.");
    expect(asked[0]?.results.map(({ name, isError }) => [name, isError])).toEqual([
      ["read_file", false],
      ["read_file", true],
    ]);
    expect(asked[0]?.toolResults[0]).toBe("content of a");
    expect(asked[0]?.calls.map(({ input }) => input)).toEqual([{ path: "/a" }, { path: "/b" }]);
    expect(asked[0]?.userTexts.join(" ")).toContain("Go on.");
  });
});

describe.each(dialects)("%s client", (dialect) => {
  describe.each([...envelopes, "codex"] as const)("answered by %s", (target) => {
    works(dialect, target);
  });

  it.each(envelopes)("says the account's project to %s, and nothing of its own", async (target) => {
    play(fake(target), { type: "text", text: "Hello." });
    await clientOf(dialect).ask({ model: modelTo(target), stream: true });
    expect(fake(target).seen.at(-1)?.body).toMatchObject({ project: "test-project", model: rows[target].model });
    expect(JSON.stringify(fake(target).seen.at(-1))).not.toContain("the-clients-own");
  });
});
