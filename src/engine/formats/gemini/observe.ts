/** Reads model, usage and finish from a passed-through answer: events, a list of chunks or one body, enveloped or not. */
import { parseJson } from "../../../base/json.ts";
import { noUsage } from "../../hub/usage.ts";
import { listField, recordField, textField } from "../fields.ts";
import type { Observed } from "../format.ts";
import { observeBody } from "../observe.ts";
import { readUsage } from "./usage.ts";

const nothing: Observed = { model: null, usage: null, finish: null };

export function observe(body: Uint8Array, contentType: string): Observed {
  return observeBody(body, contentType, {
    whole: (answer) => (Array.isArray(answer) ? answer.reduce(look, nothing) : look(nothing, answer)),
    frame(seen, _event, data) {
      const parsed = parseJson(data);
      return parsed.ok ? look(seen, parsed.value) : null;
    },
  });
}

function look(seen: Observed, chunk: unknown): Observed {
  const body = recordField(chunk, "response") ?? chunk;
  const [candidate] = listField(body, "candidates") ?? [];
  const blocked = textField(recordField(body, "promptFeedback"), "blockReason");
  return {
    model: textField(body, "modelVersion") ?? seen.model,
    usage: readUsage(recordField(body, "usageMetadata"), seen.usage ?? noUsage) ?? seen.usage,
    finish: textField(candidate, "finishReason") ?? blocked ?? seen.finish,
  };
}
