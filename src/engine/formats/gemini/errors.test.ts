/** Google's errors as our kinds, and our kinds in Google's words. */
import { describe, expect, it } from "vitest";
import type { ErrorKind } from "../../errors/engine-error.ts";
import { errorKinds } from "../__fixtures__/error-kinds.ts";
import type { Loose } from "../__fixtures__/harness.ts";
import { readError, readErrorAnswer, writeErrorAnswer } from "./errors.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const google = (code: number, status: string, message: string, details: readonly object[] = []): object => ({
  error: { code, message, status, details },
});
const reason = (word: string, metadata: object = {}): object => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason: word,
  domain: "cloudcode-pa.googleapis.com",
  metadata,
});
const quota = (...quotaIds: readonly string[]): object => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: quotaIds.map((quotaId) => ({ quotaId })),
});
const wait = (retryDelay: string): object => ({ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay });
const readAs = (status: number, body: unknown): ReturnType<typeof readErrorAnswer> =>
  readErrorAnswer(status, [], Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), now);

describe("what an answer means", () => {
  it.each([
    [400, google(400, "INVALID_ARGUMENT", "Invalid value at 'contents'"), "bad-request"],
    [
      400,
      google(
        400,
        "INVALID_ARGUMENT",
        "The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).",
      ),
      "context-overflow",
    ],
    [
      400,
      google(400, "INVALID_ARGUMENT", "Function call is missing a thought_signature in functionCall parts."),
      "opaque-blob",
    ],
    [400, google(400, "INVALID_ARGUMENT", "Thought signature is not valid."), "opaque-blob"],
    [
      400,
      google(
        400,
        "INVALID_ARGUMENT",
        "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
      ),
      "tool-history",
    ],
    [
      400,
      google(
        400,
        "INVALID_ARGUMENT",
        "Please ensure that function call turn comes immediately after a user turn or after a function response turn.",
      ),
      "tool-history",
    ],
    [400, google(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."), "too-large"],
    [
      400,
      google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [reason("API_KEY_INVALID")]),
      "auth",
    ],
    [400, google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "permission"],
    [401, google(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."), "auth"],
    [403, google(403, "PERMISSION_DENIED", "The caller does not have permission"), "permission"],
    [403, google(403, "PERMISSION_DENIED", "Verify your account", [reason("VALIDATION_REQUIRED")]), "account-disabled"],
    [
      403,
      google(403, "PERMISSION_DENIED", "This service was disabled in this account for violation of Terms of Service."),
      "account-warned",
    ],
    [404, google(404, "NOT_FOUND", "models/x is not found for API version v1beta"), "model-not-found"],
    [404, google(404, "NOT_FOUND", "Requested entity was not found."), "model-not-found"],
    [429, google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), "rate-limit"],
    [429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded", [reason("RATE_LIMIT_EXCEEDED")]), "rate-limit"],
    [429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded", [reason("QUOTA_EXHAUSTED")]), "quota"],
    [429, google(429, "RESOURCE_EXHAUSTED", "No capacity", [reason("MODEL_CAPACITY_EXHAUSTED")]), "capacity"],
    [429, google(429, "RESOURCE_EXHAUSTED", "Credits", [reason("INSUFFICIENT_G1_CREDITS_BALANCE")]), "billing"],
    [
      429,
      google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", [
        quota("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"),
        wait("34.07s"),
      ]),
      "rate-limit",
    ],
    [
      429,
      google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota", [
        reason("RATE_LIMIT_EXCEEDED"),
        quota("GenerateRequestsPerMinutePerProject", "GenerateRequestsPerDayPerProjectPerModel-FreeTier"),
      ]),
      "quota",
    ],
    [
      429,
      google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: requests, limit: 0", [
        quota("GenerateRequestsPerMinutePerProject"),
      ]),
      "quota",
    ],
    [429, google(429, "RESOURCE_EXHAUSTED", "Individual quota reached. Resets in 71h15m27.79s."), "quota"],
    [500, google(500, "INTERNAL", "An internal error has occurred."), "upstream"],
    [503, google(503, "UNAVAILABLE", "The model is overloaded."), "capacity"],
    [504, google(504, "DEADLINE_EXCEEDED", "Deadline expired"), "timeout"],
    [429, [google(429, "RESOURCE_EXHAUSTED", "slow", [reason("QUOTA_EXHAUSTED")])], "quota"],
    [502, "<html>bad gateway</html>", "upstream"],
  ] as const)("%i %j is %s", (status, body, kind) => {
    expect(readAs(status, body).kind).toBe(kind);
  });

  it("keeps Google's own word", () => {
    expect(readAs(503, google(503, "UNAVAILABLE", "busy"))).toEqual({
      kind: "capacity",
      message: "busy",
      status: 503,
      raw: "UNAVAILABLE",
    });
    expect(readAs(429, google(429, "RESOURCE_EXHAUSTED", "x", [reason("QUOTA_EXHAUSTED")])).raw).toBe(
      "QUOTA_EXHAUSTED",
    );
  });

  it("S16: takes the status from the body where the answer's own says nothing", () => {
    expect(readError(undefined, [], google(429, "RESOURCE_EXHAUSTED", "slow"), "")).toMatchObject({
      kind: "rate-limit",
      status: 429,
    });
    expect(readErrorAnswer(200, [], Buffer.from(JSON.stringify(google(503, "UNAVAILABLE", "busy"))))).toMatchObject({
      kind: "capacity",
    });
  });
});

