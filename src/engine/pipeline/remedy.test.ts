/** Failures that one more try mends: refused signatures, a history that does not pair, a reply that is none. */
import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import type { HttpReply } from "../../base/http.ts";
import { callOf } from "./__fixtures__/clients.ts";
import { keys } from "./__fixtures__/config.ts";
import { createRig, json, streamed, type Play, type Rig } from "./__fixtures__/rig.ts";
import {
  chatStream,
  chatText,
  claudeEvents,
  claudeSignature,
  claudeStream,
  claudeThought,
  geminiMalformed,
  geminiStream,
  geminiWhole,
  responsesWhole,
} from "./__fixtures__/wire.ts";

const accounts = (provider: string): string =>
  `  - { provider: ${provider}, name: a, api_key: "\${A}" }\n  - { provider: ${provider}, name: b, api_key: "\${B}" }\n`;
const toClaude = `accounts:\n${accounts("claude")}routes: [{ to: claude/claude-sonnet-4-5 }]`;
const toOpenAi = `providers: { oai: { type: openai-responses-compatible, endpoint: "https://api.openai.com/v1" } }
accounts:\n${accounts("oai")}routes: [{ to: oai/gpt-5 }]`;
const toGemini = `accounts:\n${accounts("gemini")}routes: [{ to: gemini/gemini-2.5-pro }]`;
const thenLocal = `
providers: { local: { type: openai-compatible, endpoint: "http://127.0.0.1:8000" } }
accounts: [{ provider: gemini, name: a, api_key: "\${A}" }]
combos: { both: [gemini/gemini-2.5-pro, local/m] }
routes: [{ to: combo/both }]`;

const claudeError = (message: string): HttpReply =>
  json(400, { type: "error", error: { type: "invalid_request_error", message } });
const badSignature = (): HttpReply => claudeError("messages.1.content.0: Invalid `signature` in `thinking` block");
const goodClaude = (): HttpReply => streamed(claudeStream(claudeEvents));
/** The first answers in order, the last one from then on. */
const inTurn =
  (...replies: readonly (() => HttpReply)[]): Play =>
  (_, turn) =>
    (replies[turn - 1] ?? replies.at(-1) ?? goodClaude)();

const keysShown = (rig: Rig): readonly (string | undefined)[] =>
  rig.sent.map(
    ({ request }) => headerValue(request.headers, "x-api-key") ?? headerValue(request.headers, "x-goog-api-key"),
  );
/** No step of the explanation is an error: what was mended is no failure. */
const tries = (rig: Rig): readonly string[] => [...rig.why("attempt"), ...rig.why("error")];

/** A turn in the middle of a tool loop, with everything Claude signs. */
const signedHistory = {
  max_tokens: 4096,
  thinking: { type: "enabled", budget_tokens: 2048 },
  tools: [{ name: "read_file", input_schema: { type: "object", properties: { path: { type: "string" } } } }],
  messages: [
    { role: "user", content: "What is in a.txt?" },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "I should look.", signature: claudeSignature },
        { type: "redacted_thinking", data: "cmVkYWN0ZWQ=" },
        { type: "text", text: "Let me look." },
        { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a.txt" } },
      ],
    },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "forty-two" }] },
  ],
};

