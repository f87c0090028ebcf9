/** The routing rules: what is in force, and what they would say. */
import * as v from "valibot";
import type { RouteRow } from "../../base/controls.ts";
import { type ControlRoutes, socketRoute } from "../route.ts";
import { routeAnswer, routeQuestion, routeRow } from "../schemas/rules.ts";
import { listOf } from "../schemas/words.ts";

export const ruleRoutes = {
  "GET /api/routes": socketRoute({
    tag: "rules",
    summary: "The rules in force, in order, and how often each one decided",
    reply: v.pipe(v.strictObject({ routes: listOf(routeRow, "In order.") }), v.description("The rules.")),
    changes: false,
  }).handle((_question, { controls, flowLog }) => {
    const hits = flowLog.ruleHits();
    return { routes: controls.routes().map((rule): RouteRow => ({ ...rule, hits: hits.get(rule.number) ?? 0 })) };
  }),
  "POST /api/routes/explain": socketRoute({
    tag: "rules",
    summary: "Where a call would go, and why; sends nothing",
    body: routeQuestion,
    reply: routeAnswer,
    changes: false,
  }).handle(({ body }, { controls }) => controls.explain(body)),
} satisfies ControlRoutes;
