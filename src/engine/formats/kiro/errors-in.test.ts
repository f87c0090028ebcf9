import { describe, expect, it } from "vitest";
import { policy } from "../../errors/policy.ts";
import { readErrorAnswer, readStreamError } from "./errors-in.ts";
import { readReply } from "./reply-in.ts";

const read = (status: number, body: unknown, headers: readonly (readonly [string, string])[] = []) =>
  readErrorAnswer(status, headers, Buffer.from(typeof body === "string" ? body : JSON.stringify(body)), 0);

describe("Kiro's errors", () => {
  it.each([
    [400, { message: "Improperly formed request.", reason: null }, "bad-request"],
    [400, { message: "Improperly formed request.", reason: "REQUEST_BODY_INVALID" }, "bad-request"],
    [400, { message: "x", reason: "CONTENT_LENGTH_EXCEEDS_THRESHOLD" }, "context-overflow"],
    [400, { message: "Input is too long." }, "context-overflow"],
    [400, { message: "x", reason: "INVALID_MODEL_ID" }, "model-not-found"],
    [400, { message: "x", reason: "THINKING_SIGNATURE_INVALID" }, "opaque-blob"],
    [400, { message: "profileArn is required for this request." }, "permission"],
    [401, { message: "no" }, "auth"],
    [403, { message: "The bearer token included in the request is invalid." }, "auth"],
    [403, { __type: "x#AccessDeniedException", message: "no" }, "auth"],
    [403, { message: "locked", reason: "TEMPORARILY_SUSPENDED" }, "account-disabled"],
    [403, { message: "x", reason: "FEATURE_NOT_SUPPORTED" }, "permission"],
    [403, { message: "x", reason: "UNAUTHORIZED_WORKSPACE_CONTEXT_FEATURE_ACCESS" }, "permission"],
    [402, { message: "x", reason: "MONTHLY_REQUEST_COUNT" }, "quota"],
    [402, { message: "x" }, "quota"],
    [429, { message: "x", reason: "DAILY_REQUEST_COUNT" }, "quota"],
    [429, { message: "x", reason: "INSUFFICIENT_MODEL_CAPACITY" }, "capacity"],
    [429, { __type: "ThrottlingException", message: "x" }, "rate-limit"],
    [409, { __type: "ConflictException", message: "kms" }, "account-disabled"],
    [413, { message: "x" }, "too-large"],
    [500, { __type: "InternalServerException", message: "x" }, "upstream"],
    [500, { message: "x", reason: "MODEL_TEMPORARILY_UNAVAILABLE" }, "capacity"],
    [503, { message: "x" }, "capacity"],
    [502, "<html>Bad Gateway</html>", "upstream"],
  ] as const)("%s %j is %s", (status, body, kind) => {
    expect(read(status, body)).toMatchObject({ kind, status });
  });

  it("costs an account nothing where the request is wrong, everything where it is locked, and renews a token first", () => {
    const of = (status: number, body: object) => policy[read(status, body).kind];
    expect(of(400, { message: "x", reason: "CONTENT_LENGTH_EXCEEDS_THRESHOLD" }).cooldown).toBe("none");
    expect(of(400, { message: "Improperly formed request." })).toMatchObject({ cooldown: "none", next: "stop" });
    expect(of(403, { message: "x", reason: "TEMPORARILY_SUSPENDED" }).cooldown).toBe("until-user-acts");
    expect(of(403, { message: "The bearer token included in the request is invalid." }).refreshFirst).toBe(true);
    expect(of(429, { message: "x", reason: "INSUFFICIENT_MODEL_CAPACITY" }).next).toBe("target");
  });

  it("hold for the whole account where they speak of its plan, and as long as they say", () => {
    const said = read(402, { message: "x", reason: "MONTHLY_REQUEST_COUNT" }, [["retry-after", "120"]]);
    expect(said).toMatchObject({ scope: "account", retryAfterMs: 120_000, raw: "MONTHLY_REQUEST_COUNT" });
    expect(read(429, { message: "x", reason: "INSUFFICIENT_MODEL_CAPACITY" }).scope).toBeUndefined();
  });

  it("are known by the header where the body does not say", () => {
    expect(read(400, {}, [["x-amzn-errortype", "ThrottlingException:http://internal.amazon.com/"]]).kind).toBe(
      "rate-limit",
    );
  });

  it.each([
    ["throttlingException", { message: "x" }, "rate-limit"],
    ["ThrottlingException", { message: "x", reason: "INSUFFICIENT_MODEL_CAPACITY" }, "capacity"],
    ["serviceQuotaExceededException", { message: "x" }, "quota"],
    ["constructor", { message: "x" }, "upstream"],
  ])("inside a stream: %s %j is %s", (name, payload, kind) => {
    expect(readStreamError(name, payload)).toMatchObject({ kind, message: "x" });
  });

  it("may come as JSON with a 200", () => {
    expect(readReply({ __type: "x#ThrottlingException", message: "x" })).toMatchObject({
      ok: false,
      error: { kind: "rate-limit" },
    });
    expect(readReply([])).toMatchObject({ ok: false, error: { kind: "protocol" } });
  });
});
