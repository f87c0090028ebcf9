/** What scripts ask of a running core: the registry, and figures that add up with what the providers saw. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetch as undiciFetch } from "undici";
import { parse } from "yaml";
import { canary, codeOf, type ControlBench, messageOf, startControlBench } from "../support/control-bench.ts";
import { host } from "../support/fixture.ts";
import { field } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";
import { waitFor } from "../support/wait.ts";

let bench: ControlBench;
beforeAll(async () => {
  bench = await startControlBench();
});
afterAll(() => bench.stage.close());

const config = (): Record<string, unknown> => parse(readFileSync(bench.configFile, "utf8")) as Record<string, unknown>; // a map, as written

const status = async (provider: string): Promise<string> =>
  String(field(await bench.api.get(`/v1/providers/${provider}/status`), "status"));

describe("the registry", () => {
  it.each([
    "/v1/providers",
    "/v1/providers/local",
    "/v1/providers/local/models",
    "/v1/providers/local/capabilities",
    "/v1/providers/fresh/status",
    "/v1/models",
    "/v1/models?provider=local",
    "/v1/models/local/m",
    "/v1/capabilities?model=local/m&feature=streaming",
    "/v1/metrics/providers",
  ])("%s is the same on the port and on the socket", async (path) => {
    const onPort = await bench.api.keyed(path);
    const onSocket = await bench.api.socket(path);
    expect([onPort.status, onSocket.status]).toEqual([200, 200]);
    // The one figure that moves by itself.
    const still = (text: string): string => text.replaceAll(/"since":"[^"]+"/g, "");
    expect(still(onPort.text)).toBe(still(onSocket.text));
  });

  it("tells every provider of the file and of the seed's list", async () => {
    const { data } = (await bench.api.get("/v1/providers")) as { data: { id: string }[] }; // the contract of that route
    const ids = data.map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["local", "claude", "openrouter", "copilot", "minimax", "kiro"]));
    expect(data.find(({ id }) => id === "local")).toMatchObject({
      type: "openai-compatible",
      endpoint: `${bench.chat.url}/v1`,
      requires_auth: true,
      enabled: true,
      accounts: 1,
      models: ["m", "n"],
    });
    expect(await bench.api.get("/v1/providers/github")).toMatchObject({ id: "copilot" });
    const missing = await bench.api.socket("/v1/providers/nobody");
    expect([missing.status, codeOf(missing), messageOf(missing)]).toEqual([
      404,
      "not-found",
      "provider not found: nobody",
    ]);
  });

  it("capabilities are the seed's five words, and the model's own come first", async () => {
    expect(await bench.api.get("/v1/providers/local/capabilities")).toEqual({
      streaming: true,
      functions: false,
      vision: true,
      code_generation: true,
      max_tokens: 4096,
    });
    const asked = async (model: string, feature: string): Promise<unknown> =>
      bench.api.get(`/v1/capabilities?model=${encodeURIComponent(model)}&feature=${feature}`);
    expect(await asked("local/m", "functions")).toEqual({ supported: false });
    expect(await asked("quick", "vision")).toEqual({ supported: true });
    expect(await asked("claude-3-5-sonnet", "streaming")).toEqual({ supported: true });
    expect(await asked("wide", "functions")).toEqual({ supported: true });
    for (const [query, code] of [
      ["model=local/m&feature=flying", 400],
      ["model=local/m", 400],
      ["feature=vision", 400],
      ["model=nobody-has-this&feature=vision", 404],
    ] as const) {
      expect((await bench.api.socket(`/v1/capabilities?${query}`)).status).toBe(code);
    }
  });
});

describe("figures", () => {
  it("every state of a provider comes from what happened to it", async () => {
    expect(await status("fresh")).toBe("unknown");
    expect(await status("off")).toBe("disabled");
    expect(await status("claude")).toBe("no-account");
    expect((await bench.call("local/m")).status).toBe(200);
    expect(await status("local")).toBe("healthy");
    // What its client got wrong says nothing about a provider.
    expect((await bench.call("faulty/wrong")).status).toBe(400);
    expect(await status("faulty")).toBe("unknown");
    expect((await bench.call("dead/m")).status).toBe(502);
    expect(await status("dead")).toBe("down");
    expect((await bench.call("pair/limited")).status).toBe(429);
    expect((await bench.call("pair/m")).status).toBe(200);
    expect(await status("pair")).toBe("degraded");
    // The model rests, and all calls of the last hour failed.
    expect((await bench.call("cool/limited")).status).toBe(429);
    expect(await status("cool")).toBe("down");
    expect((await bench.call("cool/m")).status).toBe(200);
    expect(await status("cool")).toBe("degraded");
    // The account rests.
    expect((await bench.call("cool/barred")).status).toBe(401);
    expect(await status("cool")).toBe("down");
    const shown = await bench.api.get("/v1/providers/cool/status");
    expect(shown).toMatchObject({
      accounts: { total: 1, active: 0, cooling: 1, stopped: 0 },
      reason: "its account cools",
      last_success: expect.any(String),
      last_error: expect.stringContaining("auth"),
      metrics: { requests: 3, successes: 1, failures: 2, errors: { "rate-limit": 1, auth: 1 } },
    });
  });

  it("metrics add up with what the providers saw", async () => {
    const { data } = (await bench.api.get("/v1/metrics/providers")) as { data: Record<string, unknown>[] }; // that route's contract
    const of = (id: string): Record<string, unknown> | undefined => data.find(({ provider }) => provider === id);
    expect(of("local")).toMatchObject({
      requests: bench.chat.seen.length,
      successes: 1,
      success_rate: 1,
      input_tokens: 120,
      output_tokens: 17,
    });
    expect(Number(of("local")?.["ttfb_ms_p50"])).toBeGreaterThan(0);
    expect(of("dead")).toMatchObject({ requests: 1, failures: 1, errors: { network: 1 }, ttfb_ms_p50: null });
    const sum = (key: string): number =>
      ["pair", "cool", "faulty"].reduce((total, id) => total + Number(of(id)?.[key] ?? 0), 0);
    expect(sum("requests")).toBe(bench.flaky.seen.length);
    expect(sum("successes")).toBe(bench.flaky.seen.filter(({ status: said }) => said === 200).length);
  });

  it("usage adds up in every group, passed-through calls included", async () => {
    const dispatcher = undiciThrough(bench.core);
    bench.stage.opened.later(() => dispatcher.close());
    const reply = await undiciFetch(`https://${host}/v1/messages`, {
      method: "POST",
      dispatcher,
      headers: { "x-api-key": canary.own, "anthropic-version": "2023-06-01", "content-type": "application/json" },
      body: JSON.stringify({ model: "claude-x", max_tokens: 9, messages: [{ role: "user", content: "hi" }] }),
    });
    expect(reply.status).toBe(200);
    await reply.text();
    const streamed = await bench.call("local/m", { stream: true, stream_options: { include_usage: true } });
    expect(streamed.status).toBe(200);
    const spoken = [bench.chat, bench.flaky, bench.anthropic]
      .flatMap(({ seen }) => seen)
      .filter(({ status: said }) => said === 200);
    // The calls of the tests before that nobody answered: five, whoever was asked how often.
    const failures = 5;
    const expected = {
      calls: spoken.length + failures,
      failures,
      input: 120 * spoken.length,
      output: 17 * spoken.length,
    };
    for (const group of ["day", "model", "account", "session", "client", "provider"]) {
      const usage = await waitFor(`the last call in the usage by ${group}`, async () => {
        const found = (await bench.api.get(`/api/usage?group=${group}`)) as {
          total: { calls: number };
          rows: object[];
        }; // its contract
        return found.total.calls === expected.calls ? found : undefined;
      });
      expect(usage).toMatchObject({ group, total: expected, dropped: 0 });
      const sum = usage.rows.reduce((total, row) => total + Number(field(row, "input")), 0);
      expect(sum).toBe(expected.input);
    }
    const { rows } = (await bench.api.get("/api/usage?group=provider")) as { rows: object[] }; // its contract
    expect(rows).toContainEqual(expect.objectContaining({ key: "claude", calls: 1, input: 120, output: 17 }));
    expect(field(await bench.api.get("/api/usage?since=2020-01-01&until=2020-12-31"), "rows")).toEqual([]);
    for (const query of ["group=nothing", "since=yesterday", "until=2026-02-31"]) {
      expect((await bench.api.socket(`/api/usage?${query}`)).status).toBe(400);
    }
  });

  it("sessions are counted, and nobody's words are their names", async () => {
    for (let turn = 0; turn < 2; turn += 1)
      await bench.call("local/m", { user: "somebody", prompt_cache_key: "the-talk" });
    const { sessions } = (await bench.api.get("/api/sessions")) as { sessions: object[] }; // its contract
    const session = sessions.find((one) => field(one, "calls") === 2);
    expect(session).toMatchObject({ account: "local/main", model: "m", input: 240, output: 34, client: "unknown" });
    expect(JSON.stringify(sessions)).not.toContain("the-talk");
  });

  it("limits bite, and say what is used", async () => {
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn += 1) statuses.push((await bench.call("careful/m")).status);
    expect(statuses).toEqual([200, 200, 429]);
    const { rateLimits } = (await bench.api.get("/api/rate-limits")) as { rateLimits: object[] }; // its contract
    const row = (id: string): object | undefined => rateLimits.find((one) => field(one, "account") === id);
    expect(row("careful/default")).toMatchObject({
      state: "limited",
      limits: { requests_per_minute: 2, tokens_per_minute: null, max_tokens_per_request: null },
      used: { requests: 2, tokens: 274 },
    });
    expect(row("cool/default")).toMatchObject({
      state: "cooling",
      cooldowns: [
        { kind: "rate-limit", model: "limited" },
        { kind: "auth", model: null },
      ],
    });
  });

  it("combos are told with what is wrong with them, names with what they could mean", async () => {
    const { combos, collisions, aliases } = (await bench.api.get("/api/combos")) as Record<string, unknown[]>; // its contract
    expect(combos).toEqual([
      expect.objectContaining({ name: "lone", warning: "it has one member: nothing to fall back to" }),
      expect.objectContaining({ name: "wide", warning: null }),
      expect.objectContaining({ name: "gone", warning: "none of its members can be used now" }),
    ]);
    expect(aliases).toEqual({ quick: "local/m", m: "pair/other" });
    expect(collisions).toContainEqual(expect.objectContaining({ name: "m", taken: "alias of pair/other" }));
  });
});

describe("providers switched on and off", () => {
  it("at once, in the file, with its comments", async () => {
    const before = readFileSync(bench.configFile, "utf8");
    expect((await bench.call("off/m")).status).toBe(503);
    const on = await bench.api.keyed("/v1/providers/off/enabled", { method: "PUT", body: { enabled: true } });
    expect(on.json).toMatchObject({ id: "off", enabled: true });
    expect((await bench.call("off/m")).status).toBe(200);
    const after = readFileSync(bench.configFile, "utf8");
    for (const comment of ["# kept: the head\nlisten:", "# kept: about off\n  off:", "# kept: here"]) {
      expect(after).toContain(comment);
    }
    expect(parse(after)).toEqual(parse(before.replace("enabled: false", "enabled: true")));
    // One that the file does not name.
    const built = await bench.api.socket("/v1/providers/mistral/enabled", { method: "PUT", body: { enabled: false } });
    expect(built.json).toMatchObject({ id: "mistral", enabled: false });
    expect(await status("mistral")).toBe("disabled");
    expect(field(field(config(), "providers"), "mistral")).toEqual({ enabled: false });
  });

  it.each([
    ["/v1/providers/off/enabled", { enabled: "no" }, 400],
    ["/v1/providers/off/enabled", undefined, 400],
    ["/v1/providers/off/enabled", "{", 400],
    ["/v1/providers/nobody/enabled", { enabled: true }, 404],
  ])("PUT %s with %j is refused", async (path, body, code) => {
    const before = readFileSync(bench.configFile, "utf8");
    const more = body === undefined ? {} : { body };
    expect((await bench.api.socket(path, { method: "PUT", ...more })).status).toBe(code);
    expect((await bench.api.keyed(path, { method: "PUT", ...more })).status).toBe(code);
    expect(readFileSync(bench.configFile, "utf8")).toBe(before);
  });
});
