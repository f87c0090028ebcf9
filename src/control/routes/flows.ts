/** What went by: the list, searched and shortened, one flow with its bodies, and the live stream. */
import type { FlowPageJson, FlowRemovalJson } from "../../base/controls-flows.ts";
import {
  everything,
  type Filter,
  filterOf,
  type FilterProblem,
  problemText,
  readFilter,
  readSummaryFilter,
} from "../../base/filter/index.ts";
import { flowDetailJson, flowJson } from "../flow-json.ts";
import type { CapturedFlow } from "../flow-log.ts";
import { searchBudgetMs, searchFlows, type SearchResult } from "../flow-search.ts";
import { type ControlContext, ControlRefusal, type ControlRoutes } from "../route.ts";

export const flowRoutes = {
  "GET /api/flows": async ({ url, outgoing }, context): Promise<FlowPageJson> => {
    const { flowLog, redactor } = context;
    const isGone = (): boolean => outgoing.destroyed;
    const { flows, older } = await search(url, filterIn(url) ?? filterOf(everything), context, isGone);
    return { flows: flows.map((flow) => flowJson(flow.record(), redactor)), counts: flowLog.counts(), older };
  },
  "GET /api/flows/:id": async ({ parameters }, { flowLog, redactor }) =>
    flowDetailJson(known(flowLog.find(parameters["id"] ?? "")), redactor),
  "DELETE /api/flows/:id": ({ parameters }, { flowLog }): FlowRemovalJson => {
    const { removed, live } = flowLog.remove([known(flowLog.find(parameters["id"] ?? "")).id]);
    if (live.length > 0)
      throw new ControlRefusal(409, "live", "this call has not ended; it can be deleted when it has");
    return { deleted: removed.length, live: 0, older: null };
  },
  /** `filter=` with nothing behind it clears the log; what is live stays. */
  "DELETE /api/flows": async ({ url, outgoing }, context): Promise<FlowRemovalJson> => {
    const filter = filterIn(url);
    if (filter === null) throw new ControlRefusal(400, "filter", "filter is missing; an empty one means every flow");
    const { flows, older } = await search(url, filter, context, () => outgoing.destroyed);
    const { removed, live } = context.flowLog.remove(flows.map(({ id }) => id));
    return { deleted: removed.length, live: live.length, older };
  },
  "GET /api/events": ({ url, incoming, outgoing }, { eventHub, status }) => {
    const text = url.searchParams.get("filter") ?? "";
    const read = readSummaryFilter(text, "what is happening is followed without its bodies; search them in /api/flows");
    if (!read.ok) throw filterRefusal(read.problem);
    return eventHub.attach(incoming, outgoing, status(), text === "" ? null : read.filter);
  },
} satisfies ControlRoutes;

async function search(url: URL, filter: Filter, context: ControlContext, isGone: () => boolean): Promise<SearchResult> {
  const before = url.searchParams.get("before") ?? undefined;
  const question = { filter, limit: limitOf(url), before, budgetMs: searchBudgetMs, isGone };
  const result = await searchFlows(context, question);
  if (result === null) throw unknownFlow();
  return result;
}

/** Null: none was given. */
function filterIn(url: URL): Filter | null {
  const text = url.searchParams.get("filter");
  return text === null ? null : requireFilter(text);
}

export function requireFilter(text: string): Filter {
  const read = readFilter(text);
  if (read.ok) return read.filter;
  throw filterRefusal(read.problem);
}

/** 400, with where the mistake is. */
function filterRefusal(problem: FilterProblem): ControlRefusal {
  const { message: _, ...place } = problem;
  return new ControlRefusal(400, "filter", problemText(problem), place);
}

export function known(flow: CapturedFlow | undefined): CapturedFlow {
  if (flow === undefined) throw unknownFlow();
  return flow;
}

function unknownFlow(): ControlRefusal {
  return new ControlRefusal(404, "no-such-flow", "no flow with this id is in the log; it may have been dropped");
}

function limitOf(url: URL): number {
  const text = url.searchParams.get("limit");
  if (text === null) return Number.POSITIVE_INFINITY;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new ControlRefusal(400, "limit", "limit is a whole number from 1 on");
  return limit;
}
