/**
 * One flow while it is in the log: what was told of it so far, and the bytes kept of each side. Mutable and private to
 * the flow log, which hands out snapshots. Nothing here throws or waits: it runs on the relay path.
 */
import type { Clock } from "../base/clock.ts";
import type {
  Attempt,
  CapturedHead,
  FlowFact,
  FlowRecord,
  FlowSide,
  FlowStart,
  Timings,
  WhyStep,
} from "../base/flow.ts";
import type { Secret } from "../base/secret.ts";
import { unreachable } from "../base/unreachable.ts";
import { maskedValues } from "./flow-redactor.ts";
import { maskHeaders, maskTarget } from "./mask.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

export interface Entry {
  readonly id: string;
  readonly startedAt: number;
  readonly startedMonotonic: number;
  endedAt: number | undefined;
  readonly start: FlowStart;
  action: FlowRecord["action"];
  status: number | null;
  state: FlowRecord["state"];
  formats: FlowRecord["formats"];
  model: FlowRecord["model"];
  provider: string | null;
  account: string | null;
  combo: string | undefined;
  session: string | undefined;
  readonly attempts: Writable<Attempt>[];
  readonly why: WhyStep[];
  usage: FlowRecord["usage"];
  costUsd: number | undefined;
  readonly timings: Writable<Timings>;
  losses: readonly string[];
  error: string | undefined;
  readonly sides: Record<FlowSide, Side | undefined>;
  /** Bytes this entry counts for in the log's budget: bodies, and everything else. */
  bodyWeight: number;
  headWeight: number;
  /** No longer in the log; its tap may still speak. */
  evicted: boolean;
}

/** What was seen of one side. `bytes` counts everything that passed, `captured` what is kept. */
export interface Side {
  head: CapturedHead | null;
  /** What was masked in the head of a request. */
  secrets: readonly Secret[];
  bytes: number;
  captured: number;
  chunks: Uint8Array[];
  /** Ms since the flow began, one for each chunk. */
  times: number[];
  /** Nothing more is kept: the bound is reached, or the bytes had to go. */
  full: boolean;
}

/** Lists and texts that a long-lived flow could grow without end. */
const maxWhySteps = 64;
const maxAttempts = 32;
const maxLosses = 64;
const maxTextLength = 2000;

/** Replaced as a whole when something becomes known; the entries of passed-through calls keep these. */
const noFormats: FlowRecord["formats"] = { client: null, upstream: null };
const noModel: FlowRecord["model"] = { asked: null, served: null };

export function newEntry(id: string, start: FlowStart, clock: Clock): Entry {
  return {
    id,
    startedAt: clock.now(),
    startedMonotonic: clock.monotonic(),
    endedAt: undefined,
    start: { ...start, path: maskTarget(start.path) },
    action: start.action,
    status: null,
    state: "open",
    formats: noFormats,
    model: noModel,
    provider: null,
    account: null,
    combo: undefined,
    session: undefined,
    attempts: [],
    why: [],
    usage: null,
    costUsd: undefined,
    timings: { connectMs: null, tlsMs: null, translateMs: null, ttfbMs: null, firstTokenMs: null, totalMs: null },
    losses: [],
    error: undefined,
    // All four from the start: adding properties later would change the object's shape on the relay path.
    sides: {
      "client-request": undefined,
      "upstream-request": undefined,
      "upstream-reply": undefined,
      "client-reply": undefined,
    },
    bodyWeight: 0,
    headWeight: 0,
    evicted: false,
  };
}

export function sideOf(entry: Entry, side: FlowSide): Side {
  return (entry.sides[side] ??= { head: null, secrets: [], bytes: 0, captured: 0, chunks: [], times: [], full: false });
}

/** Stores a head with its secrets masked; returns about how many bytes it takes. */
export function storeHead(entry: Entry, side: FlowSide, head: CapturedHead): number {
  const headers = maskHeaders(head.headers);
  const masked = { line: maskTarget(head.line), headers };
  const stored = sideOf(entry, side);
  stored.head = masked;
  if (side.endsWith("request")) stored.secrets = maskedValues(head, masked);
  let weight = head.line.length;
  for (const [name, value] of headers) weight += name.length + value.length;
  return weight;
}

/** What a reading of the bodies after the end can still add. */
const afterTheEnd: ReadonlySet<FlowFact["type"]> = new Set(["usage", "described", "cost"]);

