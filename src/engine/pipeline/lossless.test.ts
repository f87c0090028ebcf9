import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { keys } from "./__fixtures__/config.ts";
import { createRig, json, streamed } from "./__fixtures__/rig.ts";
import { chatStream, chatText, claudeEvents, claudeStream, claudeWhole } from "./__fixtures__/wire.ts";

const yaml = 'accounts: [{ provider: claude, name: work, api_key: "${A}" }]\nroutes: [{ to: claude/claude-opus-4-1 }]';
/** Odd spacing, number text and escapes: what parsing and writing again would tidy away. */
const body =
  '{ "model" : "claude-sonnet-4-5",\n "max_tokens": 1.024e3, "stream":true, "metadata":{"model":"kept"},' +
  ' "messages":[{"role":"user","content":"caf\\u00e9 \\/ 12345678901234567890"}],"big":12345678901234567890}';
const headers = [
  ["Host", "api.anthropic.com"],
  ["X-Api-Key", "sk-client-own-key"],
  ["Authorization", "Bearer sk-client-own-token"],
  ["anthropic-version", "2023-06-01"],
  ["anthropic-beta", "context-1m-2025-08-07,fine-grained-tool-streaming-2025-05-14"],
  ["X-App", "cli"],
  ["Connection", "keep-alive, x-hop"],
  ["X-Hop", "1"],
  ["Proxy-Authorization", "Basic abc"],
  ["Content-Length", "999"],
  ["User-Agent", "claude-cli/2.1"],
] as const;
const asked = { raw: Buffer.from(body), headers, target: "/v1/messages?beta=true&key=sk-client-own-key" };

describe("same dialect on both sides: the request", () => {
  it("differs in the model's name and in nothing else", async () => {
    const rig = createRig(yaml, () => streamed(claudeStream(claudeEvents)));
    await rig.ask(asked);
    expect(rig.sent[0]?.text).toBe(body.replace('"claude-sonnet-4-5"', '"claude-opus-4-1"'));
  });

  it("keeps the client's own headers, in order, but its credentials and what belongs to its connection", async () => {
    const rig = createRig(yaml, () => streamed(claudeStream(claudeEvents)));
    await rig.ask(asked);
    const sent = rig.sent[0];
    expect(sent?.url).toBe("https://api.anthropic.com/v1/messages?beta=true");
    expect(sent?.request.headers).toEqual([
      ["host", "api.anthropic.com"],
      ["anthropic-version", "2023-06-01"],
      ["anthropic-beta", "context-1m-2025-08-07,fine-grained-tool-streaming-2025-05-14"],
      ["X-App", "cli"],
      ["User-Agent", "claude-cli/2.1"],
      ["accept-encoding", "identity"],
      ["x-api-key", keys.A],
      ["content-length", String(Buffer.byteLength(sent?.text ?? ""))],
    ]);
  });

  it("passes a token count on to be counted", async () => {
    const rig = createRig(yaml, () => json(200, { input_tokens: 5 }));
    const answer = await rig.ask({ ...asked, target: "/v1/messages/count_tokens?beta=true" });
    expect(rig.sent[0]?.url).toBe("https://api.anthropic.com/v1/messages/count_tokens?beta=true");
    expect(answer.text).toBe('{"input_tokens":5}');
  });
});

