/**
 * What is known of each client behind a proxy with a private CA: where it calls, what makes it trust us, and what trips
 * people up. Measured with the real programs in late 2026 where `tried` says so; for the others it is what their makers
 * document. Data only, so that `doctor`, the screen and the docs say the same.
 */
import type { ClientId } from "./flow.ts";

export type HintedClient = Exclude<ClientId, "copilot" | "unknown">;

export interface ClientHint {
  readonly id: HintedClient;
  readonly title: string;
  /** Other words for it on a command line. */
  readonly aliases: readonly string[];
  /** Commands to look for on PATH; the first one found counts. */
  readonly programs: readonly string[];
  /** `desktop`: usually started from a dock or a menu, where no shell's variables are seen. */
  readonly kind: "terminal" | "desktop" | "library";
  /** What it runs on, which decides what it trusts. */
  readonly engine: string;
  /** Where its model calls go. */
  readonly hosts: readonly string[];
  /** Variables by which it trusts our certificate, the best first. `run` and `env` set them all. */
  readonly trust: readonly string[];
  /** Does it trust what the system's store trusts? `with-switch`: with NODE_USE_SYSTEM_CA=1, which `run` sets. */
  readonly systemStore: "yes" | "with-switch" | "unknown";
  /** What ALL_PROXY alone does for it, without HTTPS_PROXY. */
  readonly allProxy: "works" | "partly" | "ignored" | "unknown";
  /** Variables that send it elsewhere, past the proxy or to another host. */
  readonly baseUrls: readonly string[];
  readonly traps: readonly ClientTrap[];
  /** How its kind of call looks at the gateway; null: its dialect has no address there. */
  readonly call: GatewayCall | null;
  /** A model it usually asks for. */
  readonly model: string;
  /** The version that was tried; null: none was. */
  readonly tried: string | null;
}

export interface ClientTrap {
  readonly id: string;
  readonly text: string;
  /** Who deals with it: Switchyard itself, the variables that `run` and `env` set, or the person. */
  readonly handled: "here" | "run" | "you";
  /** For the person: what to do. */
  readonly fix?: string;
}

export interface GatewayCall {
  readonly path: string;
  /** The header that carries the client key, up to the key. */
  readonly keyHeader: "authorization: Bearer " | "x-api-key: " | "x-goog-api-key: ";
  readonly body: Readonly<Record<string, unknown>>;
}

const say = [{ role: "user", content: "hi" }] as const;

function chat(model: string): GatewayCall {
  return {
    path: "/v1/chat/completions",
    keyHeader: "authorization: Bearer ",
    body: { model, max_tokens: 16, messages: say },
  };
}

const fromTheDock: ClientTrap = {
  id: "dock",
  text: "Started from the dock or a menu it does not see the variables of a shell, and a copy that already runs takes over the new one's window without them.",
  handled: "you",
  fix: "quit it first, then start it with `switchyard run --`",
};

const ownProxySetting: ClientTrap = {
  id: "own-setting",
  text: "A proxy in its own settings wins over the environment.",
  handled: "you",
  fix: 'look for "http.proxy" in its settings and take it out',
};

