/** The control API on the port: a real core, whose owner switches it on and off while it runs. */
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { own } from "../../src/base/json.ts";
import { type Answer, type Api, type AskOptions, openApi } from "../support/api.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage } from "../support/fixture.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
let core: CoreProcess;
let api: Api;
beforeAll(async () => {
  core = await stage.startCore({
    config: {
      providers: { local: { type: "openai-compatible", endpoint: "http://127.0.0.1:9/v1", auth_type: "none" } },
    },
  });
  api = await openApi(core.home);
}, 60_000);
afterAll(() => stage.close());

const admin = (path: string, options: AskOptions = {}): Promise<Answer> =>
  api.port(path, { ...options, headers: { authorization: `Bearer ${api.adminToken}`, ...options.headers } });
const codeOf = (answer: Answer): unknown => own(own(answer.json, "error"), "code");
const wordsOf = (answer: Answer): string => String(own(own(answer.json, "error"), "message"));

/** As editors do: nobody sees half a file. */
function save(text: string): void {
  const path = join(core.home, "config.yaml");
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

async function switchTo(wish: "on" | "off"): Promise<void> {
  const path = join(core.home, "config.yaml");
  const config = parse(readFileSync(path, "utf8")) as { listen: object }; // as `startCore` wrote it
  save(stringify({ ...config, listen: { ...config.listen, control_api: wish } }));
  expect((await api.socket("/api/reload", { body: {} })).json).toMatchObject({ error: null });
}

/** The live stream on the port; what it said so far, and whether it goes on. */
async function follow(): Promise<{ readonly text: () => string; readonly over: Promise<void>; leave(): void }> {
  const request = httpRequest({
    host: "127.0.0.1",
    port: core.port,
    path: "/api/events",
    headers: { authorization: `Bearer ${api.adminToken}` },
  });
  request.end();
  const [reply] = (await once(request, "response")) as [IncomingMessage]; // that event's one argument
  expect([reply.statusCode, reply.headers["content-type"]]).toEqual([200, "text/event-stream"]);
  let text = "";
  reply.setEncoding("utf8").on("data", (piece: string) => (text += piece));
  const over = new Promise<void>((resolve) => {
    request.on("error", () => {});
    reply.on("error", () => {}).once("close", () => resolve());
  });
  return { text: () => text, over, leave: () => void request.destroy() };
}

describe("the control API on the port", () => {
  it("is off until its owner switches it on, and says how", async () => {
    for (const path of ["/api", "/api/status", "/api/flows", "/api/no-such-thing"]) {
      const answer = await admin(path);
      expect([path, answer.status, codeOf(answer)]).toEqual([path, 404, "control-api-off"]);
      expect(wordsOf(answer)).toContain("listen.control_api to on");
    }
    expect((await admin("/v1/providers")).status).toBe(401);
    // Telemetry of a client whose base URL we are.
    expect((await api.keyed("/api/event_logging/batch", { body: {} })).status).toBe(404);
  });

  it("answers what the socket answers, as soon as it is on", async () => {
    await switchTo("on");
    const still = (text: string): string => text.replaceAll(/"(?:since|process|checkedAt)":(?:"[^"]*"|\{[^}]*\})/g, "");
    for (const path of [
      "/api/status",
      "/api/flows",
      "/api/flows?limit=3",
      "/api/routes",
      "/api/accounts",
      "/api/rate-limits",
      "/api/sessions",
      "/api/combos",
      "/api/settings/ip-filter",
      "/api/metrics",
      "/v1/providers",
      "/v1/models?provider=local",
    ]) {
      const [onPort, onSocket] = [await admin(path), await api.socket(path)];
      expect([path, onPort.status]).toEqual([path, 200]);
      expect(still(onPort.text)).toBe(still(onSocket.text));
    }
    for (const path of ["/api/flows?limit=none", "/api/flows/none", "/api/nothing", "/api/accounts/%zz/x/quota"]) {
      const [onPort, onSocket] = [await admin(path), await api.socket(path)];
      expect([path, onPort.status, onPort.text]).toEqual([path, onSocket.status, onSocket.text]);
      expect(onPort.status).toBeGreaterThanOrEqual(400);
    }
  });

  it("takes changes, refuses what is no JSON, and tells which methods there are", async () => {
    const filter = { mode: "deny", list: ["10.0.0.1"] };
    const put = await admin("/api/settings/ip-filter", { method: "PUT", body: filter });
    expect([put.status, put.json]).toMatchObject([200, filter]);
    expect(await api.get("/api/settings/ip-filter")).toMatchObject(filter);
    expect((await admin("/api/settings/ip-filter", { method: "DELETE" })).status).toBe(200);
    const body = { client: "unknown", host: null, model: "local/m" };
    expect((await admin("/api/routes/explain", { body })).json).toMatchObject({ action: "reroute" });
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await admin("/api/routes/explain", { body: "a=b", headers: form })).status).toBe(415);
    expect((await admin("/api/routes/explain", { body: "{" })).status).toBe(400);
    expect((await admin("/api/routes/explain", { body: "x".repeat(5_000_000) })).status).toBe(413);
    const wrong = await admin("/api/flows", { method: "PATCH" });
    expect([wrong.status, wrong.headers["allow"]]).toEqual([405, "GET, DELETE"]);
    const head = await admin("/api/status", { method: "HEAD" });
    expect([head.status, head.text]).toEqual([200, ""]);
    expect((await admin("/api/events", { method: "HEAD" })).status).toBe(200);
  });

  it("begins and ends Kiro logins and makes their pages, as the socket does", async () => {
    expect((await admin("/v0/oauth/kiro/no-such-login")).status).toBe(404);
    const refused = await admin("/v0/oauth/kiro", { body: { name: "x" } });
    expect([refused.status, wordsOf(refused)]).toEqual([400, expect.stringContaining("--accept-terms")]);
    const made = await admin("/v0/oauth/kiro/pages", { body: { name: "x", acceptTerms: true } });
    expect(made.json).toMatchObject({ state: "unopened" });
    expect((await admin(`/v0/oauth/kiro/pages/${String(own(made.json, "id"))}`, { method: "DELETE" })).status).toBe(
      200,
    );
  });

  it("streams what happens, until its owner leaves or it is switched off", async () => {
    const [stays, leaves] = [await follow(), await follow()];
    await waitFor("both greetings", () => [stays, leaves].every(({ text }) => text().includes("event: hello")));
    leaves.leave();
    await api.socket("/api/reload", { body: {} });
    await waitFor("word of the reload", () => stays.text().includes("config-reloaded"));
    await switchTo("off");
    await within("the stream to end", stays.over, 5_000);
    expect(codeOf(await admin("/api/status"))).toBe("control-api-off");
    await switchTo("on");
  });

  it("tells no secret, in whatever way it is asked", async () => {
    for (const query of ["?secrets=1", "?secrets=0", "?%73ecrets=1", "?a=b&secrets=1", "?secrets"]) {
      const answer = await admin(`/api/status${query}`);
      expect([query, answer.status, codeOf(answer)]).toEqual([query, 403, "secrets"]);
    }
    expect((await admin("/x/../api/status?secrets=1")).status).toBe(403);
    const told = await Promise.all(
      ["/api/status", "/api/flows", "/api/accounts", "/api/metrics"].map((path) => admin(path)),
    );
    for (const secret of [api.adminToken, api.clientKey, api.proxyToken])
      expect(told.map(({ text }) => text).join("")).not.toContain(secret);
  });
});

