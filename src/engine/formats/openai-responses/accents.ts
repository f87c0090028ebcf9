/**
 * Where a backend of this dialect differs from OpenAI's own API. `codex`: chatgpt.com's backend of the Codex CLI;
 * `copilot`: GitHub Copilot (both as known in late 2026).
 */
import type { Losses } from "../../hub/losses.ts";
import type { Fields } from "../fields.ts";
import type { Variant } from "../format.ts";

export interface Accent {
  /** It answers with a stream only. */
  readonly alwaysStreams: boolean;
  /** `instructions` must be there, if only empty. */
  readonly needsInstructions: boolean;
  /** Pictures and files given by their address are fetched. */
  readonly fetchesUrls: boolean;
  /** Freeform tools. */
  readonly custom: boolean;
  /** `tool_choice: { type: "allowed_tools" }`. */
  readonly allowedTools: boolean;
  /** Fields it answers with a 400, and whether leaving one out changes what was asked. */
  readonly refused: ReadonlyMap<string, "silent" | "told">;
}

const plain: Accent = {
  alwaysStreams: false,
  needsInstructions: false,
  fetchesUrls: true,
  custom: true,
  allowedTools: true,
  refused: new Map(),
};

const codex: Accent = {
  ...plain,
  alwaysStreams: true,
  needsInstructions: true,
  fetchesUrls: false,
  allowedTools: false,
  refused: new Map([
    ["temperature", "told"],
    ["top_p", "told"],
    ["max_output_tokens", "told"],
    ["top_logprobs", "told"],
    ["truncation", "told"],
    ["metadata", "silent"],
    ["stream_options", "silent"],
    ["prompt_cache_retention", "silent"],
    ["safety_identifier", "silent"],
    ["user", "silent"],
  ]),
};

const copilot: Accent = {
  ...plain,
  custom: false,
  allowedTools: false,
  refused: new Map([["service_tier", "told"]]),
};

export function accentOf(variant: Variant | undefined): Accent {
  if (variant === "codex") return codex;
  return variant === "copilot" ? copilot : plain;
}

export function withoutRefused(body: Fields, { refused }: Accent, losses: Losses): Fields {
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => {
      const how = refused.get(name);
      if (how === "told") losses.add("parameter", `${name}: this backend takes none`);
      return how === undefined;
    }),
  );
}