export const clientHints: readonly ClientHint[] = [
  {
    id: "claude-code",
    title: "Claude Code",
    aliases: ["claude"],
    programs: ["claude"],
    kind: "terminal",
    engine: "Bun",
    hosts: ["api.anthropic.com"],
    trust: ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"],
    systemStore: "yes",
    allProxy: "partly",
    baseUrls: ["ANTHROPIC_BASE_URL", "ANTHROPIC_BEDROCK_BASE_URL", "ANTHROPIC_VERTEX_BASE_URL"],
    traps: [
      {
        id: "untrusted",
        text: "Without the certificate it tries again for about 20 s before it names NODE_EXTRA_CA_CERTS.",
        handled: "run",
      },
      {
        id: "settings-env",
        text: "Variables under `env` in ~/.claude/settings.json count too.",
        handled: "you",
        fix: "look for HTTPS_PROXY and ANTHROPIC_BASE_URL in ~/.claude/settings.json",
      },
      { id: "socks", text: "It takes http:// proxies only, no SOCKS.", handled: "run" },
    ],
    call: {
      path: "/v1/messages",
      keyHeader: "x-api-key: ",
      body: { model: "claude-sonnet-4-5", max_tokens: 16, messages: say },
    },
    model: "claude-sonnet-4-5",
    tried: "2.1.329",
  },
  {
    id: "codex",
    title: "Codex",
    aliases: ["codex-cli"],
    programs: ["codex"],
    kind: "terminal",
    engine: "Rust with rustls",
    hosts: ["api.openai.com", "chatgpt.com"],
    trust: ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"],
    systemStore: "yes",
    allProxy: "works",
    baseUrls: ["OPENAI_BASE_URL"],
    traps: [
      {
        id: "node-extra",
        text: "It does not read NODE_EXTRA_CA_CERTS; its own variable wins over SSL_CERT_FILE.",
        handled: "run",
      },
      {
        id: "websocket",
        text: "It tries a WebSocket first. Where a rule may apply it is answered 426, on which it goes on over HTTP at once; any other refusal costs it about 6.5 s.",
        handled: "here",
      },
      {
        id: "websocket-roots",
        text: "Some builds check the WebSocket against the system's roots alone (openai/codex#46489, open in late 2026).",
        handled: "you",
        fix: "if it keeps reconnecting, trust the file that `switchyard ca path` names in the system's store",
      },
      {
        id: "git",
        text: "The git that it starts for github.com does not read CODEX_CA_CERTIFICATE; GIT_SSL_CAINFO is set for it.",
        handled: "run",
      },
      {
        id: "https-proxy",
        text: "A proxy address that begins with https:// costs it minutes of waiting; the one handed out begins with http://.",
        handled: "run",
      },
    ],
    call: {
      path: "/v1/responses",
      keyHeader: "authorization: Bearer ",
      body: { model: "gpt-5", max_output_tokens: 16, input: "hi" },
    },
    model: "gpt-5",
    tried: "0.169.0",
  },
  {
    id: "gemini-cli",
    title: "Gemini CLI",
    aliases: ["gemini"],
    programs: ["gemini"],
    kind: "terminal",
    engine: "Node",
    hosts: ["generativelanguage.googleapis.com", "cloudcode-pa.googleapis.com"],
    trust: ["NODE_EXTRA_CA_CERTS"],
    systemStore: "with-switch",
    allProxy: "unknown",
    baseUrls: ["GOOGLE_GEMINI_BASE_URL", "GOOGLE_VERTEX_BASE_URL", "CODE_ASSIST_ENDPOINT"],
    traps: [
      {
        id: "system-store",
        text: "A certificate in the system's store (or SSL_CERT_FILE) does nothing for it without NODE_USE_SYSTEM_CA=1.",
        handled: "run",
      },
      {
        id: "router",
        text: "Without -m it first asks a small model which model to take, as JSON; a target that cannot answer so keeps it waiting for a minute.",
        handled: "you",
        fix: "name the model: `switchyard run -- gemini -m gemini-2.5-flash`",
      },
      {
        id: "dot-env",
        text: "Proxy variables in ~/.gemini/.env count too.",
        handled: "you",
        fix: "look for HTTPS_PROXY in ~/.gemini/.env",
      },
    ],
    call: {
      path: "/v1beta/models/gemini-2.5-flash:generateContent",
      keyHeader: "x-goog-api-key: ",
      body: { contents: [{ role: "user", parts: [{ text: "hi" }] }] },
    },
    model: "gemini-2.5-flash",
    tried: "0.61.0",
  },
  {
    id: "copilot-cli",
    title: "Copilot CLI",
    aliases: ["copilot"],
    programs: ["copilot"],
    kind: "terminal",
    engine: "Node 24 inside, HTTP in Rust",
    hosts: ["api.githubcopilot.com"],
    trust: ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"],
    systemStore: "yes",
    allProxy: "ignored",
    baseUrls: ["COPILOT_PROVIDER_BASE_URL"],
    traps: [
      {
        id: "model-list",
        text: 'It checks the list of models that its host gives, on its own side: a model that is not on it is refused with "No supported model available" before any call.',
        handled: "you",
        fix: "ask for a model it knows (gpt-5, claude-sonnet-5) and let a rule send it elsewhere",
      },
      {
        id: "account-host",
        text: "Which API host it calls is told by api.github.com, so it may be another name below githubcopilot.com; all of them are watched.",
        handled: "here",
      },
      {
        id: "preconnect",
        text: "It opens connections on which nothing follows; they count as no error.",
        handled: "here",
      },
    ],
    call: chat("gpt-5"),
    model: "gpt-5",
    tried: "1.0.102",
  },
  {
    id: "opencode",
    title: "opencode",
    aliases: ["opencode-ai"],
    programs: ["opencode"],
    kind: "terminal",
    engine: "Bun",
    hosts: ["api.anthropic.com", "api.openai.com", "generativelanguage.googleapis.com"],
    trust: ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"],
    systemStore: "yes",
    allProxy: "ignored",
    baseUrls: ["ANTHROPIC_BASE_URL", "OPENAI_BASE_URL"],
    traps: [
      {
        id: "title",
        text: "Its first call makes a title with a cheap model: a rule for one model does not catch it.",
        handled: "you",
        fix: "write a rule with `client: opencode` and no model",
      },
    ],
    call: chat("gpt-5"),
    model: "gpt-5",
    tried: "1.18.33",
  },
  {
    id: "qwen-code",
    title: "Qwen Code",
    aliases: ["qwen"],
    programs: ["qwen"],
    kind: "terminal",
    engine: "Node",
    hosts: ["portal.qwen.ai", "dashscope.aliyuncs.com"],
    trust: ["NODE_EXTRA_CA_CERTS"],
    systemStore: "with-switch",
    allProxy: "unknown",
    baseUrls: ["OPENAI_BASE_URL"],
    traps: [
      {
        id: "base-url",
        text: "With a key of its own it goes where OPENAI_BASE_URL says; only hosts under intercept.hosts are seen.",
        handled: "you",
        fix: "add that host to intercept.hosts, then `switchyard ca rotate`",
      },
      {
        id: "second-call",
        text: "After each answer it sends a second large call of its own; both are counted.",
        handled: "here",
      },
    ],
    call: chat("qwen3-coder-plus"),
    model: "qwen3-coder-plus",
    tried: "0.24.4",
  },
  {
    id: "cursor",
    title: "Cursor",
    aliases: ["cursor-agent"],
    programs: ["cursor", "cursor-agent"],
    kind: "desktop",
    engine: "Electron; the agent on Node",
    hosts: ["api2.cursor.sh"],
    trust: ["NODE_EXTRA_CA_CERTS"],
    systemStore: "unknown",
    allProxy: "unknown",
    baseUrls: [],
    traps: [
      fromTheDock,
      ownProxySetting,
      {
        id: "http2",
        text: "Over HTTP/2 its agent does not follow proxy settings; its setting cursor.general.disableHttp2 makes it HTTP/1.1.",
        handled: "you",
        fix: 'try "cursor.general.disableHttp2": true in its settings',
      },
    ],
    call: null,
    model: "claude-sonnet-4-5",
    tried: null,
  },
  {
    id: "kiro",
    title: "Kiro",
    aliases: ["kiro-cli"],
    programs: ["kiro-cli", "kiro"],
    kind: "desktop",
    engine: "Rust; the IDE on Electron",
    hosts: ["q.us-east-1.amazonaws.com", "codewhisperer.us-east-1.amazonaws.com", "runtime.us-east-1.kiro.dev"],
    trust: ["SSL_CERT_FILE"],
    systemStore: "unknown",
    allProxy: "unknown",
    baseUrls: [],
    traps: [fromTheDock],
    call: null,
    model: "claude-sonnet-4.5",
    tried: null,
  },
  {
    id: "antigravity",
    title: "Antigravity",
    aliases: [],
    programs: ["antigravity"],
    kind: "desktop",
    engine: "Electron, with a language server in Go",
    hosts: ["daily-cloudcode-pa.googleapis.com", "cloudcode-pa.googleapis.com"],
    trust: ["SSL_CERT_FILE"],
    systemStore: "yes",
    allProxy: "unknown",
    baseUrls: [],
    traps: [
      fromTheDock,
      ownProxySetting,
      {
        id: "go",
        text: "Its language server, being Go, reads SSL_CERT_FILE on Linux only; on macOS and Windows it trusts the system's store.",
        handled: "you",
        fix: "trust the certificate there: `switchyard ca path` says where it is",
      },
    ],
    call: null,
    model: "gemini-3-pro",
    tried: null,
  },
  {
    id: "zed",
    title: "Zed",
    aliases: ["zeditor"],
    programs: ["zed", "zeditor"],
    kind: "desktop",
    engine: "Rust",
    hosts: ["api.anthropic.com", "api.openai.com"],
    trust: ["SSL_CERT_FILE"],
    systemStore: "unknown",
    allProxy: "unknown",
    baseUrls: [],
    traps: [fromTheDock, { ...ownProxySetting, fix: 'look for "proxy" in its settings and take it out' }],
    call: chat("gpt-5"),
    model: "gpt-5",
    tried: null,
  },
  {
    id: "curl",
    title: "curl",
    aliases: [],
    programs: ["curl"],
    kind: "terminal",
    engine: "libcurl",
    hosts: ["api.openai.com"],
    trust: ["CURL_CA_BUNDLE", "SSL_CERT_FILE"],
    systemStore: "yes",
    allProxy: "works",
    baseUrls: [],
    traps: [
      {
        id: "http-proxy",
        text: "For http:// addresses it reads http_proxy in lower case only; both are set.",
        handled: "run",
      },
    ],
    call: chat("gpt-5"),
    model: "gpt-5",
    tried: "the one installed, by the project's own tests",
  },
  {
    id: "python",
    title: "Python",
    aliases: ["python3", "requests", "httpx"],
    programs: ["python3", "python"],
    kind: "library",
    engine: "OpenSSL",
    hosts: ["api.openai.com", "api.anthropic.com"],
    trust: ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"],
    systemStore: "unknown",
    allProxy: "unknown",
    baseUrls: ["OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_BASE_URL"],
    traps: [
      {
        id: "two-variables",
        text: "requests reads REQUESTS_CA_BUNDLE; urllib, httpx and aiohttp read SSL_CERT_FILE. Both are set.",
        handled: "run",
      },
      {
        id: "aiohttp",
        text: "aiohttp goes past every proxy unless its session is made with trust_env=True.",
        handled: "you",
        fix: "in programs of yours: aiohttp.ClientSession(trust_env=True)",
      },
    ],
    call: chat("gpt-5"),
    model: "gpt-5",
    tried: "requests 2.28, httpx 0.23, aiohttp 3.8",
  },
  {
    id: "node",
    title: "Node scripts and SDKs",
    aliases: ["sdk", "nodejs"],
    programs: ["node"],
    kind: "library",
    engine: "Node",
    hosts: ["api.openai.com", "api.anthropic.com", "generativelanguage.googleapis.com"],
    trust: ["NODE_EXTRA_CA_CERTS"],
    systemStore: "with-switch",
    allProxy: "ignored",
    baseUrls: ["OPENAI_BASE_URL", "ANTHROPIC_BASE_URL", "GOOGLE_GEMINI_BASE_URL"],
    traps: [
      {
        id: "env-proxy",
        text: "Node's own fetch, and the SDKs on it, go past every proxy unless NODE_USE_ENV_PROXY=1 is set, and Node knows that from 22.21 and 24 on.",
        handled: "run",
      },
    ],
    call: chat("gpt-5"),
    model: "gpt-5",
    tried: "Node 22.23 and 24.21 with the official SDKs",
  },
];

/** By its id or another word for it, in any case. */
export function clientHint(word: string): ClientHint | null {
  const wanted = word.toLowerCase();
  return clientHints.find(({ id, aliases }) => id === wanted || aliases.includes(wanted)) ?? null;
}

/** Every variable by which some client goes elsewhere. */
export const baseUrlVariables: readonly string[] = [...new Set(clientHints.flatMap(({ baseUrls }) => baseUrls))];
