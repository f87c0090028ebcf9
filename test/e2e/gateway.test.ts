/** The port as a server for tools that take a base URL: who gets in, and what a model call is in each dialect. */
import { join } from "node:path";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { own } from "../../src/base/json.ts";
import type { FlowJson } from "../support/core-process.ts";
import {
  answerText,
  chatBody,
  type GatewayBench,
  geminiBody,
  keys,
  messagesBody,
  startGatewayBench,
  version,
} from "../support/gateway-bench.ts";
import { liveFiles } from "../support/live-files.ts";
import { field, sayHello } from "../support/provider-turn.ts";
import { waitFor } from "../support/wait.ts";

let bench: GatewayBench;
beforeAll(async () => {
  bench = await startGatewayBench();
});
afterAll(() => bench.stage.close());

/** All keys that a client's dialect may carry ours in. */
const carriers = (key: string): readonly (readonly [string, (path: string) => [string, Record<string, string>]])[] => [
  ["Bearer", (path) => [path, { authorization: `Bearer ${key}` }]],
  ["x-api-key", (path) => [path, { "x-api-key": key }]],
  ["x-goog-api-key", (path) => [path, { "x-goog-api-key": key }]],
  ["?key=", (path) => [`${path}${path.includes("?") ? "&" : "?"}key=${key}`, {}]],
];

describe("the client key", () => {
  it.each(["Bearer", "x-api-key", "x-goog-api-key", "?key="])("opens questions and calls as %s", async (name) => {
    const made = carriers(bench.api.clientKey).find(([each]) => each === name)?.[1];
    if (made === undefined) throw new Error(`no carrier ${name}`);
    const [path, headers] = made("/v1/providers/local");
    expect((await bench.api.port(path, { headers })).json).toMatchObject({ id: "local" });
    const [call, more] = made("/v1/chat/completions");
    expect((await bench.api.port(call, { headers: more, body: chatBody("local/m") })).status).toBe(200);
    const [generate, fields] = made("/v1beta/models/goog%2Fgemini-listed:generateContent");
    expect((await bench.api.port(generate, { headers: fields, body: geminiBody })).status).toBe(200);
  });

  const openai = { error: { type: "invalid_request_error", code: "invalid_api_key" } };
  const claude = { type: "error", error: { type: "authentication_error" } };
  const google = { error: { code: 401, status: "UNAUTHENTICATED" } };
  it.each<[string, object, object, Record<string, string>?]>([
    ["/v1/chat/completions", { body: {} }, openai],
    ["/v1/responses", { body: {} }, openai],
    ["/v1/embeddings", { body: {} }, openai],
    ["/v1/images/generations", { body: {} }, openai],
    ["/v1/messages", { body: {} }, claude],
    ["/v1/messages/count_tokens", { body: {} }, claude],
    ["/v1beta/models/x:generateContent", { body: {} }, google],
    ["/v1alpha/models/x:streamGenerateContent?alt=sse", { body: {} }, google],
    ["/v1beta/models", {}, google],
    ["/v1/models", {}, openai],
    ["/v1/models", { headers: version }, claude],
    ["/v1/models/a/b", {}, openai],
    ["/v1/providers", {}, openai],
    ["/v1/providers/local/enabled", { method: "PUT", body: { enabled: false } }, openai],
    ["/v1/providers/local/chat/completions", { body: {} }, openai],
    ["/v1/metrics/providers", {}, openai],
    ["/nothing/there", {}, openai],
  ])("missing or wrong is refused at %s in the asker's dialect", async (path, options, shape) => {
    const before = [bench.chat, bench.anthropic, bench.gemini, bench.responses].map(({ seen }) => seen.length);
    const headers = (options as { headers?: Record<string, string> }).headers ?? {}; // as written above
    for (const wrong of [
      {},
      { "x-api-key": `${bench.api.clientKey}x` },
      { authorization: `Bearer ${bench.api.proxyToken}` },
    ]) {
      const answer = await bench.api.port(path, { ...options, headers: { ...headers, ...wrong } });
      expect(answer.status).toBe(401);
      expect(answer.json).toMatchObject(shape);
      expect(answer.text).toContain("SWITCHYARD_CLIENT_KEY");
    }
    expect([bench.chat, bench.anthropic, bench.gemini, bench.responses].map(({ seen }) => seen.length)).toEqual(before);
  });

  it("is not asked for where nothing is told", async () => {
    expect((await bench.api.port("/healthz")).json).toEqual({ status: "ok" });
    expect((await bench.api.port("/healthz", { method: "HEAD" })).status).toBe(200);
  });

  it("a refused call is a flow that says so", async () => {
    await bench.api.port("/v1/messages?key=wrong-key-0123456789", { body: messagesBody("x") });
    const flow = (await bench.flows()).findLast(({ path }) => path.startsWith("/v1/messages?key="));
    expect(flow).toMatchObject({ status: 401, state: "done" });
    expect(JSON.stringify(flow)).toContain("the client key is missing or wrong");
    expect(JSON.stringify(flow)).not.toContain("wrong-key-0123456789");
  });
});

