/** Flows as a file, sent a call at a time and no faster than it is read. */
import type { ServerResponse } from "node:http";
import type * as v from "valibot";
import { exportFlows, type ExportOrder } from "../export/export.ts";
import type { CapturedFlow } from "../flow-log.ts";
import { searchFlows } from "../flow-search.ts";
import { answered, type ControlContext, ControlRefusal, type ControlRoutes, socketRoute } from "../route.ts";
import { exportOrder, harFile } from "../schemas/flows.ts";
import type { Plain } from "../schemas/shape.ts";
import { known, requireFilter } from "./flows.ts";

/** Of whatever is no JSON document as a whole: who asked knows which text it is. */
const textType = "text/plain; charset=utf-8";

export const flowExportRoutes = {
  "POST /api/flows/export": socketRoute({
    tag: "flows",
    summary: "Calls as a file for other programs; secrets are masked",
    description:
      "The header `switchyard-exported` says how many calls are in it, `switchyard-left-out` which are not and why.",
    body: exportOrder,
    reply: { kind: "either", json: harFile, text: "Commands for a shell, or one flow a line, as was asked for." },
    refusals: ["invalid", "filter", "no-such-flow"],
    changes: false,
  }).handle(async ({ body, outgoing }, context): Promise<typeof answered> => {
    const order = orderIn(body);
    const flows = await chosen(body, context, () => outgoing.destroyed);
    const {
      contentType,
      leftOut,
      flows: count,
      text,
    } = exportFlows(flows, order, {
      redactor: context.redactor,
      status: context.status(),
    });
    outgoing.writeHead(200, {
      "content-type": order.format === "har" ? contentType : textType,
      "switchyard-exported": String(count),
      "switchyard-left-out": JSON.stringify(leftOut),
    });
    for await (const piece of text) if (!(await written(outgoing, piece))) return answered;
    outgoing.end();
    return answered;
  }),
} satisfies ControlRoutes;

type Order = Plain<v.InferOutput<typeof exportOrder>>;

function orderIn({ format, side, via }: Order): ExportOrder {
  return { format, side: side ?? (format === "curl" ? "client" : "both"), via: via ?? "direct" };
}

/** In the order in which they were named, or oldest first. */
async function chosen(
  { ids, filter }: Order,
  context: ControlContext,
  isGone: () => boolean,
): Promise<readonly CapturedFlow[]> {
  if (ids === undefined) {
    const question = { filter: requireFilter(filter ?? ""), limit: Number.POSITIVE_INFINITY, isGone };
    return (await searchFlows(context, question))?.flows ?? [];
  }
  if (filter !== undefined) throw new ControlRefusal(400, "invalid", "ids and filter cannot both choose");
  return ids.map((id) => known(context.flowLog.find(id)));
}

/** False: nobody reads any more. */
async function written(outgoing: ServerResponse, text: string): Promise<boolean> {
  if (outgoing.destroyed) return false;
  if (outgoing.write(text)) return true;
  await new Promise<void>((resolve) => {
    const go = (): void => {
      outgoing.off("drain", go).off("close", go);
      resolve();
    };
    outgoing.on("drain", go).on("close", go);
  });
  return !outgoing.destroyed;
}
