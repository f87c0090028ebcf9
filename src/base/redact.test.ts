import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRedactor, minSecretLength } from "./redact.ts";

const secret = `v3ry/s"cret+${"x".repeat(8)}~tail9876`;

function redactorWith(...secrets: string[]) {
  const redactor = createRedactor();
  for (const one of secrets) redactor.register(one);
  return redactor;
}

describe("redaction by value", () => {
  const forms: Record<string, string> = {
    "as it is": secret,
    "in JSON": JSON.stringify({ a: secret }),
    "in a URL": `https://x/?a=${encodeURIComponent(secret)}&b=1`,
    "in base64": Buffer.from(secret).toString("base64"),
    "in base64url": Buffer.from(secret).toString("base64url"),
    "in base64 behind one character": Buffer.from(`:${secret}:`).toString("base64"),
    "in base64 behind a user name": Buffer.from(`switchyard:${secret}`).toString("base64"),
    "cut off after twenty characters": `${secret.slice(0, 20)}…`,
  };

  it.each(Object.entries(forms))("masks a secret %s", (_name, text) => {
    const masked = redactorWith(secret).text(text);
    expect(masked).toContain("•••");
    expect(masked).not.toContain(secret.slice(0, minSecretLength));
    const decoded = Buffer.from(masked.replaceAll("•••", ""), "base64").toString("latin1");
    expect(decoded).not.toContain(secret.slice(2, 2 + minSecretLength));
  });

  it("keeps what stands around a secret", () => {
    expect(redactorWith(secret).text(`before ${secret} after`)).toBe("before •••9876 after");
  });

  it("does not take values that are too short to be secrets", () => {
    expect(redactorWith("hello").text("hello world")).toBe("hello world");
  });

  it("masks a token that begins like another one to its end", () => {
    const [one, other] = ["same-beginning-AAAAAAAA", "same-beginning-BBBBBBBBBBBB"];
    expect(redactorWith(one, other).text(`${other} ${one}`)).toBe("•••BBBB •••AAAA");
  });

  it("leaves no piece of twelve characters of any secret, wherever it stands", () => {
    const secrets = fc.string({ minLength: minSecretLength, maxLength: 40, unit: "grapheme-ascii" });
    fc.assert(
      fc.property(secrets, fc.string({ maxLength: 30 }), fc.string({ maxLength: 30 }), (value, before, after) => {
        // Neighbours that continue or repeat the secret make the question what "the secret" is.
        fc.pre(!before.includes(value.slice(0, 1)) && !after.includes(value.slice(-1)));
        const masked = redactorWith(value).text(before + value + after);
        expect(masked.includes(value.slice(0, minSecretLength))).toBe(false);
        return true;
      }),
      { numRuns: 500 },
    );
  });

  it("masks bytes without changing their length", () => {
    const bytes = Buffer.concat([Buffer.from([0, 255, 7]), Buffer.from(secret), Buffer.from([0, 1])]);
    const masked = Buffer.from(redactorWith(secret).bytes(bytes));
    expect(masked.byteLength).toBe(bytes.byteLength);
    expect(masked.subarray(0, 3)).toEqual(bytes.subarray(0, 3));
    expect(masked.subarray(3, -2).toString()).toBe("*".repeat(secret.length));
  });
});

describe("redaction by pattern", () => {
  const known: Record<string, string> = {
    anthropic: "sk-ant-api03-AbCdEf123456_-xyz",
    openai: "sk-proj-AbCdEf1234567890abcd",
    google: "ya29.a0AfB_byC-1234567890abcdef",
    "google key": "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    github: "gho_1234567890abcdefABCDEF",
    "github fine-grained": "github_pat_11ABCDEFG0_abcdefghijkl",
    jwt: "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
  };

  it.each(Object.entries(known))("masks what looks like one of %s", (_name, credential) => {
    const redactor = createRedactor();
    for (const text of [
      credential,
      `{"key":"${credential}"}`,
      `a\\n${credential}`,
      `x%3D${credential}`,
      `"\\u0022${credential}`,
      `Authorization: Bearer ${credential}`,
    ]) {
      expect(redactor.text(text)).not.toContain(credential.slice(0, 15));
    }
  });

  it("masks any bearer token and keeps the word", () => {
    expect(createRedactor().text("authorization: Bearer abc123def456ghi7")).toBe("authorization: Bearer •••ghi7");
  });

  it.each([
    "task-force-is-a-fine-thing-to-have",
    "bearer authentication is required",
    "the risk-assessment-committee-met",
  ])("leaves prose alone: %s", (text) => {
    expect(createRedactor().text(text)).toBe(text);
  });

  it.each(["eyJ", "sk-", "Bearer ", String.raw`\nsk-`, "eyJaaaaaaaaa.", "sk-ant-"])(
    "takes time in proportion to the text, even for a repeated %j",
    (piece) => {
      const redactor = redactorWith(secret);
      const timeOf = (length: number): number => {
        const text = piece.repeat(Math.ceil(length / piece.length));
        const startedAt = performance.now();
        redactor.text(text);
        return performance.now() - startedAt;
      };
      timeOf(50_000);
      // Quadratic work would need a minute for this.
      expect(timeOf(1_000_000)).toBeLessThan(2_000);
    },
  );
});
