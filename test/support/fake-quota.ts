/**
 * The usage addresses of eight services on one loopback server: each wants to be asked as the real one does, refuses in
 * its own words, and answers in the shapes recorded in public in 2026. Troubles are shared: they are the internet's.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";

export type QuotaService =
  | "claude"
  | "codex"
  | "copilot"
  | "antigravity"
  | "gemini-cli"
  | "kiro"
  | "openrouter"
  | "openrouter-credits";

/** What goes wrong from now on. `echo`: an error that quotes the credential it was shown. */
export type QuotaTrouble =
  | "429"
  | "500"
  | "403"
  | "silence"
  | "cut"
  | "html"
  | "no-json"
  | "list"
  | "redirect"
  | "echo"
  | "huge";

export interface SeenQuotaCall {
  readonly service: QuotaService | null;
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly url: string;
  readonly body: string;
}

export interface FakeQuota {
  readonly url: string;
  readonly seen: readonly SeenQuotaCall[];
  /** How many calls were under way at once, at most. */
  readonly mostAtOnce: () => number;
  answerWith(service: QuotaService, report: unknown): void;
  trouble(kind: QuotaTrouble | null): void;
  /** From now on only these are accepted. */
  accept(...secrets: readonly string[]): void;
  close(): Promise<void>;
}

