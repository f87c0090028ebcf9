/** What a call brought along is masked where it comes back, in every form. */
import { describe, expect, it } from "vitest";
import { createRedactor } from "../base/redact.ts";
import { maskedValues, redactorOf } from "./flow-redactor.ts";
import { maskHeaders, maskTarget } from "./mask.ts";

const value = "Q7mZ0aWx4Rt9LbVe2Kd8";
const heads: readonly (readonly [string, string, string])[] = [
  ["POST /v1/messages HTTP/1.1", "authorization", `Bearer ${value}`],
  ["POST /v1/messages HTTP/1.1", "x-api-key", value],
  ["POST /v1/messages HTTP/1.1", "cookie", `theme=dark; session=${value}`],
  [`POST /v1/messages?beta=1&key=${value} HTTP/1.1`, "accept", "*/*"],
];

describe("a call's own credentials", () => {
  it.each(heads)("are masked in what a provider repeats: %s, %s", (line, name, said) => {
    const head = { line, headers: [["host", "api.example"] as const, [name, said] as const] };
    const secrets = maskedValues(head, { line: maskTarget(line), headers: maskHeaders(head.headers) });
    const side = { head: null, secrets, bytes: 0, captured: 0, chunks: [], times: [] };
    const redactor = redactorOf({ side: (which) => (which === "client-request" ? side : undefined) }, createRedactor());
    for (const form of [value, Buffer.from(value).toString("base64"), encodeURIComponent(value)]) {
      expect(redactor.text(`no such key: ${form} .`)).not.toContain(form.slice(0, 12));
    }
    expect(Buffer.from(redactor.bytes(Buffer.from(`x ${value} y`))).toString()).not.toContain(value.slice(0, 12));
    expect(redactor.text("theme is dark, the host api.example")).toBe("theme is dark, the host api.example");
  });

  it("are none where nothing was masked", () => {
    const head = { line: "GET / HTTP/1.1", headers: [["host", "api.example"] as const] };
    expect(maskedValues(head, head)).toEqual([]);
    const known = createRedactor();
    expect(redactorOf({ side: () => undefined }, known)).toBe(known);
  });
});
