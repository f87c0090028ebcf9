/**
 * What the client keeps for a run, over the KV channel: asked for, so many at a time, and given into its keeping. A state may
 * be shown to it (a checkpoint) when nothing of what it names waits for a confirmation any more (docs/formats/cursor.md).
 */
import type { EngineError } from "../../../errors/engine-error.ts";
import type { BackendStep } from "../backend.ts";
import type { Message } from "../wire/schema.ts";
import { createBlobs, keyOf, type Blobs } from "./blobs.ts";
import { bytes, count, sub } from "./fields.ts";
import { sends } from "./messages.ts";
import type { KeptBlob } from "./record.ts";
import { createWaiting } from "./waiting.ts";

/** A client answers for its own store at once; D1's capture shows milliseconds. */
const answerLimitMs = 30_000;
const maxKeptBytes = 64 * 1024 * 1024;
export const maxKeptBlobs = 8_192;
/** At the same time; the rest waits its turn. */
export const maxAskedAtOnce = 64;

/** What an answer of the client's store meant. `Output`: whatever the caller wants to know a fetched output by. */
export type KeepingNews<Output> =
  /** An answer that nobody waits for: it came twice, or was never asked for. */
  | { readonly type: "nothing" }
  | { readonly type: "fetched" }
  /** `null`: the client does not have it. */
  | { readonly type: "output"; readonly of: Output; readonly bytes: Uint8Array | null }
  | { readonly type: "confirmed" }
  | { readonly type: "failed"; readonly error: EngineError };

export type Fetching =
  | { readonly ok: true; readonly steps: readonly BackendStep[] }
  | { readonly ok: false; readonly error: EngineError };

export interface Keeping<Output> {
  readonly blobs: Blobs;
  /**
   * Asks for what is missing, as far as there is room; to be called again after each `fetched`. `missing` is asked level by
   * level: what a blob names is looked for when all of its level are there.
   */
  fetch(missing: () => readonly Uint8Array[], now: number): Fetching;
  /** Asks for one blob out of turn: what a tool gave, kept apart from its result because it is large. */
  fetchOutput(id: Uint8Array, output: Output, now: number): BackendStep;
  keep(fresh: readonly KeptBlob[], now: number): readonly BackendStep[];
  answered(result: Message): KeepingNews<Output>;
  readonly isWaiting: boolean;
  isLate(now: number): boolean;
  clear(): void;
}

type Request<Output> =
  | { readonly kind: "get"; readonly id: Uint8Array }
  | { readonly kind: "set" }
  | { readonly kind: "output"; readonly output: Output };

export function createKeeping<Output>(): Keeping<Output> {
  const blobs = createBlobs(maxKeptBytes);
  const open = createWaiting<Request<Output>>(answerLimitMs);
  const asked = new Set<string>();
  /** The next one last. */
  let wanted: Uint8Array[] = [];

  const get = (request: Request<Output>, id: Uint8Array, now: number): BackendStep =>
    sends({ kvServerMessage: { id: open.open(request, now), getBlobArgs: { blobId: id } } });

  return {
    blobs,
    fetch(missing, now) {
      if (wanted.length === 0 && open.size === 0) wanted = [...missing()].toReversed();
      const steps: BackendStep[] = [];
      while (open.size < maxAskedAtOnce) {
        const id = wanted.pop();
        if (id === undefined) break;
        const key = keyOf(id);
        if (asked.has(key)) continue;
        if (asked.size >= maxKeptBlobs) return { ok: false, error: tooManyBlobs };
        asked.add(key);
        steps.push(get({ kind: "get", id }, id, now));
      }
      return { ok: true, steps };
    },
    fetchOutput: (id, output, now) => get({ kind: "output", output }, id, now),
    keep: (fresh, now) =>
      fresh.map(({ id, bytes: body }) =>
        sends({
          kvServerMessage: { id: open.open({ kind: "set" }, now), setBlobArgs: { blobId: id, blobData: body } },
        }),
      ),
    answered(result) {
      const request = open.close(count(result, "id"));
      if (request === undefined) return { type: "nothing" };
      if (request.kind === "set") {
        const error = sub(sub(result, "setBlobResult"), "error");
        // The state must not name what the client does not have, and without a state this turn would be forgotten.
        return error === undefined ? { type: "confirmed" } : { type: "failed", error: notKept };
      }
      const got = sub(result, "getBlobResult");
      const found = got === undefined || !Object.hasOwn(got, "blobData") ? null : bytes(got, "blobData");
      if (request.kind === "output") return { type: "output", of: request.output, bytes: found };
      if (found === null) return { type: "failed", error: blobMissing };
      return blobs.received(request.id, found) ? { type: "fetched" } : { type: "failed", error: tooManyBlobs };
    },
    get isWaiting() {
      return open.size > 0;
    },
    isLate: (now) => open.isLate(now),
    clear: () => open.clear(),
  };
}

const blobMissing: EngineError = {
  kind: "bad-request",
  message: "the client does not have a part of the conversation that its state names",
};
const notKept: EngineError = { kind: "bad-request", message: "the client could not keep a part of the conversation" };
export const tooManyBlobs: EngineError = {
  kind: "too-large",
  message: `the conversation is larger than ${maxKeptBytes / 1024 / 1024} MiB or ${maxKeptBlobs} parts`,
};