interface Call {
  readonly headers: IncomingMessage["headers"];
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Service {
  readonly route: string;
  readonly scheme: "Bearer" | "token";
  /** What is missing from the question; null: nothing. */
  readonly mistake: (call: Call) => string | null;
  readonly unauthorized: unknown;
  readonly report: unknown;
}

const googleUnauthorized = {
  error: { code: 401, message: "Request had invalid authentication credentials.", status: "UNAUTHENTICATED" },
};
const project = ({ body }: Call): string | null =>
  typeof body === "object" && body !== null && "project" in body ? null : "project is required";

const services = {
  claude: {
    route: "GET /api/oauth/usage",
    scheme: "Bearer",
    mistake: ({ headers }) =>
      String(headers["anthropic-beta"]).includes("oauth-2025-04-20") ? null : "OAuth authentication is not supported.",
    unauthorized: { type: "error", error: { type: "authentication_error", message: "OAuth token has expired." } },
    report: {
      five_hour: { utilization: 47.2, resets_at: "2026-11-21T22:00:00.152795+00:00" },
      seven_day: { utilization: 12, resets_at: "2026-11-27T11:00:00Z" },
      seven_day_opus: null,
      seven_day_oauth_apps: { utilization: 100, resets_at: null },
      limits: [
        { kind: "session", group: "session", percent: 47.2, resets_at: "2026-11-21T22:00:00Z", scope: null },
        {
          kind: "weekly_scoped",
          group: "weekly",
          percent: 100,
          resets_at: "2026-11-27T11:00:00Z",
          scope: { model: { id: null, display_name: "Fable" }, surface: null },
        },
      ],
      extra_usage: { is_enabled: true, monthly_limit: 2000, used_credits: 245, utilization: 12.25, currency: "USD" },
    },
  },
  codex: {
    route: "GET /backend-api/wham/usage",
    scheme: "Bearer",
    mistake: ({ headers }) => (headers["chatgpt-account-id"] === undefined ? "account is required" : null),
    unauthorized: { detail: "Could not validate credentials" },
    report: {
      plan_type: "plus",
      rate_limit: {
        allowed: true,
        limit_reached: false,
        primary_window: { used_percent: 33, limit_window_seconds: 18_000, reset_at: 1_795_290_000 },
        secondary_window: { used_percent: 21, limit_window_seconds: 604_800, reset_at: 1_795_700_000 },
      },
      additional_rate_limits: [
        {
          limit_name: "GPT-5.3-Codex-Spark",
          metered_feature: "codex_bengalfox",
          rate_limit: {
            limit_reached: true,
            primary_window: { used_percent: 100, limit_window_seconds: 18_000, reset_after_seconds: 60 },
          },
        },
      ],
      credits: { has_credits: true, unlimited: false, balance: "12.5" },
    },
  },
  copilot: {
    route: "GET /copilot_internal/user",
    scheme: "token",
    mistake: ({ headers }) =>
      headers["user-agent"] === undefined ? "Please make sure your request has a User-Agent header" : null,
    unauthorized: { message: "Bad credentials", documentation_url: "https://docs.github.com/rest" },
    report: {
      copilot_plan: "individual",
      access_type_sku: "monthly_subscriber",
      quota_reset_date: "2026-12-01",
      quota_snapshots: {
        chat: { entitlement: 0, remaining: 0, percent_remaining: 100, unlimited: true },
        completions: { entitlement: 0, remaining: 0, percent_remaining: 100, unlimited: true },
        premium_interactions: { entitlement: 300, remaining: 75, percent_remaining: 25, overage_permitted: false },
      },
    },
  },
  antigravity: {
    route: "POST /v1internal:fetchAvailableModels",
    scheme: "Bearer",
    mistake: project,
    unauthorized: googleUnauthorized,
    report: {
      models: {
        "gemini-3-pro-high": {
          displayName: "Gemini 3 Pro (High)",
          quotaInfo: { remainingFraction: 0.4, resetTime: "2026-11-21T20:00:00Z" },
        },
        "claude-sonnet-4-6": { displayName: "Claude Sonnet", quotaInfo: { resetTime: "2026-11-22T20:00:00Z" } },
        "tab-flash": { displayName: "Tab", isInternal: true, quotaInfo: { remainingFraction: 1 } },
        unlimited: { displayName: "No quota of its own" },
      },
    },
  },
  "gemini-cli": {
    route: "POST /v1internal:retrieveUserQuota",
    scheme: "Bearer",
    mistake: project,
    unauthorized: googleUnauthorized,
    report: {
      buckets: [
        {
          modelId: "gemini-2.5-pro",
          tokenType: "REQUESTS",
          remainingAmount: "500",
          remainingFraction: 0.5,
          resetTime: "2026-11-22T10:52:51Z",
        },
        { modelId: "gemini-2.5-flash", tokenType: "REQUESTS", resetTime: "2026-11-22T10:52:51Z" },
      ],
    },
  },
  kiro: {
    route: "GET /getUsageLimits",
    scheme: "Bearer",
    mistake: ({ query }) =>
      query.get("origin") === "AI_EDITOR" && query.get("resourceType") !== null ? null : "Invalid origin",
    unauthorized: { __type: "AccessDeniedException", message: "The bearer token included in the request is invalid." },
    report: {
      nextDateReset: 1.7961696e9,
      subscriptionInfo: { subscriptionTitle: "KIRO PRO" },
      usageBreakdownList: [
        {
          resourceType: "CREDIT",
          currentUsage: 45,
          currentUsageWithPrecision: 45.5,
          usageLimit: 50,
          usageLimitWithPrecision: 50,
          freeTrialInfo: {
            freeTrialStatus: "ACTIVE",
            freeTrialExpiry: 1_796_000_000,
            currentUsage: 100,
            usageLimit: 100,
          },
          bonuses: [{ bonusCode: "OLD", status: "EXPIRED", usageLimit: 500, currentUsage: 0 }],
        },
      ],
    },
  },
  openrouter: {
    route: "GET /api/v1/key",
    scheme: "Bearer",
    mistake: () => null,
    unauthorized: { error: { message: "No auth credentials found", code: 401 } },
    report: {
      data: {
        label: "sk-or-v1-abc...xyz",
        limit: 20,
        usage: 5,
        limit_remaining: 15,
        limit_reset: "monthly",
        is_free_tier: false,
      },
    },
  },
  "openrouter-credits": {
    route: "GET /api/v1/credits",
    scheme: "Bearer",
    mistake: () => null,
    unauthorized: { error: { message: "Only management keys can perform this operation", code: 403 } },
    report: { data: { total_credits: 40, total_usage: 10 } },
  },
} as const satisfies Readonly<Record<QuotaService, Service>>;

/** When the reports above were true. */
const reportedAt = Date.parse("2026-11-21T12:00:00Z");

/** The same report as of another time: whatever looks like an instant (ISO 8601, or seconds of these years) moves along. */
function asOf(now: number, value: unknown): unknown {
  const moved = now - reportedAt;
  if (Array.isArray(value)) return value.map((one) => asOf(now, one));
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, asOf(now, one)]));
  }
  if (typeof value === "number") return value > 1.7e9 && value < 1.9e9 ? value + Math.round(moved / 1000) : value;
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d(?:T|$)/.test(value)) return value;
  const iso = new Date(Date.parse(value) + moved).toISOString();
  return value.includes("T") ? iso : iso.slice(0, 10);
}

