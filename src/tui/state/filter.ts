/**
 * The `/` filter, in the language that the command line and the control API share (base/filter/). It looks at what the
 * list knows of a flow; bodies are in the core, so terms about them are refused here, with the command that searches them.
 */
import { type FilterProblem, readSummaryFilter } from "../../base/filter/index.ts";
import type { FlowView } from "./flow-view.ts";

export type FlowFilter = (flow: FlowView) => boolean;

export type ListFilter =
  | {
      readonly ok: true;
      readonly accept: (flow: FlowView, now: number) => boolean;
      /** It has to be asked again as time goes by. */
      readonly usesClock: boolean;
    }
  | { readonly ok: false; readonly problem: FilterProblem };

export function readListFilter(text: string): ListFilter {
  const read = readSummaryFilter(text, "the list has no bodies; search them with switchyard flows list");
  if (!read.ok) return read;
  const { filter } = read;
  return { ok: true, accept: (flow, now) => filter.decide(flow, now, () => false), usesClock: filter.usesClock };
}
