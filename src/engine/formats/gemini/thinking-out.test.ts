import { describe, expect, it } from "vitest";
import type { HubRequest, Thinking } from "../../hub/request.ts";
import { readRequest as readClient } from "../__fixtures__/harness.ts";
import { antigravity, assistant, call, result, user, written, type Asked } from "./__fixtures__/written.ts";
import { geminiModel, isSameMind } from "./models.ts";

function asked(thinking: Thinking | undefined, model: string, more: Partial<HubRequest> = {}, on: Asked = {}) {
  const { body, losses } = written({ ...(thinking === undefined ? {} : { thinking }), ...more }, { model, ...on });
  return { config: body["generationConfig"]?.thinkingConfig as unknown, losses };
}

const level = (word: "minimal" | "low" | "medium" | "high" | "xhigh" | "max", show?: boolean): Thinking => ({
  mode: "level",
  level: word,
  ...(show === undefined ? {} : { show }),
});
const budget = (tokens: number): Thinking => ({ mode: "budget", tokens });
const off: Thinking = { mode: "off" };

describe("a wish to think", () => {
  it.each([
    [undefined, "gemini-2.5-pro", undefined],
    [level("high"), "gemini-2.5-pro", { thinkingBudget: 24_576, includeThoughts: true }],
    [level("max"), "gemini-2.5-flash", { thinkingBudget: 24_576, includeThoughts: true }],
    [budget(64), "gemini-2.5-pro", { thinkingBudget: 128, includeThoughts: true }],
    [budget(100), "gemini-2.5-flash-lite", { thinkingBudget: 512, includeThoughts: true }],
    [{ mode: "dynamic" }, "gemini-2.5-flash", { thinkingBudget: -1, includeThoughts: true }],
    [{ mode: "dynamic", level: "low" }, "gemini-2.5-flash", { thinkingBudget: 1024, includeThoughts: true }],
    [off, "gemini-2.5-flash", { thinkingBudget: 0 }],
    [off, "gemini-2.5-pro", { thinkingBudget: 128 }],
    [level("medium"), "gemini-3-pro-preview", { thinkingLevel: "LOW", includeThoughts: true }],
    [level("medium"), "gemini-3.1-pro-preview", { thinkingLevel: "MEDIUM", includeThoughts: true }],
    [level("minimal"), "gemini-3-flash-preview", { thinkingLevel: "MINIMAL", includeThoughts: true }],
    [level("max"), "gemini-3.6-flash", { thinkingLevel: "HIGH", includeThoughts: true }],
    [budget(2000), "gemini-3-flash-preview", { thinkingLevel: "MEDIUM", includeThoughts: true }],
    [{ mode: "dynamic" }, "gemini-3-pro-preview", { includeThoughts: true }],
    [off, "gemini-3-flash-preview", { thinkingLevel: "MINIMAL" }],
    [off, "gemini-3-pro-preview", { thinkingLevel: "LOW" }],
    [level("high"), "gemini-2.0-flash", undefined],
    [level("high"), "gemini-2.5-flash-image", undefined],
    [off, "gemini-2.0-flash", undefined],
  ] as const)("%j on %s", (wish, model, expected) => {
    expect(asked(wish, model).config).toEqual(expected);
  });

  it("R16: Claude Code's adaptive thinking is mapped, never passed through", () => {
    const request = readClient("claude", {
      model: "m",
      max_tokens: 1000,
      thinking: { type: "adaptive" },
      output_config: { effort: "high" },
      messages: [{ role: "user", content: "hi" }],
    });
    const { body } = written(request, { model: "gemini-3-flash-preview" });
    expect(body["generationConfig"].thinkingConfig).toEqual({ thinkingLevel: "HIGH", includeThoughts: true });
    expect(body).not.toHaveProperty("thinking");
  });

  it("R19: stays when the last message is a tool's result", () => {
    const messages = [user("hi"), assistant(call("a")), result("a", "A")];
    expect(asked(level("low"), "gemini-2.5-pro", { messages }).config).toMatchObject({ thinkingBudget: 1024 });
  });

  it("shows thoughts as the client wants, and leaves that open for clients of this dialect", () => {
    expect(asked(level("low", false), "gemini-2.5-pro").config).toEqual({
      thinkingBudget: 1024,
      includeThoughts: false,
    });
    expect(asked(level("low"), "gemini-2.5-pro", { extras: { gemini: {} } }).config).toEqual({ thinkingBudget: 1024 });
    expect(asked({ mode: "level", level: "low", effortOnly: true }, "gemini-2.5-pro").config).toEqual({
      thinkingBudget: 1024,
    });
  });

  it("names what becomes another wish", () => {
    expect(asked(level("medium"), "gemini-3-pro-preview").losses).toEqual(["thinking: level medium became low"]);
    expect(asked(budget(99_999), "gemini-2.5-pro").losses).toEqual(["thinking: the budget became 32768 tokens"]);
    expect(asked(off, "gemini-2.5-pro").losses.join()).toContain("always thinks");
    expect(asked(level("low"), "gemini-2.0-flash").losses.join()).toContain("cannot be asked to think");
    expect(asked(off, "gemini-2.0-flash").losses).toEqual([]);
  });
});

