/** Reads model, usage and finish from a passed-through Chat answer. Text deltas are skipped without being parsed. */
import { parseJson } from "../../../base/json.ts";
import { listField, textField } from "../fields.ts";
import type { Observed } from "../format.ts";
import { observeBody } from "../observe.ts";
import { readUsage } from "./usage.ts";

export function observe(body: Uint8Array, contentType: string): Observed {
  return observeBody(body, contentType, {
    whole: (completion) => look({ model: null, usage: null, finish: null }, completion),
    frame(seen, _event, data) {
      const isOfInterest = seen.model === null || hasFinish.test(data) || hasUsage.test(data);
      if (!isOfInterest || data === "[DONE]") return seen;
      const parsed = parseJson(data);
      return parsed.ok ? look(seen, parsed.value) : null;
    },
  });
}

const hasFinish = /"finish_reason"\s*:\s*"/;
const hasUsage = /"usage"\s*:\s*\{/;

function look(seen: Observed, chunk: unknown): Observed {
  const [choice] = listField(chunk, "choices") ?? [];
  return {
    model: textField(chunk, "model") ?? seen.model,
    usage: readUsage(chunk) ?? readUsage(choice) ?? seen.usage,
    finish: textField(choice, "finish_reason") ?? seen.finish,
  };
}
