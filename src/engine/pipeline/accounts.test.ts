/** Calls and accounts together: who is asked, who is left alone for how long, and what the client is told meanwhile. */
import { describe, expect, it, vi } from "vitest";
import { Secret } from "../../base/secret.ts";
import { headerValue } from "../../base/headers.ts";
import { bodyOf } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createPool } from "../accounts/create-pool.ts";
import { keyCredentials } from "../accounts/key-credentials.ts";
import type { Credentials } from "../accounts/credential.ts";
import type { AccountPool } from "../accounts/pool.ts";
import { systemRandom } from "../../base/random.ts";
import { chatWhole, claudeRequest, responsesWhole } from "./__fixtures__/wire.ts";
import { keys } from "./__fixtures__/config.ts";
import { createRig, json, type Play, type Rig } from "./__fixtures__/rig.ts";

const two = `
accounts:
  - { provider: openai, name: a, api_key: "\${A}" }
  - { provider: openai, name: b, api_key: "\${B}" }
routes: [{ to: openai/gpt-5 }]
`;
const one = `
accounts: [{ provider: openai, name: a, api_key: "\${A}" }]
routes: [{ match: { model: other }, to: openai/gpt-mini }, { to: openai/gpt-5 }]
`;

const good = (): ReturnType<Play> => json(200, chatWhole);
const limited = (headers: readonly (readonly [string, string])[] = []): ReturnType<Play> =>
  json(429, { error: { type: "rate_limit_error", message: "slow down" } }, headers);
const ask = { body: { ...claudeRequest, stream: false } };
/** Each a conversation of its own. */
const talks = (id: string) => ({ body: { ...ask.body, metadata: { user_id: id } } });

/** The accounts that were asked, by their keys. */
function asked(rig: Rig): readonly string[] {
  return rig.sent.map(({ request }) =>
    headerValue(request.headers, "authorization") === `Bearer ${keys.A}` ? "a" : "b",
  );
}

describe("an account that is limited", () => {
  it("is left alone until its time, and asked again by one call", async () => {
    const rig = createRig(two, (_, turn) => (turn === 1 ? limited() : good()));
    expect((await rig.ask(talks("1"))).status).toBe(200);
    expect((await rig.ask(talks("2"))).status).toBe(200);
    expect(asked(rig)).toEqual(["a", "b", "b"]);
    expect(rig.why("cooldown").join()).toContain("skipped a");
    rig.pass(1_200);
    await rig.ask(talks("3"));
    expect(asked(rig)).toEqual(["a", "b", "b", "a"]);
  });

  it("U6: serves its other models meanwhile", async () => {
    const rig = createRig(one, (sent) => (sent.json["model"] === "gpt-5" ? limited([["retry-after", "60"]]) : good()));
    expect((await rig.ask(ask)).status).toBe(429);
    const other = await rig.ask({ body: { ...ask.body, model: "other" } });
    expect(other.status).toBe(200);
  });

  it("U6: is left alone with all its models where the limit is the account's", async () => {
    const broke = json(402, { error: { type: "billing_error", message: "no credit" } });
    const rig = createRig(one, () => broke);
    expect((await rig.ask(ask)).status).toBe(402);
    const other = rig.ask({ body: { ...ask.body, model: "other" } });
    await vi.waitFor(() => expect(rig.why("account").at(-1)).toContain("nobody is ready"));
    expect(rig.sent).toHaveLength(1);
    rig.pass(2_000);
    expect((await other).status).toBe(402);
  });

  it("has its cooldown on the attempt that cost it", async () => {
    const rig = createRig(two, (_, turn) => (turn === 1 ? limited([["retry-after", "30"]]) : good()));
    await rig.ask(ask);
    expect(rig.fact("cooled")).toEqual([{ type: "cooled", cooldownMs: 30_000 }]);
  });
});

