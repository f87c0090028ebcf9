/** Every operation of the control API asked of a real core, good and bad; each answer is what the served document says. */
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { own, parseJson } from "../../src/base/json.ts";
import { refusalCodes } from "../../src/control/refusal-codes.ts";
import { isReplayPath, maxReplayBodyBytes } from "../../src/control/routes/replay.ts";
import { type ApiDocument, openDocument, type Operation } from "../support/api-document.ts";
import { createWalk, filled, openOn, type Step, type Walk, walkOf } from "../support/api-walk.ts";
import { canary, codeOf, type ControlBench, startControlBench } from "../support/control-bench.ts";
import { field } from "../support/provider-turn.ts";
import { waitFor } from "../support/wait.ts";

let bench: ControlBench;
let document: ApiDocument;
let walk: Walk;
beforeAll(async () => {
  bench = await startControlBench();
  document = await openDocument(bench.api);
  walk = createWalk(() => bench.api, document);
}, 60_000);
afterAll(() => bench.stage.close());

const onSocket = (): readonly Operation[] => document.operations.filter(({ surfaces }) => surfaces.includes("socket"));

describe("every operation of the socket", () => {
  it("refuses a web page, a foreign host, and a parameter it does not have", async () => {
    for (const operation of onSocket()) {
      const { key, method } = operation;
      const path = filled(operation);
      await walk.ask(key, path, 403, { headers: { origin: "https://evil.example" } });
      await walk.ask(key, path, 403, { headers: { host: "evil.example" } });
      const slip = await walk.ask(key, `${path}?nonesuch=1`, 400, method === "GET" ? {} : { method, body: {} });
      expect([key, field(field(slip.json, "error"), "field")]).toEqual([key, "nonesuch"]);
    }
  });

  it("that has a part in its path refuses what is no percent-encoding", async () => {
    for (const { key, path } of onSocket().filter(({ path: each }) => each.includes("{"))) {
      const answer = await walk.ask(key, path.replaceAll(/\{\w+\}/g, "%zz"), 400);
      expect([key, field(field(answer.json, "error"), "code")]).toEqual([key, "path"]);
    }
  });

  it("that is no GET refuses bodies that are none, and fields it does not have", async () => {
    for (const operation of onSocket().filter(({ method }) => method !== "GET")) {
      const { key } = operation;
      const path = filled(operation);
      await walk.ask(key, path, 400, { body: "{" });
      await walk.ask(key, path, 415, { body: "{}", headers: { "content-type": "text/plain" } });
      const tooLong = isReplayPath(path) ? maxReplayBodyBytes : 70_000;
      await walk.ask(key, path, 413, { body: `{"a": "${"x".repeat(tooLong)}"}` });
      const required = operation.parameters.filter(({ in: place, required: is }) => place === "query" && is);
      expect(required).toEqual([]);
      const slip = await walk.ask(key, path, 400, { body: { nonesuch: 1 } });
      expect([key, field(field(slip.json, "error"), "field")]).toEqual([key, "nonesuch"]);
    }
  });

  it("is found under its other spellings, too", async () => {
    for (const { key, method, alsoAt } of document.operations) {
      for (const path of alsoAt) if (method === "GET") await walk.ask(key, path, 200);
    }
    expect(document.operations.some(({ alsoAt }) => alsoAt.length > 0)).toBe(true);
  });
});

describe("an answer that the document does not know", () => {
  it.each<[string, string, (body: Record<string, unknown>) => unknown]>([
    ["a field more", "additional properties", (body) => ({ ...body, more: 1 })],
    ["a field less", "required property 'pid'", (body) => ({ ...body, pid: undefined })],
    ["a field of another type", "/pid must be integer", (body) => ({ ...body, pid: "1" })],
    [
      "a field more inside",
      "additional properties",
      (body) => ({ ...body, counts: { ...Object(body["counts"]), x: 1 } }),
    ],
    ["an instant that is none", "date-time", (body) => ({ ...body, startedAt: "yesterday" })],
  ])("is told: %s", async (_name, words, change) => {
    const answer = await bench.api.socket("/api/status");
    const text = JSON.stringify(change(answer.json as Record<string, unknown>)); // an object, as the walk below shows
    expect(document.problems("GET /api/status", answer)).toEqual([]);
    expect(document.problems("GET /api/status", { ...answer, text }).join("\n")).toContain(words);
  });

  it("is told: a status, a content type, a code, an event", async () => {
    const answer = await bench.api.socket("/api/status");
    const problems = (more: object): string => document.problems("GET /api/status", { ...answer, ...more }).join("\n");
    expect(problems({ status: 418 })).toContain("not documented");
    expect(problems({ headers: { "content-type": "text/html" } })).toContain("not documented");
    const refusal = (code: string): string => JSON.stringify({ error: { code, message: "no" } });
    expect(problems({ status: 403, text: refusal("browser") })).toBe("");
    expect(problems({ status: 403, text: refusal("not-found") })).toContain("allowed values");
    expect(document.eventProblems("GET /api/events", "flow", { id: "x" })).not.toEqual([]);
    expect(document.eventProblems("GET /api/events", "nonesuch", {})).not.toEqual([]);
  });
});

