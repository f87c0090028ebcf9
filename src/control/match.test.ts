import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchRoute } from "./match.ts";
import { ControlRefusal } from "./route.ts";

const routes = {
  "GET /v1/things": "list",
  "GET /v1/things/:thing": "one",
  "PUT /v1/things/:thing/enabled": "switch",
  "GET /v1/models/*model": "model",
};
const found = (method: string, path: string): unknown => {
  const match = matchRoute(routes, method, path);
  return match === null ? null : [match.route, match.parameters];
};

describe("matchRoute", () => {
  it.each([
    ["GET", "/v1/things", ["list", {}]],
    ["GET", "/v1/things/a%2Fb", ["one", { thing: "a/b" }]],
    ["PUT", "/v1/things/x/enabled", ["switch", { thing: "x" }]],
    ["GET", "/v1/models/a/b%20c/d", ["model", { model: "a/b c/d" }]],
    ["GET", "/v1/models/a%2Fb", ["model", { model: "a/b" }]],
    ["GET", "/v1/models/", null],
    ["GET", "/v1/models", null],
    ["GET", "/v1/things/", null],
    ["GET", "/v1/things/x/y", null],
    ["GET", "/v1", null],
  ])("%s %s", (method, path, wanted) => {
    expect(found(method, path)).toEqual(wanted);
  });

  it("says which method would do", () => {
    expect(() => found("DELETE", "/v1/things/x/enabled")).toThrow(
      new ControlRefusal(405, "method", "DELETE is not served at /v1/things/x/enabled, only PUT", { allowed: ["PUT"] }),
    );
  });

  it("refuses what is no percent-encoding, and nothing else", () => {
    expect(() => found("GET", "/v1/things/%zz")).toThrow("percent-encoding");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (name) => {
        expect(found("GET", `/v1/models/x${encodeURIComponent(name)}`)).toEqual(["model", { model: `x${name}` }]);
      }),
    );
  });
});