describe("when all are cooling", () => {
  it("a short while is waited for", async () => {
    const rig = createRig(one, (_, turn) => (turn === 1 ? limited() : good()));
    expect((await rig.ask(ask)).status).toBe(429);
    const second = rig.ask(ask);
    await vi.waitFor(() => expect(rig.why("account").at(-1)).toContain("nobody is ready"));
    expect(rig.sent).toHaveLength(1);
    rig.pass(1_200);
    expect((await second).status).toBe(200);
  });

  it("a long one is told in the client's dialect, with the time to come back, and nobody is asked", async () => {
    const rig = createRig(one, () => limited([["retry-after", "90"]]));
    await rig.ask(ask);
    const second = await rig.ask(ask);
    expect(rig.sent).toHaveLength(1);
    expect(second.status).toBe(429);
    expect(headerValue(second.headers, "retry-after")).toBe("90");
    expect(JSON.parse(second.text)).toMatchObject({ type: "error", error: { type: "rate_limit_error" } });
    rig.pass(30_000);
    expect(headerValue((await rig.ask(ask)).headers, "retry-after")).toBe("60");
  });

  it("a client that leaves while it waits costs nothing", async () => {
    const rig = createRig(one, (_, turn) => (turn === 1 ? limited() : good()));
    await rig.ask(ask);
    const client = new AbortController();
    const waiting = rig.ask({ ...ask, signal: client.signal });
    await vi.waitFor(() => expect(rig.why("account").at(-1)).toContain("nobody is ready"));
    client.abort();
    expect((await waiting).status).toBe(499);
    expect([rig.sent.length, rig.timers()]).toEqual([1, 0]);
  });

  it("the next member of a combo is asked at once", async () => {
    const yaml = `
accounts: [{ provider: openai, name: a, api_key: "\${A}" }, { provider: groq, name: b, api_key: "\${B}" }]
combos: { both: [openai/gpt-5, groq/llama] }
routes: [{ to: combo/both }]
`;
    const rig = createRig(yaml, (_, turn) => (turn === 1 ? limited([["retry-after", "90"]]) : good()));
    await rig.ask(ask);
    await rig.ask(ask);
    expect(asked(rig)).toEqual(["a", "b", "b"]);
  });
});

describe("what costs an account nothing", () => {
  it.each([
    ["a network that is down", () => Promise.reject(new UpstreamError("refused", "connect", "nobody listens")), 502],
    ["a request that is wrong", () => json(400, { error: { type: "invalid_request_error", message: "bad" } }), 400],
    [
      "an upstream that never answers",
      () => Promise.reject(new UpstreamError("first-byte-timeout", "reply", "silent")),
      504,
    ],
  ] as const)("%s", async (_, play, status) => {
    const rig = createRig(one, (_sent, turn) => (turn === 1 ? play() : good()));
    expect((await rig.ask(ask)).status).toBe(status);
    expect(rig.fact("cooled")).toEqual([]);
    expect((await rig.ask(ask)).status).toBe(200);
  });
});

describe("a 200 that is no answer", () => {
  it.each([
    [
      "a captive portal's page",
      { status: 200, headers: [["content-type", "text/html"]], body: bodyOf("<html>log in</html>") },
    ],
    ["nothing", { status: 200, headers: [["content-type", "application/json"]], body: bodyOf("") }],
    ["a number", json(200, "5")],
  ] as const)("is made good elsewhere, in the client's own dialect too: %s", async (_, page) => {
    const yaml = `
providers: { mine: { type: anthropic-compatible, endpoint: "https://mine.example/v1", auth_type: none } }
accounts: [{ provider: openai, name: a, api_key: "\${A}" }]
combos: { both: [mine/m, openai/gpt-5] }
routes: [{ to: combo/both }]
`;
    const rig = createRig(yaml, (_sent, turn) => (turn === 1 ? page : good()));
    const answer = await rig.ask(ask);
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ type: "message", role: "assistant" });
    expect(rig.sent).toHaveLength(2);
  });
});

describe("a limit without a word of its end", () => {
  it("is told with the time that the account is left alone", async () => {
    const rig = createRig(one, () => limited());
    expect(headerValue((await rig.ask(ask)).headers, "retry-after")).toBe("1");
  });
});

