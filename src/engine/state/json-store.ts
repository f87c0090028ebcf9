/**
 * A small store in one private JSON file: lowdb in memory, the guarded adapter under it, and a queue in front. For what
 * changes seldom and must not be lost; not for what grows or changes with every call.
 */
import { Low } from "lowdb";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { Random } from "../../base/random.ts";
import { createGuardedAdapter } from "./guarded-adapter.ts";
import { StoreError } from "./store-error.ts";
import { diskFiles, type StoreFiles } from "./store-files.ts";
import { firstFault, type StoreShape } from "./store-text.ts";

export interface JsonStore<Data> {
  /** For the user: what had to be given up, repaired or left alone when the store was opened. */
  readonly notice: string | null;
  /** Why every update will be refused: the file is a later version's. */
  readonly readOnly: string | null;
  /** What is on the disk. Changes that are not there yet do not show. */
  data(): Data;
  /**
   * Resolves when this change is on the disk. `change` is pure, runs when its turn comes, and keeps the fields that it
   * does not know (`{ ...data, mine }`). Changes that wait together are written together. Rejected: not made, and the
   * next change does not see it.
   */
  update(change: (data: Data) => Data): Promise<void>;
  /** Hears what nobody waits for, once: a backup that could not be written. Returns how to stop it. */
  onTrouble(listener: (text: string) => void): () => void;
  /** Waits for what was asked; later updates are refused. */
  close(): Promise<void>;
}

export interface JsonStoreOptions<Data> {
  readonly path: string;
  readonly shape: StoreShape<Data>;
  readonly random: Random;
  readonly clock?: Clock;
  readonly files?: StoreFiles;
  /** Start of this process, wall clock, ms. */
  readonly startedAt?: number;
}

/** Updates that wait at the same time; more means that somebody keeps what belongs elsewhere. */
const maxWaiting = 10_000;

interface Waiting<Data> {
  readonly change: (data: Data) => Data;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Only the process that holds the instance lock opens a store, so nobody else writes it. @throws StoreError */
export async function openJsonStore<Data extends object>(options: JsonStoreOptions<Data>): Promise<JsonStore<Data>> {
  const { path, shape, random } = options;
  const adapter = createGuardedAdapter({
    path,
    shape,
    random,
    clock: options.clock ?? systemClock,
    files: options.files ?? diskFiles(random),
    startedAt: options.startedAt ?? performance.timeOrigin,
  });
  const low = new Low<Data>(adapter, shape.fresh());
  await low.read();

  const listeners = new Set<(text: string) => void>();
  let durable = low.data;
  let waiting: Waiting<Data>[] = [];
  let writing: Promise<void> | null = null;
  let closed = false;
  let troubled = false;

  async function writeWaiting(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await writeBatch(batch);
    }
    writing = null;
  }

  async function writeBatch(batch: readonly Waiting<Data>[]): Promise<void> {
    const made: Waiting<Data>[] = [];
    let next = durable;
    for (const one of batch) {
      try {
        const changed = one.change(next);
        const fault = firstFault(changed, shape.schema);
        if (fault !== null) throw new StoreError(`${path} was not changed: ${fault}`);
        next = changed;
        made.push(one);
      } catch (error) {
        one.failed(error);
      }
    }
    if (made.length === 0) return;
    try {
      low.data = next;
      await low.write();
    } catch (error) {
      low.data = durable;
      for (const one of made) one.failed(error);
      return;
    }
    durable = next;
    for (const one of made) one.done();
    await backUp();
  }

  async function backUp(): Promise<void> {
    try {
      await adapter.backUp();
      troubled = false;
    } catch (error) {
      if (troubled) return;
      troubled = true;
      const text = error instanceof Error ? error.message : String(error);
      for (const listener of listeners) listener(text);
    }
  }

  return {
    notice: adapter.notice(),
    readOnly: adapter.readOnly(),
    data: () => durable,
    update(change) {
      const refusal = refusalOf(path, closed, waiting.length, adapter.readOnly());
      if (refusal !== null) return Promise.reject(refusal);
      return new Promise((done, failed) => {
        waiting.push({ change, done, failed });
        writing ??= writeWaiting();
      });
    },
    onTrouble(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      closed = true;
      await writing;
    },
  };
}

function refusalOf(path: string, closed: boolean, waiting: number, readOnly: string | null): StoreError | null {
  if (readOnly !== null) return new StoreError(readOnly);
  if (closed) return new StoreError(`${path} is closed already; nothing was changed`);
  return waiting < maxWaiting
    ? null
    : new StoreError(`${path}: ${maxWaiting} changes wait already; this one was not made`);
}
