import { describe, expect, it } from "vitest";
import { own, isRecord } from "../../base/json.ts";
import { parseConfig } from "../../engine/config/load.ts";
import { readSource } from "../../engine/config/source.ts";
import { configured } from "../../engine/routing/availability.ts";
import { modelVerbs } from "./models.ts";
import { blockPlaces } from "./blocks.ts";

const options = { path: "config.yaml", env: {} };

/** Edits are collected; the file stays as it is. */
function bench(text: string) {
  const loaded = parseConfig(text, options);
  const source = readSource(text);
  if (!loaded.ok || !source.ok) throw new Error("this test's configuration is not valid");
  const edits: unknown[] = [];
  const written = (): unknown => source.source.value;
  const verbs = modelVerbs({
    config: () => loaded.config,
    written,
    editConfig: (path, value) => {
      edits.push([path.join("."), value]);
      return Promise.resolve();
    },
    availability: () => configured(loaded.config),
    // Nobody is asked anything here.
    pool: {} as never,
    credentials: {} as never,
    discovery: { list: () => Promise.reject(new Error("asked")), known: () => new Map() },
  });
  return { verbs, edits, written };
}

describe("a model added by hand", () => {
  it("goes to the list its owner wrote", async () => {
    const { verbs, edits } = bench("providers: { openai: { models: [{ name: a }] } }");
    await verbs.addCustomModel("openai", { name: "b", alias: "c" });
    expect(edits).toEqual([["providers.openai.models.1", { name: "b", alias: "c" }]]);
  });

  it("comes besides the registry's where there is no such list", async () => {
    const { verbs, edits } = bench("providers: { openai: { more_models: [{ name: a }] } }");
    await verbs.addCustomModel("openai", { name: "b" });
    await verbs.addCustomModel("github", { name: "b" });
    expect(edits).toEqual([
      ["providers.openai.more_models.1", { name: "b" }],
      ["providers.copilot.more_models.0", { name: "b" }],
    ]);
    const ids = (await verbs.models({ provider: "openai", refresh: false })).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["openai/a", "openai/gpt-4"]));
  });

  it.each([
    ["openai", { name: "a" }, "already"],
    ["openai", { name: "../a" }, "not allowed"],
    ["openai", { name: "b", alias: "a\\b" }, "not allowed"],
    ["nobody", { name: "b" }, "provider not found: nobody"],
    ["mine", { name: "b" }, "openai-compatibility"],
  ])("%s %j is refused", async (provider, model, words) => {
    const { verbs, edits } = bench(
      'providers: { openai: { models: [{ name: a }] } }\nopenai-compatibility: [{ name: mine, base-url: "http://127.0.0.1:1/v1" }]',
    );
    await expect(verbs.addCustomModel(provider, model)).rejects.toThrow(words);
    expect(edits).toEqual([]);
  });

  it("is taken out where it stands, and the list with the last one", async () => {
    const { verbs, edits } = bench(
      "providers: { openai: { models: [{ name: a }, { name: b }], more_models: [{ name: c }] } }",
    );
    expect(await verbs.customModels(null)).toEqual({ openai: ["a", "b", "c"] });
    await verbs.removeCustomModel("openai", "b");
    await verbs.removeCustomModel("openai", "c");
    await expect(verbs.removeCustomModel("openai", "d")).rejects.toThrow('no model "d"');
    expect(edits).toEqual([
      ["providers.openai.models.1", undefined],
      ["providers.openai.more_models", undefined],
    ]);
  });

  it("does not leave a list that serves everything", async () => {
    const { verbs, edits } = bench("providers: { openai: { models: [{ name: a }] } }");
    await expect(verbs.removeCustomModel("openai", "a")).rejects.toThrow("last one of the list");
    expect(edits).toEqual([]);
  });
});

describe("blockPlaces", () => {
  it("finds the entries of a name, unless the provider stands in its own section", () => {
    const { written } = bench(
      'openai-compatibility: [{ name: a, base-url: "http://127.0.0.1:1/v1" }, { name: b, base-url: "http://127.0.0.1:2/v1" }, { name: a, base-url: "http://127.0.0.1:1/v1" }]',
    );
    expect(isRecord(written()) && own(written(), "openai-compatibility")).toHaveLength(3);
    expect(blockPlaces({ written }, "a")).toEqual([0, 2]);
    expect(blockPlaces({ written }, "c")).toEqual([]);
    expect(
      blockPlaces({ written: () => ({ providers: { a: {} }, "openai-compatibility": [{ name: "a" }] }) }, "a"),
    ).toEqual([]);
  });
});
