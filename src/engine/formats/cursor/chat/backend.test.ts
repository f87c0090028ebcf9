import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEnvelopeReader, endFlag } from "../../../codecs/connect.ts";
import type { HubRequest } from "../../../hub/request.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import { noUsage } from "../../../hub/usage.ts";
import type { Backend, BackendStep } from "../backend.ts";
import { decodeMessage, encodeMessage, type Message } from "../wire/schema.ts";
import { createChatBackend, requestWithinMs, resultsWithinMs, silentForMs } from "./backend.ts";

const mcpTools = [
  { name: "read", serverName: "files", parameters: '{"type":"object"}' },
  { name: "fetch", serverName: "web", parameters: '{"type":"object"}' },
];
const chatRequest = {
  conversation: [{ text: "Hi", type: "CHAT_ROLE_HUMAN", bubbleId: "b1" }],
  modelDetails: { modelName: "gpt-5.1" },
  conversationId: "conversation-1",
  isAgentic: true,
  supportedTools: [19],
  mcpTools,
};
const message = (value: Message): Uint8Array => encodeMessage("ChatClientMessage", value);
const opening = message({ chatRequest });
const result = (toolCallId: string, text: string): Uint8Array =>
  message({ toolResult: { tool: 19, toolCallId, mcpResult: { selectedTool: "read", result: text } } });

const says = (text: string): readonly StreamEvent[] => [
  { type: "reply-start", id: "m", model: null },
  { type: "text-start", block: 0 },
  { type: "text-delta", block: 0, text },
  { type: "text-end", block: 0 },
  { type: "reply-end", finish: { reason: "stop", raw: null }, usage: noUsage },
];
const calls = (ids: readonly string[], name = "read"): readonly StreamEvent[] => [
  { type: "reply-start", id: "m", model: null },
  ...ids.flatMap((id, block): readonly StreamEvent[] => [
    { type: "tool-start", block, id, name, kind: "function" },
    { type: "tool-delta", block, text: `{"id":"${id}"}` },
    { type: "tool-end", block },
  ]),
  { type: "reply-end", finish: { reason: "tool-calls", raw: null }, usage: noUsage },
];

interface Bench {
  readonly backend: Backend;
  readonly model: (events: readonly StreamEvent[]) => readonly BackendStep[];
  readonly move: (ms: number) => void;
}

function bench(): Bench {
  let now = 1_000_000;
  const backend = createChatBackend({ now: () => now });
  return {
    backend,
    model: (events) => events.flatMap((event) => [...backend.model(event)]),
    move: (ms) => void (now += ms),
  };
}

const types = (steps: readonly BackendStep[]): readonly string[] => steps.map(({ type }) => type);
const asked = (steps: readonly BackendStep[]): HubRequest => {
  const ask = steps.find((step) => step.type === "ask");
  if (ask === undefined) throw new Error(`nothing was asked: ${types(steps).join()}`);
  return ask.request;
};

/** What a client reads of what was sent. */
function received(steps: readonly BackendStep[]): { readonly messages: readonly Message[]; readonly end: unknown } {
  const bytes = Buffer.concat(
    steps.flatMap((step) => (step.type === "send" || step.type === "end" ? [step.bytes] : [])),
  );
  const messages: Message[] = [];
  let end: unknown = null;
  for (const { flags, payload } of createEnvelopeReader(null).push(bytes)) {
    if ((flags & endFlag) === 0) messages.push(decodeMessage("ChatServerMessage", payload));
    else end = JSON.parse(Buffer.from(payload).toString());
  }
  return { messages, end };
}

