/** Flows as a file, sent a call at a time and no faster than it is read. */
import type { ServerResponse } from "node:http";
import { exportFormats, exportRoads, exportSides } from "../../base/controls-flows.ts";
import { own } from "../../base/json.ts";
import { exportFlows, type ExportOrder } from "../export/export.ts";
import type { CapturedFlow } from "../flow-log.ts";
import { searchFlows } from "../flow-search.ts";
import { answered, type ControlContext, ControlRefusal, type ControlRoutes } from "../route.ts";
import { known, requireFilter } from "./flows.ts";

export const flowExportRoutes = {
  "POST /api/flows/export": async ({ body, outgoing }, context) => {
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
      "content-type": contentType,
      "switchyard-exported": String(count),
      "switchyard-left-out": JSON.stringify(leftOut),
    });
    for await (const piece of text) if (!(await written(outgoing, piece))) return answered;
    outgoing.end();
    return answered;
  },
} satisfies ControlRoutes;

function orderIn(body: unknown): ExportOrder {
  const format = wordOf(body, "format", exportFormats, null);
  return {
    format,
    side: wordOf(body, "side", exportSides, format === "curl" ? "client" : "both"),
    via: wordOf(body, "via", exportRoads, "direct"),
  };
}

function wordOf<const Word extends string>(
  body: unknown,
  name: string,
  words: readonly Word[],
  otherwise: Word | null,
): Word {
  const value = own(body, name);
  const word = value === undefined ? otherwise : words.find((one) => one === value);
  if (word === undefined || word === null)
    throw new ControlRefusal(400, "invalid", `${name} is one of ${words.join(", ")}`);
  return word;
}

/** In the order in which they were named, or oldest first. */
async function chosen(body: unknown, context: ControlContext, isGone: () => boolean): Promise<readonly CapturedFlow[]> {
  const ids = own(body, "ids");
  const filter = own(body, "filter");
  if (filter !== undefined && typeof filter !== "string") throw new ControlRefusal(400, "invalid", "filter is a text");
  if (ids === undefined) {
    const question = { filter: requireFilter(filter ?? ""), limit: Number.POSITIVE_INFINITY, isGone };
    return (await searchFlows(context, question))?.flows ?? [];
  }
  if (filter !== undefined) throw new ControlRefusal(400, "invalid", "ids and filter cannot both choose");
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === "string")) {
    throw new ControlRefusal(400, "invalid", "ids is a list of texts");
  }
  return ids.map((id: string) => known(context.flowLog.find(id)));
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