describe("web pages and other names for this machine", () => {
  const port = (): number => bench.core.port;
  it.each<[string, () => Record<string, string>]>([
    ["an Origin", () => ({ origin: "https://evil.example" })],
    ["our own address as Origin", () => ({ origin: `http://127.0.0.1:${port()}` })],
    ["a null Origin", () => ({ origin: "null" })],
    ["Sec-Fetch-Site: cross-site", () => ({ "sec-fetch-site": "cross-site" })],
    ["Sec-Fetch-Site: same-site", () => ({ "sec-fetch-site": "same-site" })],
    ["Sec-Fetch-Site: same-origin", () => ({ "sec-fetch-site": "same-origin" })],
    ["another name", () => ({ host: `evil.example:${port()}` })],
    ["localhost.evil", () => ({ host: `localhost.evil:${port()}` })],
    ["a name that resolves to us", () => ({ host: `127.0.0.1.nip.io:${port()}` })],
    ["a name under localhost", () => ({ host: `evil.localhost:${port()}` })],
    ["0.0.0.0", () => ({ host: `0.0.0.0:${port()}` })],
    ["a decimal address", () => ({ host: `2130706433:${port()}` })],
    ["an octal address", () => ({ host: `0177.0.0.1:${port()}` })],
    ["a short address", () => ({ host: `127.1:${port()}` })],
    ["a mapped address", () => ({ host: `[::ffff:127.0.0.1]:${port()}` })],
    ["another loopback address", () => ({ host: `127.0.0.2:${port()}` })],
    ["another port", () => ({ host: "127.0.0.1:1" })],
    ["no port", () => ({ host: "127.0.0.1" })],
    ["a user before the name", () => ({ host: `localhost@evil.example:${port()}` })],
  ])("%s is refused before anything is read", async (_name, headers) => {
    const before = [bench.chat.seen.length, (await bench.flows()).length];
    const key = { authorization: `Bearer ${bench.api.clientKey}` };
    for (const [path, options] of [
      ["/v1/chat/completions", { body: chatBody("local/m") }],
      ["/v1/providers/local/enabled", { method: "PUT", body: { enabled: false } }],
      ["/v1/providers", {}],
      ["/healthz", {}],
      ["/v1/chat/completions", { method: "OPTIONS" }],
    ] as const) {
      const answer = await bench.api.port(path, { ...options, headers: { ...key, ...headers() } });
      expect(answer.status).toBe(403);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
    expect([bench.chat.seen.length, (await bench.flows()).length]).toEqual(before);
    expect(await bench.api.get("/v1/providers/local")).toMatchObject({ enabled: true });
  });

  const raw = async (...lines: readonly string[]): Promise<string> => {
    const socket = connect(bench.core.port, "127.0.0.1");
    socket.end([...lines, "", ""].join("\r\n"));
    let text = "";
    for await (const piece of socket.setEncoding("utf8")) text += String(piece);
    return text;
  };
  it("two Hosts, or none", async () => {
    const own = `Host: 127.0.0.1:${bench.core.port}`;
    expect(await raw("GET /healthz HTTP/1.1", own, "Connection: close")).toMatch(/^HTTP\/1\.1 200 /);
    expect(await raw("GET /healthz HTTP/1.1", own, "Host: evil.example")).toMatch(/^HTTP\/1\.1 40[03] /);
    expect(await raw("GET /healthz HTTP/1.0")).toMatch(/^HTTP\/1\.[01] 40[03] /);
  });
  it("a WebSocket", async () => {
    const answer = await raw(
      `GET /v1/responses?key=${bench.api.clientKey} HTTP/1.1`,
      `Host: 127.0.0.1:${bench.core.port}`,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
  });
  it("nobody is told that a page may ask", async () => {
    const answer = await bench.api.keyed("/v1/chat/completions", { method: "OPTIONS" });
    expect(answer.status).toBe(405);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
  });
  it("localhost and [::1] are names of ours", async () => {
    for (const host of [`localhost:${bench.core.port}`, `LOCALHOST:${bench.core.port}`, `[::1]:${bench.core.port}`]) {
      expect((await bench.api.port("/healthz", { headers: { host } })).status).toBe(200);
    }
  });
});
describe("a call in each dialect", () => {
  const lastFlow = async (path: string): Promise<FlowJson> =>
    waitFor(`the end of a flow of ${path}`, async () => {
      const flow = (await bench.flows()).findLast((each) => each.path.startsWith(path));
      return flow?.state === "done" ? flow : undefined;
    });
  const counted = { stream: true, stream_options: { include_usage: true } };
  const usage = { input: 120, output: 17, cacheRead: 40 };

  it.each<[string, string, object, string]>([
    ["chat", "/v1/chat/completions", chatBody("local/m", counted), "[DONE]"],
    ["responses", "/v1/responses", { model: "resp/m", input: "Say hello.", stream: true }, "response.completed"],
    ["messages", "/v1/messages", messagesBody("anthro/m", { stream: true }), "message_stop"],
    ["messages from elsewhere", "/v1/messages", messagesBody("local/m", { stream: true }), "message_stop"],
    ["gemini", "/v1beta/models/goog%2Fgemini-listed:streamGenerateContent?alt=sse", geminiBody, "STOP"],
    ["gemini, the name as it is", "/v1beta/models/local/m:streamGenerateContent?alt=sse", geminiBody, "STOP"],
    ["gemini v1", "/v1/models/local%2Fm:streamGenerateContent?alt=sse", geminiBody, "STOP"],
    ["gemini v1alpha", "/v1alpha/models/local%2Fm:streamGenerateContent?alt=sse", geminiBody, "STOP"],
  ])("streamed: %s", async (_name, path, body, end) => {
    const headers = { ...version, "user-agent": "curl/8.0" };
    const answer = await bench.api.keyed(path, { headers, body });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-type"]).toContain("text/event-stream");
    expect(answer.text.trimEnd().endsWith("}") || answer.text.includes(end)).toBe(true);
    expect(answer.text).toContain(end);
    const flow = await lastFlow(path);
    expect(flow).toMatchObject({ client: "curl", action: "reroute", status: 200, account: expect.any(String) });
    expect(flow.usage).toMatchObject({ ...usage, cacheRead: flow.usage?.cacheRead ?? 0 });
    const stages = (own(flow, "why") as { stage: string }[]).map(({ stage: name }) => name); // the published flow
    expect(stages).toEqual(expect.arrayContaining(["detect", "select", "attempt"]));
  });

  it("whole: bench.chat, responses, messages, gemini", async () => {
    const [one, two, three, four] = await Promise.all([
      bench.api.keyed("/v1/chat/completions", { body: chatBody("anthro/m") }),
      bench.api.keyed("/v1/responses", { body: { model: "local/m", input: "Say hello." } }),
      bench.api.keyed("/v1/messages", { body: messagesBody("goog/gemini-listed") }),
      bench.api.keyed("/v1beta/models/resp%2Fm:generateContent", { body: geminiBody }),
    ]);
    expect(one.json).toMatchObject({ object: "chat.completion" });
    expect(two.json).toMatchObject({ object: "response", status: "completed" });
    expect(three.json).toMatchObject({ type: "message", role: "assistant" });
    expect(four.json).toMatchObject({ candidates: [{ finishReason: "STOP" }] });
    for (const answer of [one, two, three, four]) expect(answer.text).toContain(answerText);
  });

  it("counts tokens, at the provider or here", async () => {
    const asked = await bench.api.keyed("/v1/messages/count_tokens", {
      headers: version,
      body: messagesBody("anthro/m"),
    });
    expect(asked.json).toEqual({ input_tokens: 120 });
    const here = await bench.api.keyed("/v1/messages/count_tokens", {
      headers: version,
      body: messagesBody("local/m"),
    });
    expect(own(here.json, "input_tokens")).toEqual(expect.any(Number));
    const google = await bench.api.keyed("/v1beta/models/goog%2Fgemini-listed:countTokens", { body: geminiBody });
    expect(google.json).toEqual({ totalTokens: 120 });
  });

  const rawCall = (...more: readonly string[]): { readonly socket: Socket; readonly text: () => string } => {
    const body = JSON.stringify(chatBody("local/m"));
    const head = ["POST /v1/chat/completions HTTP/1.1", `Host: 127.0.0.1:${bench.core.port}`, ...more];
    const socket = connect(bench.core.port, "127.0.0.1");
    let text = "";
    socket.setEncoding("utf8").on("data", (piece: string) => {
      if (text === "" && piece.startsWith("HTTP/1.1 100 ")) socket.write(body);
      text += piece;
    });
    const waits = more.some((line) => line.startsWith("Expect"));
    socket.write([...head, `Content-Length: ${body.length}`, "", waits ? "" : body].join("\r\n"));
    return { socket, text: () => text };
  };

  it("of a client that goes away takes the provider's call with it", async () => {
    bench.chat.answerWith(() => ({ type: "silence" }));
    const before = bench.chat.seen.length;
    const { socket } = rawCall(`Authorization: Bearer ${bench.api.clientKey}`);
    await waitFor("the provider to be asked", () => bench.chat.seen.length > before);
    socket.destroy();
    await waitFor("the provider's call to be given up", () => bench.chat.seen.at(-1)?.abandoned === true);
    bench.chat.answerWith(sayHello);
    const flow = await waitFor("the end of its flow", async () => {
      const last = (await bench.flows()).findLast(({ path }) => path === "/v1/chat/completions");
      return last?.state === "failed" ? last : undefined;
    });
    expect(flow.error).toBe("the client went away");
  });

  it("whose client waits to be asked for the body is asked only when it showed the key", async () => {
    const refused = rawCall("Expect: 100-continue");
    await waitFor("an answer", () => refused.text().includes("\r\n\r\n"));
    expect(refused.text()).toMatch(/^HTTP\/1\.1 401 /);
    const taken = rawCall("Expect: 100-continue", `x-api-key: ${bench.api.clientKey}`);
    await waitFor("an answer", () => taken.text().includes(answerText));
    expect(taken.text()).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    for (const { socket } of [refused, taken]) socket.destroy();
  });

  it("embeddings and images, which are flows too", async () => {
    const vector = await bench.api.keyed("/v1/embeddings", { body: { model: "pics/embed-1", input: "a" } });
    expect(vector.json).toMatchObject({ object: "list", data: [{ embedding: [0.25, -0.5] }] });
    const image = await bench.api.keyed("/v1/images/generations", { body: { model: "pics/draw-1", prompt: "a cat" } });
    expect(image.json).toMatchObject({ data: [{ b64_json: "iVBORw0KGgo=" }] });
    expect(bench.media.seen.map(({ body }) => field(body, "model"))).toEqual(["embed-1", "draw-1"]);
    const flow = await lastFlow("/v1/embeddings");
    expect(flow).toMatchObject({ provider: "pics", account: "p", usage: { input: 5, output: 0 } });
  });
});

describe("keys", () => {
  it("go to their own provider only, and stand in no flow, log or message", async () => {
    const spoken = [bench.chat, bench.anthropic, bench.gemini, bench.responses].flatMap(({ seen }) => seen);
    const sent = JSON.stringify([...spoken, ...bench.media.seen]);
    expect(sent).not.toContain(bench.api.clientKey);
    expect(sent).not.toContain(bench.api.proxyToken);
    for (const fake of [bench.anthropic, bench.gemini, bench.responses])
      expect(JSON.stringify(fake.seen)).not.toContain(keys.chat);
    const listed = await bench.flows();
    expect(listed.length).toBeGreaterThan(40);
    const details = await Promise.all(listed.map(({ id }) => bench.api.socket(`/api/flows/${id}`)));
    const shown =
      JSON.stringify(listed) + details.map(({ text }) => text).join("") + bench.core.stderr() + filesIn("logs");
    for (const secret of [bench.api.clientKey, bench.api.proxyToken, ...Object.values(keys)])
      expect(shown).not.toContain(secret);
  });
});

function filesIn(name: string): string {
  const folder = join(bench.core.home, name);
  return liveFiles(folder)
    .map(({ bytes }) => bytes.toString("utf8"))
    .join("");
}
