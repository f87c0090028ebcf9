/**
 * The login services this build knows, as data: where each is asked, with what, and how its tokens age. Not the flows,
 * and no secrets: what Google and iFlow want besides the public client id comes from the user's own configuration.
 *
 * Public client ids and their sources, read 2026-11-21:
 * codex and its two redirect ports: openai/codex, codex-rs/login/src/auth/manager.rs and server.rs (which says that the
 *   service's list of allowed redirects has to hold them);
 * qwen: QwenLM/qwen-code, packages/core/src/qwen/qwenOAuth2.ts; gemini-cli: google-gemini/gemini-cli,
 *   packages/core/src/code_assist/oauth2.ts; kimi: MoonshotAI/kimi-cli, src/kimi_cli/auth/oauth.py;
 * antigravity: NoeFabris/opencode-antigravity-auth, src/constants.ts; copilot: karthink/gptel, gptel-gh.el;
 * cursor: the same value in five unrelated public projects, which is the editor's own (facts of 2026-11);
 * claude, iflow: the same value in many unrelated public projects; their own clients are not published as source.
 */

export const serviceIds = [
  "claude",
  "codex",
  "gemini-cli",
  "antigravity",
  "copilot",
  "qwen",
  "iflow",
  "kiro",
  "kiro-social",
  "kimi",
  "cursor",
] as const;
export type ServiceId = (typeof serviceIds)[number];

export interface Service {
  /** For people. */
  readonly title: string;
  readonly kind: "device" | "browser";
  /** Null: made for this installation by the service itself, or not wanted at all. */
  readonly clientId: string | null;
  /** `required`: the grant is refused without one. It is sent in the form, for iFlow as Basic besides. */
  readonly secret: "none" | "required";
  readonly sendsBasic?: boolean;
  /** Browser: the page; device: where codes are asked for. `{region}` is filled in. */
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly refreshUrl: string;
  /** What `iss` in an answer must be; null: the service names none that is published, so there is nothing to compare. */
  readonly issuer: string | null;
  readonly scopes: readonly string[];
  /** More fields of the authorize page's query. */
  readonly authorizeFields?: Readonly<Record<string, string>>;
  /** What the page calls the field for the way back. */
  readonly redirectField?: string;
  readonly pkce: boolean;
  readonly redirect: Redirect | null;
  /** A page of the service that shows the answer for pasting, where one is known. */
  readonly pastePage?: string;
  /** The code is redeemed with the state beside it. */
  readonly sendsState?: boolean;
  readonly exchangeBody: "form" | "json";
  readonly refreshBody: "form" | "json";
  /** How long before its end a token is renewed. */
  readonly leadMs: number;
  /** Error codes and statuses of the token endpoint that mean: this very refresh token is over. */
  readonly permanent: { readonly codes: readonly string[]; readonly statuses: readonly number[] };
}

export type Redirect =
  /** `ports` empty: any free one. */
  | {
      readonly kind: "loopback";
      readonly host: "localhost" | "127.0.0.1";
      readonly ports: readonly number[];
      readonly path: string;
    }
  /** An address only the service's own program answers; what it would be told is pasted instead. */
  | { readonly kind: "paste"; readonly url: string };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const defaultLeadMs = 5 * minuteMs;

const overWith = { codes: ["invalid_grant"], statuses: [] } as const;

const form = { exchangeBody: "form", refreshBody: "form" } as const;

const google = {
  kind: "browser",
  secret: "required",
  authUrl: "https://accounts.google.com/o/oauth2/v2/auth",
  tokenUrl: "https://oauth2.googleapis.com/token",
  refreshUrl: "https://oauth2.googleapis.com/token",
  issuer: "https://accounts.google.com",
  // Without consent asked anew, a second login gets no refresh token.
  authorizeFields: { access_type: "offline", prompt: "consent" },
  pkce: true,
  leadMs: defaultLeadMs,
  permanent: overWith,
  ...form,
} as const satisfies Partial<Service>;

const googleScopes = [
  "https://www.googleapis.com/auth/cloud-platform",
  "https://www.googleapis.com/auth/userinfo.email",
  "https://www.googleapis.com/auth/userinfo.profile",
] as const;

