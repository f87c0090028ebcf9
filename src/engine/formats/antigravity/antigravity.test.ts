/** Antigravity's envelope, and what its backend is stricter about. */
import { describe, expect, it } from "vitest";
import { bodyOf, frozen, readRequest, writeOptions, writeRequest, type Loose } from "../__fixtures__/harness.ts";
import type { HubRequest } from "../../hub/request.ts";
import { antigravity } from "./index.ts";

const target = "/v1internal:streamGenerateContent?alt=sse";
const contents = [{ role: "user", parts: [{ text: "hi" }] }];
const body = frozen({
  project: "clients-project",
  model: "gemini-3-pro",
  userAgent: "antigravity",
  requestType: "agent",
  requestId: "agent-1",
  request: {
    sessionId: "-42",
    contents,
    toolConfig: { functionCallingConfig: { mode: "VALIDATED" } },
    tools: [{ functionDeclarations: [{ name: "now", description: "the time", parameters: { type: "OBJECT" } }] }],
  },
});

const own = (): HubRequest => {
  const read = antigravity.client.readRequest(body, target);
  if (!read.ok) throw new Error(read.error.message);
  return frozen(read.value.request);
};
const foreign = (more: object = {}): HubRequest =>
  readRequest("openai-chat", { model: "x", messages: [{ role: "user", content: "hi" }], ...more });
const ask = (request: HubRequest, model = "gemini-3-pro", callId = "flow-1"): Loose =>
  bodyOf(writeRequest("antigravity", request, { model, project: "mine", callId }));

describe("the envelope", () => {
  it("is kept beside the request", () => {
    expect(own()).toMatchObject({
      model: "gemini-3-pro",
      stream: true,
      extras: {
        antigravity: {
          project: "clients-project",
          userAgent: "antigravity",
          requestType: "agent",
          requestId: "agent-1",
          sessionId: "-42",
        },
      },
    });
  });

  it("says Antigravity for Antigravity's own calls", () => {
    expect(ask(own())).toMatchObject({
      project: "mine",
      model: "gemini-3-pro",
      userAgent: "antigravity",
      requestType: "agent",
      requestId: "flow-1",
      request: { sessionId: "-42", contents },
    });
  });

  it("never says Antigravity for anybody else", () => {
    const written = ask(foreign());
    expect(written).toMatchObject({ userAgent: "switchyard", requestId: "flow-1", request: { sessionId: "flow-1" } });
    expect(JSON.stringify(written).toLowerCase()).not.toContain("antigravity");
  });

  it("is not written without a project", () => {
    const { project: _project, ...options } = writeOptions;
    expect(antigravity.provider.writeRequest(foreign(), options)).toMatchObject({
      ok: false,
      error: { kind: "unsupported", message: expect.stringContaining("project") },
    });
  });
});

