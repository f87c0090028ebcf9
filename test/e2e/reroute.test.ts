/** The official Claude client, unmodified, answered by a provider that speaks OpenAI Chat. One rule, no other change. */
import Anthropic, { APIError } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fetch as undiciFetch, type Dispatcher } from "undici";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { field, readsFile, sayHello } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";
import { waitFor } from "../support/wait.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";

const stage = createStage();
let provider: FakeProvider;
let anthropic: RawOrigin;
let core: CoreProcess;
let claude: Anthropic;

const key = "sk-local-provider-key-0123456789";

beforeAll(async () => {
  provider = stage.opened.add(await startFakeOpenAiChat({ keys: [key], gapMs: 2 }));
  // The original provider is there, and must not be asked.
  anthropic = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  core = await stage.startCore({
    dial: { [host]: anthropic.port },
    config: {
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "api_key" } },
      accounts: [{ provider: "local", name: "main", api_key: key }],
      routes: [{ match: { host, model: "claude-*" }, to: "local/local-model" }],
    },
  });
  const dispatcher: Dispatcher = undiciThrough(core);
  stage.opened.later(() => dispatcher.close());
  claude = new Anthropic({
    apiKey: "sk-ant-the-clients-own-key-000000",
    maxRetries: 0,
    // The SDK's documented way through a proxy; its types name the global fetch, undici's is the same function.
    fetch: undiciFetch as unknown as typeof fetch,
    fetchOptions: { dispatcher },
  });
});
afterAll(() => stage.close());
beforeEach(() => provider.answerWith(sayHello));

const question = {
  model: "claude-test-model",
  max_tokens: 512,
  system: "Answer briefly.",
  messages: [{ role: "user" as const, content: "Say hello." }],
};
const readTool = {
  name: "Read",
  description: "Reads a file",
  input_schema: { type: "object" as const, properties: { file_path: { type: "string" } }, required: ["file_path"] },
};