export const services = {
  claude: {
    title: "Claude",
    kind: "browser",
    clientId: "9d1c250a-e61b-44d9-88ed-5944d1962f5e",
    secret: "none",
    authUrl: "https://claude.ai/oauth/authorize",
    tokenUrl: "https://platform.claude.com/v1/oauth/token",
    refreshUrl: "https://platform.claude.com/v1/oauth/token",
    issuer: null,
    scopes: ["user:profile", "user:inference", "user:sessions:claude_code", "user:mcp_servers", "user:file_upload"],
    authorizeFields: { code: "true" },
    pkce: true,
    redirect: { kind: "loopback", host: "localhost", ports: [], path: "/callback" },
    pastePage: "https://platform.claude.com/oauth/code/callback",
    sendsState: true,
    exchangeBody: "json",
    refreshBody: "json",
    leadMs: 4 * hourMs,
    permanent: overWith,
  },
  codex: {
    title: "Codex (ChatGPT)",
    kind: "browser",
    clientId: "app_EMoamEEZ73f0CkXaXp7hrann",
    secret: "none",
    authUrl: "https://auth.openai.com/oauth/authorize",
    tokenUrl: "https://auth.openai.com/oauth/token",
    refreshUrl: "https://auth.openai.com/oauth/token",
    issuer: "https://auth.openai.com",
    scopes: ["openid", "profile", "email", "offline_access"],
    authorizeFields: {
      id_token_add_organizations: "true",
      codex_cli_simplified_flow: "true",
      originator: "switchyard",
    },
    pkce: true,
    redirect: { kind: "loopback", host: "localhost", ports: [1455, 1457], path: "/auth/callback" },
    exchangeBody: "form",
    refreshBody: "json",
    leadMs: 5 * dayMs,
    permanent: {
      codes: ["invalid_grant", "refresh_token_expired", "refresh_token_reused", "refresh_token_invalidated"],
      statuses: [401],
    },
  },
  "gemini-cli": {
    ...google,
    title: "Gemini CLI (Google)",
    clientId: "681255809395-oo8ft2oprdrnp9e3aqf6av3hmdib135j.apps.googleusercontent.com",
    scopes: googleScopes,
    redirect: { kind: "loopback", host: "127.0.0.1", ports: [], path: "/oauth2callback" },
  },
  antigravity: {
    ...google,
    title: "Antigravity (Google)",
    clientId: "1071006060591-tmhssin2h21lcre235vtolojh4g403ep.apps.googleusercontent.com",
    scopes: [
      ...googleScopes,
      "https://www.googleapis.com/auth/cclog",
      "https://www.googleapis.com/auth/experimentsandconfigs",
    ],
    redirect: { kind: "loopback", host: "localhost", ports: [], path: "/oauth-callback" },
  },
  copilot: {
    title: "GitHub Copilot",
    kind: "device",
    clientId: "Iv1.b507a08c87ecfe98",
    secret: "none",
    authUrl: "https://github.com/login/device/code",
    tokenUrl: "https://github.com/login/oauth/access_token",
    // Not OAuth: a GitHub token is shown here and answered with Copilot's own.
    refreshUrl: "https://api.github.com/copilot_internal/v2/token",
    issuer: null,
    scopes: ["read:user"],
    pkce: false,
    redirect: null,
    leadMs: defaultLeadMs,
    permanent: { codes: ["bad_refresh_token", "invalid_grant"], statuses: [] },
    ...form,
  },
  qwen: {
    title: "Qwen",
    kind: "device",
    clientId: "f0304373b74a44d2b584a3fb70ca9e56",
    secret: "none",
    authUrl: "https://chat.qwen.ai/api/v1/oauth2/device/code",
    tokenUrl: "https://chat.qwen.ai/api/v1/oauth2/token",
    refreshUrl: "https://chat.qwen.ai/api/v1/oauth2/token",
    issuer: null,
    scopes: ["openid", "profile", "email", "model.completion"],
    pkce: true,
    redirect: null,
    leadMs: 20 * minuteMs,
    // Its own CLI forgets the login on both.
    permanent: { codes: ["invalid_grant"], statuses: [400, 401] },
    ...form,
  },
  iflow: {
    title: "iFlow",
    kind: "browser",
    clientId: "10009311001",
    secret: "required",
    sendsBasic: true,
    authUrl: "https://iflow.cn/oauth",
    tokenUrl: "https://iflow.cn/oauth/token",
    refreshUrl: "https://iflow.cn/oauth/token",
    issuer: null,
    scopes: [],
    authorizeFields: { loginMethod: "phone", type: "phone" },
    redirectField: "redirect",
    pkce: false,
    redirect: { kind: "loopback", host: "localhost", ports: [], path: "/oauth2callback" },
    leadMs: dayMs,
    permanent: overWith,
    ...form,
  },
  kiro: {
    title: "Kiro (AWS)",
    kind: "device",
    clientId: null,
    secret: "none",
    authUrl: "https://oidc.{region}.amazonaws.com/device_authorization",
    tokenUrl: "https://oidc.{region}.amazonaws.com/token",
    refreshUrl: "https://oidc.{region}.amazonaws.com/token",
    issuer: null,
    scopes: [
      "codewhisperer:completions",
      "codewhisperer:analysis",
      "codewhisperer:conversations",
      "codewhisperer:transformations",
      "codewhisperer:taskassist",
    ],
    pkce: false,
    redirect: null,
    exchangeBody: "json",
    refreshBody: "json",
    leadMs: defaultLeadMs,
    // The token is bound to its registration: when that is over, so is the token.
    permanent: { codes: ["invalid_grant", "expired_token", "invalid_client", "unauthorized_client"], statuses: [] },
  },
  "kiro-social": {
    title: "Kiro",
    kind: "browser",
    clientId: null,
    secret: "none",
    authUrl: "https://prod.us-east-1.auth.desktop.kiro.dev/login",
    tokenUrl: "https://prod.us-east-1.auth.desktop.kiro.dev/oauth/token",
    refreshUrl: "https://prod.us-east-1.auth.desktop.kiro.dev/refreshToken",
    issuer: null,
    scopes: [],
    pkce: true,
    redirect: { kind: "paste", url: "kiro://kiro.kiroAgent/authenticate-success" },
    exchangeBody: "json",
    refreshBody: "json",
    leadMs: defaultLeadMs,
    permanent: { codes: ["invalid_grant"], statuses: [401] },
  },
  kimi: {
    title: "Kimi",
    kind: "device",
    clientId: "17e5f671-d194-4dfb-9706-5516cb48c098",
    secret: "none",
    authUrl: "https://auth.kimi.com/api/oauth/device_authorization",
    tokenUrl: "https://auth.kimi.com/api/oauth/token",
    refreshUrl: "https://auth.kimi.com/api/oauth/token",
    issuer: null,
    scopes: [],
    pkce: false,
    redirect: null,
    leadMs: defaultLeadMs,
    permanent: { codes: ["invalid_grant"], statuses: [401, 403] },
    ...form,
  },
  cursor: {
    title: "Cursor",
    // A page is confirmed elsewhere; there is no code to type (cursor-login.ts).
    kind: "device",
    clientId: "KbZUR41cY7W6zRSdpSUJ7I7mLYBKOCmB",
    secret: "none",
    authUrl: "https://cursor.com/loginDeepControl",
    tokenUrl: "https://api2.cursor.sh/auth/poll",
    refreshUrl: "https://api2.cursor.sh/oauth/token",
    issuer: null,
    scopes: [],
    pkce: true,
    redirect: null,
    exchangeBody: "json",
    refreshBody: "json",
    leadMs: defaultLeadMs,
    permanent: { codes: ["invalid_grant"], statuses: [400, 401, 403] },
  },
} as const satisfies Readonly<Record<ServiceId, Service>>;

/** Provider ids that mean a service of another name. */
const otherNames: Readonly<Record<string, ServiceId>> = { github: "copilot", "github-copilot": "copilot" };

/** The service behind a provider's id; null: it has no login here. */
export function serviceOf(provider: string): ServiceId | null {
  if (Object.hasOwn(otherNames, provider)) return otherNames[provider] ?? null;
  return serviceIds.find((id) => id === provider) ?? null;
}

/** How long before its end a token is to be renewed: the service's lead, but never more than half of its life. */
export function refreshLeadMs(service: string, lifetimeMs: number): number {
  const id = serviceOf(service);
  const leadMs = id === null ? defaultLeadMs : services[id].leadMs;
  return Math.max(0, Math.min(leadMs, lifetimeMs / 2));
}
