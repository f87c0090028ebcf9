/**
 * Every flow the UI knows, which of them are shown, and the running totals. Mutable inside, so that two hundred
 * updates a second do not copy ten thousand entries each; nobody outside sees anything but values.
 */
import type { FlowFilter } from "./filter.ts";
import { byTime, type FlowSort, isByTime, sortFlows } from "./flow-order.ts";
import { isError, isLive, type FlowView } from "./flow-view.ts";

interface Totals {
  readonly flows: number;
  readonly live: number;
  readonly errors: number;
  readonly tunnels: number;
  readonly input: number;
  readonly output: number;
  readonly costUsd: number;
}

export interface FlowBook {
  /** Adds or replaces. `make` gets the number of the entry: the one it has, or the next free one. */
  upsert(id: string, make: (number: number, known: FlowView | null) => FlowView | null): FlowView | null;
  get(id: string): FlowView | null;
  /** Ids it does not know are none of its business. */
  remove(ids: readonly string[]): void;
  clear(): void;
  /** Which flows `shown` holds. Leaves a frozen list frozen. */
  filter(accept: FlowFilter): void;
  /** Holds the list still; what would have been added is counted in `waiting`. */
  freeze(frozen: boolean): void;
  /** In which order `shown` is; sorted anew a few times a second while flows change. */
  sort(sort: FlowSort): void;
  /** Ids; what stands at the top of the list, which is the newest unless it is sorted otherwise, comes last. */
  readonly shown: readonly string[];
  /** Every flow it knows, oldest first, whatever the list shows. */
  all(): Iterable<FlowView>;
  readonly waiting: number;
  readonly totals: Totals;
  /** Calls started in each of the last `buckets` spans of `spanMs`, oldest first. */
  rate(now: number, buckets: number, spanMs: number): readonly number[];
}

/** Ten thousand flows take some milliseconds to sort: not with each of two hundred updates a second. */
const sortGapMs = 300;

export function createFlowBook(maxFlows: number, now: () => number = Date.now): FlowBook {
  const flows = new Map<string, FlowView>();
  let accept: FlowFilter = () => true;
  let shown: string[] = [];
  let shownIds = new Set<string>();
  let stale = false;
  let frozen: { readonly ids: readonly string[]; readonly lastNumber: number } | null = null;
  let nextNumber = 1;
  /** Start times of the calls, in the order they arrived: all the sparkline needs. */
  let starts: number[] = [];
  let totals: Totals = emptyTotals;
  let order: FlowSort = byTime;
  let changes = 0;
  /** The last sorting, and what it was made from; null when it must not be shown any more. */
  let sorted: { readonly ids: readonly string[]; readonly changes: number; readonly at: number } | null = null;

  const inOrder = (ids: readonly string[]): readonly string[] => {
    if (isByTime(order)) return ids;
    if (sorted === null || (sorted.changes !== changes && now() - sorted.at >= sortGapMs)) {
      sorted = { ids: sortFlows(ids, (id) => flows.get(id) ?? null, order, now()), changes, at: now() };
    }
    return sorted.ids;
  };

  const refresh = (): void => {
    if (!stale) return;
    stale = false;
    shown = [...flows.values()].filter((flow) => accept(flow)).map((flow) => flow.id);
    shownIds = new Set(shown);
  };

  const forgetOldest = (): void => {
    const oldest = flows.values().next().value;
    if (oldest === undefined) return;
    flows.delete(oldest.id);
    totals = add(totals, oldest, -1);
    if (!shownIds.delete(oldest.id) || stale) return;
    // The oldest flow is the oldest shown one, so this is the front of the array.
    if (shown[0] === oldest.id) shown.shift();
    else stale = true;
  };

  return {
    upsert(id, make) {
      const known = flows.get(id) ?? null;
      const flow = make(known?.number ?? nextNumber, known);
      if (flow === null) return null;
      changes += 1;
      if (known !== null) totals = add(totals, known, -1);
      else {
        nextNumber += 1;
        if (flow.action !== "tunnel") starts.push(flow.startedAt);
        if (starts.length > 2 * maxFlows) starts = starts.slice(-maxFlows);
      }
      totals = add(totals, flow, 1);
      flows.set(id, flow);
      if (!stale) {
        const visible = accept(flow);
        if (visible !== shownIds.has(id)) {
          if (visible && known === null) {
            shown.push(id);
            shownIds.add(id);
          } else stale = true;
        }
      }
      if (flows.size > maxFlows) forgetOldest();
      return flow;
    },
    get: (id) => flows.get(id) ?? null,
    all: () => flows.values(),
    remove(ids) {
      for (const id of ids) {
        const flow = flows.get(id);
        if (flow === undefined) continue;
        flows.delete(id);
        totals = add(totals, flow, -1);
        stale = true;
      }
      if (frozen !== null) frozen = { ...frozen, ids: frozen.ids.filter((id) => flows.has(id)) };
      sorted = null;
    },
    clear() {
      flows.clear();
      starts = [];
      totals = emptyTotals;
      stale = true;
      frozen = null;
      sorted = null;
      nextNumber = 1;
    },
    filter(next) {
      accept = next;
      stale = true;
      sorted = null;
      refresh();
      if (frozen !== null) {
        const { lastNumber } = frozen;
        frozen = { lastNumber, ids: shown.filter((id) => (flows.get(id)?.number ?? 0) <= lastNumber) };
      }
    },
    freeze(wanted) {
      refresh();
      frozen = wanted ? { ids: [...shown], lastNumber: nextNumber - 1 } : null;
      sorted = null;
    },
    sort(wanted) {
      order = wanted;
      sorted = null;
    },
    get shown() {
      refresh();
      return inOrder(frozen?.ids ?? shown);
    },
    get waiting() {
      if (frozen === null) return 0;
      refresh();
      return Math.max(0, shown.length - frozen.ids.length);
    },
    get totals() {
      return totals;
    },
    rate(now, buckets, spanMs) {
      const counts = Array.from({ length: buckets }, () => 0);
      // Aligned to the span, so that a bar keeps its height while it moves left.
      const end = Math.floor(now / spanMs) + 1;
      for (let at = starts.length - 1; at >= 0; at -= 1) {
        const index = buckets - (end - Math.floor((starts[at] ?? 0) / spanMs));
        if (index < 0) break;
        if (index < buckets) counts[index] = (counts[index] ?? 0) + 1;
      }
      return counts;
    },
  };
}

const emptyTotals: Totals = { flows: 0, live: 0, errors: 0, tunnels: 0, input: 0, output: 0, costUsd: 0 };

function add(totals: Totals, flow: FlowView, sign: 1 | -1): Totals {
  if (flow.action === "tunnel") return { ...totals, tunnels: totals.tunnels + sign };
  return {
    flows: totals.flows + sign,
    live: totals.live + (isLive(flow) ? sign : 0),
    errors: totals.errors + (isError(flow) ? sign : 0),
    tunnels: totals.tunnels,
    input: totals.input + sign * (flow.usage?.input ?? 0),
    output: totals.output + sign * (flow.usage?.output ?? 0),
    costUsd: totals.costUsd + sign * (flow.costUsd ?? 0),
  };
}
