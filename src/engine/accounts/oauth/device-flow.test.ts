import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { waitFor } from "../../../../test/support/wait.ts";
import { createFakeTime } from "../../../../test/support/fake-auth/index.ts";
import { awaitDevice, polledFailure, type DeviceOutcome, type Polled } from "./device-flow.ts";

/** Answers in this order, the last for ever; time runs as fast as waits come. */
async function run(answers: readonly Polled<string>[], options: { intervalMs?: number; expiresInMs?: number } = {}) {
  const time = createFakeTime();
  const polledAt: number[] = [];
  let outcome: DeviceOutcome<string> | null = null;
  void awaitDevice({
    poll: () => {
      const answer = answers[Math.min(polledAt.length, answers.length - 1)];
      polledAt.push(time.clock.monotonic());
      return Promise.resolve(answer ?? { type: "pending" });
    },
    intervalMs: options.intervalMs ?? 5_000,
    expiresInMs: options.expiresInMs ?? 600_000,
    clock: time.clock,
    after: time.after,
    signal: new AbortController().signal,
  }).then((ended) => {
    outcome = ended;
  });
  await waitFor("the end", () => {
    for (let turn = 0; turn < 200 && time.waits.length > 0; turn += 1) time.advance(time.waits[0] ?? 0);
    return outcome !== null;
  });
  return { outcome, polledAt, gaps: polledAt.map((at, index) => at - (polledAt[index - 1] ?? 0)), time };
}

const pending = { type: "pending" } as const;
const hiccup = { type: "hiccup" } as const;
const done = { type: "done", value: "tokens" } as const;

describe("waiting for a code to be confirmed", () => {
  it("asks at the service's pace, not before the first pause", async () => {
    const { outcome, gaps } = await run([pending, pending, done]);
    expect(outcome).toEqual(done);
    expect(gaps).toEqual([5_000, 5_000, 5_000]);
  });

  it("is five seconds slower from then on when told to slow down", async () => {
    const { gaps } = await run([{ type: "slow-down" }, pending, { type: "slow-down" }, done]);
    expect(gaps).toEqual([5_000, 10_000, 10_000, 15_000]);
  });

  it("waits twice as long after each hiccup, and at the usual pace after a real answer", async () => {
    const { gaps } = await run([hiccup, hiccup, pending, done]);
    expect(gaps).toEqual([5_000, 10_000, 20_000, 5_000]);
  });

  it("never waits longer than a minute, nor asks more than once a second", async () => {
    const slow = await run([hiccup, hiccup, hiccup, hiccup, hiccup, done], { expiresInMs: 3_600_000 });
    expect(Math.max(...slow.gaps)).toBe(60_000);
    const fast = await run([done], { intervalMs: 1 });
    expect(fast.gaps).toEqual([1_000]);
  });

  it("ends with the code's life, without asking once more", async () => {
    const { outcome, polledAt, time } = await run([pending], { expiresInMs: 12_000 });
    expect(outcome).toEqual({ type: "expired" });
    expect(polledAt).toEqual([5_000, 10_000]);
    expect(time.clock.monotonic()).toBe(12_000);
  });

  it("ends at once when called off, and leaves no timer behind", async () => {
    const time = createFakeTime();
    const calledOff = new AbortController();
    const wait = { intervalMs: 5_000, expiresInMs: 60_000, clock: time.clock, after: time.after };
    const waiting = awaitDevice({ ...wait, poll: () => Promise.resolve(pending), signal: calledOff.signal });
    calledOff.abort();
    expect(await waiting).toEqual({ type: "cancelled" });
    expect(time.waits).toEqual([]);
  });

  it("never asks after the code's life, whatever is answered", async () => {
    const answer = fc.constantFrom<Polled<string>>(pending, hiccup, { type: "slow-down" });
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 120_000 }),
        async (answers, expiresInMs) => {
          const { polledAt, outcome } = await run(answers, { expiresInMs });
          expect(outcome).toEqual({ type: "expired" });
          for (const at of polledAt) expect(at).toBeLessThan(expiresInMs);
        },
      ),
      { numRuns: 12 },
    );
  });
});

describe("a refused poll", () => {
  const refused = (status: number, code: string | null) =>
    polledFailure({ kind: "refused", status, code, message: "no", retryAfterMs: null }, "GitHub");

  it.each([
    [400, "authorization_pending", "pending"],
    [200, "authorization_pending", "pending"],
    [400, "slow_down", "slow-down"],
    [429, "slow_down", "slow-down"],
    [429, null, "slow-down"],
    [400, "expired_token", "expired"],
    [400, "access_denied", "failed"],
    [400, "invalid_client", "failed"],
    [503, null, "hiccup"],
  ] as const)("of HTTP %d with %s means %s", (status, code, type) => {
    expect(refused(status, code).type).toBe(type);
  });

  it("is a hiccup when nobody answered", () => {
    expect(polledFailure({ kind: "network", wasAnswered: false, message: "no" }, "GitHub").type).toBe("hiccup");
  });
});
