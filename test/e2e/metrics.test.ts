/** The figures of a real core, as JSON and for Prometheus, against what the providers saw. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetch as undiciFetch } from "undici";
import type { MetricsJson } from "../../src/base/controls.ts";
import { type Api, openApi } from "../support/api.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { type FakeProvider, startFakeAnthropic, startFakeOpenAiChat } from "../support/fake-providers.ts";
import { createStage, host } from "../support/fixture.ts";
import { type MetricFamily, parsePrometheus, valueOf } from "../support/prometheus.ts";
import { sayHello } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";
import { waitFor } from "../support/wait.ts";

const stage = createStage();
const key = "sk-metrics-canary-0123456789";
let core: CoreProcess;
let api: Api;
let chat: FakeProvider;
let flaky: FakeProvider;
let anthropic: FakeProvider;

beforeAll(async () => {
  const { opened, identity } = stage;
  chat = opened.add(await startFakeOpenAiChat({ keys: [key], gapMs: 1 }));
  flaky = opened.add(
    await startFakeOpenAiChat({
      gapMs: 1,
      answer: (asked, nth) =>
        asked.model === "limited"
          ? { type: "error", status: 429, message: "slow down", retryAfterSeconds: 90 }
          : sayHello(asked, nth),
    }),
  );
  anthropic = opened.add(await startFakeAnthropic({ tls: identity, gapMs: 1 }));
  core = await stage.startCore({
    dial: { [host]: anthropic.port },
    config: {
      providers: {
        local: { type: "openai-compatible", endpoint: `${chat.url}/v1`, auth_type: "api_key" },
        flaky: { type: "openai-compatible", endpoint: `${flaky.url}/v1`, auth_type: "none" },
      },
      accounts: [{ provider: "local", name: "my-own-account-name", api_key: key }],
      combos: { both: ["flaky/limited", "local/m"] },
      prices: { "local/m": { input: 10, output: 100, cache_read: 10 } },
      settings: { selection: { when_limited: "refuse" } },
    },
  });
  api = await openApi(core.home);
}, 60_000);
afterAll(() => stage.close());

async function scrape(): Promise<readonly MetricFamily[]> {
  const answer = await api.keyed("/metrics");
  expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/plain; version=0.0.4; charset=utf-8"]);
  return parsePrometheus(answer.text);
}
const figures = async (): Promise<MetricsJson> => (await api.get("/api/metrics")) as MetricsJson; // the contract of that route
let conversations = 0;
const call = async (model: string, more: object = {}): Promise<number> => {
  conversations += 1;
  const messages = [{ role: "user", content: `Say hello, ${conversations}.` }];
  return (await api.keyed("/v1/chat/completions", { body: { model, messages, ...more } })).status;
};
/** Every flow that was begun has ended and been counted. */
const settled = (): Promise<unknown> => waitFor("all calls to end", async () => (await figures()).flows.live === 0);

