/** The ledger's memory: turns by their calls or their text, bounded in number and bytes, the least recently used go first. */
import type { Clock } from "../../base/clock.ts";
import type { AssistantPart, ToolCallPart } from "./message.ts";
import { argumentsKey, textKey, type RememberedCall, type TurnMemory } from "./turn-memory.ts";

/** A remembered turn, and which calls of the history are its own, in its order. */
export interface Recalled {
  readonly memory: TurnMemory;
  readonly calls: readonly ToolCallPart[];
}

export interface TurnStore {
  isEmpty(): boolean;
  remember(memory: TurnMemory): void;
  /** The remembered turns that these parts of one turn of the history are. */
  recall(parts: readonly AssistantPart[]): readonly Recalled[];
}

export interface TurnStoreLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Since a turn was last asked for. */
  readonly ttlMs: number;
}

interface Entry {
  readonly memory: TurnMemory;
  usedAt: number;
}

export function createTurnStore(clock: Clock, { maxEntries, maxBytes, ttlMs }: TurnStoreLimits): TurnStore {
  /** Least recently used first. */
  const entries = new Map<string, Entry>();
  const byCall = createCallIndex();
  let bytes = 0;

  const forget = (entry: Entry): void => {
    if (!entries.delete(entry.memory.key)) return;
    bytes -= entry.memory.bytes;
    byCall.remove(entry);
  };
  const use = (entry: Entry, now: number): TurnMemory => {
    entry.usedAt = now;
    entries.delete(entry.memory.key);
    entries.set(entry.memory.key, entry);
    return entry.memory;
  };
  const isFresh = (entry: Entry, now: number): boolean => {
    if (now - entry.usedAt <= ttlMs) return true;
    forget(entry);
    return false;
  };
  const recallByText = (parts: readonly AssistantPart[], now: number): readonly Recalled[] => {
    const key = textKey(parts);
    const entry = key === null ? undefined : entries.get(key);
    return entry !== undefined && isFresh(entry, now) ? [{ memory: use(entry, now), calls: [] }] : [];
  };
  const recallByCalls = (calls: readonly ToolCallPart[], now: number): readonly Recalled[] => {
    const recalled: Recalled[] = [];
    const open = new Map<string, ToolCallPart>();
    for (const call of calls) {
      const key = byCall.keyOf(call);
      if (key !== null && !open.has(key)) open.set(key, call);
    }
    for (const key of open.keys()) {
      let best: { readonly entry: Entry; readonly calls: readonly ToolCallPart[] } | null = null;
      for (const entry of byCall.find(key)) {
        const own = isFresh(entry, now) ? ownCalls(entry.memory, open) : null;
        if (own !== null && own.length > (best?.calls.length ?? 0)) best = { entry, calls: own };
      }
      if (best === null) continue;
      for (const call of best.entry.memory.calls) open.delete(callKey(call));
      recalled.push({ memory: use(best.entry, now), calls: best.calls });
    }
    return recalled;
  };

  return {
    isEmpty: () => entries.size === 0,
    remember(memory) {
      if (memory.bytes > maxBytes) return;
      const known = entries.get(memory.key);
      if (known !== undefined) forget(known);
      const now = clock.monotonic();
      const added: Entry = { memory, usedAt: now };
      entries.set(memory.key, added);
      bytes += memory.bytes;
      byCall.add(added);
      for (const oldest of entries.values()) {
        if (entries.size <= maxEntries && bytes <= maxBytes && now - oldest.usedAt <= ttlMs) break;
        forget(oldest);
      }
    },
    recall(parts) {
      const calls = parts.filter((part) => part.type === "tool-call");
      const now = clock.monotonic();
      return calls.length === 0 ? recallByText(parts, now) : recallByCalls(calls, now);
    },
  };
}

/** All of a remembered turn's calls must be there: one that looks alike makes another conversation's turn not this one. */
function ownCalls(memory: TurnMemory, open: ReadonlyMap<string, ToolCallPart>): readonly ToolCallPart[] | null {
  const own: ToolCallPart[] = [];
  for (const wanted of memory.calls) {
    const call = open.get(callKey(wanted));
    if (call === undefined) return null;
    own.push(call);
  }
  return own;
}

function callKey({ id, name, argumentsKey: hash }: RememberedCall): string {
  return `${id}\0${name}\0${hash}`;
}

/** Which turns a call occurs in. An id alone says little: some upstreams name every first call `functions.ls:0`. */
function createCallIndex() {
  const turns = new Map<string, readonly Entry[]>();
  /** How many remembered calls have an id: arguments are hashed for these only. */
  const ids = new Map<string, number>();
  const count = (id: string, more: 1 | -1): void => {
    const next = (ids.get(id) ?? 0) + more;
    if (next === 0) ids.delete(id);
    else ids.set(id, next);
  };
  return {
    add(entry: Entry): void {
      for (const call of entry.memory.calls) {
        const key = callKey(call);
        // The latest first: of two turns that look alike it is the likelier one.
        turns.set(key, [entry, ...(turns.get(key) ?? [])]);
        count(call.id, 1);
      }
    },
    remove(entry: Entry): void {
      for (const call of entry.memory.calls) {
        const key = callKey(call);
        const others = (turns.get(key) ?? []).filter((other) => other !== entry);
        if (others.length === 0) turns.delete(key);
        else turns.set(key, others);
        count(call.id, -1);
      }
    },
    find: (key: string): readonly Entry[] => turns.get(key) ?? [],
    /** Null for a call that cannot be remembered. */
    keyOf: ({ id, name, arguments: text }: ToolCallPart): string | null =>
      ids.has(id) ? callKey({ id, name, argumentsKey: argumentsKey(text) }) : null,
  };
}
