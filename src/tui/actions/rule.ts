/** A routing rule from a call that went by: what it matches, where it leads, and whether it decides from now on. */
import { own } from "../../base/json.ts";
import { safeLine } from "../../base/safe-text.ts";
import { type Choice, chooseDialog, type Effect, textDialog } from "../state/effect.ts";
import type { FlowView } from "../state/flow-view.ts";
import type { Spans } from "../text/row.ts";
import type { FlowAction } from "./action.ts";
import { chooseTarget } from "./targets.ts";

type Match = Readonly<Partial<Record<"client" | "host" | "model", string>>>;

const otherTargets = [
  { name: "passthrough", detail: "to where the client sends it, untouched" },
  { name: "block", detail: "not sent anywhere" },
];

export const ruleAction: FlowAction = {
  name: "add-rule",
  keys: ["a"],
  title: "add a routing rule for calls like it",
  bar: "add rule",
  contexts: ["traffic", "detail"],
  possible: ({ model }) =>
    model.asked === null ? "nothing is known of a model in it: a rule needs one to match" : true,
  run: (flow, _detail, { book }) =>
    chooseDialog(
      `A rule from #${flow.number}: which calls?`,
      matchesOf(flow).map((match): Choice => {
        const title = `${matchText(match)} → where to?`;
        return {
          label: matchText(match),
          effect: chooseTarget({ title, book, also: otherTargets }, (to) => addRule(flow, match, to)),
        };
      }),
    ),
};

/** The first is what `switchyard routes add --from-flow` takes. The path is left out: of one model's calls it differs. */
function matchesOf({ client: id, host, model }: FlowView): readonly Match[] {
  const client = id === "unknown" || id === "" ? {} : { client: id };
  const asked = model.asked === null ? {} : { model: model.asked };
  const matches: readonly Match[] = [
    { ...client, host, ...asked },
    { ...client, ...asked },
    { ...asked },
    { host, ...asked },
    { ...client, host },
  ];
  const texts = matches.map(matchText);
  return matches.filter((_, index) => texts.indexOf(texts[index] ?? "") === index);
}

function matchText(match: Match): string {
  return Object.entries(match)
    .map(([name, glob]) => `${name}=${glob}`)
    .join(" ");
}

function addRule(flow: FlowView, match: Match, to: string): Effect {
  return {
    type: "ask",
    method: "POST",
    path: "/routes",
    body: { match, to },
    done: (answer) => askWhoDecides(flow, { match, to }, own(answer, "number")),
  };
}

interface Rule {
  readonly match: Match;
  readonly to: string;
}

/** The core is asked what the rules say now: the first that matches decides, and that may be an older one. */
function askWhoDecides(flow: FlowView, rule: Rule, number: unknown): Effect {
  const { client, host, model, path } = flow;
  return {
    type: "ask",
    method: "POST",
    path: "/routes/explain",
    body: { client, host, model: model.asked ?? "", path: path.split("?", 1)[0] ?? path },
    done(answer) {
      const decides = own(answer, "rule");
      const name = typeof number === "number" ? `Rule ${number}` : "The rule";
      return textDialog(`${name} was written`, [
        [],
        ...ruleLines(rule),
        [],
        verdict(flow, name, decides === number, decides),
      ]);
    },
  };
}

function ruleLines({ match, to }: Rule): readonly Spans[] {
  const line = (name: string, value: string): Spans => [
    { text: `   ${name.padEnd(8)}`, style: "dim" },
    { text: safeLine(value) },
  ];
  return [...Object.entries(match).map(([name, glob]) => line(name, glob)), line("goes to", to)];
}

function verdict(flow: FlowView, name: string, isFirst: boolean, decides: unknown): Spans {
  if (isFirst) return [{ text: ` + ${name} is in force: it decides the next call like #${flow.number}`, style: "ok" }];
  const why =
    typeof decides === "number"
      ? `rule ${decides} comes first and decides calls like #${flow.number}: see Routes (4)`
      : "it is not in force yet; what the configuration says: :config";
  return [{ text: ` ! ${why}`, style: "warn" }];
}
