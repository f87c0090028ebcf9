/** Codex tries a WebSocket before HTTP: declined at once where a rule may reroute, spliced through where none does. */
import { readFileSync, writeFileSync } from "node:fs";
import { connect as connectH2, type ClientHttp2Session } from "node:http2";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { parse, stringify } from "yaml";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage, secondHost } from "../support/fixture.ts";
import { startH2Origin } from "../support/h2-origin.ts";
import { field } from "../support/provider-turn.ts";
import { readUntil, tlsThrough } from "../support/proxy-clients.ts";
import { waitFor, within } from "../support/wait.ts";
import { startWebSocketOrigin, type WebSocketOrigin } from "../support/websocket-origin.ts";
import { zstd } from "../support/zstd.ts";

const stage = createStage();
const codexHost = "chatgpt.com";
const codexPath = "/backend-api/codex/responses";
const identity = stage.ca.issue([codexHost, secondHost]);

let provider: FakeProvider;
let origin: WebSocketOrigin;
let core: CoreProcess;
const toLocal = { match: { host: codexHost, path: codexPath }, to: "local/local-model" };
const localProvider = (): object => ({
  local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "none" },
});

beforeAll(async () => {
  provider = stage.opened.add(await startFakeOpenAiChat());
  origin = stage.opened.add(await startWebSocketOrigin(identity));
  core = await stage.startCore({
    dial: { [codexHost]: origin.port, [secondHost]: origin.port },
    config: { providers: localProvider(), routes: [toLocal] },
  });
});
afterAll(() => stage.close());

/** As Codex 0.169 sends it. */
const upgrade = (host: string, path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    "openai-beta: responses_websockets=2026-02-06",
    "originator: codex_cli_rs",
    "Authorization: Bearer the-clients-own-token",
    "",
    "",
  ].join("\r\n");

const question = JSON.stringify({
  model: "gpt-5",
  instructions: "Answer briefly.",
  input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "Say hello." }] }],
  stream: true,
  store: false,
});

function post(body: Uint8Array, ...headers: readonly string[]): Buffer {
  const head = [
    `POST ${codexPath} HTTP/1.1`,
    `Host: ${codexHost}`,
    "Content-Type: application/json",
    "originator: codex_cli_rs",
    `Content-Length: ${body.byteLength}`,
    ...headers,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}

async function open(host: string): Promise<TLSSocket> {
  const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
  stage.opened.later(() => void socket.destroy());
  return socket;
}

describe("a WebSocket to a place where a rule may reroute calls", () => {
  it("is declined with 426 at once, and the POST that follows on the same connection is rerouted", async () => {
    const socket = await open(codexHost);
    socket.write(upgrade(codexHost, codexPath));
    const declined = await readUntil(socket, "}}");
    expect(declined).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
    expect(declined).toMatch(/\r\nconnection: upgrade\r\nupgrade: HTTP\/1\.1\r\n/i);
    expect(declined).not.toMatch(/^connection: close/im);
    expect(JSON.parse(declined.split("\r\n\r\n")[1] ?? "")).toMatchObject({ error: { code: "upgrade_declined" } });
    // Nobody upstream was asked, neither about the socket nor about anything else.
    expect(origin.upgrades).toEqual([]);
    expect(provider.seen).toEqual([]);

    socket.write(post(Buffer.from(question)));
    const answer = await readUntil(socket, "0\r\n\r\n");
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(answer).toContain("event: response.completed");
    expect(answer).toContain("Hello from the fake provider.");
    const asked = provider.seen.at(-1);
    expect(field(asked?.body, "model")).toBe("local-model");
    expect(asked?.headers.join()).not.toContain("the-clients-own-token");
  });

  it("is a flow of its own, bypassed", async () => {
    const flow = await core.flow("the declined WebSocket", (one) => one.protocol === "websocket");
    expect(flow).toMatchObject({
      host: codexHost,
      method: "GET",
      path: codexPath,
      status: 426,
      state: "done",
      action: "bypass",
      formats: { client: "openai-responses" },
    });
    const next = await core.flow("the rerouted POST", (one) => one.host === codexHost && one.method === "POST");
    expect(next).toMatchObject({ action: "reroute", status: 200, provider: "local" });
  });

  it("is declined for a WebSocket library as well: it hears of 426, not of a broken connection", async () => {
    const socket = await open(codexHost);
    const client = new WebSocket(`wss://${codexHost}${codexPath}`, { createConnection: () => socket });
    client.on("error", () => {});
    const status = within(
      "the answer to the upgrade",
      new Promise((resolve) => {
        client.on("unexpected-response", (_, reply) => resolve(reply.statusCode));
      }),
    );
    expect(await status).toBe(426);
  });
});

describe("a WebSocket that no rule is about", () => {
  it.each([
    ["on another host", secondHost, "/v1/responses"],
    ["on another path of the same host", codexHost, "/backend-api/wham/events"],
  ])("passes through and speaks: %s", async (_, host, path) => {
    const socket = await open(host);
    const client = new WebSocket(`wss://${host}${path}`, { createConnection: () => socket });
    client.on("error", () => {});
    await within("the WebSocket to open", new Promise((resolve) => client.once("open", resolve)));
    const answer = new Promise((resolve) => client.once("message", (data: Buffer) => resolve(data.toString())));
    client.send('{"type":"response.create"}');
    expect(await within("the echo", answer)).toBe('{"type":"response.create"}');
    client.terminate();
    expect(origin.upgrades.at(-1)?.url).toBe(path);
  });
});

describe("a POST in zstd, as Codex sends it with a ChatGPT login", () => {
  it("is unpacked and rerouted", async () => {
    const socket = await open(codexHost);
    socket.write(post(zstd(Buffer.from(question)), "Content-Encoding: zstd"));
    const answer = await readUntil(socket, "0\r\n\r\n");
    expect(answer).toContain("event: response.completed");
    expect(field(provider.seen.at(-1)?.body, "messages")).toEqual([
      { role: "system", content: "Answer briefly." },
      { role: "user", content: "Say hello." },
    ]);
    expect(provider.seen.at(-1)?.headers.join().toLowerCase()).not.toContain("zstd");
  });

  it("that is broken is told so in its client's dialect", async () => {
    const socket = await open(codexHost);
    socket.write(post(zstd(Buffer.from(question)).subarray(0, 50), "Content-Encoding: zstd"));
    const answer = await readUntil(socket, "}}");
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(answer.split("\r\n\r\n")[1] ?? "")).toMatchObject({ error: { type: "invalid_request_error" } });
  });
});

