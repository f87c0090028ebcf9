/** Reads model, usage and stop reason from a passed-through Claude answer. Looks only into the frames that hold them. */
import { own, parseJson } from "../../../base/json.ts";
import { noUsage } from "../../hub/usage.ts";
import { textField } from "../fields.ts";
import type { Observed } from "../format.ts";
import { observeBody } from "../observe.ts";
import { readUsage } from "./usage.ts";

export function observe(body: Uint8Array, contentType: string): Observed {
  return observeBody(body, contentType, {
    whole: (message) => ({
      model: textField(message, "model") ?? null,
      usage: own(message, "usage") === undefined ? null : readUsage(own(message, "usage"), noUsage),
      finish: textField(message, "stop_reason") ?? null,
    }),
    frame(seen, event, data) {
      const isStart = event === "message_start" || data.includes('"message_start"');
      if (!isStart && event !== "message_delta" && !data.includes('"message_delta"')) return seen;
      const parsed = parseJson(data);
      if (!parsed.ok) return null;
      const message = isStart ? own(parsed.value, "message") : parsed.value;
      const usage = own(message, "usage");
      return {
        model: textField(message, "model") ?? seen.model,
        usage: usage === undefined ? seen.usage : readUsage(usage, seen.usage ?? noUsage),
        finish: textField(own(parsed.value, "delta"), "stop_reason") ?? seen.finish,
      };
    },
  });
}
