/** The verbs of the flow log over the control socket. */
import type { IncomingMessage } from "node:http";
import type { FlowJson } from "../base/controls.ts";
import type { ExportQuestionJson, FlowPageJson, FlowQuestionJson, FlowRemovalJson } from "../base/controls-flows.ts";
import { own, parseJson } from "../base/json.ts";
import type { Ask } from "./engine-client.ts";

export interface FlowVerbs {
  /** One answer of the core: a search in bodies may have to go on behind it. */
  flowPage(question: FlowQuestionJson): Promise<FlowPageJson>;
  /** The newest that fit, oldest first; asks until there are enough or the log is at its end. */
  findFlows(question: Omit<FlowQuestionJson, "before">): Promise<readonly FlowJson[]>;
  deleteFlow(id: string): Promise<FlowRemovalJson>;
  /** Everything that fits and has ended; the empty filter clears the log. */
  deleteFlows(filter: string): Promise<Omit<FlowRemovalJson, "older">>;
  exportFlows(question: ExportQuestionJson): Promise<ExportedFlows>;
}

export interface ExportedFlows {
  /** Calls that were taken. */
  readonly flows: number;
  /** Why others were not → how many. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** The file as it comes; throws when the core ends before it does. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** The rest is not wanted any more; `bytes` throws. */
  cancel(): void;
}

/** A reply that is read as it comes; the request failed already where the core refused it. */
export type AskStream = (path: string, body: unknown) => Promise<IncomingMessage>;

export function flowVerbsOver(ask: Ask, askStream: AskStream): FlowVerbs {
  const flowPage = (question: FlowQuestionJson): Promise<FlowPageJson> =>
    ask("GET", `/api/flows${queryOf({ ...question })}`);
  return {
    flowPage,
    async findFlows({ filter, limit = Number.POSITIVE_INFINITY }) {
      const pages: (readonly FlowJson[])[] = [];
      let wanted = limit;
      let before: string | undefined;
      do {
        const page: FlowPageJson = await flowPage({
          ...(filter === undefined ? {} : { filter }),
          ...(Number.isFinite(wanted) ? { limit: wanted } : {}),
          ...(before === undefined ? {} : { before }),
        });
        pages.unshift(page.flows);
        wanted -= page.flows.length;
        before = page.older ?? undefined;
      } while (before !== undefined && wanted > 0);
      return pages.flat();
    },
    deleteFlow: (id) => ask("DELETE", `/api/flows/${encodeURIComponent(id)}`),
    async deleteFlows(filter) {
      let deleted = 0;
      let live = 0;
      let before: string | undefined;
      do {
        const query = queryOf({ filter, before });
        const removal: FlowRemovalJson = await ask("DELETE", `/api/flows${query}`);
        deleted += removal.deleted;
        live += removal.live;
        before = removal.older ?? undefined;
      } while (before !== undefined);
      return { deleted, live };
    },
    async exportFlows(question) {
      const reply = await askStream("/api/flows/export", question);
      return {
        flows: Number(reply.headers["switchyard-exported"] ?? 0),
        leftOut: countsIn(reply.headers["switchyard-left-out"]),
        bytes: whole(reply),
        cancel: () => void reply.destroy(),
      };
    },
  };
}

async function* whole(reply: IncomingMessage): AsyncIterable<Uint8Array> {
  try {
    yield* reply as AsyncIterable<Buffer>;
  } catch (error) {
    throw new Error("the export broke off before its end", { cause: error });
  }
}

export function queryOf(fields: Readonly<Record<string, string | number | undefined>>): string {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) said.set(name, String(value));
  return said.size === 0 ? "" : `?${said.toString()}`;
}

function countsIn(header: string | string[] | undefined): Readonly<Record<string, number>> {
  const parsed = parseJson(typeof header === "string" ? header : "{}");
  const counts: Record<string, number> = {};
  for (const why of Object.keys(Object(parsed.ok ? parsed.value : {}))) {
    const count = parsed.ok ? own(parsed.value, why) : undefined;
    if (typeof count === "number") counts[why] = count;
  }
  return counts;
}
