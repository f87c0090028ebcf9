/** The same dialect on both sides: another account or model, and not a byte more is different. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeAnthropic, type FakeProvider } from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { sayHello } from "../support/provider-turn.ts";
import { readToEnd, tlsThrough } from "../support/proxy-clients.ts";

const stage = createStage();
let provider: FakeProvider;
let core: CoreProcess;

const key = "sk-other-account-0123456789";

beforeAll(async () => {
  provider = stage.opened.add(await startFakeAnthropic({ keys: [key] }));
  core = await stage.startCore({
    config: {
      providers: { other: { type: "anthropic-compatible", endpoint: provider.url, auth_type: "api_key" } },
      accounts: [{ provider: "other", name: "second", api_key: key }],
      routes: [{ match: { host, model: "claude-*" }, to: "other/claude-served" }],
    },
  });
});
afterAll(() => stage.close());
beforeEach(() => provider.answerWith(sayHello));

/** Fields out of the usual order, white space, an escape, a number no double can hold: nothing a re-encoder would keep. */
function body(stream: boolean): string {
  return `{ "stream": ${stream},\n  "messages": [{"role":"user","content":[{"type":"text","text":"caf\\u00e9 ","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],
  "max_tokens": 12345678901234567890, "model" : "claude-asked", "metadata": {"user_id": "{\\"model\\": \\"claude-asked\\"}"} }`;
}

async function ask(stream: boolean): Promise<string> {
  const sent = body(stream);
  const head = [
    "POST /v1/messages?beta=true HTTP/1.1",
    `Host: ${host}`,
    "x-api-key: sk-the-clients-own",
    "anthropic-version: 2023-06-01",
    "anthropic-beta: one,two",
    "X-Odd-Header: kept",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(sent)}`,
    "Connection: close",
  ];
  const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
  socket.write(`${head.join("\r\n")}\r\n\r\n${sent}`);
  return (await readToEnd(socket)).bytes.toString();
}

describe("Claude Messages answered by another Claude provider", () => {
  it.each([false, true])("changes the model in the request, and nothing else (streamed: %s)", async (stream) => {
    expect(await ask(stream)).toMatch(/^HTTP\/1\.1 200 /);
    expect(provider.seen.at(-1)?.text).toBe(
      body(stream).replace('"model" : "claude-asked"', '"model" : "claude-served"'),
    );
  });

  it("keeps the client's headers and query, and changes the key", async () => {
    await ask(false);
    const seen = provider.seen.at(-1);
    expect(seen?.path).toBe("/v1/messages?beta=true");
    expect(seen?.headers).toEqual(expect.arrayContaining(["one,two", "kept", key]));
    expect(seen?.headers).not.toContain("sk-the-clients-own");
  });

  it("keeps thinking and its signature in the reply", async () => {
    provider.answerWith(() => ({ type: "text", text: "Done.", thinking: "Let me think about it for a while." }));
    expect(await ask(false)).toContain('"signature":"RmFrZVNpZ25hdHVyZQ=="');
    expect(await ask(true)).toContain('{"type":"signature_delta","signature":"RmFrZVNpZ25hdHVyZQ=="}');
  });

  it("is a reroute without a translation", async () => {
    await ask(false);
    const flow = await core.flow("a finished reroute", (one) => one.action === "reroute" && one.state === "done");
    expect(flow).toMatchObject({
      formats: { client: "claude", upstream: "claude" },
      model: { asked: "claude-asked", served: "claude-served" },
      provider: "other",
      account: "second",
    });
  });
});
