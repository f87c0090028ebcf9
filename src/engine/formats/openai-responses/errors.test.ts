/** Errors of Responses upstreams as our kinds, and ours in the words that Responses clients act on. */
import { describe, expect, it } from "vitest";
import type { EngineError } from "../../errors/engine-error.ts";
import type { Variant } from "../format.ts";
import { formats } from "../table.ts";

const { provider, client } = formats["openai-responses"];

const read = (status: number, body: unknown, now?: number): EngineError =>
  provider.readError(status, [], Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), now);
const wire = (code: string | null, message: string, type = "invalid_request_error"): object => ({
  error: { message, type, code, param: null },
});

describe("kinds", () => {
  it.each([
    [400, wire("context_length_exceeded", "too long"), "context-overflow"],
    [400, wire(null, "Your input exceeds the context window of this model."), "context-overflow"],
    [400, wire("invalid_encrypted_content", "The encrypted content gAAA could not be verified."), "opaque-blob"],
    [400, wire(null, "No tool output found for function call call_1."), "tool-history"],
    [400, wire("previous_response_not_found", "Previous response with id 'x' not found."), "bad-request"],
    [400, wire("invalid_prompt", "Invalid prompt"), "bad-request"],
    [400, { detail: "Unsupported parameter: temperature" }, "bad-request"],
    [401, { detail: { code: "token_expired", message: "Your token has expired" } }, "auth"],
    [403, wire("usage_not_included", "Your plan does not include Codex"), "billing"],
    [404, wire("model_not_found", "no such model"), "model-not-found"],
    [429, wire("insufficient_quota", "You exceeded your current quota"), "billing"],
    [429, wire("rate_limit_exceeded", "slow down"), "rate-limit"],
    [429, wire(null, "The usage limit has been reached", "usage_limit_reached"), "quota"],
    [500, wire("server_error", "oops", "server_error"), "upstream"],
    [503, "<html>busy</html>", "capacity"],
    [400, wire(null, "Selected model is at capacity. Please try a different model."), "capacity"],
  ] as const)("%i %j is %s", (status, body, kind) => {
    expect(read(status, body).kind).toBe(kind);
  });

  it("U5: reads when Codex's limit ends, from seconds and from an instant", () => {
    const limit = { type: "usage_limit_reached", message: "limit", plan_type: "plus" };
    expect(read(429, { error: { ...limit, resets_in_seconds: 90 } }).retryAfterMs).toBe(90_000);
    const now = Date.parse("2026-11-21T12:00:00Z");
    expect(read(429, { error: { ...limit, resets_at: now / 1000 + 60 } }, now).retryAfterMs).toBe(60_000);
  });
});

describe("what clients are told", () => {
  const told = (error: EngineError, variant?: Variant): unknown =>
    JSON.parse(Buffer.from(client.writeError(error, variant).body).toString());

  it("U4: a full context has the code that starts the compaction", () => {
    expect(told({ kind: "context-overflow", message: "prompt is too long" })).toEqual({
      error: {
        message: "Your input exceeds the context window of this model: prompt is too long",
        type: "invalid_request_error",
        param: null,
        code: "context_length_exceeded",
      },
    });
  });

  it("Codex reads the end of a limit in its own backend's words; other clients read OpenAI's", () => {
    const error: EngineError = { kind: "quota", message: "limit", retryAfterMs: 89_500 };
    expect(told(error, "codex")).toEqual({
      error: { type: "usage_limit_reached", message: "limit", resets_in_seconds: 90 },
    });
    expect(told({ kind: "quota", message: "limit" }, "codex")).toEqual({
      error: { type: "usage_limit_reached", message: "limit" },
    });
    expect(told(error)).toMatchObject({ error: { type: "insufficient_quota", code: "insufficient_quota" } });
    expect(client.writeError(error, "codex")).toMatchObject({ status: 429 });
  });

  it("codes of this dialect stay, others' do not", () => {
    expect(told({ kind: "billing", message: "x", raw: "usage_not_included" })).toMatchObject({
      error: { code: "usage_not_included" },
    });
    expect(told({ kind: "rate-limit", message: "x", raw: "rate_limit_error" })).toMatchObject({
      error: { code: "rate_limit_exceeded" },
    });
  });

  it("S18: resting accounts are a rate limit with the time to wait", () => {
    const answer = client.writeError({ kind: "no-account", message: "resting", retryAfterMs: 5000 });
    expect(answer.status).toBe(429);
    expect(answer.headers).toContainEqual(["retry-after", "5"]);
  });

  it("an upstream's status stays where it says more than ours", () => {
    expect(client.writeError({ kind: "bad-request", message: "x", status: 422 }).status).toBe(422);
    expect(client.writeError({ kind: "auth", message: "x", status: 403 }).status).toBe(401);
  });
});
