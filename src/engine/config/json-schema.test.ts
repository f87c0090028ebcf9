import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { isRecord } from "../../base/json.ts";
import { configJsonSchema } from "./json-schema.ts";

const validate = new Ajv2020.default({ strict: false, allErrors: true }).compile(configJsonSchema());
const faultsOf = (value: unknown): readonly string[] =>
  validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);

const pages = ["README.md", "docs/configuration.md", "docs/routing.md", "docs/accounts.md", "docs/recordings.md"];
const examples = pages.flatMap((page) =>
  [...readFileSync(new URL(`../../../${page}`, import.meta.url), "utf8").matchAll(/```yaml\n(.*?)```/gs)].map(
    ([, text = ""]): unknown => parse(text),
  ),
);

/** Every map in a value with the path to it. */
function* maps(value: unknown, path: readonly (string | number)[] = []): Generator<readonly (string | number)[]> {
  if (Array.isArray(value)) for (const [index, each] of value.entries()) yield* maps(each, [...path, index]);
  if (!isRecord(value)) return;
  yield path;
  for (const [key, each] of Object.entries(value)) yield* maps(each, [...path, key]);
}

/** Maps whose keys are names that people give. */
const named =
  /^(?:providers|combos|aliases|prices|oauth|gateway|upstream,connect_to|providers,[^,]+,model_mappings|settings,(?:network_proxy,(?:providers|combos|keys)|system_prompt,providers))$/;

describe("the JSON Schema of config.yaml", () => {
  it("is of the draft that editors ask for", () => {
    expect(configJsonSchema()).toMatchObject({ $schema: "https://json-schema.org/draft/2020-12/schema" });
  });

  it("accepts every example of the documentation, and sections with nothing in them", () => {
    expect(examples.length).toBeGreaterThan(3);
    for (const example of examples) expect(faultsOf(example)).toEqual([]);
    expect(faultsOf({ accounts: null, routes: null })).toEqual([]);
    expect(faultsOf({})).toEqual([]);
  });

  it("refuses a key that does not exist, wherever it stands", () => {
    let tried = 0;
    for (const example of examples) {
      for (const path of maps(example)) {
        if (named.test(path.join(","))) continue;
        const copy: unknown = structuredClone(example);
        let place: unknown = copy;
        for (const step of path) place = Reflect.get(Object(place), step);
        Reflect.set(Object(place), "no_such_key", true);
        expect([path.join("."), faultsOf(copy).length > 0]).toEqual([path.join("."), true]);
        tried += 1;
      }
    }
    expect(tried).toBeGreaterThan(30);
  });

  it.each([
    [{ listen: { port: 70_000 } }],
    [{ listen: { port: "8317" } }],
    [{ routes: [{ match: {} }] }],
    [{ settings: { thinking_budget: { mode: "sometimes" } } }],
    [{ combos: { deep: [] } }],
  ])("refuses a value that the loader refuses: %j", (value) => {
    expect(faultsOf(value)).not.toEqual([]);
  });
});
