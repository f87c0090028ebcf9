/** The hosts that clients connected to, and what became of it: decrypted, tunnelled and why, or refused by the client. */
import type { FlowBook } from "./flow-book.ts";
import type { FlowView, StatusView } from "./flow-view.ts";

/**
 * `unwatched`: not among the hosts that are decrypted. `excepted`: listed under intercept.tunnel. `out-of-scope`: it
 * should be decrypted, but the certificates may not speak for it. `refused`: the client does not trust them.
 */
export type Treatment = "decrypted" | "own" | "unwatched" | "excepted" | "out-of-scope" | "refused";

export interface HostRow {
  readonly id: string;
  readonly host: string;
  /** What became of the newest connection. */
  readonly how: Treatment;
  readonly calls: number;
  readonly tunnels: number;
  readonly refusals: number;
  /** WebSockets answered with 426, on which clients go on over HTTP. */
  readonly declined: number;
  /** Who called, as far as it was seen; a tunnel does not show it. */
  readonly clients: readonly string[];
  readonly lastAt: number;
  /** What the core said: why it was tunnelled, or what the client answered. */
  readonly why: string | null;
  readonly fix: string | null;
}

/** Newest first. */
export function hostRows(book: Pick<FlowBook, "all">, status: StatusView | null): readonly HostRow[] {
  const hosts = new Map<string, Seen>();
  for (const flow of book.all()) {
    if (flow.host === "") continue;
    let seen = hosts.get(flow.host);
    if (seen === undefined) {
      seen = { newest: flow, calls: 0, tunnels: 0, refusals: 0, declined: 0, clients: new Set() };
      hosts.set(flow.host, seen);
    }
    count(seen, flow);
  }
  return [...hosts]
    .map(([host, seen]) => rowOf(host, seen, status))
    .toSorted((one, other) => other.lastAt - one.lastAt);
}

/** Changed while flows are counted; it does not leave this file. */
interface Seen {
  newest: FlowView;
  calls: number;
  tunnels: number;
  refusals: number;
  declined: number;
  readonly clients: Set<string>;
}

function count(seen: Seen, flow: FlowView): void {
  if (flow.startedAt >= seen.newest.startedAt) seen.newest = flow;
  if (flow.refusal !== null) seen.refusals += flow.refusal.count;
  else if (flow.action === "tunnel") seen.tunnels += 1;
  else {
    seen.calls += 1;
    if (isDeclined(flow)) seen.declined += 1;
    if (flow.client !== "unknown") seen.clients.add(flow.client);
  }
}

function isDeclined({ action, protocol, status }: FlowView): boolean {
  return action === "bypass" && protocol === "websocket" && status === 426;
}

function rowOf(host: string, { newest, clients, ...counts }: Seen, status: StatusView | null): HostRow {
  const { refusal } = newest;
  const why = refusal?.message ?? newest.why.find(({ stage }) => stage === "intercept")?.text ?? null;
  return {
    id: host,
    host,
    how: treatmentOf(newest, why ?? "", status),
    ...counts,
    clients: [...clients],
    lastAt: newest.startedAt,
    why,
    fix: refusal?.fix ?? null,
  };
}

function treatmentOf(flow: FlowView, why: string, status: StatusView | null): Treatment {
  if (flow.refusal !== null) return "refused";
  if (flow.action !== "tunnel") return flow.host === status?.host ? "own" : "decrypted";
  // The core's words (`host-policy.ts`): they are the only place where it says which of the three it was.
  if (why.includes("intercept.tunnel")) return "excepted";
  return why.includes("outside the scope") ? "out-of-scope" : "unwatched";
}
