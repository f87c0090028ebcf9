/** The program as it is typed, in this process, with a core whose verbs the test gives, or with none. */
import { PassThrough } from "node:stream";
import { onTestFinished } from "vitest";
import type {
  AccountJson,
  EngineVerbs,
  LoginJson,
  ModelJson,
  ProviderJson,
  ProviderMetricsJson,
} from "../../base/controls-engine.ts";
import { VerbRefusal } from "../../base/controls-engine.ts";
import { benchDeps } from "../../control/__fixtures__/control-bench.ts";
import { createControlServer } from "../../control/server.ts";
import type { TrustMachine } from "../../intercept/trust/stores/machine.ts";
import type { CommandContext } from "../context.ts";
import { runCommand } from "../program.ts";
import { type Bench, commandBench } from "./command-bench.ts";

export interface EngineBench extends Omit<Bench, "close"> {
  /** Types `switchyard …` and returns the exit code; a failure is written to stderr as the program writes it. */
  readonly type: (...words: readonly string[]) => Promise<number>;
  /** What was printed, as one JSON document. */
  readonly json: () => unknown;
}

export interface EngineBenchOptions {
  /** Given: a core runs that has these and refuses all others. */
  readonly verbs?: Partial<EngineVerbs>;
  readonly env?: NodeJS.ProcessEnv;
  /** What stdin says; absent: stdin is empty. */
  readonly stdin?: string | PassThrough;
  /** A person sits there. */
  readonly terminal?: boolean;
  readonly platform?: NodeJS.Platform;
  /** Absent: one without any trust store. */
  readonly trustMachine?: TrustMachine;
}

/** Ends with the test that asked for it. */
export async function engineBench(options: EngineBenchOptions = {}): Promise<EngineBench> {
  const bench = commandBench(options.env === undefined ? {} : { env: options.env });
  const context = contextOf(bench, options);
  const { verbs } = options;
  const server =
    verbs === undefined ? null : await createControlServer(benchDeps(context.paths.controlSocket, () => {}, verbs));
  onTestFinished(async () => {
    await server?.close();
    await bench.close();
  });
  return {
    ...bench,
    context,
    type: (...words) => runCommand(context, words),
    json: () => JSON.parse(bench.out()),
  };
}

function contextOf({ context }: Bench, options: EngineBenchOptions): CommandContext {
  const { stdin, terminal = false, platform, trustMachine } = options;
  const input = stdin instanceof PassThrough ? stdin : new PassThrough();
  if (typeof stdin === "string" || stdin === undefined) input.end(stdin ?? "");
  return {
    ...context,
    platform: platform ?? context.platform,
    ...(trustMachine === undefined ? {} : { trustMachine }),
    stdin: Object.assign(input, { isTTY: terminal }),
    stderr: { ...context.stderr, isTTY: terminal },
  };
}

export function anAccount(more: Partial<AccountJson> = {}): AccountJson {
  const provider = more.provider ?? "openrouter";
  const name = more.name ?? "main";
  return {
    id: `${provider}/${name}`,
    provider,
    name,
    source: "key",
    client: null,
    from: "store",
    enabled: true,
    priority: 100,
    weight: 1,
    prefix: null,
    state: "active",
    credential: { state: "ok", expiresAt: null, who: null, plan: null, fix: null },
    cooldowns: [],
    calls: 0,
    failures: 0,
    health: 1,
    inFlight: 0,
    lastUsedAt: null,
    lastError: null,
    quota: null,
    ...more,
  };
}

const capabilities = { streaming: true, functions: true, vision: false, code_generation: true, max_tokens: 200_000 };

export function aProvider(id: string, more: Partial<ProviderJson> = {}): ProviderJson {
  return {
    id,
    type: "openai-compatible",
    kind: "aggregator",
    description: `all of ${id}`,
    tags: ["chat"],
    endpoint: `https://${id}.example/v1`,
    auth_type: "api_key",
    requires_auth: true,
    enabled: true,
    priority: 100,
    accounts: 1,
    models: ["small", "large"],
    capabilities,
    limits: { requests_per_minute: 60, tokens_per_minute: null, max_tokens_per_request: null },
    suggested_limits: null,
    ...more,
  };
}

/** `providers` and `provider` of a core that knows these. */
export function knowing(...providers: readonly ProviderJson[]): Pick<EngineVerbs, "provider" | "providers"> {
  return {
    providers: () => Promise.resolve(providers),
    provider(name) {
      const found = providers.find(({ id }) => id === name);
      return found === undefined
        ? Promise.reject(new VerbRefusal("not-found", `provider not found: ${name}`))
        : Promise.resolve(found);
    },
  };
}

export function aModel(id: string, more: Partial<ModelJson> = {}): ModelJson {
  const [provider = "", model = ""] = id.split("/");
  return {
    id,
    provider,
    model,
    kind: "chat",
    source: "built-in",
    max_tokens: 131_072,
    usable: true,
    capabilities,
    ...more,
  };
}

export function aLogin(more: Partial<LoginJson> = {}): LoginJson {
  return {
    id: "attempt-1",
    provider: "copilot",
    account: "main",
    kind: "device",
    state: "waiting",
    url: "https://github.com/login/device",
    urlComplete: null,
    userCode: "ABCD-1234",
    expiresAt: "2026-11-21T12:15:00.000Z",
    pastes: false,
    error: null,
    ...more,
  };
}

export function someMetrics(provider: string, more: Partial<ProviderMetricsJson> = {}): ProviderMetricsJson {
  return {
    provider,
    requests: 10,
    successes: 9,
    failures: 1,
    success_rate: 0.9,
    ttfb_ms_p50: 420,
    ttfb_ms_p95: 1_800,
    duration_ms_p50: 5_000,
    duration_ms_p95: 31_000,
    input_tokens: 12_345,
    output_tokens: 678,
    cost_usd: 1.25,
    errors: { "rate-limit": 1 },
    since: "2026-11-21T11:00:00.000Z",
    ...more,
  };
}
