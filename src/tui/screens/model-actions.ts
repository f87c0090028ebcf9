/** What can be done with models and providers. What changes something changes config.yaml, whose comments stay. */
import { own } from "../../base/json.ts";
import { confirmDialog, type Effect, lineDialog, panelDialog, said } from "../state/effect.ts";
import { finite, list, text } from "../state/read-json.ts";
import type { TableAction } from "../table/table.ts";
import type { Spans } from "../text/row.ts";
import { fact, heading, paragraph } from "./facts.ts";
import type { CatalogRow, ModelRow, ProviderRow } from "./model-row.ts";
import { testCommand } from "./model-text.ts";

const modelsOnly = "that is for models; v shows them";
const providersOnly = "that is for providers; v shows them";

export const modelActions: readonly TableAction<CatalogRow>[] = [
  {
    name: "model-test",
    keys: ["t"],
    title: "where a call for it would go now (spends nothing)",
    bar: "test",
    possible: ({ type }) => type === "model" || modelsOnly,
    run: onModel(testEffect),
  },
  {
    name: "model-alias",
    keys: ["a"],
    title: "give it another name",
    bar: "alias",
    possible: ({ type }) => type === "model" || modelsOnly,
    run: onModel(aliasDialog),
  },
  {
    name: "model-name",
    keys: ["n"],
    title: "name one more model of this provider in config.yaml",
    bar: "new model",
    run: (row) => (row === null ? nothing : nameDialog(providerOf(row))),
  },
  {
    name: "model-remove",
    keys: ["d"],
    title: "take it out of config.yaml again",
    bar: "remove",
    possible: (row) => {
      if (row.type !== "model") return modelsOnly;
      if (row.kind === "combo") return "that is a combo; 4 shows where those are changed";
      return row.kind === "alias" || row.isNamedByHand || `config.yaml does not name ${row.name}`;
    },
    run: onModel(removeDialog),
  },
  {
    name: "models-refresh",
    keys: ["u"],
    title: "ask the providers for their models again",
    bar: "refresh",
    always: true,
    run: () => ({
      type: "all",
      effects: [
        { type: "hint", text: "asking the providers for their models …" },
        {
          type: "ask",
          method: "GET",
          path: "/models/catalog?refresh=1",
          done: (answer) => said(`${list(own(answer, "models")).length} names can be asked for`),
        },
      ],
    }),
  },
  {
    name: "provider-toggle",
    keys: ["o"],
    title: "switch the provider on or off in config.yaml",
    bar: "on/off",
    possible: ({ type }) => type === "provider" || providersOnly,
    run: onProvider(toggleDialog),
  },
  {
    name: "provider-check",
    keys: ["c"],
    title: "ask the provider whether it is there (spends no tokens)",
    bar: "check",
    possible: ({ type }) => type === "provider" || providersOnly,
    run: onProvider(checkEffect),
  },
  {
    name: "model-copy",
    keys: ["y"],
    title: "copy its name",
    run: (row) => (row === null ? nothing : { type: "copy", text: row.id, what: row.id }),
  },
];

const nothing: Effect = { type: "hint", text: "nothing is selected" };

function onModel(act: (row: ModelRow, rows: readonly CatalogRow[]) => Effect) {
  return (row: CatalogRow | null, rows: readonly CatalogRow[]): Effect =>
    row?.type === "model" ? act(row, rows) : { type: "hint", text: modelsOnly };
}

function onProvider(act: (row: ProviderRow) => Effect) {
  return (row: CatalogRow | null): Effect =>
    row?.type === "provider" ? act(row) : { type: "hint", text: providersOnly };
}

function providerOf(row: CatalogRow): string {
  return row.type === "model" ? row.provider : row.id;
}

/** The control API has no way to make a call, and none is needed to see where it would go. */
function testEffect({ name }: ModelRow): Effect {
  const command = testCommand(name);
  return {
    type: "ask",
    method: "POST",
    path: "/routes/explain",
    body: { client: "unknown", host: null, model: name },
    done: (answer) =>
      panelDialog({
        title: `A call for ${name}, now`,
        lines: (_now, width) => answerLines(answer, command, width),
        keys: [
          { key: "y", word: "copies the command", effect: { type: "copy", text: command, what: command }, stays: true },
        ],
      }),
  };
}

