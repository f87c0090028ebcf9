/** Errors whose words and codes their clients act on, from an upstream of another dialect. */
import { describe, expect, it } from "vitest";
import type { HttpReply } from "../../base/http.ts";
import { callOf } from "./__fixtures__/clients.ts";
import { createRig, json, type Play } from "./__fixtures__/rig.ts";
import { chatWhole } from "./__fixtures__/wire.ts";

const toLocal =
  "providers: { local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000' } }\nroutes: [{ to: local/m }]";
const says =
  (status: number, message: string, code: string | null = null): Play =>
  (): HttpReply =>
    json(status, { error: { message, type: "invalid_request_error", param: null, code } });
const codex = callOf("openai-responses", true, { store: false, instructions: "" });
const asCodex = {
  ...codex,
  host: "chatgpt.com",
  target: "/backend-api/codex/responses",
  headers: [...(codex.headers ?? []), ["originator", "codex_cli_rs"]] as const,
};

describe("a context that overflows", () => {
  const overflow = says(
    400,
    "This model's maximum context length is 128000 tokens. However, your messages resulted in 150000 tokens.",
    "context_length_exceeded",
  );

  it.each([true, false])("U4: makes Claude Code compact, by these words (streamed: %s)", async (stream) => {
    const answer = await createRig(toLocal, overflow).ask(callOf("claude", stream));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error", message: "prompt is too long: 150000 tokens > 128000 maximum" },
    });
  });

  it.each([callOf("openai-responses", true), callOf("openai-chat", true), asCodex])(
    "U4: is known to OpenAI's clients by its code",
    async (asked) => {
      const yaml = 'accounts: [{ provider: claude, api_key: "${A}" }]\nroutes: [{ to: claude/claude-sonnet-4-5 }]';
      const rig = createRig(yaml, () =>
        json(400, {
          type: "error",
          error: { type: "invalid_request_error", message: "prompt is too long: 150000 tokens > 128000 maximum" },
        }),
      );
      const answer = await rig.ask(asked);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({ error: { code: "context_length_exceeded" } });
    },
  );
});

describe("a limit that is reached", () => {
  it("tells the Codex CLI in its backend's words when it ends", async () => {
    const spent: Play = () =>
      json(429, { error: { message: "You exceeded your current quota", code: "usage_limit_reached" } }, [
        ["retry-after", "600"],
      ]);
    const answer = await createRig(toLocal, spent).ask(asCodex);
    expect(answer.status).toBe(429);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { type: "usage_limit_reached", resets_in_seconds: 600 } });
    const other = await createRig(toLocal, spent).ask(callOf("openai-responses", true));
    expect(JSON.parse(other.text)).toMatchObject({ error: { code: "insufficient_quota" } });
  });
});

describe("a reference to a response that only another provider has", () => {
  it.each([true, false])("Q9: is answered so that the client sends everything again (streamed: %s)", async (stream) => {
    const rig = createRig(toLocal, () => {
      throw new Error("no upstream should have been asked");
    });
    const answer = await rig.ask(callOf("openai-responses", stream, { previous_response_id: "resp_1" }));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({
      error: { type: "invalid_request_error", code: "previous_response_not_found", param: "previous_response_id" },
    });
    expect(answer.text).not.toContain("No tool output found");
  });
});

describe("a system message in the middle of a conversation", () => {
  const messages = [
    { role: "user", content: "Hi" },
    { role: "assistant", content: "Hello" },
    { role: "user", content: "Go on." },
    { role: "system", content: [{ type: "text", text: "The user switched to plan mode." }] },
  ];

  it.each(["openai-compatible", "openai-responses-compatible", "anthropic-compatible", "gemini-compatible"])(
    "Q18: is never refused by us, whoever is asked (%s)",
    async (type) => {
      const yaml = `providers: { p: { type: ${type}, endpoint: "http://127.0.0.1:8000", auth_type: none } }\nroutes: [{ to: p/m }]`;
      const rig = createRig(yaml, () => json(500, { error: { message: "not today" } }));
      await rig.ask(callOf("claude", false, { messages }));
      expect(rig.sent[0]?.text).toContain("The user switched to plan mode.");
    },
  );

  it("Q18: that the upstream refuses is refused in words on which Claude Code tries without it", async () => {
    const refuses = says(400, "messages[3]: role 'system' is not supported here");
    const answer = await createRig(toLocal, refuses).ask(callOf("claude", false, { messages }));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error", message: expect.stringMatching(/system.*not supported/) },
    });
  });

  it("is no hindrance to an answer", async () => {
    const answer = await createRig(toLocal, () => json(200, chatWhole)).ask(callOf("claude", false, { messages }));
    expect(answer.text).toContain("Hello");
  });
});