describe("signatures that their maker refuses", () => {
  it("R17: are left out and the call is tried once more with the same account, bytes left alone otherwise", async () => {
    const rig = createRig(toClaude, inTurn(badSignature, goodClaude));
    const answer = await rig.ask(callOf("claude", true, signedHistory));
    expect(answer).toMatchObject({ status: 200, text: claudeStream(claudeEvents) });
    expect(keysShown(rig)).toEqual([keys.A, keys.A]);
    const [first, second] = rig.sent.map(({ text }) => text);
    expect(first).toContain(claudeSignature);
    expect(second).not.toContain(claudeSignature);
    expect(second).not.toContain("cmVkYWN0ZWQ=");
    expect(rig.sent[1]?.json["messages"]).toEqual([
      signedHistory.messages[0],
      { role: "assistant", content: signedHistory.messages[1]?.content.slice(2) },
      signedHistory.messages[2],
    ]);
    expect(tries(rig)).toEqual([
      "claude-sonnet-4-5 at claude (a)",
      expect.stringMatching(/opaque-blob: .*; tried once more without the signatures and encrypted reasoning/),
    ]);
    expect(rig.fact("attempt-started").map(({ account }) => account)).toEqual(["a", "a"]);
  });

  it("R17: encrypted reasoning of OpenAI goes the same way", async () => {
    const refused = (): HttpReply =>
      json(400, {
        error: { message: "cannot be verified", type: "invalid_request_error", code: "invalid_encrypted_content" },
      });
    const rig = createRig(
      toOpenAi,
      inTurn(refused, () => json(200, responsesWhole)),
    );
    const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAAABsecret" };
    const input = [
      { role: "user", content: "Hi" },
      reasoning,
      { type: "function_call", id: "fc_1", call_id: "call_1", name: "ls", arguments: "{}" },
      { type: "function_call_output", call_id: "call_1", output: "a.txt" },
    ];
    const answer = await rig.ask(callOf("openai-responses", false, { input }));
    expect(JSON.parse(answer.text)).toEqual(responsesWhole);
    expect(rig.sent).toHaveLength(2);
    expect(rig.sent[0]?.text).toContain("gAAAAABsecret");
    expect(rig.sent[1]?.text).not.toContain("gAAAAABsecret");
    expect(rig.sent[1]?.text).toContain("call_1");
  });

  it("R17: those that our own ledger had put back are left out as well", async () => {
    const rig = createRig(
      toClaude,
      inTurn(() => streamed(claudeStream(claudeThought)), badSignature, goodClaude),
    );
    await rig.ask(callOf("openai-chat", true, { reasoning_effort: "high" }));
    const call = { id: "toolu_1", type: "function", function: { name: "read_file", arguments: '{"path":"a.txt"}' } };
    const answer = await rig.ask(
      callOf("openai-chat", true, {
        messages: [
          { role: "user", content: "What is in a.txt?" },
          { role: "assistant", content: null, tool_calls: [call] },
          { role: "tool", tool_call_id: "toolu_1", content: "forty-two" },
        ],
      }),
    );
    expect(answer.text).toContain("[DONE]");
    expect(rig.sent.map(({ text }) => text.includes(claudeSignature))).toEqual([false, true, false]);
    expect(rig.sent[2]?.text).toContain("forty-two");
  });

  it.each(["claude", "openai-chat"] as const)(
    "R17: a second refusal reaches a client that speaks %s, and no other account is asked",
    async (dialect) => {
      const rig = createRig(toClaude, badSignature);
      const answer = await rig.ask(callOf(dialect, true));
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({
        error: { message: expect.stringContaining("Invalid `signature`") },
      });
      expect(keysShown(rig)).toEqual([keys.A, keys.A]);
      expect(headerValue(answer.headers, "x-should-retry")).toBe("false");
      expect(rig.why("error").length).toBeGreaterThan(0);
    },
  );
});

