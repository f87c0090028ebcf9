/**
 * The services with a login, each as a pair: its login service and its API, which lets in exactly the tokens that the
 * login service has handed out and not taken back. All of them behind one set of fake backends.
 */
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  startFakeClaudeAuth,
  startFakeGithub,
  startFakeGoogleAuth,
  startFakeIflowAuth,
  startFakeKiroAuth,
  startFakeOpenAiAuth,
  startFakeQwenAuth,
} from "./fake-auth/index.ts";
import type { FakeLogin } from "./fake-auth/claude.ts";
import { type Backend, type FakeBackends, liveKeys, startFakeBackends } from "./fake-backends.ts";
import type { ClientDialect } from "./fake-backends-clients.ts";
import type { FakeCa } from "./fake-ca.ts";
import {
  startFakeAnthropic,
  startFakeCodeAssist,
  startFakeOpenAiChat,
  startFakeOpenAiResponses,
  type FakeProvider,
} from "./fake-providers.ts";
import type { Opened } from "./opened.ts";

export const loginProviders = ["claude", "codex", "gemini-cli", "antigravity", "copilot", "qwen", "iflow"] as const;
export type LoginProvider = (typeof loginProviders)[number];

export interface LoginWorld {
  readonly provider: LoginProvider;
  readonly model: string;
  /** A client of another dialect than the service's. */
  readonly client: ClientDialect;
  readonly apiHost: string;
  readonly api: FakeProvider;
  readonly auth: FakeLogin;
  /** How often the login service was asked to renew, with whatever result. */
  readonly renewals: () => number;
  /** The token that calls are to be made with now. */
  readonly token: () => string;
  /** All access tokens of now are over; what renews them is not. */
  expire(): void;
  /** This one is refused from now on, though its time is not over. */
  refuse(token: string): void;
  /** A login of this service, as its record holds it. */
  login(): StoredTokens;
}

export interface StoredTokens {
  readonly access: string;
  readonly refresh: string;
  readonly extra: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string>>;
}

export interface LoginWorlds extends Readonly<Record<LoginProvider, LoginWorld>> {
  readonly backends: FakeBackends;
  readonly github: Awaited<ReturnType<typeof startFakeGithub>>;
  readonly qwenAuth: Awaited<ReturnType<typeof startFakeQwenAuth>>;
  readonly kiro: Awaited<ReturnType<typeof startFakeKiroAuth>>;
  /** `provider-credentials.json`. */
  readonly credentialFile: string;
  /** Everything that was ever handed out, and what only its owner knows. */
  secrets(): readonly string[];
}

const clientSecrets = {
  "gemini-cli": "GOCSPX-made-up-for-these-tests-1",
  antigravity: "GOCSPX-made-up-for-these-tests-2",
  iflow: "made-up-iflow-client-secret-3",
} as const;
export const codexAccount = "acct-fake-1";

export interface WorldsOptions {
  /** Codex's own tokens say when they end, so a test may want to make them. */
  readonly alsoCodex?: (token: string) => boolean;
  /** Asked before all others. */
  readonly first?: readonly Backend[];
}