describe("same dialect on both sides: the reply", () => {
  it("is the very same bytes, in any split, and still metered", async () => {
    const text = claudeStream(claudeEvents);
    for (const size of [1, 13, 4096]) {
      const rig = createRig(yaml, () => streamed(text, { size }));
      const answer = await rig.ask(asked);
      expect(answer.text).toBe(text);
      expect(rig.fact("usage")).toMatchObject([{ usage: { input: 12, output: 4 } }]);
      expect(rig.fact("first-token")).toHaveLength(1);
      expect(rig.fact("translated")).toEqual([]);
      expect(rig.fact("described").some(({ model }) => model?.served === "claude-sonnet-4-5")).toBe(true);
    }
  });

  it("is the very same bytes even where the reader understands nothing", async () => {
    const odd = `${claudeStream(claudeEvents.slice(0, 4))}event: novelty\ndata: {"type":"novelty","x":[1]}\n\n${claudeStream(claudeEvents.slice(4))}`;
    expect((await createRig(yaml, () => streamed(odd)).ask(asked)).text).toBe(odd);
  });

  it("passes the upstream's head on, but its cookies and connection", async () => {
    const reply = streamed(claudeStream(claudeEvents), {
      headers: [
        ["Content-Type", "text/event-stream; charset=utf-8"],
        ["request-id", "req_9"],
        ["anthropic-ratelimit-requests-remaining", "3"],
        ["set-cookie", "a=b"],
        ["alt-svc", "h3"],
        ["transfer-encoding", "chunked"],
        ["connection", "close"],
      ],
    });
    const answer = await createRig(yaml, () => reply).ask(asked);
    expect(answer.headers).toEqual([
      ["Content-Type", "text/event-stream; charset=utf-8"],
      ["request-id", "req_9"],
      ["anthropic-ratelimit-requests-remaining", "3"],
    ]);
  });

  it("may be whole, and is then left alone too", async () => {
    const text = JSON.stringify(claudeWhole, null, 3);
    const rig = createRig(yaml, () => json(200, text));
    expect((await rig.ask(asked)).text).toBe(text);
    expect(rig.fact("usage")).toMatchObject([{ usage: { input: 7, output: 2 } }]);
  });

  it("that comes packed is passed on packed", async () => {
    const packed = Buffer.from([0x1f, 0x8b, 1, 2, 3]);
    const rig = createRig(yaml, () => ({
      status: 200,
      headers: [
        ["content-type", "text/event-stream"],
        ["content-encoding", "gzip"],
      ],
      body: (async function* () {
        yield packed;
      })(),
    }));
    const answer = await rig.ask(asked);
    expect(headerValue(answer.headers, "content-encoding")).toBe("gzip");
    expect(answer.broken).toBeNull();
  });

  it("that is cut ends broken, with nothing put in", async () => {
    const cut = new UpstreamError("reset", "body", "connection reset");
    const text = claudeStream(claudeEvents.slice(0, 5));
    const answer = await createRig(yaml, () => streamed(text, { cut })).ask(asked);
    expect(answer.text).toBe(text);
    expect(answer.broken).toBe(cut);
  });

  it("that ends politely without its end frame is broken all the same", async () => {
    const text = claudeStream(claudeEvents.slice(0, 5));
    const rig = createRig(yaml, () => streamed(text));
    const answer = await rig.ask(asked);
    expect(answer.text).toBe(text);
    expect(answer.broken).toBeInstanceOf(UpstreamError);
    expect(rig.fact("attempt-ended")[0]?.error).toContain("truncated");
  });

  it("that carries the provider's own error frame ends as the provider ended it", async () => {
    const text = `${claudeStream(claudeEvents.slice(0, 5))}event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n`;
    const rig = createRig(yaml, () => streamed(text, { size: 100 }));
    const answer = await rig.ask(asked);
    expect(answer.text).toBe(text);
    expect(answer.broken).toBeNull();
    expect(rig.fact("attempt-ended")[0]?.error).toContain("capacity");
  });

  it("is untouched for any cut into pieces", async () => {
    const text = chatStream(chatText);
    const chat = 'accounts: [{ provider: openai, api_key: "${A}" }]\nroutes: [{ to: openai/gpt-5 }]';
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: text.length }), async (size) => {
        const answer = await createRig(chat, () => streamed(text, { size })).ask({
          host: "api.openai.com",
          target: "/v1/chat/completions",
          body: { model: "gpt-4", stream: true, messages: [] },
        });
        expect(answer).toMatchObject({ text, broken: null });
      }),
      { numRuns: 30 },
    );
  });
});
