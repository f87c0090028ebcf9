/** Errors of upstreams as our kinds, waiting times out of every form, and the client's own wording on the way out. */
import { describe, expect, it } from "vitest";
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import { frames, type Loose } from "./__fixtures__/harness.ts";
import type { FormatId } from "./format.ts";
import { overflowFigures } from "./overflow.ts";
import { retryAfterMs } from "./retry-after.ts";
import { formats } from "./table.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const kindOf = (format: FormatId, status: number, body: unknown): ErrorKind =>
  formats[format].provider.readError(status, [], Buffer.from(typeof body === "string" ? body : JSON.stringify(body)))
    .kind;

describe("kinds", () => {
  const chat = (code: string | null, message: string, type = "invalid_request_error"): object => ({
    error: { message, type, code, param: null },
  });
  const claude = (type: string, message: string): object => ({ type: "error", error: { type, message } });

  it.each([
    [400, chat("context_length_exceeded", "too long"), "context-overflow"],
    [
      400,
      chat(null, "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens."),
      "context-overflow",
    ],
    [401, chat("invalid_api_key", "Incorrect API key provided"), "auth"],
    [401, chat(null, "You didn't provide an API key."), "auth"],
    [403, chat(null, "Your account has been deactivated."), "account-disabled"],
    [429, chat("rate_limit_exceeded", "Paused: suspicious activity; see our Terms of Service."), "account-warned"],
    [404, chat("model_not_found", "The model `x` does not exist"), "model-not-found"],
    [404, "", "model-not-found"],
    [404, chat(null, "No thread found with id 'thread_1'.", "invalid_request_error"), "bad-request"],
    // A type that says nothing does not make the server's word for a wrong request a fault of the server.
    [404, chat(null, "no", "api_error"), "model-not-found"],
    [422, chat(null, "no", "api_error"), "bad-request"],
    [410, chat(null, "This endpoint was retired.", "invalid_request_error"), "model-not-found"],
    [400, chat("model_not_supported", "The requested model is not supported."), "model-not-found"],
    [400, { detail: "The 'gpt-9' model is not supported when using Codex with a ChatGPT account." }, "model-not-found"],
    [400, chat(null, "qwen/none is not a valid model ID"), "model-not-found"],
    [403, chat(null, "Project `p` does not have access to model `gpt-9`"), "model-not-found"],
    [400, chat("unsupported_parameter", "'max_tokens' is not supported with this model."), "bad-request"],
    [400, chat(null, "This model does not support tools; 'tool_choice' is not supported."), "bad-request"],
    [500, chat(null, "it broke", "invalid_request_error"), "upstream"],
    [429, chat("insufficient_quota", "You exceeded your current quota", "insufficient_quota"), "billing"],
    [429, chat("rate_limit_exceeded", "Rate limit reached", "requests"), "rate-limit"],
    [429, chat("usage_limit_reached", "limit"), "quota"],
    [400, chat("content_policy_violation", "no"), "content-policy"],
    [400, chat("unknown_parameter", "Unknown parameter: 'x'."), "bad-request"],
    [422, { detail: [{ msg: "field required" }] }, "bad-request"],
    [402, { error: { message: "Insufficient credits", code: 402 } }, "billing"],
    [200, { error: { message: "Provider returned error", code: 429 } }, "rate-limit"],
    [500, chat(null, "oops", "server_error"), "upstream"],
    [503, "<html>Service Unavailable</html>", "capacity"],
    [502, "", "upstream"],
    [413, "too big", "too-large"],
  ] as const)("Chat %i %j is %s", (status, body, kind) => {
    expect(kindOf("openai-chat", status, body)).toBe(kind);
  });

  it.each([
    [400, claude("invalid_request_error", "prompt is too long: 208310 tokens > 200000 maximum"), "context-overflow"],
    [400, claude("invalid_request_error", "Your credit balance is too low to access the Anthropic API."), "billing"],
    [400, claude("invalid_request_error", "messages.0: bad"), "bad-request"],
    [401, claude("authentication_error", "invalid x-api-key"), "auth"],
    [403, claude("permission_error", "not allowed"), "permission"],
    [404, claude("not_found_error", "model: claude-9"), "model-not-found"],
    [413, claude("request_too_large", "Request exceeds the maximum size"), "too-large"],
    [429, claude("rate_limit_error", "slow down"), "rate-limit"],
    [500, claude("api_error", "Internal server error"), "upstream"],
    [529, claude("overloaded_error", "Overloaded"), "capacity"],
  ] as const)("Claude %i %j is %s", (status, body, kind) => {
    expect(kindOf("claude", status, body)).toBe(kind);
  });

  it("takes a refused subscription window for a quota, until its reset", () => {
    const headers = [
      ["date", "Sat, 21 Nov 2026 12:00:00 GMT"],
      ["anthropic-ratelimit-unified-status", "rejected"],
      ["anthropic-ratelimit-unified-5h-status", "rejected"],
      ["anthropic-ratelimit-unified-5h-reset", String(now / 1000 + 3600)],
      ["anthropic-ratelimit-unified-7d-status", "allowed"],
      ["anthropic-ratelimit-unified-7d-reset", String(now / 1000 + 90_000)],
    ] as const;
    const body = Buffer.from(JSON.stringify(claude("rate_limit_error", "limit")));
    expect(formats.claude.provider.readError(429, headers, body)).toMatchObject({
      kind: "quota",
      retryAfterMs: 3_600_000,
    });
  });

  it("does not quote a gateway's page", () => {
    const error = formats.claude.provider.readError(502, [], Buffer.from("<html>secret stuff</html>"));
    expect(error.message).toBe("the upstream answered 502");
  });
});