function answerLines(answer: unknown, command: string, width: number): readonly Spans[] {
  const out: Spans[] = [[]];
  const rule = finite(own(answer, "rule"));
  const to = text(own(answer, "to"));
  const action = text(own(answer, "action")) ?? "?";
  const decided = rule === null ? "no rule matches" : `rule ${rule}${to === null ? "" : `: ${to}`}`;
  out.push(
    ...fact(action, [{ text: decided, style: action === "refuse" || action === "block" ? "error" : "ok" }], width),
  );
  for (const [index, target] of list(own(answer, "targets")).entries()) {
    const account = text(own(target, "account"));
    const who = `${text(own(target, "provider")) ?? ""}/${text(own(target, "model")) ?? ""}`;
    const how = `${who}   ${text(own(target, "format")) ?? ""}   ${account === null ? "no account" : `account ${account}`}`;
    out.push(...fact(`try ${index + 1}`, [{ text: how }], width));
  }
  out.push(...heading("Why"));
  for (const step of list(own(answer, "why"))) {
    out.push(...fact(text(own(step, "stage")) ?? "", [{ text: text(own(step, "text")) ?? "" }], width));
  }
  out.push(...heading("Nothing was sent"), ...paragraph("A real call spends a few tokens:", width));
  out.push(...paragraph(command, width, "strong"));
  return out;
}

function aliasDialog({ name }: ModelRow, rows: readonly CatalogRow[]): Effect {
  const keep = (alias: string): Effect => ({
    type: "ask",
    method: "PUT",
    path: `/aliases/${encodeURIComponent(alias)}`,
    body: { target: name },
    done: () => said(`${alias} means ${name} in config.yaml now`),
  });
  return lineDialog(
    `another name for ${name}`,
    (typed) => {
      const alias = typed.trim();
      const taken = rows.find((row) => row.type === "model" && row.name === alias && row.kind === "alias");
      return taken === undefined
        ? keep(alias)
        : confirmDialog(`${alias} is an alias already. Write it anew?`, keep(alias));
    },
    { check: wordProblem },
  );
}

function nameDialog(provider: string): Effect {
  return lineDialog(
    `model of ${provider}, in its own words`,
    (typed) => ({
      type: "ask",
      method: "POST",
      path: "/provider-models",
      body: { provider, model: typed.trim() },
      done: () => said(`${provider}/${typed.trim()} stands in config.yaml now`),
    }),
    { check: wordProblem },
  );
}

function wordProblem(typed: string): string | null {
  return /^\S+$/.test(typed.trim()) ? null : "one word";
}

function removeDialog({ name, provider, model, kind }: ModelRow): Effect {
  const isAlias = kind === "alias";
  const query = `provider=${encodeURIComponent(provider)}&model=${encodeURIComponent(model)}`;
  return confirmDialog(`Take ${name} out of config.yaml?`, {
    type: "ask",
    method: "DELETE",
    path: isAlias ? `/aliases/${encodeURIComponent(name)}` : `/provider-models?${query}`,
    done: () => said(`${name} is taken out of config.yaml`),
  });
}

function toggleDialog({ id, enabled }: ProviderRow): Effect {
  const word = enabled ? "off" : "on";
  return confirmDialog(`Switch ${id} ${word} in config.yaml?`, {
    type: "ask",
    method: "PUT",
    path: `/v1/providers/${encodeURIComponent(id)}/enabled`,
    body: { enabled: !enabled },
    done: () => said(`${id} is switched ${word}`),
  });
}

function checkEffect({ id }: ProviderRow): Effect {
  return {
    type: "all",
    effects: [
      { type: "hint", text: `asking ${id} …` },
      {
        type: "ask",
        method: "POST",
        path: `/v1/providers/${encodeURIComponent(id)}/check`,
        done: (answer) => {
          const state = text(own(answer, "status")) ?? "?";
          const tookMs = finite(own(answer, "latency_ms"));
          const took = tookMs === null ? "" : ` (${Math.round(tookMs)} ms)`;
          return said(
            `${id} is ${state}${took}: ${text(own(answer, "reason")) ?? ""}`,
            state === "healthy" ? "info" : "warn",
          );
        },
      },
    ],
  };
}
