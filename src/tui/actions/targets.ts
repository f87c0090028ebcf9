/** Where a call can go, to choose from: what served lately, combos, aliases, models that could serve now, or typed in. */
import { isRecord, own } from "../../base/json.ts";
import { safeLine } from "../../base/safe-text.ts";
import { type Choice, chooseDialog, type Effect, lineDialog } from "../state/effect.ts";
import type { FlowView } from "../state/flow-view.ts";

interface Wanted {
  readonly title: string;
  readonly book: { all(): Iterable<FlowView> };
  /** Words that mean something besides targets, as `passthrough`. */
  readonly also: readonly Target[];
}

interface Target {
  readonly name: string;
  readonly detail: string;
}

/** More than anybody reads; a name can be typed. */
const maxModels = 300;
const maxRecent = 6;

export function chooseTarget(wanted: Wanted, then: (target: string) => Effect): Effect {
  const question = (path: string, done: (answer: unknown) => Effect): Effect => ({
    type: "ask",
    method: "GET",
    path,
    done,
  });
  return question("/combos", (combos) =>
    question("/models/catalog", (catalog) => {
      const seen = new Set<string>();
      const targets = [
        ...recentTargets(wanted.book),
        ...combosIn(combos),
        ...aliasesIn(combos),
        ...wanted.also,
        ...modelsIn(catalog),
      ].filter(({ name }) => name !== "" && !seen.has(name) && seen.add(name));
      const typed: Choice = {
        label: "type a name …",
        detail: "provider/model, combo/NAME or an alias",
        effect: lineDialog(wanted.title, (text) => then(text.trim()), {
          check: (text) => (text.trim() === "" ? "a name, as provider/model or combo/NAME" : null),
        }),
      };
      const options = targets.map(({ name, detail }): Choice => ({ label: name, detail, effect: then(name) }));
      return chooseDialog(wanted.title, [typed, ...options]);
    }),
  );
}

/** The newest first: what served a call a moment ago is there. */
function recentTargets(book: Wanted["book"]): readonly Target[] {
  const seen = new Set<string>();
  for (const { provider, model, action } of book.all()) {
    if (action !== "reroute" || provider === null || model.served === null) continue;
    const name = `${provider}/${model.served}`;
    seen.delete(name);
    seen.add(name);
  }
  return [...seen]
    .slice(-maxRecent)
    .toReversed()
    .map((name) => ({ name, detail: "served lately" }));
}

function combosIn(answer: unknown): readonly Target[] {
  return list(own(answer, "combos")).map((combo) => {
    const members = list(own(combo, "members")).flatMap((member) => text(own(member, "text")) || []);
    const name = text(own(combo, "name"));
    return { name: name === "" ? "" : `combo/${name}`, detail: members.join(", ") };
  });
}

function aliasesIn(answer: unknown): readonly Target[] {
  const aliases = own(answer, "aliases");
  if (!isRecord(aliases)) return [];
  return Object.entries(aliases).map(([name, target]) => ({ name: text(name), detail: `alias of ${text(target)}` }));
}

/** Without what cannot serve now: a call there would only fail. */
function modelsIn(answer: unknown): readonly Target[] {
  return list(own(answer, "models"))
    .filter((model) => own(model, "usable") === true && own(model, "kind") === "chat")
    .slice(0, maxModels)
    .map((model) => ({ name: text(own(model, "id")), detail: "" }));
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? safeLine(value.slice(0, maxNameLength)) : "";
}

const maxNameLength = 300;
