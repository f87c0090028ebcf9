import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { recordField, textField } from "../fields.ts";
import { errorKinds } from "../__fixtures__/error-kinds.ts";
import { endFrame, readEnd, readStrayFault } from "./end-frame.ts";
import { readFault, readUnaryError, writeFault, writeUnaryError } from "./errors.ts";
import { decodeMessage } from "./wire/schema.ts";

// Our own file.
const { end_frames: frames } = JSON.parse(
  readFileSync(new URL("../../../../test/vectors/cursor-vectors.json", import.meta.url), "utf8"),
) as { readonly end_frames: Readonly<Record<string, string>> };

function frame(name: string): Buffer {
  return Buffer.from(frames[name] ?? "");
}

/** The details of a fault as a client decodes them. */
function detailsOf(fault: unknown): { readonly debug: unknown; readonly value: string } {
  const [details] = (fault as { details: readonly { type: string; debug: unknown; value: string }[] }).details;
  if (details === undefined) throw new Error("no details");
  expect(details.type).toBe("aiserver.v1.ErrorDetails");
  return details;
}

describe("an error as a Cursor client is told it", () => {
  it.each(errorKinds)("%s has a code, words and the same details twice", (kind) => {
    const fault = writeFault({ kind, message: "what happened" });
    const { debug, value } = detailsOf(fault);
    expect(value).not.toContain("=");
    expect(decodeMessage("ErrorDetails", Buffer.from(value, "base64"))).toEqual(debug);
    expect(textField(recordField(debug, "details"), "detail")).toBe("what happened");
    expect(fault["message"]).toBe("what happened");
  });

  it.each(errorKinds)("%s makes no client throw its own login away", (kind) => {
    const fault = writeFault({ kind, message: "x" });
    expect(fault["code"]).not.toBe("unauthenticated");
    expect(JSON.stringify(fault)).not.toMatch(/NOT_LOGGED_IN|AUTH_TOKEN|PRICING/);
  });

  it.each(errorKinds)("%s is a stream's last envelope and a status alike", (kind) => {
    const { status, body, headers } = writeUnaryError({ kind, message: "x" });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(headers[0]).toEqual(["content-type", "application/json"]);
    const end = endFrame({ kind, message: "x" });
    expect(end[0]).toBe(2);
    expect(JSON.parse(Buffer.from(end.subarray(5)).toString())).toEqual({
      error: JSON.parse(Buffer.from(body).toString()),
    });
    expect(readEnd(end.subarray(5))).toMatchObject({ status });
  });

  it("keeps Cursor's own word for the request and the wait", () => {
    const raw = "ERROR_PRO_USER_USAGE_LIMIT";
    expect(detailsOf(writeFault({ kind: "quota", message: "x", raw })).debug).toMatchObject({ error: raw });
  });

  it.each(["ERROR_NOT_LOGGED_IN", "ERROR_USAGE_PRICING_REQUIRED", "ERROR_OUTDATED_CLIENT"])(
    "%s is about the account that was configured here, not about the client's own",
    (raw) => {
      const fault = writeFault({ kind: "auth", message: "x", raw });
      expect(detailsOf(fault).debug).toMatchObject({ error: "ERROR_CUSTOM" });
    },
  );
});

describe("an error of Cursor's", () => {
  it("is none where the last envelope is empty, or an empty object", () => {
    expect(readEnd(frame("ok"))).toBeNull();
    expect(readEnd(new Uint8Array())).toBeNull();
  });

  it("is told by its details", () => {
    expect(readEnd(frame("resource_exhausted"))).toEqual({
      kind: "rate-limit",
      message: "Slow down: Try again later. (ERROR_RATE_LIMITED)",
      raw: "ERROR_RATE_LIMITED",
      status: 429,
    });
    expect(readEnd(frame("unauthenticated"))).toMatchObject({ kind: "auth", raw: "ERROR_NOT_LOGGED_IN", status: 401 });
    expect(readEnd(frame("canceled"))).toMatchObject({ raw: "canceled", status: 499 });
  });

  it("is read from the encoded details where there is no debug", () => {
    const text = frame("resource_exhausted").toString();
    const { error } = JSON.parse(text) as { error: { details: { debug?: unknown }[] } };
    for (const one of error.details) delete one.debug;
    expect(readFault(error)).toEqual(readEnd(frame("resource_exhausted")));
  });

  it.each(["ERROR_CONVERSATION_TOO_LONG", "ERROR_MAX_TOKENS"])("%s is a conversation that does not fit", (error) => {
    const details = [{ type: "aiserver.v1.ErrorDetails", debug: { error } }];
    expect(readFault({ code: "invalid_argument", message: "Error", details })).toMatchObject({
      kind: "context-overflow",
    });
  });

  it("with a text only is told by its code", () => {
    const details = [{ type: "aiserver.v1.ErrorDetails", debug: { error: "ERROR_CUSTOM", details: { detail: "no" } } }];
    expect(readFault({ code: "resource_exhausted", details })).toMatchObject({ kind: "rate-limit", message: "no" });
    expect(readFault({ code: "context_length_exceeded" })).toMatchObject({ kind: "context-overflow" });
    expect(readFault({ code: "internal", message: "boom" })).toMatchObject({ kind: "upstream", status: 500 });
  });

  it.each([
    [null],
    ["x"],
    [[]],
    [{ details: [{ type: "aiserver.v1.ErrorDetails", value: "////" }] }],
    [{ code: "__proto__" }],
  ])("of no known shape is an error all the same: %j", (fault) => {
    expect(readFault(fault).message).not.toBe("");
  });

  it("is a protocol error where the last envelope is no JSON object", () => {
    expect(readEnd(Buffer.from("not json"))).toMatchObject({ kind: "protocol" });
    expect(readEnd(Buffer.from("[]"))).toMatchObject({ kind: "protocol" });
  });

  it("is known without the flag of a last envelope", () => {
    const stray = Buffer.from('{"error":{"code":"resource_exhausted","message":"Error"}}');
    expect(readStrayFault(stray)).toMatchObject({ kind: "rate-limit" });
    expect(readStrayFault(Buffer.from('{"x":1}'))).toMatchObject({ kind: "protocol" });
    expect(readStrayFault(Buffer.from([0x0a, 0]))).toBeNull();
  });

  it("of a unary call is its status and its body, a page or nothing at all", () => {
    const body = Buffer.from('{"code":"unauthenticated","message":"no"}');
    expect(readUnaryError(401, [], body)).toMatchObject({ kind: "auth", status: 401 });
    expect(readUnaryError(502, [], Buffer.from("<html>bad gateway"))).toMatchObject({ kind: "upstream", status: 502 });
    expect(readUnaryError(464, [], new Uint8Array()).message).toContain("HTTP/2");
  });
});
