/**
 * Providers that break, a proxy before them, and the ways from a client to them: passed through, rerouted to another
 * dialect, rerouted without a translation, and through the gateway. The other proxies know only the first.
 */
import { createFakeCa } from "../../support/fake-ca.ts";
import { openApi } from "../../support/api.ts";
import type { FlowJson } from "../../support/core-process.ts";
import { createOpened, type Opened } from "../../support/opened.ts";
import { startSubject, type Subject, type SubjectName } from "../board/subjects.ts";
import { chaosHosts, dialects, type Dialect, type DialectId } from "./dialects.ts";
import type { Asking, Manner } from "./client.ts";
import { caseWord, startChaosUpstream, type ChaosUpstream } from "./upstream.ts";

export const lanes = ["passthrough", "translated", "lossless", "gateway"] as const;
export type Lane = (typeof lanes)[number];

/** Dialects that a provider of our own choice can be reached in: type, and what stands before the paths. */
const providers = {
  "openai-chat": { type: "openai-compatible", base: "/v1" },
  "openai-responses": { type: "openai-responses-compatible", base: "/v1" },
  claude: { type: "anthropic-compatible", base: "/v1" },
  gemini: { type: "gemini-compatible", base: "/v1beta" },
  "gemini-cli": { type: "gemini-cli", base: "", project: "p" },
  antigravity: { type: "antigravity", base: "", project: "p" },
  kiro: { type: "kiro", base: "" },
} as const;
export type ProviderDialect = keyof typeof providers;
/** Names that say what such a model takes. */
const servedModels: Readonly<Partial<Record<ProviderDialect, string>>> = {
  gemini: "gemini-2.5-flash",
  "gemini-cli": "gemini-2.5-flash",
  antigravity: "gemini-2.5-flash",
  kiro: "claude-sonnet-4.6",
};
export const providerDialects = Object.keys(providers) as readonly ProviderDialect[]; // the keys of a literal
/** What the gateway speaks. */
export const gatewayDialects: readonly DialectId[] = ["openai-chat", "openai-responses", "claude", "gemini"];

export interface ChaosStage {
  readonly opened: Opened;
  readonly subject: Subject;
  /** Plays the hosts that clients call. */
  readonly hosts: ChaosUpstream;
  /** Plays the providers that calls are rerouted to. */
  readonly rerouted: ChaosUpstream;
  /** The next number of a call. */
  nextId(): number;
  asking(id: number, what: What): Asking;
  /** Every call that the core knows of; null for the other proxies. */
  flows(): Promise<readonly FlowJson[]>;
  close(): Promise<void>;
}

export interface What {
  readonly lane: Lane;
  readonly client: DialectId;
  /** Where it is rerouted to; the same for `lossless`, nothing for `passthrough`. */
  readonly provider?: ProviderDialect;
  readonly wire: "h1" | "h2";
  readonly manner?: Manner;
  readonly patienceMs?: number;
}

export interface ChaosStageOptions {
  /** More of config.yaml. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** `upstream.timeouts`. */
  readonly timeouts?: Readonly<Record<string, number>>;
  /** Other ports for some of the hosts; given the one that plays all of them. */
  readonly origins?: (port: number) => Promise<Readonly<Record<string, number>>>;
  readonly alpn?: readonly string[];
  /** `settings.capture_bytes`: calls that do not fit are forgotten, the oldest first. */
  readonly captureBytes?: number;
}

/** Calls on purpose in vain: no provider rests for it. */
const noCooldown = { base_ms: 1, max_ms: 1, max_reset_ms: 1 };
const key = "ksk_the-accounts-own-0123456789";

export async function startChaosStage(name: SubjectName, options: ChaosStageOptions = {}): Promise<ChaosStage> {
  const opened = createOpened();
  const ca = opened.add(createFakeCa());
  const identity = ca.issue([...chaosHosts, "localhost", "127.0.0.1"]);
  const alpn = options.alpn === undefined ? {} : { alpn: options.alpn };
  try {
    const hosts = opened.add(await startChaosUpstream({ identity, ...alpn }));
    const rerouted = opened.add(await startChaosUpstream());
    const others = (await options.origins?.(hosts.port)) ?? {};
    const subject = opened.add(
      await startSubject(name, {
        ca,
        origins: { ...Object.fromEntries(chaosHosts.map((host) => [host, hosts.port])), ...others },
        core: {
          config: {
            ...configFor(rerouted.url, options.captureBytes ?? 8 * 1024 * 1024),
            ...(options.timeouts === undefined ? {} : { upstream: { timeouts: options.timeouts } }),
            ...options.config,
          },
        },
      }),
    );
    const api = subject.core === null ? null : await openApi(subject.core.home);
    let id = 0;
    return {
      opened,
      subject,
      hosts,
      rerouted,
      nextId: () => (id += 1),
      asking: (number, what) => askingFor(subject, api?.clientKey ?? "", number, what),
      flows: async () =>
        api === null ? [] : ((await api.get("/api/flows?limit=100000")) as { flows: readonly FlowJson[] }).flows, // the contract of that route
      close: () => opened.closeAll(),
    };
  } catch (error) {
    await opened.closeAll();
    throw error;
  }
}

function configFor(url: string, captureBytes: number): Readonly<Record<string, unknown>> {
  return {
    providers: Object.fromEntries(
      Object.entries(providers).map(([dialect, { base, ...row }]) => [
        `to-${dialect}`,
        { ...row, endpoint: `${url}${base}`, auth_type: "api_key", cooldown: noCooldown },
      ]),
    ),
    accounts: providerDialects.map((dialect) => ({
      provider: `to-${dialect}`,
      name: "main",
      api_key: key,
      // Of Kiro's service, which is played here.
      ...(dialect === "kiro" ? { accept_terms: true } : {}),
    })),
    routes: providerDialects.map((dialect) => ({
      match: { model: `via-${dialect}` },
      to: `to-${dialect}/${servedModels[dialect] ?? "served"}`,
    })),
    settings: { capture_flows: 50_000, capture_bytes: captureBytes, usage_buffer: 0 },
  };
}

function askingFor(subject: Subject, clientKey: string, id: number, what: What): Asking {
  const dialect: Dialect = dialects[what.client];
  const { lane, wire, provider } = what;
  const model =
    lane === "passthrough"
      ? "untouched"
      : lane === "gateway"
        ? `to-${provider}/${servedModels[provider ?? "claude"] ?? "m"}`
        : `via-${provider ?? what.client}`;
  const path = dialect.path(lane === "gateway" ? encodeURIComponent(model) : model);
  const isGateway = lane === "gateway";
  return {
    road: isGateway
      ? { type: "gateway", url: subject.url }
      : { type: "proxy", through: subject, port: subject.portFor(dialect.host) },
    wire,
    host: dialect.host,
    path: dialect.id === "kiro" || dialect.id === "cursor" ? path : `${path}${path.includes("?") ? "&" : "?"}n=${id}`,
    headers: isGateway ? { "content-type": "application/json", authorization: `Bearer ${clientKey}` } : dialect.headers,
    body: dialect.body(model, `Say hello, ${caseWord(id)}`),
    ...(what.manner === undefined ? {} : { manner: what.manner }),
    ...(what.patienceMs === undefined ? {} : { patienceMs: what.patienceMs }),
  };
}

/** The calls `work` makes, so many at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (;;) {
      const item = items[next];
      next += 1;
      if (item === undefined) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
