/**
 * The configuration file as people write it (docs: the config.yaml block of the README). Every section of the contract
 * is here, also those that this version accepts without acting on; `dormant.ts` says which. Unknown keys are found by
 * walking this schema (`shape-faults.ts`), so an object here lists exactly the keys that are known.
 */
import * as v from "valibot";

const name = v.pipe(
  v.string("a name must be text"),
  v.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "names are letters, digits, dot, dash and underscore (at most 64)"),
);
const text = v.pipe(v.string("must be text"), v.minLength(1, "must not be empty"), v.maxLength(4096, "is too long"));
const glob = v.pipe(
  v.string('must be a pattern in text, such as "claude-*"'),
  v.minLength(1, "must not be empty"),
  v.maxLength(512, "is longer than 512 characters"),
);
const flag = v.boolean("must be true or false");
const wholeNumber = (min: number, max: number) =>
  v.pipe(
    v.number("must be a number"),
    v.integer("must be a whole number"),
    v.minValue(min, `must be at least ${min}`),
    v.maxValue(max, `must be at most ${max}`),
  );
const choice = <const T extends readonly string[]>(options: T) =>
  v.picklist(options, `must be one of: ${options.join(", ")}`);
const ms = wholeNumber(1, 86_400_000);

/** A value that may stand in an environment variable or in a file of its own. */
const secret = v.union(
  [v.pipe(v.string(), v.minLength(1)), v.object({ file: text })],
  'must be text, "${NAME_OF_A_VARIABLE}", or {file: path}',
);

const model = v.object({
  name: text,
  max_tokens: v.optional(wholeNumber(1, 100_000_000)),
  enabled: v.optional(flag),
  supports_functions: v.optional(flag),
  supports_streaming: v.optional(flag),
});

const provider = v.object({
  type: v.optional(text),
  endpoint: v.optional(text),
  project: v.optional(text),
  auth_type: v.optional(choice(["none", "api_key", "oauth_device_flow", "oauth_pkce", "import"])),
  enabled: v.optional(flag),
  priority: v.optional(wholeNumber(0, 1_000_000)),
  models: v.optional(v.array(model, "must be a list")),
  model_mappings: v.optional(v.record(v.string(), text)),
  features: v.optional(
    v.object({
      streaming: v.optional(flag),
      functions: v.optional(flag),
      vision: v.optional(flag),
      code_generation: v.optional(flag),
      multimodal: v.optional(flag),
    }),
  ),
  limits: v.optional(
    v.object({
      requests_per_minute: v.optional(wholeNumber(1, 1_000_000_000)),
      tokens_per_minute: v.optional(wholeNumber(1, 1_000_000_000_000)),
      max_tokens_per_request: v.optional(wholeNumber(1, 1_000_000_000)),
    }),
  ),
  cooldown: v.optional(v.object({ base_ms: v.optional(ms), max_ms: v.optional(ms) })),
});

const settings = v.object({
  usage_buffer: v.optional(wholeNumber(0, 1_000_000)),
  capture_flows: v.optional(wholeNumber(1, 1_000_000)),
  capture_bytes: v.optional(wholeNumber(0, 4_294_967_296)),
  thinking_budget: v.optional(
    v.object({
      mode: v.optional(choice(["passthrough", "auto", "custom", "adaptive"])),
      tokens: v.optional(wholeNumber(0, 1_000_000)),
    }),
  ),
  system_prompt: v.optional(
    v.object({
      mode: v.optional(choice(["prepend", "append", "none"])),
      text: v.optional(v.string("must be text")),
      providers: v.optional(
        v.record(
          name,
          v.object({
            mode: v.optional(choice(["prepend", "append", "none"])),
            text: v.optional(v.string("must be text")),
          }),
        ),
      ),
    }),
  ),
  bypass: v.optional(flag),
  dedupe: v.optional(v.object({ enabled: v.optional(flag), window_ms: v.optional(ms) })),
  network_proxy: v.optional(
    v.object({
      global: v.optional(v.nullable(text)),
      providers: v.optional(v.record(v.string(), text)),
      combos: v.optional(v.record(v.string(), text)),
      keys: v.optional(v.record(v.string(), text)),
    }),
  ),
  ip_filter: v.optional(
    v.object({
      mode: v.optional(choice(["off", "allow", "deny", "whitelist", "blacklist"])),
      list: v.optional(v.array(text, "must be a list")),
    }),
  ),
  request_logs: v.optional(flag),
  force_model_prefix: v.optional(flag),
});

/** One entry of a cliproxyapi++ block; their keys are written with dashes. */
const foreignEntry = v.object({
  name: v.optional(text),
  "api-key": v.optional(secret),
  "api-key-entries": v.optional(v.array(v.object({ "api-key": secret, "proxy-url": v.optional(text) }))),
  "base-url": v.optional(text),
  prefix: v.optional(text),
  "proxy-url": v.optional(text),
  "token-file": v.optional(text),
  models: v.optional(v.array(v.object({ name: text, alias: v.optional(text) }))),
  "excluded-models": v.optional(v.array(text)),
  headers: v.optional(v.record(v.string(), text)),
  priority: v.optional(wholeNumber(0, 1_000_000)),
});
const foreignBlock = v.optional(v.array(foreignEntry, "must be a list"));

export const fileSchema = v.object({
  listen: v.optional(
    v.object({
      host: v.optional(text),
      port: v.optional(wholeNumber(0, 65_535)),
      proxy_auth: v.optional(choice(["reroute", "always", "off"])),
    }),
  ),
  intercept: v.optional(
    v.object({
      hosts: v.optional(v.array(glob, "must be a list")),
      tunnel: v.optional(v.array(glob, "must be a list")),
    }),
  ),
  upstream: v.optional(
    v.object({
      ca: v.optional(v.array(text, "must be a list of files")),
      connect_to: v.optional(v.record(v.string(), text)),
      private_destinations: v.optional(choice(["auto", "refuse", "allow"])),
      timeouts: v.optional(
        v.object({ connect_ms: v.optional(ms), first_byte_ms: v.optional(ms), idle_ms: v.optional(ms) }),
      ),
    }),
  ),
  providers: v.optional(v.record(name, provider)),
  accounts: v.optional(
    v.array(
      v.object({
        provider: text,
        name: v.optional(name),
        api_key: v.optional(secret),
        priority: v.optional(wholeNumber(0, 1_000_000)),
        enabled: v.optional(flag),
      }),
      "must be a list",
    ),
  ),
  combos: v.optional(v.record(name, v.pipe(v.array(text, "must be a list of targets"), v.minLength(1, "is empty")))),
  aliases: v.optional(v.record(name, text)),
  routes: v.optional(
    v.array(
      v.object({
        match: v.optional(
          v.object({
            client: v.optional(glob),
            host: v.optional(glob),
            path: v.optional(glob),
            model: v.optional(glob),
          }),
        ),
        to: v.pipe(v.string("must be text"), v.minLength(1, "must not be empty"), v.maxLength(512, "is too long")),
        fallback: v.optional(choice(["passthrough", "error"])),
      }),
      "must be a list",
    ),
  ),
  settings: v.optional(settings),
  gateway: v.optional(v.record(v.string(), v.unknown())),
  "claude-api-key": foreignBlock,
  "gemini-api-key": foreignBlock,
  "codex-api-key": foreignBlock,
  openrouter: foreignBlock,
  "openai-compatibility": foreignBlock,
  kiro: foreignBlock,
  "force-model-prefix": v.optional(flag),
});

export type ConfigFile = v.InferOutput<typeof fileSchema>;
export type ProviderBlock = v.InferOutput<typeof provider>;