describe("figures", () => {
  it("are there before the first call, whole and without a count", async () => {
    const families = await scrape();
    const names = families.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        "switchyard_build_info",
        "switchyard_requests_total",
        "switchyard_attempts_total",
        "switchyard_attempt_failures_total",
        "switchyard_tokens_total",
        "switchyard_cost_usd_total",
        "switchyard_request_duration_seconds",
        "switchyard_first_token_seconds",
        "switchyard_accounts",
        "switchyard_cooldowns",
        "switchyard_flows_live",
        "switchyard_flows_dropped_total",
        "process_cpu_seconds_total",
        "process_resident_memory_bytes",
        "nodejs_eventloop_lag_seconds",
      ]),
    );
    expect(valueOf(families, "switchyard_requests_total")).toBe(0);
    expect(valueOf(families, "switchyard_build_info")).toBe(1);
    expect(Math.abs(valueOf(families, "switchyard_start_time_seconds") - Date.now() / 1_000)).toBeLessThan(120);
  });

  it("are what the providers saw", async () => {
    expect(await call("local/m")).toBe(200);
    expect(await call("local/m", { stream: true, stream_options: { include_usage: true } })).toBe(200);
    expect(await call("flaky/fine")).toBe(200);
    expect(await call("combo/both")).toBe(200);
    expect(await call("flaky/limited")).toBe(429);
    expect(await call("nobody/has-this")).toBe(404);
    const dispatcher = undiciThrough(core);
    stage.opened.later(() => dispatcher.close());
    const passed = await undiciFetch(`https://${host}/v1/messages`, {
      method: "POST",
      dispatcher,
      headers: { "x-api-key": key, "anthropic-version": "2023-06-01", "content-type": "application/json" },
      body: JSON.stringify({ model: "claude-x", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
    });
    expect(passed.status).toBe(200);
    await passed.text();
    await settled();
    await waitFor("the passed-through call to be read", async () =>
      (await figures()).usage.some(({ provider }) => provider === "claude"),
    );

    const families = await scrape();
    const count = (name: string, labels: Record<string, string> = {}): number =>
      valueOf(families, `switchyard_${name}`, labels);
    const answered = (fake: FakeProvider): number => fake.seen.filter(({ status }) => status === 200).length;

    expect(count("attempts_total", { provider: "local" })).toBe(chat.seen.length);
    expect(count("attempts_total", { provider: "flaky" })).toBe(flaky.seen.length);
    expect(count("attempts_total", { provider: "flaky", outcome: "ok" })).toBe(answered(flaky));
    expect(count("attempt_failures_total", { provider: "flaky", kind: "rate-limit" })).toBe(
      flaky.seen.length - answered(flaky),
    );
    for (const [provider, fake] of [
      ["local", chat],
      ["flaky", flaky],
      ["claude", anthropic],
    ] as const) {
      expect([provider, count("tokens_total", { provider, direction: "input" })]).toEqual([
        provider,
        120 * answered(fake),
      ]);
      expect(count("tokens_total", { provider, direction: "output" })).toBe(17 * answered(fake));
    }
    expect(count("cost_usd_total", { provider: "local", model: "m" })).toBeCloseTo(
      (answered(chat) * (120 * 10 + 17 * 100)) / 1_000_000,
      10,
    );
    expect(count("requests_total", { action: "passthrough", provider: "claude", outcome: "ok" })).toBe(
      anthropic.seen.length,
    );
    expect(count("requests_total", { action: "reroute", provider: "local", outcome: "ok" })).toBe(3);
    expect(count("requests_total", { action: "reroute", outcome: "error" })).toBe(2);
    const flows = (await core.flows()).filter(({ state }) => state !== "open");
    expect(count("requests_total")).toBe(flows.length);
    expect(count("request_duration_seconds_count", { action: "reroute" })).toBe(4);
    expect(count("request_duration_seconds_sum", { action: "reroute", provider: "local" })).toBeGreaterThan(0);
    expect(count("first_token_seconds_count", { provider: "local" })).toBeGreaterThan(0);
    expect(count("accounts", { provider: "local", state: "active" })).toBe(1);
    expect(count("cooldowns", { provider: "flaky" })).toBe(1);
    expect(count("cooldowns", { provider: "flaky", scope: "model" })).toBe(1);
    expect(count("flows_live")).toBe(0);
    expect(count("flows_kept")).toBe(flows.length);
  });

  it("are the same as JSON, and name neither accounts nor secrets", async () => {
    const [json, families, text] = [await figures(), await scrape(), (await api.keyed("/metrics")).text];
    const total = (rows: readonly { readonly count: number }[]): number =>
      rows.reduce((sum, { count }) => sum + count, 0);
    expect(total(json.requests)).toBe(valueOf(families, "switchyard_requests_total"));
    expect(total(json.attempts)).toBe(valueOf(families, "switchyard_attempts_total"));
    expect(total(json.failures)).toBe(valueOf(families, "switchyard_attempt_failures_total"));
    expect(json.usage.reduce((sum, { input }) => sum + input, 0)).toBe(
      valueOf(families, "switchyard_tokens_total", { direction: "input" }),
    );
    expect(json.process.residentBytes).toBeGreaterThan(10_000_000);
    expect(json.process.cpuSeconds).toBeGreaterThan(0);
    for (const word of ["my-own-account-name", key, api.clientKey, api.adminToken]) {
      expect(text).not.toContain(word);
      expect(JSON.stringify(json)).not.toContain(word);
    }
  });

  it("only grow where they count", async () => {
    const before = await scrape();
    expect(await call("local/m")).toBe(200);
    await settled();
    const after = await scrape();
    for (const { name, type, samples } of before) {
      if (type !== "counter") continue;
      for (const { labels, value } of samples) expect(valueOf(after, name, labels)).toBeGreaterThanOrEqual(value);
    }
    expect(valueOf(after, "switchyard_requests_total")).toBe(valueOf(before, "switchyard_requests_total") + 1);
  });

  it("hold out against models of any name, and many of them", async () => {
    for (const name of ['a"b,c=d', "sk-ant-canary-0123456789ab", "x".repeat(200)])
      expect(await call(`flaky/${name}`)).toBe(200);
    for (let turn = 0; turn < 260; turn += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, place) => call(`flaky/model-${turn + place}`)));
    }
    await settled();
    const families = await scrape();
    const models = new Set(
      families
        .filter(({ name }) => name === "switchyard_tokens_total")
        .flatMap(({ samples }) => samples.map(({ labels }) => labels["model"])),
    );
    expect(models.size).toBeLessThanOrEqual(201);
    expect(models).toContain("other");
    expect(models).toContain('a"b,c=d');
    expect([...models].join(" ")).not.toContain("canary-0123456789ab");
    const answered = flaky.seen.filter(({ status }) => status === 200).length;
    expect(valueOf(families, "switchyard_tokens_total", { provider: "flaky", direction: "input" })).toBe(
      120 * answered,
    );
  }, 60_000);
});

