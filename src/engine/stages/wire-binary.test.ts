import { describe, expect, it } from "vitest";
import vectors from "../../../test/vectors/cursor-vectors.json" with { type: "json" };
import { decodeMessage } from "../formats/cursor/wire/schema.ts";
import { outlineWire } from "./wire-outline.ts";

function decoded(name: string): Readonly<Record<string, unknown>> {
  const found = vectors.messages.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return decodeMessage(found.type, Buffer.from(found.hex, "hex"));
}

const kiro = {
  profileArn: "arn",
  conversationState: {
    conversationId: "c-1",
    chatTriggerType: "MANUAL",
    history: [
      { userInputMessage: { content: "first", modelId: "auto" } },
      {
        assistantResponseMessage: {
          content: "hm",
          reasoningContent: { reasoningText: { text: "why", signature: "c2ln" } },
          toolUses: [{ toolUseId: "t1", name: "read", input: { path: "a" } }],
        },
      },
    ],
    currentMessage: {
      userInputMessage: {
        content: "go on",
        modelId: "claude-sonnet-4.5",
        images: [{ format: "png", source: { bytes: "AAAA" } }],
        userInputMessageContext: {
          toolResults: [{ toolUseId: "t1", status: "error", content: [{ text: "found" }, { json: { a: 1 } }] }],
          tools: [
            { toolSpecification: { name: "read", description: "reads", inputSchema: { json: { type: "object" } } } },
          ],
        },
      },
    },
  },
};

describe("the outline of a Kiro body", () => {
  const outline = outlineWire("kiro", kiro, "/generateAssistantResponse", null);

  it("has its messages in the order in which they were said", () => {
    expect(outline.parts.map(({ role, kind, place, match }) => [role, kind, place, match])).toEqual([
      ["user", "text", "history[0]", "first"],
      ["assistant", "thinking", "history[1]", "why"],
      ["assistant", "text", "history[1]", "hm"],
      ["assistant", "tool call", "history[1]", 'read {"path":"a"}'],
      ["tool", "tool result", "currentMessage", 'found\n{"a":1}'],
      ["user", "text", "currentMessage", "go on"],
      ["user", "image", "currentMessage", "image/png AAAA"],
    ]);
  });

  it("has its tools and its fields by their names", () => {
    expect(outline.tools).toHaveLength(1);
    expect(outline.tools[0]?.text).toContain("read");
    const fields = Object.fromEntries(outline.fields.map(({ key, text }) => [key, text]));
    expect(fields["model"]).toBe('modelId "claude-sonnet-4.5"');
    expect(fields["stream"]).toBe("always");
    expect(fields["other conversationId"]).toBe('conversationId "c-1"');
    expect(fields["other profileArn"]).toBe('profileArn "arn"');
    expect(Object.keys(fields).join()).not.toContain("history");
  });

  it("is there for what is none", () => {
    for (const body of [
      {},
      { conversationState: 5 },
      { conversationState: { history: [null, 1], currentMessage: {} } },
    ]) {
      expect(outlineWire("kiro", body, "/", null).fields).toBeInstanceOf(Array);
    }
  });
});

describe("the outline of a Cursor body", () => {
  it("of a chat has its conversation, tools and model", () => {
    const outline = outlineWire("cursor", decoded("chat-request-tools-history-image"), "/x", null);
    expect(outline.parts.map(({ role, kind }) => `${role} ${kind}`)).toContain("tool tool result");
    expect(outline.parts[0]).toMatchObject({ role: "user", place: "conversation[0]", match: "What is in a.txt?" });
    expect(outline.tools.map(({ text }) => text).join()).toContain("read");
    expect(outline.fields.find(({ key }) => key === "model")?.text).toContain("gpt-5.1");
  });

  it.each(["agent-run-request-minimal", "agent-run-request-tools-image", "agent-run-request-inline-history"])(
    "of a run has what was said: %s",
    (name) => {
      const outline = outlineWire("cursor", decoded(name), "/agent.v1.AgentService/Run", null);
      expect(outline.parts.at(-1)).toMatchObject({ role: "user", place: "action.userMessage" });
      expect(outline.fields.map(({ key }) => key)).toContain("stream");
    },
  );

  it("is found in an append as people see it", () => {
    const run = decoded("agent-run-request-minimal");
    const outline = outlineWire("cursor", { AgentClientMessage: run, appendSeqno: "0" }, "/x", null);
    expect(outline.parts.map(({ match }) => match)).toEqual(["Say hi"]);
  });

  it("is there for what is none", () => {
    for (const body of [{}, { conversation: [null, 5] }, { action: 1, mcpTools: [null] }]) {
      expect(outlineWire("cursor", body, "/", null).fields).toBeInstanceOf(Array);
    }
  });
});
