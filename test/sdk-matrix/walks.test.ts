/**
 * Random answers and random agent loops over every pair: whatever is said and called arrives, whole and streamed. The seed
 * is fixed; `WALKS=500 SEED=1` looks longer and elsewhere.
 */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import { isCall, type SaidPart, type ToolCall, type Turn } from "../support/provider-turn.ts";
import { crossPairs, play, startRig, thinkerTo, type Rig } from "./rig.ts";
import { listTool, readTool } from "./scenes.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

/** Blank text at an end is no text to some dialects; what stands between words has to stay. */
const words = fc
  .array(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 })
  .map((parts) => `a${parts.join(" \n")}z`);
const text = words.map((said): SaidPart => ({ type: "text", text: said }));
const thought = words.map((said): SaidPart => ({ type: "thinking", text: said }));
const call = fc
  .record({
    name: fc.constantFrom("read_file", "list_folder"),
    input: fc.dictionary(words, fc.oneof(words, fc.integer(), fc.boolean())),
  })
  .map((made): ToolCall => made);

/** As models answer: a thought first if any, then text and calls. */
const step = fc
  .record({
    thoughts: fc.array(thought, { maxLength: 1 }),
    said: fc.array(fc.oneof(text, call), { minLength: 1, maxLength: 5 }),
    interleaved: fc.boolean(),
  })
  .map(({ thoughts, said, interleaved }) => ({ type: "says", parts: [...thoughts, ...said], interleaved }) as const);

const walk = fc.record({ steps: fc.array(step, { minLength: 1, maxLength: 3 }), stream: fc.boolean() });

function saidIn(turn: Turn): { readonly text: string; readonly calls: readonly unknown[] } {
  const parts = turn.type === "says" ? turn.parts : [];
  return {
    text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
    calls: parts.filter(isCall).map(({ name, input }) => [name, input]),
  };
}

describe.each(crossPairs)("%s client by %s", (clientDialect, provider) => {
  it("hears what was said, step by step", async () => {
    const client = rig.client(clientDialect);
    await fc.assert(
      fc.asyncProperty(walk, async ({ steps, stream }) => {
        const { asked, seen } = play(rig.fake(provider), ...steps, { type: "text", text: "over" });
        const asking = { model: thinkerTo(provider), stream, thinks: true, tools: [readTool, listTool] };
        let heard = await client.ask(asking);
        let results = 0;
        for (const [index, turn] of steps.entries()) {
          const wanted = saidIn(turn);
          expect(heard.text).toBe(wanted.text);
          expect(heard.calls.map(({ name, input }) => [name, input])).toEqual(wanted.calls);
          expect(heard.stop).toBe(wanted.calls.length > 0 ? "tools" : "end");
          results += wanted.calls.length;
          const answers = heard.calls.map((made, at) => ({ call: made, text: `result ${index} ${at}` }));
          heard = await heard.reply(answers, answers.length === 0 ? "Go on." : undefined);
          expect(asked.at(-1)?.toolResults).toHaveLength(results);
        }
        expect(heard).toMatchObject({ text: "over", stop: "end" });
        const made = asked.at(-1)?.calls.map(({ name, input }) => [name, input]);
        expect(made).toEqual(steps.flatMap((turn) => saidIn(turn).calls));
        expect(seen().every(({ status }) => status === 200)).toBe(true);
      }),
      { numRuns: Number(process.env["WALKS"] ?? 6), seed: Number(process.env["SEED"] ?? 7), endOnFailure: true },
    );
  }, 120_000);
});
