/**
 * Kiro's clients, unmodified, answered by providers of other dialects: both forms of the call through CONNECT and TLS,
 * text and tools, streams as they come, errors before and inside them. Whatever else they ask their hosts goes there.
 */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CoreProcess, FlowJson } from "../support/core-process.ts";
import {
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
  type FakeProvider,
} from "../support/fake-providers.ts";
import { createStage } from "../support/fixture.ts";
import {
  askKiro,
  collectTurn,
  kiroEvents,
  kiroMachine,
  kiroRequest,
  kiroTool,
  type KiroAnswer,
  type KiroForm,
  type KiroTurn,
} from "../support/kiro-client.ts";
import { field, list, readsFile, sayHello, type Answer } from "../support/provider-turn.ts";
import { h2Through, readUntil, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { waitFor } from "../support/wait.ts";

const runtimeHost = "runtime.us-east-1.kiro.dev";
const serviceHost = "q.us-east-1.amazonaws.com";
const kiroToken = "aoaAAAAA-the-clients-own-kiro-token";
const keys = {
  chat: "sk-chat-0123456789abcdef",
  claude: "sk-ant-0123456789abcdef",
  gemini: "AIza-0123456789abcdefghijk",
};

const stage = createStage();
const providers: Record<"chat" | "claude" | "gemini", FakeProvider> = {} as never; // filled before the first test
let kiroOrigin: RawOrigin;
let core: CoreProcess;

beforeAll(async () => {
  const { opened } = stage;
  providers.chat = opened.add(await startFakeOpenAiChat({ keys: [keys.chat], gapMs: 2 }));
  providers.claude = opened.add(await startFakeAnthropic({ keys: [keys.claude], gapMs: 2 }));
  providers.gemini = opened.add(await startFakeGemini({ keys: [keys.gemini], gapMs: 2 }));
  const identity = stage.ca.issue([runtimeHost, serviceHost]);
  kiroOrigin = opened.add(await startRawOrigin({ tls: { ...identity, alpn: ["http/1.1"] } }));
  // Errors are part of the play: an account that rests after one would keep the next test waiting.
  const cooldown = { base_ms: 5, max_ms: 10, max_reset_ms: 10 };
  core = await stage.startCore({
    dial: { [runtimeHost]: kiroOrigin.port, [serviceHost]: kiroOrigin.port },
    config: {
      providers: {
        chat: {
          type: "openai-compatible",
          endpoint: `${providers.chat.url}/v1`,
          auth_type: "api_key",
          model_mappings: { auto: "chosen-for-auto" },
          cooldown,
        },
        anth: { type: "anthropic-compatible", endpoint: providers.claude.url, auth_type: "api_key", cooldown },
        goog: { type: "gemini-compatible", endpoint: `${providers.gemini.url}/v1beta`, auth_type: "api_key", cooldown },
      },
      accounts: [
        { provider: "chat", name: "main", api_key: keys.chat },
        { provider: "anth", name: "main", api_key: keys.claude },
        { provider: "goog", name: "main", api_key: keys.gemini },
      ],
      settings: { usage_buffer: 0 },
      routes: [
        { match: { model: "auto" }, to: "chat/auto" },
        { match: { host: "*.kiro.dev", model: "simple-task" }, to: "chat/small-model" },
        { match: { model: "claude-sonnet-4.5" }, to: "chat/local-model" },
        { match: { model: "claude-opus-*" }, to: "anth/claude-served" },
        { match: { model: "claude-haiku-*" }, to: "goog/gemini-2.5-pro" },
        { match: { host: runtimeHost, model: "blocked-*" }, to: "block" },
      ],
    },
  });
});
afterAll(() => stage.close());
beforeEach(() => {
  for (const provider of Object.values(providers)) provider.answerWith(sayHello);
});

const places: readonly (readonly [KiroForm, string])[] = [
  ["target", runtimeHost],
  ["path", serviceHost],
];
const models = { chat: "claude-sonnet-4.5", claude: "claude-opus-4.6", gemini: "claude-haiku-4.5" } as const;
type Upstream = keyof typeof models;
const everyPair = places.flatMap(([form, host]) =>
  (["chat", "claude", "gemini"] as const).map((upstream) => [form, host, upstream] as const),
);

interface Ask {
  readonly form: KiroForm;
  readonly host: string;
  readonly body: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}
const askThrough = ({ host, ...call }: Ask): Promise<KiroAnswer> =>
  askKiro({ ...call, origin: `https://${host}`, through: core });

async function turnOf(ask: Ask): Promise<KiroTurn> {
  const answer = await askThrough(ask);
  if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
  return collectTurn(answer.events());
}

describe.each(everyPair)("a call by %s to %s, answered by %s", (form, host, upstream: Upstream) => {
  const provider = (): FakeProvider => providers[upstream];
  const question = { content: "Say hello.", modelId: models[upstream] };

  it("is a turn of Kiro's own: text, why it ended, what it used", async () => {
    const answer = await askThrough({ form, host, body: kiroRequest(question) });
    expect(answer.headers["content-type"]).toBe("application/vnd.amazon.eventstream");
    expect(answer.headers["content-length"]).toBeUndefined();
    expect(answer.headers["x-amzn-requestid"]).toMatch(/./);
    const turn = await collectTurn(answer.events());
    expect(turn).toMatchObject({
      text: "Hello from the fake provider.",
      modelId: models[upstream],
      conversationId: "00000000-0000-4000-8000-000000000001",
      stopReason: "END_TURN",
      tokenUsage: { outputTokens: 17, cacheReadInputTokens: 40, uncachedInputTokens: 80 },
      credits: 0,
    });
    expect(turn.types[0] === "initial-response").toBe(form === "target");
    expect(turn.types.filter((type) => type === "assistantResponseEvent").length).toBeGreaterThan(2);
  });

  it("calls a tool and takes its result", async () => {
    provider().answerWith(readsFile("/etc/motd"));
    const tools = [kiroTool("readFile", { path: { type: "string" } }), kiroTool("read", { path: { type: "string" } })];
    const first = await turnOf({ form, host, body: kiroRequest(question, { tools }) });
    expect(first).toMatchObject({
      text: "Let me look at the file.",
      stopReason: "TOOL_USE",
      calls: [{ name: "read", input: { path: "/etc/motd" } }],
    });
    const [call] = first.calls;
    const history = [
      { userInputMessage: { ...question, origin: "AI_EDITOR", userInputMessageContext: {} } },
      { assistantResponseMessage: { content: first.text, toolUses: first.calls } },
    ];
    const toolResults = [{ toolUseId: call?.toolUseId, status: "success", content: [{ text: "token-4711" }] }];
    const second = await turnOf({
      form,
      host,
      body: kiroRequest({ ...question, content: "" }, { tools, toolResults }, history),
    });
    expect(second).toMatchObject({ text: "The file says: token-4711", stopReason: "END_TURN", calls: [] });
  });

  it("comes in pieces: the first words are here while the provider is still silent about the rest", async () => {
    provider().answerWith(() => ({
      type: "says",
      parts: [
        { type: "text", text: "The beginning. " },
        { type: "text", text: "The end." },
      ],
      silentMs: 60_000,
    }));
    const answer = await askThrough({ form, host, body: kiroRequest(question) });
    let text = "";
    for await (const { type, value } of answer.events()) {
      if (type === "assistantResponseEvent") text += String(field(value, "content"));
      if (text.includes("beginning")) break;
    }
    expect(text).toContain("The beginning");
    answer.abandon();
    await waitFor("the provider's call to be dropped", () => provider().seen.at(-1)?.abandoned === true);
  });

  it("fails before the stream as an HTTP error by name", async () => {
    provider().answerWith(() => ({ type: "error", status: 429, message: "not today", retryAfterSeconds: 7 }));
    const answer = await askThrough({ form, host, body: kiroRequest(question) });
    expect(answer.status).toBe(429);
    expect(answer.headers["x-amzn-errortype"]).toBe("ThrottlingException");
    expect(answer.headers["retry-after"]).toBe("7");
    const jsonType = form === "target" ? "application/x-amz-json-1.0" : "application/json";
    expect(answer.headers["content-type"]).toBe(jsonType);
    const body: unknown = JSON.parse(await answer.text());
    expect(body).toMatchObject({
      __type: "ThrottlingException",
      message: expect.stringContaining("not today") as string,
    });
  });

  it("says that the conversation does not fit in the words its clients know", async () => {
    provider().answerWith(() => ({ type: "error", status: 400, isOverflow: true }));
    const answer = await askThrough({ form, host, body: kiroRequest(question) });
    expect(answer.status).toBe(400);
    expect(JSON.parse(await answer.text())).toMatchObject({
      __type: "ValidationException",
      reason: "CONTENT_LENGTH_EXCEEDS_THRESHOLD",
      message: expect.stringMatching(/^Input is too long/) as string,
    });
  });

  it("fails inside the stream as an exception frame, and a cut never looks whole", async () => {
    const words: Answer = () => ({
      type: "says",
      parts: [{ type: "text", text: "This will not be finished because it breaks." }],
      ending: { type: "error", status: 500, message: "it broke" },
    });
    provider().answerWith(words);
    const failed = await readAll(await askThrough({ form, host, body: kiroRequest(question) }));
    expect(failed.types).toContain("assistantResponseEvent");
    expect(failed.types).not.toContain("metadataEvent");
    expect(failed.error).toMatchObject({ name: expect.stringMatching(/Exception$/) as string });
    provider().answerWith(() => ({
      type: "cut",
      text: "This will not be finished because it is cut.",
      afterEvents: 5,
    }));
    const cut = await readAll(await askThrough({ form, host, body: kiroRequest(question) }));
    expect(cut.types).not.toContain("metadataEvent");
    expect(cut.error).not.toBeNull();
  });
});

async function readAll(answer: KiroAnswer): Promise<{ readonly types: readonly string[]; readonly error: unknown }> {
  const types: string[] = [];
  try {
    for await (const { type } of answer.events()) types.push(type);
    return { types, error: null };
  } catch (error) {
    return { types, error };
  }
}

describe("what is asked of the provider", () => {
  const png = "iVBORw0KGgo=";
  it("has the conversation whole: system words, turns, results before the text, pictures, tools", async () => {
    const tools = [kiroTool("read", { path: { type: "string" } })];
    const history = [
      { userInputMessage: { content: "You are a careful assistant.", origin: "AI_EDITOR" } },
      { assistantResponseMessage: { content: "I will follow these instructions." } },
      { userInputMessage: { content: "Read it.", origin: "AI_EDITOR" } },
      {
        assistantResponseMessage: {
          content: "Reading.",
          toolUses: [{ toolUseId: "tooluse_1", name: "read", input: { path: "/a" } }],
        },
      },
    ];
    const toolResults = [{ toolUseId: "tooluse_1", status: "error", content: [{ json: { code: 2 } }] }];
    const images = [{ format: "png", source: { bytes: png } }];
    const bytes = gzipSync(
      JSON.stringify(kiroRequest({ content: "And this picture?", images }, { tools, toolResults }, history)),
    );
    const turn = await turnOf({
      form: "path",
      host: serviceHost,
      body: null,
      bytes,
      headers: { "content-encoding": "gzip", "content-length": String(bytes.length) },
    });
    expect(turn.stopReason).toBe("END_TURN");
    const body = providers.chat.seen.at(-1)?.body;
    expect(list(field(body, "messages")).map((message) => [field(message, "role"), field(message, "content")])).toEqual(
      [
        ["user", "You are a careful assistant."],
        ["assistant", "I will follow these instructions."],
        ["user", "Read it."],
        ["assistant", "Reading."],
        ["tool", expect.stringContaining('{"code":2}')],
        [
          "user",
          expect.arrayContaining([
            { type: "text", text: "And this picture?" },
            expect.objectContaining({ type: "image_url", image_url: { url: `data:image/png;base64,${png}` } }),
          ]),
        ],
      ],
    );
    expect(list(field(body, "tools"))).toHaveLength(1);
  });

  it.each([
    ["auto", "chosen-for-auto"],
    ["simple-task", "small-model"],
  ])("is the model that the rules and mappings give for %s", async (asked, served) => {
    const turn = await turnOf({
      form: "target",
      host: runtimeHost,
      body: kiroRequest({ content: "x", modelId: asked }),
    });
    expect(turn.modelId).toBe(asked);
    expect(field(providers.chat.seen.at(-1)?.body, "model")).toBe(served);
    const flow = await core.flow(`a call for ${asked}`, (one) => one.model.asked === asked && one.state === "done");
    expect(flow).toMatchObject({
      action: "reroute",
      host: runtimeHost,
      formats: { client: "kiro", upstream: "openai-chat" },
      usage: { input: 120, output: 17, cacheRead: 40 },
    });
  });

  it("knows nothing of the client's token, and Kiro's hosts nothing of the call", async () => {
    const before = kiroOrigin.connections.length;
    await turnOf({ form: "target", host: runtimeHost, body: kiroRequest({ content: "hi" }) });
    expect(providers.chat.seen.at(-1)?.headers.join(" ")).toContain("KiroIDE-1.0.228");
    for (const provider of Object.values(providers)) {
      for (const secret of [kiroToken, kiroMachine]) expect(JSON.stringify(provider.seen)).not.toContain(secret);
    }
    for (const connection of kiroOrigin.connections.slice(before)) expect(connection.received().length).toBe(0);
    expect(JSON.stringify(await core.flows())).not.toContain(kiroToken);
  });

  it("keeps another maker's thinking where the client hands it back", async () => {
    const thought = { type: "thinking", text: "I should look." } as const;
    let blobs: readonly string[] = [];
    providers.claude.answerWith(({ toolResults, ...asked }) => {
      blobs = asked.blobs;
      return toolResults.length > 0
        ? { type: "text", text: "Done." }
        : { type: "says", parts: [thought, { name: "read", input: { path: "/a" } }] };
    });
    const question = { content: "Think.", modelId: models.claude };
    const tools = [kiroTool("read", { path: { type: "string" } })];
    const thinks = { additionalModelRequestFields: { thinking: { type: "adaptive", display: "summarized" } } };
    const ask = (body: object): Promise<KiroTurn> =>
      turnOf({ form: "path", host: serviceHost, body: { ...body, ...thinks } });
    const first = await ask(kiroRequest(question, { tools }));
    expect(first).toMatchObject({ reasoning: "I should look.", stopReason: "TOOL_USE" });
    expect(first.signature).toMatch(/^switchyard\./);
    const reasoningContent = { reasoningText: { text: first.reasoning, signature: first.signature } };
    const history = [
      { userInputMessage: question },
      { assistantResponseMessage: { content: first.text, reasoningContent, toolUses: first.calls } },
    ];
    const toolResults = [{ toolUseId: first.calls[0]?.toolUseId, status: "success", content: [{ text: "seen" }] }];
    const second = await ask(kiroRequest({ ...question, content: "" }, { tools, toolResults }, history));
    expect(second.text).toBe("Done.");
    // Its own signature, as the fake made it and checks it.
    expect(blobs).toHaveLength(1);
    expect(providers.claude.seen.at(-1)?.text).not.toContain("switchyard.");
  });

  it("comes over HTTP/2 as well", async () => {
    const session = await h2Through(core, runtimeHost);
    const stream = session.request({
      ":method": "POST",
      ":path": "/",
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "KiroRuntimeService.GenerateAssistantResponse",
    });
    stream.end(JSON.stringify(kiroRequest({ content: "hi" })));
    expect((await collectTurn(kiroEvents(stream))).text).toBe("Hello from the fake provider.");
    session.close();
  });

  it("is nothing where a rule blocks it", async () => {
    const body = kiroRequest({ content: "hi", modelId: "blocked-model" });
    const answer = await askThrough({ form: "target", host: runtimeHost, body });
    expect(answer.status).toBe(403);
    expect(answer.headers["x-amzn-errortype"]).toBe("AccessDeniedException");
  });

  it("is asked at the port too, by path and by header", async () => {
    const shown: unknown = JSON.parse((await core.cli("status", "--json", "--secrets")).stdout);
    const key = String(field(shown, "clientKey"));
    for (const form of ["path", "target"] as const) {
      const call = { origin: core.url, form, body: kiroRequest({ content: "hi" }) };
      const answer = await askKiro({ ...call, headers: { authorization: `Bearer ${key}` } });
      expect(answer.status).toBe(200);
      expect((await collectTurn(answer.events())).text).toBe("Hello from the fake provider.");
      const refused = await askKiro(call);
      expect(refused.status).toBe(401);
      expect(refused.headers["x-amzn-errortype"]).toBe("AccessDeniedException");
    }
  });
});

describe("everything else goes where it was going", () => {
  /** Sends the bytes on a connection of their own, and says what the origin got of them. */
  async function sent(host: string, bytes: string): Promise<string> {
    const [head = ""] = bytes.split("\r\n\r\n");
    const length = Buffer.byteLength(bytes);
    const got = kiroOrigin.play(async (connection) => {
      const seen = (await connection.readUntil(length)).toString();
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nthat's it");
      return seen;
    });
    const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
    socket.write(bytes);
    await readUntil(socket, "that's it");
    socket.destroy();
    expect(head).not.toBe("");
    return got;
  }

  function request(host: string, start: string, headers: readonly string[], body: string): string {
    const lines = [
      `${start} HTTP/1.1`,
      `Host: ${host}`,
      `Authorization: Bearer ${kiroToken}`,
      ...headers,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return `${lines.join("\r\n")}\r\n\r\n${body}`;
  }

  const target = (name: string): readonly string[] => [
    "Content-Type: application/x-amz-json-1.0",
    `X-Amz-Target: ${name}`,
  ];
  it.each([
    ["telemetry", serviceHost, "POST /sendTelemetryEvent", []],
    ["usage", serviceHost, "GET /getUsageLimits?origin=AI_EDITOR&resourceType=AGENTIC_REQUEST", []],
    ["models", serviceHost, "POST /", target("AmazonCodeWhispererService.ListAvailableModels")],
    ["MCP", runtimeHost, "POST /", target("KiroRuntimeService.InvokeMCP")],
    ["features", runtimeHost, "POST /", target("KiroRuntimeService.GetFeatureConfiguration")],
    ["the other chat operation", serviceHost, "POST /", target("AmazonQDeveloperStreamingService.SendMessage")],
    ["a call without a name", runtimeHost, "POST /", []],
  ] as const)("%s", async (_, host, start, headers) => {
    const body = JSON.stringify({
      model: "auto",
      conversationState: { odd: "caf\u00e9" },
      messages: [{ role: "user" }],
    });
    const bytes = request(host, start, headers, start.startsWith("GET") ? "" : body);
    expect(await sent(host, bytes)).toBe(bytes);
  });

  it.each(places)("a call by %s for a model that no rule names: to the last byte", async (form, host) => {
    // Order, white space, an escape and a number that no re-encoder would keep.
    const body =
      '{ "profileArn":"arn:x",\n "conversationState" : {"chatTriggerType":"MANUAL","currentMessage":{"userInputMessage":' +
      '{"content":"caf\\u00e9 \\ud83d","modelId" : "claude-unrouted-1.0","n":12345678901234567890}}} }';
    const bytes =
      form === "target"
        ? request(host, "POST /", target("KiroRuntimeService.GenerateAssistantResponse"), body)
        : request(host, "POST /generateAssistantResponse", ["Content-Type: application/json"], body);
    expect(await sent(host, bytes)).toBe(bytes);
    const isIt = (flow: FlowJson): boolean => flow.host === host && flow.formats.client === "kiro";
    await core.flow("the passed call", (flow) => isIt(flow) && flow.action === "passthrough");
  });
});
