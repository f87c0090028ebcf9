/** Finds the route for a method and a path in a table of patterns (`GET /v1/providers/:name`). */
import { ControlRefusal, type RouteDoc } from "./route.ts";

export interface Matched<Route> {
  readonly route: Route;
  /** Path segments that the pattern's `:name` parts stand for, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The table with a row for every other spelling of a path. */
export function withOtherNames<Route extends Pick<RouteDoc, "alsoAt">>(
  routes: Readonly<Record<string, Route>>,
): Readonly<Record<string, Route>> {
  return Object.fromEntries(
    Object.entries(routes).flatMap(([key, route]) => {
      const [method = ""] = key.split(" ");
      return [[key, route], ...(route.alsoAt ?? []).map((path) => [`${method} ${path}`, route] as const)];
    }),
  );
}

/** Null: nothing is served at this path. Throws a `ControlRefusal` (405) where another method is. */
export function matchRoute<Route>(
  routes: Readonly<Record<string, Route>>,
  method: string,
  path: string,
): Matched<Route> | null {
  const others: string[] = [];
  for (const [key, route] of Object.entries(routes)) {
    const [routeMethod = "", pattern = ""] = key.split(" ");
    const parameters = matchPath(pattern, path);
    if (parameters === null) continue;
    if (routeMethod === method) return { route, parameters };
    others.push(routeMethod);
  }
  if (others.length === 0) return null;
  throw new ControlRefusal(405, "method", `${method} is not served at ${path}, only ${others.join(", ")}`, {
    allowed: others,
  });
}

/** A last part `*name` takes the rest of the path: names of models hold slashes. */
function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  const last = wanted.at(-1) ?? "";
  const isOpen = last.startsWith("*");
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    if (isOpen && index === wanted.length - 1) {
      const rest = given.slice(index).map(decoded).join("/");
      if (rest === "") return null;
      parameters[part.slice(1)] = rest;
      continue;
    }
    const value = given[index] ?? "";
    if (part.startsWith(":")) {
      if (value === "") return null;
      parameters[part.slice(1)] = decoded(value);
    } else if (part !== value) return null;
  }
  return parameters;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ControlRefusal(400, "path", "the path is not valid percent-encoding");
  }
}
