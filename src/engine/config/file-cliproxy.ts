/**
 * The blocks of a cliproxyapi++ file as their users have them; keys are written with dashes there. Facts: the seed's user
 * guide and config.example.yaml of CLIProxyAPI (read November 2026). Keys that mean something to their program and nothing
 * here are known, so that a file is taken as it is; `import-cliproxy.ts` tells which of them do not act.
 */
import * as v from "valibot";
import { flag, glob, secret, text, wholeNumber } from "./file-words.ts";

/** Their numbers may be negative: a lower preference, or a weight that takes a key out. */
const anyNumber = wholeNumber(-1_000_000, 1_000_000);
/** Nobody here reads it. */
const resting = v.optional(v.unknown());
/** Their way to say "none" is an empty text. */
const maybeText = v.optional(v.pipe(v.string("must be text"), v.maxLength(4096, "is too long")));

const keyEntry = v.object({
  "api-key": secret,
  "proxy-url": maybeText,
  weight: v.optional(anyNumber),
});

const model = v.object({
  name: text,
  alias: maybeText,
  "display-name": resting,
  "max-context-length": resting,
  "force-mapping": resting,
  "is-compat": resting,
  image: resting,
  "input-modalities": resting,
  "output-modalities": resting,
  thinking: resting,
});

const entry = v.object({
  name: v.optional(text),
  disabled: v.optional(flag),
  "api-key": v.optional(secret),
  "api-key-entries": v.optional(v.array(keyEntry, "must be a list")),
  "api-keys": v.optional(v.array(secret, "must be a list")),
  "base-url": maybeText,
  prefix: maybeText,
  priority: v.optional(anyNumber),
  weight: v.optional(anyNumber),
  "proxy-url": maybeText,
  "token-file": v.optional(text),
  models: v.optional(v.array(model, "must be a list")),
  "excluded-models": v.optional(v.array(glob, "must be a list of patterns")),
  /** Ours: no key of theirs says that a login's owner has read the provider's terms. */
  "accept-terms": v.optional(flag),
  headers: v.optional(v.record(v.string(), text)),
  "access-token": resting,
  "refresh-token": resting,
  "client-id": resting,
  "client-secret": resting,
  "profile-arn": resting,
  region: resting,
  "start-url": resting,
  "agent-task-type": resting,
  "preferred-endpoint": resting,
  "disable-cooling": resting,
  "request-retry": resting,
  "request-scoped-errors": resting,
  "rebuild-mid-system-message": resting,
  "support-prompt-cache-key": resting,
  "fingerprint-profile": resting,
  "experimental-cch-signing": resting,
  "alpha-search": resting,
  websockets: resting,
  cloak: resting,
});

/** What an entry may say and nothing here acts on. */
export const restingKeys = [
  "headers",
  "access-token",
  "refresh-token",
  "client-id",
  "client-secret",
  "profile-arn",
  "region",
  "start-url",
  "agent-task-type",
  "preferred-endpoint",
  "disable-cooling",
  "request-retry",
  "request-scoped-errors",
  "rebuild-mid-system-message",
  "support-prompt-cache-key",
  "fingerprint-profile",
  "experimental-cch-signing",
  "alpha-search",
  "websockets",
  "cloak",
] as const satisfies readonly (keyof v.InferOutput<typeof entry>)[];

/** The same of a model. What only describes it (its display name, its size) is missed by nobody. */
export const restingModelKeys = ["force-mapping", "thinking"] as const satisfies readonly (keyof v.InferOutput<
  typeof model
>)[];

const block = v.optional(v.array(entry, "must be a list"));

export const cliproxyBlocks = {
  "claude-api-key": block,
  "gemini-api-key": block,
  "codex-api-key": block,
  openrouter: block,
  "openai-compatibility": block,
  kiro: block,
} as const;

export type CliproxyBlock = keyof typeof cliproxyBlocks;
export type CliproxyEntry = v.InferOutput<typeof entry>;
