import { describe, expect, it } from "vitest";
import type { HubRequest } from "../hub/request.ts";
import { needsOf } from "./needs.ts";

const request = (more: Partial<HubRequest> = {}): HubRequest => ({
  model: "gpt-5",
  messages: [{ role: "user", parts: [{ type: "text", text: "hello there, you" }] }],
  tools: [],
  stream: false,
  wantsStreamUsage: true,
  stop: [],
  extras: {},
  ...more,
});
const picture = { type: "image", source: { kind: "url", url: "https://example.com/a.png" } } as const;

describe("needs", () => {
  it("of plain words are their tokens", () => {
    expect(needsOf(request({ maxTokens: 500 }), true)).toEqual({
      streaming: true,
      functions: false,
      vision: false,
      inputTokens: 9,
      outputTokens: 500,
    });
  });
  it("are functions where tools are declared that the client runs", () => {
    const own = { kind: "function", name: "ls", parameters: {} } as const;
    const theirs = { kind: "server", name: "web_search", from: "claude", raw: {} } as const;
    expect([own, theirs].map((tool) => needsOf(request({ tools: [tool] }), false).functions)).toEqual([true, false]);
  });
  it("are eyes where a user or a tool shows a picture, not where the model drew one", () => {
    const messages: readonly HubRequest["messages"][number][] = [
      { role: "user", parts: [picture] },
      { role: "tool", callId: "1", parts: [picture], isError: false },
      { role: "assistant", parts: [picture] },
    ];
    expect(messages.map((message) => needsOf(request({ messages: [message] }), false).vision)).toEqual([
      true,
      true,
      false,
    ]);
  });
});