describe("who may ask it", () => {
  it.each<[string, () => Record<string, string>]>([
    ["nothing", () => ({})],
    ["a wrong token", () => ({ authorization: `Bearer ${api.adminToken}x` })],
    ["half a token", () => ({ authorization: `Bearer ${api.adminToken.slice(0, 16)}` })],
    ["the client key", () => ({ authorization: `Bearer ${api.clientKey}` })],
    ["the proxy token", () => ({ authorization: `Bearer ${api.proxyToken}` })],
    ["the token as another header", () => ({ "x-api-key": api.adminToken })],
    ["the token as a password", () => ({ authorization: `Basic ${btoa(`:${api.adminToken}`)}` })],
  ])("shows %s: 401, and what is wanted", async (_name, headers) => {
    const answer = await api.port("/api/status", { headers: headers() });
    expect([answer.status, codeOf(answer)]).toEqual([401, "unauthorized"]);
    expect(answer.headers["www-authenticate"]).toMatch(/^Bearer realm="/);
    expect(wordsOf(answer)).toContain("switchyard status --json --secrets");
  });

  it("a token in the address is none", async () => {
    expect((await api.port(`/api/status?key=${api.adminToken}`)).status).toBe(401);
  });

  const port = (): number => core.port;
  it.each<[string, () => Record<string, string>]>([
    ["an Origin", () => ({ origin: "https://evil.example" })],
    ["our own Origin", () => ({ origin: `http://127.0.0.1:${port()}` })],
    ["a browser's mark", () => ({ "sec-fetch-site": "none" })],
    ["another mark", () => ({ "sec-ch-ua": '"Chromium"' })],
    ["a name that leads here", () => ({ host: `evil.example:${port()}` })],
    ["0.0.0.0", () => ({ host: `0.0.0.0:${port()}` })],
    ["another port", () => ({ host: "127.0.0.1:1" })],
  ])("with %s is refused, token and all", async (_name, headers) => {
    for (const [path, method] of [
      ["/api/status", "GET"],
      ["/api/reload", "POST"],
      ["/api/status", "OPTIONS"],
    ] as const) {
      const answer = await admin(path, { method, headers: headers() });
      expect(answer.status).toBe(403);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });

  it("the proxy does not lead there, in either of its ways", async () => {
    const raw = (...lines: readonly string[]): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(port(), "127.0.0.1");
        let said = "";
        socket.setEncoding("utf8").on("data", (piece: string) => (said += piece));
        socket.once("error", reject).once("close", () => resolve(said));
        socket.end([...lines, "", ""].join("\r\n"));
      });
    for (const host of [`127.0.0.1:${port()}`, `localhost:${port()}`, `[::1]:${port()}`, `127.0.0.2:${port()}`]) {
      const bearer = `Authorization: Bearer ${api.adminToken}`;
      const plain = await raw(`GET http://${host}/api/status HTTP/1.1`, `Host: ${host}`, bearer);
      expect(plain).toMatch(/^HTTP\/1\.1 403 /);
      const tunnel = await raw(`CONNECT ${host} HTTP/1.1`, `Host: ${host}`, bearer);
      expect(tunnel).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
  });

  it("guesses are counted: after ten in a minute they are not looked at, and the right token still works", async () => {
    const statuses: number[] = [];
    let last: Answer | null = null;
    for (let turn = 0; turn < 20; turn += 1) {
      last = await api.port("/api/status", { headers: { authorization: `Bearer guess-${turn}-0123456789` } });
      statuses.push(last.status);
    }
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(10);
    expect([last?.status, Number(last?.headers["retry-after"])]).toEqual([429, expect.any(Number)]);
    expect(Number(last?.headers["retry-after"])).toBeGreaterThan(0);
    // No guess: the tool knows one of our keys, and the other one is wanted.
    expect((await api.keyed("/api/status")).status).toBe(401);
    expect((await admin("/api/status")).status).toBe(200);
    expect(JSON.stringify(own(await api.get("/api/status"), "notices"))).toContain("tries tokens on the control API");
    expect(core.stderr()).not.toContain("guess-");
  });

  it("none of it is a flow", async () => {
    expect(own(await api.get("/api/flows"), "flows")).toEqual([]);
  });
});

describe("the admin token", () => {
  it("is one of three, made once, and told only to who asks the socket for secrets", async () => {
    const shown = await core.cli("status", "--json", "--secrets");
    const told: unknown = JSON.parse(shown.stdout);
    expect(own(told, "adminToken")).toBe(api.adminToken);
    expect(api.adminToken).toMatch(/^[\w-]{32}$/);
    expect(new Set([api.adminToken, api.clientKey, api.proxyToken]).size).toBe(3);
    expect((await core.cli("status", "--secrets")).stdout).toContain(`admin token ${api.adminToken}`);
    expect((await core.cli("status", "--json")).stdout).not.toContain(api.adminToken);
    expect((await core.cli("env", "--shell", "json")).stdout).not.toContain(api.adminToken);
  });

  it("opens the registry's questions besides, and no model call", async () => {
    const body = { model: "local/m", messages: [{ role: "user", content: "hi" }] };
    expect((await admin("/v1/chat/completions", { body })).status).toBe(401);
    expect((await admin("/v1/models")).status).toBe(200);
    expect((await admin("/v1/providers/local/enabled", { method: "PUT", body: { enabled: true } })).status).toBe(200);
  });
});

describe("a listener that others can reach", () => {
  it("does not go together with it: such a file is refused, and the one before holds", async () => {
    const path = join(core.home, "config.yaml");
    const before = readFileSync(path, "utf8");
    save(stringify({ listen: { host: "0.0.0.0", proxy_auth: "always", control_api: "on" } }));
    const { json } = await api.socket("/api/reload", { body: {} });
    expect(own(json, "error")).toContain("listen.control_api: 0.0.0.0 can be reached from other machines");
    expect((await admin("/api/status")).status).toBe(200);
    save(before);
    expect((await api.socket("/api/reload", { body: {} })).json).toMatchObject({ error: null });
  });
});

describe("a core that stops", () => {
  it("asked to on the port answers first, and waits for no stream", async () => {
    const stream = await follow();
    await waitFor("its greeting", () => stream.text().includes("event: hello"));
    const begunAt = performance.now();
    expect((await admin("/api/stop", { body: {} })).json).toEqual({ stopping: true });
    expect(await within("the core to stop", core.exited, 10_000)).toBe(0);
    await within("the stream to end", stream.over, 1_000);
    expect(performance.now() - begunAt).toBeLessThan(10_000);
  });
});
