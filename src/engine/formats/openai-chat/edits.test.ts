/** Changes to a Chat body in the lane that leaves everything else alone. */
import { describe, expect, it } from "vitest";
import { frozen, type Loose } from "../__fixtures__/harness.ts";
import type { JsonObject } from "../format.ts";
import { edits } from "./edits.ts";

const ask = { role: "user", content: "go" };
const prompt = { prepend: "Answer in French.", append: "Be kind." };
const part = (text: string): object => ({ type: "text", text });
const withPrompt = (...messages: readonly object[]): readonly Loose[] =>
  (edits.systemPrompt(frozen({ model: "m", messages }), prompt) as Loose)["messages"];

describe("the system prompt", () => {
  it("stands before and after the text of the first system or developer message", () => {
    for (const role of ["system", "developer"]) {
      expect(withPrompt({ role, content: "be brief" }, ask, { role, content: "later" })).toEqual([
        { role, content: "Answer in French.\n\nbe brief\n\nBe kind." },
        ask,
        { role, content: "later" },
      ]);
    }
  });

  it("is parts of their own where the content is a list", () => {
    expect(withPrompt({ role: "system", content: [part("be brief")] }, ask)).toEqual([
      { role: "system", content: [part(prompt.prepend), part("be brief"), part(prompt.append)] },
      ask,
    ]);
  });

  it("is a message of its own where there is none", () => {
    expect(withPrompt(ask)).toEqual([{ role: "system", content: "Answer in French.\n\nBe kind." }, ask]);
  });

  it("is put in once, however often the body passes", () => {
    for (const content of ["be brief", [part("be brief")]]) {
      const once = edits.systemPrompt({ messages: [{ role: "system", content }, ask] }, prompt);
      expect(edits.systemPrompt(frozen(once), prompt)).toBe(once);
      expect(edits.systemPrompt(once, {})).toBe(once);
    }
    const alone = edits.systemPrompt({ messages: [ask] }, prompt);
    expect(edits.systemPrompt(alone, prompt)).toBe(alone);
  });
});

describe("the wish to think", () => {
  const body = (more: object, model = "gpt-5.4"): JsonObject => frozen({ model, messages: [ask], ...more });

  it("is taken out in every form servers know", () => {
    const asked = body({
      reasoning_effort: "high",
      reasoning: { effort: "high" },
      thinking: { type: "enabled" },
      enable_thinking: true,
      thinking_budget: 100,
    });
    expect(edits.thinking(asked, null)).toEqual(body({}));
    const plain = body({});
    expect(edits.thinking(plain, null)).toBe(plain);
  });

  it("becomes an effort that the model takes, or its word for not thinking", () => {
    const asked = body({ reasoning_effort: "low", enable_thinking: true });
    expect(edits.thinking(asked, { mode: "level", level: "max" })).toEqual(body({ reasoning_effort: "xhigh" }));
    expect(edits.thinking(asked, { mode: "off" })).toEqual(body({ reasoning_effort: "none" }));
    expect(edits.thinking(body({}, "gpt-4o"), { mode: "level", level: "high" })).toEqual(body({}, "gpt-4o"));
  });

  it("stays in OpenRouter's object where the client used it", () => {
    const asked = body({ reasoning: { effort: "low", exclude: true } });
    const wished = (wish: Parameters<typeof edits.thinking>[1]): unknown => edits.thinking(asked, wish)["reasoning"];
    expect(wished({ mode: "level", level: "high" })).toEqual({ effort: "high", exclude: true });
    expect(wished({ mode: "budget", tokens: 2000 })).toEqual({ max_tokens: 2000, exclude: true });
    expect(wished({ mode: "off" })).toEqual({ enabled: false, exclude: true });
  });
});

describe("R17: without blobs", () => {
  const call = { id: "c", type: "function", function: { name: "a", arguments: "{}" } };
  const signed = { ...call, extra_content: { google: { thought_signature: "c2ln" } } };
  const turn = (more: object): object => ({ role: "assistant", content: null, ...more });
  const clean = (model: string, more: object): unknown =>
    (edits.withoutBlobs(frozen({ model, messages: [ask, turn(more)] })) as Loose)["messages"][1];

  it("has no signatures and no details of reasoning; its words stay", () => {
    const details = [{ type: "reasoning.encrypted", data: "x" }];
    expect(clean("m", { reasoning_content: "hm", reasoning_details: details, tool_calls: [signed, signed] })).toEqual(
      turn({ reasoning_content: "hm", tool_calls: [call, call] }),
    );
    expect(clean("m", { extra_content: signed.extra_content })).toEqual(turn({}));
  });

  it("has Google's word for a missing one where its models demand it", () => {
    const word = { ...call, extra_content: { google: { thought_signature: "skip_thought_signature_validator" } } };
    expect(clean("gemini-3-pro", { tool_calls: [signed, signed] })).toEqual(turn({ tool_calls: [word, call] }));
  });

  it("is the same body where there are none", () => {
    const body = { model: "m", messages: [ask, turn({ tool_calls: [call] })] };
    expect(edits.withoutBlobs(body)).toBe(body);
  });
});
