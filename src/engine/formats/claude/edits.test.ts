/** Changes to a Messages body in the lane that leaves everything else alone. */
import { describe, expect, it } from "vitest";
import { frozen, type Loose } from "../__fixtures__/harness.ts";
import type { JsonObject } from "../format.ts";
import { edits } from "./edits.ts";

const text = (value: string, more: object = {}): object => ({ type: "text", text: value, ...more });
const mark = { cache_control: { type: "ephemeral" } };
const ask = [{ role: "user", content: "go" }];
const prompt = { prepend: "Answer in French.", append: "Be kind." };
const withPrompt = (body: JsonObject): Loose => edits.systemPrompt(frozen(body), prompt) as Loose;

describe("the system prompt", () => {
  it.each([
    ["none", undefined, []],
    ["a blank one", " ", []],
    ["a string", "be brief", [text("be brief")]],
    ["blocks", [text("be brief", mark)], [text("be brief", mark)]],
  ])("stands before and after what the client has: %s", (_name, system, kept) => {
    const body = { model: "m", messages: ask, ...(system === undefined ? {} : { system }) };
    expect(withPrompt(body)).toEqual({
      ...body,
      system: [text(prompt.prepend), ...kept, text(prompt.append)],
    });
  });

  it("stands behind the blocks by which Claude Code is known", () => {
    const head = [
      text("x-anthropic-billing-header: cc_version=2.1; cch=1;"),
      text("You are Claude Code, Anthropic's official CLI for Claude.", mark),
    ];
    const rest = [text("Tone and style …", mark)];
    expect(withPrompt({ system: [...head, ...rest], messages: ask })["system"]).toEqual([
      ...head,
      text(prompt.prepend),
      ...rest,
      text(prompt.append),
    ]);
    expect(withPrompt({ system: head, messages: ask })["system"]).toEqual([
      ...head,
      text(prompt.prepend),
      text(prompt.append),
    ]);
  });

  it("Q11: has no cache mark, and leaves the client's four as they are", () => {
    const body = {
      tools: [{ name: "a", input_schema: {}, ...mark }],
      system: [text("one", mark), text("two", mark)],
      messages: [{ role: "user", content: [text("go", mark)] }],
    };
    const edited = withPrompt(body);
    expect(JSON.stringify(edited).split("cache_control")).toHaveLength(5);
    expect(edited["system"].filter((block: Loose) => block["text"] === prompt.prepend)).toEqual([text(prompt.prepend)]);
    expect(edited["messages"]).toBe(body.messages);
  });

  it("Q12: what comes before the client's first mark is the same in the next turn", () => {
    const system = [text("You are Claude Code, Anthropic's official CLI for Claude."), text("long", mark)];
    const first = withPrompt({ system, messages: ask });
    const next = withPrompt({
      system,
      messages: [...ask, { role: "assistant", content: "ok" }, { role: "user", content: "more" }],
    });
    expect(JSON.stringify(next["system"])).toBe(JSON.stringify(first["system"]));
  });

  it("is put in once, however often the body passes", () => {
    const once = edits.systemPrompt({ messages: ask, system: "be brief" }, prompt);
    expect(edits.systemPrompt(frozen(once), prompt)).toBe(once);
    expect(edits.systemPrompt(once, {})).toBe(once);
    expect(edits.systemPrompt(once, { prepend: "  " })).toBe(once);
  });
});

