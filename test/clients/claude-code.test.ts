/**
 * The real Claude Code, unmodified, through `switchyard run`: its model calls are answered by a provider that speaks
 * OpenAI Chat, and it completes a turn in which it has to read a file. No network but loopback is involved.
 */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess, FlowJson } from "../support/core-process.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { field, readsFile } from "../support/provider-turn.ts";
import type { Ran } from "../support/proxy-clients.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";
import { installPackage } from "../support/install.ts";

/** The newest that npm picks on Node 20 (2026-11): later ones ask for Node 22, though the program is a native binary. */
const claudeCode = {
  name: "@anthropic-ai/claude-code",
  version: "2.1.197",
  program: `@anthropic-ai/claude-code-${process.platform}-${process.arch}/claude${process.platform === "win32" ? ".exe" : ""}`,
};

const stage = createStage();
let provider: FakeProvider;
let core: CoreProcess;
let program: string;
let work: TempFolder;

beforeAll(async () => {
  program = await installPackage(claudeCode);
  work = stage.opened.add(tempFolder("claude"));
  provider = stage.opened.add(
    await startFakeOpenAiChat({ gapMs: 1, usage: { input: 4321, output: 55, cached: 4000 } }),
  );
  core = await stage.startCore({
    // The original provider cannot be reached: whatever is answered was rerouted. Port 9 is discard, and closed.
    dial: { [host]: 9 },
    config: {
      listen: { proxy_auth: "reroute" },
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "none" } },
      routes: [{ match: { client: "claude-code", host, model: "claude-*" }, to: "local/local-model" }],
    },
  });
});
afterAll(() => stage.close());

/** `switchyard run -- claude -p …` with a home of its own, as a user would type it. */
function claude(prompt: string, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return core.cliWith(
    {
      env: {
        HOME: work.path,
        ANTHROPIC_API_KEY: "sk-ant-api03-fake-client-key",
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
        ...env,
      },
      cwd: work.path,
      timeoutMs: 120_000,
    },
    "run",
    "--",
    program,
    "-p",
    prompt,
  );
}

function isModelCall(flow: FlowJson): boolean {
  return flow.method === "POST" && flow.path.startsWith("/v1/messages");
}

describe("Claude Code through switchyard run", () => {
  it("completes a turn in which it reads a file", async () => {
    const token = `token-${randomBytes(12).toString("hex")}`;
    const file = work.file("notes/secret.txt", `${token}\n`);
    provider.answerWith(readsFile(file));

    const ran = await claude("Read the file notes/secret.txt and tell me what it says.");

    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain(token);
    const calls = provider.seen.filter((one) => one.path === "/v1/chat/completions");
    expect(calls.map((one) => one.status)).toEqual([200, 200]);
    expect(JSON.stringify(calls[0]?.body)).not.toContain(token);
    expect(JSON.stringify(calls[1]?.body)).toContain(token);
    expect(field(calls[0]?.body, "model")).toBe("local-model");
  });

  it("shows each model call as a reroute that tells the whole story", async () => {
    const flows = (await core.flows()).filter(isModelCall);
    expect(flows).toHaveLength(2);
    for (const flow of flows) {
      expect(flow).toMatchObject({
        client: "claude-code",
        host,
        action: "reroute",
        state: "done",
        status: 200,
        formats: { client: "claude", upstream: "openai-chat" },
        provider: "local",
        usage: { input: 4321, output: 55, cacheRead: 4000 },
      });
      expect(flow.model.asked).toMatch(/^claude-/);
      expect(flow.model.served).toBe("local-model");
    }
    expect(JSON.stringify(flows)).not.toContain("sk-ant-api03-fake-client-key");
  });

  it("waits and tries again when the provider is busy, and ends well", async () => {
    const before = provider.seen.length;
    let refusals = 0;
    provider.answerWith(() => {
      refusals += 1;
      if (refusals === 1) return { type: "error", status: 429, message: "slow down", headers: { "retry-after": "1" } };
      return { type: "text", text: "Here after all." };
    });
    const ran = await claude("Say something.");
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toContain("Here after all.");
    expect(provider.seen.length - before).toBeGreaterThanOrEqual(2);
  });

  it("hands the client's own exit code on", async () => {
    const ran = await core.cliWith({ cwd: work.path }, "run", "--", program, "--no-such-flag");
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain("no-such-flag");
  });
});
