import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage, type Message } from "../wire/schema.ts";
import { readChat, type ChatAsked } from "./request-in.ts";

// Our own file.
const { messages: vectors } = JSON.parse(
  readFileSync(new URL("../../../../../test/vectors/cursor-vectors.json", import.meta.url), "utf8"),
) as { readonly messages: readonly { readonly name: string; readonly hex: string }[] };

function asked(message: Message): ChatAsked {
  const read = readChat(decodeMessage("ChatClientMessage", encodeMessage("ChatClientMessage", message)));
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

function vector(name: string): ChatAsked {
  const hex = vectors.find((one) => one.name === name)?.hex ?? "";
  const read = readChat(decodeMessage("ChatClientMessage", Buffer.from(hex, "hex")));
  if (!read.ok) throw new Error(read.error.message);
  return read.value;
}

const minimal = {
  conversation: [{ text: "Hi", type: "CHAT_ROLE_HUMAN", bubbleId: "b1" }],
  modelDetails: { modelName: "gpt-5.1" },
};
const chat = (more: Message): ChatAsked => asked({ chatRequest: { ...minimal, ...more } });

describe("a request of Cursor's chat", () => {
  it("that is plain is a question and what the client says of itself", () => {
    const { request, session, needs } = vector("chat-request-minimal");
    expect(request.model).toBe("claude-4.5-sonnet");
    expect(request.messages.map(({ role }) => role)).toEqual(["system", "user"]);
    expect(request.messages[1]).toEqual({ role: "user", parts: [{ type: "text", text: "Say hi" }] });
    expect(session).toBe("00000000-0000-4000-8000-00000000000c");
    expect(needs).toBeNull();
    expect(request.stream).toBe(true);
  });

  it("has pictures, thinking, calls with their results, tools and a wish to think", () => {
    const { request, losses } = vector("chat-request-tools-history-image");
    expect(request.messages).toEqual([
      {
        role: "user",
        parts: [
          { type: "image", source: { kind: "base64", mediaType: "image/png", data: "iVBORw==" } },
          { type: "text", text: "What is in a.txt?" },
        ],
      },
      {
        role: "assistant",
        parts: [
          { type: "thinking", text: "need the file", from: { format: "cursor" }, signature: "c2ln" },
          { type: "tool-call", id: "call_1", name: "read", arguments: '{"path":"a.txt"}', kind: "function" },
        ],
      },
      { role: "tool", callId: "call_1", parts: [{ type: "text", text: "hello" }], isError: false },
      { role: "user", parts: [{ type: "text", text: "Continue" }] },
    ]);
    expect(request.tools).toEqual([
      { kind: "function", name: "read", description: "Read a file", parameters: { type: "object" } },
    ]);
    expect(request.thinking).toEqual({ mode: "level", level: "high", show: true });
    expect(losses.join()).toContain("semsearch, read_file");
    expect(losses.join()).toContain("max mode");
  });

  it("keeps tools of one name on two servers apart", () => {
    const mcpTools = ["a", "b"].map((serverName) => ({ name: "read", serverName, parameters: "{}" }));
    const { request, names } = chat({ mcpTools });
    expect(request.tools.map(({ name }) => name)).toEqual(["mcp_a_read", "mcp_b_read"]);
    expect(names.fromHub("mcp_b_read")).toEqual({ server: "b", name: "read" });
    expect(names.fromHub("read")).toBeNull();
  });

  it("puts rules, context and the open file before the conversation", () => {
    const { request } = chat({
      explicitContext: {
        context: "the context",
        rules: [{ name: "style", body: "be brief" }],
        mcpInstructions: [{ serverName: "files", instructions: "read first" }],
      },
      currentFile: { relativeWorkspacePath: "src/a.ts", contents: "let a = 1;", languageId: "typescript" },
      environmentInfo: { exthostPlatform: "linux", localTimestamp: "2026-11-22T03:00:00Z" },
    });
    const [system] = request.messages;
    const text = JSON.stringify(system);
    for (const said of ["the context", "be brief", "read first", "src/a.ts", "let a = 1;", "linux"]) {
      expect(text).toContain(said);
    }
    // It changes with every call, and would make every prompt a new one.
    expect(text).not.toContain("2026-11-22");
  });

  it("takes a result that hangs on the user's message, and a failed one", () => {
    const toolResults = [
      {
        toolCallId: "c1\nmc_m1",
        toolName: "mcp_files_read",
        args: "{}",
        result: { error: { modelVisibleErrorMessage: "no" } },
      },
    ];
    const { request } = chat({
      mcpTools: [{ name: "read", serverName: "files" }],
      conversation: [
        { text: "Hi", type: "CHAT_ROLE_HUMAN", bubbleId: "b1" },
        { text: "I look", type: "CHAT_ROLE_AI", bubbleId: "b2" },
        { text: "Go on", type: "CHAT_ROLE_HUMAN", bubbleId: "b3", toolResults },
      ],
    });
    expect(request.messages.slice(1)).toEqual([
      {
        role: "assistant",
        parts: [
          { type: "text", text: "I look" },
          { type: "tool-call", id: "c1", name: "read", arguments: "{}", kind: "function" },
        ],
      },
      { role: "tool", callId: "c1", parts: [{ type: "text", text: "no" }], isError: true },
      { role: "user", parts: [{ type: "text", text: "Go on" }] },
    ]);
  });

  it("says when only Cursor's servers can answer it", () => {
    expect(chat({ fullConversationHeadersOnly: [{ bubbleId: "b0" }, { bubbleId: "b1" }] }).needs).toMatch(/earlier/);
    expect(chat({ conversation: [{ textBlobId: Buffer.from("id"), type: "CHAT_ROLE_HUMAN" }] }).needs).toMatch(/blob/);
    expect(chat({ conversation: [] }).needs).toMatch(/no messages/);
    expect(chat({ isAgentic: true, supportedTools: [5, 7] }).needs).toMatch(/only tools are Cursor's own/);
    expect(chat({ isAgentic: true, supportedTools: [5, 19], mcpTools: [{ name: "read" }] }).needs).toBeNull();
    expect(chat({ fullConversationHeadersOnly: [{ bubbleId: "b1" }] }).needs).toBeNull();
  });

  it("names the user's own key as a loss and never quotes it", () => {
    const { losses } = chat({
      modelDetails: { modelName: "a", apiKey: "sk-very-secret", openaiApiBaseUrl: "https://u:p@h" },
    });
    expect(losses.join()).toContain("key");
    expect(losses.join()).not.toMatch(/very-secret|u:p/);
  });

  it.each([
    ["no model", { chatRequest: { conversation: [] } }],
    ["no request", { toolResult: { toolCallId: "c" } }],
    ["nothing", {}],
  ])("with %s is a wrong request", (_, message) => {
    expect(readChat(message)).toMatchObject({ ok: false, error: { kind: "bad-request" } });
  });
});
