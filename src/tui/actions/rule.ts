/** A routing rule from a call that went by: what it matches, where it leads, and whether it decides from now on. */
import { own } from "../../base/json.ts";
import { safeLine } from "../../base/safe-text.ts";
import { type Choice, chooseDialog, type Effect, said } from "../state/effect.ts";
import type { FlowView } from "../state/flow-view.ts";
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
    done(answer) {
      const number = own(answer, "number");
      const rule = `rule ${typeof number === "number" ? number : "?"}: ${matchText(match)} → ${safeLine(to)}`;
      return isInForce(flow, rule, number);
    },
  };
}

/** The core is asked what the rules say now: the first that matches decides, and that may be an older one. */
function isInForce(flow: FlowView, rule: string, number: unknown): Effect {
  const { client, host, model, path } = flow;
  return {
    type: "ask",
    method: "POST",
    path: "/routes/explain",
    body: { client, host, model: model.asked ?? "", path: path.split("?", 1)[0] ?? path },
    done(answer) {
      const decides = own(answer, "rule");
      if (decides === number) return said(`${rule} — written, and in force for the next call`);
      if (typeof decides === "number") {
        return said(`${rule} — written, but rule ${decides} still decides a call like this: see Routes (4)`, "warn");
      }
      return said(`${rule} — written, but not in force yet: see what the configuration says (:config)`, "warn");
    },
  };
}