describe("the wish to think", () => {
  const asked = frozen({
    model: "claude-sonnet-4-5",
    max_tokens: 9000,
    messages: ask,
    thinking: { type: "enabled", budget_tokens: 4000, display: "omitted" },
    output_config: { effort: "high", format: { type: "json_schema", schema: {} } },
    context_management: { edits: [{ type: "clear_thinking_20251015" }, { type: "clear_tool_uses_20250919" }] },
  });

  it("Q21: goes with the edit that clears thinking, and leaves the format of the answer", () => {
    expect(edits.thinking(asked, null)).toEqual({
      model: "claude-sonnet-4-5",
      max_tokens: 9000,
      messages: ask,
      output_config: { format: { type: "json_schema", schema: {} } },
      context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
    });
    const only = { messages: ask, thinking: { type: "adaptive" }, output_config: { effort: "low" } };
    const cleared = { ...only, context_management: { edits: [{ type: "clear_thinking_20251015" }] } };
    for (const body of [only, cleared]) expect(edits.thinking(frozen(body), null)).toEqual({ messages: ask });
  });

  it("is left alone where there is none", () => {
    const body = { model: "m", messages: ask };
    expect(edits.thinking(body, null)).toBe(body);
  });

  it("becomes another one: a budget, an effort, or none", () => {
    const by = (model: string, level: "low" | "high"): Loose =>
      edits.thinking({ ...asked, model }, { mode: "level", level }) as Loose;
    expect(by("claude-sonnet-4-5", "low")["thinking"]).toEqual({
      type: "enabled",
      budget_tokens: 1024,
      display: "omitted",
    });
    expect(by("claude-opus-4-6", "high")).toMatchObject({
      thinking: { type: "adaptive", display: "omitted" },
      output_config: { effort: "high", format: {} },
      context_management: asked.context_management,
    });
    expect(edits.thinking(asked, { mode: "off" })).toMatchObject({
      thinking: { type: "disabled" },
      output_config: { format: {} },
      context_management: { edits: [{ type: "clear_tool_uses_20250919" }] },
    });
  });

  it("R18: takes along what thinking forbids, and gives way to a forced tool", () => {
    const body = {
      model: "claude-sonnet-4-5",
      max_tokens: 9000,
      messages: ask,
      temperature: 0.2,
      top_k: 5,
      top_p: 0.5,
    };
    expect(edits.thinking(frozen(body), { mode: "budget", tokens: 2000 })).toEqual({
      model: "claude-sonnet-4-5",
      max_tokens: 9000,
      messages: ask,
      thinking: { type: "enabled", budget_tokens: 2000 },
    });
    const forced = { ...body, tool_choice: { type: "any" } };
    expect(edits.thinking(frozen(forced), { mode: "budget", tokens: 2000 })).toEqual(forced);
  });

  it("is not put into a tool loop that came without thinking", () => {
    const body = {
      model: "claude-sonnet-4-5",
      max_tokens: 9000,
      messages: [
        ...ask,
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "a", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "ok" }] },
      ],
    };
    expect(edits.thinking(frozen(body), { mode: "budget", tokens: 2000 })).toEqual(body);
  });
});

describe("R17: without blobs", () => {
  const signed = { type: "thinking", thinking: "hm", signature: "EqRefused" };
  const body = (thinking: object, ...blocks: readonly object[]): JsonObject => ({
    model: "claude-sonnet-4-5",
    max_tokens: 9000,
    thinking,
    messages: [...ask, { role: "assistant", content: blocks }, ...ask],
  });

  it("has no signed or encrypted thinking, and no turn left empty", () => {
    const adaptive = { type: "adaptive" };
    const clean = edits.withoutBlobs(
      frozen(body(adaptive, signed, { type: "redacted_thinking", data: "x" }, text("so"))),
    );
    expect(clean).toEqual(body(adaptive, text("so")));
    expect(edits.withoutBlobs(body(adaptive, signed))["messages"]).toEqual([...ask, ...ask]);
  });

  it("is the same body where there are none", () => {
    const plain = body({ type: "adaptive" }, text("so"));
    expect(edits.withoutBlobs(plain)).toBe(plain);
  });

  it("does not think on where the loop's thinking had to go", () => {
    const loop = {
      ...body({ type: "enabled", budget_tokens: 2000 }),
      messages: [
        ...ask,
        { role: "assistant", content: [signed, { type: "tool_use", id: "t", name: "a", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "ok" }] },
      ],
    };
    expect(edits.withoutBlobs(frozen(loop))).not.toHaveProperty("thinking");
  });
});