describe("Claude behind Google's wire", () => {
  const claude = "claude-opus-4-6-thinking";
  const on: Asked = { backend: antigravity };

  it("thinks within its token limit", () => {
    expect(asked(budget(50_000), claude, { maxTokens: 8000 }, on).config).toEqual({
      thinkingBudget: 7999,
      includeThoughts: true,
    });
    expect(asked(budget(2000), claude, { maxTokens: 1000 }, on).config).toBeUndefined();
    expect(asked(level("low"), "claude-sonnet-4-5", {}, on).config).toBeUndefined();
  });

  it("does not think in a tool loop whose thinking it did not sign, nor under a forced call", () => {
    const thought = {
      type: "thinking",
      text: "hm",
      signature: "c2ln",
      from: { format: "antigravity", model: claude },
    } as const;
    const loop = (signed: boolean) => [
      user("hi"),
      assistant(...(signed ? [thought] : []), call("a")),
      result("a", "A"),
    ];
    expect(asked(level("low"), claude, { messages: loop(true) }, on).config).toMatchObject({ thinkingBudget: 1024 });
    const unsigned = asked(level("low"), claude, { messages: loop(false) }, on);
    expect(unsigned.config).toBeUndefined();
    expect(unsigned.losses.join()).toContain("no thinking signed by this model");
    expect(asked(level("low"), claude, { toolChoice: { type: "required" } }, on).config).toBeUndefined();
  });

  it("has no temperature but one beside thinking", () => {
    const { body, losses } = written({ thinking: level("low"), temperature: 0.2 }, { model: claude, ...on });
    expect(body["generationConfig"]).not.toHaveProperty("temperature");
    expect(losses.join()).toContain("temperature");
  });
});

describe("names of models", () => {
  it("tell family and version, wherever they are served", () => {
    expect(geminiModel("models/gemini-2.5-flash-lite-preview-09-2025")).toMatchObject({
      family: "gemini",
      version: 2.5,
    });
    expect(geminiModel("google/gemini-3.1-pro-preview")).toMatchObject({ family: "gemini", version: 3.1 });
    expect(geminiModel("gemini-flash-latest")).toMatchObject({ wantsSignatures: true, prefill: false });
    expect(geminiModel("gemini-pro-latest").prefill).toBe(true);
    expect(geminiModel("gpt-oss-120b-medium").family).toBe("other");
  });

  it("tell whose signatures are whose", () => {
    expect(isSameMind("gemini-3-pro-preview", "gemini-3.1-flash")).toBe(true);
    expect(isSameMind("gemini-2.5-pro", "gemini-3-pro")).toBe(false);
    expect(isSameMind("claude-opus-4-6", "gemini-3-pro")).toBe(false);
    expect(isSameMind(undefined, "gemini-3-pro")).toBe(true);
    expect(isSameMind("my-alias", "gemini-3-pro")).toBe(true);
  });
});