export async function startLoginWorlds(
  ca: FakeCa,
  opened: Opened,
  { alsoCodex = () => false, first = [] }: WorldsOptions = {},
): Promise<LoginWorlds> {
  const claudeAuth = opened.add(await startFakeClaudeAuth());
  const openai = opened.add(await startFakeOpenAiAuth());
  const gemini = opened.add(await startFakeGoogleAuth({ clientSecret: clientSecrets["gemini-cli"] }));
  const google = { service: "antigravity", clientSecret: clientSecrets.antigravity } as const;
  const antigravityAuth = opened.add(await startFakeGoogleAuth(google));
  const github = opened.add(await startFakeGithub({ tokensEnd: true }));
  const qwenAuth = opened.add(await startFakeQwenAuth());
  const iflowAuth = opened.add(await startFakeIflowAuth({ clientSecret: clientSecrets.iflow }));
  const kiro = opened.add(await startFakeKiroAuth());

  const refused = new Set<string>();
  const keysOf = (auth: FakeLogin): readonly string[] => liveKeys((key) => auth.isGood(key) && !refused.has(key));
  const last = (texts: readonly string[]): string => texts[texts.length - 1] ?? "";
  const fromBook = (auth: FakeLogin, facts: StoredTokens["facts"] = {}) => ({
    auth,
    renewals: () => auth.redemptions.length,
    token: () => last(auth.issued.map(({ accessToken }) => accessToken)),
    expire: () => auth.expire(),
    refuse: (token: string) => void refused.add(token),
    login(): StoredTokens {
      const { accessToken, refreshToken } = auth.issue();
      return { access: accessToken, refresh: refreshToken, extra: {}, facts };
    },
  });

  const codeAssist = (auth: FakeLogin, envelope: "gemini-cli" | "antigravity") =>
    startFakeCodeAssist({ keys: keysOf(auth), envelope });
  const codexKeys = liveKeys((key) => (openai.isGood(key) || alsoCodex(key)) && !refused.has(key));
  const copilotKeys = liveKeys((key) => github.copilotTokens.includes(key) && !refused.has(key));
  const worlds: Readonly<Record<LoginProvider, LoginWorld>> = {
    claude: {
      provider: "claude",
      model: "claude-sonnet-4-5",
      client: "openai-chat",
      apiHost: "api.anthropic.com",
      api: opened.add(await startFakeAnthropic({ keys: keysOf(claudeAuth) })),
      ...fromBook(claudeAuth),
    },
    codex: {
      provider: "codex",
      model: "gpt-5-codex",
      client: "claude",
      apiHost: "chatgpt.com",
      api: opened.add(await startFakeOpenAiResponses({ keys: codexKeys, isCodex: true })),
      ...fromBook(openai, { accountId: codexAccount }),
    },
    "gemini-cli": {
      provider: "gemini-cli",
      model: "gemini-2.5-pro",
      client: "claude",
      apiHost: "cloudcode-pa.googleapis.com",
      api: opened.add(await codeAssist(gemini, "gemini-cli")),
      ...fromBook(gemini, { project: gemini.project }),
    },
    antigravity: {
      provider: "antigravity",
      model: "gemini-3-pro-high",
      client: "openai-chat",
      apiHost: "daily-cloudcode-pa.googleapis.com",
      api: opened.add(await codeAssist(antigravityAuth, "antigravity")),
      ...fromBook(antigravityAuth, { project: antigravityAuth.project }),
    },
    copilot: {
      provider: "copilot",
      model: "gpt-4.1",
      client: "claude",
      // Where the exchange says, which is not where the registry does.
      apiHost: "api.individual.githubcopilot.com",
      api: opened.add(await startFakeOpenAiChat({ keys: copilotKeys })),
      ...fromBook(github),
      renewals: () => github.seen.filter(({ path }) => path === "/copilot_internal/v2/token").length,
      token: () => last(github.copilotTokens),
      expire: () => {
        for (const token of github.copilotTokens) refused.add(token);
      },
      // As a login of ours leaves it: GitHub's token redeems the next one.
      login() {
        const { accessToken } = github.issue();
        const extra = { githubToken: accessToken };
        return { access: "tid=over-since-long;exp=1", refresh: accessToken, extra, facts: {} };
      },
    },
    qwen: {
      provider: "qwen",
      model: "qwen3-coder-plus",
      client: "claude",
      apiHost: "portal.qwen.ai",
      api: opened.add(await startFakeOpenAiChat({ keys: keysOf(qwenAuth) })),
      ...fromBook(qwenAuth),
    },
    iflow: {
      provider: "iflow",
      model: "kimi-k2",
      client: "openai-responses",
      apiHost: "apis.iflow.cn",
      api: opened.add(await startFakeOpenAiChat({ keys: [iflowAuth.apiKey] })),
      ...fromBook(iflowAuth),
      token: () => iflowAuth.apiKey,
    },
  };

  const isProject = (path: string): boolean => /^\/v1internal(?::loadCodeAssist|:onboardUser|\/operations)/.test(path);
  const api = (host: string, world: LoginWorld, path?: (path: string) => string) => ({
    host,
    port: () => world.api.port,
    ...(path === undefined ? {} : { path }),
  });
  const auth = (host: string, { port }: { readonly port: number }) => ({ host, port: () => port });
  // Both clients of Google's ask at the same addresses.
  const ofAntigravity = (text: string): boolean => text.includes(clientSecrets.antigravity);
  const googleHosts = ["cloudcode-pa.googleapis.com", "daily-cloudcode-pa.googleapis.com"] as const;
  const backends = opened.add(
    await startFakeBackends(ca, [
      ...first,
      auth("platform.claude.com", claudeAuth),
      auth("auth.openai.com", openai),
      { ...auth("oauth2.googleapis.com", antigravityAuth), fits: ({ text }) => ofAntigravity(text) },
      auth("oauth2.googleapis.com", gemini),
      ...googleHosts.map((host) => ({
        ...auth(host, gemini),
        fits: ({ path, headers }: { readonly path: string; readonly headers: Readonly<Record<string, string>> }) =>
          isProject(path) && gemini.isGood((headers["authorization"] ?? "").slice("Bearer ".length)),
      })),
      ...googleHosts.map((host) => ({
        ...auth(host, antigravityAuth),
        fits: ({ path }: { readonly path: string }) => isProject(path),
      })),
      auth("github.com", github),
      auth("api.github.com", github),
      auth("chat.qwen.ai", qwenAuth),
      auth("iflow.cn", iflowAuth),
      auth("oidc.us-east-1.amazonaws.com", kiro),
      auth("prod.us-east-1.auth.desktop.kiro.dev", kiro),
      api("api.anthropic.com", worlds.claude),
      api("chatgpt.com", worlds.codex),
      api("cloudcode-pa.googleapis.com", worlds["gemini-cli"]),
      api("daily-cloudcode-pa.googleapis.com", worlds.antigravity),
      api("daily-cloudcode-pa.sandbox.googleapis.com", worlds.antigravity),
      api("api.githubcopilot.com", worlds.copilot, (path) => `/v1${path}`),
      api("api.individual.githubcopilot.com", worlds.copilot, (path) => `/v1${path}`),
      api("portal.qwen.ai", worlds.qwen),
      api("portal-eu.qwen.ai", worlds.qwen),
      api("apis.iflow.cn", worlds.iflow),
      // Nobody is there: the connection breaks.
      { host: "q.us-east-1.amazonaws.com", port: () => 0 },
    ]),
  );
  const books = [claudeAuth, openai, gemini, antigravityAuth, github, qwenAuth, iflowAuth, kiro];
  return {
    ...worlds,
    backends,
    github,
    qwenAuth,
    kiro,
    credentialFile: JSON.stringify(
      Object.fromEntries(Object.entries(clientSecrets).map(([name, clientSecret]) => [name, { clientSecret }])),
    ),
    secrets: () => [
      ...books.flatMap(({ issued }) => issued.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken])),
      ...github.copilotTokens,
      iflowAuth.apiKey,
      ...Object.values(clientSecrets),
    ],
  };
}

