/** The agent service as a state machine: what it asks its client, when, and how it ends when an answer never comes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEnvelopeReader, endFlag, type Envelope } from "../../../codecs/connect.ts";
import type { HubMessage } from "../../../hub/message.ts";
import type { HubRequest } from "../../../hub/request.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import { noUsage } from "../../../hub/usage.ts";
import type { BackendStep } from "../backend.ts";
import { decodeMessage, encodeMessage, type Message } from "../wire/schema.ts";
import { createAgentBackend } from "./backend.ts";
import { blobId } from "./blobs.ts";
import { bytes, sub } from "./fields.ts";

const context: Message = { env: { osVersion: "linux", workspacePaths: ["/w"] } };

function asks(words: string, more: Message = {}): Message {
  return {
    conversationState: {},
    action: { userMessageAction: { userMessage: { text: words, messageId: "m" }, requestContext: context } },
    requestedModel: { modelId: "a-model" },
    conversationId: "c",
    ...more,
  };
}

/** A client's side of the table: what it keeps, what was said to it. */
function sitDown(blobs = new Map<string, Uint8Array>()) {
  let now = 1_000;
  let ids = 0;
  const backend = createAgentBackend({ newId: () => `id-${(ids += 1)}`, now: () => now });
  const reader = createEnvelopeReader(null);
  const said: Message[] = [];
  const asked: HubRequest[] = [];
  const kinds: string[] = [];
  const losses: string[] = [];
  let ending: string | null = null;

  const take = (steps: readonly BackendStep[]): void => {
    for (const step of steps) {
      kinds.push(step.type);
      if (step.type === "ask") asked.push(step.request);
      if (step.type === "end") losses.push(...(step.losses ?? []));
      if (step.type === "send" || step.type === "end") reader.push(step.bytes).forEach(hear);
    }
  };
  const hear = ({ flags, payload }: Envelope): void => {
    if ((flags & endFlag) !== 0) ending = Buffer.from(payload).toString();
    else said.push(decodeMessage("AgentServerMessage", payload));
  };
  const client = (message: Message): void => take(backend.client(encodeMessage("AgentClientMessage", message)));
  const every = (field: string): readonly Message[] =>
    said.flatMap((message): readonly Message[] => {
      const found = sub(message, field);
      return found === undefined ? [] : [found];
    });
  const kv = (): readonly Message[] => every("kvServerMessage");
  const exec = (): readonly Message[] => every("execServerMessage");
  let answered = 0;
  return {
    backend,
    said,
    asked,
    kinds,
    losses,
    blobs,
    client,
    kv,
    exec,
    raw: (message: Uint8Array) => take(backend.client(message)),
    end: () => take(backend.clientEnd()),
    run: (request: Message) => client({ runRequest: request }),
    model: (...events: readonly StreamEvent[]) => events.forEach((event) => take(backend.model(event))),
    tick: (ms: number) => {
      now += ms;
      take(backend.tick(now));
    },
    ending: () => ending,
    /** Answers what the store was asked, newest first: the order is the client's. */
    answerStore() {
      while (answered < kv().length) {
        const open = kv().slice(answered).toReversed();
        answered = kv().length;
        for (const request of open) {
          const id = request["id"];
          const set = sub(request, "setBlobArgs");
          if (set !== undefined) {
            blobs.set(Buffer.from(bytes(set, "blobId")).toString("hex"), bytes(set, "blobData"));
            client({ kvClientMessage: { id, setBlobResult: {} } });
            continue;
          }
          const found = blobs.get(Buffer.from(bytes(sub(request, "getBlobArgs"), "blobId")).toString("hex"));
          client({
            kvClientMessage: {
              id,
              getBlobResult: found === undefined ? { error: { message: "no" } } : { blobData: found },
            },
          });
        }
      }
    },
    checkpoint: (): Message => every("conversationCheckpointUpdate").at(-1) ?? {},
  };
}

function keeps(...bodies: readonly Uint8Array[]): {
  readonly blobs: Map<string, Uint8Array>;
  readonly ids: readonly Uint8Array[];
} {
  const ids = bodies.map(blobId);
  return {
    ids,
    blobs: new Map(ids.map((id, index) => [Buffer.from(id).toString("hex"), bodies[index] ?? new Uint8Array()])),
  };
}

