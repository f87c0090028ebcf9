import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { own } from "../base/json.ts";
import { benchClientKey, benchToken, benchUrl, call } from "../control/__fixtures__/control-bench.ts";
import { type Bench, commandBench, serveCore } from "./__fixtures__/command-bench.ts";
import { configValidate } from "./config.ts";
import { env } from "./env.ts";
import { caPath, caRotate, caStatus } from "./ca.ts";
import { flowsList, flowsShow, type FlowsOptions } from "./flows.ts";
import { flowsStages } from "./flows-stages.ts";
import { routesExplain, routesList } from "./routes.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { tui } from "./tui.ts";

const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await end();
});

function bench(environment: NodeJS.ProcessEnv = {}): Bench {
  const made = commandBench({ env: environment });
  endings.push(() => made.close());
  return made;
}

async function benchWithCore(environment: NodeJS.ProcessEnv = {}, onStop?: () => void) {
  const made = bench(environment);
  const core = await serveCore(made.context, onStop);
  let closed = false;
  const close = async (): Promise<void> => {
    if (!closed) await core.server.close();
    closed = true;
  };
  endings.push(close);
  return { ...made, ...core, close };
}

const everything: FlowsOptions = { json: true, limit: undefined };

describe("status", () => {
  it("says in either form that nothing runs, and exits with 3", async () => {
    const { context, out } = bench();
    expect(await status(context, { json: false, secrets: false })).toBe(3);
    expect(out()).toContain("not running");
    const other = bench();
    expect(await status(other.context, { json: true, secrets: false })).toBe(3);
    expect(JSON.parse(other.out())).toMatchObject({ running: false, pid: null, url: null, version: "9.9.9" });
  });

  it("shows the running core, its warnings, and no token unless asked", async () => {
    const { context, out } = await benchWithCore();
    expect(await status(context, { json: false, secrets: false })).toBe(0);
    expect(out()).toContain(benchUrl);
    expect(out()).toContain("mind this");
    expect(out()).not.toContain(benchToken);
    await status(context, { json: false, secrets: true });
    expect(out()).toContain(benchToken);
  });
});

describe("what the core warned of", () => {
  it("stands in a status: the newest for a person, all of it for a script", async () => {
    const { context, out } = await benchWithCore();
    await status(context, { json: false, secrets: false });
    const lines = out().split("\n");
    expect(lines.filter((line) => line.startsWith("warning: "))).toEqual(
      ["two", "three", "four", "five", "six"].map((number) => `warning: state: notice ${number}`),
    );
    expect(lines).toContain("1 older warning: switchyard status --json");
    const scripted = await benchWithCore();
    await status(scripted.context, { json: true, secrets: false });
    const { notices } = JSON.parse(scripted.out());
    expect(notices).toHaveLength(6);
    expect(notices[0]).toEqual({
      at: "2026-11-01T00:00:00.000Z",
      level: "warn",
      area: "state",
      text: "notice one",
    });
  });
});

describe("stop", () => {
  it("has nothing to do when nothing runs", async () => {
    const { context, err } = bench();
    expect(await stop(context)).toBe(0);
    expect(err()).toContain("no core was running");
  });

  it("waits until the core has gone", async () => {
    const made: { close?: () => Promise<void> } = {};
    const running = await benchWithCore({}, () => void made.close?.());
    made.close = running.close;
    expect(await stop(running.context)).toBe(0);
    expect(running.err()).toBe("stopped\n");
  });

  it("is content with a core that ends by itself in the same moment", async () => {
    const { context, err } = bench();
    mkdirSync(dirname(context.paths.controlSocket), { recursive: true });
    const leaving = createServer((request, reply) => {
      reply.writeHead(200, { "content-type": "application/json", connection: "close" }).end("{}");
      if (request.url === "/api/status") leaving.close();
    });
    leaving.listen(context.paths.controlSocket);
    await once(leaving, "listening");
    expect(await stop(context)).toBe(0);
    expect(err()).toBe("stopped\n");
  });
});

