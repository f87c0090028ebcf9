/** The files of other programs as they write them (shapes of late 2026), with tokens that are none. */

const unsigned = (claims: object): string =>
  [{ alg: "RS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
const jwt = (claims: object): string => `${unsigned(claims)}.c2lnbmF0dXJl`;

/** 2026-11-22T00:00:00Z; a day after the tests' clock begins. */
export const endsAtSeconds = 1_795_305_600;
const endsAtMs = endsAtSeconds * 1_000;

export const codexToken = jwt({ exp: endsAtSeconds, sub: "canary" });
export const cursorToken = jwt({ exp: endsAtSeconds, sub: "auth0|canary" });

export const claudeCodeFile = {
  claudeAiOauth: {
    accessToken: "sk-ant-oat01-canary",
    refreshToken: "sk-ant-ort01-canary",
    expiresAt: endsAtMs,
    scopes: ["user:inference", "user:profile"],
    subscriptionType: "max",
    rateLimitTier: "default_claude_max_5x",
  },
};

export const codexFile = {
  auth_mode: "chatgpt",
  OPENAI_API_KEY: null,
  tokens: {
    id_token: jwt({
      email: "me@example.com",
      "https://api.openai.com/auth": { chatgpt_account_id: "acc-claim", chatgpt_plan_type: "plus" },
    }),
    access_token: codexToken,
    refresh_token: "rt_canary",
    account_id: "acc-1",
  },
  last_refresh: "2026-11-20T10:00:00.000000Z",
};

export const codexKeyFile = { OPENAI_API_KEY: "sk-proj-canary", tokens: null, last_refresh: null };

export const geminiFile = {
  access_token: "ya29.canary",
  refresh_token: "1//canary",
  scope: "https://www.googleapis.com/auth/cloud-platform openid",
  token_type: "Bearer",
  id_token: jwt({ email: "claim@example.com" }),
  expiry_date: endsAtMs,
};

export const qwenFile = {
  access_token: "qwen-canary",
  token_type: "Bearer",
  refresh_token: "qwen-refresh-canary",
  resource_url: "portal.qwen.ai",
  expiry_date: endsAtMs,
};

export const copilotFile = {
  "ghe.example.com:Iv1.x": { user: "corp", oauth_token: "ghu_canary_corp", githubAppId: "Iv1.x" },
  "github.com:Iv1.b507a08c87ecfe98": { user: "me", oauth_token: "ghu_canary", githubAppId: "Iv1.b507a08c87ecfe98" },
};

export const kiroFile = {
  accessToken: "aoa-canary",
  refreshToken: "aor-canary",
  expiresAt: new Date(endsAtMs).toISOString(),
  clientIdHash: "0123456789abcdef0123456789abcdef01234567",
  authMethod: "IdC",
  provider: "BuilderId",
  region: "us-east-1",
};

export const kiroRegistration = {
  clientId: "canary-client",
  clientSecret: "canary-client-secret",
  expiresAt: "2026-11-22T12:00:00.000Z",
};

export const iflowFile = {
  access_token: "iflow-access-canary",
  refresh_token: "iflow-refresh-canary",
  expiry_date: endsAtMs,
  token_type: "bearer",
  scope: "read",
  apiKey: "sk-iflow-canary",
};
