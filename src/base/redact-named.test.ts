import { describe, expect, it } from "vitest";
import { redactNamed } from "./redact-named.ts";

const key = "aZ3kQ9-pL0xV7.tR2wY5";

describe("values behind a name that says they are credentials", () => {
  const hiding: Readonly<Record<string, string>> = {
    "a JSON member": JSON.stringify({ api_key: key }),
    "a JSON member with space": `{"client_secret" : "${key}"}`,
    "camel case": JSON.stringify({ refreshToken: key }),
    "a prefixed name": JSON.stringify({ MY_OPENAI_API_KEY: key }),
    "a header as a member": JSON.stringify({ "x-goog-api-key": key, Authorization: `Bearer ${key}` }),
    "JSON inside JSON": JSON.stringify({ arguments: JSON.stringify({ password: key }) }),
    "JSON inside JSON inside JSON": JSON.stringify({ a: JSON.stringify({ b: JSON.stringify({ api_key: key }) }) }),
    "an address": `GET https://example.com/v1?alt=sse&key=${key}&x=1`,
    "an address in JSON": JSON.stringify({ url: `https://example.com/?access_token=${key}` }),
    "a form body": `grant_type=refresh_token&refresh_token=${key}&client_id=x`,
    "a printed head": `GET / HTTP/1.1\r\nAuthorization: Basic ${key}\r\nHost: a`,
    "a printed head in JSON": JSON.stringify({ text: `curl\nX-Api-Key: ${key}\n` }),
    "an environment file": `export SERVICE_TOKEN=${key}\n`,
    "a line of code": `const password = '${key}';`,
    yaml: `accounts:\n  api_key: ${key}\n`,
    "an address with a user": `HTTPS_PROXY=http://someone:${key}@127.0.0.1:8317`,
    "a vague name with a telling value": JSON.stringify({ token: key }),
    "a value that was cut off": `{"api_key":"${key}`,
    "a private key": JSON.stringify({ private_key: `-----BEGIN KEY-----\n${key}\n-----END KEY-----\n` }),
  };

  it.each(Object.entries(hiding))("are taken out of %s", (_, text) => {
    const clean = redactNamed(text);
    expect(clean).not.toContain(key);
    expect(clean).not.toContain(key.slice(0, 12));
    expect(clean).toContain("•••");
  });

  it.each(Object.entries(hiding).filter(([, text]) => text.startsWith("{") && text.endsWith("}")))(
    "leave valid JSON behind: %s",
    (_, text) => {
      expect(() => JSON.parse(redactNamed(text)) as unknown).not.toThrow();
    },
  );

  it("are taken out whole when they hold quotes and backslashes", () => {
    const clean = redactNamed(JSON.stringify({ password: `ab"cd\\ef"gh\\"ijklmn\\opq`, next: "kept" }));
    expect(JSON.parse(clean)).toEqual({ password: expect.stringMatching(/^•••.{0,4}$/), next: "kept" });
  });

  it("are taken out wherever the text around them is full of such names", () => {
    const text = `"key":"token","secret":"${key}","key":"password"`;
    expect(redactNamed(text)).not.toContain(key);
  });

  it("are left as they are when they are masked already", () => {
    const once = redactNamed(JSON.stringify({ api_key: key }));
    expect(redactNamed(once)).toBe(once);
  });
});

describe("text that only sounds like it", () => {
  it.each([
    '{"max_tokens":1024,"usage":{"input_tokens":12}}',
    '{"token":" Hello","logprob":-0.2}',
    '{"properties":{"api_key":{"type":"string","description":"the key"}},"required":["api_key"]}',
    '{"prompt_cache_key":"conversation-2026-11-03-abcdef"}',
    '{"type":"thinking","signature":"EqQBCkYICxgCKkDxyz0123456789"}',
    '{"thoughtSignature":"CiQBcsjafN0123456789abcdef"}',
    "password: must be at least eight characters",
    "for (const key of Object.keys(tokens)) secret = next(key);",
    '{"keyboard":"qwerty","monkey":"see","key":"ArrowUp","token_type":"Bearer"}',
    "https://example.com:8080/a@b",
  ])("is left alone: %s", (text) => {
    expect(redactNamed(text)).toBe(text);
  });
});

describe("hostile text", () => {
  it.each(['"key":"', '\\"key\\":\\"', "key=", "token", "://a:", '"secret":"\\\\\\"', "apikey".repeat(20)])(
    "takes time in proportion to its length: %j again and again",
    (piece) => {
      const timeOf = (length: number): number => {
        const text = piece.repeat(Math.ceil(length / piece.length));
        const startedAt = performance.now();
        redactNamed(text);
        return performance.now() - startedAt;
      };
      timeOf(50_000);
      // Quadratic work would need a minute for this.
      expect(timeOf(1_000_000)).toBeLessThan(5_000);
    },
  );
});
