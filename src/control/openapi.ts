/**
 * The OpenAPI 3.1 document of everything that is served, made of the tables that serve it. Loaded when somebody asks for
 * it (`GET /api/openapi.json`, `GET /openapi.json`) and by `npm run openapi`, which writes docs/openapi.json.
 */
import type * as v from "valibot";
import { isOptional } from "./expectation.ts";
import { portRoutes } from "./gateway.ts";
import { type JsonSchema, jsonSchemas } from "./json-schema.ts";
import { openResponses, type Responses } from "./openapi-responses.ts";
import { type OpenApiDocument, type Reply, type RouteDoc, type Surface, tags } from "./route.ts";
import { type CallRoute, callRoutes } from "./routes/calls.ts";
import { callErrors } from "./schemas/calls.ts";
import { components } from "./schemas/components.ts";
import { schemaVersion } from "./schemas/version.ts";
import { controlRoutes } from "./server.ts";

const about = `Switchyard's control API and the gateway on its port.

The control API is HTTP over a unix socket that only its owner can open (a named pipe on Windows): no key, \`Host: switchyard\`,
as \`curl --unix-socket SOCKET http://switchyard/api/status\`. The gateway is the port itself, for tools that take a base URL; it wants the
client key (\`switchyard status --json --secrets\`). Requests that carry a browser's marks are refused on both.

Bodies are JSON. A field that is null counts as absent where it may be absent; an unknown field is refused, on the socket an
unknown parameter, too. A no is \`{"error": {"code", "message", "field"?}}\`; on the port it is said in the asker's dialect.
Kiro's calls are answered in AWS's event stream framing. Cursor's, which are protobuf, are recognised by their paths as well and
are not described here (docs/formats/cursor.md).
\`x-surfaces\` says where an operation is served: \`socket\`, \`port\` (with the client key), \`port-open\` (without).
\`x-changes\` says whether it changes something.`;

const servers = {
  port: {
    url: "http://127.0.0.1:{port}",
    description: "The port.",
    variables: { port: { default: "8317", description: "`switchyard status --json` has it." } },
  },
  socket: { url: "http://switchyard", description: "The control socket, through `curl --unix-socket` and the like." },
} as const;

/** The client key goes where a dialect's clients put theirs. */
const clientKeys = {
  clientKey: { type: "http", scheme: "bearer", description: "The client key, as OpenAI's clients send theirs." },
  clientKeyAsAnthropics: { type: "apiKey", in: "header", name: "x-api-key", description: "The client key." },
  clientKeyAsGoogles: { type: "apiKey", in: "header", name: "x-goog-api-key", description: "The client key." },
  clientKeyInQuery: { type: "apiKey", in: "query", name: "key", description: "The client key." },
} as const;

const securitySchemes = {
  ...clientKeys,
  adminToken: {
    type: "http",
    scheme: "bearer",
    description: "The admin token: opens the control API on the port, where its owner has switched that on.",
  },
} as const;

type Operation = Readonly<Record<string, unknown>>;

export function openApiDocument(version: string): OpenApiDocument {
  const routes = { ...portRoutes, ...controlRoutes };
  const schemas = jsonSchemas(
    components,
    [...Object.values(routes).flatMap(schemasOf), ...Object.values<CallRoute>(callRoutes).flatMap(schemasOf)],
    "#/components/schemas/",
  );
  const responses = openResponses(schemas);
  const toolkit: Toolkit = { responses, schemaOf: (schema) => schemas.of(schema) };
  const operations = [
    ...Object.entries(routes).map(
      ([key, route]) => [templated(key), routeOperation(templated(key), route, toolkit)] as const,
    ),
    ...Object.entries<CallRoute>(callRoutes).map(([key, call]) => [key, callOperation(key, call, toolkit)] as const),
  ];
  return {
    openapi: "3.1.0",
    info: {
      title: "Switchyard",
      version,
      summary: "What scripts may ask of a running core.",
      description: about,
      license: { name: "MIT", identifier: "MIT" },
      "x-schema-version": schemaVersion,
    },
    servers: [servers.port, servers.socket],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths: pathsOf(operations),
    components: { schemas: schemas.named, responses: responses.named(), securitySchemes },
  };
}

interface Toolkit {
  readonly responses: Responses;
  readonly schemaOf: (schema: NonNullable<RouteDoc["body"]>) => JsonSchema;
}

function schemasOf({
  query = {},
  body,
  reply,
}: Pick<RouteDoc, "query" | "body"> & { readonly reply: Reply | null }): readonly v.GenericSchema[] {
  return [...Object.values(query), ...(body === undefined ? [] : [body]), ...repliedIn(reply)];
}

function repliedIn(reply: Reply | null): readonly v.GenericSchema[] {
  if (reply === null) return [];
  switch (reply.kind) {
    case "text":
      return [];
    case "events":
      return Object.values(reply.events);
    case "either":
      return [reply.json];
    case "schema":
      return [reply];
  }
}

/** `GET /v1/models/*model` → `GET /v1/models/{model}` */
function templated(key: string): string {
  return key.replaceAll(/\/[:*](\w+)/g, "/{$1}");
}

