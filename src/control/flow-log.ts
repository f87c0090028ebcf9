/**
 * The memory of what went by: a ring of flows bounded by count and by bytes. It records on the relay path (constant
 * time, no copy of a body, no timer per chunk) and is read off it: snapshots, and a notice of changed flows at most
 * every `noticeIntervalMs`. Bodies stay as they came; they are decoded when someone looks.
 */
import type { Clock } from "../base/clock.ts";
import type { FlowCounts } from "../base/controls.ts";
import type {
  CapturedHead,
  FlowAction,
  FlowFact,
  FlowRecord,
  FlowRecorder,
  FlowSide,
  FlowStart,
  FlowTap,
} from "../base/flow.ts";
import type { Random } from "../base/random.ts";
import type { Secret } from "../base/secret.ts";
import {
  applyFact,
  type Entry,
  type FlowOutcome,
  newEntry,
  outcomeOf,
  type Side,
  sideOf,
  snapshot,
  storeHead,
} from "./flow-entry.ts";

export interface FlowLog extends FlowRecorder {
  /** The newest `limit` flows, oldest first. */
  list(limit?: number): readonly FlowRecord[];
  find(id: string): CapturedFlow | undefined;
  /** Newest first; only those before `before`. Null: that id is not of this run, so nothing is before it. */
  newest(before?: string): readonly CapturedFlow[] | null;
  /** Takes ended flows out of the log by hand. What has not ended stays. */
  remove(ids: Iterable<string>): Removal;
  counts(): FlowCounts;
  /** How many flows each rule decided, by the rule's number. */
  ruleHits(): ReadonlyMap<number, number>;
  /** After a reload the numbers mean other rules. */
  forgetRuleHits(): void;
  /** Told of flows that started, changed or ended, together and at most every `noticeIntervalMs`. */
  subscribe(listener: (flows: readonly FlowRecord[]) => void): () => void;
  /** Tells now what `subscribe` would tell within the interval: nothing is owed to a reader that is about to be let go. */
  flush(): void;
  /** Told of flows that were removed by hand. */
  onRemoved(listener: (ids: readonly string[]) => void): () => void;
  /** Told once of every flow that ended, at once, on the relay path: put it in a queue and return. */
  onEnded(listener: (flow: CapturedFlow) => void): () => void;
  close(): void;
}

export interface Removal {
  readonly removed: readonly string[];
  readonly live: readonly string[];
  readonly missing: readonly string[];
}

/** A flow with its bytes. Live: it shows what is there when asked. */
export interface CapturedFlow {
  readonly id: string;
  /** These cost nothing or next to nothing; `record` makes a snapshot. */
  readonly action: FlowAction;
  readonly method: string;
  /** As its wing opened it, secrets in the path masked. */
  readonly start: FlowStart;
  outcome(): FlowOutcome;
  record(): FlowRecord;
  side(side: FlowSide): CapturedSide | undefined;
  /** For facts found out later by reading the bodies. */
  tell(fact: FlowFact): void;
}

export interface CapturedSide {
  readonly head: CapturedHead | null;
  /** What was masked in the head of a request; nobody shows them. */
  readonly secrets?: readonly Secret[];
  /** Bytes that passed. */
  readonly bytes: number;
  /** Bytes in `chunks`. */
  readonly captured: number;
  readonly chunks: readonly Uint8Array[];
  /** When each of `chunks` came, ms since the flow began. */
  readonly times: readonly number[];
}

export interface FlowLogLimits {
  readonly flows: number;
  /** Everything kept: bodies, heads, and what a chunk costs beyond its bytes. */
  readonly bytes: number;
  readonly requestBodyBytes: number;
  readonly replyBodyBytes: number;
}

const defaultFlowLogLimits: FlowLogLimits = {
  flows: 1000,
  bytes: 64 * 1024 * 1024,
  requestBodyBytes: 1024 * 1024,
  replyBodyBytes: 4 * 1024 * 1024,
};

export interface FlowLogDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<FlowLogLimits>;
  /** Runs the callback once, later; returns what cancels it. Default: an unreferenced timer. */
  readonly schedule?: (callback: () => void, delayMs: number) => () => void;
  readonly onListenerError?: (error: unknown) => void;
}

/** Ten notices a second are as much as a screen can use. */
export const noticeIntervalMs = 100;

/** What a kept chunk costs beside its bytes: the view object, its slot and its time (measured on Node 20, about 110 bytes). */
const chunkOverheadBytes = 136;

