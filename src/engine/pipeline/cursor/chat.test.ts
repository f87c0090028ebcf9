import { describe, expect, it } from "vitest";
import { passThrough } from "../../../base/exchange.ts";
import type { HttpReply } from "../../../base/http.ts";
import { createEnvelopeReader, endFlag, envelope } from "../../codecs/connect.ts";
import { decodeMessage, encodeMessage, type Message } from "../../formats/cursor/wire/schema.ts";
import { chatStream, chatText, chatTool } from "../__fixtures__/wire.ts";
import { createRig, json, streamed, type Play } from "../__fixtures__/rig.ts";

const target = "/aiserver.v1.ChatService/StreamUnifiedChatWithTools";
const headers = [
  ["host", "api2.cursor.sh"],
  ["content-type", "application/connect+proto"],
] as const;
const yaml = 'accounts: [{ provider: openai, name: work, api_key: "${A}" }]\nroutes: [{ to: openai/gpt-x }]';

const opening = {
  chatRequest: {
    conversation: [{ text: "Hi", type: "CHAT_ROLE_HUMAN", bubbleId: "b1" }],
    modelDetails: { modelName: "gpt-5.1" },
    conversationId: "c-1",
    mcpTools: [{ name: "read_file", serverName: "files", parameters: '{"type":"object","properties":{}}' }],
  },
};

/** A client's side that stays open, as HTTP/2 has it. */
function createBody(): { readonly body: AsyncIterable<Uint8Array>; say(message: Message): void; end(): void } {
  const waiting: Uint8Array[] = [];
  let isOver = false;
  let wake = (): void => {};
  return {
    body: {
      async *[Symbol.asyncIterator]() {
        for (;;) {
          const next = waiting.shift();
          if (next !== undefined) yield next;
          else if (isOver) return;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      },
    },
    say(message) {
      waiting.push(envelope(encodeMessage("ChatClientMessage", message)));
      wake();
    },
    end() {
      isOver = true;
      wake();
    },
  };
}

interface Reader {
  /** The next message, or the end's JSON; null once it is over. */
  next(): Promise<Message | { readonly end: unknown } | null>;
}

function read(reply: HttpReply): Reader {
  const iterator = reply.body[Symbol.asyncIterator]();
  const reader = createEnvelopeReader(null);
  const waiting: (Message | { readonly end: unknown })[] = [];
  return {
    async next() {
      while (waiting.length === 0) {
        const step = await iterator.next();
        if (step.done === true) return null;
        for (const { flags, payload } of reader.push(step.value)) {
          const isEnd = (flags & endFlag) !== 0;
          waiting.push(
            isEnd ? { end: JSON.parse(Buffer.from(payload).toString()) } : decodeMessage("ChatServerMessage", payload),
          );
        }
      }
      return waiting.shift() ?? null;
    },
  };
}

async function start(play: Play): Promise<{
  readonly client: ReturnType<typeof createBody>;
  readonly rig: ReturnType<typeof createRig>;
  readonly reply: HttpReply | typeof passThrough;
}> {
  const rig = createRig(yaml, play);
  const client = createBody();
  client.say(opening);
  const reply = await rig.open({ host: "api2.cursor.sh", target, headers, raw: client.body, client: "cursor" });
  return { rig, client, reply };
}

describe("Cursor's chat, rerouted", () => {
  it("answers on the stream while the client's side is open, runs its tools and goes on", async () => {
    const { rig, client, reply } = await start((_, turn) => streamed(chatStream(turn === 1 ? chatTool : chatText)));
    if (reply === passThrough) throw new Error("passed through");
    expect(reply.status).toBe(200);
    const reader = read(reply);
    expect(await reader.next()).toMatchObject({ chatResponse: { partialToolCall: { name: "mcp_files_read_file" } } });
    expect(await reader.next()).toMatchObject({
      toolCall: { toolCallId: "call_1", rawArgs: '{"path":"a.txt"}', mcpParams: { tools: [{ name: "read_file" }] } },
    });
    client.say({ toolResult: { tool: 19, toolCallId: "call_1", mcpResult: { result: "the file" } } });
    expect(await reader.next()).toEqual({ chatResponse: { text: "Grüße, " } });
    expect(await reader.next()).toEqual({ chatResponse: { text: "world" } });
    expect(await reader.next()).toEqual({ end: {} });
    expect(await reader.next()).toBeNull();
    const [, second] = rig.sent;
    expect(second?.json["messages"]).toMatchObject([
      { role: "user" },
      { role: "assistant", tool_calls: [{ id: "call_1" }] },
      { role: "tool", tool_call_id: "call_1" },
    ]);
    expect(JSON.stringify(second?.json)).toContain("the file");
    client.end();
  });

  it("names what only the last answer lost", async () => {
    const cut = chatText.map((chunk) => chunk.replace('"finish_reason":"stop"', '"finish_reason":"length"'));
    const { rig, client, reply } = await start(() => streamed(chatStream(cut)));
    if (reply === passThrough) throw new Error("passed through");
    const reader = read(reply);
    while ((await reader.next()) !== null);
    const losses = rig.fact("losses").flatMap((fact) => fact.losses);
    expect(losses).toContain("reply: that the model stopped at its limit");
    client.end();
  });

  it("names what has no form at Cursor once, however often the model said it", async () => {
    const annotations = [{ type: "url_citation", url_citation: { url: "https://example.com", title: "A page" } }];
    const cited = { choices: [{ index: 0, delta: { annotations }, finish_reason: null }] };
    const { rig, client, reply } = await start((_, turn) => {
      const [first, ...rest] = turn === 1 ? chatTool : chatText;
      return streamed(chatStream([first, JSON.stringify(cited), JSON.stringify(cited), ...rest]));
    });
    if (reply === passThrough) throw new Error("passed through");
    const reader = read(reply);
    await reader.next();
    await reader.next();
    client.say({ toolResult: { tool: 19, toolCallId: "call_1", mcpResult: { result: "the file" } } });
    while ((await reader.next()) !== null);
    const losses = rig.fact("losses").flatMap((fact) => fact.losses);
    expect(losses.filter((one) => one.startsWith("citation"))).toEqual(["citation: Cursor has no form for sources"]);
    client.end();
  });

  it("tells a failure in the last envelope of a 200", async () => {
    const { reply, client } = await start(() =>
      json(429, { error: { message: "slow down", type: "rate_limit_error" } }),
    );
    if (reply === passThrough) throw new Error("passed through");
    const reader = read(reply);
    expect(await reader.next()).toMatchObject({ end: { error: { code: "resource_exhausted" } } });
    client.end();
  });

  it("hands back what only Cursor's servers can answer, and says so", async () => {
    const rig = createRig(yaml, () => json(500, {}));
    const client = createBody();
    client.say({ chatRequest: { ...opening.chatRequest, isAgentic: true, supportedTools: [5, 7], mcpTools: [] } });
    const reply = await rig.open({ host: "api2.cursor.sh", target, headers, raw: client.body, client: "cursor" });
    expect(reply).toBe(passThrough);
    expect(rig.why("fallback").join()).toContain("only tools are Cursor's own");
    expect(rig.sent).toEqual([]);
    client.end();
  });
});
