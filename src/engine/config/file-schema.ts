/**
 * The configuration file as people write it (docs: the config.yaml block of the README). Every section of the contract
 * is here, also those that this version accepts without acting on; `dormant.ts` says which. Unknown keys are found by
 * walking this schema (`shape-faults.ts`), so an object here lists exactly the keys that are known.
 */
import * as v from "valibot";
import { limitKeys, limitTable, type LimitKey } from "../../base/limits.ts";
import { cliproxyBlocks } from "./file-cliproxy.ts";
import {
  choice,
  flag,
  glob,
  globs,
  modelNames,
  ms,
  name,
  priority,
  secret,
  text,
  weight,
  wholeNumber,
} from "./file-words.ts";
import { authTypes, clientLogins, strategies } from "./schema.ts";

const model = v.object({
  name: text,
  max_tokens: v.optional(wholeNumber(1, 100_000_000)),
  enabled: v.optional(flag),
  supports_functions: v.optional(flag),
  supports_streaming: v.optional(flag),
  alias: v.optional(text),
});

/** Top of the file: one key for each row of the table. */
const wireLimits = v.object(
  Object.fromEntries(
    limitKeys.map((key) => [key, v.optional(wholeNumber(limitTable[key].min, limitTable[key].max))] as const),
  ) as { readonly [Key in LimitKey]: v.OptionalSchema<ReturnType<typeof wholeNumber>, undefined> }, // an entry for each key
);

/** `suggested`: what the registry thinks reasonable for this provider. */
const limits = v.union(
  [
    v.object({
      requests_per_minute: v.optional(wholeNumber(1, 1_000_000_000)),
      tokens_per_minute: v.optional(wholeNumber(1, 1_000_000_000_000)),
      max_tokens_per_request: v.optional(wholeNumber(1, 1_000_000_000)),
    }),
    v.literal("suggested"),
  ],
  "must be a map of whole numbers of at least 1, or the word suggested",
);

const headerWord = v.pipe(text, v.regex(/^[\x21-\x7e]{1,64}$/, "must be one short word, such as 3.1.0"));

const provider = v.object({
  type: v.optional(text),
  endpoint: v.optional(text),
  more_endpoints: v.optional(v.array(text, "must be a list")),
  project: v.optional(text),
  client_version: v.optional(headerWord),
  auth_type: v.optional(choice(authTypes)),
  enabled: v.optional(flag),
  priority: v.optional(priority),
  models: v.optional(v.array(model, "must be a list")),
  more_models: v.optional(v.array(model, "must be a list")),
  excluded_models: v.optional(globs),
  strategy: v.optional(choice(strategies)),
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
  limits: v.optional(limits),
  cooldown: v.optional(v.object({ base_ms: v.optional(ms), max_ms: v.optional(ms), max_reset_ms: v.optional(ms) })),
});

/** A key of the file, spelled apart from the keyword that source readers look for at the beginning of a line. */
const importKey = "import";

const account = v.object({
  provider: text,
  name: v.optional(name),
  api_key: v.optional(secret),
  login: v.optional(v.union([v.literal(true), v.literal("stored")], "must be true (or stored)")),
  [importKey]: v.optional(choice(clientLogins)),
  token_file: v.optional(text),
  accept_terms: v.optional(flag),
  priority: v.optional(priority),
  weight: v.optional(weight),
  enabled: v.optional(flag),
  limits: v.optional(limits),
  prefix: v.optional(name),
  models: v.optional(modelNames),
  excluded_models: v.optional(globs),
  proxy: v.optional(text),
});

const oauth = v.object({
  client_id: v.optional(text),
  client_secret: v.optional(secret),
  auth_url: v.optional(text),
  token_url: v.optional(text),
  refresh_url: v.optional(text),
});

const dollars = v.pipe(
  v.number("must be a number: US dollars for a million tokens"),
  v.minValue(0, "must not be negative"),
  v.maxValue(1_000_000, "must be at most 1000000"),
);
const price = v.object({
  input: dollars,
  output: dollars,
  cache_read: v.optional(dollars),
  cache_write: v.optional(dollars),
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
  selection: v.optional(
    v.object({
      strategy: v.optional(choice(strategies)),
      sticky: v.optional(flag),
      when_limited: v.optional(choice(["queue", "refuse"])),
      max_wait_ms: v.optional(wholeNumber(0, 86_400_000)),
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
  extend_model_lists: v.optional(flag),
  force_model_prefix: v.optional(flag),
});

export const fileSchema = v.object({
  listen: v.optional(
    v.object({
      host: v.optional(text),
      port: v.optional(wholeNumber(0, 65_535)),
      proxy_auth: v.optional(choice(["reroute", "always", "off"])),
      control_api: v.optional(choice(["off", "on"])),
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
  limits: v.optional(wireLimits),
  providers: v.optional(v.record(name, provider)),
  accounts: v.optional(v.array(account, "must be a list")),
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
        enabled: v.optional(flag),
      }),
      "must be a list",
    ),
  ),
  oauth: v.optional(v.record(name, oauth)),
  prices: v.optional(v.record(glob, price)),
  settings: v.optional(settings),
  gateway: v.optional(v.record(v.string(), v.unknown())),
  ...cliproxyBlocks,
  "force-model-prefix": v.optional(flag),
});

export type ConfigFile = v.InferOutput<typeof fileSchema>;
export type ProviderBlock = v.InferOutput<typeof provider>;
export type AccountBlock = v.InferOutput<typeof account>;
export type LimitsBlock = v.InferOutput<typeof limits>;
