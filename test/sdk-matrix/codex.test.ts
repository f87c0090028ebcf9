/** None of today's gateways gets Codex's real requests right at any other provider (measured, late 2026): tools of five kinds, its codes, its ends. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import { askCodex, CodexFailure, docsNamespace, itemText, opening } from "./codex-client.ts";
import { from } from "./in-pairs.ts";
import { counts, play, startRig, thinkerTo, type Rig } from "./rig.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

describe("the real requests of Codex", () => {
  const patch = "*** Begin Patch\n*** Add File: a.ts\n+export const a = 1;\n*** End Patch\n";

  it.each(from("openai-responses"))("%s client by %s: tools of all kinds, called and answered", async (_, provider) => {
    const { asked, seen } = play(
      rig.fake(provider),
      {
        type: "says",
        parts: [
          { type: "thinking", text: "First I look, then I patch." },
          { type: "text", text: "I look and patch." },
          { name: "exec_command", input: { cmd: "ls", yield_time_ms: 1000 } },
          { name: "apply_patch", input: { input: patch } },
          { name: "mcp__docs__search", input: { query: "a" } },
        ],
      },
      { type: "text", text: "Fixed." },
    );
    const first = await askCodex(rig.dispatcher, thinkerTo(provider), opening);
    expect(first.stray).toBe(0);
    expect(first.text).toBe("I look and patch.");
    expect(first.items.map((item) => item["type"])).toEqual([
      "reasoning",
      "message",
      "function_call",
      "custom_tool_call",
      "function_call",
    ]);
    const [, , command, custom, search] = first.items;
    expect(command).toMatchObject({ name: "exec_command", arguments: '{"cmd":"ls","yield_time_ms":1000}' });
    expect(custom).toMatchObject({ name: "apply_patch", input: patch });
    expect(search).toMatchObject({ name: "search", namespace: docsNamespace, arguments: '{"query":"a"}' });
    expect(first.usage).toMatchObject({ input_tokens: counts.input, output_tokens: counts.output });
    const second = await askCodex(rig.dispatcher, thinkerTo(provider), [
      ...opening,
      ...first.items,
      { type: "function_call_output", call_id: command?.["call_id"], output: "Chunk ID: 1\nOutput:\na.ts\n" },
      {
        type: "custom_tool_call_output",
        call_id: custom?.["call_id"],
        output: "Success. Updated the following files:\nA a.ts\n",
      },
      {
        type: "function_call_output",
        call_id: search?.["call_id"],
        output: [{ type: "input_text", text: "nothing found" }],
      },
    ]);
    expect(second.items.map(itemText)).toEqual(["Fixed."]);
    expect(seen().map(({ status }) => status)).toEqual([200, 200]);
    expect(asked[0]?.system).toContain("You are Codex, a coding agent.");
    expect(`${asked[0]?.system} ${asked[0]?.userTexts.join(" ")}`).toContain("Filesystem sandboxing is on.");
    expect(asked[0]?.userTexts.join(" ")).toMatch(/<environment_context>[^]*Fix the bug\./);
    expect(asked[1]?.calls.map(({ name }) => name)).toEqual(["exec_command", "apply_patch", "mcp__docs__search"]);
    expect(asked[1]?.results.map(({ text }) => text)).toEqual([
      "Chunk ID: 1\nOutput:\na.ts\n",
      "Success. Updated the following files:\nA a.ts\n",
      "nothing found",
    ]);
    // The search that only OpenAI's servers can make is no function of anybody's.
    const functions = (asked[0]?.tools ?? []).filter((tool) => tool.schema !== undefined || tool.isFreeform === true);
    expect(functions.map(({ name }) => name)).toEqual([
      "exec_command",
      "update_plan",
      "apply_patch",
      "mcp__docs__search",
    ]);
    expect(JSON.stringify(seen())).not.toContain("the-clients-own");
  });

  it.each(from("openai-responses"))(
    "%s client by %s: a full context in the code it compacts on",
    async (_, provider) => {
      play(rig.fake(provider), { type: "error", status: 400, isOverflow: true });
      const failure: unknown = await askCodex(rig.dispatcher, thinkerTo(provider), opening).catch(
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(CodexFailure);
      expect(String(failure)).toContain("context_length_exceeded");
    },
  );

  it.each(from("openai-responses"))(
    "%s client by %s: a failure on the way ends the stream as failed",
    async (_, provider) => {
      for (const ending of [{ type: "error", status: 500, message: "broken" }, { type: "cut" }] as const) {
        const parts = [{ type: "text", text: "This will not be finished by anybody." }] as const;
        play(rig.fake(provider), { type: "says", parts, ending });
        const failure: unknown = await askCodex(rig.dispatcher, thinkerTo(provider), opening).catch(
          (error: unknown) => error,
        );
        expect(failure).toBeInstanceOf(CodexFailure);
        expect(failure).not.toMatchObject({ code: "closed" });
      }
    },
  );
});
