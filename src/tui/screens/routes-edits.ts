/** Rules, combos and aliases as they are changed from the screen; the core checks them and writes config.yaml. */
import { own } from "../../base/json.ts";
import { chooseDialog, confirmDialog, type Effect, lineDialog, said } from "../state/effect.ts";
import type { FlowView } from "../state/flow-view.ts";
import { list } from "../state/read-json.ts";
import type { Around } from "../table/table.ts";
import { chainOf } from "./routes-chain.ts";
import { identityOf, targetOf, type RouteRow, type RuleRow } from "./routes-rows.ts";
import { type Combo, matchKeys, type Match, matchText, readRule, type World } from "./routes-world.ts";

/** Adds what the person looks at; asks where that is not known. */
export function addSomething(row: RouteRow | null, { flow }: Around): Effect {
  if (row?.kind === "alias") return addAlias();
  if (row?.kind === "combo") return addCombo();
  if (row !== null) return addRule(row, flow);
  return chooseDialog("Add", [
    {
      label: "a combo",
      detail: "models under one name, each tried when the one before has failed",
      effect: addCombo(),
    },
    { label: "an alias", detail: "a name of your own for a model", effect: addAlias() },
  ]);
}

function addRule(row: RouteRow, flow: FlowView | null): Effect {
  return lineDialog("which calls (empty: all)", (typed) => chooseTarget(row, readMatch(typed).match), {
    text: flow === null ? "client=" : matchText(matchOf(flow)),
    check: (typed) => readMatch(typed).problem,
  });
}

/** The path is left out: of one model's calls it differs. */
function matchOf({ client, host, model }: FlowView): Match {
  return {
    ...(client === "unknown" ? {} : { client }),
    host,
    ...(model.asked === null ? {} : { model: model.asked }),
  };
}

export function readMatch(typed: string): { readonly match: Match; readonly problem: string | null } {
  const match: Partial<Record<(typeof matchKeys)[number], string>> = {};
  const wrong = (problem: string): ReturnType<typeof readMatch> => ({ match: {}, problem });
  for (const word of typed.split(/\s+/).filter((each) => each !== "")) {
    const [name = "", ...rest] = word.split("=");
    const key = matchKeys.find((each) => each === name);
    const glob = rest.join("=");
    if (key === undefined) return wrong(`write ${matchKeys.join("= ")}=, each with a glob`);
    if (glob === "") return wrong(`${key}= needs something behind it`);
    if (match[key] !== undefined) return wrong(`${key}= stands there twice`);
    match[key] = glob;
  }
  return { match, problem: null };
}

function chooseTarget(row: RouteRow, match: Match): Effect {
  const { world } = row;
  const going = (to: string): Effect => chooseFallback(row, match, to);
  return chooseDialog(`Where do they go: ${matchText(match)}`, [
    ...world.combos.map(({ name, members }) => ({
      label: `combo/${name}`,
      detail: members.map(({ text }) => text).join(", then "),
      effect: going(`combo/${name}`),
    })),
    ...world.aliases.map(({ name, target }) => ({ label: name, detail: `means ${target}`, effect: going(name) })),
    {
      label: "type it …",
      detail: "provider/model, an alias, combo/NAME",
      effect: lineDialog("to", (typed) => going(typed.trim()), {
        check: (typed) => (typed.trim() === "" ? "provider/model, an alias, combo/NAME" : null),
      }),
    },
    {
      label: "passthrough",
      detail: "as if there were no rule",
      effect: choosePlace(row, { match, to: "passthrough" }),
    },
    { label: "block", detail: "refused here; nothing is sent", effect: choosePlace(row, { match, to: "block" }) },
  ]);
}

function chooseFallback(row: RouteRow, match: Match, to: string): Effect {
  return chooseDialog("When every target has failed before the first byte", [
    { label: "error", detail: "the client is told, in its own dialect", effect: choosePlace(row, { match, to }) },
    {
      label: "passthrough",
      detail: "the host that was called answers, with the client's own credential",
      effect: choosePlace(row, { match, to, fallback: "passthrough" }),
    },
  ]);
}

interface NewRule {
  readonly match: Match;
  readonly to: string;
  readonly fallback?: "passthrough";
}

function choosePlace(row: RouteRow, rule: NewRule): Effect {
  const { length } = row.world.rules;
  const adding = (at?: number): Effect => ({
    type: "ask",
    method: "POST",
    path: "/routes",
    body: { ...rule, ...(at === undefined ? {} : { at }) },
    done: (answer) =>
      said(`rule ${String(readNumber(answer) ?? at ?? length + 1)}: ${matchText(rule.match)} → ${rule.to}`),
  });
  if (length === 0) return adding();
  const here = row.kind === "rule" ? row.rule : null;
  return chooseDialog("Its place; the first rule that matches decides", [
    { label: "last", detail: `behind rule ${length}`, effect: adding() },
    ...(here === null || here.number === 1
      ? []
      : [{ label: `before rule ${here.number}`, detail: matchText(here.match), effect: adding(here.number) }]),
    { label: "first", detail: "before all others", effect: adding(1) },
  ]);
}

