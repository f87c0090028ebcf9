/** How much of everything. */

export interface SoakPlan {
  /** How long the connections are spread over; the run is longer by its warm-up, its end and the flow log's part. */
  readonly loadMs: number;
  readonly hosts: number;
  readonly connections: number;
  /** Flows driven through the flow log alone; each is published twice. */
  readonly logFlows: number;
  /** Connections at work at a time. */
  readonly lanes: number;
  /** Of the core, while it is under load. */
  readonly samples: number;
  /** Too short a run says nothing about what grows: it is told and not judged. */
  readonly judgesGrowth: boolean;
}

const minute = 60_000;

export const plans = {
  /** Inside `npm test`. */
  short: {
    loadMs: 1_500,
    hosts: 40,
    connections: 60,
    logFlows: 10_000,
    lanes: 8,
    samples: 4,
    judgesGrowth: false,
  },
  usual: {
    loadMs: 3.5 * minute,
    hosts: 500,
    connections: 10_000,
    logFlows: 500_000,
    lanes: 16,
    samples: 60,
    judgesGrowth: true,
  },
  /** The numbers of the promise: a million flows. */
  full: {
    loadMs: 10 * minute,
    hosts: 500,
    connections: 10_000,
    logFlows: 1_000_000,
    lanes: 16,
    samples: 120,
    judgesGrowth: true,
  },
} satisfies Readonly<Record<string, SoakPlan>>;

/** As many connections a minute as the usual run makes, and never fewer than it makes in all. */
export function planFor(minutes: number): SoakPlan {
  const { usual } = plans;
  const loadMs = Math.max(minute, minutes * minute - 1.5 * minute);
  return {
    ...usual,
    loadMs,
    connections: Math.max(usual.connections, Math.round((usual.connections * loadMs) / usual.loadMs)),
  };
}
