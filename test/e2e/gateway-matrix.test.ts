/** Every address of the gateway, asked in every way that is right and in every way that is wrong: no gap in the table. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { own } from "../../src/base/json.ts";
import { defaultLimits } from "../../src/base/limits.ts";
import type { Answer } from "../support/api.ts";
import {
  answerText,
  chatBody,
  type GatewayBench,
  geminiBody,
  messageOf,
  messagesBody,
  startGatewayBench,
  version,
} from "../support/gateway-bench.ts";
import { field } from "../support/provider-turn.ts";
import { waitFor, within } from "../support/wait.ts";

let bench: GatewayBench;
beforeAll(async () => {
  // T16 of SECURITY.md: whatever looks a foreign name up on a prototype throws here, in every dialect.
  bench = await startGatewayBench({ NODE_OPTIONS: "--disable-proto=throw" });
}, 60_000);
afterAll(() => bench.stage.close());

type Dialect = "openai" | "claude" | "gemini";
interface Call {
  readonly path: string;
  readonly body: object;
  readonly dialect: Dialect;
  readonly headers?: Readonly<Record<string, string>>;
  /** Something of the right answer. */
  readonly says: string;
}
const vector = "0.25";
const image = "iVBORw0KGgo=";
const calls: readonly Call[] = [
  { path: "/v1/chat/completions", body: chatBody("local/m"), dialect: "openai", says: answerText },
  { path: "/v1/responses", body: { model: "resp/m", input: "Say hello." }, dialect: "openai", says: answerText },
  { path: "/v1/messages", body: messagesBody("anthro/m"), dialect: "claude", headers: version, says: answerText },
  {
    path: "/v1/messages/count_tokens",
    body: messagesBody("anthro/m"),
    dialect: "claude",
    headers: version,
    says: '"input_tokens":120',
  },
  ...["v1", "v1beta", "v1alpha"].flatMap((v): readonly Call[] => [
    {
      path: `/${v}/models/goog%2Fgemini-listed:generateContent`,
      body: geminiBody,
      dialect: "gemini",
      says: answerText,
    },
    { path: `/${v}/models/goog%2Fgemini-listed:countTokens`, body: geminiBody, dialect: "gemini", says: "120" },
  ]),
  { path: "/v1/embeddings", body: { model: "pics/e", input: "a" }, dialect: "openai", says: vector },
  { path: "/v1/images/generations", body: { model: "pics/d", prompt: "a" }, dialect: "openai", says: image },
  { path: "/v1/providers/local/chat/completions", body: chatBody("m"), dialect: "openai", says: answerText },
  {
    path: "/v1/providers/anthro/messages",
    body: messagesBody("m"),
    dialect: "claude",
    headers: version,
    says: answerText,
  },
  { path: "/v1/providers/resp/responses", body: { model: "m", input: "hi" }, dialect: "openai", says: answerText },
  { path: "/v1/providers/pics/embeddings", body: { model: "e", input: "a" }, dialect: "openai", says: vector },
  { path: "/v1/providers/pics/images/generations", body: { model: "d", prompt: "a" }, dialect: "openai", says: image },
];

const shapes: Readonly<Record<Dialect, (status: number) => object>> = {
  openai: () => ({ error: { message: expect.any(String), type: expect.any(String), param: null } }),
  claude: () => ({ type: "error", error: { type: expect.any(String), message: expect.any(String) } }),
  gemini: (status) => ({ error: { code: status, message: expect.any(String), status: expect.any(String) } }),
};

function expectRefusal(answer: Answer, status: number, dialect: Dialect): void {
  expect(answer.status).toBe(status);
  expect(answer.json).toMatchObject(shapes[dialect](status));
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
}

