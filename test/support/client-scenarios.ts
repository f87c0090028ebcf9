/**
 * How each client is started, in each of the ways it logs in that change what it sends, and who answers instead of its
 * own provider: always one that speaks another dialect. Command lines as they were seen to work (late 2026).
 */
import type { TestedClient } from "./client-list.ts";
import type { Served } from "./client-stage.ts";
import { chatGptAccount } from "./fake-services.ts";
import type { TempFolder } from "./temp.ts";

export interface Scenario {
  readonly id: string;
  readonly client: TestedClient;
  /** What tells it from the client's other scenarios. */
  readonly how: string;
  /** The dialect the client speaks, in the words of the flow list. */
  readonly speaks: "claude" | "openai-chat" | "openai-responses" | "gemini" | "gemini-cli";
  readonly served: Served;
  /** What of its calls the rule takes. */
  readonly match: { readonly host?: string; readonly model?: string };
  readonly env: Readonly<Record<string, string>>;
  /** Its own login. Whatever is in there, nobody but its own services may see it. */
  readonly secrets: readonly string[];
  prepare?(home: TempFolder): void;
  args(prompt: string): readonly string[];
  /** The one variable that suffices for it to trust us. */
  readonly trust: string;
  /** Hosts it asks that nobody plays here: refused, which it has to bear. */
  readonly refused: readonly RegExp[];
  /** What it does about an answer that breaks off. */
  readonly onCut: "asks again" | "gives up";
  readonly note: string;
}

const anthropicKey = "sk-ant-api03-FAKE-client-key";
const openAiKey = "sk-FAKE-client-key";
const googleKey = "AIzaFAKE-client-key";
const githubToken = "gho_FAKEfakefakefakefakefakefakefakefake01";

const claudeCode = {
  client: "claude-code",
  env: { ANTHROPIC_API_KEY: anthropicKey },
  secrets: [anthropicKey],
  args: (prompt: string) => ["-p", prompt],
  trust: "NODE_EXTRA_CA_CERTS",
  refused: [],
  onCut: "asks again",
} as const;

const codex = {
  client: "codex",
  speaks: "openai-responses",
  trust: "CODEX_CA_CERTIFICATE",
  // A `git` of its own making, for its list of plugins.
  refused: [/^github\.com$/],
  onCut: "asks again",
} as const;

const codexWithKey = { ...codex, env: { CODEX_API_KEY: openAiKey }, secrets: [openAiKey] } as const;

const geminiCli = {
  client: "gemini-cli",
  trust: "NODE_EXTRA_CA_CERTS",
  refused: [],
  onCut: "gives up",
} as const;

const geminiEnv = { GEMINI_CLI_TRUST_WORKSPACE: "true" } as const;
const geminiWithKey = {
  ...geminiCli,
  speaks: "gemini",
  env: { ...geminiEnv, GEMINI_API_KEY: googleKey },
  secrets: [googleKey],
} as const;

const copilot = {
  client: "copilot-cli",
  env: { COPILOT_GITHUB_TOKEN: githubToken },
  secrets: [githubToken],
  trust: "NODE_EXTRA_CA_CERTS",
  refused: [],
  onCut: "asks again",
} as const;

const opencode = {
  client: "opencode",
  trust: "NODE_EXTRA_CA_CERTS",
  // It looks for a plugin package of its own, where such packages are.
  refused: [/^registry\./],
  onCut: "asks again",
} as const;

