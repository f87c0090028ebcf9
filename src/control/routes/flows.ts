/** What went by: the list, and one flow with its bodies. */
import * as v from "valibot";
import { flowDetailJson, flowJson } from "../flow-json.ts";
import { ControlRefusal, type ControlRoutes, socketRoute } from "../route.ts";
import { coreEvent, coreStatus, flowCounts } from "../schemas/core.ts";
import { flow, flowDetail } from "../schemas/flows.ts";
import { listOf, wholeNumber } from "../schemas/words.ts";

/** More than any log holds. */
const maxLimit = 1_000_000;

const hello = v.pipe(
  v.strictObject({ status: coreStatus, flows: listOf(flow, "The newest ones, oldest first.") }),
  v.description("Everything needed to begin; after a reconnect it replaces what was told before."),
);

export const flowRoutes = {
  "GET /api/flows": socketRoute({
    tag: "flows",
    summary: "The calls in the log, oldest first",
    query: { limit: v.exactOptional(wholeNumber(1, maxLimit, "Only the newest ones; default: all.")) },
    reply: v.pipe(
      v.strictObject({ flows: listOf(flow, "Oldest first."), counts: flowCounts }),
      v.description("Calls, and how full the log is."),
    ),
    changes: false,
  }).handle(({ query }, { flowLog, redactor }) => ({
    flows: flowLog.list(query.limit ?? Number.POSITIVE_INFINITY).map((record) => flowJson(record, redactor)),
    counts: flowLog.counts(),
  })),
  "GET /api/flows/:id": socketRoute({
    tag: "flows",
    summary: "One call with its heads and bodies, secrets masked",
    parameters: { id: "The flow's id, as the list has it." },
    reply: flowDetail,
    refusals: ["no-such-flow"],
    changes: false,
  }).handle(({ parameters }, { flowLog, redactor }) => {
    const found = flowLog.find(parameters.id);
    if (found === undefined) {
      throw new ControlRefusal(404, "no-such-flow", "no flow with this id is in the log; it may have been dropped");
    }
    return flowDetailJson(found, redactor);
  }),
  "GET /api/events": socketRoute({
    tag: "flows",
    summary: "The live stream",
    description:
      "Server-sent events: `hello` first, then `flow`, `core` and (when the configuration changed) `status` as they come. " +
      "A reader that does not keep up is cut off; it reconnects and gets a fresh hello.",
    reply: { kind: "events", events: { hello, flow, core: coreEvent, status: coreStatus } },
    changes: false,
  }).handle(({ incoming, outgoing }, { eventHub, status }) => eventHub.attach(incoming, outgoing, status())),
} satisfies ControlRoutes;