describe.each(calls)("POST $path", ({ path, body, dialect, headers = {}, says }) => {
  const post = (more: { path?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<Answer> =>
    bench.api.keyed(more.path ?? path, { body: more.body ?? body, headers: { ...headers, ...more.headers } });

  it("with the client key in each of its places", async () => {
    const key = bench.api.clientKey;
    for (const shown of [{ authorization: `Bearer ${key}` }, { "x-api-key": key }, { "x-goog-api-key": key }]) {
      const answer = await bench.api.port(path, { body, headers: { ...headers, ...shown } });
      expect([answer.status, answer.text]).toEqual([200, expect.stringContaining(says)]);
    }
    expect((await bench.api.port(`${path}?key=${key}`, { body, headers })).status).toBe(200);
    for (const shown of [{}, { authorization: `Bearer ${key}x` }, { "x-api-key": "wrong" }, { "x-goog-api-key": "" }])
      expectRefusal(await bench.api.port(path, { body, headers: { ...headers, ...shown } }), 401, dialect);
  });

  it("spelled in all the ways that mean the same", async () => {
    const encoded = path.replace("/v1", "/%76%31");
    for (const spelled of [`${path}/`, `/${path}`, path.replace("/v1", "//v1/"), encoded, `${path}?beta=true`]) {
      const answer = await post({ path: spelled });
      expect([spelled, answer.status, answer.text]).toEqual([spelled, 200, expect.stringContaining(says)]);
    }
  });

  it("in no other method: 405, with the one there is", async () => {
    const before = (await bench.flows()).length;
    for (const method of ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      const answer = await bench.api.keyed(path, { method, headers });
      expectRefusal(answer, 405, dialect);
      expect([method, answer.headers["allow"]]).toEqual([method, "POST"]);
    }
    const head = await bench.api.keyed(path, { method: "HEAD", headers });
    expect([head.status, head.text, head.headers["allow"]]).toEqual([405, "", "POST"]);
    // Nothing was asked of a model.
    expect((await bench.flows()).length).toBe(before);
  });

  it("with a body that is none: 400, in words that do not repeat it", async () => {
    for (const [wrong, more] of [
      ["", {}],
      ["{", {}],
      ["[]", {}],
      ["canary-word=1&b=2", { "content-type": "application/x-www-form-urlencoded" }],
      ["--x\r\n\r\ncanary-word\r\n--x--", { "content-type": "multipart/form-data; boundary=x" }],
      ["canary-word", { "content-encoding": "gzip" }],
      [JSON.stringify(body), { "content-encoding": "rot13" }],
    ] as const) {
      const answer = await post({ body: wrong, headers: more });
      expectRefusal(answer, 400, dialect);
      expect(answer.text).not.toContain("canary-word");
    }
  });

  it("too long, in body or head: said in JSON, not by a broken connection", async () => {
    const before = [bench.chat, bench.anthropic, bench.gemini, bench.responses, bench.media].map(
      ({ seen }) => seen.length,
    );
    const long = JSON.stringify({ ...body, pad: "x".repeat(33 * 1024 * 1024) });
    expectRefusal(await post({ body: long }), 413, dialect);
    const answer = await post({ headers: { "x-pad": "x".repeat(defaultLimits.requestHeadBytes) } });
    expect(answer.status).toBe(431);
    expect(messageOf(answer)).toContain("limits.request_head_bytes");
    expect(
      [bench.chat, bench.anthropic, bench.gemini, bench.responses, bench.media].map(({ seen }) => seen.length),
    ).toEqual(before);
  }, 30_000);

  it("from a web page, or by another name for us: refused", async () => {
    for (const more of [
      { origin: "https://evil.example" },
      { "sec-fetch-site": "cross-site" },
      { host: "evil.example" },
    ]) {
      const answer = await post({ headers: more });
      expect([answer.status, Object.keys(answer.headers).some((name) => name.startsWith("access-control"))]).toEqual([
        403,
        false,
      ]);
    }
  });
});

describe("a provider's own addresses", () => {
  const theirs = { model: "anthro/claude-x", messages: [{ role: "user", content: "hi" }] };
  it.each([
    "/v1/providers/local/chat/completions/",
    "//v1/providers/local/chat/completions",
    "/v1//providers//local/chat/completions",
    "/v1/%70roviders/local/chat/completions",
    "/v1/providers/%6cocal/chat/completions",
    "/v1/providers/local/v1/chat/completions",
  ])("hold to that provider, spelled as %s", async (path) => {
    const before = bench.anthropic.seen.length;
    const refused = await bench.api.keyed(path, { body: theirs });
    expect([refused.status, messageOf(refused)]).toEqual([404, expect.stringContaining("no providers support model")]);
    expect(bench.anthropic.seen.length).toBe(before);
    const answer = await bench.api.keyed(path, { body: chatBody("gpt-4") });
    expect(answer.text).toContain(answerText);
    expect(field(bench.chat.seen.at(-1)?.body, "model")).toBe("my-large");
  });

  it.each([
    "/v1/providers/local/extra/chat/completions",
    "/v1/providers/chat/completions",
    "/v1/providers/goog/models/gemini-listed:generateContent",
    "/v2/providers/local/chat/completions",
  ])("that nobody serves are no calls to whoever has the model: %s", async (path) => {
    const before = [bench.anthropic, bench.chat, bench.gemini].map(({ seen }) => seen.length);
    expect((await bench.api.keyed(path, { body: theirs })).status).toBe(404);
    expect([bench.anthropic, bench.chat, bench.gemini].map(({ seen }) => seen.length)).toEqual(before);
  });

  it("are good bases for the clients of their dialect", async () => {
    const path = "/v1/providers/anthro/v1/messages";
    expect((await bench.api.keyed(path, { headers: version, body: messagesBody("m") })).text).toContain(answerText);
  });
});

describe("questions", () => {
  it.each<[string, Dialect, Record<string, string>?]>([
    ["/v1/models", "openai"],
    ["/v1/models", "claude", version],
    ["/v1/models/sonnet", "openai"],
    ["/v1/models/goog/gemini-listed", "openai"],
    ["/v1/models/sonnet", "claude", version],
    ["/v1beta/models", "gemini"],
    ["/v1beta/models/goog%2Fgemini-listed", "gemini"],
    ["/v1/providers", "openai"],
    ["/v1/providers/local", "openai"],
    ["/v1/providers/local/models", "openai"],
    ["/v1/providers/local/status", "openai"],
    ["/v1/metrics/providers", "openai"],
    ["/healthz", "openai"],
  ])("GET %s (%s): spelled in all ways, HEAD as well, nothing else", async (path, dialect, headers = {}) => {
    const plain = await bench.api.keyed(path, { headers });
    expect(plain.status).toBe(200);
    for (const spelled of [`${path}/`, `/${path}`, path.replace("/v1", "/%76%31"), `${path}?x=1`])
      expect((await bench.api.keyed(spelled, { headers })).status).toBe(200);
    const head = await bench.api.keyed(path, { method: "HEAD", headers });
    expect([head.status, head.text]).toEqual([200, ""]);
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS"]) {
      const answer = await bench.api.keyed(path, { method, headers });
      expectRefusal(answer, 405, dialect);
      expect(answer.headers["allow"]).toBe("GET, HEAD");
    }
  });
});

describe("what is no address here", () => {
  it.each<[string, Dialect]>([
    ["/", "openai"],
    ["/v1", "openai"],
    ["/v1/completions", "openai"],
    ["/v1/files", "openai"],
    ["/v1/messages/batches", "claude"],
    ["/v1beta/files", "gemini"],
    ["/v1beta/models/x:embedSomething", "gemini"],
    ["/V1/CHAT/COMPLETIONS", "openai"],
    ["/v1/chat/completions%zz", "openai"],
  ])("%s is a 404 in the dialect it resembles", async (path, dialect) => {
    const answer = await bench.api.keyed(path, { body: {} });
    expectRefusal(answer, 404, dialect);
    expect(messageOf(answer)).toContain("is not served here");
  });
});

describe("an upload that is refused", () => {
  it.each(["close", "keep-alive"])(
    "is answered to a client that reads only when all is sent (connection: %s)",
    async (connection) => {
      const size = 40 * 1024 * 1024;
      const socket = connect(bench.core.port, "127.0.0.1").pause();
      stage(socket);
      const head = [
        "POST /v1/messages HTTP/1.1",
        `Host: 127.0.0.1:${bench.core.port}`,
        "x-api-key: wrong",
        `Connection: ${connection}`,
        `Content-Length: ${size}`,
      ];
      socket.write([...head, "", ""].join("\r\n"));
      const piece = Buffer.alloc(1024 * 1024, "x");
      for (let sent = 0; sent < size; sent += piece.byteLength) {
        if (!socket.write(piece)) await within("the upload to go on", once(socket, "drain"), 10_000);
      }
      let said = "";
      socket
        .setEncoding("utf8")
        .on("data", (text: string) => (said += text))
        .resume();
      await waitFor("the answer", () => said.includes('"type":"error"'));
      expect(said).toMatch(/^HTTP\/1\.1 401 /);
    },
    40_000,
  );

  function stage(socket: Socket): void {
    bench.stage.opened.later(() => void socket.destroy());
  }
});

describe("a WebSocket to the port itself", () => {
  const upgrade = (path: string, ...more: readonly string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(bench.core.port, "127.0.0.1");
      let said = "";
      socket.setEncoding("utf8").on("data", (piece: string) => (said += piece));
      socket.once("error", reject).once("close", () => resolve(said));
      const lines = [
        `GET ${path} HTTP/1.1`,
        `Host: 127.0.0.1:${bench.core.port}`,
        `Authorization: Bearer ${bench.api.clientKey}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ...more,
      ];
      socket.write([...lines, "", ""].join("\r\n"));
    });

  it("is declined with 426, on which clients go on over HTTP, and is a flow where it was a call", async () => {
    const answer = await within("an answer", upgrade("/v1/responses"));
    expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(answer).toContain('"code":"upgrade_declined"');
    const flow = await waitFor("its flow", async () =>
      (await bench.flows()).find(({ protocol }) => protocol === "websocket"),
    );
    expect(flow).toMatchObject({ action: "bypass", status: 426, state: "done", path: "/v1/responses" });
    expect(JSON.stringify(own(flow, "why"))).toContain("declined with 426");
  });

  it("from a web page is refused, and leaves no trace", async () => {
    const before = (await bench.flows()).length;
    for (const origin of ["https://evil.example", `http://127.0.0.1:${bench.core.port}`])
      expect(await within("an answer", upgrade("/v1/responses", `Origin: ${origin}`))).toMatch(/^HTTP\/1\.1 403 /);
    for (const path of ["/api/events", "/v0/oauth/kiro", "/nothing"])
      expect(await within("an answer", upgrade(path))).toMatch(/^HTTP\/1\.1 4(?:26|03) /);
    expect((await bench.flows()).length).toBe(before);
  });
});
