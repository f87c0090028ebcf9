import { expect, it } from "vitest";
import { createBurnBook } from "./burn-book.ts";
import { quotaWindow } from "./window.ts";

const minute = 60_000;
const window = (usedPercent: number | null, more: object = {}) =>
  quotaWindow({ name: "5h", usedPercent, resetAt: 300 * minute, ...more });

it("says when a window will be used up, as soon as the readings tell", () => {
  const book = createBurnBook();
  book.note("claude/main", [window(40)], 0);
  expect(book.runsOutAt("claude/main", window(40))).toBeNull();
  book.note("claude/main", [window(50)], 10 * minute);
  expect(book.runsOutAt("claude/main", window(50))).toBe(60 * minute);
  expect(book.runsOutAt("claude/other", window(50))).toBeNull();
});

it("says nothing of what is reset before, has no limit, or is used up", () => {
  const book = createBurnBook();
  book.note("a/b", [window(40)], 0);
  book.note("a/b", [window(50)], 10 * minute);
  expect(book.runsOutAt("a/b", window(50, { resetAt: 59 * minute }))).toBeNull();
  expect(book.runsOutAt("a/b", window(100))).toBeNull();
  expect(book.runsOutAt("a/b", window(null, { unlimited: true }))).toBeNull();
});

it("keeps one reading a minute, a bounded number, and forgets accounts that are gone", () => {
  const book = createBurnBook();
  for (let second = 0; second <= 6 * 3600; second += 1) {
    book.note("a/b", [window(second / 600, { resetAt: null })], second * 1000);
  }
  // 6 % an hour: 36 % are used after six, the rest goes in 10 h 40.
  const at = book.runsOutAt("a/b", window(36, { resetAt: null }));
  expect(Math.abs((at ?? 0) - 1_000 * minute)).toBeLessThan(10 * minute);
  book.keep(new Set());
  expect(book.runsOutAt("a/b", window(36, { resetAt: null }))).toBeNull();
});
