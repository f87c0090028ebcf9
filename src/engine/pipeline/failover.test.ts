import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import type { HttpReply } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { maxAttempts } from "./walk.ts";
import { keys } from "./__fixtures__/config.ts";
import { createRig, json, streamed, type Play, type Rig } from "./__fixtures__/rig.ts";
import { chatStream, chatText, claudeEvents, claudeRequest, claudeStream } from "./__fixtures__/wire.ts";

const twoServers = `
providers:
  first: { type: openai-compatible, endpoint: "http://127.0.0.1:1001" }
  second: { type: openai-compatible, endpoint: "http://127.0.0.1:1002" }
combos: { both: [first/m1, second/m2] }
routes: [{ to: combo/both }]`;
const twoAccounts = `
accounts:
  - { provider: openai, name: a, api_key: "\${A}" }
  - { provider: openai, name: b, api_key: "\${B}" }
routes: [{ to: openai/gpt-5 }]`;

/** The first call meets `trouble`, later ones are answered. */
const troubleFirst =
  (trouble: () => HttpReply): Play =>
  (_, turn) =>
    turn === 1 ? trouble() : streamed(chatStream(chatText));
const error = (status: number, code: string, message = "no"): HttpReply =>
  json(status, { error: { message, type: code, code } });
const ports = (rig: Rig): readonly number[] => rig.sent.map(({ request }) => request.port);
const bearers = (rig: Rig): readonly (string | undefined)[] =>
  rig.sent.map(({ request }) => headerValue(request.headers, "authorization"));

describe("a warning about the provider's terms", () => {
  it("U7: stops there, inside a quota error too: no other account is put at risk, and the client is told", async () => {
    const rig = createRig(
      twoAccounts,
      troubleFirst(() => error(429, "rate_limit_exceeded", "Quota paused: this use is against our Terms of Service.")),
    );
    const answer = await rig.ask({ body: claudeRequest });
    expect(bearers(rig)).toHaveLength(1);
    expect(answer.status).toBe(403);
    expect(answer.text).toContain("Terms of Service");
  });
});

describe("the next target is tried", () => {
  it.each<[string, () => HttpReply]>([
    [
      "when nobody listens",
      () => {
        throw new UpstreamError("refused", "connect", "nobody listens");
      },
    ],
    [
      "when the first byte does not come",
      () => {
        throw new UpstreamError("first-byte-timeout", "reply", "silence");
      },
    ],
    ["on 429", () => error(429, "rate_limit_exceeded")],
    ["on 500", () => error(500, "server_error")],
    [
      "on 502 with a page of HTML",
      () => ({ ...json(502, "<html>bad gateway</html>"), headers: [["content-type", "text/html"]] }),
    ],
    ["on 529", () => error(529, "overloaded")],
    ["on 402", () => error(402, "insufficient_quota")],
    ["on 404 for the model", () => error(404, "model_not_found")],
    ["on an overflowing context", () => error(400, "context_length_exceeded")],
    ["on a redirect", () => ({ ...json(302, ""), headers: [["location", "https://evil.example/"]] })],
    [
      "on a stream that begins with an error",
      () => streamed('data: {"error":{"message":"overloaded","code":502}}\n\n'),
    ],
    [
      "on a stream that greets and then errs",
      () => streamed(`data: ${chatText[0]}\n\ndata: {"error":{"message":"no capacity","code":503}}\n\n`),
    ],
    ["on an empty stream", () => streamed("")],
    [
      "on a stream that is cut after its greeting",
      () => streamed(`data: ${chatText[0]}\n\n`, { cut: new UpstreamError("reset", "body", "connection reset") }),
    ],
    ["on a 200 with an error inside", () => json(200, { error: { message: "busy", code: 503 } })],
    ["on bytes that are no reply", () => json(200, "<html>")],
    [
      "on an unknown content-encoding",
      () =>
        streamed("x", {
          headers: [
            ["content-type", "text/event-stream"],
            ["content-encoding", "zz"],
          ],
        }),
    ],
  ])("%s", async (_, trouble) => {
    const rig = createRig(twoServers, troubleFirst(trouble));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain("world");
    expect(ports(rig)).toEqual([1001, 1002]);
    expect(rig.sent.map(({ json: body }) => body["model"])).toEqual(["m1", "m2"]);
    expect(rig.fact("attempt-started").map(({ provider }) => provider)).toEqual(["first", "second"]);
    const ended = rig.fact("attempt-ended");
    expect(ended).toHaveLength(2);
    expect(ended[0]?.error).toBeDefined();
    expect(ended[1]).toEqual({ type: "attempt-ended", status: 200 });
    expect(rig.fact("described").findLast(({ provider }) => provider !== undefined)?.provider).toBe("second");
  });

  it("never follows a redirect with a key", async () => {
    const rig = createRig(twoAccounts, () => ({ ...json(307, ""), headers: [["location", "https://evil.example/"]] }));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(502);
    expect(rig.sent.every(({ request }) => request.host === "api.openai.com")).toBe(true);
    expect(answer.text).not.toContain("evil.example");
  });
});

describe("another account of the same provider is tried", () => {
  it.each([
    [401, "invalid_api_key"],
    [429, "rate_limit_exceeded"],
    [500, "server_error"],
    [403, "account_deactivated"],
  ])("on %i %s", async (status, code) => {
    const rig = createRig(
      twoAccounts,
      troubleFirst(() => error(status, code)),
    );
    expect((await rig.ask({ body: claudeRequest })).status).toBe(200);
    expect(bearers(rig)).toEqual([`Bearer ${keys.A}`, `Bearer ${keys.B}`]);
    expect(rig.fact("attempt-started").map(({ account }) => account)).toEqual(["a", "b"]);
  });

  it("but not for what the whole provider lacks", async () => {
    const rig = createRig(twoAccounts, () => error(503, "server_is_overloaded"));
    await rig.ask({ body: claudeRequest });
    expect(rig.sent).toHaveLength(1);
  });
});

