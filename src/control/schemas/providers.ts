/** Providers: what they are, what they can do, and how they did. */
import * as v from "valibot";
import type {
  CapabilitiesJson,
  LimitsJson,
  ProviderCheckJson,
  ProviderJson,
  ProviderMetricsJson,
  ProviderStatusJson,
} from "../../base/controls-engine.ts";
import { shapeOf } from "./shape.ts";
import { count, dollars, flag, instant, listOf, mapOf, ms, number, oneOf, ratio, text } from "./words.ts";

export const limits = shapeOf<LimitsJson>()(
  "Bounds for each account; null: none.",
  v.strictObject({
    requests_per_minute: v.nullable(count("Calls in any 60 seconds.")),
    tokens_per_minute: v.nullable(count("Input and output tokens in any 60 seconds.")),
    max_tokens_per_request: v.nullable(count("Input as estimated and the output asked for, in tokens.")),
  }),
);

export const capabilities = shapeOf<CapabilitiesJson>()(
  "What a model or a provider can do.",
  v.strictObject({
    streaming: flag("Answers as they are written."),
    functions: flag("Calls tools."),
    vision: flag("Reads images."),
    code_generation: flag("Writes code."),
    max_tokens: count("How many tokens it takes; 0: not known."),
  }),
);

export const provider = shapeOf<ProviderJson>()(
  "A provider, built in or written in config.yaml.",
  v.strictObject({
    id: text("What rules call it."),
    type: text("Which dialect and login it wants, as `openai-compatible`."),
    kind: oneOf(["direct", "aggregator", "proprietary", "compatible", "local"], "How the registry groups it."),
    description: text("One line; empty where there is nothing to say."),
    tags: listOf(v.string(), "For pickers."),
    endpoint: text("Its base URL."),
    auth_type: text("`none`, `api_key`, `oauth_device_flow`, `oauth_pkce` or `import`."),
    requires_auth: flag("No call goes there without an account."),
    enabled: flag("Its user's switch."),
    priority: number("Lower goes first."),
    accounts: count("How many accounts with a credential it has."),
    models: listOf(v.string(), "The models that are known without asking it."),
    capabilities,
    limits,
    suggested_limits: v.nullable(limits),
  }),
);

export const providerMetrics = shapeOf<ProviderMetricsJson>()(
  "How a provider did in the last hour, from real calls. Nulls: no call to tell by.",
  v.strictObject({
    provider: text("Its id."),
    requests: count("Attempts."),
    successes: count("Of these, answered."),
    failures: count("Of these, not."),
    success_rate: v.nullable(ratio("Answered by all.")),
    ttfb_ms_p50: v.nullable(ms("Until the first byte, half of the calls.")),
    ttfb_ms_p95: v.nullable(ms("Until the first byte, 95 of 100 calls.")),
    duration_ms_p50: v.nullable(ms("Whole call, half of them.")),
    duration_ms_p95: v.nullable(ms("Whole call, 95 of 100.")),
    input_tokens: count("Input tokens."),
    output_tokens: count("Output tokens."),
    cost_usd: v.nullable(dollars("At list prices.")),
    errors: mapOf(count("How often."), "Failures by the kind of the error."),
    since: instant("Where the hour begins."),
  }),
);

export const providerStatus = shapeOf<ProviderStatusJson>()(
  "How a provider is, from what happened to it.",
  v.strictObject({
    provider: text("Its id."),
    status: oneOf(
      ["healthy", "degraded", "down", "disabled", "no-account", "unknown"],
      "`unknown`: no call yet. `degraded`: below 90 % of the last hour's calls were answered; `down`: below 10 %.",
    ),
    reason: text("For people."),
    accounts: v.pipe(
      v.strictObject({
        total: count("All of them."),
        active: count("Can serve."),
        cooling: count("Rest."),
        stopped: count("Are out until their owner acts."),
      }),
      v.description("Its accounts by what they can do now."),
    ),
    last_success: v.nullable(instant("When it answered last.")),
    last_error: v.nullable(text("What it said when it failed last.")),
    metrics: providerMetrics,
  }),
);

export const providerCheck = shapeOf<ProviderCheckJson>()(
  "What a provider said when it was asked just now. Spends no tokens.",
  v.strictObject({
    provider: text("Its id."),
    status: oneOf(
      ["healthy", "unauthorized", "limited", "failing", "unreachable"],
      "`limited`: it is there and lets nobody in now. `failing`: it answers with errors.",
    ),
    reason: text("For people."),
    http_status: v.nullable(count("What it answered.")),
    latency_ms: ms("How long that took."),
    credential_checked: flag("False: it was reached, and no credential was shown."),
  }),
);
