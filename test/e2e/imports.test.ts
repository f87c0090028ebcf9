/** Other programs' logins, read where those keep them: used, never written, never renewed. */
import { mkdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { greeting } from "../support/fake-backends-clients.ts";
import { sweep } from "../support/fake-backends-canary.ts";
import type { LoginProvider, LoginWorlds, StoredTokens } from "../support/fake-backends-logins.ts";
import { type LoginStage, startLoginStage } from "../support/fake-backends-stage.ts";
import { waitFor } from "../support/wait.ts";

let stage: LoginStage;
let worlds: LoginWorlds;
const written: string[] = [];
const hour = 3_600_000;

/** Each program's file as it writes it (shapes of late 2026), and what it tells its user to run. */
const clients = {
  "claude-code": {
    provider: "claude",
    path: ".claude/.credentials.json",
    renewal: "run `claude` once so that it renews its login",
    file: ({ access, refresh }, expiresAt) => ({
      claudeAiOauth: {
        accessToken: access,
        refreshToken: refresh,
        expiresAt,
        scopes: ["user:inference", "user:profile"],
        subscriptionType: "max",
        rateLimitTier: "default_claude_max_5x",
      },
    }),
  },
  codex: {
    provider: "codex",
    path: ".codex/auth.json",
    renewal: "run `codex` once so that it renews its login",
    file: ({ refresh }, expiresAt) => ({
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: {
        id_token: jwt({
          email: "me@example.com",
          "https://api.openai.com/auth": { chatgpt_account_id: "acc-claim", chatgpt_plan_type: "plus" },
        }),
        // Says itself when it ends.
        access_token: codexAccess(expiresAt),
        refresh_token: refresh,
        account_id: "acc-1",
      },
      last_refresh: "2026-11-20T10:00:00.000000Z",
    }),
  },
  "gemini-cli": {
    provider: "gemini-cli",
    path: ".gemini/oauth_creds.json",
    renewal: "run `gemini` once so that it renews its login",
    file: ({ access, refresh }, expiresAt) => ({
      access_token: access,
      refresh_token: refresh,
      scope: "https://www.googleapis.com/auth/cloud-platform openid",
      token_type: "Bearer",
      id_token: jwt({ email: "claim@example.com" }),
      expiry_date: expiresAt,
    }),
  },
  "qwen-code": {
    provider: "qwen",
    path: ".qwen/oauth_creds.json",
    renewal: "run `qwen` once so that it renews its login",
    file: ({ access, refresh }, expiresAt) => ({
      access_token: access,
      token_type: "Bearer",
      refresh_token: refresh,
      resource_url: "portal-eu.qwen.ai",
      expiry_date: expiresAt,
    }),
  },
} as const satisfies Readonly<
  Record<
    string,
    {
      readonly provider: LoginProvider;
      readonly path: string;
      readonly renewal: string;
      readonly file: (tokens: StoredTokens, expiresAt: number) => object;
    }
  >
>;
type Client = keyof typeof clients;
const names = ["claude-code", "codex", "gemini-cli", "qwen-code"] as const satisfies readonly Client[];

const project = "fake-project-42";
/** Codex's tokens of these tests; its backend takes what was handed out there. */
const codexTokens = new Set<string>();

beforeAll(async () => {
  stage = await startLoginStage({
    alsoCodex: (token) => codexTokens.has(token),
    config: {
      // The Gemini CLI's file does not say which project it is for.
      providers: { "gemini-cli": { type: "gemini-cli", project } },
      accounts: [
        ...names.map((client) => ({
          provider: clients[client].provider,
          name: "imported",
          import: client,
          accept_terms: true,
        })),
        { provider: "copilot", name: "imported", import: "copilot", accept_terms: true },
        { provider: "kiro", name: "imported", import: "kiro", accept_terms: true },
        { provider: "iflow", name: "unread", import: "iflow" },
      ],
    },
  });
  worlds = stage.worlds;
}, 90_000);
afterAll(() => stage.close());

/** As careful programs do it: beside it, then in its place. */
function write(path: string, value: unknown): string {
  const full = join(stage.core.home, path);
  const text = JSON.stringify(value, null, 2);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(`${full}.new`, text, { mode: 0o600 });
  renameSync(`${full}.new`, full);
  written.push(text);
  return text;
}

function logIn(client: Client, expiresInMs: number): { readonly token: string; readonly text: string } {
  const { provider, path, file } = clients[client];
  const tokens = worlds[provider].login();
  const expiresAt = Date.now() + expiresInMs;
  const text = write(path, file(tokens, expiresAt));
  return { token: provider === "codex" ? codexAccess(expiresAt) : tokens.access, text };
}

const shownTo = (host: string): string => worlds.backends.to(host).at(-1)?.headers["authorization"] ?? "";
const hosts = {
  claude: "api.anthropic.com",
  codex: "chatgpt.com",
  "gemini-cli": "cloudcode-pa.googleapis.com",
  qwen: "portal-eu.qwen.ai",
};
const askOf = (client: Client) => {
  const world = worlds[clients[client].provider];
  return stage.ask(world.client, `${world.provider}/${world.model}`);
};

describe.each(names)("the login of %s", (client) => {
  const { provider, path, renewal } = clients[client];

  it("that is not there says so, and how to get one", async () => {
    const told = await askOf(client);
    expect(told.status).toBeGreaterThanOrEqual(400);
    expect(told.text).toContain("there is no login of");
    expect(await stage.account(`${provider}/imported`)).toMatchObject({
      source: "client",
      client,
      credential: { state: "missing" },
    });
  });

  it("serves as soon as it is there, without a restart, with what it says besides", async () => {
    const { token } = logIn(client, 5 * hour);
    const told = await askOf(client);
    expect(told.text).toContain(greeting);
    expect(told.status).toBe(200);
    expect(shownTo(hosts[provider])).toBe(`Bearer ${token}`);
    if (client === "codex") {
      expect(worlds.backends.to("chatgpt.com").at(-1)?.headers["chatgpt-account-id"]).toBe("acc-1");
    }
    expect(await stage.account(`${provider}/imported`)).toMatchObject({ credential: { state: "ok", fix: null } });
  });

  it("U9: changed by its program meanwhile, is used at once as it is now", async () => {
    const { token } = logIn(client, 6 * hour);
    expect((await askOf(client)).status).toBe(200);
    expect(shownTo(hosts[provider])).toBe(`Bearer ${token}`);
  });

  it("is neither renewed nor written when it is over; its owner is told which program to run", async () => {
    const { text } = logIn(client, -hour);
    const full = join(stage.core.home, path);
    utimesSync(full, new Date(1_700_000_000_000), new Date(1_700_000_000_000));
    const before = worlds[provider].renewals();
    // However often it is asked for, each is told so, and the account cools for none of it.
    for (let call = 0; call < 3; call += 1) {
      const told = await askOf(client);
      expect(told.status).toBeGreaterThanOrEqual(400);
      expect(told.text).toContain("is over");
      expect(told.text).toContain(renewal);
    }
    expect(await stage.account(`${provider}/imported`)).toMatchObject({ state: "active", cooldowns: [] });
    expect(await stage.account(`${provider}/imported`)).toMatchObject({
      credential: { state: "needs-login", fix: renewal },
    });
    await stage.control.refreshAccount(`${provider}/imported`).then(
      () => expect.unreachable("there is nothing we may renew"),
      (error: unknown) => expect(String(error)).toContain(renewal),
    );
    expect(worlds[provider].renewals()).toBe(before);
    expect(readFileSync(full, "utf8")).toBe(text);
    expect(statSync(full).mtimeMs).toBe(1_700_000_000_000);

    const { token } = logIn(client, 7 * hour);
    expect((await askOf(client)).status).toBe(200);
    expect(shownTo(hosts[provider])).toBe(`Bearer ${token}`);
  });
});

describe("an imported login that is refused", () => {
  it("is read again, told to its owner, and serves as soon as its program has a new one", async () => {
    const { token } = logIn("claude-code", 8 * hour);
    worlds.claude.refuse(token);
    const before = worlds.claude.renewals();
    const told = await askOf("claude-code");
    expect(told.status).toBe(401);
    expect(worlds.claude.renewals()).toBe(before);
    const fresh = logIn("claude-code", 8 * hour);
    await waitFor("the new login to serve", async () => (await askOf("claude-code")).status === 200);
    expect(shownTo("api.anthropic.com")).toBe(`Bearer ${fresh.token}`);
    expect(worlds.claude.renewals()).toBe(before);
  });
});

describe("the login of Copilot's editors", () => {
  it("is GitHub's: it buys one Copilot token for twenty calls at once, and stays in its file", async () => {
    const { accessToken } = worlds.github.issue();
    const text = write(".config/github-copilot/apps.json", {
      "ghe.example.com:Iv1.x": { user: "corp", oauth_token: "ghu_canary_of_a_company", githubAppId: "Iv1.x" },
      "github.com:Iv1.b507a08c87ecfe98": { user: "me", oauth_token: accessToken, githubAppId: "Iv1.b507a08c87ecfe98" },
    });
    const told = await Promise.all(Array.from({ length: 20 }, () => stage.ask("claude", "copilot/gpt-4.1")));
    expect(told.every(({ status }) => status === 200)).toBe(true);
    expect(worlds.copilot.renewals()).toBe(1);
    expect(shownTo("api.github.com")).toBe(`token ${accessToken}`);
    expect(shownTo("api.individual.githubcopilot.com")).toBe(`Bearer ${worlds.copilot.token()}`);
    expect(readFileSync(join(stage.core.home, ".config/github-copilot/apps.json"), "utf8")).toBe(text);
    expect(await stage.account("copilot/imported")).toMatchObject({ credential: { state: "ok", who: "me" } });
  });

  it("a Copilot token that is refused is bought anew, once its minute is over", async () => {
    worlds.copilot.refuse(worlds.copilot.token());
    // Within that minute nothing is bought: the one it has is as fresh as can be.
    const told = await stage.ask("claude", "copilot/gpt-4.1");
    expect(told.status).toBe(401);
    expect(worlds.copilot.renewals()).toBe(1);
  });
});

describe("U06 the login of Kiro", () => {
  it("is watched where Kiro keeps it", async () => {
    const login = (expiresInMs: number) => ({
      accessToken: "aoaAAAAA-canary-0123456789",
      refreshToken: "aorAAAAA-canary-0123456789",
      expiresAt: new Date(Date.now() + expiresInMs).toISOString(),
      authMethod: "social",
      provider: "Google",
      profileArn: "arn:aws:codewhisperer:us-east-1:123456789012:profile/FAKE",
      region: "us-east-1",
    });
    expect(await stage.account("kiro/imported")).toMatchObject({ credential: { state: "missing" } });
    write(".aws/sso/cache/kiro-auth-token.json", login(hour));
    expect(await stage.account("kiro/imported")).toMatchObject({ credential: { state: "ok" } });
    write(".aws/sso/cache/kiro-auth-token.json", login(-hour));
    expect(await stage.account("kiro/imported")).toMatchObject({ credential: { state: "needs-login" } });
  });
});

describe("an import", () => {
  it("whose terms nobody has accepted serves nobody, and the log says why", async () => {
    expect(await stage.account("iflow/unread")).toMatchObject({ enabled: false });
    const told = await stage.ask("openai-chat", "iflow/kimi-k2");
    expect(told.status).toBeGreaterThanOrEqual(400);
    expect(worlds.backends.to("apis.iflow.cn")).toEqual([]);
    const { config } = await stage.control.status();
    expect(JSON.stringify(config)).toContain("add accept_terms: true");
    const wish = { provider: "iflow", name: "later", client: "iflow", acceptTerms: false };
    await expect(stage.control.importLogin(wish)).rejects.toThrow("--accept-terms");
  });

  it("added over the control API stands in config.yaml, without a token, and serves", async () => {
    write("elsewhere/qwen.json", clients["qwen-code"].file(worlds.qwen.login(), Date.now() + 5 * hour));
    const path = join(stage.core.home, "elsewhere/qwen.json");
    const wish = { provider: "qwen", name: "second", client: "qwen-code", path, acceptTerms: true };
    const added = await stage.control.importLogin(wish);
    expect(added).toMatchObject({ source: "client", client: "qwen-code", from: "config", credential: { state: "ok" } });
    const config = readFileSync(join(stage.core.home, "config.yaml"), "utf8");
    expect(config).toContain("name: second");
    expect(config).not.toContain(worlds.qwen.token());
  });
});

describe("after all of it", () => {
  it("acceptance 8: what stood in those files stands nowhere else", async () => {
    const secrets = written.flatMap((text) =>
      [...text.matchAll(/"((?:sk-ant-|rt_|ya29|1\/\/|fake-|gh[ur]_|ao[ar]|eyJ)[^"]+)"/g)].map(
        ([, secret]) => secret ?? "",
      ),
    );
    expect(secrets.length).toBeGreaterThan(30);
    const found = await sweep({
      core: stage.core,
      control: stage.control,
      secrets: [...secrets, ...worlds.secrets()],
      said: stage.said(),
      allowed: [/^\.(claude|codex|gemini|qwen|aws)\//, /^\.config\/github-copilot\//, /^elsewhere\//],
    });
    expect(found.leaks).toEqual([]);
    expect(found.open).toEqual([]);
  }, 60_000);
});

function jwt(claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.bm90LWEtc2lnbmF0dXJl`;
}

function codexAccess(expiresAt: number): string {
  const token = jwt({ exp: Math.floor(expiresAt / 1_000), sub: "canary" });
  codexTokens.add(token);
  return token;
}