describe("the chat service, played", () => {
  it("says what it is about, asks, answers and ends", () => {
    const { backend, model } = bench();
    const first = backend.client(opening);
    expect(first[0]).toEqual({ type: "opened", model: "gpt-5.1", session: "conversation-1" });
    expect(asked(first).tools.map(({ name }) => name)).toEqual(["read", "fetch"]);
    const steps = model(says("Hello"));
    expect(received(steps)).toEqual({ messages: [{ chatResponse: { text: "Hello" } }], end: {} });
    expect(types(steps)).toEqual(["send", "end"]);
    // Nothing more, whatever comes.
    expect(backend.client(opening)).toEqual([]);
    expect(backend.tick(9e15)).toEqual([]);
    expect(backend.clientEnd()).toEqual([]);
    expect(backend.failed({ kind: "network", message: "x" })).toEqual([]);
  });

  it("sends each piece as it comes", () => {
    const { backend } = bench();
    backend.client(opening);
    const [start, open, delta] = says("Hello");
    if (start === undefined || open === undefined || delta === undefined) throw new Error("no events");
    backend.model(start);
    backend.model(open);
    expect(types(backend.model(delta))).toEqual(["send"]);
  });

  it("asks on with the results of tools, however they come", () => {
    const ids = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(ids, fc.infiniteStream(fc.nat()), fc.nat(), fc.boolean(), (all, order, early, twice) => {
        const { backend, model } = bench();
        const before = asked(backend.client(opening)).messages;
        const events = calls(all);
        const shuffled = [...all].map((id) => ({ id, at: order.next().value })).sort((a, b) => a.at - b.at);
        const last = events[events.length - 1];
        if (last === undefined) throw new Error("no events");
        const steps: BackendStep[] = [...model(events.slice(0, -1))];
        // Some results come before the model's turn is over.
        const split = early % (all.length + 1);
        const answer = (id: string): readonly BackendStep[] => [
          ...backend.client(result(`${id}\nmc_m`, `result of ${id}`)),
          ...(twice ? backend.client(result(id, "again")) : []),
        ];
        for (const { id } of shuffled.slice(0, split)) steps.push(...answer(id));
        expect(types(steps)).not.toContain("ask");
        steps.push(...backend.model(last));
        for (const { id } of shuffled.slice(split)) steps.push(...answer(id));
        expect(types(steps).filter((type) => type === "ask")).toHaveLength(1);
        expect(types(steps)).not.toContain("end");
        expect(received(steps).messages.filter((one) => "toolCall" in one)).toHaveLength(all.length);
        const { messages } = asked(steps);
        expect(messages.slice(0, before.length)).toEqual(before);
        expect(messages.slice(before.length)).toEqual([
          {
            role: "assistant",
            parts: all.map((id) => ({
              type: "tool-call",
              id,
              name: "read",
              arguments: `{"id":"${id}"}`,
              kind: "function",
            })),
          },
          ...all.map((id) => ({
            role: "tool",
            callId: id,
            parts: [{ type: "text", text: `result of ${id}` }],
            isError: false,
          })),
        ]);
        expect(received(model(says("done"))).end).toEqual({});
      }),
      { numRuns: 150, seed: 20_261_122 },
    );
  });

  it("knows a result without an id by its place, or as the only one", () => {
    const { backend, model } = bench();
    backend.client(opening);
    model(calls(["a", "b"]));
    const nameless = (toolIndex?: number): Uint8Array =>
      message({
        toolResult: { tool: 19, mcpResult: { result: "x" }, ...(toolIndex === undefined ? {} : { toolIndex }) },
      });
    expect(backend.client(nameless(1))).toEqual([]);
    expect(types(backend.client(nameless()))).toEqual(["ask"]);
  });

  it("takes no result that nobody asked for", () => {
    const { backend, model } = bench();
    backend.client(opening);
    model(calls(["a"]));
    expect(backend.client(result("other", "x"))).toEqual([]);
    expect(types(backend.client(result("a", "x")))).toEqual(["ask"]);
  });

  it("ends after the calls where the client has closed its side: results come in another request", () => {
    const { backend, model } = bench();
    backend.client(opening);
    expect(backend.clientEnd()).toEqual([]);
    const steps = model(calls(["a"]));
    expect(received(steps)).toMatchObject({ end: {} });
    expect(received(steps).messages.some((one) => "toolCall" in one)).toBe(true);

    const later = bench();
    later.backend.client(opening);
    later.model(calls(["a"]));
    expect(types(later.backend.clientEnd())).toEqual(["end"]);
  });

  it("tells the model of a tool that does not exist instead of the client, and not for ever", () => {
    const { backend, model } = bench();
    backend.client(opening);
    const steps = model(calls(["a"], "nonsense"));
    expect(types(steps)).toEqual(["ask"]);
    expect(JSON.stringify(asked(steps).messages)).toContain("There is no tool named nonsense");
    let rounds = 0;
    for (let next = model(calls(["a"], "nonsense")); ; next = model(calls(["a"], "nonsense"))) {
      rounds += 1;
      if (next.some(({ type }) => type === "end")) {
        expect(received(next).end).toMatchObject({ error: { code: "unavailable" } });
        break;
      }
      expect(rounds).toBeLessThan(20);
    }
  });

  it("names a loss once", () => {
    const { backend, model } = bench();
    const first = backend.client(message({ chatRequest: { ...chatRequest, supportedTools: [5, 19] } }));
    const losses = first.flatMap((step) => (step.type === "ask" ? step.losses : []));
    expect(losses.join()).toContain("read_file");
    model(calls(["a"]));
    const second = backend.client(result("a", "x"));
    expect(second.flatMap((step) => (step.type === "ask" ? step.losses : []))).toEqual([]);
    // What only the last answer lost goes with the end.
    const cut = says("x").map((event) =>
      event.type === "reply-end" ? { ...event, finish: { reason: "length" as const, raw: null } } : event,
    );
    const last = model(cut).at(-1);
    expect(last?.type === "end" ? last.losses : []).toEqual(["reply: that the model stopped at its limit"]);
  });

  it("ends with the error, before and inside an answer", () => {
    const before = bench();
    before.backend.client(opening);
    expect(received(before.backend.failed({ kind: "rate-limit", message: "slow down" })).end).toMatchObject({
      error: {
        code: "resource_exhausted",
        message: "slow down",
        details: [{ debug: { error: "ERROR_RATE_LIMITED" } }],
      },
    });
    const inside = bench();
    inside.backend.client(opening);
    const steps = inside.model([
      ...says("Hel").slice(0, 3),
      { type: "error", error: { kind: "truncated", message: "cut" } },
    ]);
    expect(received(steps)).toMatchObject({
      messages: [{ chatResponse: { text: "Hel" } }],
      end: { error: { code: "unavailable" } },
    });
  });

  it.each([
    ["half a message", Buffer.from([0x0a, 9]), "cannot be read"],
    ["the result of a tool", result("a", "x"), "result"],
    ["a request without a model", message({ chatRequest: { conversation: [{ text: "x" }] } }), "no model"],
  ])("hands back what begins with %s", (_, bytes, why) => {
    const steps = bench().backend.client(bytes);
    expect(types(steps)).toEqual(["decline"]);
    expect(JSON.stringify(steps)).toContain(why);
  });

  it("hands back what only Cursor's servers can answer, after it said what it is about", () => {
    const { backend } = bench();
    const headers = [{ bubbleId: "b0" }, { bubbleId: "b1" }];
    const steps = backend.client(message({ chatRequest: { ...chatRequest, fullConversationHeadersOnly: headers } }));
    expect(types(steps)).toEqual(["opened", "decline"]);
  });

  it("hands back what never begins", () => {
    expect(types(bench().backend.clientEnd())).toEqual(["decline"]);
    const { backend } = bench();
    expect(backend.tick(1_000_000 + requestWithinMs)).toEqual([]);
    expect(types(backend.tick(1_000_001 + requestWithinMs))).toEqual(["decline"]);
  });

  it("ends where a later message cannot be read, and drops the question", () => {
    const { backend, model } = bench();
    backend.client(opening);
    expect(types(backend.client(Buffer.from([0x0f])))).toEqual(["drop-question", "end"]);
    expect(model(says("late"))).toEqual([]);
  });

  it("asks anew where the client does", () => {
    const { backend } = bench();
    backend.client(opening);
    expect(types(backend.client(opening))).toEqual(["drop-question", "ask"]);
  });

  it("keeps the client listening with a message that says nothing, and gives up on results after an hour", () => {
    const { backend, model, move } = bench();
    backend.client(opening);
    // Not at once: until something was sent, another target may still be tried.
    expect(backend.tick(1_005_000)).toEqual([]);
    expect(received(backend.tick(1_000_000 + silentForMs))).toEqual({ messages: [{}], end: null });
    expect(types(backend.tick(1_000_001 + silentForMs))).toEqual(["send"]);
    move(5_000);
    model(calls(["a"]));
    expect(types(backend.tick(1_005_000 + resultsWithinMs))).toEqual(["send"]);
    const steps = backend.tick(1_005_001 + resultsWithinMs);
    expect(received(steps).end).toMatchObject({ error: { code: "deadline_exceeded" } });
  });

  it("lives through anything in any order: it ends once at most, and asks only when nothing is under way", () => {
    const action = fc.oneof(
      fc
        .constantFrom(opening, result("a", "1"), result("b", "2"), Buffer.from([0x0f]), Buffer.alloc(0))
        .map((bytes) => ({ bytes })),
      fc.constantFrom(says("x"), calls(["a"]), calls(["a", "b"]), calls(["a"], "none")).map((events) => ({ events })),
      fc.integer({ min: 0, max: 4_000_000 }).map((ms) => ({ ms })),
      fc.constant({ end: true }),
      fc.constant({ failed: true }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 25 }), (list) => {
        const { backend, model, move } = bench();
        let now = 1_000_000;
        let isAsking = false;
        let isOver = false;
        const check = (steps: readonly BackendStep[]): void => {
          for (const step of steps) {
            expect(isOver).toBe(false);
            if (step.type === "ask") {
              expect(isAsking).toBe(false);
              isAsking = true;
            }
            if (step.type === "drop-question") isAsking = false;
            if (step.type === "end" || step.type === "decline") isOver = true;
          }
        };
        for (const one of list) {
          if ("bytes" in one) check(backend.client(one.bytes));
          else if ("events" in one) {
            if (!isAsking) continue;
            for (const event of one.events) {
              if (event.type === "reply-end") isAsking = false;
              check(model([event]));
            }
          } else if ("ms" in one) {
            now += one.ms;
            move(one.ms);
            check(backend.tick(now));
          } else if ("end" in one) check(backend.clientEnd());
          else {
            isAsking = false;
            check(backend.failed({ kind: "network", message: "x" }));
          }
        }
      }),
      { numRuns: 400, seed: 20_261_122 },
    );
  });
});
