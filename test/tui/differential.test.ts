/** The whole UI against itself: after anything at all, what many small paints left is what one full paint would draw. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hostileTexts } from "./hostile.ts";
import { startAt, startHarness, status } from "./harness.ts";
import { rerouted, sampleFlow, variedFlows } from "./sample-flows.ts";

const keys = [
  "j",
  "k",
  "g",
  "G",
  "f",
  "p",
  "t",
  "E",
  "?",
  "\r",
  "q",
  "\u001b",
  "1",
  "2",
  "4",
  "6",
  "w",
  "r",
  "]",
  "/co\r",
  "/",
  "x",
  " ",
];
const texts = ["plain", "日本語", "e\u0301", "🎉", ...Object.values(hostileTexts)];

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("key" as const), key: fc.constantFrom(...keys) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("flow" as const),
      id: fc.constantFrom("f0010", "f0030", "new-1", "new-2"),
      text: fc.constantFrom(...texts),
      state: fc.constantFrom("streaming", "done", "failed"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("notice" as const), text: fc.constantFrom(...texts) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("lost" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("hello" as const), flows: fc.constantFrom(0, 3, 60) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("time" as const), ms: fc.constantFrom(70, 1_000, 7_000) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("size" as const),
      columns: fc.constantFrom(40, 60, 83, 120),
      rows: fc.constantFrom(10, 16, 31),
    }),
  },
);

describe("the screen after any events, keys and resizes", () => {
  it("is what a full repaint draws, in every cell", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 20 }), async (steps) => {
        const harness = startHarness({ columns: 120, rows: 31, flow: rerouted });
        try {
          harness.emit({ type: "hello", status, flows: variedFlows(40, startAt) });
          for (const one of steps) {
            if (one.type === "key") harness.press(one.key);
            else if (one.type === "size") harness.resize(one.columns, one.rows);
            else if (one.type === "time") harness.pass(one.ms);
            else if (one.type === "lost") harness.emit({ type: "lost", why: "gone", retryInMs: 3_000 });
            else if (one.type === "hello")
              harness.emit({ type: "hello", status, flows: variedFlows(one.flows, startAt) });
            else if (one.type === "notice")
              harness.emit({ type: "core", event: { type: "notice", level: "warn", area: "a", text: one.text } });
            else {
              const { id, text, state } = one;
              const flow = sampleFlow(id, {
                startedAt: startAt,
                path: text,
                model: { asked: text, served: null },
                state,
              });
              harness.emit({ type: "flow", flow });
            }
            await harness.screen();
          }
          // A hint goes with any key, the one that repaints included.
          harness.pass(5_000);
          const { painted, repainted } = await harness.styled();
          expect(painted).toEqual(repainted);
          // oxlint-disable-next-line no-control-regex -- escapes are what is looked for
          expect(harness.written.join("")).not.toMatch(/\u001b\[[0-9]*J/);
        } finally {
          harness.close();
        }
      }),
      { numRuns: 25 },
    );
  });
});