export const scenarios: readonly Scenario[] = [
  {
    ...claudeCode,
    id: "claude-code",
    how: "API key",
    speaks: "claude",
    served: "openai-chat",
    match: { model: "claude-*" },
    note: "settings, policies and telemetry go to its provider as ever",
  },
  {
    ...codexWithKey,
    id: "codex",
    how: "API key, default model",
    served: "claude",
    match: { host: "api.openai.com", model: "gpt-6*" },
    args: (prompt) => ["exec", "--skip-git-repo-check", prompt],
    note: 'freeform tools in namespaces ("responses-lite"); its WebSocket is declined with 426',
  },
  {
    ...codexWithKey,
    id: "codex-classic",
    how: "API key, `-m gpt-5`",
    served: "claude",
    match: { host: "api.openai.com", model: "gpt-5" },
    args: (prompt) => ["exec", "--skip-git-repo-check", "-m", "gpt-5", prompt],
    note: "classic function tools",
  },
  {
    ...codex,
    id: "codex-login",
    how: "ChatGPT login",
    served: "openai-chat",
    match: { host: "chatgpt.com" },
    env: {},
    secrets: ["FAKE-codex-refresh", "FAKEsignature"],
    prepare: (home) => void home.file(".codex/auth.json", codexLogin()),
    args: (prompt) => ["exec", "--skip-git-repo-check", prompt],
    note: "request bodies in zstd; its account check goes to chatgpt.com as ever",
  },
  {
    ...geminiWithKey,
    id: "gemini-cli",
    how: "API key, `-m`",
    served: "claude",
    match: { host: "generativelanguage.googleapis.com", model: "gemini-2.5-flash" },
    args: (prompt) => ["-m", "gemini-2.5-flash", "-p", prompt],
    note: "repeats nothing after an answer that broke off",
  },
  {
    ...geminiWithKey,
    id: "gemini-cli-router",
    how: "API key, model of its choice",
    served: "openai-responses",
    match: { host: "generativelanguage.googleapis.com" },
    args: (prompt) => ["-p", prompt],
    note: "a call before each turn wants an answer in a JSON schema",
  },
  {
    ...geminiCli,
    id: "gemini-cli-login",
    how: "Google login",
    speaks: "gemini-cli",
    served: "openai-chat",
    match: { host: "cloudcode-pa.googleapis.com" },
    env: geminiEnv,
    secrets: ["ya29.FAKE-client-token", "1//FAKE-refresh"],
    prepare(home) {
      home.file(".gemini/settings.json", '{"security":{"auth":{"selectedType":"oauth-personal"}}}');
      home.file(
        ".gemini/oauth_creds.json",
        JSON.stringify({
          access_token: "ya29.FAKE-client-token",
          refresh_token: "1//FAKE-refresh",
          scope: "https://www.googleapis.com/auth/cloud-platform",
          token_type: "Bearer",
          expiry_date: farFuture * 1000,
        }),
      );
    },
    args: (prompt) => ["-m", "gemini-2.5-flash", "-p", prompt],
    note: "Code Assist's envelope; loadCodeAssist and quota go to Google as ever",
  },
  {
    ...copilot,
    id: "copilot-cli",
    how: "GitHub token, `--model gpt-5`",
    speaks: "openai-responses",
    served: "openai-chat",
    match: { model: "gpt-5" },
    args: (prompt) => ["-p", prompt, "--allow-all-tools", "--model", "gpt-5"],
    note: "its list of models and its account come from GitHub as ever",
  },
  {
    ...copilot,
    id: "copilot-cli-claude",
    how: "GitHub token, `--model claude-sonnet-5`",
    speaks: "claude",
    served: "gemini",
    match: { model: "claude-*" },
    args: (prompt) => ["-p", prompt, "--allow-all-tools", "--model", "claude-sonnet-5"],
    note: "the same, in Claude's dialect",
  },
  {
    ...opencode,
    id: "opencode",
    how: "Anthropic key",
    speaks: "claude",
    served: "gemini",
    match: { model: "claude-*" },
    env: { ANTHROPIC_API_KEY: anthropicKey },
    secrets: [anthropicKey],
    args: (prompt) => ["run", "-m", "anthropic/claude-sonnet-4-5", prompt],
    note: "asks a small model for a title beside the first turn",
  },
  {
    ...opencode,
    id: "opencode-openai",
    how: "OpenAI key",
    speaks: "openai-responses",
    served: "claude",
    match: { model: "gpt-5*" },
    env: { OPENAI_API_KEY: openAiKey },
    secrets: [openAiKey],
    args: (prompt) => ["run", "-m", "openai/gpt-5", prompt],
    note: "input items without a type",
  },
  {
    client: "qwen-code",
    id: "qwen-code",
    how: "OpenAI key",
    speaks: "openai-chat",
    served: "claude",
    match: { model: "gpt-4o" },
    env: { OPENAI_API_KEY: openAiKey, OPENAI_BASE_URL: "https://api.openai.com/v1", OPENAI_MODEL: "gpt-4o" },
    secrets: [openAiKey],
    args: (prompt) => ["--auth-type", "openai", "-p", prompt],
    trust: "NODE_EXTRA_CA_CERTS",
    refused: [/\.rum\.aliyuncs\.com$/],
    // With what was said so far, for the rest.
    onCut: "asks again",
    note: "telemetry to Aliyun is tunnelled, not seen; after an answer that broke off it asks for the rest",
  },
];

export function scenariosOf(client: TestedClient): readonly Scenario[] {
  return scenarios.filter((one) => one.client === client);
}

/** 2100, in seconds. */
const farFuture = 4_102_444_800;

function codexLogin(): string {
  const claims = { chatgpt_account_id: chatGptAccount, chatgpt_plan_type: "plus", chatgpt_user_id: "user-fake" };
  const token = jwt({ email: "fake@example.com", exp: farFuture, "https://api.openai.com/auth": claims });
  return JSON.stringify({
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: token,
      access_token: token,
      refresh_token: "FAKE-codex-refresh",
      account_id: chatGptAccount,
    },
    last_refresh: new Date().toISOString(),
  });
}

/** Signed by nobody: clients read such tokens, they do not check them. */
function jwt(payload: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(payload)}.FAKEsignature`;
}