export interface RecordOptions extends StoredTokens {
  readonly provider: string;
  readonly name: string;
  /** Below zero: over for that long. */
  readonly expiresInMs: number;
  readonly priority?: number;
}

/** Ours, as version 1 writes it. Reload the core's accounts afterwards. */
export function writeRecord(home: string, record: RecordOptions): void {
  const { provider, name, access, refresh, extra, facts, expiresInMs, priority = 100 } = record;
  const folder = join(home, "accounts");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const now = Date.now();
  const written = {
    version: 1,
    type: "oauth_pkce",
    access_token: access,
    refresh_token: refresh,
    expires_at: new Date(now + expiresInMs).toISOString(),
    quota: null,
    provider,
    name,
    extra,
    facts,
    // Long enough ago that nobody takes it for just renewed.
    obtained_at: new Date(now - 3_600_000).toISOString(),
    generation: 1,
    enabled: true,
    priority,
    weight: 1,
    needs_login: null,
  };
  const path = recordPath(home, provider, name);
  writeFileSync(path, JSON.stringify(written), { mode: 0o600 });
  chmodSync(path, 0o600);
}

export interface RecordOnDisk {
  readonly mode: number;
  readonly text: string;
  readonly access_token: string;
  readonly refresh_token: string | null;
  readonly expires_at: string | null;
  readonly generation: number;
  readonly needs_login: string | null;
  readonly type: string;
  readonly quota: unknown;
  readonly extra: Readonly<Record<string, string>>;
  readonly facts: Readonly<Record<string, string>>;
}

export function readRecord(home: string, provider: string, name: string): RecordOnDisk {
  const path = recordPath(home, provider, name);
  const text = readFileSync(path, "utf8");
  // Its names are the store's; a test fails on what is missing.
  const parsed = JSON.parse(text) as Omit<RecordOnDisk, "mode" | "text">;
  return { ...parsed, text, mode: statSync(path).mode & 0o777 };
}

export function recordPath(home: string, provider: string, name: string): string {
  return join(home, "accounts", `${provider}@${name}.json`);
}
