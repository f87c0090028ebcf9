/** Renewals against the fake login services, on real sockets; time is moved by hand. */
import { afterEach, describe, expect, it } from "vitest";
import { Secret } from "../../../base/secret.ts";
import { createOpened } from "../../../../test/support/opened.ts";
import { waitFor } from "../../../../test/support/wait.ts";
import {
  createFakeTime,
  createTestSend,
  startFakeClaudeAuth,
  startFakeGithub,
  startFakeGoogleAuth,
  startFakeIflowAuth,
  startFakeKimiAuth,
  startFakeKiroAuth,
  startFakeOpenAiAuth,
  startFakeQwenAuth,
} from "../../../../test/support/fake-auth/index.ts";
import { startFakeCursor } from "../../../../test/support/fake-cursor.ts";
import type { OAuthConfig } from "../../config/schema.ts";
import type { LoginFacts, RefreshResult, RefreshTokens } from "../credential.ts";
import { createRefresh } from "./refresh.ts";
import { services } from "./services.ts";

const opened = createOpened();
afterEach(() => opened.closeAll());

const clientSecret = "made-up-client-secret-for-tests";

function rig(hosts: Readonly<Record<string, number>>, config: Readonly<Record<string, OAuthConfig>> = {}) {
  const time = createFakeTime();
  const { send, asked } = createTestSend(hosts);
  const refresh = createRefresh({ send, clock: time.clock, after: time.after, oauth: () => ({ config, file: {} }) });
  return { time, asked, refresh };
}

function with_(
  refreshToken: string,
  extra: Readonly<Record<string, string>> = {},
  facts: LoginFacts = {},
): RefreshTokens {
  const secrets = Object.entries(extra).map(([name, value]) => [name, new Secret(value)] as const);
  return { refreshToken: new Secret(refreshToken), extra: Object.fromEntries(secrets), facts };
}

function good(result: RefreshResult) {
  if (!result.ok) throw new Error(`refused: ${result.message}`);
  return result.tokens;
}

const withSecret = (id: string): Readonly<Record<string, OAuthConfig>> => ({
  [id]: { clientSecret: new Secret(clientSecret) },
});

