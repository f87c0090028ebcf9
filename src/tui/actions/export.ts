/** Calls as a file: what they become, which of them, and into which file. */
import type { ExportFormat } from "../../base/controls-flows.ts";
import { type Choice, chooseDialog, type Effect, lineDialog } from "../state/effect.ts";
import type { FlowView } from "../state/flow-view.ts";
import { type Around, calls, type FlowAction, markedFlows } from "./action.ts";

export const exportAction: FlowAction = {
  name: "export-calls",
  keys: ["x"],
  title: "export as HAR, curl or JSON lines",
  bar: "export",
  contexts: ["traffic", "detail"],
  run: (flow, _detail, around) => chooseExport(flow, around, around.now),
};

export const formats: Readonly<Record<ExportFormat, { readonly title: string; readonly ending: string }>> = {
  har: { title: "HAR, for browsers and other proxies", ending: "har" },
  curl: { title: "curl commands for a shell", ending: "sh" },
  jsonl: { title: "JSON lines, one call each", ending: "jsonl" },
};
const formatNames = ["har", "curl", "jsonl"] as const satisfies readonly ExportFormat[];

/** Some calls, in the words of `POST /api/flows/export`. */
interface Chosen {
  readonly label: string;
  readonly question: { readonly ids: readonly string[] } | { readonly filter: string };
  /** Of its file, without the ending. */
  readonly name: string;
}

function chooseExport(flow: FlowView, around: Around, now: number): Effect {
  const sets = chosenSets(flow, around, now);
  const [only] = sets;
  if (sets.length === 0 || only === undefined) {
    return { type: "hint", text: "there is no call in it to export: the client hung up before it sent one" };
  }
  if (sets.length === 1) return chooseFormat(only);
  return chooseDialog(
    "Export which calls?",
    sets.map((set): Choice => ({ label: set.label, effect: chooseFormat(set) })),
  );
}

function chooseFormat(chosen: Chosen): Effect {
  return chooseDialog(
    `Export ${chosen.label} as`,
    formatNames.map((format): Choice => ({ label: formats[format].title, effect: askFile(format, chosen) })),
  );
}

function askFile(format: ExportFormat, { question, name }: Chosen): Effect {
  return lineDialog("file", (file) => exportEffect(format, question, file.trim()), {
    text: `${name}.${formats[format].ending}`,
    check: (file) => (file.trim() === "" ? "a file to write" : null),
  });
}

export function exportEffect(format: ExportFormat, question: Chosen["question"], file: string): Effect {
  return { type: "export", file, question: { format, ...question } };
}

/** Who has marked calls most likely means those; otherwise the one that is selected. */
export function chosenSets(flow: FlowView | null, around: Around, now: number): readonly Chosen[] {
  const { ui, book } = around;
  const name = `switchyard-${stamp(now)}`;
  const marked = markedFlows(around).filter(isCall);
  const sets: Chosen[] = [];
  if (marked.length > 0) {
    const ids = marked.map(({ id }) => id);
    sets.push({ label: `${calls(ids.length)} marked`, question: { ids }, name });
  }
  if (flow !== null && isCall(flow)) {
    sets.push({ label: `this call (#${flow.number})`, question: { ids: [flow.id] }, name: `switchyard-${flow.id}` });
  }
  if (ui.screen === "traffic" && book.shown.length > 1) {
    const filter = shownFilter(ui);
    const what = filter === "" ? "all calls" : "all that the list shows";
    sets.push({ label: `${what} (${book.shown.length})`, question: { filter }, name });
  }
  return sets;
}

/** The list as a filter: what is hidden in it is not exported. */
function shownFilter({ filter, errorsOnly, showTunnels }: Around["ui"]): string {
  const parts = [
    filter.trim() === "" ? "" : `(${filter.trim()})`,
    errorsOnly ? "is:error" : "",
    showTunnels ? "" : "-is:tunnel",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** A client that refused our certificate is a row of this screen only: the core has no call for it. */
function isCall({ refusal }: FlowView): boolean {
  return refusal === null;
}

/** `20261121-120431`, local time: files sort by it. */
function stamp(now: number): string {
  const date = new Date(now);
  const two = (part: number): string => String(part).padStart(2, "0");
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
