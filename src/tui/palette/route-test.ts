/** Where a call would go by the rules of now, in words: for a model that was typed in, or for a call that went by. */
import { own } from "../../base/json.ts";
import { type Effect, textDialog } from "../state/effect.ts";
import type { FlowView } from "../state/flow-view.ts";
import { readText } from "../state/read.ts";
import type { Spans } from "../text/row.ts";

/** As a client of Switchyard's own port would ask. */
export function routeTest(model: string): Effect {
  return explain(`Where a call for ${model} to Switchyard's own port would go`, {
    client: "unknown",
    host: null,
    model,
  });
}

/** The same call today, beside what happened to it. */
export function dryRun({ number, client, host, path, model, why }: FlowView): Effect {
  const steps = why.map(({ stage, text }): Spans => step(stage, text));
  const then: readonly Spans[] = [[{ text: " What happened then", style: "accent" }], ...steps, []];
  const question = { client, host, model: model.asked ?? "", path: path.split("?", 1)[0] ?? path };
  return explain(`Where #${number} would go by the rules of now`, question, steps.length === 0 ? [] : then);
}

function explain(title: string, body: Readonly<Record<string, unknown>>, before: readonly Spans[] = []): Effect {
  return {
    type: "ask",
    method: "POST",
    path: "/routes/explain",
    body,
    done: (answer) => textDialog(title, [...before, ...answerLines(answer)]),
  };
}

function answerLines(answer: unknown): readonly Spans[] {
  const rule = own(answer, "rule");
  const to = readText(answer, "to");
  const decided = typeof rule === "number" ? `rule ${rule}` : "no rule matches";
  const targets = list(own(answer, "targets")).filter((target) => readText(target, "provider") !== "");
  return [
    [
      { text: ` ${readText(answer, "action")}`, style: "strong" },
      { text: `   ${decided}${to === "" ? "" : ` → ${to}`}` },
    ],
    ...targets.map((target, index): Spans => {
      const account = readText(target, "account");
      return [
        { text: `   ${index + 1}. ${readText(target, "provider")}/${readText(target, "model")}` },
        { text: `  (${readText(target, "format")})`, style: "dim" },
        account === "" ? { text: "  ! no account can serve now", style: "warn" } : { text: `  account ${account}` },
      ];
    }),
    [],
    ...list(own(answer, "why")).map((why) => step(readText(why, "stage"), readText(why, "text"))),
  ];
}

function step(stage: string, text: string): Spans {
  return [{ text: `   ${stage.padEnd(10)} `, style: "dim" }, { text }];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
