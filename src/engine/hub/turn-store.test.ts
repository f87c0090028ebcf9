import { describe, expect, it } from "vitest";
import type { Clock } from "../../base/clock.ts";
import type { HubReply } from "./reply.ts";
import { createSignatureLedger, type SignatureLedger } from "./signature-ledger.ts";
import { noUsage } from "./usage.ts";

function createTestClock(): Clock & { advance(ms: number): void } {
  let now = 1000;
  return { now: () => now, monotonic: () => now, advance: (ms) => void (now += ms) };
}

const call = (id: string) => ({ type: "tool-call", id, name: "read", arguments: "{}", kind: "function" }) as const;

describe("the ledger's memory", () => {
  const createLedger = (limits: { readonly maxEntries?: number; readonly maxBytes?: number }): SignatureLedger =>
    createSignatureLedger({ clock: createTestClock(), ...limits });
  const remembered = (ledger: SignatureLedger, id: string): boolean =>
    ledger.reattach([{ role: "assistant", parts: [call(id)] }]).count > 0;
  const replyOf = (words: string): HubReply => ({
    id: null,
    model: null,
    parts: [{ type: "thinking", text: words, signature: "sig", from: { format: "claude" } }],
    finish: { reason: "tool-calls", raw: null },
    usage: noUsage,
    losses: [],
  });
  const remember = (ledger: SignatureLedger, id: string, words = "plan"): void => {
    const reply = replyOf(words);
    ledger.record({ ...reply, parts: [...reply.parts, call(id)] });
  };

  it("holds so many turns, and lets go of the one that was asked for longest ago", () => {
    const ledger = createLedger({ maxEntries: 2 });
    remember(ledger, "c1");
    remember(ledger, "c2");
    expect(remembered(ledger, "c1")).toBe(true);
    remember(ledger, "c3");
    expect(["c1", "c2", "c3"].map((id) => remembered(ledger, id))).toEqual([true, false, true]);
  });

  it("holds so many bytes, and nothing that is larger alone", () => {
    const ledger = createLedger({ maxBytes: 20_000 });
    remember(ledger, "c1", "x".repeat(4_000));
    remember(ledger, "c2", "x".repeat(4_000));
    remember(ledger, "huge", "x".repeat(10_000));
    expect(["c1", "c2", "huge"].map((id) => remembered(ledger, id))).toEqual([true, true, false]);
    remember(ledger, "c3", "x".repeat(4_000));
    expect(["c1", "c2", "c3"].map((id) => remembered(ledger, id))).toEqual([false, true, true]);
  });

  it("counts a turn that is recorded again once", () => {
    const ledger = createLedger({ maxBytes: 20_000 });
    for (let times = 0; times < 9; times += 1) remember(ledger, "c1", "x".repeat(4_000));
    remember(ledger, "c2", "x".repeat(4_000));
    expect(["c1", "c2"].map((id) => remembered(ledger, id))).toEqual([true, true]);
  });

  it("takes nothing from a turn that looks alike when it lets one go", () => {
    const ledger = createLedger({ maxEntries: 2 });
    ledger.record({ ...replyOf("both"), parts: [...replyOf("both").parts, call("c1"), call("c2")] });
    remember(ledger, "c1");
    remember(ledger, "c3");
    expect(remembered(ledger, "c2")).toBe(false);
    expect(remembered(ledger, "c1")).toBe(true);
  });

  it("fades a while after a turn was last asked for", () => {
    const clock = createTestClock();
    const ledger = createSignatureLedger({ clock, ttlMs: 1_000 });
    remember(ledger, "c1");
    clock.advance(900);
    expect(remembered(ledger, "c1")).toBe(true);
    clock.advance(900);
    expect(remembered(ledger, "c1")).toBe(true);
    clock.advance(1_001);
    expect(remembered(ledger, "c1")).toBe(false);
  });

  it("takes up to a day by default", () => {
    const clock = createTestClock();
    const ledger = createSignatureLedger({ clock });
    remember(ledger, "c1");
    clock.advance(24 * 3_600_000);
    expect(remembered(ledger, "c1")).toBe(true);
    clock.advance(24 * 3_600_000 + 1);
    expect(remembered(ledger, "c1")).toBe(false);
  });
});
