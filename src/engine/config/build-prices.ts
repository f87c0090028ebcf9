/** The `prices` section: patterns of `provider/model` with US dollars for a million tokens. */
import { isWildcard } from "../routing/wildcard.ts";
import type { Findings } from "./build.ts";
import type { ConfigFile } from "./file-schema.ts";
import type { Config, Price } from "./schema.ts";

export function buildPrices(file: ConfigFile, findings: Findings): Config["prices"] {
  const entries = Object.entries(file.prices ?? {});
  return Object.fromEntries(
    entries.map(([pattern, block]): [string, Price] => {
      if (!pattern.includes("/") && pattern !== "*") {
        const fixed = `"*/${pattern}" or "PROVIDER/${pattern}"`;
        // A star may stand for a slash too, but nobody who writes `claude-*` means a provider.
        if (isWildcard(pattern))
          findings.warn(["prices", pattern], `prices go by provider/model: did you mean ${fixed}?`);
        else findings.wrong(["prices", pattern], `fits no call: prices go by provider/model, so write ${fixed}`, "key");
      }
      return [
        pattern,
        {
          input: block.input,
          output: block.output,
          ...(block.cache_read === undefined ? {} : { cacheRead: block.cache_read }),
          ...(block.cache_write === undefined ? {} : { cacheWrite: block.cache_write }),
        },
      ];
    }),
  );
}