describe("U5: when to try again", () => {
  const ms = (message: string, headers: readonly (readonly [string, string])[] = [], body?: unknown): number | null =>
    retryAfterMs({ headers, body, message, now });

  it.each([
    ["reset after 2h7m23s", 7_643_000],
    ["Your quota will reset after 25h20m26s.", 91_226_000],
    ["Resets in 71h15m27s", 256_527_000],
    ["Please retry in 5.2s.", 5200],
    ["Please retry in 900ms", 900],
    ["retry after 30 s", 30_000],
    ["Please try again in 1.3s. Visit", 1300],
    ["try again in 20 seconds", 20_000],
    ["try again in 250ms", 250],
    ["resets in 3d", 259_200_000],
    ["try again at 2026-11-21T13:00:00Z", 3_600_000],
    ["try again at 2026-11-21T13:00:00", 3_600_000],
    ["reset after", null],
    ["reset after a while", null],
    ["Resource has been exhausted (e.g. check quota).", null],
  ])("reads %j", (message, wanted) => {
    expect(ms(message)).toBe(wanted);
  });

  it("trusts headers before words", () => {
    expect(
      ms("try again in 20 seconds", [
        ["Retry-After-Ms", "1500"],
        ["retry-after", "9"],
      ]),
    ).toBe(1500);
    expect(ms("try again in 20 seconds", [["retry-after", "9"]])).toBe(9000);
    expect(ms("", [["retry-after", "Sat, 21 Nov 2026 12:00:05 GMT"]])).toBe(5000);
    expect(
      ms("", [
        ["date", "Sat, 21 Nov 2026 11:59:58 GMT"],
        ["retry-after", "Sat, 21 Nov 2026 12:00:05 GMT"],
      ]),
    ).toBe(7000);
    expect(ms("try again in 2s", [["x-ratelimit-reset-tokens", "6m0s"]])).toBe(2000);
    expect(
      ms("", [
        ["x-ratelimit-reset-tokens", "6m0s"],
        ["x-ratelimit-remaining-tokens", "0"],
      ]),
    ).toBe(360_000);
    expect(
      ms("", [
        ["x-ratelimit-reset-requests", "12ms"],
        ["x-ratelimit-remaining-requests", "9"],
      ]),
    ).toBeNull();
    expect(ms("", [["retry-after", "soon"]])).toBeNull();
  });

  it("reads the bodies of Codex and Google", () => {
    expect(ms("", [], { error: { resets_in_seconds: 60 } })).toBe(60_000);
    expect(ms("", [], { error: { resets_at: now / 1000 + 5 } })).toBe(5000);
    expect(ms("", [], { error: { details: [{ "@type": "x.RetryInfo", retryDelay: "34.07s" }] } })).toBe(34_070);
    expect(ms("", [], { error: { details: [{ metadata: { quotaResetDelay: "71h15m27.79s" } }] } })).toBe(256_527_790);
  });

  it("leaves instants out without any clock", () => {
    expect(retryAfterMs({ headers: [], body: null, message: "try again at 2026-11-21T13:00:00Z" })).toBeNull();
  });
});