const usage = { ...noUsage, input: 10, output: 5 };
const says = (words: string): readonly StreamEvent[] => [
  { type: "reply-start", id: null, model: null },
  { type: "text-start", block: 0 },
  { type: "text-delta", block: 0, text: words },
  { type: "text-end", block: 0 },
  { type: "reply-end", finish: { reason: "stop", raw: null }, usage },
];
const calls = (name: string, args: string, id = "call-1"): readonly StreamEvent[] => [
  { type: "reply-start", id: null, model: null },
  { type: "tool-start", block: 0, id, name, kind: "function" },
  { type: "tool-delta", block: 0, text: args },
  { type: "tool-end", block: 0 },
  { type: "reply-end", finish: { reason: "tool-calls", raw: null }, usage },
];

const plain = (messages: readonly HubMessage[] | undefined) => messages?.filter(({ role }) => role !== "system");

describe("before the model is asked", () => {
  it("fetches what the state names, several at once and in any order, and nothing twice", () => {
    const user = Buffer.from(JSON.stringify({ role: "user", content: "Before" }));
    const assistant = Buffer.from(JSON.stringify({ role: "assistant", content: [{ type: "text", text: "Then" }] }));
    const { blobs, ids } = keeps(user, assistant);
    const table = sitDown(blobs);
    table.run(asks("Now", { conversationState: { rootPromptMessagesJson: ids } }));
    expect(table.kv()).toHaveLength(2);
    expect(table.asked).toHaveLength(0);
    table.answerStore();
    expect(table.kv()).toHaveLength(2);
    expect(plain(table.asked[0]?.messages)).toEqual([
      { role: "user", parts: [{ type: "text", text: "Before" }] },
      { role: "assistant", parts: [{ type: "text", text: "Then" }] },
      { role: "user", parts: [{ type: "text", text: "Now" }] },
    ]);
  });

  it("fetches a long history within a bound of requests in flight, each once", () => {
    const bodies = Array.from({ length: 3_000 }, (_, number) =>
      Buffer.from(JSON.stringify({ role: number % 2 === 0 ? "user" : "assistant", content: `message ${number}` })),
    );
    const { blobs, ids } = keeps(...bodies);
    const table = sitDown(blobs);
    table.run(asks("Now", { conversationState: { rootPromptMessagesJson: ids } }));
    expect(table.kv()).toHaveLength(64);
    while (table.asked.length === 0) table.answerStore();
    expect(table.kv()).toHaveLength(3_000);
    expect(plain(table.asked[0]?.messages)).toHaveLength(3_001);
    expect(plain(table.asked[0]?.messages)?.[1]).toEqual({
      role: "assistant",
      parts: [{ type: "text", text: "message 1" }],
    });
  });

  it("asks for nothing that came with the request", () => {
    const body = Buffer.from(JSON.stringify({ role: "system", content: "Be brief." }));
    const id = blobId(body);
    const table = sitDown();
    table.run(
      asks("Hi", { conversationState: { rootPromptMessagesJson: [id] }, preFetchedBlobs: [{ id, value: body }] }),
    );
    expect(table.kv()).toHaveLength(0);
    expect(table.asked[0]?.messages[0]).toEqual({ role: "system", parts: [{ type: "text", text: "Be brief." }] });
  });

  it("reads the turns where the prompt messages do not tell the conversation", () => {
    const user = Buffer.from(encodeMessage("AgentUserMessage", { text: "Run it", messageId: "u" }));
    const call = Buffer.from(
      encodeMessage("AgentStep", {
        toolCall: {
          toolCallId: "t1",
          shellToolCall: {
            args: { command: "ls", toolCallId: "t1" },
            result: { success: { command: "ls", stdout: "a\n" } },
          },
        },
      }),
    );
    const word = Buffer.from(encodeMessage("AgentStep", { assistantMessage: { text: "There is a." } }));
    const turn = Buffer.from(
      encodeMessage("AgentTurn", {
        agentConversationTurn: { userMessage: blobId(user), steps: [blobId(call), blobId(word)] },
      }),
    );
    const { blobs } = keeps(user, call, word, turn);
    const table = sitDown(blobs);
    table.run(asks("Thanks", { conversationState: { turns: [blobId(turn)] } }));
    table.answerStore();
    const history = plain(table.asked[0]?.messages) ?? [];
    expect(history.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant", "user"]);
    expect(history[1]).toMatchObject({
      parts: [{ type: "tool-call", id: "t1", name: "shell", arguments: '{"command":"ls"}' }],
    });
    expect(history[2]).toMatchObject({ role: "tool", callId: "t1", isError: false });
  });

  it("takes an inline history", () => {
    const table = sitDown();
    const conversationHistory = {
      messages: [
        { user: { content: [{ text: { text: "Q" } }] } },
        {
          assistant: {
            content: [{ text: { text: "A" } }, { toolCall: { toolCallId: "t", toolName: "x", argsJson: "{}" } }],
          },
        },
        { tool: { toolCallId: "t", toolName: "x", content: [{ text: { text: "R" } }] } },
      ],
    };
    table.run(
      asks("Next", {
        action: { userMessageAction: { userMessage: { text: "Next" }, requestContext: context, conversationHistory } },
      }),
    );
    expect(plain(table.asked[0]?.messages)?.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "user"]);
  });

  it("a blob that the client does not have ends the run with an error", () => {
    const table = sitDown();
    table.run(asks("Hi", { conversationState: { rootPromptMessagesJson: [blobId(Buffer.from("gone"))] } }));
    table.answerStore();
    expect(table.ending()).toContain("invalid_argument");
    expect(table.asked).toHaveLength(0);
  });

  it("asks for the context where it was not given, and goes on without it where it is refused", () => {
    const table = sitDown();
    table.run(asks("Hi", { action: { userMessageAction: { userMessage: { text: "Hi" } } } }));
    const [request] = table.exec();
    expect(request).toHaveProperty("requestContextArgs");
    expect(table.asked).toHaveLength(0);
    table.client({ execClientControlMessage: { throw: { id: request?.["id"], error: "no" } } });
    expect(table.asked).toHaveLength(1);
  });

  it("reads a picture, files, rules and a schema that is a bare Struct", () => {
    const table = sitDown();
    const message = encodeMessage("AgentClientMessage", {
      runRequest: asks("Look", {
        action: {
          userMessageAction: {
            userMessage: {
              text: "Look",
              selectedContext: {
                selectedImages: [{ data: Buffer.from([0x89, 0x50, 0x4e, 0x47]) }],
                files: [{ path: "/w/a", content: "text" }],
              },
            },
            requestContext: { ...context, rules: [{ fullPath: "/w/.rules", content: "Never shout." }] },
          },
        },
      }),
    });
    // The tool as the other half of the sources writes it.
    const struct = encodeMessage("AgentRunView", {
      runRequest: {
        mcpTools: {
          mcpTools: [{ inputSchema: { fields: { type: { stringValue: "object" }, title: { stringValue: "T" } } } }],
        },
      },
    });
    const named = encodeMessage("AgentClientMessage", { runRequest: { mcpTools: { mcpTools: [{ name: "a b" }] } } });
    expect(struct.byteLength).toBeGreaterThan(0);
    // Two encodings of one field are one message: protobuf joins them.
    const tool = Buffer.concat([inner(inner(inner(named))), inner(inner(inner(struct)))]);
    table.raw(Buffer.concat([message, wrap(0x0a, wrap(0x22, wrap(0x0a, tool)))]));
    const [request] = table.asked;
    expect(plain(request?.messages)?.[0]?.parts.map(({ type }) => type)).toEqual(["image", "text", "text"]);
    expect(JSON.stringify(request?.messages)).toContain("Never shout.");
    expect(request?.tools.find(({ name }) => name === "a_b")).toMatchObject({
      parameters: { type: "object", title: "T" },
    });
  });

  it.each([
    ["a subagent", { subagentTypeName: "x" }],
    ["a summary", { action: { summarizeAction: {} } }],
    ["a conversation that Cursor summarized", { conversationState: { summary: Buffer.alloc(32) } }],
    ["no action", { action: {} }],
  ])("declines %s before anything is sent", (_what, more) => {
    const table = sitDown();
    table.run(asks("Hi", more));
    expect(table.kinds).toEqual(["opened", "decline"]);
  });
});

