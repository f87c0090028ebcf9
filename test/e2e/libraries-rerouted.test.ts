/** curl and Python as they come, through `switchyard run`: a streamed call answered by another provider in the caller's own dialect. */
import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { startFakeAnthropic, type FakeProvider } from "../support/fake-providers.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { canRun } from "../support/needs.ts";
import type { Ran } from "../support/proxy-clients.ts";
import { tempFolder, type TempFolder } from "../support/temp.ts";

const stage = createStage();
const hasCurl = canRun("curl");
const hasPython = canRun("python3");
const modules = hasPython ? ["requests", "httpx", "aiohttp"].filter(hasModule) : [];

let provider: FakeProvider;
let core: CoreProcess;
let home: TempFolder;

/** Nobody installs these for a test: what is there is tried. */
function hasModule(name: string): boolean {
  return spawnSync("python3", ["-c", `import ${name}`], { stdio: "ignore" }).status === 0;
}

const key = "sk-FAKE-the-callers-own";
const url = `https://${secondHost}/v1/chat/completions`;
const body = JSON.stringify({
  model: "gpt-4.1",
  stream: true,
  stream_options: { include_usage: true },
  messages: [{ role: "user", content: "Say hello." }],
});
const answer = "Grüße — in small pieces, one after the other.";

beforeAll(async () => {
  provider = stage.opened.add(await startFakeAnthropic({ gapMs: 20, keys: ["sk-the-accounts-own"] }));
  home = stage.opened.add(tempFolder("libraries"));
  home.file("body.json", body);
  core = await stage.startCore({
    // The providers that were meant cannot be reached: port 9 is discard, and closed.
    dial: { [host]: 9, [secondHost]: 9 },
    config: {
      listen: { proxy_auth: "reroute" },
      providers: { other: { type: "anthropic-compatible", endpoint: `${provider.url}/v1`, auth_type: "api_key" } },
      accounts: [{ provider: "other", name: "main", api_key: "sk-the-accounts-own" }],
      routes: [{ match: { host: secondHost }, to: "other/claude-sonnet-4-5" }],
    },
  });
  provider.answerWith(() => ({ type: "text", text: answer }));
});
afterAll(() => stage.close());

function throughRun(...command: readonly string[]): Promise<Ran> {
  const env = { HOME: home.path, PYTHONUNBUFFERED: "1", PYTHONIOENCODING: "utf-8" };
  return core.cliWith({ env, cwd: home.path, timeoutMs: 60_000 }, "run", "--", ...command);
}

/** The text of a stream of Chat chunks; throws where one of them is none. */
function streamedText(stream: string): string {
  const events = [...stream.matchAll(/^data: (.*)$/gm)].map(([, data = ""]) => data);
  expect(events.at(-1)).toBe("[DONE]");
  const chunks = events.slice(0, -1).map((data): unknown => JSON.parse(data));
  return chunks
    .map((chunk) => /"content":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(chunk))?.[1])
    .map((text) => (text === undefined ? "" : String(JSON.parse(text))))
    .join("");
}

/** Every one prints the lines of the stream as they come, each after the milliseconds since the first. */
const scripts: Readonly<Record<string, string>> = {
  urllib: `
import time, urllib.request
request = urllib.request.Request("${url}", open("body.json", "rb").read(), headers)
with urllib.request.urlopen(request) as reply:
    assert reply.status == 200
    for line in reply: show(line.decode())
`,
  requests: `
import requests
with requests.post("${url}", data=open("body.json", "rb"), headers=headers, stream=True) as reply:
    assert reply.status_code == 200
    for line in reply.iter_lines(): show(line.decode())
`,
  httpx: `
import httpx
with httpx.stream("POST", "${url}", content=open("body.json", "rb").read(), headers=headers) as reply:
    assert reply.status_code == 200
    for line in reply.iter_lines(): show(line)
`,
  aiohttp: `
import aiohttp, asyncio
async def main():
    async with aiohttp.ClientSession(trust_env=True) as session:
        async with session.post("${url}", data=open("body.json", "rb").read(), headers=headers) as reply:
            assert reply.status == 200
            async for line in reply.content: show(line.decode())
asyncio.run(main())
`,
};

const prelude = `
import time, sys
headers = {"authorization": "Bearer ${key}", "content-type": "application/json"}
began = None
def show(line):
    global began
    now = time.monotonic()
    if began is None: began = now
    line = line.strip()
    if line: print(line); print(int((now - began) * 1000), file=sys.stderr)
`;

/** The answer's text; throws where the call did not go as it should. */
function answered(ran: Ran): string {
  expect(ran).toMatchObject({ code: 0 });
  const last = provider.seen.at(-1);
  expect(last).toMatchObject({ path: "/v1/messages", status: 200 });
  expect(JSON.stringify([last?.headers, last?.text])).not.toContain(key);
  return streamedText(ran.stdout);
}

describe("a rerouted stream", () => {
  it.skipIf(!hasCurl).each(["--http1.1", "--http2"])("reaches curl %s", async (version) => {
    const headers = ["-H", `authorization: Bearer ${key}`, "-H", "content-type: application/json"];
    const ran = await throughRun("curl", "-sSN", "--fail", version, ...headers, "--data-binary", "@body.json", url);
    expect(answered(ran)).toBe(answer);
  });

  it.skipIf(!hasPython).each(["urllib", ...modules])("reaches Python's %s piece by piece", async (name) => {
    const ran = await throughRun("python3", "-c", prelude + (scripts[name] ?? ""));
    expect(answered(ran)).toBe(answer);
    // Twenty pauses of 20 ms lie between the first piece and the last; a proxy that collects would show none.
    const times = ran.stderr.trim().split("\n").map(Number);
    expect(times.at(-1)).toBeGreaterThan(100);
  });

  it.skipIf(!hasCurl || !hasPython)("is listed under the caller's name", async () => {
    const flows = await core.flows();
    expect(new Set(flows.map(({ client }) => client))).toEqual(new Set(["curl", "python"]));
    for (const flow of flows) {
      expect(flow).toMatchObject({
        action: "reroute",
        state: "done",
        formats: { client: "openai-chat", upstream: "claude" },
        usage: { input: 120, output: 17 },
      });
    }
  });
});
