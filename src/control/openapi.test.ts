import { Validator } from "@seriousme/openapi-schema-validator";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { isRecord, own } from "../base/json.ts";
import { detectAddress } from "../engine/formats/detect.ts";
import { mediaCall, mediaDialect } from "../engine/media/index.ts";
import { addressed } from "./gateway-address.ts";
import { portRoutes } from "./gateway.ts";
import { withOtherNames } from "./match.ts";
import { openApiDocument } from "./openapi.ts";
import { refusalCodes } from "./refusal-codes.ts";
import { type ControlRoutes, socketRoute } from "./route.ts";
import { type CallRoute, callRoutes } from "./routes/calls.ts";
import { controlRoutes } from "./server.ts";

const document = openApiDocument("9.9.9");
const routes = Object.entries({ ...portRoutes, ...controlRoutes });
const calls = Object.entries<CallRoute>(callRoutes);

type Operation = Readonly<Record<string, unknown>>;
const operations = Object.entries(document["paths"] as Record<string, Record<string, Operation>>).flatMap(
  ([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ method, path, operation })),
);

describe("the document", () => {
  it("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone({ ...document }))).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
  });

  it("tells the package's version and its own", () => {
    expect(document["info"]).toMatchObject({ version: "9.9.9", "x-schema-version": 1 });
  });

  it("has every route that is served, and no other", () => {
    const served = [...routes.map(([key]) => key.replaceAll(/\/[:*](\w+)/g, "/{$1}")), ...calls.map(([key]) => key)];
    const listed = operations.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(listed.toSorted()).toEqual(served.toSorted());
    expect(new Set(operations.map(({ operation }) => operation["operationId"])).size).toBe(operations.length);
  });

  it("says where each is served, as the tables have it", () => {
    for (const [key, { surfaces }] of routes) {
      expect([key, surfaces.includes("socket")]).toEqual([key, Object.hasOwn(controlRoutes, key)]);
      expect([key, surfaces.some((each) => each !== "socket")]).toEqual([key, Object.hasOwn(portRoutes, key)]);
    }
  });

  it("says what opens each: nothing on the socket, the client key in any of its four places on the port", () => {
    const security = (path: string): unknown =>
      own(operations.find((each) => each.path === path)?.operation, "security");
    const keys = ["clientKey", "clientKeyAsAnthropics", "clientKeyAsGoogles", "clientKeyInQuery"].map((name) => ({
      [name]: [],
    }));
    expect(security("/api/status")).toEqual([]);
    expect(security("/healthz")).toEqual([]);
    expect(security("/v1beta/models")).toEqual(keys);
    expect(security("/v1/chat/completions")).toEqual(keys);
    expect(security("/v1/providers")).toEqual([...keys, {}]);
  });

  it("writes no shape twice", () => {
    const seen = new Map<string, string[]>();
    const visit = (value: unknown, place: string): void => {
      if (Array.isArray(value)) value.forEach((each, index) => visit(each, `${place}/${index}`));
      if (!isRecord(value)) return;
      const { type, properties } = value;
      if (type === "object" && isRecord(properties) && Object.keys(properties).length > 1) {
        const text = JSON.stringify(value);
        seen.set(text, [...(seen.get(text) ?? []), place]);
      }
      for (const [name, inner] of Object.entries(value)) visit(inner, `${place}/${name}`);
    };
    visit(document, "#");
    // Give it a name in schemas/components.ts.
    expect([...seen.values()].filter((places) => places.length > 1)).toEqual([]);
  });

  it("refers to nothing that is not there, and has nothing that nobody refers to", () => {
    const text = JSON.stringify(document);
    const referred = new Set([...text.matchAll(/"#\/components\/(\w+\/\w+)"/g)].map(([, name = ""]) => name));
    const there = ["schemas", "responses"].flatMap((kind) =>
      Object.keys((document["components"] as Record<string, object>)[kind] ?? {}).map((name) => `${kind}/${name}`),
    );
    expect([...referred].toSorted()).toEqual(there.toSorted());
  });

  it("tells what every field is", () => {
    const silent: string[] = [];
    const visit = (value: unknown, place: string): void => {
      if (!isRecord(value)) return;
      const { properties } = value;
      if (isRecord(properties)) {
        for (const [name, field] of Object.entries(properties)) {
          if (!/"(description|\$ref|const)":/.test(JSON.stringify(field))) silent.push(`${place}.${name}`);
        }
      }
      for (const [name, inner] of Object.entries(value)) visit(inner, `${place}/${name}`);
    };
    visit((document["components"] as Record<string, unknown>)["schemas"], "");
    expect(silent).toEqual([]);
  });
});