describe("a turn", () => {
  it("names what of the answer Cursor has no form for, each once", () => {
    const table = sitDown();
    table.run(asks("Hi"));
    const [start, ...rest] = says("Seen.");
    if (start === undefined) throw new Error("no start");
    const image: StreamEvent = {
      type: "image",
      block: 1,
      part: { type: "image", source: { kind: "base64", mediaType: "image/png", data: "iVBORw0KGgo=" } },
    };
    table.model(start, ...rest.slice(0, -1), image, image, ...rest.slice(-1));
    table.answerStore();
    expect(table.ending()).toBe("{}");
    expect(table.losses).toEqual(["image: a picture the model drew cannot be shown to Cursor"]);
  });

  it("what it wrote back is what the next run reads", () => {
    const first = sitDown();
    first.run(asks("What does a.txt say?"));
    first.model(...calls("read_file", '{"path":"/w/a.txt"}'));
    const read = first.exec().at(-1);
    first.client({
      execClientMessage: { id: read?.["id"], readResult: { success: { path: "/w/a.txt", content: "token" } } },
    });
    first.answerStore();
    first.model(...says("It says token."));
    first.answerStore();
    expect(first.ending()).toBe("{}");
    const second = sitDown(first.blobs);
    second.run(asks("Again", { conversationState: first.checkpoint() }));
    second.answerStore();
    const before = plain(first.asked[1]?.messages) ?? [];
    expect(plain(second.asked[0]?.messages)).toEqual([
      ...before,
      { role: "assistant", parts: [{ type: "text", text: "It says token." }] },
      { role: "user", parts: [{ type: "text", text: "Again" }] },
    ]);
  });

  it("publishes no state before the client keeps what it names, and ends after it", () => {
    const table = sitDown();
    table.run(asks("Hi"));
    table.model(...says("Hello"));
    expect(table.kv().length).toBeGreaterThan(0);
    expect(table.ending()).toBeNull();
    expect(table.checkpoint()).toEqual({});
    table.answerStore();
    expect(table.ending()).toBe("{}");
    expect(table.checkpoint()).toHaveProperty("turns");
  });

  it("keeps what it does not know of the state", () => {
    const table = sitDown();
    const message = encodeMessage("AgentClientMessage", { runRequest: asks("Hi") });
    // Field 100 of the state: text.
    const unknown = Buffer.from("a206036e6577", "hex");
    table.raw(Buffer.concat([message, wrap(0x0a, wrap(0x0a, unknown))]));
    table.model(...says("Hello"));
    let state = "";
    const { backend } = table;
    for (const request of table.kv()) {
      for (const step of backend.client(
        encodeMessage("AgentClientMessage", { kvClientMessage: { id: request["id"], setBlobResult: {} } }),
      )) {
        if (step.type === "send") state += Buffer.from(step.bytes).toString("hex");
      }
    }
    expect(state).toContain(unknown.toString("hex"));
  });

  it("an edit is read, changed and written, and its card shows before and after", () => {
    const table = sitDown();
    table.run(asks("Fix it"));
    table.model(...calls("edit_file", JSON.stringify({ path: "/w/a", old_text: "b", new_text: "B" })));
    table.client({
      execClientMessage: { id: table.exec().at(-1)?.["id"], readResult: { success: { path: "/w/a", content: "abc" } } },
    });
    expect(table.exec().at(-1)).toMatchObject({ writeArgs: { path: "/w/a", fileText: "aBc" } });
    table.client({
      execClientMessage: {
        id: table.exec().at(-1)?.["id"],
        writeResult: { success: { path: "/w/a", linesCreated: 1 } },
      },
    });
    const card = JSON.stringify(table.said);
    expect(card).toContain('"beforeFullFileContent":"abc"');
    expect(card).toContain('"afterFullFileContent":"aBc"');
  });

  it.each([
    ["unknown tools", "nothing_like_it", "{}", "There is no tool"],
    ["arguments that are no JSON", "shell", '{"command":', "not a JSON object"],
    ["missing arguments", "shell", "{}", "lacks command"],
  ])("answers %s itself, in words for the model", (_what, name, args, words) => {
    const table = sitDown();
    table.run(asks("Do it"));
    table.model(...calls(name, args));
    expect(table.exec()).toHaveLength(0);
    table.answerStore();
    expect(JSON.stringify(table.asked[1]?.messages)).toContain(words);
    expect(
      table.said.some((message) => sub(sub(message, "interactionUpdate"), "toolCallCompleted") !== undefined),
    ).toBe(true);
  });

  it.each([
    ["shell", { command: "x" }, "shellArgs", { workingDirectory: "/w" }],
    ["shell", { command: "x", working_directory: "sub" }, "shellArgs", { workingDirectory: "/w/sub" }],
    ["read_file", { path: "./a.txt" }, "readArgs", { path: "/w/a.txt" }],
    ["read_file", { path: "/elsewhere/a.txt" }, "readArgs", { path: "/elsewhere/a.txt" }],
    ["read_file", { path: "C:\\\\a.txt" }, "readArgs", { path: "C:\\\\a.txt" }],
    ["grep", { pattern: "x" }, "grepArgs", { path: "/w", outputMode: "content" }],
    ["fetch_url", { url: "https://a.example" }, "fetchArgs", { url: "https://a.example" }],
  ])("%s with %j is meant from the workspace", (name, args, field, expected) => {
    const table = sitDown();
    table.run(asks("Do it"));
    table.model(...calls(name, JSON.stringify(args)));
    expect(table.exec().at(-1)?.[field]).toMatchObject(expected);
  });

  it("fetches a content that the client keeps apart", () => {
    const body = Buffer.from("line one\nline two");
    const { blobs, ids } = keeps(body);
    const table = sitDown(blobs);
    table.run(asks("Read"));
    table.model(...calls("read_file", '{"path":"/w/big","offset":2}'));
    const id = table.exec().at(-1)?.["id"];
    table.client({ execClientMessage: { id, readResult: { success: { path: "/w/big", outputBlobId: ids[0] } } } });
    expect(table.asked).toHaveLength(1);
    table.answerStore();
    const tool = table.asked[1]?.messages.at(-1);
    expect(tool?.parts).toEqual([{ type: "text", text: "line two" }]);
  });

  it("takes a command's output in pieces", () => {
    const table = sitDown();
    table.run(asks("Run"));
    table.model(...calls("shell", '{"command":"x"}'));
    const id = table.exec()[0]?.["id"];
    for (const shellStream of [
      { start: {} },
      { stdout: { data: "out" } },
      { stderr: { data: "err" } },
      { exit: { code: 3 } },
    ]) {
      table.client({ execClientMessage: { id, shellStream } });
    }
    table.answerStore();
    expect(JSON.stringify(table.asked[1]?.messages)).toContain("outerr\\n(exit code 3)");
  });

  it("a call that the client throws out is the model's to hear of", () => {
    const table = sitDown();
    table.run(asks("Run"));
    table.model(...calls("shell", '{"command":"x"}'));
    table.client({ execClientControlMessage: { throw: { id: table.exec()[0]?.["id"], error: "no terminal" } } });
    table.answerStore();
    expect(JSON.stringify(table.asked[1]?.messages)).toContain("no terminal");
  });

  it("what the user says meanwhile is the next turn", () => {
    const table = sitDown();
    table.run(asks("One"));
    table.client({ conversationAction: { userMessageAction: { userMessage: { text: "Two" } } } });
    table.model(...says("First."));
    table.answerStore();
    expect(table.asked).toHaveLength(2);
    expect(table.asked[1]?.messages.at(-1)).toEqual({ role: "user", parts: [{ type: "text", text: "Two" }] });
    table.model(...says("Second."));
    table.answerStore();
    const { turns } = table.checkpoint();
    expect(Array.isArray(turns) && turns.length).toBe(2);
  });

  it("a run that is resumed goes on with its turn", () => {
    const first = sitDown();
    first.run(asks("Run"));
    first.model(...calls("shell", '{"command":"x"}'));
    first.client({ execClientMessage: { id: first.exec()[0]?.["id"], shellResult: { success: { stdout: "ok" } } } });
    first.answerStore();
    const state = first.checkpoint();
    const second = sitDown(first.blobs);
    second.run(asks("", { conversationState: state, action: { resumeAction: { requestContext: context } } }));
    second.answerStore();
    expect(second.asked[0]?.messages.at(-1)?.role).toBe("tool");
    second.model(...says("Done."));
    second.answerStore();
    const { turns } = second.checkpoint();
    expect(Array.isArray(turns) && turns.length).toBe(1);
  });
});

