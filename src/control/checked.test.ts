import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { checked } from "./checked.ts";
import { ControlRefusal, type RouteDoc } from "./route.ts";
import { filledText, flag, oneOf, wholeNumber } from "./schemas/words.ts";

const route = {
  query: {
    limit: v.exactOptional(wholeNumber(1, 100, "how many")),
    refresh: v.exactOptional(flag("again")),
    group: v.optional(oneOf(["day", "model"], "by what"), "day"),
    name: v.exactOptional(filledText("whose")),
  },
  body: v.strictObject({
    apiKey: filledText("the key"),
    priority: v.exactOptional(wholeNumber(0, 9, "first")),
    proxy: v.exactOptional(v.nullable(filledText("through"))),
    keys: v.exactOptional(v.record(v.string(), v.string())),
    inner: v.exactOptional(v.strictObject({ mode: oneOf(["on", "off"], "how") })),
  }),
};

const take = (query: string, body: unknown, strict: boolean) =>
  checked(route, { url: new URL(`http://switchyard/x?${query}`), body }, { strict });
const asked = (query: string, strict = true): unknown => take(query, { apiKey: "k" }, strict).query;
const sent = (body: unknown): unknown => take("", body, true).body;

const refusalOf = (act: () => unknown): readonly [message: string, field: string | null] => {
  try {
    act();
  } catch (error) {
    if (error instanceof ControlRefusal && error.code === "invalid") return [error.message, error.field];
    throw error;
  }
  return ["taken", null];
};

describe("a query", () => {
  it.each<[string, object]>([
    ["", { group: "day" }],
    ["limit=3&group=model", { limit: 3, group: "model" }],
    ["refresh=1", { refresh: true, group: "day" }],
    ["refresh=false&name=a%20b", { refresh: false, name: "a b", group: "day" }],
  ])("%s is read", (query, value) => {
    expect(asked(query)).toEqual(value);
  });

  it.each<[string, string, string]>([
    ["limit=many", '"limit" has to be a whole number from 1 to 100', "limit"],
    ["limit=0", '"limit" has to be a whole number from 1 to 100', "limit"],
    ["limit=1.5", '"limit" has to be a whole number from 1 to 100', "limit"],
    ["limit=", '"limit" has to be a whole number from 1 to 100', "limit"],
    ["limit=1&limit=2", '"limit" is given 2 times', "limit"],
    ["refresh=yes", '"refresh" has to be true or false', "refresh"],
    ["group=week", '"group" has to be one of day or model', "group"],
    ["name=", '"name" has to be text that is not empty', "name"],
    [
      "limt=1",
      'there is no parameter "limt" here (known are limit, refresh, group, name); did you mean "limit"?',
      "limt",
    ],
    ["zzzzzzzz=1", 'there is no parameter "zzzzzzzz" here (known are limit, refresh, group, name)', "zzzzzzzz"],
  ])("%s is refused: %s", (query, message, field) => {
    expect(refusalOf(() => asked(query))).toEqual([message, field]);
  });

  it("of a provider's client may say more than we know", () => {
    expect(asked("limt=1&beta=true&limit=2", false)).toEqual({ limit: 2, group: "day" });
  });
});

describe("a body", () => {
  it.each<[unknown, unknown]>([
    [
      { apiKey: "k", priority: 0 },
      { apiKey: "k", priority: 0 },
    ],
    // What a language without an undefined sends.
    [
      { apiKey: "k", priority: null, keys: null, proxy: null },
      { apiKey: "k", proxy: null },
    ],
  ])("%j is read", (body, value) => {
    expect(sent(body)).toEqual(value);
  });

  it.each<[unknown, string, string | null]>([
    [undefined, "a JSON body is missing: it is an object of apiKey, priority, proxy, keys and inner", null],
    [[], "the body has to be an object of apiKey, priority, proxy, keys and inner", null],
    ["text", "the body has to be an object of apiKey, priority, proxy, keys and inner", null],
    [null, "the body has to be an object of apiKey, priority, proxy, keys and inner", null],
    [{}, '"apiKey" is missing; it is text that is not empty', "apiKey"],
    [{ apiKey: "" }, '"apiKey" has to be text that is not empty', "apiKey"],
    [{ apiKey: null }, '"apiKey" has to be text that is not empty', "apiKey"],
    [{ apiKey: "k", priority: "1" }, '"priority" has to be a whole number from 0 to 9', "priority"],
    [{ apiKey: "k", keys: [] }, '"keys" has to be an object, each value text', "keys"],
    [{ apiKey: "k", keys: { a: 1 } }, '"keys.a" has to be text', "keys.a"],
    [{ apiKey: "k", inner: { mode: "up" } }, '"inner.mode" has to be one of on or off', "inner.mode"],
    [{ apiKey: "k", inner: {} }, '"inner.mode" is missing; it is one of on or off', "inner.mode"],
    [
      { apiKey: "k", inner: { mod: "on" } },
      'there is no field "mod" here (known are mode); did you mean "mode"?',
      "mod",
    ],
    // A slip in a name leaves the field missing that it was meant for.
    [
      { apikey: "k" },
      'there is no field "apikey" here (known are apiKey, priority, proxy, keys, inner); did you mean "apiKey"?',
      "apikey",
    ],
  ])("%j is refused: %s", (body, message, field) => {
    expect(refusalOf(() => sent(body))).toEqual([message, field]);
  });

  it("is not taken where there is none to take, but for the empty one that clients send", () => {
    const none: Pick<RouteDoc, "query" | "body"> = {};
    const url = new URL("http://switchyard/x");
    expect(checked(none, { url, body: {} }, { strict: true }).body).toBeUndefined();
    expect(checked(none, { url, body: undefined }, { strict: true }).body).toBeUndefined();
    expect(refusalOf(() => checked(none, { url, body: { a: 1 } }, { strict: true }))).toEqual([
      'there is no field "a" here (no field is taken)',
      "a",
    ]);
  });

  it("may be left out where its schema says so", () => {
    const optional = { body: v.optional(v.strictObject({ name: v.optional(v.string(), "kiro") }), {}) };
    const url = new URL("http://switchyard/x");
    expect(checked(optional, { url, body: undefined }, { strict: true }).body).toEqual({ name: "kiro" });
    expect(checked(optional, { url, body: {} }, { strict: true }).body).toEqual({ name: "kiro" });
  });

  it("whatever it is, is taken or refused in words, and its values are never repeated", () => {
    const canary = "sk-canary-0123456789";
    fc.assert(
      fc.property(fc.jsonValue(), (noise) => {
        for (const body of [
          noise,
          { apiKey: noise },
          { apiKey: "k", priority: canary, keys: noise },
          { apiKey: [canary] },
        ]) {
          const [message] = refusalOf(() => sent(body));
          expect(message).not.toContain(canary);
        }
      }),
    );
  });

  it("repeats no name that is too long to be one", () => {
    const [message, field] = refusalOf(() => sent({ apiKey: "k", ["x".repeat(5_000)]: 1 }));
    expect(message.length).toBeLessThan(300);
    expect(field).toHaveLength(64);
  });
});
