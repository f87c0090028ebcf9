import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createAlarm } from "./alarm.ts";

describe("the alarm of a connection", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("goes off when its time is over, once", () => {
    const late = vi.fn<() => void>();
    createAlarm().set(100, late);
    vi.advanceTimersByTime(99);
    expect(late).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1000);
    expect(late).toHaveBeenCalledTimes(1);
  });

  it("waits for what was set last, be it later or sooner", () => {
    const [first, second, third] = [vi.fn<() => void>(), vi.fn<() => void>(), vi.fn<() => void>()];
    const alarm = createAlarm();
    alarm.set(100, first);
    alarm.set(500, second);
    vi.advanceTimersByTime(450);
    expect(first).not.toHaveBeenCalled();
    alarm.set(20, third);
    vi.advanceTimersByTime(20);
    expect(third).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(second).not.toHaveBeenCalled();
  });

  it("begins anew with whatever comes, and only while it is set", () => {
    const late = vi.fn<() => void>();
    const alarm = createAlarm();
    alarm.again();
    expect(alarm.isSet()).toBe(false);
    alarm.set(100, late);
    for (let turn = 0; turn < 5; turn += 1) {
      vi.advanceTimersByTime(80);
      alarm.again();
    }
    expect(late).not.toHaveBeenCalled();
    vi.advanceTimersByTime(100);
    expect(late).toHaveBeenCalledTimes(1);
    expect(alarm.isSet()).toBe(false);
  });

  it("is silent once it is cleared, and can be set again", () => {
    const [cleared, late] = [vi.fn<() => void>(), vi.fn<() => void>()];
    const alarm = createAlarm();
    alarm.set(100, cleared);
    alarm.clear();
    vi.advanceTimersByTime(60);
    alarm.set(100, late);
    vi.advanceTimersByTime(99);
    expect(late).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(late).toHaveBeenCalledTimes(1);
    expect(cleared).not.toHaveBeenCalled();
  });

  it("may be set by what it calls", () => {
    const late = vi.fn<() => void>();
    const alarm = createAlarm();
    alarm.set(10, () => alarm.set(10, late));
    vi.advanceTimersByTime(19);
    expect(late).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(late).toHaveBeenCalledTimes(1);
  });

  it("makes one timer for any number of settings, and leaves none behind", () => {
    const alarm = createAlarm();
    const made = vi.spyOn(globalThis, "setTimeout");
    for (let turn = 0; turn < 100; turn += 1) {
      alarm.set(1000, vi.fn<() => void>());
      alarm.clear();
    }
    expect(made).toHaveBeenCalledTimes(1);
    alarm.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});
