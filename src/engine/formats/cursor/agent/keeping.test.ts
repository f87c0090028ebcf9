/** What the client keeps, as a value: what is asked for and when, what an answer means, and what is still waited for. */
import { describe, expect, it } from "vitest";
import { createEnvelopeReader } from "../../../codecs/connect.ts";
import type { BackendStep } from "../backend.ts";
import { decodeMessage, type Message } from "../wire/schema.ts";
import { blobId } from "./blobs.ts";
import { bytes, count, sub } from "./fields.ts";
import { createKeeping, maxAskedAtOnce, maxKeptBlobs } from "./keeping.ts";

function requests(steps: readonly BackendStep[]): readonly Message[] {
  const reader = createEnvelopeReader(null);
  return steps.flatMap((step) =>
    step.type === "send"
      ? reader
          .push(step.bytes)
          .map(({ payload }) => sub(decodeMessage("AgentServerMessage", payload), "kvServerMessage") ?? {})
      : [],
  );
}

/** Numbers of the requests and the bytes of the blobs they are about. */
function fetched(keeping: ReturnType<typeof createKeeping>, missing: readonly Uint8Array[]) {
  const fetching = keeping.fetch(() => missing, 0);
  if (!fetching.ok) return fetching.error;
  return requests(fetching.steps).map((request) => ({
    id: count(request, "id"),
    blob: Buffer.from(bytes(sub(request, "getBlobArgs"), "blobId")).toString(),
  }));
}

const names = (amount: number, prefix = "blob"): readonly Buffer[] =>
  Array.from({ length: amount }, (_, at) => Buffer.from(`${prefix}-${at}`));
const has = (id: number, body: string): Message => ({ id, getBlobResult: { blobData: Buffer.from(body) } });

describe("fetching", () => {
  it("asks in order, each once, and looks for the next level when all of this one are there", () => {
    const keeping = createKeeping();
    const [first, second, below] = names(3);
    if (first === undefined || second === undefined || below === undefined) throw new Error("three names");
    expect(fetched(keeping, [first, second, first])).toEqual([
      { id: 1, blob: "blob-0" },
      { id: 2, blob: "blob-1" },
    ]);
    expect(keeping.answered(has(2, "B"))).toEqual({ type: "fetched" });
    expect(fetched(keeping, [below])).toEqual([]);
    expect(keeping.answered(has(1, "A"))).toEqual({ type: "fetched" });
    expect(keeping.isWaiting).toBe(false);
    expect(fetched(keeping, [below, first])).toEqual([{ id: 3, blob: "blob-2" }]);
    expect(Buffer.from(keeping.blobs.get(second) ?? []).toString()).toBe("B");
  });

  it("keeps to a number of requests at once, and to a number in all", () => {
    const keeping = createKeeping();
    const many = names(maxKeptBlobs + 1);
    let open = fetched(keeping, many);
    expect(open).toHaveLength(maxAskedAtOnce);
    let answered = 0;
    for (; Array.isArray(open) && answered < maxKeptBlobs; answered += 1) {
      expect(keeping.answered(has(answered + 1, "x"))).toEqual({ type: "fetched" });
      open = fetched(keeping, many);
    }
    expect(open).toMatchObject({ kind: "too-large" });
    expect(answered).toBe(maxKeptBlobs - maxAskedAtOnce + 1);
  });

  it("an answer without the blob, or with more than a conversation may hold, is an error", () => {
    const keeping = createKeeping();
    fetched(keeping, names(2));
    expect(keeping.answered({ id: 1, getBlobResult: { error: { message: "no" } } })).toMatchObject({
      type: "failed",
      error: { kind: "bad-request" },
    });
    const tooLong: Message = { id: 2, getBlobResult: { blobData: new Uint8Array(64 * 1024 * 1024 + 1) } };
    expect(keeping.answered(tooLong)).toMatchObject({ type: "failed", error: { kind: "too-large" } });
  });

  it("an output that is kept apart comes with what it belongs to, or without itself", () => {
    const keeping = createKeeping<string>();
    const steps = names(2).map((id) => keeping.fetchOutput(id, id.toString(), 0));
    expect(requests(steps).map((request) => request["id"])).toEqual([1, 2]);
    expect(keeping.answered(has(1, "lines"))).toEqual({
      type: "output",
      of: "blob-0",
      bytes: Buffer.from("lines"),
    });
    expect(keeping.answered({ id: 2 })).toEqual({ type: "output", of: "blob-1", bytes: null });
  });
});

describe("keeping", () => {
  it("waits for the confirmation of each", () => {
    const keeping = createKeeping();
    const fresh = ["one", "two"].map((words) => ({ id: blobId(Buffer.from(words)), bytes: Buffer.from(words) }));
    const asked = requests(keeping.keep(fresh, 0));
    expect(asked.map((request) => Buffer.from(bytes(sub(request, "setBlobArgs"), "blobData")).toString())).toEqual([
      "one",
      "two",
    ]);
    expect(keeping.answered({ id: 2, setBlobResult: {} })).toEqual({ type: "confirmed" });
    expect(keeping.isWaiting).toBe(true);
    expect(keeping.answered({ id: 1, setBlobResult: {} })).toEqual({ type: "confirmed" });
    expect(keeping.isWaiting).toBe(false);
  });

  it("a refusal is an error, and a second answer is nothing", () => {
    const keeping = createKeeping();
    keeping.keep([{ id: blobId(Buffer.from("x")), bytes: Buffer.from("x") }], 0);
    const refused: Message = { id: 1, setBlobResult: { error: { message: "disk full" } } };
    expect(keeping.answered(refused)).toMatchObject({ type: "failed", error: { kind: "bad-request" } });
    expect(keeping.answered(refused)).toEqual({ type: "nothing" });
    expect(keeping.answered({ id: 7, setBlobResult: {} })).toEqual({ type: "nothing" });
  });

  it("is late after half a minute, and waits for nothing once it is cleared", () => {
    const keeping = createKeeping();
    keeping.keep([{ id: blobId(Buffer.from("x")), bytes: Buffer.from("x") }], 1_000);
    expect(keeping.isLate(31_000)).toBe(false);
    expect(keeping.isLate(31_001)).toBe(true);
    keeping.clear();
    expect([keeping.isLate(99_000), keeping.isWaiting]).toEqual([false, false]);
  });
});