describe("env", () => {
  it("needs a running core", async () => {
    await expect(env(bench().context, { shell: "bash", unset: false })).rejects.toMatchObject({ exitCode: 3 });
  });

  it("names the shells it knows when it is asked for another", async () => {
    const { context } = await benchWithCore();
    await expect(env(context, { shell: "tcsh", unset: false })).rejects.toMatchObject({ exitCode: 2 });
  });

  it("sets what a shell then has, and gives back what it had", async () => {
    const before = { HTTPS_PROXY: "http://o'corp proxy:1/$x`y`\\z", NO_PROXY: "intranet", LANG: "C" };
    const { context, out } = await benchWithCore(before);
    await env(context, { shell: "bash", unset: false });
    const script = `${out()}\nprintf '%s\\n' "$HTTPS_PROXY" "$NO_PROXY" "$SWITCHYARD_OLD_HTTPS_PROXY"`;
    const [proxy, noProxy, old] = execFileSync("sh", ["-c", script], { env: {} }).toString().split("\n");
    expect(proxy).toBe(`http://switchyard:${benchToken}@127.0.0.1:8317`);
    expect(noProxy).toBe("intranet,localhost,127.0.0.1,::1");
    expect(old).toBe(before.HTTPS_PROXY);

    const inside = bench({ ...before, SWITCHYARD_ACTIVE: "1", SWITCHYARD_OLD_HTTPS_PROXY: before.HTTPS_PROXY });
    await env(inside.context, { shell: "bash", unset: true });
    const undo = `HTTPS_PROXY=ours; SSL_CERT_FILE=ours\n${inside.out()}\nprintf '%s|%s' "$HTTPS_PROXY" "$SSL_CERT_FILE"`;
    expect(execFileSync("sh", ["-c", undo], { env: {} }).toString()).toBe(`${before.HTTPS_PROXY}|`);
  });

  it("carries the gateway in the JSON form", async () => {
    const { context, out } = await benchWithCore();
    await env(context, { shell: "json", unset: false });
    expect(JSON.parse(out())).toMatchObject({
      SWITCHYARD_GATEWAY_URL: benchUrl,
      SWITCHYARD_CLIENT_KEY: benchClientKey,
      SWITCHYARD_ACTIVE: "1",
    });
  });

  it.each([
    ["fish", `set -gx HTTPS_PROXY 'http://switchyard:${benchToken}@127.0.0.1:8317'`, "set -e HTTPS_PROXY"],
    ["pwsh", `$Env:HTTPS_PROXY = 'http://switchyard:${benchToken}@127.0.0.1:8317'`, "Remove-Item Env:HTTPS_PROXY"],
    ["cmd", `set "HTTPS_PROXY=http://switchyard:${benchToken}@127.0.0.1:8317"`, 'set "HTTPS_PROXY="'],
    [
      "nu",
      `$env.HTTPS_PROXY = "http://switchyard:${benchToken}@127.0.0.1:8317"`,
      "hide-env --ignore-errors HTTPS_PROXY",
    ],
    ["dotenv", `HTTPS_PROXY="http://switchyard:${benchToken}@127.0.0.1:8317"`, "HTTPS_PROXY=\n"],
  ])("speaks %s", async (shell, set, unset) => {
    const { context, out } = await benchWithCore();
    await env(context, { shell, unset: false });
    expect(out()).toContain(set);
    const other = bench();
    await env(other.context, { shell, unset: true });
    expect(other.out()).toContain(unset);
  });
});

describe("flows", () => {
  it("lists what fits, as one array", async () => {
    const { context, out, flowLog } = await benchWithCore();
    const good = flowLog.open(call);
    good.tell({ type: "reply-started", status: 200 });
    const bad = flowLog.open({ ...call, host: "eu.api.openai.com", client: "codex", action: "reroute" });
    bad.tell({ type: "reply-started", status: 529 });
    const ids = async (options: Partial<FlowsOptions>): Promise<unknown[]> => {
      const before = out().length;
      expect(await flowsList(context, { ...everything, ...options })).toBe(0);
      const parsed: unknown = JSON.parse(out().slice(before));
      return Array.isArray(parsed) ? parsed.map((flow) => own(flow, "id")) : ["not an array"];
    };
    expect(await ids({})).toEqual([good.id, bad.id]);
    expect(await ids({ limit: 1 })).toEqual([bad.id]);
    expect(await ids({ client: "codex" })).toEqual([bad.id]);
    expect(await ids({ host: "openai.com" })).toEqual([bad.id]);
    expect(await ids({ status: "5xx" })).toEqual([bad.id]);
    expect(await ids({ status: "200" })).toEqual([good.id]);
    expect(await ids({ action: "tunnel" })).toEqual([]);
  });

  it("lets nothing that came off the wire command the terminal", async () => {
    const { context, out, flowLog } = await benchWithCore();
    const evil = "\u001b]0;owned\u0007\u009b31m\u202e";
    const tap = flowLog.open({ ...call, host: evil, path: `/${evil}`, method: evil });
    tap.tell({ type: "described", model: { asked: evil, served: "x" }, provider: evil });
    tap.tell({ type: "why", step: { stage: "rule", text: evil } });
    tap.head("client-request", { line: evil, headers: [[evil, evil]] });
    tap.chunk("client-request", Buffer.from(evil));
    tap.tell({ type: "ended", state: "failed", error: evil });
    await flowsList(context, { ...everything, json: false });
    await flowsShow(context, tap.id, { json: false });
    expect(out()).toContain("␛]0;owned␇");
    expect(out()).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  });

  it("shows what became of a translated request, and says so of others", async () => {
    const evil = "\u001b]0;owned\u0007";
    const { context, out, flowLog } = await benchWithCore();
    const tap = flowLog.open({ ...call, action: "reroute" });
    tap.tell({ type: "described", formats: { client: "claude", upstream: "openai-chat" } });
    const body = { model: "m", top_k: 3, messages: [{ role: "user", content: evil }], [evil]: evil };
    tap.head("client-request", { line: "POST /v1/messages", headers: [] });
    tap.chunk("client-request", Buffer.from(JSON.stringify(body)));
    tap.head("upstream-request", { line: "POST /v1/chat/completions", headers: [] });
    tap.chunk("upstream-request", Buffer.from(JSON.stringify({ ...body, top_k: undefined, model: "n" })));
    await flowsStages(context, tap.id, { json: false });
    expect(out()).toContain(' ~ model "m" | model "m" | model "n"\n');
    expect(out()).toContain(" - top_k 3 | topK 3 | -\n");
    expect(out()).toContain("losses    top_k");
    expect(out()).not.toMatch(/(?!\n)\p{Cc}/u);
    await flowsStages(context, flowLog.open(call).id, { json: false });
    expect(out()).toContain("nothing to compare: Passed through untouched");
  });

  it("shows one as JSON with its sides", async () => {
    const { context, out, flowLog } = await benchWithCore();
    const tap = flowLog.open(call);
    tap.chunk("client-request", Buffer.from("hello"));
    await flowsShow(context, tap.id, { json: true });
    expect(JSON.parse(out())).toMatchObject({ id: tap.id, sides: { "client-request": { body: { text: "hello" } } } });
  });

  it("need a running core", async () => {
    await expect(flowsList(bench().context, everything)).rejects.toMatchObject({ exitCode: 3 });
  });
});

