/** How each operation says no, as components of the document: the same set of refusals is written down once. */
import type { JsonSchemas } from "./json-schema.ts";
import { type RefusalCode, refusalCodes } from "./refusal-codes.ts";
import type { RouteDoc, Surface } from "./route.ts";
import { type ErrorShape, errorShapes } from "./schemas/calls.ts";
import { claudeError, forbidden, googleError, openaiRefusal, refusal } from "./schemas/refusals.ts";

type Response = Readonly<Record<string, unknown>>;

export interface Responses {
  /** `key`: `GET /v1/models/{model}`. */
  ofRoute(
    key: string,
    route: Pick<RouteDoc, "refusals" | "query" | "body"> & { readonly surfaces: readonly Surface[] },
  ): Response;
  /** `type`: of what is said in the call's own shape, where it is not plain JSON. */
  ofCall(shape: ErrorShape, type?: string): Response;
  /** All that were referred to so far. */
  named(): Readonly<Record<string, Response>>;
}

export function openResponses(schemas: JsonSchemas): Responses {
  const made = new Map<string, Response>();
  const refer = (name: string, make: () => Response): Response => {
    if (!made.has(name)) made.set(name, make());
    return { $ref: `#/components/responses/${name}` };
  };

  function refused(status: number, codes: readonly RefusalCode[], surfaces: readonly Surface[]): Response {
    const onSocket = surfaces.includes("socket");
    const onPort = isOnPort(surfaces);
    const name = [onSocket ? "Socket" : "", onPort ? "Port" : "", status, ...codes.map(pascal)].join("");
    const meanings = codes.map((code) => `\`${code}\`: ${refusalCodes[code].meaning}`);
    // What the port refuses before it knows who asks for what has no dialect.
    const isBefore = onPort && status === 403;
    const inDialects = onPort && !isBefore;
    return refer(name, () => ({
      description: [
        ...meanings,
        ...(isBefore ? ["The request comes from a web page, or to a foreign name."] : []),
      ].join(" "),
      content: json([
        ...(onSocket ? [limited(refusal, codes)] : []),
        ...(inDialects ? [limited(openaiRefusal, codes), schemas.of(claudeError), schemas.of(googleError)] : []),
        ...(isBefore ? [schemas.of(forbidden)] : []),
      ]),
    }));
  }

  function limited(shape: typeof refusal | typeof openaiRefusal, codes: readonly RefusalCode[]): Response {
    const code = { enum: codes };
    return { allOf: [schemas.of(shape), { properties: { error: { properties: { code } } } }] };
  }

  return {
    ofRoute(key, route) {
      const byStatus = new Map<number, RefusalCode[]>();
      for (const code of codesOf(key, route)) {
        const { status } = refusalCodes[code];
        byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
      }
      if (isOnPort(route.surfaces) && !byStatus.has(403)) byStatus.set(403, []);
      const statuses = [...byStatus].toSorted(([left], [right]) => left - right);
      return Object.fromEntries(statuses.map(([status, codes]) => [status, refused(status, codes, route.surfaces)]));
    },
    ofCall(shape, type = "application/json") {
      const isJson = type === "application/json";
      const own = schemas.of(errorShapes[shape]);
      const before = schemas.of(forbidden);
      const statuses = Object.entries(callStatuses).map(([status, description]) => {
        const isBefore = status === "403";
        const content = isJson
          ? json(isBefore ? [own, before] : [own])
          : { [type]: { schema: own }, ...(isBefore ? json([before]) : {}) };
        const name = [shape, isJson ? "" : "InItsType", "Call", status].join("");
        return [status, refer(name, () => ({ description, content }))] as const;
      });
      return Object.fromEntries(statuses);
    },
    named: () => Object.fromEntries([...made].toSorted(([left], [right]) => (left < right ? -1 : 1))),
  };
}

function isOnPort(surfaces: readonly Surface[]): boolean {
  return surfaces.some((surface) => surface !== "socket");
}

/** What an operation can be refused with: its own, and what its surface and its shape bring. */
function codesOf(
  key: string,
  { refusals = [], query, body, surfaces }: Parameters<Responses["ofRoute"]>[1],
): readonly RefusalCode[] {
  const onSocket = surfaces.includes("socket");
  const hasBody = !key.startsWith("GET ");
  const brought: readonly (readonly [RefusalCode, boolean])[] = [
    ["invalid", onSocket || query !== undefined || body !== undefined || hasBody],
    ["json", hasBody],
    ["path", key.includes("{")],
    ["invalid_api_key", surfaces.includes("port")],
    ["browser", onSocket],
    ["host", onSocket],
    ["too-large", hasBody],
    ["content-type", hasBody && onSocket],
    ["failed", true],
  ];
  const codes = [...brought.flatMap(([code, is]) => (is ? [code] : [])), ...refusals];
  return [...new Set(codes)].toSorted();
}

/** What a model call is answered with when it fails; the kinds behind it are the engine's (errors/policy.ts). */
const callStatuses = {
  400: "The request is not as its dialect wants it, cannot be said to the provider, or is too long for the model.",
  401: "The client key is missing or wrong, or the provider refused the account's credential.",
  402: "The account cannot pay.",
  403: "A rule forbids it, the account may not use the model, or the request comes from a web page.",
  404: "Nobody serves this model.",
  413: "The body is larger than the provider takes.",
  429: "The account is at its limits; `retry-after` says until when.",
  500: "A fault of Switchyard itself, or of the provider.",
  502: "The provider could not be reached, or did not answer as it should.",
  503: "No account can serve it.",
  504: "The provider did not answer in time.",
  529: "The model has no capacity now.",
} as const;

function json(shapes: readonly Response[]): Response {
  const [only, ...others] = shapes;
  return { "application/json": { schema: others.length === 0 ? only : { anyOf: shapes } } };
}

function pascal(code: string): string {
  return code.replaceAll(/(?:^|[-_])(\w)/g, (_whole, letter: string) => letter.toUpperCase());
}
