/** The routing rules: what is in force, and what they would say. */
import type { RouteQuestion, RouteRow } from "../../base/controls.ts";
import { own } from "../../base/json.ts";
import { ControlRefusal, type ControlRoutes } from "../route.ts";

export const ruleRoutes = {
  "GET /api/routes": (_request, { controls, flowLog }) => {
    const hits = flowLog.ruleHits();
    const routes = controls.routes().map((rule): RouteRow => ({ ...rule, hits: hits.get(rule.number) ?? 0 }));
    return { routes };
  },
  "POST /api/routes/explain": ({ body }, { controls }) => controls.explain(questionFrom(body)),
} satisfies ControlRoutes;

function questionFrom(body: unknown): RouteQuestion {
  const path = own(body, "path");
  return {
    client: textField(body, "client"),
    host: own(body, "host") === null ? null : textField(body, "host"),
    model: textField(body, "model"),
    ...(path === undefined ? {} : { path: textField(body, "path") }),
  };
}

function textField(body: unknown, name: string): string {
  const value = own(body, name);
  if (typeof value !== "string") throw new ControlRefusal(400, "question", `"${name}" is missing or not a text`);
  return value;
}