describe("routes and config", () => {
  const file = `
providers:
  local: { type: openai-compatible, endpoint: "http://127.0.0.1:8000/v1", auth_type: none }
routes:
  - match: { client: claude-code, model: "claude-*" }
    to: local/qwen3
`;
  const question = { client: "claude-code", host: "api.anthropic.com", model: "claude-sonnet-4-5" };

  it("are read from the file when nothing runs", async () => {
    const { context, out } = bench();
    writeFileSync(context.paths.configFile, file);
    await routesList(context, { json: true });
    expect(JSON.parse(out())).toMatchObject([{ number: 1, to: "local/qwen3", hits: 0 }]);
    const other = bench();
    writeFileSync(other.context.paths.configFile, file);
    expect(await routesExplain(other.context, question, { json: true })).toBe(0);
    expect(JSON.parse(other.out())).toMatchObject({
      action: "reroute",
      rule: 1,
      targets: [{ provider: "local", model: "qwen3", format: "openai-chat" }],
    });
  });

  it("are asked of the core when one runs", async () => {
    const { context, out } = await benchWithCore();
    await routesExplain(context, question, { json: false });
    expect(out()).toContain("asked the core");
    await routesList(context, { json: false });
    expect(out()).toContain("model=claude-*");
  });

  it("say where a wrong file is wrong, and exit with 2", async () => {
    const { context, out } = bench();
    writeFileSync(context.paths.configFile, "rutes: []\n");
    expect(await configValidate(context, { json: true })).toBe(2);
    expect(JSON.parse(out())).toMatchObject({ ok: false, problems: [expect.stringContaining("config.yaml:1:1")] });
    await expect(routesList(context, { json: true })).rejects.toMatchObject({ exitCode: 2 });
  });

  it("hold without a file", async () => {
    const { context, out } = bench();
    expect(await configValidate(context, { json: false })).toBe(0);
    expect(out()).toContain("the defaults hold");
  });
});

describe("ca", () => {
  it("makes nothing when only looked at", async () => {
    const { context } = bench();
    await expect(caPath(context)).rejects.toMatchObject({ exitCode: 5 });
    await expect(caStatus(context, { json: true })).rejects.toMatchObject({ exitCode: 5 });
  });

  it("is made anew by a rotation without a core, for the configured hosts and the defaults", async () => {
    const { context, out } = bench();
    writeFileSync(context.paths.configFile, "intercept: { hosts: [default, llm.corp.example] }\n");
    expect(await caRotate(context, { json: true })).toBe(0);
    const first: unknown = JSON.parse(out());
    expect(own(first, "scope")).toEqual(expect.arrayContaining(["llm.corp.example", "api.anthropic.com"]));
    const other = { ...context, stdout: { write: () => true } };
    await caRotate(other, { json: true });
    const before = out().length;
    await caStatus(context, { json: true });
    const now: unknown = JSON.parse(out().slice(before));
    expect(own(now, "fingerprint")).not.toBe(own(first, "fingerprint"));
    expect(own(now, "path")).toBe(own(first, "path"));
  });

  it("is rotated by the core when one runs", async () => {
    const { context, out } = await benchWithCore();
    expect(await caRotate(context, { json: true })).toBe(0);
    expect(JSON.parse(out())).toMatchObject({ fingerprint: "AA:BB" });
  });
});

describe("tui", () => {
  it("says what to do without a terminal", async () => {
    await expect(tui(bench().context, { ascii: false })).rejects.toMatchObject({ exitCode: 2 });
  });
});
