/** `settings.bypass` through the whole engine: what the client gets, what the flow says, and which calls still go out. */
import { Stream as ClaudeSdkStream } from "@anthropic-ai/sdk/streaming";
import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import { callOf } from "./__fixtures__/clients.ts";
import { createRig, json, type Asked, type Play } from "./__fixtures__/rig.ts";
import { chatWhole, claudeWhole } from "./__fixtures__/wire.ts";

const local = "providers: { local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000' } }\n";
const toLocal = `${local}routes: [{ to: local/m }]`;
const toClaude = 'accounts: [{ provider: claude, api_key: "${A}" }]\nroutes: [{ to: claude/claude-sonnet-4-5 }]';
const neverAsked: Play = () => {
  throw new Error("no upstream should have been asked");
};

function small(stream: boolean, text = "Warmup", agent = "claude-cli/2.1.170 (external, cli)"): Asked {
  const call = callOf("claude", stream, { messages: [{ role: "user", content: text }] });
  return { ...call, headers: [...(call.headers ?? []), ["user-agent", agent]] };
}

describe("a small call of the Claude CLI that a rule would route", () => {
  it.each([
    ["to another dialect", toLocal],
    ["to the same one", toClaude],
  ])("is answered here as a whole, %s", async (_, yaml) => {
    const rig = createRig(yaml, neverAsked);
    const answer = await rig.ask(small(false));
    expect(answer.status).toBe(200);
    expect(headerValue(answer.headers, "x-proxy-bypass")).toBe("warmup");
    expect(headerValue(answer.headers, "content-length")).toBe(String(Buffer.byteLength(answer.text)));
    expect(JSON.parse(answer.text)).toMatchObject({
      type: "message",
      model: "claude-sonnet-4-5",
      content: [{ type: "text", text: "Warm-up answered by Switchyard; no model was asked." }],
      stop_reason: "end_turn",
      usage: { input_tokens: 1, output_tokens: 1 },
    });
  });

  it("is answered here as a stream that the official SDK reads to its end", async () => {
    const rig = createRig(toLocal, neverAsked);
    const answer = await rig.ask(small(true));
    expect(headerValue(answer.headers, "content-type")).toContain("text/event-stream");
    expect(headerValue(answer.headers, "x-proxy-bypass")).toBe("warmup");
    const types: unknown[] = [];
    const response = new Response(answer.text);
    for await (const event of ClaudeSdkStream.fromSSEResponse<{ type: string }>(response, new AbortController())) {
      types.push(event.type);
    }
    expect(types).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(answer.text).not.toContain("[DONE]");
  });

  it("is a flow of its own kind, which says which wording it was", async () => {
    const rig = createRig(toLocal, neverAsked);
    await rig.ask(small(false));
    expect(rig.fact("described").at(-1)).toEqual({ type: "described", action: "bypass" });
    expect(rig.why("rule")).toContain("answered here (settings.bypass): warmup needs no model");
    expect(rig.fact("attempt-started")).toEqual([]);
    expect(rig.fact("usage")).toMatchObject([{ usage: { input: 1, output: 1, estimated: true } }]);
    expect(rig.fact("reply-started")).toEqual([{ type: "reply-started", status: 200 }]);
  });
});

describe("goes out all the same", () => {
  it.each<[string, string, Asked]>([
    ["a question", toLocal, small(false, "What is a warm-up?")],
    ["the same words of another client", toLocal, small(false, "Warmup", "my-agent/1.0")],
    ["a call while the setting is off", `${toLocal}\nsettings: { bypass: false }`, small(false)],
    ["a count", toClaude, { ...small(false), target: "/v1/messages/count_tokens" }],
  ])("%s", async (_, yaml, asked) => {
    const rig = createRig(yaml, (sent) => json(200, sent.request.host === "127.0.0.1" ? chatWhole : claudeWhole));
    const answer = await rig.ask(asked);
    expect(rig.sent).toHaveLength(1);
    expect(headerValue(answer.headers, "x-proxy-bypass")).toBeUndefined();
  });

  it.each([
    ["no rule wants", `${local}routes: [{ match: { model: "gpt-*" }, to: local/m }]`],
    ["a rule passes through", "routes: [{ to: passthrough }]"],
  ])("a call that %s", async (_, yaml) => {
    const rig = createRig(yaml, neverAsked);
    expect((await rig.ask(small(false))).passed).toBe(true);
    expect(rig.fact("described").some(({ action }) => action === "bypass")).toBe(false);
  });

  it("nothing at all that a rule blocks", async () => {
    expect((await createRig("routes: [{ to: block }]", neverAsked).ask(small(false))).status).toBe(403);
  });
});