describe("a history whose calls and results do not pair", () => {
  const unpaired = (): HttpReply =>
    claudeError("messages.2: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1.");
  const broken = {
    ...signedHistory,
    messages: [...signedHistory.messages.slice(0, 2), { role: "user", content: "Go on." }],
  };
  const asked = {
    ...callOf("claude", true, broken),
    headers: [...(callOf("claude", true).headers ?? []), ["anthropic-beta", "context-management-2025-06-27"]] as const,
  };

  it("is repaired on the way through the hub, though both sides speak the same dialect", async () => {
    const rig = createRig(
      toClaude,
      inTurn(unpaired, () => streamed(claudeStream(claudeThought))),
    );
    const answer = await rig.ask(asked);
    expect(answer.status).toBe(200);
    expect(keysShown(rig)).toEqual([keys.A, keys.A]);
    expect(rig.sent[0]?.json["messages"]).toEqual(broken.messages);
    const messages = rig.sent[1]?.json["messages"] as readonly { readonly content: readonly object[] }[];
    expect(messages[2]?.content[0]).toMatchObject({ type: "tool_result", tool_use_id: "toolu_1", is_error: true });
    expect(tries(rig)[1]).toContain("tried once more with the calls and results of the history put right");
    // The signed thinking of the history goes back to its maker.
    expect(rig.sent[1]?.text).toContain(claudeSignature);
  });

  it("gives its maker back what the repaired try's reply had signed", async () => {
    const rig = createRig(toClaude, (_, turn) => (turn % 2 === 1 ? unpaired() : streamed(claudeStream(claudeThought))));
    const { text } = await rig.ask(asked);
    const shown = /"signature_delta","signature":"([^"]+)"/.exec(text)?.[1] ?? "";
    const unsigned = broken.messages.slice(2);
    const turn = [
      { type: "thinking", thinking: "I should look.", signature: shown },
      { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a.txt" } },
    ];
    const messages = [{ role: "user", content: "Hi" }, { role: "assistant", content: turn }, ...unsigned];
    await rig.ask({ ...asked, body: { ...signedHistory, model: "claude-sonnet-4-5", messages } });
    expect(rig.sent[3]?.text).toContain(`"signature":"${claudeSignature}"`);
  });

  it("keeps what the client's headers ask for, and the client's credential out", async () => {
    const rig = createRig(toClaude, inTurn(unpaired, goodClaude));
    await rig.ask(asked);
    const headers = rig.sent[1]?.request.headers ?? [];
    expect(headerValue(headers, "anthropic-beta")).toContain("context-management-2025-06-27");
    expect(headerValue(headers, "x-api-key")).toBe(keys.A);
    expect(headers.filter(([name]) => name.toLowerCase() === "content-type")).toHaveLength(1);
    expect(JSON.stringify(headers)).not.toContain("sk-client-own-key");
  });

  it("that is refused again is the client's to know", async () => {
    const rig = createRig(toClaude, unpaired);
    const answer = await rig.ask(asked);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("`tool_use` ids were found without");
    expect(rig.sent).toHaveLength(2);
  });
});

describe("a reply that is none", () => {
  const nonsense = (): HttpReply => streamed(geminiStream([geminiMalformed]));
  const empty = (): HttpReply => json(200, { ...geminiWhole, candidates: [{ index: 0, finishReason: "STOP" }] });
  const good = (): HttpReply => streamed(geminiStream([geminiWhole]));

  it("S19: is asked for once more of the same model", async () => {
    const rig = createRig(toGemini, inTurn(nonsense, good));
    const answer = await rig.ask(callOf("claude", true));
    expect(answer.text).toContain("Hello");
    expect(answer.text.split("message_start").length - 1).toBe(2);
    expect(keysShown(rig)).toEqual([keys.A, keys.A]);
    expect(tries(rig)[1]).toContain("tried once more: the model's answer was malformed");
  });

  it("S19: then of the next target", async () => {
    const rig = createRig(thenLocal, (sent) =>
      sent.request.host === "127.0.0.1" ? streamed(chatStream(chatText)) : nonsense(),
    );
    const answer = await rig.ask(callOf("claude", true));
    expect(answer.text).toContain("world");
    expect(rig.sent.map(({ request }) => request.host)).toEqual([
      "generativelanguage.googleapis.com",
      "generativelanguage.googleapis.com",
      "127.0.0.1",
    ]);
  });

  it.each([
    ["a stream of nonsense", true, nonsense],
    ["a whole reply without words", false, empty],
  ] as const)(
    "S19: is an error in the client's dialect at last, never an empty success: %s",
    async (_, stream, reply) => {
      const rig = createRig(toGemini, reply);
      const answer = await rig.ask(callOf("claude", stream));
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.text)).toMatchObject({ type: "error", error: { type: "api_error" } });
      expect(keysShown(rig)).toEqual([keys.A, keys.A]);
    },
  );

  it.each([
    ["a stream", true, nonsense, good],
    ["whole", false, () => json(200, geminiMalformed), () => json(200, geminiWhole)],
  ] as const)("S19: is asked for again where bytes are left alone, too: %s", async (_, stream, first, second) => {
    const rig = createRig(toGemini, inTurn(first, second));
    const answer = await rig.ask(callOf("gemini", stream));
    expect(answer.text).toContain('"text":"Hello"');
    expect(answer.text).not.toContain("MALFORMED");
    expect(rig.sent).toHaveLength(2);
  });
});
