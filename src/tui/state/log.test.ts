import { describe, expect, it } from "vitest";
import { createLog, type LogLine } from "./log.ts";

const line = (text: string): Omit<LogLine, "id"> => ({
  at: 1,
  level: "info",
  area: "test",
  text,
  fix: null,
  flowId: null,
});

describe("the log", () => {
  it("counts its lines and hands out the same array until there is a new one", () => {
    const log = createLog();
    log.add(line("one"));
    const { lines } = log;
    expect(log.lines).toBe(lines);
    log.add(line("two"));
    expect(lines).toHaveLength(1);
    expect(log.lines.map(({ id, text }) => `${id} ${text}`)).toEqual(["1 one", "2 two"]);
  });

  it("tells of one thing once, in the newest words, at its first place", () => {
    const log = createLog();
    log.add({ ...line("failed"), at: 5 }, "a");
    log.add(line("other"));
    log.add({ ...line("failed, rests 8s"), at: 9 }, "a");
    expect(log.lines.map(({ id, at, text }) => `${id} ${at} ${text}`)).toEqual(["1 5 failed, rests 8s", "2 1 other"]);
    const { lines } = log;
    log.add({ ...line("failed, rests 8s"), at: 11 }, "a");
    expect(log.lines).toBe(lines);
  });

  it("is never longer than its bound, keeps the newest, and does not tell again what it let go", () => {
    const log = createLog();
    for (let count = 0; count < 5_000; count += 1) log.add(line(`line ${count}`), `key ${count}`);
    expect(log.lines.length).toBeLessThanOrEqual(2_000);
    expect(log.lines.at(-1)?.text).toBe("line 4999");
    log.add(line("again"), "key 0");
    log.add(line("in other words"), "key 4999");
    expect(log.lines.at(-1)?.text).toBe("in other words");
    expect(log.lines.some(({ text }) => text === "again")).toBe(false);
  });
});