function readNumber(answer: unknown): number | null {
  const number = own(answer, "number");
  return typeof number === "number" ? number : null;
}

/** A combo under the row, or a new one. */
export function editSomething(row: RouteRow | null): Effect {
  if (row?.kind === "alias") return aliasTarget(row.alias.name, row.alias.target);
  const to = row === null ? null : targetOf(row);
  const combo = row === null || to === null ? null : chainOf(row.world, to).combo;
  return combo === null ? addCombo() : comboMembers(combo.name, combo);
}

function addCombo(): Effect {
  return lineDialog("name of the new combo", (name) => comboMembers(name.trim(), null), { check: nameProblem });
}

function comboMembers(name: string, combo: Combo | null): Effect {
  return lineDialog(
    `combo/${name}, first to last`,
    (typed) => {
      const members = membersOf(typed);
      return {
        type: "ask",
        method: "PUT",
        path: `/combos/${encodeURIComponent(name)}`,
        body: { members },
        done: () => said(`combo/${name}: ${members.join(", then ")}`),
      };
    },
    {
      text: combo?.members.map(({ text }) => text).join(" ") ?? "",
      check: (typed) => (membersOf(typed).length === 0 ? "provider/model, and what comes after it" : null),
    },
  );
}

function membersOf(typed: string): readonly string[] {
  return typed.split(/[\s,]+/).filter((member) => member !== "");
}

function addAlias(): Effect {
  return lineDialog("name of the new alias", (name) => aliasTarget(name.trim(), ""), { check: nameProblem });
}

function aliasTarget(name: string, target: string): Effect {
  return lineDialog(
    `${name} means`,
    (typed) => ({
      type: "ask",
      method: "PUT",
      path: `/aliases/${encodeURIComponent(name)}`,
      body: { target: typed.trim() },
      done: () => said(`${name} means ${typed.trim()}`),
    }),
    { text: target, check: (typed) => (typed.trim() === "" ? "provider/model or combo/NAME" : null) },
  );
}

function nameProblem(typed: string): string | null {
  if (typed.trim() === "") return "it needs a name";
  return /\s/.test(typed.trim()) ? "a name without blanks" : null;
}

export function deleteIt(row: RouteRow): Effect {
  switch (row.kind) {
    case "default":
      return { type: "hint", text: "this is no rule; it is what happens without one" };
    case "rule":
      return confirmDialog(
        `delete rule ${row.rule.number}: ${matchText(row.rule.match)} → ${row.rule.to}?`,
        asItIsNow(row, (number) => ({
          type: "ask",
          method: "DELETE",
          path: `/routes/${number}`,
          done: () => said(`rule ${number} removed`),
        })),
      );
    case "combo": {
      const { name } = row.combo;
      return confirmDialog(`delete combo/${name}?`, {
        type: "ask",
        method: "DELETE",
        path: `/combos/${encodeURIComponent(name)}`,
        done: () => said(`combo/${name} removed`),
      });
    }
    case "alias": {
      const { name } = row.alias;
      return confirmDialog(`delete the alias ${name}?`, {
        type: "ask",
        method: "DELETE",
        path: `/aliases/${encodeURIComponent(name)}`,
        done: () => said(`${name} removed`),
      });
    }
  }
}

export function moveRule(row: RuleRow, by: 1 | -1): Effect {
  return asItIsNow(row, (number, world) => {
    const to = number + by;
    if (to < 1 || to > world.length) return said(`rule ${number} stays: there is no place ${to}`);
    return {
      type: "ask",
      method: "POST",
      path: `/routes/${number}/move`,
      body: { to },
      done: () => said(`rule ${number} is rule ${to} now`),
    };
  });
}

export function toggleRule(row: RuleRow): Effect {
  const enabled = !row.rule.enabled;
  return asItIsNow(row, (number) => ({
    type: "ask",
    method: "PUT",
    path: `/routes/${number}/enabled`,
    body: { enabled },
    done: () => said(enabled ? `rule ${number} is on` : `rule ${number} is off; it keeps its place`),
  }));
}

/** A rule is named by its place, and config.yaml may have changed since it was drawn: it is looked up again first. */
function asItIsNow(row: RuleRow, act: (number: number, rules: World["rules"]) => Effect): Effect {
  return {
    type: "ask",
    method: "GET",
    path: "/routes",
    done: (answer) => {
      const rules = list(own(answer, "routes")).flatMap((value) => readRule(value) ?? []);
      const wanted = identityOf(row.rule);
      const same = rules.filter((rule) => identityOf(rule) === wanted);
      const found = same.find(({ number }) => number === row.rule.number) ?? same[0];
      if (found === undefined) return said("the rules have changed meanwhile; nothing was done", "warn");
      return act(found.number, rules);
    },
  };
}