describe("nobody else is tried", () => {
  it.each([
    ["a wrong request", 400, "invalid_request_error"],
    ["a refusal of the content", 400, "content_policy_violation"],
  ])("for %s", async (_, status, code) => {
    const rig = createRig(twoServers, () => error(status, code, "said no"));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("said no");
    expect(rig.sent).toHaveLength(1);
  });

  it("once the first byte is out", async () => {
    const cut = new UpstreamError("reset", "body", "connection reset");
    const text = chatStream(chatText.slice(0, 2)).replace("data: [DONE]\n\n", "");
    const rig = createRig(twoServers, () => streamed(text, { cut }));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.text).toContain("Grüße");
    expect(answer.broken).toBeInstanceOf(UpstreamError);
    expect(rig.sent).toHaveLength(1);
  });

  it("for a client that has gone", async () => {
    const client = new AbortController();
    const rig = createRig(twoServers, () => {
      client.abort();
      throw new UpstreamError("aborted", "reply", "the asker has gone");
    });
    const answer = await rig.ask({ body: claudeRequest, signal: client.signal });
    expect(answer.status).toBe(499);
    expect(rig.sent).toHaveLength(1);
  });

  it("beyond a bound", async () => {
    const members = Array.from({ length: 30 }, (_, index) => `first/m${index}`).join(", ");
    const yaml = twoServers.replace("first/m1, second/m2", members);
    const rig = createRig(yaml, () => error(500, "server_error"));
    await rig.ask({ body: claudeRequest });
    expect(rig.sent).toHaveLength(maxAttempts);
  });
});

describe("when all have failed", () => {
  it("the last one's error reaches the client, in its dialect, with its wait", async () => {
    const rig = createRig(twoServers, (_, turn) =>
      turn === 1
        ? error(500, "server_error")
        : json(429, { error: { message: "slow down", code: "rate_limit_exceeded" } }, [["retry-after", "7"]]),
    );
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(429);
    expect(headerValue(answer.headers, "retry-after")).toBe("7");
    expect(JSON.parse(answer.text)).toMatchObject({
      type: "error",
      error: { type: "rate_limit_error", message: "slow down" },
    });
  });

  it("tells the client not to try again after we did, and leaves it alone after one try", async () => {
    const twice = createRig(twoServers, () => error(500, "server_error"));
    expect(headerValue((await twice.ask({ body: claudeRequest })).headers, "x-should-retry")).toBe("false");
    const once = createRig(
      "providers: { only: { type: openai-compatible, endpoint: 'http://127.0.0.1:1' } }\nroutes: [{ to: only/m }]",
      () => error(500, "server_error"),
    );
    expect(headerValue((await once.ask({ body: claudeRequest })).headers, "x-should-retry")).toBeUndefined();
  });

  it("no key is quoted, not even by a server that quotes it", async () => {
    const quoting: Play = (sent) =>
      error(401, "invalid_api_key", `no such key: ${headerValue(sent.request.headers, "authorization") ?? ""}`);
    const rig = createRig(twoAccounts, quoting);
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(401);
    const told = answer.text + JSON.stringify(rig.facts);
    expect(told).not.toContain(keys.A);
    expect(told).not.toContain(keys.B);
  });

  it("says why, step by step", async () => {
    const rig = createRig(twoServers, () => error(500, "server_error", "out of order"));
    await rig.ask({ body: claudeRequest });
    expect(rig.why()).toEqual([
      "claude: api.anthropic.com speaks claude on /v1/messages",
      "rule 1 matches: to combo/both",
      "fill-first: default",
      "m1 at first",
      "first: upstream: out of order",
      "first/default for m1 cools 901 ms (upstream: out of order)",
      "fill-first: default",
      "m2 at second",
      "second: upstream: out of order",
      "second/default for m2 cools 902 ms (upstream: out of order)",
      "out of order",
    ]);
  });
});

describe("in the lane that leaves bytes alone", () => {
  const yaml =
    'accounts:\n  - { provider: claude, name: a, api_key: "${A}" }\n  - { provider: claude, name: b, api_key: "${B}" }\nroutes: [{ to: claude/claude-opus-4-1 }]';

  it("a stream that begins with an error is made good by the next account", async () => {
    const overloaded =
      'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}\n\n';
    const rig = createRig(yaml, (_, turn) => streamed(turn === 1 ? overloaded : claudeStream(claudeEvents)));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.text).toBe(claudeStream(claudeEvents));
    expect(rig.sent).toHaveLength(2);
  });

  it("the upstream's own error answer is passed on as it stands", async () => {
    const body =
      '{"type":"error","error":{"type":"invalid_request_error","message":"messages.0: odd"},"request_id":"req_1"}';
    const rig = createRig(yaml, () =>
      json(400, body, [
        ["request-id", "req_1"],
        ["set-cookie", "x=1"],
      ]),
    );
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(body);
    expect(headerValue(answer.headers, "request-id")).toBe("req_1");
    expect(headerValue(answer.headers, "set-cookie")).toBeUndefined();
  });

  it("an error answer that quotes the key is passed on without it", async () => {
    const rig = createRig(yaml, () =>
      json(400, { type: "error", error: { type: "invalid_request_error", message: `bad ${keys.A}` } }),
    );
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.text).not.toContain(keys.A);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { message: "bad •••" } });
  });
});