describe("a renewal", () => {
  it("at Claude is asked in JSON and hands on the rotated token", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    const { refresh } = rig({ "platform.claude.com": fake.port });
    const first = fake.issue();
    const tokens = good(await refresh("claude", with_(first.refreshToken, {}, { plan: "max" })));
    const [, second] = fake.issued;
    expect(tokens.accessToken.reveal()).toBe(second?.accessToken);
    expect(tokens.refreshToken?.reveal()).toBe(second?.refreshToken);
    expect(tokens.expiresInMs).toBe(28_800_000);
    expect(tokens.facts).toEqual({ who: "ada@example.com", plan: "max" });
    expect(fake.redemptions).toEqual([{ refreshToken: first.refreshToken, result: "ok" }]);
  });

  it("at Codex reads account, plan and lifetime from the tokens themselves", async () => {
    const fake = opened.add(await startFakeOpenAiAuth());
    const { refresh } = rig({ "auth.openai.com": fake.port });
    const tokens = good(await refresh("codex", with_(fake.issue().refreshToken)));
    expect(tokens.facts).toEqual({ who: "ada@example.com", accountId: "acct-fake-1", plan: "plus" });
    expect(tokens.expiresInMs).toBe(864_000_000);
  });

  it.each(["gemini-cli", "antigravity"] as const)("at Google (%s) gives no new refresh token", async (service) => {
    const fake = opened.add(await startFakeGoogleAuth({ service, clientSecret }));
    const { refresh } = rig({ "oauth2.googleapis.com": fake.port }, withSecret(service));
    const tokens = good(await refresh(service, with_(fake.issue().refreshToken, {}, { project: "mine" })));
    expect(tokens.refreshToken).toBeNull();
    expect(tokens.facts).toEqual({ who: "ada@example.com", project: "mine" });
  });

  it("at Qwen tells the host the token is bound to, and takes nulls for nothing", async () => {
    const fake = opened.add(await startFakeQwenAuth());
    const { refresh } = rig({ "chat.qwen.ai": fake.port });
    const tokens = good(await refresh("qwen", with_(fake.issue().refreshToken)));
    expect(tokens.facts).toEqual({ endpoint: "https://portal.qwen.ai/v1" });
    expect(tokens.refreshToken?.reveal()).toBe(fake.issued[1]?.refreshToken);
  });

  it("at Kimi is a form", async () => {
    const fake = opened.add(await startFakeKimiAuth());
    const { refresh } = rig({ "auth.kimi.com": fake.port });
    expect(good(await refresh("kimi", with_(fake.issue().refreshToken))).expiresInMs).toBe(21_600_000);
  });

  it("at iFlow ends with the account's API key", async () => {
    const fake = opened.add(await startFakeIflowAuth({ clientSecret }));
    const { refresh } = rig({ "iflow.cn": fake.port }, withSecret("iflow"));
    const tokens = good(await refresh("iflow", with_(fake.issue().refreshToken)));
    expect(tokens.accessToken.reveal()).toBe(fake.apiKey);
    expect(tokens.refreshToken?.reveal()).toBe(fake.issued[1]?.refreshToken);
    expect(tokens.facts.who).toBe("ada@example.com");
  });

  it("at iFlow keeps the new refresh token when the key cannot be had", async () => {
    const fake = opened.add(await startFakeIflowAuth({ clientSecret }));
    fake.trouble("/api/oauth/getUserInfo", { type: "status", status: 503 });
    const { refresh } = rig({ "iflow.cn": fake.port }, withSecret("iflow"));
    const tokens = good(await refresh("iflow", with_(fake.issue().refreshToken)));
    expect(tokens.refreshToken?.reveal()).toBe(fake.issued[1]?.refreshToken);
    expect(tokens.expiresInMs).toBeLessThanOrEqual(60_000);
  });

  it("at GitHub exchanges the kept GitHub token for Copilot's", async () => {
    const fake = opened.add(await startFakeGithub());
    const { refresh } = rig({ "api.github.com": fake.port });
    const githubToken = fake.issue().accessToken;
    const tokens = good(await refresh("github", with_(githubToken, { githubToken })));
    expect(tokens.accessToken.reveal()).toBe(fake.copilotTokens[0]);
    expect(tokens.refreshToken?.reveal()).toBe(githubToken);
    expect(tokens.facts).toEqual({ endpoint: "https://api.individual.githubcopilot.com", plan: "monthly_subscriber" });
    // Renewed at `refresh_in`, which is five minutes, the usual lead, before this.
    expect(tokens.expiresInMs).toBe((1_500 + 300) * 1_000);
  });

  it("at GitHub renews GitHub's own token first when that has ended", async () => {
    const fake = opened.add(await startFakeGithub({ tokensEnd: true }));
    const { refresh } = rig({ "api.github.com": fake.port, "github.com": fake.port });
    const { accessToken, refreshToken } = fake.issue();
    fake.expire();
    const tokens = good(await refresh("copilot", with_(refreshToken, { githubToken: accessToken })));
    expect(tokens.accessToken.reveal()).toBe(fake.copilotTokens[0]);
    expect(tokens.refreshToken?.reveal()).toBe(fake.issued[1]?.refreshToken);
  });

  it("at AWS shows the registration, in its region", async () => {
    const fake = opened.add(await startFakeKiroAuth());
    const { refresh, asked } = rig({ "oidc.eu-central-1.amazonaws.com": fake.port });
    const registered = await registration(fake.url);
    const facts = { region: "eu-central-1", authMethod: "IdC" };
    const tokens = good(await refresh("kiro", with_(fake.issue().refreshToken, registered, facts)));
    expect(tokens.facts).toEqual(facts);
    expect(asked).toEqual(["POST oidc.eu-central-1.amazonaws.com/token"]);
  });

  it("of Kiro's social login asks Kiro's own service and keeps the profile", async () => {
    const fake = opened.add(await startFakeKiroAuth());
    const { refresh } = rig({ "prod.us-east-1.auth.desktop.kiro.dev": fake.port });
    const tokens = good(await refresh("kiro", with_(fake.issue().refreshToken, {}, { authMethod: "social" })));
    expect(tokens.facts.profileArn).toBe(fake.profileArn);
  });

  it("goes where the configuration says instead", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    const { refresh, asked } = rig({}, { claude: { refreshUrl: `${fake.url}/v1/oauth/token` } });
    good(await refresh("claude", with_(fake.issue().refreshToken)));
    expect(asked).toEqual([`POST 127.0.0.1:${fake.port}/v1/oauth/token`]);
  });
});