describe("a conversation", () => {
  const talk = (session: string, headers: readonly (readonly [string, string])[] = []) => ({
    body: { ...ask.body, metadata: { user_id: session } },
    headers: [["content-type", "application/json"], ["anthropic-version", "2023-06-01"], ...headers] as const,
  });
  const cached = {
    ...chatWhole,
    usage: { prompt_tokens: 9_000, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 8_000 } },
  };

  it("stays with the account that holds its prompt cache, and says what leaving would cost", async () => {
    const yaml = `${two}settings: { selection: { strategy: round-robin } }\n`;
    let isDown = false;
    const rig = createRig(yaml, (sent) => {
      const isFirst = headerValue(sent.request.headers, "authorization") === `Bearer ${keys.A}`;
      return isDown && isFirst ? limited([["retry-after", "60"]]) : json(200, cached);
    });
    for (let turn = 0; turn < 4; turn += 1) await rig.ask(talk("s1"));
    expect(new Set(asked(rig)).size).toBe(1);
    isDown = asked(rig)[0] === "a";
    if (!isDown) return;
    await rig.ask(talk("s1"));
    expect(rig.why().join("\n")).toMatch(/re-bills about 8k cached tokens/);
  });
});

describe("a login that was refused", () => {
  const yaml = `
accounts: [{ provider: qwen, name: me, login: true, accept_terms: true }]
routes: [{ to: qwen/m }]
`;
  /** Hands out what it is told to; counts renewals. */
  function logins(renewed: string | null): Credentials & { readonly renewals: () => number } {
    let count = 0;
    return {
      ...keyCredentials,
      get: () =>
        Promise.resolve({
          ok: true,
          credential: { kind: "token", secret: new Secret("old-token-0123456789"), facts: {} },
        }),
      renew() {
        count += 1;
        return Promise.resolve(
          renewed === null
            ? { ok: false, error: { kind: "auth", message: "the login is over; switchyard accounts login qwen" } }
            : { ok: true, credential: { kind: "token", secret: new Secret(renewed), facts: {} } },
        );
      },
      renewals: () => count,
    };
  }
  const refused: Play = (sent) =>
    headerValue(sent.request.headers, "authorization") === "Bearer old-token-0123456789"
      ? json(401, { error: { type: "authentication_error", message: "expired old-token-0123456789" } })
      : good();
  const rigWith = (credentials: Credentials): Rig =>
    createRig(yaml, refused, ({ config, clock }) => ({
      accounts: {
        pool: createPool({ config: () => config, stored: () => [], clock, random: systemRandom }),
        credentials,
      },
    }));

  it("is renewed once and tried again with the same account", async () => {
    const credentials = logins("new-token-0123456789");
    const rig = rigWith(credentials);
    expect((await rig.ask(ask)).status).toBe(200);
    expect([rig.sent.length, credentials.renewals()]).toEqual([2, 1]);
    expect(rig.why("refresh").join()).toContain("tried once more with a renewed login");
    expect(rig.fact("cooled")).toEqual([]);
  });

  it("that cannot be renewed is an error that says what to do, without the token", async () => {
    const rig = rigWith(logins(null));
    const answer = await rig.ask(ask);
    expect(answer.status).toBe(401);
    expect(rig.why("refresh").join()).toContain("switchyard accounts login qwen");
    expect(answer.text + JSON.stringify(rig.facts)).not.toContain("old-token");
  });
});

describe("an account that was lent", () => {
  it("comes back whatever happens to the call", async () => {
    const pools: AccountPool[] = [];
    const rig = createRig(one, good, ({ config, clock }) => {
      const pool = createPool({ config: () => config, stored: () => [], clock, random: systemRandom });
      pools.push(pool);
      const credentials: Credentials = { ...keyCredentials, get: () => Promise.reject(new Error("a fault of ours")) };
      return { accounts: { pool, credentials } };
    });
    expect((await rig.ask(ask)).status).toBe(500);
    expect(pools[0]?.list().find(({ id }) => id === "openai/a")?.inFlight).toBe(0);
  });

  it("is not named with a time to come back that has passed", async () => {
    const rig = createRig(one, (_, turn) => limited([["retry-after", turn === 1 ? "5" : "90"]]));
    await rig.ask(talks("1"));
    const second = rig.ask(talks("2"));
    await vi.waitFor(() => expect(rig.why("account").at(-1)).toContain("nobody is ready"));
    const third = rig.ask(talks("3"));
    await vi.waitFor(() => expect(rig.timers()).toBe(2));
    rig.pass(5_600);
    await second;
    // One call found out; the other one, which waited with it, hears what was found.
    expect(headerValue((await third).headers, "retry-after")).toBe("90");
    expect(rig.sent).toHaveLength(2);
  });
});