describe("an extended CONNECT over HTTP/2", () => {
  it("speaks until a rule comes into force, and is declined from then on, on the same connection", async () => {
    const h2 = stage.opened.add(await startH2Origin(identity));
    h2.play((stream) => {
      stream.respond({ ":status": 200 });
      stream.pipe(stream);
    });
    const other = await stage.startCore({ dial: { [codexHost]: h2.port }, config: { providers: localProvider() } });
    const socket = await tlsThrough(other, codexHost, { alpn: ["h2"] });
    const session = connectH2(`https://${codexHost}`, { createConnection: () => socket });
    session.on("error", () => {});
    stage.opened.later(() => session.destroy());
    await waitFor("extended CONNECT to be offered", () => session.remoteSettings?.enableConnectProtocol === true);
    expect((await extended(session)).status).toBe(200);
    const asked = h2.seen.length;

    const file = join(other.home, "config.yaml");
    writeFileSync(file, stringify({ ...parse(readFileSync(file, "utf8")), routes: [toLocal] }));
    await waitFor("the rule to be in force", async () =>
      (await other.cli("routes", "list")).stdout.includes("local/local-model"),
    );
    const declined = await extended(session);
    expect(declined.status).toBe(426);
    expect(JSON.parse(declined.text)).toMatchObject({ error: { code: "upgrade_declined" } });
    expect(h2.seen).toHaveLength(asked);
    const flow = await other.flow("the declined CONNECT", (one) => one.action === "bypass");
    expect(flow).toMatchObject({ protocol: "websocket", method: "CONNECT", path: codexPath, status: 426 });
  });
});

/** The head and the text of what an extended CONNECT (RFC 8441) is answered; one that is accepted is left at once. */
async function extended(session: ClientHttp2Session): Promise<{ readonly status: unknown; readonly text: string }> {
  const stream = session.request(
    { ":method": "CONNECT", ":protocol": "websocket", ":path": codexPath, "sec-websocket-version": "13" },
    { endStream: false },
  );
  stream.on("error", () => {});
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const answered = new Promise<Readonly<Record<string, unknown>>>((resolve) => stream.once("response", resolve));
  const head = await within("an answer to CONNECT", answered);
  if (head[":status"] === 200) stream.close();
  else await within("the end of the answer", new Promise((resolve) => stream.once("end", resolve)));
  return { status: head[":status"], text };
}