describe("who may read them, and where", () => {
  it("on the port: whoever has the client key, or the admin token", async () => {
    for (const headers of [
      { authorization: `Bearer ${api.clientKey}` },
      { "x-api-key": api.clientKey },
      { authorization: `Bearer ${api.adminToken}` },
    ])
      expect((await api.port("/metrics", { headers })).status).toBe(200);
    for (const headers of [{}, { authorization: "Bearer wrong" }, { authorization: `Bearer ${api.proxyToken}` }]) {
      const answer = await api.port("/metrics", { headers });
      expect([answer.status, answer.text]).toEqual([401, expect.stringContaining("SWITCHYARD_CLIENT_KEY")]);
    }
    const browser = { authorization: `Bearer ${api.clientKey}`, origin: "https://evil.example" };
    expect((await api.port("/metrics", { headers: browser })).status).toBe(403);
    const head = await api.keyed("/metrics", { method: "HEAD" });
    expect([head.status, head.text, Number(head.headers["content-length"]) > 1_000]).toEqual([200, "", true]);
    const posted = await api.keyed("/metrics", { method: "POST" });
    expect([posted.status, posted.headers["allow"]]).toEqual([405, "GET, HEAD"]);
  });

  it("on the socket: JSON, or text where it is asked for", async () => {
    for (const [path, headers] of [
      ["/api/metrics?format=prometheus", {}],
      ["/api/metrics", { accept: "text/plain" }],
      // As Prometheus itself asks.
      [
        "/api/metrics",
        { accept: "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1" },
      ],
    ] as const) {
      const answer = await api.socket(path, { headers });
      expect(answer.headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
      parsePrometheus(answer.text);
    }
    for (const [path, headers] of [
      ["/api/metrics", {}],
      ["/api/metrics", { accept: "*/*" }],
      ["/api/metrics?format=json", { accept: "text/plain" }],
    ] as const)
      expect((await api.socket(path, { headers })).json).toMatchObject({ since: expect.any(String) });
    expect((await api.socket("/api/metrics?format=xml")).status).toBe(400);
  });

  it("in the terminal", async () => {
    const shown = await core.cli("status", "--prometheus");
    expect(shown.code).toBe(0);
    expect(valueOf(parsePrometheus(shown.stdout), "switchyard_build_info")).toBe(1);
  });
});
