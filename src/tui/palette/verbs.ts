/** The commands that take an argument, and those that are about the core and have no key. */
import type { ExportFormat } from "../../base/controls-flows.ts";
import { problemText, shortExamples } from "../../base/filter/index.ts";
import { safeLine } from "../../base/safe-text.ts";
import { chosenSets, exportEffect, formats } from "../actions/export.ts";
import { bindingFor, contextOf, keymap } from "../keymap.ts";
import { tables } from "../screens/index.ts";
import { type Effect, said, textDialog } from "../state/effect.ts";
import { readListFilter } from "../state/filter.ts";
import type { FlowView } from "../state/flow-view.ts";
import { readText } from "../state/read.ts";
import { detailTabs, screenIds } from "../state/ui.ts";
import { clockTime } from "../text/format.ts";
import type { Spans } from "../text/row.ts";
import type { Completion, PaletteCommand, PaletteRun, Place } from "./command.ts";
import { dryRun, routeTest } from "./route-test.ts";
import { type VerbName, verbNames } from "./verb-names.ts";

export function verbs(place: Place): readonly PaletteCommand[] {
  return [
    filterVerb(place),
    goVerb(),
    openVerb(place),
    ...tabVerb(place),
    routeVerb(place),
    exportVerb(place),
    {
      ...named("reload"),
      run: () => effect({ type: "ask", method: "POST", path: "/reload", done: reloaded }),
    },
    { ...named("config"), run: () => effect(showConfig(place)) },
    { ...named("quit", "Q"), run: quit },
  ];
}

function named(name: VerbName, key = ""): Omit<PaletteCommand, "run"> {
  return { name, ...verbNames[name], key, possible: true };
}

function effect(wanted: Effect): PaletteRun {
  return { type: "effect", effect: wanted };
}

function quit(): PaletteRun | string {
  const binding = keymap.find(({ command }) => command === "quit");
  return binding === undefined ? "there is no way out" : { type: "binding", binding, key: "Q" };
}

function filterVerb({ ui }: Place): PaletteCommand {
  const prompt = bindingFor(contextOf(ui), "/");
  return {
    ...named("filter", "/"),
    complete: (argument) =>
      argument === ""
        ? shortExamples.map(([example, meaning]): Completion => ({ argument: example, title: meaning }))
        : [],
    run(argument) {
      if (argument === "") {
        if (prompt !== null && ui.screen !== "detail") return { type: "binding", binding: prompt, key: "/" };
        return "an expression, as client:codex or status:>=400";
      }
      const read = readListFilter(argument);
      return read.ok ? effect({ type: "filter", text: argument }) : safeLine(problemText(read.problem));
    },
  };
}

function goVerb(): PaletteCommand {
  const titles = new Map<string, string>(tables.map(({ id, title }) => [id, title]));
  return {
    ...named("go", "1..8"),
    complete: (argument) =>
      screenIds
        .filter((id) => id.startsWith(argument.trim().toLowerCase()))
        .map((id) => ({ argument: id, title: titles.get(id) ?? "Traffic" })),
    run(argument) {
      const screen = screenIds.find((id, index) => id === argument.toLowerCase() || String(index + 1) === argument);
      if (screen !== undefined) return effect({ type: "show", screen });
      return `${argument === "" ? "which screen" : `there is no screen "${argument}"`}: ${screenIds.join(" ")}`;
    },
  };
}

const maxOffered = 20;

