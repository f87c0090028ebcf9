/** Claude's API keys: requests and tokens by the minute, counted for each class of models. Resets are RFC 3339 dates. */
import { instantMs } from "../../formats/times.ts";
import type { ReplyHeaders } from "../headers.ts";
import type { QuotaWindow } from "../quota.ts";
import { windowsOfFields } from "./limit-fields.ts";

/** `anthropic-ratelimit-input-tokens-remaining`; those of the priority tier and of fast mode begin with its name. */
const field = /^anthropic-(?:ratelimit-([a-z-]+)|((?:priority|fast)-[a-z-]+))-(limit|remaining|reset)$/;

export function anthropicWindows({ fields, model }: ReplyHeaders): readonly QuotaWindow[] {
  return windowsOfFields({
    fields,
    model,
    split(name) {
      const [, plain, tier, part] = field.exec(name) ?? [];
      const window = plain ?? tier;
      return window === undefined || part === undefined ? null : { window, part };
    },
    resetAt: instantMs,
  });
}