describe("the request inside", () => {
  it("asks for at most what the backend writes, or less where the provider's limit is lower", () => {
    const limitOf = (wanted: number, maxTokensLimit?: number): unknown => {
      const limit = maxTokensLimit === undefined ? {} : { maxTokensLimit };
      const written = writeRequest("antigravity", foreign({ max_tokens: wanted }), { project: "p", ...limit });
      return bodyOf(written)["request"].generationConfig.maxOutputTokens;
    };
    expect(limitOf(10)).toBe(10);
    expect(limitOf(64_000)).toBe(16_384);
    expect(limitOf(64_000, 8192)).toBe(8192);
    expect(limitOf(64_000, 100_000)).toBe(16_384);
  });

  it("holds calls to their schema, leaves out what the validator does not know, and sends no safety settings", () => {
    const parameters = {
      type: "object",
      properties: { count: { type: "integer", minimum: 1, default: 1 } },
      additionalProperties: false,
    };
    const tools = [{ type: "function", function: { name: "read", parameters } }];
    const { request } = ask(foreign({ tools })) as { readonly request: Loose };
    expect(request["toolConfig"].functionCallingConfig.mode).toBe("VALIDATED");
    const [declared] = request["tools"][0].functionDeclarations;
    expect(declared.parameters.properties.count).not.toHaveProperty("minimum");
    expect(declared.parameters.properties.count).not.toHaveProperty("default");
    expect(declared.parameters).not.toHaveProperty("additionalProperties");
    const read = antigravity.client.readRequest(
      { ...body, request: { ...body.request, safetySettings: [{ category: "x", threshold: "OFF" }] } },
      target,
    );
    expect(read.ok && ask(read.value.request)["request"]).not.toHaveProperty("safetySettings");
  });

  it("takes the argument it had to add out of the calls that come back", () => {
    const tools = [{ type: "function", function: { name: "now", parameters: { type: "object", properties: {} } } }];
    const written = writeRequest("antigravity", foreign({ tools }), { project: "p" });
    const call = { functionCall: { name: "now", args: { reason: "to know" } } };
    const response = { candidates: [{ content: { parts: [call], role: "model" }, finishReason: "STOP" }] };
    expect(antigravity.provider.readReply({ response }, written.replyContext)).toMatchObject({
      ok: true,
      value: { parts: [{ type: "tool-call", name: "now", arguments: "{}" }] },
    });
  });

  it("sends no turn of thoughts alone, and results in the user's turn", () => {
    const messages: HubRequest["messages"] = [
      { role: "user", parts: [{ type: "text", text: "hi" }] },
      { role: "assistant", parts: [{ type: "thinking", text: "hm", from: { format: "openai-chat" } }] },
      { role: "user", parts: [{ type: "text", text: "go on" }] },
      {
        role: "assistant",
        parts: [{ type: "tool-call", id: "c1", name: "read", arguments: "{}", kind: "function" }],
      },
      { role: "tool", callId: "c1", parts: [{ type: "text", text: "found" }], isError: false },
    ];
    const written: readonly Loose[] = ask({ ...foreign(), messages })["request"].contents;
    expect(written.map(({ role }) => role as string)).toEqual(["user", "model", "user"]);
    expect(written[2]?.["parts"]).toMatchObject([
      { functionResponse: { name: "read", response: { output: "found" } } },
    ]);
  });

  it("R7: a Claude model behind it never gets the neutral word for a missing signature", () => {
    const messages: HubRequest["messages"] = [
      { role: "user", parts: [{ type: "text", text: "hi" }] },
      {
        role: "assistant",
        parts: [
          { type: "thinking", text: "hm", signature: "c2ln", from: { format: "gemini", model: "gemini-3-pro" } },
          { type: "tool-call", id: "c1", name: "read", arguments: "{}", kind: "function" },
        ],
      },
      { role: "tool", callId: "c1", parts: [{ type: "text", text: "found" }], isError: false },
    ];
    const request = { ...foreign(), messages };
    expect(JSON.stringify(ask(request, "claude-opus-4-6-thinking"))).not.toContain("thoughtSignature");
    expect(JSON.stringify(ask(request, "gemini-3-pro"))).toContain("skip_thought_signature_validator");
  });
});

describe("what clients are told", () => {
  it("lists models under their ids", () => {
    const answer = antigravity.client.writeModels([{ id: "m", displayName: "M", maxOutputTokens: 5 }]);
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({
      models: { m: { displayName: "M", maxOutputTokens: 5 } },
    });
  });

  it("U5: waits for a quota as long as it says", () => {
    const error = (message: string, details: readonly object[] = []): Uint8Array =>
      Buffer.from(JSON.stringify({ error: { code: 429, message, status: "RESOURCE_EXHAUSTED", details } }));
    const now = Date.parse("2026-11-21T12:00:00Z");
    const readAs = (message: string, details?: readonly object[]): object =>
      antigravity.provider.readError(429, [], error(message, details), now);
    expect(readAs("Your quota will reset after 2h7m23s")).toMatchObject({
      kind: "quota",
      retryAfterMs: 7_643_000,
    });
    expect(readAs("Individual quota reached. Resets in 71h15m27.79s.")).toMatchObject({
      kind: "quota",
      retryAfterMs: 256_527_790,
    });
    const metadata = { quotaResetTimeStamp: "2026-11-21T13:30:00Z" };
    expect(readAs("no", [{ reason: "QUOTA_EXHAUSTED", metadata }])).toMatchObject({
      kind: "quota",
      retryAfterMs: 5_400_000,
    });
  });
});