/** The newest one that fits and, where it is a call, has ended. */
async function flowFor(filter: string): Promise<string> {
  let id: unknown;
  await waitFor(`a flow that fits ${filter}`, async () => {
    const page = await bench.api.get(`/api/flows?limit=1&filter=${encodeURIComponent(filter)}`);
    const flows = own(page, "flows");
    const flow: unknown = Array.isArray(flows) ? flows[0] : undefined;
    id = own(flow, "id");
    return id !== undefined && (own(flow, "action") === "tunnel" || own(flow, "endedAt") !== undefined);
  });
  return String(id);
}

/** A CONNECT to a port of this machine that nobody decrypts; it stays open. */
async function tunnelThrough(port: number, to: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  socket.write(`CONNECT localhost:${to} HTTP/1.1\r\nhost: localhost:${to}\r\n\r\n`);
  const [head] = (await once(socket, "data")) as [Buffer]; // a socket's data
  expect(head.toString("latin1")).toContain(" 200 ");
  return socket;
}

const put = (body: unknown) => ({ method: "PUT", body });

/** In the order in which they are asked. Operations whose answers do not end, or end the core, come below. */
const steps: Readonly<Record<string, readonly Step[]>> = {
  "GET /api/status": [
    ["/api/status", 200],
    ["/api/status?secrets=1", 200],
    ["/api/status?secrets=please", 400],
  ],
  "GET /api/openapi.json": [["/api/openapi.json", 200]],
  "POST /api/reload": [
    ["/api/reload", 200],
    ["/api/reload", 200, { body: {} }],
  ],
  "GET /api/flows": [
    ["/api/flows", 200],
    ["/api/flows?limit=1", 200],
    ["/api/flows?limit=0", 400],
    ["/api/flows?limit=many", 400],
    ["/api/flows?limit=1&limit=2", 400],
    ["/api/flows?filter=model:m&limit=2", 200],
    ["/api/flows?filter=body:hello", 200],
    ["/api/flows?filter=modle:m", 400],
    ["/api/flows?filter=(", 400],
    ["/api/flows?before=none", 404],
  ],
  "POST /api/flows/export": [
    ["/api/flows/export", 200, { body: { format: "har" } }],
    ["/api/flows/export", 200, { body: { format: "curl", filter: "model:m", side: "client", via: "gateway" } }],
    ["/api/flows/export", 200, { body: { format: "jsonl", ids: [] } }],
    ["/api/flows/export", 400, { body: { format: "pcap" } }],
    ["/api/flows/export", 400, { body: { format: "har", filter: "modle:m" } }],
    ["/api/flows/export", 400, { body: { format: "har", filter: "", ids: [] } }],
    ["/api/flows/export", 404, { body: { format: "har", ids: ["none"] } }],
    ["/api/flows/export", 400],
  ],
  "GET /api/metrics": [
    ["/api/metrics", 200],
    ["/api/metrics?format=json", 200],
    ["/api/metrics?format=prometheus", 200],
    ["/api/metrics", 200, { headers: { accept: "text/plain" } }],
    ["/api/metrics?format=csv", 400],
  ],
  "GET /api/flows/{id}": [["/api/flows/none", 404]],
  "GET /api/flows/{id}/stages": [["/api/flows/none/stages", 404]],
  "POST /api/routes": [
    ["/api/routes", 200, { body: { match: { model: "gone-*", client: "codex" }, to: "block" } }],
    ["/api/routes", 200, { body: { match: { model: "first-*" }, to: "local/m", fallback: "passthrough", at: 1 } }],
    ["/api/routes", 400, { body: { match: { model: "x" }, to: "block", at: 9 } }],
    ["/api/routes", 400, { body: { match: { model: "x" }, to: "" } }],
    ["/api/routes", 400, { body: { match: { nonesuch: "x" }, to: "block" } }],
    ["/api/routes", 400, { body: { to: "no target at all" } }],
    ["/api/routes", 400],
  ],
  "GET /api/routes": [["/api/routes", 200]],
  "PUT /api/routes/{number}/enabled": [
    ["/api/routes/1/enabled", 200, { body: { enabled: false } }],
    ["/api/routes/1/enabled", 200, { body: { enabled: true } }],
    ["/api/routes/9/enabled", 404, { body: { enabled: true } }],
    ["/api/routes/first/enabled", 400, { body: { enabled: true } }],
    ["/api/routes/1/enabled", 400, { body: { enabled: "no" } }],
    ["/api/routes/1/enabled", 400],
  ],
  "POST /api/routes/{number}/move": [
    ["/api/routes/2/move", 200, { body: { to: 1 } }],
    ["/api/routes/9/move", 404, { body: { to: 1 } }],
    ["/api/routes/1/move", 404, { body: { to: 9 } }],
    ["/api/routes/first/move", 400, { body: { to: 1 } }],
    ["/api/routes/1/move", 400, { body: { to: 0 } }],
    ["/api/routes/1/move", 400],
  ],
  "DELETE /api/routes/{number}": [
    ["/api/routes/2", 200],
    ["/api/routes/1", 200],
    ["/api/routes/1", 404],
    ["/api/routes/0", 400],
  ],
  "POST /api/routes/explain": [
    ["/api/routes/explain", 200, { body: { client: "claude-code", host: "api.anthropic.com", model: "claude-x" } }],
    [
      "/api/routes/explain",
      200,
      { body: { client: "unknown", host: null, model: "combo/wide", path: "/v1/messages" } },
    ],
    ["/api/routes/explain", 200, { body: { client: "unknown", host: null, model: "nobody-has-this" } }],
    ["/api/routes/explain", 400, { body: { client: "unknown", model: "m" } }],
    ["/api/routes/explain", 400],
  ],
  "GET /api/accounts": [["/api/accounts", 200]],
  "POST /api/accounts": [
    ["/api/accounts", 200, { body: { provider: "local", name: "kept", apiKey: "sk-kept-canary-0123456789" } }],
    ["/api/accounts", 409, { body: { provider: "local", name: "kept", apiKey: "sk-kept-canary-0123456789" } }],
    ["/api/accounts", 404, { body: { provider: "nobody", name: "kept", apiKey: "sk-kept-canary-0123456789" } }],
    ["/api/accounts", 400, { body: { provider: "local", name: "../x", apiKey: "sk-kept-canary-0123456789" } }],
    ["/api/accounts", 400, { body: { provider: "local", name: "x" } }],
    ["/api/accounts", 400, { body: { provider: "local", name: "x", apiKey: "k", priority: -1 } }],
  ],
  "POST /api/accounts/reload": [["/api/accounts/reload", 200]],
  "POST /api/accounts/import": [
    [
      "/api/accounts/import",
      200,
      { body: { provider: "claude", name: "theirs", client: "claude-code", acceptTerms: true } },
    ],
    [
      "/api/accounts/import",
      409,
      { body: { provider: "claude", name: "theirs", client: "claude-code", acceptTerms: true } },
    ],
    ["/api/accounts/import", 400, { body: { provider: "claude", name: "more", client: "claude-code" } }],
    ["/api/accounts/import", 400, { body: { provider: "claude", name: "more", client: "telnet", acceptTerms: true } }],
    ["/api/accounts/import", 404, { body: { provider: "nobody", name: "x", client: "codex", acceptTerms: true } }],
  ],
  "PUT /api/accounts/{provider}/{name}/enabled": [
    ["/api/accounts/local/kept/enabled", 200, put({ enabled: false })],
    ["/api/accounts/pair/two/enabled", 200, put({ enabled: true })],
    ["/api/accounts/cool/default/enabled", 400, put({ enabled: false })],
    ["/api/accounts/local/kept/enabled", 400, put({ enabled: "yes" })],
    ["/api/accounts/local/kept/enabled", 400, put(undefined)],
    ["/api/accounts/nobody/none/enabled", 404, put({ enabled: true })],
  ],
  "DELETE /api/accounts/{provider}/{name}": [
    ["/api/accounts/local/kept", 200],
    ["/api/accounts/local/kept", 404],
    ["/api/accounts/pair/two", 400],
  ],
  "POST /api/accounts/{provider}/{name}/clear-cooldown": [
    ["/api/accounts/cool/default/clear-cooldown", 200],
    ["/api/accounts/cool/default/clear-cooldown", 200, { body: { model: "limited" } }],
    ["/api/accounts/cool/default/clear-cooldown", 400, { body: { model: 3 } }],
    ["/api/accounts/nobody/none/clear-cooldown", 404],
  ],
  "POST /api/accounts/clear-cooldowns": [["/api/accounts/clear-cooldowns", 200, { body: {} }]],
  "GET /api/accounts/quota": [["/api/accounts/quota", 200]],
  "GET /api/accounts/{provider}/{name}/quota": [
    ["/api/accounts/local/main/quota", 200],
    ["/api/accounts/nobody/none/quota", 404],
  ],
  "GET /api/rate-limits": [["/api/rate-limits", 200]],
  "GET /api/sessions": [["/api/sessions", 200]],
  "PUT /api/combos/{combo}": [
    ["/api/combos/made", 200, put({ members: ["local/m", "pair/m"] })],
    ["/api/combos/made", 200, put({ members: ["local/m"] })],
    ["/api/combos/made", 400, put({ members: [] })],
    ["/api/combos/made", 400, put({ members: ["local/m", ""] })],
    ["/api/combos/made", 400, put({ members: "local/m" })],
    ["/api/combos/made", 400, put(undefined)],
  ],
  "PUT /api/aliases/{alias}": [
    ["/api/aliases/nick", 200, put({ target: "local/m" })],
    ["/api/aliases/nick", 200, put({ target: "combo/made" })],
    ["/api/aliases/nick", 400, put({ target: "" })],
    ["/api/aliases/nick", 400, put({ target: "combo/nobody" })],
    ["/api/aliases/nick", 400, put(undefined)],
  ],
  "GET /api/combos": [["/api/combos", 200]],
  "DELETE /api/aliases/{alias}": [
    ["/api/aliases/nick", 200],
    ["/api/aliases/nick", 404],
  ],
  "DELETE /api/combos/{combo}": [
    ["/api/combos/made", 200],
    ["/api/combos/made", 404],
  ],
  "GET /api/usage": [
    ["/api/usage", 200],
    ...["day", "model", "account", "session", "client", "provider"].map(
      (group) => [`/api/usage?group=${group}&since=2020-01-01&until=2999-01-01`, 200] as const,
    ),
    ["/api/usage?group=week", 400],
    ["/api/usage?since=yesterday", 400],
  ],
  "GET /api/models/catalog": [
    ["/api/models/catalog", 200],
    ["/api/models/catalog?provider=local&type=chat", 200],
    ["/api/models/catalog?type=song", 400],
    ["/api/models/catalog?provider=nobody", 404],
  ],
  "POST /api/provider-models": [
    ["/api/provider-models", 200, { body: { provider: "local", model: "o", max_tokens: 9000, alias: "other" } }],
    ["/api/provider-models", 409, { body: { provider: "local", model: "o" } }],
    ["/api/provider-models", 404, { body: { provider: "nobody", model: "o" } }],
    ["/api/provider-models", 400, { body: { provider: "local", model: "../o" } }],
    ["/api/provider-models", 400, { body: { provider: "local", model: "p", max_tokens: 0 } }],
  ],
  "GET /api/provider-models": [
    ["/api/provider-models", 200],
    ["/api/provider-models?provider=local", 200],
    ["/api/provider-models?provider=nobody", 404],
  ],
  "DELETE /api/provider-models": [
    ["/api/provider-models?provider=local&model=o", 200],
    ["/api/provider-models", 404, { body: { provider: "local", model: "o" } }],
    ["/api/provider-models?provider=local", 400],
    ["/api/provider-models?model=o", 400],
  ],
  "GET /api/settings": [["/api/settings", 200]],
  "GET /api/settings/proxy": [["/api/settings/proxy", 200]],
  "PUT /api/settings/proxy": [
    ["/api/settings/proxy", 200, put({ global: "direct", keys: { "local/main": "direct" } })],
    ["/api/settings/proxy?level=providers&id=remote", 200, put({ proxy: "http://127.0.0.1:9" })],
    ["/api/settings/proxy", 400, put({ global: "ftp://somewhere" })],
    ["/api/settings/proxy", 400, put({ providers: { locla: "direct" } })],
    ["/api/settings/proxy", 400, put([])],
    ["/api/settings/proxy", 400, put({ proxy: "direct" })],
    ["/api/settings/proxy?level=providers", 400, put({ proxy: "direct" })],
    ["/api/settings/proxy?level=global&id=x", 400, put({ proxy: "direct" })],
    ["/api/settings/proxy?id=x", 400, put({ proxy: "direct" })],
    ["/api/settings/proxy?level=global", 400, put({ global: "direct" })],
    ["/api/settings/proxy?level=global", 400, put({})],
    ["/api/settings/proxy?level=everywhere", 400, put({ proxy: "direct" })],
  ],
  "DELETE /api/settings/proxy": [
    ["/api/settings/proxy?level=providers&id=remote", 200],
    ["/api/settings/proxy?level=providers&id=remote", 404],
    ["/api/settings/proxy", 200],
    ["/api/settings/proxy?level=global", 404],
    ["/api/settings/proxy?level=keys", 400],
  ],
  "POST /api/settings/proxy/test": [
    ["/api/settings/proxy/test", 200, { body: { proxy: "http://127.0.0.1:9" } }],
    ["/api/settings/proxy/test", 400, { body: { proxy: "no proxy" } }],
    ["/api/settings/proxy/test", 400, { body: { proxy: 8080 } }],
  ],
  "PUT /api/settings/ip-filter": [
    ["/api/settings/ip-filter", 200, put({ mode: "allow", list: ["127.0.0.1", "10.0.0.0/8"] })],
    ["/api/settings/ip_filter", 200, put({ mode: "whitelist", list: ["127.0.0.1"] })],
    ["/api/settings/ip-filter", 400, put({ mode: "allow", list: ["10.0.0.300"] })],
    ["/api/settings/ip-filter", 400, put({ mode: "some" })],
    ["/api/settings/ip-filter", 400, put({ list: "10.0.0.1" })],
  ],
  "GET /api/settings/ip-filter": [["/api/settings/ip-filter", 200]],
  "DELETE /api/settings/ip-filter": [["/api/settings/ip-filter", 200]],
  "PUT /api/settings/thinking-budget": [
    ["/api/settings/thinking-budget", 200, put({ mode: "custom", tokens: 512 })],
    ["/api/settings/thinking-budget", 400, put({ mode: "custom" })],
    ["/api/settings/thinking-budget", 400, put({ mode: "custom", tokens: "many" })],
  ],
  "GET /api/settings/thinking-budget": [["/api/settings/thinking-budget", 200]],
  "DELETE /api/settings/thinking-budget": [["/api/settings/thinking-budget", 200]],
  "PUT /api/settings/system-prompt": [
    [
      "/api/settings/system-prompt",
      200,
      put({ mode: "append", text: "Be brief.", providers: { local: { mode: "none" } } }),
    ],
    ["/api/settings/system-prompt", 400, put({ mode: "append" })],
    ["/api/settings/system-prompt", 400, put({ mode: "none", providers: { local: { txt: "x" } } })],
  ],
  "GET /api/settings/system-prompt": [["/api/settings/system-prompt", 200]],
  "DELETE /api/settings/system-prompt": [["/api/settings/system-prompt", 200]],
  "GET /v1/providers": [["/v1/providers", 200]],
  "GET /v1/providers/{provider}": [
    ["/v1/providers/local", 200],
    ["/v1/providers/nobody", 404],
  ],
  "PUT /v1/providers/{provider}/enabled": [
    ["/v1/providers/off/enabled", 200, put({ enabled: true })],
    ["/v1/providers/off/enabled", 400, put({ enabled: "no" })],
    ["/v1/providers/nobody/enabled", 404, put({ enabled: true })],
  ],
  "GET /v1/providers/{provider}/models": [
    ["/v1/providers/local/models", 200],
    ["/v1/providers/local/models?refresh=true", 200],
    ["/v1/providers/local/models?refresh=again", 400],
    ["/v1/providers/nobody/models", 404],
  ],
  "GET /v1/providers/{provider}/capabilities": [
    ["/v1/providers/local/capabilities", 200],
    ["/v1/providers/nobody/capabilities", 404],
  ],
  "POST /v1/providers/{provider}/check": [
    ["/v1/providers/local/check", 200],
    ["/v1/providers/dead/check", 200, { body: {} }],
    ["/v1/providers/kiro/check", 200],
    ["/v1/providers/nobody/check", 404],
  ],
  "GET /v1/providers/{provider}/status": [
    ["/v1/providers/local/status", 200],
    ["/v1/providers/dead/status", 200],
    ["/v1/providers/nobody/status", 404],
  ],
  "GET /v1/capabilities": [
    ["/v1/capabilities?model=local/m&feature=vision", 200],
    ["/v1/capabilities?model=local/m&feature=flying", 400],
    ["/v1/capabilities?model=local/m", 400],
    ["/v1/capabilities?model=nobody-has-this&feature=vision", 404],
  ],
  "GET /v1/metrics/providers": [["/v1/metrics/providers", 200]],
  "GET /v1/models": [
    ["/v1/models", 200],
    ["/v1/models?provider=local", 200],
    ["/v1/models?provider=", 400],
    ["/v1/models?provider=nobody", 404],
  ],
  "GET /v1/models/{model}": [
    ["/v1/models/local/m", 200],
    ["/v1/models/no/such", 404],
  ],
};

