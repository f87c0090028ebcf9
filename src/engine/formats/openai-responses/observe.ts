/** Reads model, usage and status from a passed-through answer. Only the frames that begin and end it are parsed. */
import { own, parseJson } from "../../../base/json.ts";
import { textField } from "../fields.ts";
import type { Observed } from "../format.ts";
import { observeBody } from "../observe.ts";
import { readFinish } from "./finish.ts";
import { readUsage } from "./usage.ts";

const nothing: Observed = { model: null, usage: null, finish: null };

export function observe(body: Uint8Array, contentType: string): Observed {
  return observeBody(body, contentType, {
    whole: (response) => look(nothing, response, true),
    frame(seen, event, data) {
      const isStart = seen.model === null && isEvent("created", event, data);
      const isEnd = ends.some((name) => isEvent(name, event, data));
      if (!isStart && !isEnd) return seen;
      const parsed = parseJson(data);
      return parsed.ok ? look(seen, own(parsed.value, "response"), isEnd) : null;
    },
  });
}

const ends = ["completed", "incomplete", "failed"] as const;

/** Not every server writes `event` lines; without one the type is looked for in the data. */
function isEvent(name: string, event: string, data: string): boolean {
  return event === "" ? data.includes(`"response.${name}"`) : event === `response.${name}`;
}

function look(seen: Observed, response: unknown, isEnd: boolean): Observed {
  return {
    model: textField(response, "model") ?? seen.model,
    usage: readUsage(response) ?? seen.usage,
    finish: isEnd ? (readFinish(response).raw ?? seen.finish) : seen.finish,
  };
}
