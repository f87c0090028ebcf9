/**
 * Signed thinking through clients that cannot carry it: remembered when the reply goes by, put back when the next request
 * goes to the same provider, and kept from every other.
 */
import { describe, expect, it } from "vitest";
import { callOf } from "./__fixtures__/clients.ts";
import { createRig, json, streamed, type Asked, type Rig } from "./__fixtures__/rig.ts";
import {
  chatStream,
  chatText,
  claudeEvents,
  claudeSignature,
  claudeStream,
  claudeThought,
  claudeWhole,
  geminiStream,
  geminiWhole,
} from "./__fixtures__/wire.ts";

const providers = `
providers:
  local: { type: openai-compatible, endpoint: "http://127.0.0.1:8000" }
  other: { type: anthropic-compatible, endpoint: "https://api.minimax.io/anthropic" }
accounts:
  - { provider: claude, api_key: "\${A}" }
  - { provider: other, api_key: "\${B}" }
  - { provider: gemini, api_key: "\${B}" }
`;
/** The model's name in the client's request chooses the provider. */
const routes = `routes:
  - { match: { model: to-claude }, to: claude/claude-sonnet-4-5 }
  - { match: { model: to-other }, to: other/MiniMax-M2 }
  - { match: { model: to-local }, to: local/qwen3-coder }
  - { match: { model: to-gemini }, to: gemini/gemini-3-pro-preview }
`;

const tools = [{ type: "function", function: { name: "read_file", parameters: { type: "object", properties: {} } } }];
const question = { role: "user", content: "What is in a.txt?" };
const call = { id: "toolu_1", type: "function", function: { name: "read_file", arguments: '{ "path": "a.txt" }' } };

function asks(model: string, stream: boolean): Asked {
  return callOf("openai-chat", stream, { model, tools, reasoning_effort: "high", messages: [question] });
}

/** What a client sends that knows Chat's fields and no others: role, content, the calls. */
function goesOn(model: string): Asked {
  const assistant = { role: "assistant", content: null, tool_calls: [call] };
  const result = { role: "tool", tool_call_id: "toolu_1", content: "forty-two" };
  return callOf("openai-chat", true, {
    model,
    tools,
    reasoning_effort: "high",
    messages: [question, assistant, result],
  });
}

/** Claude's first reply is a signed thought and a call; every later reply is words. */
function rigWith(first: "stream" | "whole"): Rig {
  const whole = {
    ...claudeWhole,
    content: [
      { type: "thinking", thinking: "I should look.", signature: claudeSignature },
      { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a.txt" } },
    ],
    stop_reason: "tool_use",
  };
  return createRig(providers + routes, (sent, turn) => {
    if (turn === 1) return first === "stream" ? streamed(claudeStream(claudeThought), { size: 9 }) : json(200, whole);
    if (sent.request.host === "127.0.0.1") return streamed(chatStream(chatText));
    if (sent.url.includes("googleapis")) return streamed(geminiStream([geminiWhole]));
    return streamed(claudeStream(claudeEvents));
  });
}

const sentMessages = (rig: Rig, nth: number): readonly unknown[] =>
  rig.sent[nth]?.json["messages"] as readonly unknown[];
const losses = (rig: Rig): readonly string[] => rig.fact("losses").flatMap((fact) => fact.losses);

describe("a Chat client that drops what it does not know", () => {
  it.each(["stream", "whole"] as const)(
    "R2: its next request has Claude's signed thinking in front of the call again (first reply: %s)",
    async (first) => {
      const rig = rigWith(first);
      await rig.ask(asks("to-claude", first === "stream"));
      await rig.ask(goesOn("to-claude"));
      expect(sentMessages(rig, 1)[1]).toEqual({
        role: "assistant",
        content: [
          { type: "thinking", thinking: "I should look.", signature: claudeSignature },
          { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a.txt" } },
        ],
      });
      expect(rig.why("translate").at(-1)).toBe(
        "one turn of the history got back the thinking that the client's dialect cannot carry",
      );
      expect(rig.toldTo("flow-2")).not.toMatch(/"thinking(-signature)?: /);
    },
  );

  it.each(["to-other", "to-local", "to-gemini"])(
    "R8: routed %s instead, nothing of Claude's is replayed, and the flow names the loss",
    async (model) => {
      const rig = rigWith("stream");
      await rig.ask(asks("to-claude", true));
      await rig.ask(goesOn(model));
      expect(rig.sent).toHaveLength(2);
      expect(rig.sent[1]?.text).not.toContain(claudeSignature);
      expect(rig.sent[1]?.text).not.toContain("switchyard.");
      expect(rig.sent[1]?.text).toContain("forty-two");
      expect(losses(rig).some((loss) => /^thinking(-signature)?:/.test(loss))).toBe(true);
    },
  );

  it("R2: comes back to its maker after a detour to another provider", async () => {
    const rig = rigWith("stream");
    await rig.ask(asks("to-claude", true));
    await rig.ask(goesOn("to-local"));
    await rig.ask(goesOn("to-claude"));
    expect(JSON.stringify(sentMessages(rig, 2)[1])).toContain(claudeSignature);
  });

  it("gets nothing back for a call that only looks alike", async () => {
    const rig = rigWith("stream");
    await rig.ask(asks("to-claude", true));
    const asked = goesOn("to-claude");
    const text = JSON.stringify(asked.body).replace("a.txt", "b.txt").replace('\\"a.txt', '\\"b.txt');
    await rig.ask({ ...asked, body: JSON.parse(text) as object });
    expect(rig.sent[1]?.text).not.toContain(claudeSignature);
  });
});

describe("a Claude client of a provider that thinks in Chat's words", () => {
  it("shows whose thinking it was in the one field its client keeps, and its own servers never see that", async () => {
    const reasoning = chatText.map((chunk, index) =>
      index === 1 ? chunk.replace('"content":"Grüße, "', '"reasoning_content":"Hm."') : chunk,
    );
    const rig = createRig(providers + routes, (sent) =>
      streamed(sent.request.host === "127.0.0.1" ? chatStream(reasoning) : claudeStream(claudeEvents)),
    );
    const { text } = await rig.ask(callOf("claude", true, { model: "to-local" }));
    const signature = /"signature_delta","signature":"([^"]+)"/.exec(text)?.[1] ?? "";
    expect(signature).toMatch(/^switchyard\./);
    const history = [
      question,
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "Hm.", signature },
          { type: "text", text: "world" },
        ],
      },
      question,
    ];
    await rig.ask(callOf("claude", true, { model: "to-claude", messages: history }));
    expect(rig.sent[1]?.text).not.toContain("switchyard.");
    expect(sentMessages(rig, 1)[1]).toEqual({ role: "assistant", content: [{ type: "text", text: "world" }] });
  });
});
