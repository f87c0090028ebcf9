import { describe, expect, it } from "vitest";
import { startAt } from "../../../test/tui/harness.ts";
import { everyAccount } from "../../../test/tui/sample-accounts.ts";
import { catalog, metrics, providerModels, providers, sampleModel } from "../../../test/tui/sample-models.ts";
import type { Effect } from "../state/effect.ts";
import { place } from "../table/columns.ts";
import { createFlowBook } from "../state/flow-book.ts";
import { cellWidth } from "../text/cells.ts";
import type { Spans } from "../text/row.ts";
import { type CatalogRow, readModels, readProviders } from "./model-row.ts";
import { catalogState, describeCatalog, testCommand, windowText } from "./model-text.ts";
import { models } from "./models.ts";

/** Nothing is known besides the row. */
const around = {
  book: createFlowBook(10),
  log: [],
  status: null,
  flow: null,
  columns: 120,
};

const now = startAt;
const accounts = { accounts: everyAccount };
const modelRows = readModels([catalog, providerModels, accounts]);
const providerRows = readProviders([providers, metrics, accounts]);

function row(id: string): CatalogRow {
  const found = [...modelRows, ...providerRows].find((each) => each.id === id);
  if (found === undefined) throw new Error(`no row ${id}`);
  return found;
}

const textOf = (lines: readonly Spans[]): string =>
  lines.map((spans) => spans.map(({ text }) => text).join("")).join("\n");

describe("reading", () => {
  it.each([
    null,
    5,
    [],
    {},
    { models: 5, data: 5 },
    { models: [null, 5, {}, { id: 3 }], data: [null, [], { id: "" }] },
  ])("makes nothing of %j", (answer) => {
    expect(readModels([answer, answer, answer])).toEqual([]);
    expect(readProviders([answer, answer, answer])).toEqual([]);
  });

  it("keeps what has a name, whatever the rest is, and sanitises it", () => {
    const evil = "x\u001b[2J\u202e";
    const value = {
      id: evil,
      provider: evil,
      model: evil,
      kind: evil,
      source: 5,
      max_tokens: "many",
      capabilities: [],
    };
    const [model] = readModels([{ models: [value, value] }, null, null]);
    expect(model).toMatchObject({ context: null, usable: false, can: { tools: false } });
    const [provider] = readProviders([{ data: [{ id: evil, description: evil, models: [evil, 5] }] }, 5, 5]);
    // oxlint-disable-next-line no-control-regex -- no control character may be left
    expect(JSON.stringify([model, provider])).not.toMatch(/\\u001b|\u202e/);
    expect(provider?.type === "provider" ? provider.models : null).toHaveLength(1);
  });
});

describe("the state", () => {
  it.each([
    ["smart", "+ ok"],
    ["claude/claude-sonnet-4-5", "+ ok"],
    ["antigravity/gemini-3-pro", "* cool 4m"],
    ["groq/own-model", "o account off"],
    ["copilot/gpt-5-mini", "! login"],
    ["cohere/command", "o no account"],
    ["codex", "o no account"],
    ["claude", "+ on"],
    ["groq", "o account off"],
    ["cursor", "o no account"],
    ["mistral", "o off"],
    ["copilot", "! login"],
    ["ollama-local", "+ on"],
  ])("of %s is %s", (id, text) => expect(catalogState(row(id), now).text).toBe(text));

  it("counts down while the last minute of a rest runs", () => {
    expect(catalogState(row("antigravity/gemini-3-pro"), now + 240_000).text).toBe("* cool 00:31");
  });
});

it.each([60, 80, 120, 200])("has columns for %i cells", (columns) => {
  for (const variant of models.variants) {
    const placed = place(models.columns(variant), columns);
    expect(placed.reduce((sum, { width }) => sum + width + 1, 0)).toBeLessThanOrEqual(columns);
    const ids = placed.map(({ column }) => column.id);
    expect(ids).toContain("state");
    expect(ids).toContain(variant === "models" ? "name" : "provider");
    expect(ids.includes(variant === "models" ? "sent" : "about")).toBe(columns >= 120);
  }
  for (const each of [...modelRows, ...providerRows]) {
    for (const spans of describeCatalog(each, now, columns)) {
      expect(cellWidth(spans.map(({ text }) => text).join(""))).toBeLessThanOrEqual(columns);
    }
  }
});

it("puts providers that nobody has an account for last", () => {
  const sorted = providerRows.toSorted(models.sorts[0]?.compare ?? (() => 0)).map(({ id }) => id);
  expect(sorted.slice(-2)).toEqual(["codex", "cursor"]);
});

