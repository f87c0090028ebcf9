import { describe, expect, it } from "vitest";
import type { ThinkingBudget } from "../config/schema.ts";
import type { HubMessage } from "../hub/message.ts";
import type { HubRequest, Thinking } from "../hub/request.ts";
import { applyThinkingBudget, budgetWish, splitThinkingSuffix } from "./thinking-budget.ts";

const says = (text: string): HubMessage => ({ role: "user", parts: [{ type: "text", text }] });
const base: HubRequest = Object.freeze({
  model: "m",
  messages: [says("hello")],
  tools: [],
  stream: true,
  wantsStreamUsage: true,
  stop: [],
  extras: {},
});
const adaptive: ThinkingBudget = { mode: "adaptive", tokens: 10_000 };
const wishes: readonly (Thinking | undefined)[] = [
  undefined,
  { mode: "off" },
  { mode: "level", level: "high" },
  { mode: "level", level: "low", effortOnly: true },
  { mode: "budget", tokens: 5000 },
  { mode: "dynamic" },
];
const asking = (thinking: Thinking | undefined): HubRequest => ({
  ...base,
  ...(thinking === undefined ? {} : { thinking }),
});
const tool = { kind: "function", name: "f", parameters: {} } as const;

describe("a thinking budget", () => {
  it.each(wishes)("passthrough leaves %j alone", (wish) => {
    const request = asking(wish);
    expect(applyThinkingBudget(request, { mode: "passthrough" })).toEqual({ request, change: null });
    expect(budgetWish(request, { mode: "passthrough" })).toBeUndefined();
  });

  it.each(wishes)("auto takes %j out and keeps the rest", (wish) => {
    const { request, change } = applyThinkingBudget(asking(wish), { mode: "auto" });
    expect(request).toEqual(base);
    expect(change === null).toBe(wish === undefined);
    expect(budgetWish(asking(wish), { mode: "auto" })).toBeNull();
  });

  it.each(wishes)("custom puts a fixed number of tokens in place of %j", (wish) => {
    const { request, change } = applyThinkingBudget(asking(wish), { mode: "custom", tokens: 4096 });
    expect(request).toEqual({ ...base, thinking: { mode: "budget", tokens: 4096 } });
    expect(change).toContain("became 4096 tokens");
  });

  it("custom with no tokens means no thinking", () => {
    const { request, change } = applyThinkingBudget(asking({ mode: "budget", tokens: 9 }), {
      mode: "custom",
      tokens: 0,
    });
    expect(request.thinking).toEqual({ mode: "off" });
    expect(change).toBe("thinking budget custom: 9 tokens became no thinking");
  });

  it("says nothing when the client asked for the same", () => {
    const request = asking({ mode: "budget", tokens: 4096, show: true });
    expect(applyThinkingBudget(request, { mode: "custom", tokens: 4096 })).toEqual({ request, change: null });
  });

  it("keeps whether the client wants to see the thinking", () => {
    const request = asking({ mode: "dynamic", show: false });
    expect(budgetWish(request, { mode: "custom", tokens: 1 })).toEqual({ mode: "budget", tokens: 1, show: false });
  });

  const talk = (count: number): readonly HubMessage[] => Array.from({ length: count }, (_, index) => says(`${index}`));
  it.each([
    ["a short question", {}, 10_000],
    ["ten messages", { messages: talk(10) }, 10_000],
    ["a long talk", { messages: talk(11) }, 15_000],
    ["three tools", { tools: [tool, tool, tool] }, 10_000],
    ["many tools", { tools: [tool, tool, tool, tool] }, 15_000],
    ["a question of 2,000 characters", { messages: [says("x".repeat(2000))] }, 10_000],
    ["a long question", { messages: [says("x".repeat(2001))] }, 13_000],
    ["a long question some turns ago", { messages: [says("x".repeat(2001)), says("and?")] }, 10_000],
    ["all of it", { messages: [...talk(10), says("x".repeat(2001))], tools: [tool, tool, tool, tool] }, 23_000],
  ])("adaptive grows with the call: %s", (_, part, tokens) => {
    expect(budgetWish({ ...base, ...part }, adaptive)).toEqual({ mode: "budget", tokens });
  });

  it("adaptive stops at the largest step there is", () => {
    const request = { ...base, messages: talk(11) };
    expect(budgetWish(request, { mode: "adaptive", tokens: 100_000 })).toMatchObject({ tokens: 128_000 });
    expect(budgetWish(request, { mode: "adaptive", tokens: 200_000 })).toMatchObject({ tokens: 200_000 });
  });

  const loop: readonly HubMessage[] = [
    says("read it"),
    { role: "assistant", parts: [{ type: "tool-call", id: "c", name: "f", arguments: "{}", kind: "function" }] },
    { role: "tool", callId: "c", parts: [], isError: false },
  ];
  it.each([{ mode: "passthrough" }, { mode: "custom", tokens: 4096 }, adaptive] as const)(
    "R19: $mode never takes thinking out of a tool loop",
    (budget) => {
      const asked = asking({ mode: "budget", tokens: 2048 });
      expect(applyThinkingBudget({ ...asked, messages: loop }, budget).request.thinking?.mode).toBe("budget");
      expect(applyThinkingBudget(asked, budget).request.thinking?.mode).toBe("budget");
    },
  );

  it("leaves a call alone whose answer is begun already", () => {
    const messages: readonly HubMessage[] = [
      says("title?"),
      { role: "assistant", parts: [{ type: "text", text: "{" }] },
    ];
    const request = { ...base, messages };
    expect(applyThinkingBudget(request, { mode: "custom", tokens: 4096 })).toEqual({ request, change: null });
  });
});

describe("a wish behind a model's name", () => {
  it.each([
    ["gpt-5(high)", "gpt-5", { mode: "level", level: "high" }],
    ["gpt-5 (High)", "gpt-5", { mode: "level", level: "high" }],
    ["claude-opus-4-5(8192)", "claude-opus-4-5", { mode: "budget", tokens: 8192 }],
    ["openrouter/a/b:free(max)", "openrouter/a/b:free", { mode: "level", level: "max" }],
    ["m(none)", "m", { mode: "off" }],
    ["m(0)", "m", { mode: "off" }],
    ["m(auto)", "m", { mode: "dynamic" }],
    ["m(-1)", "m", { mode: "dynamic" }],
    ["m(beta)(low)", "m(beta)", { mode: "level", level: "low" }],
  ])("is split off: %s", (name, model, thinking) => {
    expect(splitThinkingSuffix(name)).toEqual({ model, thinking });
  });

  it.each([
    "gpt-5",
    "gpt-5-high",
    "m(beta)",
    "m()",
    "(high)",
    " (high)",
    "m(high) ",
    "m(high",
    "m(1e3)",
    "m(9999999)",
    "m(08)",
    "",
  ])("is not seen in %j", (model) => {
    expect(splitThinkingSuffix(model)).toEqual({ model, thinking: null });
  });
});
