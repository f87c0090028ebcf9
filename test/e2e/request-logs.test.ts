/** The request log of a real core: what a rerouted call leaves on the disk, and what it does not. */
import Anthropic from "@anthropic-ai/sdk";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { fetch as undiciFetch } from "undici";
import { parse, stringify } from "yaml";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { sayHello } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";
import { waitFor } from "../support/wait.ts";
import { startRawOrigin } from "../support/raw-origin.ts";

const stage = createStage();
const providerKey = "sk-local-provider-key-0123456789";
const clientKey = "sk-ant-the-clients-own-key-000000";
let provider: FakeProvider;
let core: CoreProcess;
let claude: Anthropic;
let requests: string;

beforeAll(async () => {
  provider = stage.opened.add(await startFakeOpenAiChat({ keys: [providerKey], gapMs: 1 }));
  const original = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  core = await stage.startCore({
    dial: { [host]: original.port },
    env: { ENABLE_REQUEST_LOGS: "" },
    config: {
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "api_key" } },
      accounts: [{ provider: "local", name: "main", api_key: providerKey }],
      routes: [{ match: { host, model: "claude-*" }, to: "local/local-model" }],
      settings: { request_logs: true },
    },
  });
  requests = join(core.home, "logs", "requests");
  const dispatcher = undiciThrough(core);
  stage.opened.later(() => dispatcher.close());
  claude = new Anthropic({
    apiKey: clientKey,
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
  messages: [{ role: "user" as const, content: "Say hello." }],
};

const folders = (): readonly string[] => (existsSync(requests) ? readdirSync(requests).sort() : []);

/** The folder that came after `before`, once its last file says `end`. */
async function newFolder(before: readonly string[], end: string): Promise<string> {
  return waitFor(`a new folder whose last file says ${end}`, () => {
    const name = folders().find((one) => !before.includes(one));
    const last = join(requests, name ?? "", "7_res_client.txt");
    return name !== undefined && existsSync(last) && readFileSync(last, "utf8").includes(end)
      ? join(requests, name)
      : undefined;
  });
}

describe("a rerouted call", () => {
  it("streamed, leaves its seven stages, without a credential in any of them", async () => {
    const before = folders();
    await claude.messages.stream(question).finalMessage();
    const folder = await newFolder(before, "message_stop");
    expect(folder).toMatch(/\/claude_openai-chat_claude-test-model_\d{8}_\d{6}(?:-\d+)?$/);
    const text = (name: string): string => readFileSync(join(folder, name), "utf8");
    expect(readdirSync(folder).sort()).toEqual([
      "1_req_client.json",
      "2_req_source.json",
      "3_req_openai.json",
      "4_req_target.json",
      "5_res_provider.txt",
      "6_res_openai.txt",
      "7_res_client.txt",
    ]);
    expect(JSON.parse(text("1_req_client.json"))).toMatchObject({
      method: "POST",
      body: { model: "claude-test-model" },
    });
    expect(JSON.parse(text("4_req_target.json"))).toMatchObject({ body: { model: "local-model" } });
    expect(text("5_res_provider.txt")).toContain("chat.completion.chunk");
    expect(text("6_res_openai.txt")).toContain('"type":"reply-end"');
    for (const name of readdirSync(folder)) {
      expect(text(name)).not.toContain(providerKey);
      expect(text(name)).not.toContain(clientKey);
    }
  });

  it("whole, leaves the provider's reply as one document", async () => {
    const before = folders();
    await claude.messages.create(question);
    const folder = await newFolder(before, "Hello from the fake provider.");
    expect(readdirSync(folder)).toContain("5_res_provider.json");
    expect(JSON.parse(readFileSync(join(folder, "5_res_provider.json"), "utf8"))).toMatchObject({ status: 200 });
  });

  it("that failed, leaves the error and what the client was told of it", async () => {
    const before = folders();
    provider.answerWith(() => ({ type: "error", status: 429, message: "slow down" }));
    await expect(claude.messages.create(question)).rejects.toThrow("slow down");
    const folder = await newFolder(before, "slow down");
    expect(JSON.parse(readFileSync(join(folder, "6_error.json"), "utf8"))).toMatchObject({ kind: "rate-limit" });
  });

  it("leaves nothing while the log is switched off in the file, without a restart", async () => {
    const path = join(core.home, "config.yaml");
    const config = parse(readFileSync(path, "utf8")) as Record<string, unknown>; // written by this test's own stage
    const switchTo = (isOn: boolean): void =>
      writeFileSync(path, stringify({ ...config, settings: { request_logs: isOn } }));
    const ask = (): Promise<unknown> => claude.messages.create(question);
    switchTo(false);
    await waitFor("a call that leaves nothing", async () => {
      const before = folders().length;
      await ask();
      return folders().length === before;
    });
    await ask();
    const before = folders();
    await ask();
    switchTo(true);
    await waitFor("a call that leaves a folder again", async () => {
      await ask();
      return folders().length > before.length;
    });
    expect(folders().slice(0, before.length)).toEqual(before);
  });
});