describe("a provider with several addresses", () => {
  const yaml = `
providers:
  mine: { type: openai-compatible, endpoint: "https://one.example/v1", more_endpoints: ["https://two.example/base/v1"] }
routes: [{ to: mine/m }]
`;
  it("is asked at the next one where an address cannot be reached or cannot serve", async () => {
    const unreachable = createRig(yaml, (_, turn) =>
      turn === 1 ? Promise.reject(new UpstreamError("refused", "connect", "nobody listens")) : good(),
    );
    expect((await unreachable.ask(ask)).status).toBe(200);
    expect(unreachable.sent.map(({ url }) => url)).toEqual([
      "https://one.example/v1/chat/completions",
      "https://two.example/base/v1/chat/completions",
    ]);
    const busy = createRig(yaml, (_, turn) => (turn === 1 ? json(503, { error: { message: "busy" } }) : good()));
    expect((await busy.ask(ask)).status).toBe(200);
    expect(busy.fact("cooled")).toEqual([]);
  });
  it("is not asked twice when the request may have arrived", async () => {
    const rig = createRig(yaml, () => Promise.reject(new UpstreamError("reset", "reply", "broke")));
    expect((await rig.ask(ask)).status).toBe(502);
    expect(rig.sent).toHaveLength(1);
  });
});

describe("the outbound proxy of a call", () => {
  it.each([
    [
      "keys: { openai/a: 'http://key:1' }, combos: { c: 'http://combo:1' }, providers: { openai: 'http://provider:1' }",
      "http://key:1",
    ],
    ["combos: { c: 'http://combo:1' }, providers: { openai: 'http://provider:1' }", "http://combo:1"],
    ["providers: { openai: 'http://provider:1' }, global: 'http://all:1'", "http://provider:1"],
    ["global: 'http://all:1'", undefined],
  ])("is the most exact of %s", async (settings, expected) => {
    const yaml = `
accounts: [{ provider: openai, name: a, api_key: "\${A}" }]
combos: { c: [openai/gpt-5] }
routes: [{ to: combo/c }]
settings: { network_proxy: { ${settings} } }
`;
    const rig = createRig(yaml, good);
    await rig.ask(ask);
    expect(rig.sent[0]?.request.via).toBe(expected);
  });
});

describe("a provider whose models speak different dialects", () => {
  it("Copilot: Codex models are asked on /responses, the others on /chat/completions", async () => {
    const yaml = `
accounts: [{ provider: copilot, name: me, api_key: "\${A}" }]
routes: [{ match: { model: codex }, to: copilot/gpt-5-codex }, { to: copilot/gpt-4.1 }]
`;
    const rig = createRig(yaml, (sent) => (sent.url.endsWith("/responses") ? json(200, responsesWhole) : good()));
    const codex = await rig.ask({ body: { ...ask.body, model: "codex" } });
    const other = await rig.ask(ask);
    expect([codex.status, other.status]).toEqual([200, 200]);
    expect(rig.sent.map(({ url }) => url)).toEqual([
      "https://api.githubcopilot.com/responses",
      "https://api.githubcopilot.com/chat/completions",
    ]);
    expect(rig.sent[0]?.json).toMatchObject({ model: "gpt-5-codex", input: expect.any(Array) as unknown });
    expect(headerValue(rig.sent[0]?.request.headers ?? [], "x-initiator")).toBe("user");
    expect(rig.fact("described").map(({ formats }) => formats?.upstream)).toContain("openai-responses");
  });
});
