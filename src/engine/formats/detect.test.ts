import { describe, expect, it } from "vitest";
import { detect, type DetectableHead } from "./detect.ts";

const head = (host: string, target: string, headers: DetectableHead["headers"] = []): DetectableHead => ({
  host,
  target,
  headers,
});
const nowhere = head("gateway.test", "/");

describe("detecting a dialect", () => {
  it.each([
    ["api.anthropic.com", "/v1/messages?beta=true", "claude"],
    ["api.anthropic.com", "/v1/messages/count_tokens", "claude"],
    ["api.openai.com", "/v1/chat/completions", "openai-chat"],
    ["api.githubcopilot.com", "/chat/completions", "openai-chat"],
    ["api.individual.githubcopilot.com", "/v1/messages", "claude"],
    ["openrouter.ai", "/api/v1/chat/completions", "openai-chat"],
    ["localhost", "/v1/messages", "claude"],
  ])("%s%s is %s", (host, target, format) => {
    expect(detect(head(host, target))?.format).toBe(format);
  });

  it.each([
    ["api.anthropic.com", "/api/event_logging/v2/batch"],
    ["api.anthropic.com", "/v1/messages/batches"],
    ["api.openai.com", "/v1/models"],
    ["example.com", "/messages-of-the-day"],
  ])("leaves %s%s alone", (host, target) => {
    expect(detect(head(host, target))).toBeNull();
  });

  it("looks at headers only where the path says nothing", () => {
    expect(detect(head("gateway.test", "/", [["Anthropic-Version", "2023-06-01"]]))?.format).toBe("claude");
    expect(detect(head("gateway.test", "/v1/chat/completions", [["anthropic-version", "x"]]))?.format).toBe(
      "openai-chat",
    );
  });

  it.each([
    [{ tools: [{ name: "a", input_schema: {} }], messages: [] }, "claude"],
    [{ tools: [{ type: "function", function: { name: "a" } }], max_tokens: 5, messages: [] }, "openai-chat"],
    [{ messages: [{ role: "tool", content: "x" }], max_tokens: 5 }, "openai-chat"],
    [
      {
        messages: [
          { role: "user", content: "a" },
          { role: "user", content: [{ type: "tool_result" }] },
        ],
      },
      "claude",
    ],
    [{ messages: [{ role: "user", content: [{ type: "image", source: {} }] }] }, "claude"],
    [{ messages: [{ role: "user", content: [{ type: "image_url" }] }], max_tokens: 5 }, "openai-chat"],
    [{ messages: [], system: "x" }, "claude"],
    [{ messages: [], max_tokens: 5, stream_options: {} }, "openai-chat"],
    [{ messages: [], max_tokens: 5 }, "claude"],
    [{ messages: [] }, "openai-chat"],
  ])("takes the body %j for %s", (body, format) => {
    expect(detect(nowhere, body)?.format).toBe(format);
  });

  it("says nothing about a body it cannot tell", () => {
    for (const body of [null, [], "x", {}, { max_tokens: 5 }]) expect(detect(nowhere, body)).toBeNull();
  });

  it("says why", () => {
    expect(detect(head("api.anthropic.com", "/v1/messages"))?.why).toBe(
      "api.anthropic.com speaks claude on /v1/messages",
    );
  });
});