describe("U4: a context that is full", () => {
  const figures = { tokens: 10_000, maximum: 8192 };
  it.each([
    "prompt is too long: 10000 tokens > 8192 maximum",
    "This model's maximum context length is 8192 tokens. However, your messages resulted in 10000 tokens.",
    "This model's maximum context length is 8192 tokens. However, you requested 10000 tokens (9000 in the messages)",
    "The input token count (10000) exceeds the maximum number of tokens allowed (8192).",
    "request (10000 tokens) exceeds the available context size (8192 tokens)",
  ])("finds the figures in %j", (message) => {
    expect(overflowFigures(message)).toEqual(figures);
  });

  const error = formats["openai-chat"].provider.readError(
    400,
    [],
    Buffer.from(
      JSON.stringify({
        error: {
          message:
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 10000 tokens.",
          code: "context_length_exceeded",
        },
      }),
    ),
  );

  it("starts Claude Code's compaction, whole and in a stream", () => {
    const answer = formats.claude.client.writeError(error);
    expect(answer.status).toBe(400);
    expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({
      type: "error",
      error: { type: "invalid_request_error", message: "prompt is too long: 10000 tokens > 8192 maximum" },
    });
    const unsaid = formats.claude.client.writeError({ kind: "context-overflow", message: "does not fit" });
    expect(Buffer.from(unsaid.body).toString()).toContain("prompt is too long");
  });

  it("has the code that OpenAI's clients look for", () => {
    const answer = formats["openai-chat"].client.writeError({
      kind: "context-overflow",
      message: "prompt is too long: 10000 tokens > 8192 maximum",
    });
    expect(answer.status).toBe(400);
    const body = JSON.parse(Buffer.from(answer.body).toString()) as Loose;
    expect(body["error"].code).toBe("context_length_exceeded");
    expect(body["error"].message).toContain("maximum context length is 8192 tokens");
  });
});

describe("on the way out", () => {
  it("S18: tells resting accounts as a rate limit with the time to wait", () => {
    for (const format of [formats.claude, formats["openai-chat"]]) {
      const answer = format.client.writeError({ kind: "no-account", message: "all rest", retryAfterMs: 61_000 });
      expect(answer.status).toBe(429);
      expect(answer.headers).toContainEqual(["retry-after", "61"]);
    }
  });

  it("keeps the upstream's own status within its class", () => {
    expect(formats.claude.client.writeError({ kind: "bad-request", message: "x", status: 422 }).status).toBe(422);
    expect(formats.claude.client.writeError({ kind: "upstream", message: "x", status: 500 }).status).toBe(500);
    expect(formats.claude.client.writeError({ kind: "auth", message: "x", status: 403 }).status).toBe(401);
  });

  const shown = (id: "claude" | "openai-chat", error: EngineError): Loose => {
    const { status, body } = formats[id].client.writeError(error);
    return { status, ...(JSON.parse(Buffer.from(body).toString()) as Loose)["error"] };
  };

  it("keeps the word of an upstream of the same family", () => {
    const ofChat = formats["openai-chat"].provider.readError(
      400,
      [],
      Buffer.from('{"error":{"message":"no","type":"invalid_request_error","code":"unsupported_value","param":"x"}}'),
    );
    expect(shown("openai-chat", ofChat)).toMatchObject({ status: 400, code: "unsupported_value" });
    expect(shown("claude", ofChat)).toMatchObject({ status: 400, type: "invalid_request_error" });
    const ofClaude = formats.claude.provider.readError(
      409,
      [],
      Buffer.from('{"type":"error","error":{"type":"conflict_error","message":"no"}}'),
    );
    expect(shown("claude", ofClaude)).toMatchObject({ status: 409, type: "conflict_error" });
    expect(shown("openai-chat", ofClaude)).toMatchObject({ status: 502, code: null });
  });

  it("has a shape for histories that were refused", () => {
    const blob: EngineError = { kind: "opaque-blob", message: "Invalid `signature` in `thinking` block" };
    const history: EngineError = { kind: "tool-history", message: "`tool_use` ids were found without `tool_result`" };
    expect(shown("claude", blob)).toEqual({ status: 400, type: "invalid_request_error", message: blob.message });
    expect(shown("claude", history)).toEqual({ status: 400, type: "invalid_request_error", message: history.message });
    expect(shown("openai-chat", blob)).toMatchObject({ status: 400, code: "invalid_encrypted_content" });
    expect(shown("openai-chat", history)).toMatchObject({ status: 400, code: null });
  });

  it("Q18: passes on the words on which Claude Code leaves its system messages out and asks again", () => {
    const words = "messages.1: role 'system' is not supported on this model";
    const error = formats.claude.provider.readError(
      400,
      [],
      Buffer.from(JSON.stringify({ type: "error", error: { type: "invalid_request_error", message: words } })),
    );
    expect(shown("claude", error)).toEqual({ status: 400, type: "invalid_request_error", message: words });
  });

  it("writes an error frame its clients throw on", () => {
    const bytes = (id: FormatId): Uint8Array => {
      const writer = formats[id].client.streamWriter({
        model: "m",
        request: { model: "m", messages: [], tools: [], stream: true, wantsStreamUsage: false, stop: [], extras: {} },
        usageBuffer: 0,
        fallbackId: "f",
        createdAt: 0,
        target: "/",
      });
      return Buffer.concat(writer.push({ type: "error", error: { kind: "capacity", message: "busy" } }));
    };
    expect(Buffer.from(bytes("claude")).toString()).toMatch(/^event: error\n/);
    expect(frames(bytes("openai-chat"))).toEqual([
      { error: { message: "busy", type: "server_error", param: null, code: "server_is_overloaded" } },
    ]);
  });
});