function pathsOf(operations: readonly (readonly [string, Operation])[]): Operation {
  const paths = new Map<string, Record<string, Operation>>();
  for (const [key, operation] of operations) {
    const [method = "", path = ""] = key.split(" ");
    paths.set(path, { ...paths.get(path), [method.toLowerCase()]: operation });
  }
  return Object.fromEntries([...paths].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function routeOperation(
  key: string,
  route: RouteDoc & { readonly surfaces: readonly Surface[] },
  toolkit: Toolkit,
): Operation {
  const { tag, summary, description, parameters, query, body, reply, surfaces, changes, alsoAt } = route;
  return {
    operationId: operationId(key),
    tags: [tag],
    summary,
    ...(description === undefined ? {} : { description }),
    ...where(surfaces),
    "x-changes": changes,
    ...(alsoAt === undefined ? {} : { "x-also-at": alsoAt }),
    ...listOrNothing("parameters", [...inPath(parameters), ...inQuery(query, toolkit)]),
    ...(body === undefined ? {} : { requestBody: requestBody(body, toolkit) }),
    responses: {
      200: { description: "Done.", content: contentOf(reply, toolkit) },
      ...toolkit.responses.ofRoute(key, route),
    },
  };
}

function callOperation(key: string, call: CallRoute, toolkit: Toolkit): Operation {
  const { dialect, summary, description, parameters, header, body, types } = call;
  return {
    operationId: operationId(key),
    tags: ["calls"],
    summary,
    ...(description === undefined ? {} : { description }),
    ...where(["port"]),
    "x-changes": false,
    "x-dialect": dialect,
    ...listOrNothing("parameters", [...inPath(parameters), ...inHeader(header)]),
    requestBody: requestBody(body, toolkit, types?.json),
    responses: {
      200: { description: "The model's answer.", content: answerOf(call, toolkit) },
      ...toolkit.responses.ofCall(call.errors ?? callErrors[dialect], types?.json),
    },
  };
}

function answerOf({ reply, streams, types }: CallRoute, toolkit: Toolkit): Operation {
  if (types !== undefined) {
    const { type, about: description } = types.frames;
    return { [type]: { schema: { type: "string", format: "binary", description } } };
  }
  return {
    ...(reply === null ? { "application/json": { schema: { type: "array" } } } : contentOf(reply, toolkit)),
    ...(streams ? { "text/event-stream": { schema: { type: "string" } } } : {}),
  };
}

/** Where an operation is served, and what opens it there. */
function where(surfaces: readonly Surface[]): Operation {
  const onSocket = surfaces.includes("socket");
  const withKey = surfaces.includes("port");
  const keys = Object.keys(clientKeys).map((name) => ({ [name]: [] }));
  return {
    "x-surfaces": surfaces,
    servers: [
      ...(surfaces.some((each) => each !== "socket") ? [servers.port] : []),
      ...(onSocket ? [servers.socket] : []),
    ],
    // The empty one: nothing, because the socket's file permissions are the authentication.
    security: [...(withKey ? keys : []), ...(withKey && onSocket ? [{}] : [])],
  };
}

function inPath(parameters: RouteDoc["parameters"] = {}): readonly Operation[] {
  return Object.entries(parameters).map(([name, description]) => ({
    name,
    in: "path",
    required: true,
    description,
    schema: { type: "string" },
  }));
}

function inHeader(header: CallRoute["header"]): readonly Operation[] {
  if (header === undefined) return [];
  const { name, about: description, pattern, example } = header;
  return [{ name, in: "header", required: true, description, schema: { type: "string", pattern }, example }];
}

function inQuery(query: RouteDoc["query"] = {}, { schemaOf }: Toolkit): readonly Operation[] {
  return Object.entries(query).map(([name, schema]) => {
    const { description, ...rest } = schemaOf(schema);
    return { name, in: "query", required: !isOptional(schema), description, schema: rest };
  });
}

function requestBody(
  body: NonNullable<RouteDoc["body"]>,
  { schemaOf }: Toolkit,
  type: string = "application/json",
): Operation {
  return { required: !isOptional(body), content: { [type]: { schema: schemaOf(body) } } };
}

function contentOf(reply: Reply, { schemaOf }: Toolkit): Operation {
  switch (reply.kind) {
    case "text":
      return { "text/plain": { schema: { type: "string", description: reply.about } } };
    case "either":
      return {
        "application/json": { schema: schemaOf(reply.json) },
        "text/plain": { schema: { type: "string", description: reply.text } },
      };
    case "events": {
      const events = Object.entries(reply.events).map(([name, schema]) => [name, schemaOf(schema)] as const);
      return {
        "text/event-stream": {
          schema: { type: "string", description: "Server-sent events; `x-events` has what each one's `data` is." },
          "x-events": Object.fromEntries(events),
        },
      };
    }
    case "schema":
      return { "application/json": { schema: schemaOf(reply) } };
  }
}

function operationId(key: string): string {
  const words = key.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  return words.map((word, place) => (place === 0 ? word.toLowerCase() : capital(word))).join("");
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function listOrNothing(name: string, list: readonly unknown[]): Operation {
  return list.length === 0 ? {} : { [name]: list };
}
