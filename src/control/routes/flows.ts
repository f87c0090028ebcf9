/** What went by: the list, searched and shortened, one flow with its bodies, and the live stream. */
import * as v from "valibot";
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
import { flowStagesJson } from "../flow-stages.ts";
import type { CapturedFlow } from "../flow-log.ts";
import { searchBudgetMs, searchFlows, type SearchResult } from "../flow-search.ts";
import { type ControlContext, ControlRefusal, type ControlRoutes, socketRoute } from "../route.ts";
import { coreEvent, coreStatus } from "../schemas/core.ts";
import { flow, flowDetail, flowPage, flowRemoval, flowStages } from "../schemas/flows.ts";
import { filledText, listOf, text, wholeNumber } from "../schemas/words.ts";

/** More than any log holds. */
const maxLimit = 1_000_000;

const hello = v.pipe(
  v.strictObject({ status: coreStatus, flows: listOf(flow, "The newest ones, oldest first.") }),
  v.description("Everything needed to begin; after a reconnect it replaces what was told before."),
);
const removed = v.pipe(
  v.strictObject({ ids: listOf(text("A flow's id."), "Of flows that were deleted by hand.") }),
  v.description("Flows that are no longer in the log."),
);

const inLanguage = "In the filter language (docs/filter.md).";
const paging = {
  limit: v.exactOptional(wholeNumber(1, maxLimit, "Only the newest ones; default: all.")),
  before: v.exactOptional(filledText("Only flows before this one, by its id.")),
};
const anId = { id: "The flow's id, as the list has it." } as const;

export const flowRoutes = {
  "GET /api/flows": socketRoute({
    tag: "flows",
    summary: "The calls in the log that fit a filter, oldest first",
    description: "A search in bodies stops after a while; `older` says where to go on, as `before`.",
    query: { filter: v.exactOptional(text(`${inLanguage} Default: every flow.`)), ...paging },
    reply: flowPage,
    refusals: ["filter", "no-such-flow"],
    changes: false,
  }).handle(async ({ query, outgoing }, context) => {
    const { flowLog, redactor } = context;
    const filter = query.filter === undefined ? filterOf(everything) : requireFilter(query.filter);
    const { flows, older } = await search(query, filter, context, () => outgoing.destroyed);
    return { flows: flows.map((each) => flowJson(each.record(), redactor)), counts: flowLog.counts(), older };
  }),
  "GET /api/flows/:id": socketRoute({
    tag: "flows",
    summary: "One call with its heads and bodies, secrets masked",
    parameters: anId,
    reply: flowDetail,
    refusals: ["no-such-flow"],
    changes: false,
  }).handle(({ parameters }, { flowLog, redactor }) => flowDetailJson(known(flowLog.find(parameters.id)), redactor)),
  "GET /api/flows/:id/stages": socketRoute({
    tag: "flows",
    summary: "What became of a translated request: the client's body, the hub's, the upstream's, row by row",
    description:
      "Made of the captured bodies when it is asked for. Of a call that was not translated it says so in `problem`.",
    parameters: anId,
    reply: flowStages,
    refusals: ["no-such-flow"],
    changes: false,
  }).handle(({ parameters }, { flowLog, redactor }) => flowStagesJson(known(flowLog.find(parameters.id)), redactor)),
  "DELETE /api/flows/:id": socketRoute({
    tag: "flows",
    summary: "Take a call out of the log",
    parameters: anId,
    reply: flowRemoval,
    refusals: ["no-such-flow", "live"],
    changes: true,
  }).handle(({ parameters }, { flowLog }) => {
    const { removed: gone, live } = flowLog.remove([known(flowLog.find(parameters.id)).id]);
    if (live.length > 0) {
      throw new ControlRefusal(409, "live", "this call has not ended; it can be deleted when it has");
    }
    return { deleted: gone.length, live: 0, older: null };
  }),
  "DELETE /api/flows": socketRoute({
    tag: "flows",
    summary: "Take calls out of the log; what is live stays",
    query: {
      filter: v.exactOptional(text(`${inLanguage} It has to be there; an empty one means every flow.`)),
      ...paging,
    },
    reply: flowRemoval,
    refusals: ["filter", "no-such-flow"],
    changes: true,
  }).handle(async ({ query, outgoing }, context) => {
    if (query.filter === undefined) {
      throw new ControlRefusal(400, "filter", "filter is missing; an empty one means every flow");
    }
    const { flows, older } = await search(query, requireFilter(query.filter), context, () => outgoing.destroyed);
    const { removed: gone, live } = context.flowLog.remove(flows.map(({ id }) => id));
    return { deleted: gone.length, live: live.length, older };
  }),
  "GET /api/events": socketRoute({
    tag: "flows",
    summary: "The live stream",
    description:
      "Server-sent events: `hello` first, then `flow`, `removed`, `core` and (when the configuration changed) `status` as they " +
      "come. A reader that does not keep up is cut off; it reconnects and gets a fresh hello.",
    query: { filter: v.exactOptional(text(`${inLanguage} Without terms for bodies. Default: every flow.`)) },
    reply: { kind: "events", events: { hello, flow, removed, core: coreEvent, status: coreStatus } },
    refusals: ["filter"],
    changes: false,
  }).handle(({ query, incoming, outgoing }, { eventHub, status }) => {
    const wanted = query.filter ?? "";
    const read = readSummaryFilter(
      wanted,
      "what is happening is followed without its bodies; search them in /api/flows",
    );
    if (!read.ok) throw filterRefusal(read.problem);
    return eventHub.attach(incoming, outgoing, status(), wanted === "" ? null : read.filter);
  }),
} satisfies ControlRoutes;

interface Paging {
  readonly limit?: number;
  readonly before?: string;
}

async function search(
  { limit, before }: Paging,
  filter: Filter,
  context: ControlContext,
  isGone: () => boolean,
): Promise<SearchResult> {
  const question = { filter, limit: limit ?? Number.POSITIVE_INFINITY, before, budgetMs: searchBudgetMs, isGone };
  const result = await searchFlows(context, question);
  if (result === null) throw unknownFlow();
  return result;
}

export function requireFilter(text: string): Filter {
  const read = readFilter(text);
  if (read.ok) return read.filter;
  throw filterRefusal(read.problem);
}

/** 400, with where the mistake is. */
function filterRefusal(problem: FilterProblem): ControlRefusal {
  const { message: _, ...details } = problem;
  return new ControlRefusal(400, "filter", problemText(problem), { details });
}

export function known(flow: CapturedFlow | undefined): CapturedFlow {
  if (flow === undefined) throw unknownFlow();
  return flow;
}

function unknownFlow(): ControlRefusal {
  return new ControlRefusal(404, "no-such-flow", "no flow with this id is in the log; it may have been dropped");
}