describe("a route", () => {
  it.each(routes)("%s tells each part of its path, and itself in one line", (key, route) => {
    const parts = [...key.matchAll(/\/[:*](\w+)/g)].map(([, name]) => name);
    expect(Object.keys(route.parameters ?? {})).toEqual(parts);
    expect(route.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(route.summary.length).toBeLessThanOrEqual(120);
    // Whoever asks changes nothing; all that change something ask with another method.
    if (key.startsWith("GET ") && key !== "GET /api/lease") expect(route.changes).toBe(false);
  });

  it("has other spellings that are nobody else's", () => {
    const all = [controlRoutes, portRoutes].flatMap((table) =>
      Object.entries(table).map(([key, { alsoAt = [] }]) => [
        key,
        ...alsoAt.map((path) => `${key.split(" ")[0]} ${path}`),
      ]),
    );
    expect(Object.keys(withOtherNames(controlRoutes)).length).toBe(
      Object.values(controlRoutes).reduce((sum, { alsoAt = [] }) => sum + 1 + alsoAt.length, 0),
    );
    expect(all.flat().filter((key) => key.includes("undefined"))).toEqual([]);
  });

  it("cannot be made without its documentation, nor answer anything else than it says", () => {
    const reply = v.strictObject({ count: v.number() });
    const doc = { tag: "core", summary: "Something", reply, changes: false } as const;
    const good = socketRoute(doc).handle(() => ({ count: 1 }));
    // @ts-expect-error a bare function is no route
    const bare: ControlRoutes = { "GET /x": () => ({ count: 1 }) };
    // @ts-expect-error no summary
    socketRoute({ tag: "core", reply, changes: false });
    // @ts-expect-error no reply
    socketRoute({ tag: "core", summary: "Something", changes: false });
    // @ts-expect-error nobody knows whether it changes something
    socketRoute({ tag: "core", summary: "Something", reply });
    // @ts-expect-error another shape than it says
    socketRoute(doc).handle(() => ({ count: "1" }));
    // @ts-expect-error a parameter it does not have
    socketRoute(doc).handle(({ parameters }) => ({ count: parameters.id }));
    // @ts-expect-error a query it does not have
    socketRoute(doc).handle(({ query }) => ({ count: query.limit }));
    // @ts-expect-error a refusal that is not in the table
    socketRoute({ ...doc, refusals: ["no-such-code"] });
    expect(good.surfaces).toEqual(["socket"]);
    expect(Object.keys(bare)).toEqual(["GET /x"]);
  });

  it("says no with codes whose meaning is told", () => {
    for (const [code, { status, meaning }] of Object.entries(refusalCodes)) {
      expect([code, status >= 400 && status < 600, meaning.endsWith(".")]).toEqual([code, true, true]);
    }
  });
});

describe("a model call", () => {
  const head = (path: string) => ({ host: "127.0.0.1", target: path.replaceAll(/\{\w+\}/g, "x") });

  it.each(calls)("%s is what the engine takes it for", (key, { dialect, header }) => {
    const { target } = addressed({ target: head(key.replace("POST ", "")).target }).head;
    const media = mediaCall(target);
    if (media === null) {
      const headers = header === undefined ? [] : [[header.name, header.example] as const];
      expect(detectAddress({ host: "127.0.0.1", target, headers })?.format).toBe(dialect);
      if (header !== undefined) {
        expect(detectAddress({ host: "127.0.0.1", target })).toBeNull();
        expect(header.example).toMatch(new RegExp(header.pattern));
      }
      return;
    }
    const isGoogles = mediaDialect(target) === "gemini";
    expect(dialect).toBe(media === "images" ? "images" : isGoogles ? "google-embeddings" : "embeddings");
  });

  it("that the engine takes is documented", () => {
    const versions = ["v1", "v1beta", "v1alpha"];
    const methods = ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"];
    const ends = ["chat/completions", "responses", "responses/input_tokens", "responses/compact", "messages"];
    const more = ["messages/count_tokens", "embeddings", "images/generations", "models", "files", "audio/speech"];
    const paths = [
      ...[...ends, ...more].flatMap((end) => [`/v1/${end}`, `/v1/providers/{provider}/${end}`]),
      ...versions.flatMap((version) => methods.map((method) => `/${version}/models/{model}:${method}`)),
      ...methods.map((method) => `/v1internal:${method}`),
      "/generateAssistantResponse",
    ];
    const byHeader = calls.flatMap(([key, { header }]) => (header === undefined ? [] : [key]));
    const taken = paths.filter((path) => {
      const { head: read, provider } = addressed(head(path));
      // What names a provider in another way than the gateway reads it is no address of ours.
      if (path.includes("{provider}") && provider === null) return false;
      return detectAddress(read) !== null || mediaCall(read.target) !== null;
    });
    const found = [...taken.map((path) => `POST ${path}`), ...byHeader];
    expect(found.toSorted()).toEqual(calls.map(([key]) => key).toSorted());
    expect(byHeader).toEqual(["POST /"]);
  });
});
