/** A `limits` entry of a provider or an account: figures of its own, or the word for what the registry suggests. */
import { suggestedLimits } from "../providers/table.ts";
import type { Findings } from "./build.ts";
import type { LimitsBlock } from "./file-schema.ts";
import type { Path } from "./problem.ts";
import type { Limits } from "./schema.ts";

/** @param origin the registry row a provider was made from; null where there is none */
export function buildLimits(block: LimitsBlock, origin: string | null, path: Path, findings: Findings): Limits | null {
  if (block !== "suggested") {
    return {
      ...(block.requests_per_minute === undefined ? {} : { requestsPerMinute: block.requests_per_minute }),
      ...(block.tokens_per_minute === undefined ? {} : { tokensPerMinute: block.tokens_per_minute }),
      ...(block.max_tokens_per_request === undefined ? {} : { maxTokensPerRequest: block.max_tokens_per_request }),
    };
  }
  const suggested =
    origin !== null && Object.hasOwn(suggestedLimits, origin) ? (suggestedLimits[origin] ?? null) : null;
  if (suggested === null) {
    findings.warn(path, "nothing is suggested for this provider, so there are no limits; write figures to have some");
  }
  return suggested;
}
