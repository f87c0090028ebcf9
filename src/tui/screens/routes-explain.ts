/** The dry run: where a call would go by the rules of now, and why. It sends nothing. */
import { own } from "../../base/json.ts";
import { type Effect, lineDialog, textDialog } from "../state/effect.ts";
import type { FlowView } from "../state/flow-view.ts";
import { finite, list, prose, text } from "../state/read-json.ts";
import type { Around } from "../table/table.ts";
import type { Spans } from "../text/row.ts";
import { wrapWords } from "../text/wrap.ts";
import type { RouteRow } from "./routes-rows.ts";

interface Question {
  readonly model: string;
  readonly client: string;
  /** Null: a call to Switchyard's own port. */
  readonly host: string | null;
  readonly path?: string;
}

/** Asks for a model; a client and a host may follow it. What is not said is that of the selected call, or of the rule. */
export function dryRun(row: RouteRow | null, { flow, columns }: Around): Effect {
  const usual = usualQuestion(row, flow);
  return lineDialog(
    "model [client [host]]",
    (typed) => {
      const question = questionOf(typed, usual);
      return {
        type: "ask",
        method: "POST",
        path: "/routes/explain",
        body: question,
        done: (answer) => textDialog("Dry run: nothing was sent", answerRows(question, answer, columns)),
      };
    },
    {
      text: usual.model,
      check: (typed) => {
        const { length } = words(typed);
        if (length === 0) return "which model?";
        return length > 3 ? "a model, a client, a host: no more" : null;
      },
    },
  );
}

function usualQuestion(row: RouteRow | null, flow: FlowView | null): Question {
  const match = row?.kind === "rule" ? row.rule.match : {};
  const literal = (glob: string | undefined): string | null => (glob === undefined || glob.includes("*") ? null : glob);
  if (flow !== null && flow.model.asked !== null) {
    const path = flow.path.split("?", 1)[0] ?? "";
    return { model: flow.model.asked, client: flow.client, host: flow.host, ...(path === "" ? {} : { path }) };
  }
  return {
    model: literal(match.model) ?? "",
    client: literal(match.client) ?? "unknown",
    host: literal(match.host),
  };
}

function questionOf(typed: string, usual: Question): Question {
  const [model = "", client, host] = words(typed);
  const question = { model, client: client ?? usual.client, host: host ?? usual.host };
  // The path belongs to the host that it was called at.
  return host === undefined && usual.path !== undefined ? { ...question, path: usual.path } : question;
}

function words(typed: string): readonly string[] {
  return typed.split(/\s+/).filter((word) => word !== "");
}

export function answerRows(question: Question, answer: unknown, columns: number): readonly Spans[] {
  const rule = finite(own(answer, "rule"));
  const to = text(own(answer, "to"));
  const targets = list(own(answer, "targets"));
  const why = list(own(answer, "why")).map((step) => ({
    stage: text(own(step, "stage")) ?? "",
    text: prose(own(step, "text")) ?? "",
    account: text(own(step, "account")),
  }));
  const stageWidth = Math.max(0, ...why.map(({ stage }) => stage.length)) + 2;
  const action = text(own(answer, "action")) ?? "no answer";
  return [
    [],
    [{ text: `   ${question.client} to ${question.host ?? "Switchyard's own port"} for ${question.model}` }],
    [],
    [
      { text: `   ${action}`, style: action === "block" || action === "refuse" ? "error" : "strong" },
      { text: `   ${rule === null ? "no rule matches" : `rule ${rule}`}${to === null ? "" : ` → ${to}`}` },
    ],
    ...targets.map((target, index): Spans => {
      const account = text(own(target, "account"));
      return [
        { text: `     ${index + 1}. ${text(own(target, "provider")) ?? "?"}/${text(own(target, "model")) ?? "?"}` },
        { text: `  (${text(own(target, "format")) ?? "?"})`, style: "dim" },
        account === null ? { text: "  no account now", style: "dim" } : { text: `  account ${account}` },
      ];
    }),
    [],
    ...why.flatMap((step) => {
      const provider = step.account === null ? "" : `${step.account.split("/")[0] ?? ""}: `;
      const room = Math.max(20, columns - stageWidth - 4);
      return wrapWords(provider + step.text, room).map(
        (line, index): Spans => [
          { text: `   ${(index === 0 ? step.stage : "").padEnd(stageWidth)}`, style: "accent" },
          { text: line },
        ],
      );
    }),
  ];
}
