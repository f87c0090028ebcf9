/** The log of a real core, searched, followed, exported and shortened by the program as people run it. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetch as undiciFetch, type Dispatcher } from "undici";
import type { CoreProcess } from "../support/core-process.ts";
import { type FakeProvider, startFakeOpenAiChat } from "../support/fake-providers.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl } from "../../src/control/client.ts";
import { canRun } from "../support/needs.ts";
import { sayHello } from "../support/provider-turn.ts";
import { run, undiciThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { tempFolder } from "../support/temp.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
const folder = stage.opened.add(tempFolder("flows"));
const clientKey = "sk-ant-the-clients-own-key-000000";
const providerKey = "sk-local-provider-key-0123456789";
/** What a shell, a terminal and JSON would each like to understand. */
const hostileText = `it's "q" $HOME \`id\` \\ ! \u001b]0;x\u0007 日本🚀 \n needle-in-the-request`;
const reply = '{"ok":true,"note":"needle-in-the-reply"}';

let provider: FakeProvider;
let origin: RawOrigin;
let core: CoreProcess;
let dispatcher: Dispatcher;
/** Requests as they arrived at the original host, head and body. */
const arrived: { head: string; body: Buffer }[] = [];

beforeAll(async () => {
  provider = stage.opened.add(await startFakeOpenAiChat({ keys: [providerKey], gapMs: 2 }));
  provider.answerWith(sayHello);
  origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  void origin.play(async (connection) => {
    const head = await connection.readHead();
    const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    const body = length === 0 ? Buffer.alloc(0) : await connection.readUntil(length);
    arrived.push({ head, body: body.subarray(0, length) });
    await connection.write(
      `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${reply.length}\r\n\r\n${reply}`,
    );
  });
  core = await stage.startCore({
    dial: { [host]: origin.port, [secondHost]: origin.port },
    config: {
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1`, auth_type: "api_key" } },
      accounts: [{ provider: "local", name: "main", api_key: providerKey }],
      routes: [{ match: { host, model: "claude-*" }, to: "local/local-model" }],
    },
  });
  dispatcher = undiciThrough(core);
  stage.opened.later(() => dispatcher.close());
});
afterAll(() => stage.close());

async function ask(to: string, path: string, body: unknown, through: Dispatcher = dispatcher): Promise<string> {
  const answer = await undiciFetch(`https://${to}${path}`, {
    method: "POST",
    dispatcher: through,
    headers: { "x-api-key": clientKey, "anthropic-version": "2023-06-01", "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.text();
}

const claudeCall = (more: object = {}): object => ({
  model: "claude-test-model",
  max_tokens: 64,
  messages: [{ role: "user", content: "Say hello." }],
  ...more,
});

async function idsOf(...args: string[]): Promise<readonly string[]> {
  const { controlSocket } = resolvePaths({ SWITCHYARD_HOME: core.home });
  return (await connectControl({ controlSocket }).findFlows({ filter: args.join(" ") })).map(({ id }) => id);
}

/** A command of the program that goes on until it is told to stop. */
function follow(...args: string[]): { child: ChildProcess; lines: () => string[]; err: () => string } {
  const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
  const child = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), cli, ...args], {
    env: { PATH: process.env["PATH"] ?? "", SWITCHYARD_HOME: core.home, HOME: core.home, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout?.on("data", (text: Buffer) => (out += text.toString()));
  child.stderr?.on("data", (text: Buffer) => (err += text.toString()));
  stage.opened.later(() => void child.kill("SIGKILL"));
  return { child, lines: () => out.split("\n").filter(Boolean), err: () => err };
}

/** A dozen times the program is started, by a loader, on a machine that may be busy. */
describe("the calls of a real core", { timeout: 120_000 }, () => {
  let plain = "";
  let rerouted = "";

  it("are found by what they were and by what they said", async () => {
    await ask(secondHost, "/v1/messages?beta=true&x={1}", { text: hostileText });
    plain = (await core.flow("the call that was passed on", (flow) => flow.state === "done")).id;
    await ask(host, "/v1/messages", claudeCall({ stream: true }));
    rerouted = (await core.flow("the rerouted call", (flow) => flow.action === "reroute" && flow.state === "done")).id;
    expect(await idsOf("is:rerouted", "hub:openai-chat", "acct:=local/main", "out:17")).toEqual([rerouted]);
    expect(await idsOf("host:openai", "-is:error")).toEqual([plain]);
    expect(await idsOf("rs:needle-in-the-reply")).toEqual([plain]);
    expect(await idsOf("rq:~needle.in.the.re(quest|ply)")).toEqual([plain]);
    expect(await idsOf('body:"Say hello" type:event-stream')).toEqual([rerouted]);
    // A secret cannot be guessed at.
    expect(await idsOf(`body:${providerKey.slice(0, 8)} | text:${clientKey.slice(0, 8)}`)).toEqual([]);
    const listed = await core.cli("flows", "list", "--json", "is:rerouted | rq:nothing", "-status:500");
    expect((JSON.parse(listed.stdout) as { id: string }[]).map(({ id }) => id)).toEqual([rerouted]);
    const wrong = await core.cli("flows", "list", "stat:5xx");
    expect(wrong).toMatchObject({ code: 2, stdout: "" });
    expect(wrong.stderr).toContain("    stat:5xx\n    ^^^^\n");
    const grep = await core.cli("flows", "grep", "NEEDLE-in", "-host:anthropic");
    expect(grep.stdout).toMatch(
      new RegExp(`^${plain} client-request 1:\\d+: .*needle-in-the-request.*\n${plain} client-reply 1:20: `),
    );
  });

  it("are exported as commands that send the same bytes again", async () => {
    if (!canRun("curl") || !canRun("bash")) return;
    const exported = await core.cli("export", plain, "--format", "curl");
    expect(exported.code).toBe(0);
    expect(exported.stdout).toContain("-H 'x-api-key: '\"$OPENAI_API_KEY\"");
    const original = arrived.at(-1);
    // Where the host's name leads in this test.
    const curlrc = [`connect-to = "::127.0.0.1:${origin.port}"`, `cacert = "${stage.ca.file}"`].join("\n");
    const home = folder.file("curl/.curlrc", curlrc);
    const script = folder.file("repeat.sh", exported.stdout);
    const before = arrived.length;
    const ran = await run("bash", [script], { env: { CURL_HOME: join(home, ".."), OPENAI_API_KEY: clientKey } });
    expect(ran).toMatchObject({ code: 0, stdout: reply });
    expect(arrived.length).toBe(before + 1);
    const repeated = arrived.at(-1);
    expect(repeated?.body.equals(original?.body ?? Buffer.alloc(0))).toBe(true);
    const fields = (head = ""): string[] =>
      head
        .split("\r\n")
        .slice(1)
        .map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()))
        .filter((line) => line !== "" && !/^(?:connection|accept-encoding):/.test(line))
        .toSorted();
    expect(fields(repeated?.head)).toEqual(fields(original?.head));
    expect(repeated?.head.split("\r\n")[0]).toBe("POST /v1/messages?beta=true&x=%7B1%7D HTTP/1.1");

    // And through the proxy, as a call of its own.
    const proxied = await core.cli("export", plain, "--format", "curl", "--via", "proxy");
    const through = await run("bash", [folder.file("through.sh", proxied.stdout)], {
      env: { OPENAI_API_KEY: clientKey, SWITCHYARD_PROXY_TOKEN: "unused" },
    });
    expect(through).toMatchObject({ code: 0, stdout: reply });
    expect((await idsOf("url:openai.com/v1/messages", "is:ok")).length).toBe(2);
  });

  it("are exported as an archive without secrets, for its owner's eyes", async () => {
    const file = join(core.home, "session.har");
    const made = await core.cli("export", "--format", "har", "-o", file, "--filter", `id:${rerouted} | id:${plain}`);
    expect(made).toMatchObject({ code: 0, stdout: "" });
    expect(made.stderr).toContain("2 calls exported");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, "utf8");
    for (const secret of [clientKey, providerKey]) expect(text).not.toContain(secret);
    const { log } = JSON.parse(text) as { log: { entries: { request: { url: string }; time: number }[] } }; // HAR 1.2
    expect(log.entries.map(({ request }) => request.url)).toEqual([
      `https://${secondHost}/v1/messages?beta=true&x=%7B1%7D`,
      `https://${host}/v1/messages`,
      `${provider.url}/v1/chat/completions`,
    ]);
    expect((await core.cli("export", "--format", "har", "-o", file)).code).toBe(2);
  });

  it("are deleted, and a screen that follows hears of it", async () => {
    expect((await core.cli("flows", "delete", "--all")).code).toBe(2);
    const tail = follow("flows", "tail", "--json", "-n", "100");
    await waitFor("what was there", () => tail.lines().length >= 2, 20_000);
    expect((await core.cli("flows", "delete", plain)).code).toBe(2);
    expect(await core.cli("flows", "delete", plain, "--yes")).toMatchObject({ code: 0, stdout: "1 call deleted\n" });
    expect(await idsOf(`id:${plain}`)).toEqual([]);
    expect(await core.cli("flows", "delete", "--filter", "", "--yes")).toMatchObject({ code: 0 });
    expect(await idsOf()).toEqual([]);
    tail.child.kill("SIGINT");
    expect(await within("tail to end", once(tail.child, "exit"))).toEqual([130, null]);
  });

  it("are followed over a restart, and to the end of a closed pipe", async () => {
    const tail = follow("flows", "tail", "-n", "1", "host:openai", "-rs:nothing-like-it");
    await ask(secondHost, "/v1/first", { a: 1 });
    await waitFor("the first line", () => tail.lines().length === 1, 20_000);
    expect(tail.lines()[0]).toMatch(/^#1 POST \/v1\/first - - - \d+ms 200 \w+$/);
    await core.cli("stop");
    await within("the core to stop", core.exited, 20_000);
    await waitFor("the loss to be told", () => tail.err().includes("lost the core"), 20_000);
    expect((await core.cli("start", "-d", "--port", "0")).code).toBe(0);
    stage.opened.later(async () => void (await core.cli("stop")));
    const { url } = JSON.parse((await core.cli("status", "--json")).stdout) as { url: string };
    const again = undiciThrough({ ...core, url });
    stage.opened.later(() => again.close());
    await waitFor("tail to be back", () => tail.err().includes("the core is back"), 20_000);
    await ask(secondHost, "/v1/second", { a: 2 }, again);
    await waitFor("the second line", () => tail.lines().length === 2, 20_000);
    expect(tail.lines()[1]).toMatch(/^#2 POST \/v1\/second /);
    // `| head`: the pipe is closed, and with the next line it ends.
    tail.child.stdout?.destroy();
    const ended = once(tail.child, "exit");
    await ask(secondHost, "/v1/third", { a: 3 }, again);
    expect(await within("tail to end", ended, 20_000)).toEqual([0, null]);
    expect(tail.err().split("\n").filter(Boolean)).toEqual([
      "lost the core; waiting for it to come back",
      "the core is back",
    ]);
  });
});