/** Takes one fact in. After the end only what a later reading of the bodies can add is still heard. */
export function applyFact(entry: Entry, fact: FlowFact, clock: Clock): boolean {
  if (entry.endedAt !== undefined && !afterTheEnd.has(fact.type)) return false;
  const { timings } = entry;
  const sinceStart = (): number => clock.monotonic() - entry.startedMonotonic;
  switch (fact.type) {
    case "described":
      describe(entry, fact);
      return true;
    case "why":
      if (entry.why.length < maxWhySteps) entry.why.push({ ...fact.step, text: shortened(fact.step.text) });
      return true;
    case "connected":
      timings.connectMs = fact.connectMs;
      timings.tlsMs = fact.tlsMs;
      return true;
    case "attempt-started":
      if (entry.attempts.length < maxAttempts) {
        const { provider, account, model } = fact;
        entry.attempts.push({ provider, account, model, status: null, startedAt: clock.now(), endedAt: null });
      }
      return true;
    case "attempt-ended":
      endAttempt(entry, fact, clock);
      return true;
    case "reply-started":
      entry.status = fact.status;
      entry.state = "streaming";
      timings.ttfbMs ??= sinceStart();
      return true;
    case "first-token":
      timings.firstTokenMs ??= sinceStart();
      return true;
    case "translated":
      timings.translateMs = (timings.translateMs ?? 0) + fact.ms;
      return true;
    case "usage":
      entry.usage = fact.usage;
      return true;
    case "cost":
      entry.costUsd = fact.usd;
      return true;
    case "cooled": {
      const attempt = entry.attempts.at(-1);
      if (attempt !== undefined) attempt.cooldownMs = fact.cooldownMs;
      return true;
    }
    case "losses":
      entry.losses = [...entry.losses, ...fact.losses.map(shortened)].slice(0, maxLosses);
      return true;
    case "ended":
      entry.state = fact.state;
      entry.endedAt = clock.now();
      timings.totalMs = sinceStart();
      if (fact.error !== undefined) entry.error = shortened(fact.error);
      return true;
    default:
      return unreachable(fact);
  }
}

/**
 * The public record as it stands now; it does not change with the flow. Each field by its name, and those that may be missing
 * afterwards: a literal with spreads in it is built property by property, and a reader has one made of every call.
 */
export function snapshot(entry: Entry): FlowRecord {
  const { client, host, method, path, protocol, run } = entry.start;
  const record: Writable<FlowRecord> = {
    id: entry.id,
    startedAt: entry.startedAt,
    client,
    host,
    method,
    path,
    protocol,
    status: entry.status,
    state: entry.state,
    action: entry.action,
    formats: entry.formats,
    model: entry.model,
    provider: entry.provider,
    account: entry.account,
    attempts: entry.attempts.length === 0 ? none : entry.attempts.map((attempt) => ({ ...attempt })),
    why: entry.why.length === 0 ? none : [...entry.why],
    usage: entry.usage,
    timings: { ...entry.timings },
    losses: entry.losses,
  };
  if (entry.endedAt !== undefined) record.endedAt = entry.endedAt;
  if (entry.combo !== undefined) record.combo = entry.combo;
  if (entry.session !== undefined) record.session = entry.session;
  if (run !== undefined) record.run = run;
  if (entry.costUsd !== undefined) record.costUsd = entry.costUsd;
  if (entry.error !== undefined) record.error = entry.error;
  return record;
}

const none: readonly never[] = [];

/** What counters want of a flow that has ended. Every call is counted, so it is no snapshot: read it at once. */
export type FlowOutcome = Pick<
  FlowRecord,
  "action" | "host" | "protocol" | "provider" | "state" | "status" | "timings"
>;

export function outcomeOf(entry: Entry): FlowOutcome {
  return {
    action: entry.action,
    host: entry.start.host,
    protocol: entry.start.protocol,
    provider: entry.provider,
    state: entry.state,
    status: entry.status,
    timings: entry.timings,
  };
}

function describe(entry: Entry, fact: Extract<FlowFact, { type: "described" }>): void {
  if (fact.action !== undefined) entry.action = fact.action;
  if (fact.formats !== undefined) entry.formats = { ...entry.formats, ...fact.formats };
  if (fact.model !== undefined) entry.model = { ...entry.model, ...fact.model };
  if (fact.provider !== undefined) entry.provider = fact.provider;
  if (fact.account !== undefined) entry.account = fact.account;
  if (fact.combo !== undefined) entry.combo = fact.combo;
  if (fact.session !== undefined) entry.session = fact.session;
  // What its transport met says more than what the reply says.
  if (fact.error !== undefined) entry.error ??= shortened(fact.error);
}

function endAttempt(entry: Entry, fact: Extract<FlowFact, { type: "attempt-ended" }>, clock: Clock): void {
  const attempt = entry.attempts.at(-1);
  if (attempt === undefined || attempt.endedAt !== null) return;
  attempt.status = fact.status;
  attempt.endedAt = clock.now();
  if (fact.error !== undefined) attempt.error = shortened(fact.error);
  if (fact.cooldownMs !== undefined) attempt.cooldownMs = fact.cooldownMs;
}

function shortened(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}…`;
}
