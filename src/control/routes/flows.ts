/** What went by: the list, and one flow with its bodies. */
import { flowDetailJson, flowJson } from "../flow-json.ts";
import { ControlRefusal, type ControlRoutes } from "../route.ts";

export const flowRoutes = {
  "GET /api/flows": ({ url }, { flowLog, redactor }) => ({
    flows: flowLog.list(limitOf(url)).map((flow) => flowJson(flow, redactor)),
    counts: flowLog.counts(),
  }),
  "GET /api/flows/:id": async ({ parameters }, { flowLog, redactor }) => {
    const flow = flowLog.find(parameters["id"] ?? "");
    if (flow === undefined) {
      throw new ControlRefusal(404, "no-such-flow", "no flow with this id is in the log; it may have been dropped");
    }
    return flowDetailJson(flow, redactor);
  },
  "GET /api/events": ({ incoming, outgoing }, { eventHub, status }) => eventHub.attach(incoming, outgoing, status()),
} satisfies ControlRoutes;

function limitOf(url: URL): number {
  const text = url.searchParams.get("limit");
  if (text === null) return Number.POSITIVE_INFINITY;
  const limit = Number(text);
  if (!Number.isInteger(limit) || limit < 1)
    throw new ControlRefusal(400, "limit", "limit is a whole number from 1 on");
  return limit;
}