describe("when something is missing", () => {
  it("a store that never answers", () => {
    const table = sitDown();
    table.run(asks("Hi", { conversationState: { rootPromptMessagesJson: [blobId(Buffer.from("x"))] } }));
    table.tick(5_000);
    expect(table.ending()).toBeNull();
    table.tick(30_000);
    expect(table.ending()).toContain("deadline_exceeded");
  });

  it("a tool that never answers, unless it shows that it lives", () => {
    const table = sitDown();
    table.run(asks("Run"));
    table.model(...calls("shell", '{"command":"x"}'));
    table.tick(50 * 60_000);
    table.client({ execClientControlMessage: { heartbeat: { id: table.exec()[0]?.["id"] } } });
    table.tick(50 * 60_000);
    expect(table.ending()).toBeNull();
    table.tick(61 * 60_000);
    expect(table.ending()).toContain("deadline_exceeded");
  });

  it("a client that stops talking while it is asked something", () => {
    const table = sitDown();
    table.run(asks("Hi", { conversationState: { rootPromptMessagesJson: [blobId(Buffer.from("x"))] } }));
    table.end();
    expect(table.ending()).toContain("canceled");
  });

  it("a client that cancels while its tool runs", () => {
    const table = sitDown();
    table.run(asks("Run"));
    table.model(...calls("shell", '{"command":"x"}'));
    table.client({ conversationAction: { cancelAction: {} } });
    expect(table.said.at(-1)).toMatchObject({ execServerControlMessage: { abort: { id: table.exec()[0]?.["id"] } } });
    expect(table.ending()).toContain("canceled");
  });

  it("a model that falls silent for ever", () => {
    const table = sitDown();
    table.run(asks("Hi"));
    table.tick(29 * 60_000);
    expect(table.ending()).toBeNull();
    table.tick(2 * 60_000);
    expect(table.kinds).toContain("drop-question");
    expect(table.ending()).toContain("deadline_exceeded");
  });

  it("a stream that was only opened to be ready: it waits for its user, and ends without an error", () => {
    const table = sitDown();
    table.client({ prewarmRequest: { requestedModel: { modelId: "m" } } });
    expect(table.kinds).toEqual(["opened"]);
    table.tick(60_000);
    expect(table.ending()).toBeNull();
    table.run(asks("Hi"));
    expect(table.kinds.filter((kind) => kind === "opened")).toHaveLength(1);
    expect(table.asked).toHaveLength(1);
    const other = sitDown();
    other.client({ prewarmRequest: { requestedModel: { modelId: "m" } } });
    other.tick(11 * 60_000);
    expect(other.ending()).toBe("{}");
  });

  it("says that it lives while the model thinks", () => {
    const table = sitDown();
    table.run(asks("Hi"));
    table.tick(5_000);
    expect(table.said.at(-1)).toEqual({ interactionUpdate: { heartbeat: {} } });
  });

  it("survives garbage of every kind: it ends, or goes on, and never throws", () => {
    const valid = [
      encodeMessage("AgentClientMessage", {
        runRequest: asks("Hi", { conversationState: { rootPromptMessagesJson: [blobId(Buffer.from("x"))] } }),
      }),
      encodeMessage("AgentClientMessage", {
        kvClientMessage: { id: 1, getBlobResult: { blobData: Buffer.from("{}") } },
      }),
      encodeMessage("AgentClientMessage", { execClientMessage: { id: 1, shellResult: { success: { stdout: "x" } } } }),
      encodeMessage("AgentClientMessage", { execClientControlMessage: { throw: { id: 1, error: "e" } } }),
      encodeMessage("AgentClientMessage", { interactionResponse: { id: 4 } }),
    ];
    const damaged = fc
      .tuple(fc.integer({ min: 0, max: valid.length - 1 }), fc.nat(), fc.integer({ min: 0, max: 255 }))
      .map(([which, at, byte]) => {
        const message = Buffer.from(valid[which] ?? new Uint8Array());
        if (byte > 0 && message.length > 0) message[at % message.length] = byte;
        return message;
      });
    const message = fc.oneof(damaged, fc.uint8Array({ maxLength: 64 }));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), fc.boolean(), (messages, ends) => {
        const table = sitDown();
        for (const one of messages) {
          table.raw(one);
          if (table.asked.length > 0) table.model(...calls("shell", '{"command":"x"}'));
        }
        if (ends) table.end();
        for (let minute = 0; minute < 70; minute += 1) table.tick(61_000);
        // Whoever still waits, waits for the model alone: nobody else is waited for without a bound.
        expect(table.ending() !== null || table.kinds.includes("decline") || table.asked.length > 0).toBe(true);
      }),
      { numRuns: 300, seed: 7 },
    );
  });
});

/** The contents of a message's first and only field, which is one of length. */
function inner(message: Uint8Array): Buffer {
  const at = message.findIndex((byte, index) => index > 0 && byte < 0x80) + 1;
  return Buffer.from(message.subarray(at));
}

function wrap(tag: number, body: Uint8Array): Buffer {
  expect(body.byteLength).toBeLessThan(128);
  return Buffer.concat([Buffer.from([tag, body.byteLength]), body]);
}