describe("U5: when to try again", () => {
  const message = "You have exhausted your capacity on this model.";
  it.each([
    ["RetryInfo", google(429, "RESOURCE_EXHAUSTED", message, [wait("34.074824224s")]), 34_075],
    ["RetryInfo of a fraction", google(429, "RESOURCE_EXHAUSTED", message, [wait("0.9s")]), 900],
    ["RetryInfo of days", google(429, "RESOURCE_EXHAUSTED", message, [wait("91226.17s")]), 91_226_170],
    [
      "quotaResetDelay",
      google(429, "RESOURCE_EXHAUSTED", message, [reason("QUOTA_EXHAUSTED", { quotaResetDelay: "71h15m27.79s" })]),
      256_527_790,
    ],
    [
      "quotaResetTimeStamp",
      google(429, "RESOURCE_EXHAUSTED", message, [
        reason("QUOTA_EXHAUSTED", { quotaResetTimeStamp: "2026-11-21T13:00:00Z" }),
      ]),
      3_600_000,
    ],
    ["text", google(429, "RESOURCE_EXHAUSTED", `${message} Your quota will reset after 2h7m23s.`), 7_643_000],
    ["text with a capital", google(429, "RESOURCE_EXHAUSTED", "Quota reached. Resets in 71h15m27s."), 256_527_000],
    ["a list", [google(429, "RESOURCE_EXHAUSTED", message, [wait("2s")])], 2000],
    ["nothing", google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."), undefined],
  ] as const)("reads %s", (_name, body, ms) => {
    expect(readAs(429, body).retryAfterMs).toBe(ms);
  });

  it("a wait of hours is a quota, whatever it is called", () => {
    expect(
      readAs(429, google(429, "RESOURCE_EXHAUSTED", message, [reason("RATE_LIMIT_EXCEEDED"), wait("7643s")])),
    ).toMatchObject({ kind: "quota", retryAfterMs: 7_643_000 });
    expect(
      readAs(429, google(429, "RESOURCE_EXHAUSTED", message, [reason("RATE_LIMIT_EXCEEDED"), wait("5s")])).kind,
    ).toBe("rate-limit");
  });
});

describe("what a client is told", () => {
  const told = (kind: ErrorKind, more: object = {}): Loose => {
    const answer = writeErrorAnswer({ kind, message: "what happened", ...more });
    return { ...(JSON.parse(Buffer.from(answer.body).toString()) as Loose), answered: answer.status };
  };

  it.each(errorKinds)("of %s: status and code agree, and the word is one of Google's", (kind) => {
    const { error, answered } = told(kind);
    const message = expect.stringContaining("what happened");
    expect(error).toEqual({ code: answered, message, status: expect.stringMatching(/^[A-Z_]+$/) });
  });

  it("keeps the status of a refusal and of a failure", () => {
    expect(told("bad-request", { status: 422 })).toMatchObject({ answered: 422, error: { code: 422 } });
    expect(told("upstream", { status: 500 })["answered"]).toBe(500);
    expect(told("bad-request", { status: 500 })["answered"]).toBe(400);
  });

  it("is a list of one where a stream was asked for as a list", () => {
    const answer = (target: string): unknown =>
      JSON.parse(
        Buffer.from(writeErrorAnswer({ kind: "capacity", message: "busy" }, undefined, target).body).toString(),
      );
    const error = { error: { code: 503, message: "busy", status: "UNAVAILABLE" } };
    for (const path of ["/v1beta/models/gemini-3-pro", "/v1internal"]) {
      expect(answer(`${path}:streamGenerateContent`)).toEqual([error]);
      expect(answer(`${path}:streamGenerateContent?key=x`)).toEqual([error]);
      expect(answer(`${path}:streamGenerateContent?alt=sse`)).toEqual(error);
      expect(answer(`${path}:generateContent`)).toEqual(error);
    }
  });

  it("U4: a full context in Google's wording, whoever said it", () => {
    expect(
      told("context-overflow", { message: "prompt is too long: 208310 tokens > 200000 maximum" })["error"],
    ).toEqual({
      code: 400,
      message: "The input token count (208310) exceeds the maximum number of tokens allowed (200000).",
      status: "INVALID_ARGUMENT",
    });
  });

  it("U4: a full context is known again where no figures are", () => {
    const message = "The input token count exceeds the maximum number of tokens allowed: too much";
    expect(told("context-overflow", { message: "too much" })["error"].message).toBe(message);
    expect(told("context-overflow", { message })["error"].message).toBe(message);
    expect(readAs(400, told("context-overflow", { message: "too much" })).kind).toBe("context-overflow");
  });

  it("S18: when to come back, in the body and in the header", () => {
    for (const kind of ["rate-limit", "quota", "no-account"] as const) {
      const answer = writeErrorAnswer({ kind, message: "later", retryAfterMs: 34_070 });
      expect(answer.status).toBe(429);
      expect(answer.headers).toContainEqual(["retry-after", "35"]);
      expect(Buffer.from(answer.body).toString()).toContain('"retryDelay":"34.07s"');
      expect(readErrorAnswer(answer.status, [], answer.body).retryAfterMs).toBe(34_070);
    }
    expect(told("no-account")["answered"]).toBe(503);
  });
});
