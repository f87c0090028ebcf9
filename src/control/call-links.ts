/**
 * Requests that make one call together (Cursor over HTTP/1.1: one that is answered with the stream, and one for everything
 * the client says): what one of them tells of the call is true of all. They come in any order. Bounded in number and age;
 * only ids of flows are kept, no bodies.
 */
import type { Clock } from "../base/clock.ts";
import type { FlowFact } from "../base/flow.ts";

export interface CallPart {
  /** The client's name for the call. */
  readonly id: string;
  readonly facts: readonly FlowFact[];
}

export interface CallLinks {
  /** What is known of the call by now, for this flow; and for which other flows of it these facts are news. */
  add(flowId: string, part: CallPart): { readonly known: readonly FlowFact[]; readonly others: readonly string[] };
}

interface Link {
  facts: readonly FlowFact[];
  readonly flows: string[];
  readonly begunAt: number;
}

/** More calls at a time than any one person's editor makes. */
const maxLinks = 256;
/** A turn with many tool calls takes minutes; an id is not used again after it. */
const maxAgeMs = 60 * 60_000;
/** A long turn sends a heartbeat every few seconds: those that came first had the words. */
const maxFlows = 64;

export function createCallLinks(clock: Pick<Clock, "monotonic">): CallLinks {
  const links = new Map<string, Link>();

  function forgetOld(): void {
    const now = clock.monotonic();
    for (const [id, { begunAt }] of links) {
      if (now - begunAt <= maxAgeMs && links.size <= maxLinks) return;
      links.delete(id);
    }
  }

  return {
    add(flowId, { id, facts }) {
      const link: Link = links.get(id) ?? { facts: [], flows: [], begunAt: clock.monotonic() };
      links.set(id, link);
      forgetOld();
      const others = facts.length === 0 ? [] : [...link.flows];
      if (facts.length > 0) link.facts = facts;
      if (link.flows.length < maxFlows) link.flows.push(flowId);
      return { known: link.facts, others };
    },
  };
}