describe("Claude Messages answered by an OpenAI Chat provider", () => {
  it("a whole reply", async () => {
    const reply = await claude.messages.create(question);
    expect(reply.content).toEqual([expect.objectContaining({ type: "text", text: "Hello from the fake provider." })]);
    expect(reply).toMatchObject({ type: "message", role: "assistant", stop_reason: "end_turn" });
    expect(reply.usage.output_tokens).toBe(17);
    const asked = provider.seen.at(-1);
    expect(asked?.path).toBe("/v1/chat/completions");
    expect(field(asked?.body, "model")).toBe("local-model");
    expect(field(asked?.body, "messages")).toEqual([
      { role: "system", content: "Answer briefly." },
      { role: "user", content: "Say hello." },
    ]);
  });

  it("a streamed reply, in pieces as they come", async () => {
    const stream = claude.messages.stream(question);
    const deltas: string[] = [];
    stream.on("text", (delta) => deltas.push(delta));
    const reply = await stream.finalMessage();
    expect(deltas.length).toBeGreaterThan(3);
    expect(deltas.join("")).toBe("Hello from the fake provider.");
    expect(reply.stop_reason).toBe("end_turn");
    expect(reply.usage.output_tokens).toBe(17);
  });

  it.each([false, true])("a tool call and its result (streamed: %s)", async (isStreamed) => {
    provider.answerWith(readsFile("/etc/motd"));
    const ask = async (messages: Anthropic.MessageParam[]): Promise<Anthropic.Message> => {
      const body = { ...question, tools: [readTool], messages };
      return isStreamed ? claude.messages.stream(body).finalMessage() : claude.messages.create(body);
    };
    const messages: Anthropic.MessageParam[] = [{ role: "user", content: "What does the file say?" }];
    const call = await ask(messages);
    expect(call.stop_reason).toBe("tool_use");
    const used = call.content.find((block) => block.type === "tool_use");
    expect(used).toMatchObject({ name: "Read", input: { file_path: "/etc/motd" } });
    const result = { type: "tool_result" as const, tool_use_id: used?.id ?? "", content: "token-4711" };
    const answer = await ask([
      ...messages,
      { role: "assistant", content: call.content },
      { role: "user", content: [result] },
    ]);
    expect(answer.content).toEqual([expect.objectContaining({ type: "text", text: "The file says: token-4711" })]);
  });

  it("two tool calls at once", async () => {
    provider.answerWith(() => ({
      type: "tools",
      calls: [
        { name: "Read", input: { file_path: "/a" } },
        { name: "Read", input: { file_path: '/b "quoted" ünïcode' } },
      ],
    }));
    const reply = await claude.messages.stream({ ...question, tools: [readTool] }).finalMessage();
    const inputs = reply.content.flatMap((block) => (block.type === "tool_use" ? [block.input] : []));
    expect(inputs).toEqual([{ file_path: "/a" }, { file_path: '/b "quoted" ünïcode' }]);
  });

  it("an image in the question", async () => {
    let images = 0;
    provider.answerWith((asked) => {
      images = asked.images;
      return { type: "text", text: "I see it." };
    });
    const source = { type: "base64" as const, media_type: "image/png" as const, data: "iVBORw0KGgo=" };
    await claude.messages.create({
      ...question,
      messages: [
        {
          role: "user",
          content: [
            { type: "image", source },
            { type: "text", text: "What is it?" },
          ],
        },
      ],
    });
    expect(images).toBe(1);
  });

  it.each<[number, number, string, Readonly<Record<string, string>>]>([
    [429, 429, "rate_limit_error", { "retry-after": "7" }],
    [500, 500, "api_error", {}],
    [400, 400, "invalid_request_error", {}],
  ])("an error %i as a %i in Claude's own words", async (status, shown, type, headers) => {
    provider.answerWith(() => ({ type: "error", status, message: "not today", headers }));
    const error = await claude.messages.create(question).then(
      () => null,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof APIError)) throw new Error(`expected an API error, got ${String(error)}`);
    expect(error.status).toBe(shown);
    expect(error.error).toMatchObject({ type: "error", error: { type } });
    expect(error.headers?.get("retry-after") ?? null).toBe(headers["retry-after"] ?? null);
    expect(JSON.stringify(error.error)).not.toContain(key);
  });

  it("a cut stream ends in an error, never in a tidy message", async () => {
    provider.answerWith(() => ({ type: "cut", text: "This will not be finished because it is cut.", afterEvents: 5 }));
    const finished = await claude.messages
      .stream(question)
      .finalMessage()
      .then(
        () => true,
        () => false,
      );
    expect(finished).toBe(false);
  });

  it("a client that goes away takes the provider's request with it", async () => {
    provider.answerWith(() => ({ type: "silence" }));
    const before = provider.seen.length;
    const abort = new AbortController();
    const pending = claude.messages.create(question, { signal: abort.signal }).catch(() => null);
    await waitFor("the provider to be asked", () => provider.seen.length > before);
    abort.abort();
    await pending;
    const isAbandoned = (): boolean => provider.seen.at(-1)?.abandoned === true;
    expect(await waitFor("the provider's request to be abandoned", isAbandoned)).toBe(true);
  });

  it("is a flow that tells who asked what and who answered", async () => {
    await claude.messages.create(question);
    const flow = await core.flow("a finished reroute", (one) => one.action === "reroute" && one.state === "done");
    expect(flow).toMatchObject({
      host,
      method: "POST",
      path: "/v1/messages",
      status: 200,
      formats: { client: "claude", upstream: "openai-chat" },
      model: { asked: "claude-test-model", served: "local-model" },
      provider: "local",
      account: "main",
      usage: { input: 120, output: 17, cacheRead: 40 },
    });
  });

  it("keeps every key to the place it belongs to", async () => {
    await claude.messages.create(question);
    const sent = provider.seen.at(-1);
    expect(sent?.headers).toContain(`Bearer ${key}`);
    expect(JSON.stringify(provider.seen)).not.toContain("sk-ant-the-clients-own-key");
    expect(anthropic.connections.map((connection) => connection.received().length)).toEqual(
      anthropic.connections.map(() => 0),
    );
    const listed = JSON.stringify(await core.flows());
    expect(listed).not.toContain(key);
    expect(listed).not.toContain("sk-ant-the-clients-own-key");
  });

  it("leaves what no rule names to the original provider", async () => {
    const asked = anthropic.play(async (connection) => {
      const head = await connection.readHead();
      await connection.write(
        'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"data":[]}',
      );
      return head;
    });
    await claude.models.list();
    expect(await asked).toContain("sk-ant-the-clients-own-key");
  });
});
