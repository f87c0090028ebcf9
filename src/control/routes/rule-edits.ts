/** The rules, combos and aliases of config.yaml as scripts change them. */
import type { NewRouteJson } from "../../base/controls-engine.ts";
import { isRecord, own } from "../../base/json.ts";
import { ControlRefusal } from "../route.ts";
import { named, type RegistryRoute } from "./registry.ts";

export const ruleEditRoutes = {
  "POST /api/routes": ({ body }, verbs) => verbs.addRoute(newRoute(body)),
  "DELETE /api/routes/:number": async ({ parameters }, verbs) => {
    await verbs.removeRoute(placeIn(named(parameters, "number")));
    return {};
  },
  "POST /api/routes/:number/move": async ({ parameters, body }, verbs) => {
    await verbs.moveRoute(placeIn(named(parameters, "number")), placeIn(own(body, "to")));
    return {};
  },
  "PUT /api/combos/:combo": async ({ parameters, body }, verbs) => {
    await verbs.setCombo(named(parameters, "combo"), texts(body, "members"));
    return {};
  },
  "DELETE /api/combos/:combo": async ({ parameters }, verbs) => {
    await verbs.removeCombo(named(parameters, "combo"));
    return {};
  },
  "PUT /api/aliases/:alias": async ({ parameters, body }, verbs) => {
    await verbs.setAlias(named(parameters, "alias"), text(body, "target"));
    return {};
  },
  "DELETE /api/aliases/:alias": async ({ parameters }, verbs) => {
    await verbs.removeAlias(named(parameters, "alias"));
    return {};
  },
} as const satisfies Readonly<Record<string, RegistryRoute>>;

const matchKeys = ["client", "host", "path", "model"] as const;

function newRoute(body: unknown): NewRouteJson {
  const given = own(body, "match") ?? {};
  const unknown = isRecord(given) ? Object.keys(given).filter((key) => !matchKeys.some((known) => known === key)) : [];
  if (!isRecord(given) || unknown.length > 0) {
    throw new ControlRefusal(400, "match", `"match" is a map of ${matchKeys.join(", ")}`);
  }
  const match = Object.fromEntries(
    matchKeys.filter((key) => given[key] !== undefined).map((key) => [key, text(given, key)]),
  );
  const fallback = own(body, "fallback");
  if (fallback !== undefined && fallback !== "error" && fallback !== "passthrough") {
    throw new ControlRefusal(400, "fallback", '"fallback" is error or passthrough');
  }
  const at = own(body, "at");
  return {
    match,
    to: text(body, "to"),
    ...(fallback === undefined ? {} : { fallback }),
    ...(at === undefined || at === null ? {} : { at: placeIn(at) }),
  };
}

function placeIn(value: unknown): number {
  const number = typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : value;
  if (typeof number === "number" && Number.isInteger(number) && number >= 1) return number;
  throw new ControlRefusal(400, "number", "rules are counted from 1");
}

function text(body: unknown, name: string): string {
  const value = own(body, name);
  if (typeof value === "string" && value !== "") return value;
  throw new ControlRefusal(400, name, `"${name}" is missing or not a text`);
}

function texts(body: unknown, name: string): readonly string[] {
  const value = own(body, name);
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw new ControlRefusal(400, name, `"${name}" is missing or not a list of texts`);
}
