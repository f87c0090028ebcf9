/**
 * Replies by their ids and the items they hold by theirs, bounded in number and bytes; the least recently used go first.
 * A reply names the one it goes on from, so a conversation is a chain of them. Items are kept as JSON text, and a text
 * that comes again (clients repeat their history) is held once. In memory only.
 */
import { hash } from "node:crypto";
import type { Clock } from "../../base/clock.ts";

export interface StoredItem {
  /** Null where nobody can refer to it. */
  readonly id: string | null;
  readonly text: string;
}

export interface StoredReply {
  /** The reply it goes on from. */
  readonly previous: string | null;
  /** What the request said beyond that one, as JSON texts. */
  readonly input: readonly string[];
  readonly output: readonly StoredItem[];
}

export interface ResponseStore {
  /** Keeps nothing of a reply that is larger than all there is room for. */
  remember(id: string, reply: StoredReply): void;
  /** All that was said up to and with a reply, oldest first; null where any of it is not known. */
  conversation(id: string): readonly string[] | null;
  item(id: string): string | null;
  /** What is held at the moment, for the bounds' sake. */
  size(): { readonly replies: number; readonly bytes: number };
}

export interface ResponseStoreLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
  /** Since a reply was last referred to. */
  readonly ttlMs: number;
}

interface Digested {
  readonly digest: string;
  readonly text: string;
}

interface Held extends Digested {
  users: number;
}

interface Entry {
  readonly id: string;
  readonly previous: string | null;
  readonly input: readonly Held[];
  readonly output: readonly Held[];
  /** Its own among the known ids of items. */
  readonly itemIds: readonly string[];
  usedAt: number;
}

/** Roughly what maps and objects cost around the texts. */
const entryOverhead = 512;
const itemOverhead = 96;
const textOverhead = 192;

export function createResponseStore(clock: Clock, limits: ResponseStoreLimits): ResponseStore {
  const { maxEntries, maxBytes, ttlMs } = limits;
  /** Least recently used first. */
  const entries = new Map<string, Entry>();
  const items = new Map<string, { readonly entry: Entry; readonly held: Held }>();
  const texts = new Map<string, Held>();
  let bytes = 0;

  const hold = ({ digest, text }: Digested): Held => {
    const known = texts.get(digest);
    if (known !== undefined) {
      known.users += 1;
      return known;
    }
    const held = { digest, text, users: 1 };
    texts.set(digest, held);
    bytes += textBytes(text);
    return held;
  };
  const release = (held: Held): void => {
    held.users -= 1;
    if (held.users > 0) return;
    texts.delete(held.digest);
    bytes -= textBytes(held.text);
  };
  const forget = (entry: Entry): void => {
    if (!entries.delete(entry.id)) return;
    bytes -= frameBytes(entry.input.length + entry.output.length);
    for (const id of entry.itemIds) items.delete(id);
    for (const held of [...entry.input, ...entry.output]) release(held);
  };
  const fresh = (entry: Entry | undefined, now: number): Entry | null => {
    if (entry === undefined) return null;
    if (now - entry.usedAt <= ttlMs) return entry;
    forget(entry);
    return null;
  };
  const use = (entry: Entry, now: number): void => {
    entry.usedAt = now;
    entries.delete(entry.id);
    entries.set(entry.id, entry);
  };

  return {
    remember(id, { previous, input, output }) {
      const known = entries.get(id);
      if (known !== undefined) forget(known);
      const asked = input.map(digested);
      const answered = output.map(({ text }) => digested(text));
      const frame = frameBytes(input.length + output.length);
      if (frame + distinctBytes([...asked, ...answered]) > maxBytes) return;
      const now = clock.monotonic();
      const held = answered.map(hold);
      const itemIds: string[] = [];
      const entry: Entry = { id, previous, input: asked.map(hold), output: held, itemIds, usedAt: now };
      bytes += frame;
      entries.set(id, entry);
      for (const [index, item] of output.entries()) {
        const text = held[index];
        // An id that is taken stays what it was: nobody's item changes under them.
        if (text === undefined || item.id === null || items.has(item.id)) continue;
        itemIds.push(item.id);
        items.set(item.id, { entry, held: text });
      }
      for (const oldest of entries.values()) {
        if (entries.size <= maxEntries && bytes <= maxBytes && now - oldest.usedAt <= ttlMs) break;
        forget(oldest);
      }
    },
    conversation(id) {
      const now = clock.monotonic();
      // A set: ids that lead in a circle lead nowhere.
      const chain = new Set<Entry>();
      for (let next: string | null = id; next !== null; ) {
        const entry = fresh(entries.get(next), now);
        if (entry === null || chain.has(entry)) return null;
        chain.add(entry);
        next = entry.previous;
      }
      const oldestFirst = [...chain].toReversed();
      for (const entry of oldestFirst) use(entry, now);
      return oldestFirst.flatMap((entry) => [...entry.input, ...entry.output].map(({ text }) => text));
    },
    item(id) {
      const found = items.get(id);
      const now = clock.monotonic();
      if (found === undefined || fresh(found.entry, now) === null) return null;
      use(found.entry, now);
      return found.held.text;
    },
    size: () => ({ replies: entries.size, bytes }),
  };
}

/** Held texts are known by it: a map of long texts would compare those of the same length. */
function digested(text: string): Digested {
  return { digest: hash("sha256", text, "base64"), text };
}

function distinctBytes(texts: readonly Digested[]): number {
  const sizes = new Map(texts.map(({ digest, text }) => [digest, textBytes(text)]));
  let bytes = 0;
  for (const size of sizes.values()) bytes += size;
  return bytes;
}

/** Two bytes to a character: the most a string costs. */
function textBytes(text: string): number {
  return textOverhead + 2 * text.length;
}

function frameBytes(count: number): number {
  return entryOverhead + itemOverhead * count;
}