/** A record without heads and bodies, roughly. */
const recordWeight = 1024;

/** A chunk that is less than this share of its backing store is copied, or a few bytes would pin a whole socket read. */
const pinnedShare = 4;

/** Node's own pool for small buffers (8 KiB, from Node 24 on 64): pinning a part of it is the normal state of things. */
const poolBytes = Buffer.poolSize;

export function createFlowLog(deps: FlowLogDeps): FlowLog {
  const { clock } = deps;
  const limits = { ...defaultFlowLogLimits, ...deps.limits };
  const schedule = deps.schedule ?? unreferencedTimer;
  const prefix = runPrefix(deps.random);
  const entries = new Map<string, Entry>();
  /** Ended flows and flows with bodies, each oldest first: what can be let go of without a search. */
  const ended = new Set<Entry>();
  const withBodies = new Set<Entry>();
  const dirty = new Set<Entry>();
  const listeners = new Set<(flows: readonly FlowRecord[]) => void>();
  const endListeners = new Set<(flow: CapturedFlow) => void>();
  const removalListeners = new Set<(ids: readonly string[]) => void>();
  const hits = new Map<number, number>();
  let count = 0;
  let weight = 0;
  let tunnels = 0;
  let dropped = 0;
  let cancelNotice: (() => void) | null = null;

  function open(start: FlowStart): FlowTap {
    count += 1;
    const entry = newEntry(prefix + count.toString(36).padStart(5, "0"), start, clock);
    entries.set(entry.id, entry);
    if (start.action === "tunnel") tunnels += 1;
    grow(entry, "headWeight", recordWeight);
    changed(entry);
    makeRoom();
    return {
      id: entry.id,
      head: (side, head) => {
        if (entry.evicted || entry.endedAt !== undefined) return;
        if (side.startsWith("upstream")) beginAnew(entry, side);
        grow(entry, "headWeight", storeHead(entry, side, head));
        changed(entry);
        makeRoom();
      },
      chunk: (side, bytes) => keep(entry, side, bytes),
      tell: (fact) => tell(entry, fact),
    };
  }

  function keep(entry: Entry, name: FlowSide, bytes: Uint8Array): void {
    if (entry.endedAt !== undefined || bytes.byteLength === 0) return;
    const side = sideOf(entry, name);
    side.bytes += bytes.byteLength;
    if (side.full || entry.evicted) return;
    const room = bodyLimit(name) - side.captured;
    const part = bytes.byteLength <= room ? bytes : bytes.subarray(0, room);
    if (part !== bytes) side.full = true;
    if (part.byteLength === 0) return;
    side.chunks.push(pinsTooMuch(part) ? Buffer.from(part) : part);
    side.times.push(clock.monotonic() - entry.startedMonotonic);
    side.captured += part.byteLength;
    grow(entry, "bodyWeight", part.byteLength + chunkOverheadBytes);
    withBodies.add(entry);
    makeRoom();
  }

  /** Of several attempts the last one is kept: what the one before it sent is not the beginning of this one's. */
  function beginAnew(entry: Entry, name: FlowSide): void {
    const side = entry.sides[name];
    if (side === undefined || side.head === null) return;
    grow(entry, "bodyWeight", -(side.captured + side.chunks.length * chunkOverheadBytes));
    entry.sides[name] = undefined;
  }

  function bodyLimit(side: FlowSide): number {
    return side === "client-request" || side === "upstream-request" ? limits.requestBodyBytes : limits.replyBodyBytes;
  }

  function tell(entry: Entry, fact: FlowFact): void {
    const before = entry.action;
    if (!applyFact(entry, fact, clock)) return;
    if (entry.evicted) return;
    if (entry.action !== before) tunnels += Number(entry.action === "tunnel") - Number(before === "tunnel");
    if (fact.type === "why" && fact.step.stage === "rule") countHit(fact.step["rule"]);
    changed(entry);
    if (fact.type !== "ended") return;
    ended.add(entry);
    const flow = captured(entry);
    for (const listener of endListeners) guarded(() => listener(flow));
    makeRoom();
  }

  function countHit(rule: string | number | boolean | undefined): void {
    if (typeof rule === "number") hits.set(rule, (hits.get(rule) ?? 0) + 1);
  }

  function grow(entry: Entry, part: "headWeight" | "bodyWeight", bytes: number): void {
    entry[part] += bytes;
    weight += bytes;
  }

  /** Oldest bodies go first, then the oldest ended flows; a live flow keeps its record. */
  function makeRoom(): void {
    while (weight > limits.bytes) {
      const oldest = withBodies.values().next().value;
      if (oldest === undefined) break;
      dropBodies(oldest);
    }
    while (entries.size > limits.flows || weight > limits.bytes) {
      const oldest = ended.values().next().value;
      if (oldest === undefined) break;
      evict(oldest);
    }
  }

  function dropBodies(entry: Entry): void {
    withBodies.delete(entry);
    weight -= entry.bodyWeight;
    entry.bodyWeight = 0;
    for (const side of Object.values(entry.sides)) {
      if (side === undefined) continue;
      side.chunks = [];
      side.times = [];
      side.captured = 0;
      side.full = true;
    }
  }

  function evict(entry: Entry): void {
    letGo(entry);
    dropped += 1;
  }

  function letGo(entry: Entry): void {
    dropBodies(entry);
    entries.delete(entry.id);
    ended.delete(entry);
    dirty.delete(entry);
    weight -= entry.headWeight;
    if (entry.action === "tunnel") tunnels -= 1;
    entry.evicted = true;
  }

  function remove(ids: Iterable<string>): Removal {
    const removed: string[] = [];
    const live: string[] = [];
    const missing: string[] = [];
    for (const id of ids) {
      const entry = entries.get(id);
      if (entry === undefined) missing.push(id);
      else if (entry.endedAt === undefined) live.push(id);
      else {
        letGo(entry);
        removed.push(id);
      }
    }
    if (removed.length > 0) for (const listener of removalListeners) guarded(() => listener(removed));
    return { removed, live, missing };
  }

  function changed(entry: Entry): void {
    if (listeners.size === 0) return;
    dirty.add(entry);
    cancelNotice ??= schedule(notify, noticeIntervalMs);
  }

  function notify(): void {
    cancelNotice = null;
    const flows = [...dirty].map(snapshot);
    dirty.clear();
    for (const listener of listeners) guarded(() => listener(flows));
  }

  function guarded(call: () => void): void {
    try {
      call();
    } catch (error) {
      deps.onListenerError?.(error);
    }
  }

  function captured(entry: Entry): CapturedFlow {
    return {
      id: entry.id,
      action: entry.action,
      method: entry.start.method,
      start: entry.start,
      outcome: () => outcomeOf(entry),
      record: () => snapshot(entry),
      side: (name) => (entry.sides[name] === undefined ? undefined : capturedSide(entry.sides[name])),
      tell: (fact) => tell(entry, fact),
    };
  }

  return {
    open,
    list(limit = Number.POSITIVE_INFINITY) {
      const skipped = Math.max(0, entries.size - limit);
      return [...entries.values()].slice(skipped).map(snapshot);
    },
    find(id) {
      const entry = entries.get(id);
      return entry === undefined ? undefined : captured(entry);
    },
    newest(before) {
      if (before !== undefined && !before.startsWith(prefix)) return null;
      const older = [...entries.values()].filter(({ id }) => before === undefined || isOlder(id, before));
      return older.toReversed().map(captured);
    },
    remove,
    counts: () => ({ flows: entries.size, live: entries.size - ended.size, tunnels, dropped }),
    ruleHits: () => new Map(hits),
    forgetRuleHits: () => hits.clear(),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    flush() {
      if (cancelNotice === null) return;
      cancelNotice();
      notify();
    },
    onRemoved(listener) {
      removalListeners.add(listener);
      return () => removalListeners.delete(listener);
    },
    onEnded(listener) {
      endListeners.add(listener);
      return () => endListeners.delete(listener);
    },
    close() {
      cancelNotice?.();
      cancelNotice = null;
      listeners.clear();
      endListeners.clear();
      removalListeners.clear();
    },
  };
}

/** Ids count up: the longer one is the newer one, until they are equally long. */
function isOlder(id: string, than: string): boolean {
  return id.length === than.length ? id < than : id.length < than.length;
}

function capturedSide(side: Side): CapturedSide {
  const { head, secrets, bytes, captured, chunks, times } = side;
  return { head, secrets, bytes, captured, chunks, times };
}

function pinsTooMuch(bytes: Uint8Array): boolean {
  const backing = bytes.buffer.byteLength;
  return backing > poolBytes && bytes.byteLength * pinnedShare < backing;
}

/** Three characters that tell this run's flows from the last one's. */
function runPrefix(random: Random): string {
  return (random.bytes(4).readUInt32BE() % 36 ** 3).toString(36).padStart(3, "0");
}

function unreferencedTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
}