it("tells windows in round figures, and commands that a shell takes as they are", () => {
  expect([200_000, 1_000_000, 128_000, 32_768, null, 0].map(windowText)).toEqual([
    "200k",
    "1M",
    "128k",
    "32.8k",
    "?",
    "?",
  ]);
  expect(testCommand("claude/sonnet-4.5")).toBe("switchyard models test claude/sonnet-4.5");
  expect(testCommand("a b'; rm")).toBe(String.raw`switchyard models test 'a b'\''; rm'`);
});

describe("actions", () => {
  const action = (name: string) => {
    const found = models.actions.find((each) => each.name === name);
    if (found === undefined) throw new Error(`no action ${name}`);
    return found;
  };
  /** What is asked once every question was answered with yes, and every line with `typed`. */
  const asks = (effect: Effect, typed = ""): readonly unknown[] => {
    if (effect.type === "all") return effect.effects.flatMap((each) => asks(each, typed));
    if (effect.type === "ask") return [[effect.method, effect.path, effect.body]];
    if (effect.type !== "dialog") return [];
    const { dialog } = effect;
    if (dialog.type === "confirm") return asks(dialog.yes, typed);
    const next = dialog.type === "line" ? dialog.submit(typed) : null;
    return next === null ? [] : asks(next, typed);
  };

  it.each([
    ["model-test", "smart", "", ["POST", "/routes/explain", { client: "unknown", host: null, model: "smart" }]],
    [
      "model-alias",
      "claude/claude-sonnet-4-5",
      " best ",
      ["PUT", "/aliases/best", { target: "claude/claude-sonnet-4-5" }],
    ],
    [
      "model-alias",
      "claude/claude-sonnet-4-5",
      "smart",
      ["PUT", "/aliases/smart", { target: "claude/claude-sonnet-4-5" }],
    ],
    ["model-name", "groq/own-model", "new/one", ["POST", "/provider-models", { provider: "groq", model: "new/one" }]],
    ["model-name", "groq", "x", ["POST", "/provider-models", { provider: "groq", model: "x" }]],
    ["model-remove", "groq/own-model", "", ["DELETE", "/provider-models?provider=groq&model=own-model", undefined]],
    ["model-remove", "smart", "", ["DELETE", "/aliases/smart", undefined]],
    ["models-refresh", "smart", "", ["GET", "/models/catalog?refresh=1", undefined]],
    ["provider-toggle", "mistral", "", ["PUT", "/v1/providers/mistral/enabled", { enabled: true }]],
    ["provider-check", "claude", "", ["POST", "/v1/providers/claude/check", undefined]],
  ])("%s of %s asks exactly that", (name, id, typed, question) => {
    expect(asks(action(name).run(row(id), modelRows, around), typed)).toEqual([question]);
  });

  it("asks before an alias means something else", () => {
    const effect = action("model-alias").run(row("claude/claude-sonnet-4-5"), modelRows, around);
    const dialog = effect.type === "dialog" && effect.dialog.type === "line" ? effect.dialog : null;
    expect(dialog?.submit("smart")).toMatchObject({ dialog: { type: "confirm" } });
    expect(dialog?.submit("new")).toMatchObject({ type: "ask" });
    expect(dialog?.check("two words")).toBe("one word");
  });

  it("says why something cannot be done with this row", () => {
    expect(action("model-remove").possible?.(row("claude/claude-sonnet-4-5"))).toContain("does not name");
    expect(action("model-remove").possible?.(row("combo/deep"))).toContain("combo");
    expect(action("model-remove").possible?.(row("groq/own-model"))).toBe(true);
    expect(action("model-test").possible?.(row("claude"))).toContain("v shows them");
    expect(action("provider-check").possible?.(row("smart"))).toContain("v shows them");
  });
});

it("says of a model all that is known", () => {
  const text = textOf(describeCatalog(row("groq/own-model"), now, 120));
  expect(text).toContain("config.yaml (d takes it out)");
  expect(text).toContain("switchyard models test groq/own-model");
  expect(textOf(describeCatalog(row("claude"), now, 120))).toContain("138 calls, 4 failed, first byte after 0.6s");
});

it("reads a thousand models fast enough to do so every few seconds", () => {
  const many = { models: Array.from({ length: 1_000 }, (_, index) => sampleModel(`p/${index}`)) };
  expect(readModels([many, null, null])).toHaveLength(1_000);
});
