/** The orders of the traffic list: newest first as ever, or the most tokens, the highest price, the longest, the worst. */
import { isLive, type FlowView } from "./flow-view.ts";

export const flowOrders = ["time", "tokens", "cost", "duration", "status"] as const;
export type FlowOrder = (typeof flowOrders)[number];

export interface FlowSort {
  readonly by: FlowOrder;
  /** The other way round: the smallest, or the oldest, at the top. */
  readonly reversed: boolean;
}

export const byTime: FlowSort = { by: "time", reversed: false };

/** Newest first: the one order in which there is a newest flow at the top to follow. */
export function isByTime({ by, reversed }: FlowSort): boolean {
  return by === "time" && !reversed;
}

/** The same order the other way round, then the next one, as in the tables. */
export function nextSort({ by, reversed }: FlowSort): FlowSort {
  if (!reversed) return { by, reversed: true };
  const next = flowOrders[(flowOrders.indexOf(by) + 1) % flowOrders.length] ?? "time";
  return { by: next, reversed: false };
}

/**
 * Ids as the list keeps them: what stands at the top comes last. What has no figure stays at the bottom either way round.
 *
 * @param ids oldest first, which decides between equals
 */
export function sortFlows(
  ids: readonly string[],
  get: (id: string) => FlowView | null,
  { by, reversed }: FlowSort,
  now: number,
): readonly string[] {
  const figure = figures[by];
  const rows = ids.map((id) => {
    const flow = get(id);
    return { id, value: flow === null ? null : figure(flow, now) };
  });
  const sign = reversed ? -1 : 1;
  rows.sort((one, other) => {
    if (one.value === null || other.value === null) return Number(one.value !== null) - Number(other.value !== null);
    return sign * (one.value - other.value);
  });
  return rows.map(({ id }) => id);
}

const figures: Readonly<Record<FlowOrder, (flow: FlowView, now: number) => number | null>> = {
  time: (flow) => flow.startedAt,
  tokens: (flow) => (flow.usage === null ? null : flow.usage.input + flow.usage.output),
  cost: (flow) => flow.costUsd,
  duration: (flow, now) => {
    const end = isLive(flow) ? now : flow.endedAt;
    return flow.timings.totalMs ?? (end === null ? null : end - flow.startedAt);
  },
  status: (flow) => flow.status,
};
