/**
 * `x-ratelimit-{limit,remaining,reset}`, with or without the name of a window behind: OpenAI and Groq (spans: `6m0s`,
 * `12ms`), GitHub (Unix seconds), OpenRouter (Unix milliseconds), and the many servers that speak like one of them.
 */
import { resetAfterMs } from "../../formats/times.ts";
import type { ReplyHeaders } from "../headers.ts";
import type { QuotaWindow } from "../quota.ts";
import { windowsOfFields } from "./limit-fields.ts";

const field = /^x-ratelimit-(limit|remaining|reset)(?:-(.+))?$/;

export function rateLimitWindows({ fields, model, now }: ReplyHeaders): readonly QuotaWindow[] {
  return windowsOfFields({
    fields,
    model,
    split(name) {
      const [, part, window] = field.exec(name) ?? [];
      // `x-ratelimit-reset-after` is another way to say the reset of the nameless window.
      return part === undefined
        ? null
        : { window: window === undefined || window === "after" ? "requests" : window, part };
    },
    resetAt(value) {
      const inMs = resetAfterMs(value, now);
      return inMs === null ? null : now + inMs;
    },
  });
}