/** `isLive`: for whoever lives by the system's clock; else every report is of 21 November 2026, noon. */
export async function startFakeQuota(options: {
  readonly secrets: readonly string[];
  readonly isLive?: true;
}): Promise<FakeQuota> {
  const seen: SeenQuotaCall[] = [];
  const reports = new Map<QuotaService, unknown>();
  let secrets = options.secrets;
  let trouble: QuotaTrouble | null = null;
  let atOnce = 0;
  let mostAtOnce = 0;

  async function serve(request: IncomingMessage, reply: ServerResponse): Promise<void> {
    atOnce += 1;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    reply.once("close", () => (atOnce -= 1));
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer); // an IncomingMessage without encoding yields Buffers
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", "http://fake");
    const [id, service] = find(`${request.method} ${url.pathname}`);
    const answer = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): void => {
      seen.push({ service: id, status, headers: request.headers, url: request.url ?? "", body: text });
      reply.writeHead(status, { "content-type": "application/json", ...headers }).end(body);
    };
    if (trouble === "silence") return;
    if (trouble === "cut") {
      reply.writeHead(200, { "content-type": "application/json" });
      reply.write('{"data":', () => reply.destroy());
      return;
    }
    if (trouble === "html")
      return answer(200, "<!doctype html><title>Just a moment…</title>", { "content-type": "text/html" });
    if (trouble === "no-json") return answer(200, '{"data": {');
    if (trouble === "list") return answer(200, "[]");
    if (trouble === "redirect") return answer(302, "", { location: `${origin()}/elsewhere` });
    if (trouble === "huge") return answer(200, `{"data":"${"x".repeat(2_000_000)}"}`);
    const shown = request.headers.authorization ?? "";
    if (trouble === "echo")
      return answer(400, JSON.stringify({ error: { message: `bad header ${shown}`, code: shown } }));
    if (trouble === "429")
      return answer(429, JSON.stringify({ error: { message: "Rate limited." } }), { "retry-after": "720" });
    if (trouble === "500") return answer(500, JSON.stringify({ error: { message: "oops" } }));
    if (trouble === "403")
      return answer(403, JSON.stringify({ error: { message: "scope", type: "permission_error" } }));
    if (service === null) return answer(404, JSON.stringify({ error: { message: "Not found" } }));
    if (!secrets.some((secret) => shown === `${service.scheme} ${secret}`)) {
      return answer(id === "openrouter-credits" ? 403 : 401, JSON.stringify(service.unauthorized));
    }
    const wrong = service.mistake({ headers: request.headers, query: url.searchParams, body: parsed(text) });
    if (wrong !== null) return answer(400, JSON.stringify({ error: { message: wrong } }));
    const report = options.isLive === true ? asOf(Date.now(), service.report) : service.report;
    const body = JSON.stringify(id !== null && reports.has(id) ? reports.get(id) : report);
    if (!String(request.headers["accept-encoding"]).includes("gzip")) return answer(200, body);
    seen.push({ service: id, status: 200, headers: request.headers, url: request.url ?? "", body: text });
    reply.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" }).end(gzipSync(body));
  }

  const server = createServer((request, reply) => {
    serve(request, reply).catch(() => reply.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has this kind of address.
  const { port } = server.address() as AddressInfo;
  const origin = (): string => `http://127.0.0.1:${port}`;
  return {
    url: origin(),
    seen,
    mostAtOnce: () => mostAtOnce,
    answerWith: (service, report) => void reports.set(service, report),
    trouble: (kind) => void (trouble = kind),
    accept: (...accepted) => void (secrets = accepted),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function find(route: string): readonly [QuotaService | null, Service | null] {
  for (const [id, service] of Object.entries(services)) {
    // Keys of the table above.
    if (service.route === route) return [id as QuotaService, service];
  }
  return [null, null];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the service complains in its own words.
    return undefined;
  }
}