/** Asked below: their answers go on, or something goes down with them. */
const apart = [
  "DELETE /api/flows",
  "DELETE /api/flows/{id}",
  "GET /api/events",
  "GET /api/flows/{id}/recording",
  "GET /api/lease",
  "POST /api/ca/rotate",
  "POST /api/flows/{id}/replay",
  "POST /api/stop",
];

describe("asked and answered as documented", () => {
  it("is every operation of this walk", () => {
    const mine = document.operations.filter((operation) => walkOf(operation) === "control").map(({ key }) => key);
    expect([...Object.keys(steps), ...apart].toSorted()).toEqual(mine.toSorted());
    const changing = document.operations.filter(({ changes }) => changes).map(({ method }) => method);
    expect(new Set(changing)).toEqual(new Set(["POST", "PUT", "DELETE", "GET"]));
  });

  it("after calls that went well, badly and nowhere", async () => {
    for (const model of ["local/m", "pair/limited", "cool/limited", "cool/barred", "faulty/wrong", "dead/m", "quick"]) {
      await bench.call(model, { prompt_cache_key: "the-talk" });
    }
    await bench.call("local/m", { stream: true, stream_options: { include_usage: true } });
    await bench.call("careful/m");
    await waitFor("the last call's flow", async () => {
      const flows = own(await bench.api.get("/api/flows"), "flows");
      return Array.isArray(flows) && flows.length >= 9 && flows.every((flow) => own(flow, "endedAt") !== undefined);
    });
    expect(await bench.api.get("/api/flows?filter=!is:live&limit=1")).toMatchObject({ flows: [expect.anything()] });
  });

  it.each(Object.entries(steps))("%s", async (key, asked) => {
    for (const step of asked) await walk.ask(key, ...step);
    expect([key, document.answered.has(key) || key.startsWith("GET /api/flows/{id}")]).toEqual([key, true]);
    const operation = document.operations.find((each) => each.key === key);
    if (operation?.surfaces.includes("port") !== true) return;
    // What is served on both is asked on both; a client of a provider may say more there than we know.
    for (const [path, status, options] of asked.filter(([, wanted]) => wanted === 200 || wanted === 404)) {
      await walk.askPort(key, `${path}${path.includes("?") ? "&" : "?"}beta=true`, status, options);
    }
  });

  it("GET /api/flows/{id} and its stages, for every kind of flow", async () => {
    const { flows } = (await bench.api.get("/api/flows")) as { flows: readonly { id: string; state: string }[] }; // held above
    for (const { id } of flows) {
      await walk.ask("GET /api/flows/{id}", `/api/flows/${id}`, 200);
      await walk.ask("GET /api/flows/{id}/stages", `/api/flows/${id}/stages`, 200);
    }
    expect(flows.length).toBeGreaterThan(8);
  });

  it("POST /api/flows/{id}/replay, of calls and of what is none", async () => {
    const key = "POST /api/flows/{id}/replay";
    const id = await flowFor("model:m provider:local");
    const path = `/api/flows/${id}/replay`;
    const coded = async (status: number, body: object): Promise<unknown> =>
      codeOf(await walk.ask(key, path, status, { body }));
    await walk.ask(key, path, 200);
    const waited = await walk.ask(key, `${path}?wait=1`, 200, { body: { via: "pair/other", client: "codex" } });
    expect(String(field(waited.json, "id"))).not.toBe(id);
    const said = { model: "local/n", headers: [["x-more", "1"]], body: { model: "m", messages: [] } };
    await walk.ask(key, `${path}?wait=1`, 200, { body: said });
    expect(await coded(400, { via: "nobody/m" })).toBe("target");
    expect(await coded(400, { headers: { "no name": "1" } })).toBe("invalid");
    expect(await coded(400, { client: "telnet" })).toBe("invalid");
    expect(await coded(409, { body: "no JSON" })).toBe("call");
    // Two secrets that look alike when they are masked.
    const secrets = `${canary.main} ${canary.second}`;
    await bench.call("local/n", { messages: [{ role: "user", content: secrets }] });
    const masked = `/api/flows/${await flowFor("model:n client:unknown")}/replay`;
    const unclear = {
      body: `{"model": "n", "messages": [{ "role": "user", "content": "•••${canary.main.slice(-4)}" }]}`,
    };
    expect(codeOf(await walk.ask(key, masked, 409, { body: unclear }))).toBe("body");
    await bench.api.socket("/api/routes", { body: { match: { model: "barred-*" }, to: "block" } });
    expect(await coded(403, { model: "barred-here" })).toBe("blocked");
    await bench.api.socket("/api/routes/1", { method: "DELETE" });
    await walk.ask(key, "/api/flows/none/replay", 404);
    await walk.ask(key, `${path}?wait=later`, 400);
  });

  it("GET /api/flows/{id}/recording, and of a flow that is live and a tunnel what cannot be had", async () => {
    const key = "GET /api/flows/{id}/recording";
    const recorded = await walk.ask(key, `/api/flows/${await flowFor("model:m provider:local")}/recording`, 200);
    expect(recorded.json).toMatchObject({ reply: { status: 200, end: "done" } });
    await walk.ask(key, "/api/flows/none/recording", 404);
    const tunnel = await tunnelThrough(Number(new URL(bench.core.url).port), bench.proxy.port);
    const path = `/api/flows/${await flowFor("is:tunnel")}`;
    expect(codeOf(await walk.ask(key, `${path}/recording`, 409))).toBe("not-recordable");
    expect(codeOf(await walk.ask("POST /api/flows/{id}/replay", `${path}/replay`, 409))).toBe("tunnel");
    expect(codeOf(await walk.ask("DELETE /api/flows/{id}", path, 409))).toBe("live");
    const rest = await walk.ask("DELETE /api/flows", "/api/flows?filter=is:tunnel", 200);
    expect(rest.json).toEqual({ deleted: 0, live: 1, older: null });
    tunnel.destroy();
  });

  it("GET /api/events", async () => {
    const key = "GET /api/events";
    for (const filter of ["modle:m", "body:hello"]) {
      expect(codeOf(await walk.ask(key, `/api/events?filter=${filter}`, 400))).toBe("filter");
    }
    const narrow = await openOn(bench.core.home, "/api/events?filter=model:nobody-has-this");
    expect(document.problems(key, { ...narrow, text: "" })).toEqual([]);
    await waitFor("the narrow hello", () => narrow.text().includes("event: hello"));
    narrow.close();
    const stream = await openOn(bench.core.home, "/api/events");
    expect(document.problems(key, { ...stream, text: "" })).toEqual([]);
    await waitFor("the hello", () => stream.text().includes("event: hello"));
    await bench.call("local/m");
    const seen = (name: string) => () => stream.text().includes(`event: ${name}\n`);
    await waitFor("a flow", seen("flow"));
    await walk.ask("DELETE /api/flows/{id}", `/api/flows/${await flowFor("model:m provider:local")}`, 200);
    const text = readFileSync(bench.configFile, "utf8");
    await bench.api.socket("/api/reload", { body: {} });
    writeFileSync(bench.configFile, "routes: [");
    await bench.api.socket("/api/reload", { body: {} });
    writeFileSync(bench.configFile, text);
    await bench.api.socket("/api/reload", { body: {} });
    for (const name of ["removed", "core", "status"]) await waitFor(`a ${name}`, seen(name));
    await waitFor("a rejected configuration", () => stream.text().includes('"config-rejected"'));
    stream.close();
    const events = [...stream.text().matchAll(/event: (\w+)\ndata: (.*)\n\n/g)];
    for (const [, name = "", data = ""] of events) {
      const parsed = parseJson(data);
      expect([name, parsed.ok ? document.eventProblems(key, name, parsed.value) : parsed.why]).toEqual([name, []]);
    }
    expect(new Set(events.map(([, name]) => name))).toEqual(new Set(["hello", "flow", "removed", "core", "status"]));
  });

  it("DELETE /api/flows, and of one", async () => {
    const key = "DELETE /api/flows";
    await walk.ask("DELETE /api/flows/{id}", "/api/flows/none", 404);
    expect(codeOf(await walk.ask(key, "/api/flows", 400))).toBe("filter");
    expect(codeOf(await walk.ask(key, "/api/flows?filter=modle:m", 400))).toBe("filter");
    expect(codeOf(await walk.ask(key, "/api/flows?filter=&before=none", 404))).toBe("no-such-flow");
    await walk.ask(key, "/api/flows?filter=&limit=1", 200);
    await walk.ask(key, "/api/flows?filter=", 200);
    expect(await bench.api.get("/api/flows?filter=!is:live")).toMatchObject({ flows: [] });
  });

  it("GET /api/lease", async () => {
    const lease = await openOn(bench.core.home, "/api/lease");
    expect(document.problems("GET /api/lease", { ...lease, text: "" })).toEqual([]);
    await waitFor("the lease", () => lease.text() === "held\n");
    lease.close();
  });

  it("what cannot be written now is a 503", async () => {
    const key = "PUT /v1/providers/{provider}/enabled";
    const aside = `${bench.configFile}.aside`;
    renameSync(bench.configFile, aside);
    mkdirSync(bench.configFile);
    const locked = await walk.ask(key, "/v1/providers/off/enabled", 503, put({ enabled: false }));
    expect(codeOf(locked)).toBe("unavailable");
    rmSync(bench.configFile, { recursive: true });
    renameSync(aside, bench.configFile);
    await walk.ask(key, "/v1/providers/off/enabled", 200, put({ enabled: false }));
  });

  it("POST /api/ca/rotate, and a machine that cannot", async () => {
    const key = "POST /api/ca/rotate";
    await walk.ask(key, "/api/ca/rotate", 200);
    const certs = join(bench.core.home, "certs");
    renameSync(certs, `${certs}.aside`);
    writeFileSync(certs, "no folder");
    expect(codeOf(await walk.ask(key, "/api/ca/rotate", 500))).toBe("failed");
    rmSync(certs);
    renameSync(`${certs}.aside`, certs);
  });

  it("the wrong method and no path at all, in words", async () => {
    const wrong = await bench.api.socket("/api/stop");
    expect([wrong.status, field(field(wrong.json, "error"), "code")]).toEqual([405, "method"]);
    const nothing = await bench.api.socket("/api/settings/request-logs");
    expect([nothing.status, nothing.text]).toEqual([404, expect.stringContaining("/api/openapi.json")]);
  });

  it("POST /api/stop, last of all", async () => {
    await walk.ask("POST /api/stop", "/api/stop", 200);
    expect(await bench.core.exited).toBe(0);
  });

  it("and every operation was, every code that this walk can meet occurred", () => {
    const mine = document.operations.filter((operation) => walkOf(operation) === "control");
    expect(mine.filter(({ key }) => !document.answered.has(key))).toEqual([]);
    const occurred = new Set([...document.refused].map((each) => each.split(" ").at(-1)));
    // Of the port, of logins, of a core that stops, and of intercepted calls made again: asked elsewhere.
    const elsewhere = ["invalid_api_key", "not_found", "method", "upstream", "stopping", "websocket", "login"];
    expect(
      Object.keys(refusalCodes)
        .filter((code) => !occurred.has(code))
        .toSorted(),
    ).toEqual(elsewhere.toSorted());
  });
});
