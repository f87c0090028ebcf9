/** Stored credentials are used for those who show the per-install token; everybody else keeps their own. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { connectThrough, readUntil, tlsThrough, type Through } from "../support/proxy-clients.ts";
import { startRawOrigin } from "../support/raw-origin.ts";

const stage = createStage();
let core: CoreProcess;
let provider: FakeProvider;

beforeAll(async () => {
  provider = stage.opened.add(await startFakeOpenAiChat());
  const origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  void origin.play(async (connection) => {
    await connection.readHead();
    await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\noriginal");
  });
  core = await stage.startCore({
    dial: { [host]: origin.port },
    config: {
      listen: { proxy_auth: "reroute" },
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "api_key" } },
      accounts: [{ provider: "local", name: "main", api_key: "sk-stored-credential-0123456789" }],
      routes: [{ match: { model: "claude-routed" }, to: "local/m" }],
    },
  });
});
afterAll(() => stage.close());

async function ask(through: Through, model: string): Promise<string> {
  const body = JSON.stringify({ model, max_tokens: 9, messages: [{ role: "user", content: "hi" }] });
  const socket = await tlsThrough(through, host, { alpn: ["http/1.1"] });
  const head = [`POST /v1/messages HTTP/1.1`, `Host: ${host}`, "x-api-key: own", "anthropic-version: 2023-06-01"];
  socket.write([...head, "Content-Type: application/json", `Content-Length: ${body.length}`, "", body].join("\r\n"));
  const reply = await readUntil(socket, "\r\n\r\n");
  socket.destroy();
  return reply;
}

/** The proxy address with the token in it, as `switchyard env` hands it out. */
async function proxyUrlFromEnv(): Promise<string> {
  const ran = await core.cli("env", "--shell", "json");
  const variables: unknown = JSON.parse(ran.stdout);
  const url = (variables as Record<string, unknown>)["HTTPS_PROXY"]; // JSON.parse of an object
  if (typeof url !== "string") throw new Error(`no HTTPS_PROXY in ${ran.stdout}`);
  return url;
}

describe("the per-install token", () => {
  it("is not needed for calls that are passed through", async () => {
    expect(await ask(core, "claude-unrouted")).toMatch(/^HTTP\/1\.1 200 /);
  });

  it("is needed before a stored credential is used: 407, and the provider hears nothing", async () => {
    const before = provider.seen.length;
    expect(await ask(core, "claude-routed")).toMatch(/^HTTP\/1\.1 407 /);
    expect(provider.seen.length).toBe(before);
  });

  it("opens the route", async () => {
    const url = await proxyUrlFromEnv();
    expect(await ask({ url, ca: core.ca }, "claude-routed")).toMatch(/^HTTP\/1\.1 200 /);
    expect(provider.seen.at(-1)?.headers).toContain("Bearer sk-stored-credential-0123456789");
  });

  it("a wrong one is as good as none", async () => {
    const url = new URL(core.url);
    url.username = "switchyard";
    url.password = "guessed";
    const before = provider.seen.length;
    // Refused at the door or at the request, as the product likes.
    const tunnel = await connectThrough(url.href, `${host}:443`);
    tunnel.socket.destroy();
    const answer = tunnel.status === 200 ? await ask({ url: url.href, ca: core.ca }, "claude-routed") : tunnel.head;
    expect(answer).toMatch(/^HTTP\/1\.1 407 /);
    expect(provider.seen.length).toBe(before);
  });

  it("is never printed without being asked for", async () => {
    const token = decodeURIComponent(new URL(await proxyUrlFromEnv()).password);
    expect(token.length).toBeGreaterThan(16);
    for (const command of [
      ["status", "--json"],
      ["flows", "list", "--json"],
    ]) {
      const ran = await core.cli(...command);
      expect(ran.stdout + ran.stderr).not.toContain(token);
    }
    expect(core.stderr()).not.toContain(token);
  });
});
