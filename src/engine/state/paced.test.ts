import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createPaced } from "./paced.ts";

let now = 0;
const clock = { now: () => now, monotonic: () => now };

async function pass(ms: number): Promise<void> {
  now += ms;
  await vi.advanceTimersByTimeAsync(ms);
}

beforeEach(() => {
  now = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("what is paced", () => {
  it("runs at once the first time, then at most once per interval, and for everybody who asked", async () => {
    let runs = 0;
    const paced = createPaced(async () => void (runs += 1), 1_000, clock);
    const first = paced.ask();
    await pass(0);
    await first;
    expect(runs).toBe(1);
    const later = [paced.ask(), paced.ask(), paced.ask()];
    await pass(999);
    expect(runs).toBe(1);
    await pass(1);
    await Promise.all(later);
    expect(runs).toBe(2);
    await pass(5_000);
    expect(runs).toBe(2);
  });

  it("does what is due now when it must, and nothing twice", async () => {
    let runs = 0;
    const paced = createPaced(async () => void (runs += 1), 1_000, clock);
    await paced.flush();
    expect(runs).toBe(0);
    void paced.ask();
    await pass(0);
    const second = paced.ask();
    await paced.flush();
    await second;
    expect(runs).toBe(2);
    await pass(5_000);
    expect(runs).toBe(2);
  });

  it("fails for those who asked, and runs again for the next", async () => {
    let runs = 0;
    const paced = createPaced(
      async () => {
        runs += 1;
        if (runs === 1) throw new Error("full");
      },
      1_000,
      clock,
    );
    const [one, two] = [paced.ask(), paced.ask()];
    const results = Promise.allSettled([one, two]);
    await pass(0);
    expect((await results).map((result) => result.status)).toEqual(["rejected", "rejected"]);
    const next = paced.ask();
    await pass(1_000);
    await expect(next).resolves.toBeUndefined();
  });
});
