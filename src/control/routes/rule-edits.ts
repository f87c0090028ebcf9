/** The rules, combos and aliases of config.yaml as scripts change them. */
import * as v from "valibot";
import { ControlRefusal, type ControlRoutes, socketRoute } from "../route.ts";
import { newAlias, newCombo, newRoute, newRouteReply, routePlace } from "../schemas/rules.ts";
import { done, okReply } from "./accounts.ts";

const ruleParameter = { number: "The rule's place, counted from 1." } as const;
const comboParameter = { combo: "Its name, without `combo/`." } as const;
const aliasParameter = { alias: "Its name." } as const;
const refusals = ["not-found", "conflict", "unavailable"] as const;

export const ruleEditRoutes = {
  "POST /api/routes": socketRoute({
    tag: "rules",
    summary: "Write a rule into config.yaml, which keeps its comments",
    body: newRoute,
    reply: newRouteReply,
    refusals,
    changes: true,
  }).handle(({ body }, { verbs }) => verbs.addRoute(body)),
  "DELETE /api/routes/:number": socketRoute({
    tag: "rules",
    summary: "Take a rule out of config.yaml",
    parameters: ruleParameter,
    reply: okReply,
    refusals,
    changes: true,
  }).handle(({ parameters }, { verbs }) => done(verbs.removeRoute(placeIn(parameters.number)))),
  "POST /api/routes/:number/move": socketRoute({
    tag: "rules",
    summary: "Move a rule to another place; the first that matches decides",
    parameters: ruleParameter,
    body: v.pipe(v.strictObject({ to: routePlace }), v.description("Where to.")),
    reply: okReply,
    refusals,
    changes: true,
  }).handle(({ parameters, body }, { verbs }) => done(verbs.moveRoute(placeIn(parameters.number), body.to))),
  "PUT /api/routes/:number/enabled": socketRoute({
    tag: "rules",
    summary: "Switch a rule of config.yaml on or off; it keeps its place",
    parameters: ruleParameter,
    body: v.pipe(v.strictObject({ enabled: v.boolean() }), v.description("Whether it may match.")),
    reply: okReply,
    refusals,
    changes: true,
  }).handle(({ parameters, body }, { verbs }) => done(verbs.setRouteEnabled(placeIn(parameters.number), body.enabled))),
  "PUT /api/combos/:combo": socketRoute({
    tag: "models",
    summary: "Write a combo into config.yaml, or write it anew",
    parameters: comboParameter,
    body: newCombo,
    reply: okReply,
    refusals,
    changes: true,
  }).handle(({ parameters, body }, { verbs }) => done(verbs.setCombo(parameters.combo, body.members))),
  "DELETE /api/combos/:combo": socketRoute({
    tag: "models",
    summary: "Take a combo out of config.yaml",
    parameters: comboParameter,
    reply: okReply,
    refusals,
    changes: true,
  }).handle(({ parameters }, { verbs }) => done(verbs.removeCombo(parameters.combo))),
  "PUT /api/aliases/:alias": socketRoute({
    tag: "models",
    summary: "Write an alias into config.yaml, or write it anew",
    parameters: aliasParameter,
    body: newAlias,
    reply: okReply,
    refusals,
    changes: true,
  }).handle(({ parameters, body }, { verbs }) => done(verbs.setAlias(parameters.alias, body.target))),
  "DELETE /api/aliases/:alias": socketRoute({
    tag: "models",
    summary: "Take an alias out of config.yaml",
    parameters: aliasParameter,
    reply: okReply,
    refusals,
    changes: true,
  }).handle(({ parameters }, { verbs }) => done(verbs.removeAlias(parameters.alias))),
} satisfies ControlRoutes;

function placeIn(value: string): number {
  if (/^[1-9]\d{0,5}$/.test(value)) return Number(value);
  throw new ControlRefusal(400, "invalid", "rules are counted from 1", "number");
}
