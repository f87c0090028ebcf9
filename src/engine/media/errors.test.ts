import { describe, expect, it } from "vitest";
import type { EngineError, ErrorKind } from "../errors/engine-error.ts";
import { policy } from "../errors/policy.ts";
import { parsed } from "./__fixtures__/media.ts";
import { mediaError } from "./index.ts";

const kinds = Object.keys(policy) as ErrorKind[]; // keys of a literal table

describe("an error in OpenAI's dialect", () => {
  it.each(kinds)("%s: message, type and code, with a status that says it failed", (kind) => {
    const { status, headers, body } = mediaError({ kind, message: "what happened" }, "openai");
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(529);
    expect(headers).toContainEqual(["content-type", "application/json"]);
    const { error } = parsed(body);
    expect(error).toMatchObject({ message: "what happened", type: expect.any(String), param: null });
    expect(error.code === null || /^[a-z_]+$/.test(error.code)).toBe(true);
  });
  it.each<[EngineError, number, string, string | null]>([
    [{ kind: "bad-request", message: "" }, 400, "invalid_request_error", null],
    [{ kind: "bad-request", message: "", status: 422 }, 422, "invalid_request_error", null],
    [{ kind: "auth", message: "" }, 401, "invalid_request_error", "invalid_api_key"],
    [{ kind: "model-not-found", message: "" }, 404, "invalid_request_error", "model_not_found"],
    [{ kind: "rate-limit", message: "" }, 429, "requests", "rate_limit_exceeded"],
    [{ kind: "quota", message: "" }, 429, "insufficient_quota", "insufficient_quota"],
    [{ kind: "capacity", message: "", status: 529 }, 503, "server_error", "server_is_overloaded"],
    [{ kind: "upstream", message: "", status: 500 }, 500, "server_error", null],
    [{ kind: "no-account", message: "" }, 503, "server_error", "no_account"],
    [{ kind: "no-account", message: "", retryAfterMs: 1500 }, 429, "requests", "no_account"],
  ])("%j", (error, status, type, code) => {
    const answer = mediaError(error, "openai");
    expect(answer.status).toBe(status);
    expect(parsed(answer.body)).toMatchObject({ error: { type, code } });
  });
  it("says when to come back", () => {
    const { headers } = mediaError({ kind: "rate-limit", message: "", retryAfterMs: 1500 }, "openai");
    expect(headers).toContainEqual(["retry-after", "2"]);
  });
});

describe("an error in Gemini's dialect", () => {
  it.each<[ErrorKind, number, string]>([
    ["bad-request", 400, "INVALID_ARGUMENT"],
    ["auth", 401, "UNAUTHENTICATED"],
    ["model-not-found", 404, "NOT_FOUND"],
    ["rate-limit", 429, "RESOURCE_EXHAUSTED"],
    ["internal", 500, "INTERNAL"],
    ["network", 502, "UNAVAILABLE"],
    ["timeout", 504, "DEADLINE_EXCEEDED"],
  ])("%s", (kind, code, status) => {
    const answer = mediaError({ kind, message: "what happened" }, "gemini");
    expect(answer.status).toBe(code);
    expect(parsed(answer.body)).toEqual({ error: { code, message: "what happened", status } });
  });
});
