import { expect, it } from "vitest";
import { durationText } from "./duration.ts";

it.each([
  [0, "0 ms"],
  [400, "400 ms"],
  [1_000, "1 s"],
  [2_540, "2.5 s"],
  [300_000, "300 s"],
])("says %i ms as %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});
