import { describe, expect, it } from "vitest";
import { detect, detectAddress, type DetectableHead } from "./detect.ts";

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
    ["api.openai.com", "/v1/responses", "openai-responses"],
    ["api.openai.com", "/v1/responses/compact", "openai-responses"],
    ["chatgpt.com", "/backend-api/codex/responses", "openai-responses"],
    ["api.githubcopilot.com", "/responses", "openai-responses"],
    ["generativelanguage.googleapis.com", "/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse", "gemini"],
    ["generativelanguage.googleapis.com", "/v1/models/gemini-3-pro:generateContent", "gemini"],
    ["generativelanguage.googleapis.com", "/v1beta/tunedModels/mine:countTokens", "gemini"],
    [
      "us-central1-aiplatform.googleapis.com",
      "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-pro:generateContent",
      "gemini",
    ],
    ["cloudcode-pa.googleapis.com", "/v1internal:streamGenerateContent?alt=sse", "gemini-cli"],
    ["daily-cloudcode-pa.sandbox.googleapis.com", "/v1internal:generateContent", "gemini-cli"],
  ])("%s%s is %s", (host, target, format) => {
    expect(detect(head(host, target))?.format).toBe(format);
  });

  it.each([
    ["api.anthropic.com", "/api/event_logging/v2/batch"],
    ["api.anthropic.com", "/v1/messages/batches"],
    ["api.openai.com", "/v1/models"],
    ["example.com", "/messages-of-the-day"],
    ["cloudcode-pa.googleapis.com", "/v1internal:loadCodeAssist"],
    ["generativelanguage.googleapis.com", "/v1beta/models"],
    ["chatgpt.com", "/backend-api/wham/usage"],
    ["api.openai.com", "/v1/responses/resp_1/cancel"],
  ])("leaves %s%s alone", (host, target) => {
    expect(detect(head(host, target))).toBeNull();
  });

  describe("Kiro's calls", () => {
    const call = (name: string): DetectableHead["headers"] => [["X-Amz-Target", name]];
    const generate = call("KiroRuntimeService.GenerateAssistantResponse");
    const legacy = call("AmazonCodeWhispererStreamingService.GenerateAssistantResponse");

    it.each([
      ["runtime.us-east-1.kiro.dev", "/", generate, "aws-json"],
      ["runtime.eu-central-1.kiro.dev", "/", generate, "aws-json"],
      ["q.us-east-1.amazonaws.com", "/", legacy, "aws-json"],
      ["codewhisperer.us-east-1.amazonaws.com", "/generateAssistantResponse", legacy, "aws-json"],
      ["q.us-east-1.amazonaws.com", "/generateAssistantResponse", [], undefined],
      ["runtime.us-east-1.kiro.dev", "/generateAssistantResponse?x=1", [], undefined],
      ["127.0.0.1", "/generateAssistantResponse", [], undefined],
      ["127.0.0.1", "/", generate, "aws-json"],
    ])("%s%s %j", (host, target, headers, variant) => {
      const detected = detect(head(host, target, headers), { conversationState: {} });
      expect(detected).toMatchObject({ format: "kiro" });
      expect(detected?.variant).toBe(variant);
      expect(detectAddress({ host, target, headers })).toMatchObject({ format: "kiro" });
    });

    it.each([
      ["runtime.us-east-1.kiro.dev", "/", call("KiroRuntimeService.InvokeMCP")],
      ["runtime.us-east-1.kiro.dev", "/", call("KiroRuntimeService.GetFeatureConfiguration")],
      ["runtime.us-east-1.kiro.dev", "/", []],
      ["q.us-east-1.amazonaws.com", "/", call("AmazonQDeveloperStreamingService.SendMessage")],
      ["q.us-east-1.amazonaws.com", "/", call("AmazonCodeWhispererService.ListAvailableModels")],
      ["q.us-east-1.amazonaws.com", "/mcp", []],
      ["q.us-east-1.amazonaws.com", "/getUsageLimits?origin=AI_EDITOR", []],
      ["q.us-east-1.amazonaws.com", "/sendTelemetryEvent", []],
      ["management.us-east-1.kiro.dev", "/List-Available-Models", []],
      ["prod.us-east-1.auth.desktop.kiro.dev", "/refreshToken", []],
      ["127.0.0.1", "/", call("KiroRuntimeService.InvokeMCP")],
    ])("leaves %s%s %j alone, whatever its body looks like", (host, target, headers) => {
      const body = host.startsWith("127") ? {} : { model: "m", messages: [{ role: "user", content: "x" }] };
      expect(detect(head(host, target, headers), body)).toBeNull();
      expect(detectAddress({ host, target, headers })).toBeNull();
    });

    it("is not told by its address alone where the header names it", () => {
      expect(detectAddress({ host: "runtime.us-east-1.kiro.dev", target: "/" })).toBeNull();
      expect(detectAddress({ host: "q.us-east-1.amazonaws.com", target: "/generateAssistantResponse" })).not.toBeNull();
    });
  });

  it("takes no header's word on a host whose calls it knows", () => {
    const headers = [["anthropic-version", "2023-06-01"]] as const;
    expect(detect(head("api.anthropic.com", "/api/event_logging/v2/batch", headers), { messages: [] })).toBeNull();
  });

  it.each([
    [[["user-agent", "antigravity/1.2 darwin/arm64"]], {}],
    [[], { userAgent: "antigravity", request: { contents: [] } }],
  ] as const)("tells Antigravity from the Gemini CLI by %j %j", (headers, body) => {
    const at = head("daily-cloudcode-pa.googleapis.com", "/v1internal:generateContent", headers);
    expect(detect(at, body)?.format).toBe("antigravity");
    expect(detect(head("daily-cloudcode-pa.googleapis.com", "/v1internal:generateContent"), {})?.format).toBe(
      "gemini-cli",
    );
  });

  it("reads a Responses body at a Chat address, as Cursor sends it, and answers in Chat", () => {
    const at = head("api.openai.com", "/v1/chat/completions");
    expect(detect(at, { input: [] })).toMatchObject({ format: "openai-chat", reads: "openai-responses" });
    expect(detect(at, { messages: [], input: [] })).not.toHaveProperty("reads");
  });

  it.each([
    ["chatgpt.com", "/backend-api/codex/responses", [], "codex"],
    ["localhost", "/v1/responses", [["originator", "codex_cli_rs"]], "codex"],
    ["localhost", "/v1/responses", [["user-agent", "codex-tui/0.99"]], "codex"],
    ["api.githubcopilot.com", "/chat/completions", [], "copilot"],
    ["us-east5-aiplatform.googleapis.com", "/v1/publishers/google/models/m:generateContent", [], "vertex"],
    ["localhost", "/v1/responses", [["x-initiator", "user"]], undefined],
  ] as const)("%s%s with %j has the accent %s", (host, target, headers, variant) => {
    expect(detect(head(host, target, headers))?.variant).toBe(variant);
  });

  it.each([
    ["GeminiCLI/0.30/gemini-3-pro (linux; x64; terminal)", "gemini-cli"],
    ["codex_cli_rs/0.100", "openai-responses"],
    ["GitHubCopilotChat/0.40", "openai-chat"],
    ["antigravity/1.0", "antigravity"],
    ["QwenCode/1.0", "openai-chat"],
    ["claude-cli/2.1.197 (external, cli)", "claude"],
  ])("knows %s on a host that nobody told it of", (agent, format) => {
    expect(detect(head("my.test", "/api/x", [["user-agent", agent]]))?.format).toBe(format);
  });

  it("does not take a header that many clients set for Copilot's", () => {
    expect(detect(head("my.test", "/", [["x-initiator", "user"]]))).toBeNull();
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
    [{ input: "hi" }, "openai-responses"],
    [{ input: [{ role: "user", content: "x" }], reasoning: {} }, "openai-responses"],
    [{ messages: [{ role: "user", content: "x" }], reasoning: { effort: "low" } }, "openai-chat"],
    [{ contents: [] }, "gemini"],
    [{ request: { contents: [] }, model: "m" }, "gemini-cli"],
    [{ request: { contents: [] }, userAgent: "antigravity" }, "antigravity"],
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