describe("a refresh token that is over", () => {
  it.each([
    ["reused", "refresh_token_reused"],
    ["revoked", "refresh_token_invalidated"],
    ["old", "refresh_token_expired"],
  ] as const)("at Codex, %s, is permanent and asked for once", async (why, code) => {
    const fake = opened.add(await startFakeOpenAiAuth());
    const { refresh, asked } = rig({ "auth.openai.com": fake.port });
    const { refreshToken } = fake.issue();
    if (why === "reused") good(await refresh("codex", with_(refreshToken)));
    if (why === "revoked") fake.revoke();
    if (why === "old") fake.age();
    const before = asked.length;
    const result = await refresh("codex", with_(refreshToken));
    expect(result).toMatchObject({ ok: false, kind: "permanent" });
    expect(!result.ok && result.message).toContain(code);
    expect(!result.ok && result.message).toContain("log in again");
    expect(asked.length - before).toBe(1);
  });

  it("at Claude and Google is invalid_grant", async () => {
    const claude = opened.add(await startFakeClaudeAuth());
    const google = opened.add(await startFakeGoogleAuth({ clientSecret }));
    const hosts = { "platform.claude.com": claude.port, "oauth2.googleapis.com": google.port };
    const { refresh } = rig(hosts, withSecret("gemini-cli"));
    for (const service of ["claude", "gemini-cli"]) {
      const result = await refresh(service, with_("never-handed-out-0123456789"));
      expect(result).toMatchObject({ ok: false, kind: "permanent" });
    }
  });

  it("at Qwen is any 400, at Kimi a 401, at iFlow words in an HTTP 200", async () => {
    const qwen = opened.add(await startFakeQwenAuth());
    const kimi = opened.add(await startFakeKimiAuth());
    const iflow = opened.add(await startFakeIflowAuth({ clientSecret }));
    const hosts = { "chat.qwen.ai": qwen.port, "auth.kimi.com": kimi.port, "iflow.cn": iflow.port };
    const { refresh } = rig(hosts, withSecret("iflow"));
    for (const service of ["qwen", "kimi", "iflow"]) {
      const result = await refresh(service, with_("never-handed-out-0123456789"));
      expect(result).toMatchObject({ ok: false, kind: "permanent" });
    }
  });

  it("at AWS may be the registration's end", async () => {
    const fake = opened.add(await startFakeKiroAuth());
    const { refresh } = rig({ "oidc.us-east-1.amazonaws.com": fake.port });
    const registered = await registration(fake.url);
    fake.forgetClients();
    const result = await refresh("kiro", with_(fake.issue().refreshToken, registered, { authMethod: "IdC" }));
    expect(result).toMatchObject({ ok: false, kind: "permanent" });
  });

  it.each([403, 404] as const)("at Copilot is also an account without a seat (%d)", async (status) => {
    const fake = opened.add(await startFakeGithub());
    fake.refuseCopilot(status);
    const { refresh } = rig({ "api.github.com": fake.port });
    const githubToken = fake.issue().accessToken;
    const result = await refresh("copilot", with_(githubToken, { githubToken }));
    expect(result).toMatchObject({ ok: false, kind: "permanent" });
    expect(!result.ok && result.message).toContain("no Copilot seat");
  });

  it("at GitHub is told when GitHub takes its token back", async () => {
    const fake = opened.add(await startFakeGithub());
    const { refresh } = rig({ "api.github.com": fake.port });
    const githubToken = fake.issue().accessToken;
    fake.revoke();
    const result = await refresh("copilot", with_(githubToken, { githubToken }));
    expect(result).toMatchObject({ ok: false, kind: "permanent" });
    expect(!result.ok && result.message).toContain("log in again");
  });
});