function openVerb({ book }: Place): PaletteCommand {
  return {
    ...named("open"),
    possible: book.totals.flows + book.totals.tunnels > 0 ? true : "nothing has come through yet",
    complete(argument) {
      const wanted = argument.trim().replace(/^#/, "");
      return book.shown
        .slice(-maxOffered)
        .toReversed()
        .flatMap((id) => book.get(id) ?? [])
        .filter(({ number, id }) => String(number).startsWith(wanted) || id.startsWith(wanted))
        .map((flow) => ({ argument: String(flow.number), title: flowTitle(flow) }));
    },
    run(argument) {
      if (argument === "") return "which call: its number, as #42, or its id";
      const number = /^#?(\d+)$/.exec(argument)?.[1];
      const found = book.get(argument) ?? (number === undefined ? null : byNumber(book.all(), Number(number)));
      if (found !== null) return effect({ type: "open-flow", id: found.id });
      return `there is no call "${argument}" in the list`;
    },
  };
}

function byNumber(flows: Iterable<FlowView>, number: number): FlowView | null {
  for (const flow of flows) if (flow.number === number) return flow;
  return null;
}

function flowTitle({ startedAt, method, host, model }: FlowView): string {
  return `${clockTime(startedAt)} ${method} ${host}  ${model.asked ?? ""}`.trimEnd();
}

/** Only where there are tabs: the key for it is a digit, which means a screen elsewhere. */
function tabVerb({ ui }: Place): readonly PaletteCommand[] {
  const binding = keymap.find(({ command }) => command === "tab");
  if (binding === undefined) return [];
  return [
    {
      ...named("tab", "1..6"),
      possible: ui.screen === "detail" ? true : "only in a flow's detail",
      complete: (argument) =>
        detailTabs.filter((tab) => tab.startsWith(argument.trim())).map((tab) => ({ argument: tab, title: "" })),
      run(argument) {
        const at = detailTabs.findIndex((tab, index) => tab === argument || String(index + 1) === argument);
        if (at === -1) return `which tab: ${detailTabs.join(" ")}`;
        return { type: "binding", binding, key: String(at + 1) };
      },
    },
  ];
}

function routeVerb(place: Place): PaletteCommand {
  const { book, flow } = place;
  return {
    ...named("route test"),
    complete(argument) {
      const models = new Set<string>();
      for (const { model } of book.all()) if (model.asked !== null) models.add(model.asked);
      return [...models]
        .filter((model) => model.startsWith(argument.trim()))
        .slice(0, maxOffered)
        .map((model) => ({ argument: model, title: "asked for lately" }));
    },
    run(argument) {
      if (argument !== "") return effect(routeTest(argument));
      if (flow == null) return "which model, or select a call first";
      return flow.model.asked === null ? "nothing is known of a model in this call" : effect(dryRun(flow));
    },
  };
}

function exportVerb(place: Place): PaletteCommand {
  const sets = chosenSets(place.flow ?? null, place, place.now);
  // What is marked; in the list else all that it shows; in a detail the open one.
  const set = place.ui.marked.size > 0 || place.ui.screen === "detail" ? sets[0] : (sets.at(-1) ?? sets[0]);
  const names = Object.keys(formats) as ExportFormat[]; // its keys are the formats
  return {
    ...named("export", "x"),
    title: set === undefined ? "calls as a file" : `${set.label} as a file`,
    possible: set === undefined ? "there is no call to export here" : true,
    complete: (argument) =>
      argument.includes(" ")
        ? []
        : names
            .filter((name) => name.startsWith(argument))
            .map((name) => ({ argument: name, title: formats[name].title, goesOn: true })),
    run(argument) {
      const [word = "", ...rest] = argument.split(" ");
      const format = names.find((name) => name === word);
      const file = rest.join(" ").trim();
      if (format === undefined) return `as what: ${names.join(", ")}`;
      if (file === "") return `into which file, as ${set?.name ?? "calls"}.${formats[format].ending}`;
      return set === undefined ? "there is no call to export here" : effect(exportEffect(format, set.question, file));
    },
  };
}

function reloaded(answer: unknown): Effect {
  const error = readText(answer, "error");
  const path = readText(answer, "path");
  if (error === "") return said(`configuration read again from ${path}`);
  return said(`${path} is not in force: ${error.split("\n")[0] ?? ""}`, "error");
}

function showConfig({ ui }: Place): Effect {
  const config = ui.status?.config;
  if (config === undefined) return said("no core has said which configuration it has", "warn");
  const line = (name: string, value: string, style?: "error" | "warn"): Spans => [
    { text: ` ${name.padEnd(10)}`, style: "dim" },
    { text: value, ...(style === undefined ? {} : { style }) },
  ];
  const state =
    config.error === null
      ? config.exists
        ? "+ in force"
        : "o no file: defaults are in force"
      : "! not in force: the last good one stays active";
  return textDialog("Configuration", [
    line("file", config.path),
    line("state", state, config.error === null ? undefined : "error"),
    line("rules", String(config.routes)),
    ...(config.error ?? "")
      .split("\n")
      .filter(Boolean)
      .map((text) => line("error", text, "error")),
    ...config.warnings.map((text) => line("warning", text, "warn")),
    [],
    [{ text: " change it: switchyard config edit   read it again: :reload", style: "dim" }],
  ]);
}