describe("a service in trouble", () => {
  it("is asked again after one and two seconds when nobody answered", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    fake.trouble("/v1/oauth/token", { type: "reset" }, { type: "status", status: 503 });
    const { refresh, time } = rig({ "platform.claude.com": fake.port });
    const renewing = refresh("claude", with_(fake.issue().refreshToken));
    await waitFor("the first pause", () => time.waits.includes(1_000));
    time.advance(1_000);
    await waitFor("the second pause", () => time.waits.includes(2_000));
    time.advance(2_000);
    good(await renewing);
    expect(fake.redemptions).toHaveLength(1);
    expect(time.waits).toEqual([]);
  });

  it("is given up after three questions", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    const down = { type: "status", status: 500, body: "oops" } as const;
    fake.trouble("/v1/oauth/token", down, down, down, down);
    const { refresh, time } = rig({ "platform.claude.com": fake.port });
    const renewing = refresh("claude", with_(fake.issue().refreshToken));
    await waitFor("the first pause", () => time.waits.includes(1_000));
    time.advance(1_000);
    await waitFor("the second pause", () => time.waits.includes(2_000));
    time.advance(2_000);
    expect(await renewing).toMatchObject({ ok: false, kind: "transient" });
    expect(fake.seen).toHaveLength(3);
  });

  it("is never asked again after the head of a yes: the token may be used up", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    fake.trouble("/v1/oauth/token", { type: "cut" });
    const { refresh, time } = rig({ "platform.claude.com": fake.port });
    const result = await refresh("claude", with_(fake.issue().refreshToken));
    expect(result).toMatchObject({ ok: false, kind: "transient" });
    expect(fake.seen).toHaveLength(1);
    expect(time.waits).toEqual([]);
  });

  it("is never asked again after a yes that cannot be read", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    fake.trouble("/v1/oauth/token", { type: "status", status: 200, body: '{"token_type":"Bearer"}' });
    const { refresh } = rig({ "platform.claude.com": fake.port });
    const result = await refresh("claude", with_(fake.issue().refreshToken));
    expect(result).toMatchObject({ ok: false, kind: "transient" });
    expect(!result.ok && result.message).toContain("access_token");
    expect(fake.seen).toHaveLength(1);
  });

  it("that is asked too often says when to come back", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    fake.trouble("/v1/oauth/token", { type: "status", status: 429, headers: { "retry-after": "17" } });
    const { refresh } = rig({ "platform.claude.com": fake.port });
    const result = await refresh("claude", with_(fake.issue().refreshToken));
    expect(result).toMatchObject({ ok: false, kind: "transient", retryAfterMs: 17_000 });
    expect(fake.seen).toHaveLength(1);
  });

  it("is not followed to another host", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    const elsewhere = { location: "https://elsewhere.example/token" };
    fake.trouble("/v1/oauth/token", { type: "status", status: 307, headers: elsewhere });
    const { refresh, asked } = rig({ "platform.claude.com": fake.port });
    const result = await refresh("claude", with_(fake.issue().refreshToken));
    expect(!result.ok && result.message).toContain("redirect");
    expect(asked).toHaveLength(1);
  });

  it("that stays silent is left after thirty seconds", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    fake.trouble("/v1/oauth/token", { type: "silence" });
    const { refresh, time } = rig({ "platform.claude.com": fake.port });
    const renewing = refresh("claude", with_(fake.issue().refreshToken));
    await waitFor("the question", () => fake.seen.length === 1);
    time.advance(30_000);
    expect(await renewing).toMatchObject({ ok: false, kind: "transient" });
  });

  it("does not flood us: a reply has a bound", async () => {
    const fake = opened.add(await startFakeClaudeAuth());
    fake.trouble("/v1/oauth/token", { type: "status", status: 200, body: `{"a":"${"x".repeat(300_000)}"}` });
    const { refresh } = rig({ "platform.claude.com": fake.port });
    const result = await refresh("claude", with_(fake.issue().refreshToken));
    expect(!result.ok && result.message).toContain("more than 262144 bytes");
  });
});

describe("what a renewal cannot do without", () => {
  it("is asked for in words that say what to write where", async () => {
    const { refresh, asked } = rig({});
    const result = await refresh("gemini-cli", with_("some-refresh-token-0123456789"));
    expect(result).toMatchObject({ ok: false, kind: "transient" });
    expect(!result.ok && result.message).toContain("oauth.gemini-cli.client_secret");
    expect(!result.ok && result.message).toContain("provider-credentials.json");
    expect(asked).toEqual([]);
  });

  it("is a service that is known", async () => {
    const { refresh } = rig({});
    expect(await refresh("nobody", with_("some-refresh-token-0123456789"))).toMatchObject({ ok: false });
  });

  it("is a region that is one: it becomes part of a host name", async () => {
    const { refresh, asked } = rig({});
    const facts = { region: "evil.example/x", authMethod: "IdC" };
    const result = await refresh(
      "kiro",
      with_("some-refresh-token-0123456789", { clientId: "a", clientSecret: "b" }, facts),
    );
    expect(result).toMatchObject({ ok: false, kind: "transient" });
    expect(asked).toEqual([]);
  });
});

/** As a login would have made it. */
async function registration(url: string): Promise<{ clientId: string; clientSecret: string }> {
  const reply = await fetch(`${url}/client/register`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      clientName: "switchyard",
      clientType: "public",
      scopes: services.kiro.scopes,
      grantTypes: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
    }),
  });
  // The fake answers exactly this.
  return (await reply.json()) as { clientId: string; clientSecret: string };
}

describe("a renewal at Cursor", () => {
  const at = async () => {
    const fake = opened.add(await startFakeCursor({ tokens: [] }));
    return { fake, ...rig({ "api2.cursor.sh": Number(new URL(fake.apiUrl).port) }) };
  };

  it("keeps the old refresh token, because no new one comes", async () => {
    const { fake, refresh } = await at();
    const tokens = good(await refresh("cursor", with_("made-up-refresh-token")));
    expect(tokens.accessToken.reveal()).toMatch(/^cursor-renewed-/);
    expect(tokens.refreshToken).toBeNull();
    expect(fake.renewals).toEqual(["made-up-refresh-token"]);
  });

  it("is over for good where the yes says that the login was ended", async () => {
    const { refresh } = await at();
    expect(await refresh("cursor", with_("over"))).toMatchObject({ ok: false, kind: "permanent" });
  });
});
