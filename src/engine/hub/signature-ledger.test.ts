import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Clock } from "../../base/clock.ts";
import { formats } from "../formats/table.ts";
import type { AssistantPart, HubMessage, Provenance, ToolCallPart } from "./message.ts";
import { replay } from "./replay.ts";
import type { HubReply } from "./reply.ts";
import type { HubRequest } from "./request.ts";
import { createSignatureLedger, type SignatureLedger } from "./signature-ledger.ts";
import { noUsage } from "./usage.ts";

const gemini: Provenance = { format: "gemini", model: "gemini-3-pro", origin: "google" };
const claude: Provenance = { format: "claude", model: "claude-sonnet-4-5", origin: "claude" };
const chat: Provenance = { format: "openai-chat", model: "deepseek-reasoner", origin: "deepseek" };

const clock: Clock = { now: () => 1000, monotonic: () => 1000 };
const createLedger = (): SignatureLedger => createSignatureLedger({ clock });

const replyOf = (...parts: readonly AssistantPart[]): HubReply => ({
  id: "r1",
  model: "m",
  parts,
  finish: { reason: "stop", raw: null },
  usage: noUsage,
  losses: [],
});
const call = (id: string, name = "read", args = '{"path":"a.ts"}'): ToolCallPart => ({
  type: "tool-call",
  id,
  name,
  arguments: args,
  kind: "function",
});
const text = (words: string): AssistantPart => ({ type: "text", text: words });
const thinking = (words: string, signature?: string, from: Provenance = claude): AssistantPart => ({
  type: "thinking",
  text: words,
  from,
  ...(signature === undefined ? {} : { signature }),
});
const assistant = (...parts: readonly AssistantPart[]): HubMessage => ({ role: "assistant", parts });
const user: HubMessage = { role: "user", parts: [{ type: "text", text: "go on" }] };
const longText = "The tests fail because the clock is read twice in one call.";

/** The parts of the only assistant message, after the ledger has seen it. */
function partsAgain(ledger: SignatureLedger, ...parts: readonly AssistantPart[]): readonly unknown[] {
  const { messages } = ledger.reattach(deepFreeze([user, assistant(...parts), user]));
  return messages[1]?.parts ?? [];
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

describe("a turn with calls", () => {
  it("R2: gets back the signature its client dropped, on the call that had it", () => {
    const ledger = createLedger();
    ledger.record(replyOf({ ...call("c1"), signature: "sig", from: gemini }));
    expect(partsAgain(ledger, call("c1"))).toEqual([{ ...call("c1"), signature: "sig", from: gemini }]);
  });

  it("R3: of parallel calls only the one that was signed is signed again", () => {
    const ledger = createLedger();
    ledger.record(replyOf({ ...call("c1"), signature: "sig", from: gemini }, call("c2"), call("c3")));
    expect(partsAgain(ledger, call("c1"), call("c2"), call("c3"))).toEqual([
      { ...call("c1"), signature: "sig", from: gemini },
      call("c2"),
      call("c3"),
    ]);
  });

  it("R15: gets its unsigned thinking back, for upstreams that refuse a tool turn without it", () => {
    const ledger = createLedger();
    ledger.record(replyOf(thinking("I should read it", undefined, chat), call("c1")));
    expect(partsAgain(ledger, call("c1"))).toEqual([thinking("I should read it", undefined, chat), call("c1")]);
  });

  it("R9: gets thinking back whose words were not shown, and no thinking that was nothing at all", () => {
    const ledger = createLedger();
    ledger.record(replyOf(thinking("", "sig"), call("c1")));
    ledger.record(replyOf(thinking(""), call("c2")));
    expect(partsAgain(ledger, call("c1"))).toEqual([thinking("", "sig"), call("c1")]);
    expect(partsAgain(ledger, call("c2"))).toEqual([call("c2")]);
  });

  it("R8: gets a blob of unknown maker back as such, so that a writer drops it and says so", () => {
    const ledger = createLedger();
    ledger.record(replyOf({ type: "thinking", text: "hm", signature: "sig" }, call("c1")));
    const { messages } = ledger.reattach([user, assistant(call("c1")), result("c1")]);
    const written = formats.claude.provider.writeRequest(requestOf(messages), writeOptions);
    expect(written.ok && written.value.body.toString()).not.toContain("sig");
    expect(written.ok && written.value.losses.join()).toContain("thinking");
  });

  it("R5: is known after a change of provider, and the old one's blobs stay away from the new one", () => {
    const ledger = createLedger();
    ledger.record(
      replyOf(thinking("plan", "gemini-signature", gemini), { ...call("c1"), signature: "x1", from: gemini }),
    );
    const { messages, count } = ledger.reattach([user, assistant(call("c1")), result("c1")]);
    expect(count).toBe(1);
    const written = formats.claude.provider.writeRequest(requestOf(messages), writeOptions);
    const body = written.ok ? written.value.body.toString() : "";
    expect(body).toContain('"tool_use"');
    expect(body).not.toContain("gemini-signature");
    expect(body).not.toContain("x1");
  });

  it("comes back to Claude with its own thinking in front, encrypted thinking included", () => {
    const ledger = createLedger();
    const redacted: AssistantPart = { type: "redacted-thinking", data: "opaque", from: claude };
    ledger.record(replyOf(thinking("plan", "sig"), redacted, text("Reading."), call("c1")));
    expect(partsAgain(ledger, text("Reading."), call("c1"))).toEqual([
      thinking("plan", "sig"),
      redacted,
      text("Reading."),
      call("c1"),
    ]);
    const { messages } = ledger.reattach([user, assistant(text("Reading."), call("c1")), result("c1")]);
    const written = formats.claude.provider.writeRequest(requestOf(messages), writeOptions);
    expect(written.ok && written.value.body.toString()).toContain('"signature":"sig"');
  });

  it("keeps thinking that stood between calls where it stood", () => {
    const ledger = createLedger();
    const parts = [
      thinking("a", "1"),
      text("First."),
      thinking("b", "2"),
      call("c1"),
      thinking("c", "3"),
      call("c2"),
      thinking("d", "4"),
      text("Then."),
      thinking("e", "5"),
    ];
    ledger.record(replyOf(...parts));
    expect(partsAgain(ledger, text("First."), call("c1"), call("c2"), text("Then."))).toEqual(parts);
  });

  it("is known when its arguments are spaced and ordered another way", () => {
    const ledger = createLedger();
    const written = call("c1", "edit", '{ "path": "a", "edits": [ {"to": "\\u00e9", "from": 1.0} ] }');
    const rewritten = call("c1", "edit", '{"edits":[{"from":1,"to":"é"}],"path":"a"}');
    ledger.record(replyOf({ ...written, signature: "sig", from: gemini }));
    expect(partsAgain(ledger, rewritten)).toEqual([{ ...rewritten, signature: "sig", from: gemini }]);
  });

  it("is known when a call without arguments comes back with empty ones", () => {
    const ledger = createLedger();
    ledger.record(replyOf({ ...call("c1", "list", ""), signature: "sig", from: gemini }));
    expect(partsAgain(ledger, call("c1", "list", "{}"))).toMatchObject([{ signature: "sig" }]);
  });

  it("is known when its client sends it as several messages", () => {
    const ledger = createLedger();
    ledger.record(replyOf(thinking("plan", "sig"), text("Both."), call("c1"), call("c2")));
    const { messages, count } = ledger.reattach([user, assistant(text("Both.")), assistant(call("c1"), call("c2"))]);
    expect(messages).toEqual([
      user,
      assistant(thinking("plan", "sig"), text("Both.")),
      assistant(call("c1"), call("c2")),
    ]);
    expect(count).toBe(1);
  });

  it.each([
    ["another id", call("c9")],
    ["another name", call("c1", "write")],
    ["other arguments", call("c1", "read", '{"path":"b.ts"}')],
    ["a list where a map was", call("c1", "read", '[["path","a.ts"]]')],
    ["text that is no JSON", call("c1", "read", "path: a.ts")],
  ])("is not known by %s", (_, other) => {
    const ledger = createLedger();
    ledger.record(replyOf(thinking("plan", "sig"), call("c1")));
    const history = [user, assistant(other)];
    const { messages, count } = ledger.reattach(history);
    expect(messages).toBe(history);
    expect(count).toBe(0);
  });

  it("does not take a turn of another conversation for its own because one call looks alike", () => {
    const ledger = createLedger();
    ledger.record(replyOf(thinking("of two calls", "sig-a"), call("functions.ls:0"), call("functions.ls:1")));
    ledger.record(replyOf(thinking("of one call", "sig-b"), call("functions.ls:0")));
    expect(partsAgain(ledger, call("functions.ls:0"), call("functions.ls:1"))[0]).toMatchObject({ signature: "sig-a" });
    expect(partsAgain(ledger, call("functions.ls:0"))[0]).toMatchObject({ signature: "sig-b" });
    expect(partsAgain(ledger, call("functions.ls:1"))).toEqual([call("functions.ls:1")]);
  });
});

describe("a turn without calls", () => {
  it("is known by its text, however its client trims and joins it", () => {
    const ledger = createLedger();
    ledger.record(replyOf(thinking("plan", "sig"), text(`${longText} `), text("\nSo I changed it.")));
    expect(partsAgain(ledger, text(`${longText}\n\nSo I changed it.`))).toEqual([
      thinking("plan", "sig"),
      text(`${longText}\n\nSo I changed it.`),
    ]);
  });

  it("is not remembered when it says what many turns say", () => {
    const ledger = createLedger();
    ledger.record(replyOf(thinking("plan", "sig"), text("Done. All tests pass now, sir.")));
    expect(partsAgain(ledger, text("Done. All tests pass now, sir."))).toEqual([
      text("Done. All tests pass now, sir."),
    ]);
  });

  it("gets the signature of its text back, on the same text only", () => {
    const ledger = createLedger();
    const signed: AssistantPart = { type: "text", text: longText, signature: "sig", from: gemini };
    ledger.record(replyOf(text("First, the cause. "), signed));
    expect(partsAgain(ledger, text("First, the cause. "), text(longText))).toEqual([
      text("First, the cause. "),
      signed,
    ]);
    const joined = text(`First, the cause. ${longText}`);
    expect(partsAgain(ledger, joined)).toEqual([joined]);
  });
});

describe("what the client sent", () => {
  it("stays: its own thinking, its own signatures, its own item ids", () => {
    const ledger = createLedger();
    ledger.record(
      replyOf(thinking("ours", "sig"), { ...call("c1"), signature: "call-sig", from: gemini, itemId: "fc_ours" }),
    );
    const own = [thinking("theirs", "their-sig"), { ...call("c1"), signature: "their-call-sig", from: gemini }];
    expect(partsAgain(ledger, ...own)).toEqual(own);
    expect(partsAgain(ledger, thinking("theirs"), { ...call("c1"), itemId: "fc_theirs" })).toEqual([
      thinking("theirs"),
      { ...call("c1"), itemId: "fc_theirs", signature: "call-sig", from: gemini },
    ]);
  });

  it("gets the signature that belongs to its very words", () => {
    const ledger = createLedger();
    ledger.record(replyOf(thinking("I should read it. ", "sig"), call("c1")));
    const echoed = thinking("I should read it.", undefined, { format: "openai-chat" });
    expect(partsAgain(ledger, echoed, call("c1"))).toEqual([thinking("I should read it. ", "sig"), call("c1")]);
  });

  it("is handed back itself where nothing is known", () => {
    const history = [user, assistant(text(longText), call("c1")), user];
    expect(createLedger().reattach(history)).toEqual({ messages: history, count: 0 });
    expect(createLedger().reattach(history).messages).toBe(history);
  });
});

describe("reading along on a stream", () => {
  it("remembers what a whole reply would have", () => {
    const reply = replyOf(
      thinking("plan", "sig"),
      { type: "redacted-thinking", data: "opaque", from: claude },
      { type: "text", text: "Reading.", signature: "t", from: gemini },
      { ...call("c1"), signature: "sig", from: gemini, itemId: "fc_1" },
      call("c2"),
    );
    const whole = createLedger();
    whole.record(reply);
    const streamed = createLedger();
    const recorder = streamed.recorder();
    for (const event of replay(reply)) recorder.note([event]);
    const history = [user, assistant(text("Reading."), call("c1"), call("c2")), user];
    expect(streamed.reattach(history)).toEqual(whole.reattach(history));
    expect(streamed.reattach(history).count).toBe(1);
    expect(streamed.reattach(history).messages[1]?.parts).toEqual(reply.parts);
  });

  it("joins deltas", () => {
    const ledger = createLedger();
    const recorder = ledger.recorder();
    recorder.note([
      { type: "reply-start", id: null, model: null },
      { type: "thinking-start", block: 0 },
      { type: "thinking-delta", block: 0, text: "pl" },
      { type: "thinking-delta", block: 0, text: "an" },
      { type: "thinking-end", block: 0, signature: "sig", from: claude },
      { type: "tool-start", block: 1, id: "c1", name: "read", kind: "function" },
      { type: "tool-delta", block: 1, text: '{"path":' },
    ]);
    recorder.note([
      { type: "tool-delta", block: 1, text: '"a.ts"}' },
      { type: "tool-end", block: 1 },
      { type: "reply-end", finish: { reason: "tool-calls", raw: null }, usage: noUsage },
    ]);
    expect(partsAgain(ledger, call("c1"))).toEqual([thinking("plan", "sig"), call("c1")]);
  });

  it("forgets a reply that was cut", () => {
    const ledger = createLedger();
    const recorder = ledger.recorder();
    recorder.note([
      ...replay(replyOf(thinking("plan", "sig"), call("c1"))).slice(0, -1),
      { type: "error", error: { kind: "truncated", message: "cut" } },
      { type: "reply-end", finish: { reason: "stop", raw: null }, usage: noUsage },
    ]);
    expect(partsAgain(ledger, call("c1"))).toEqual([call("c1")]);
  });

  it("keeps replies that run at the same time apart", () => {
    const ledger = createLedger();
    const replies = ["c1", "c2"].map((id) => replay(replyOf(thinking(`of ${id}`, `sig-${id}`), call(id))));
    const recorders = replies.map(() => ledger.recorder());
    for (let at = 0; at < (replies[0]?.length ?? 0); at += 1) {
      for (const [index, events] of replies.entries()) recorders[index]?.note(events.slice(at, at + 1));
    }
    expect(partsAgain(ledger, call("c1"))[0]).toEqual(thinking("of c1", "sig-c1"));
    expect(partsAgain(ledger, call("c2"))[0]).toEqual(thinking("of c2", "sig-c2"));
  });
});

describe("any history at all", () => {
  const part: fc.Arbitrary<AssistantPart> = fc.oneof(
    fc
      .record({ id: fc.constantFrom("a", "b", ""), args: fc.constantFrom("{}", "", '{"x":[1]}', "no json") })
      .map(({ id, args }) => call(id, "f", args)),
    fc.constantFrom("", "short", longText).map(text),
    fc
      .tuple(fc.constantFrom("", "plan"), fc.constantFrom(undefined, "", "sig"))
      .map(([words, sig]) => thinking(words, sig)),
  );
  const turn = fc.array(part, { maxLength: 5 });

  it("loses nothing it held, and gains nothing the second time", () => {
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 6 }), fc.array(turn, { maxLength: 4 }), (replies, history) => {
        const ledger = createLedger();
        for (const parts of replies) ledger.record(replyOf(...parts));
        const messages = deepFreeze(history.flatMap((parts) => [assistant(...parts), user]));
        const once = ledger.reattach(messages);
        expect(once.messages.length).toBe(messages.length);
        const spoken = (all: readonly HubMessage[]): readonly unknown[] =>
          all.map(({ parts }) =>
            parts.flatMap((each) => (each.type === "tool-call" ? [each.id] : each.type === "text" ? [each.text] : [])),
          );
        expect(spoken(once.messages)).toEqual(spoken(messages));
        expect(ledger.reattach(once.messages).count).toBe(0);
      }),
    );
  });
});

const result = (callId: string): HubMessage => ({
  role: "tool",
  callId,
  parts: [{ type: "text", text: "contents" }],
  isError: false,
});
const requestOf = (messages: readonly HubMessage[]): HubRequest => ({
  model: "m",
  messages,
  tools: [{ kind: "function", name: "read", parameters: { type: "object", properties: {} } }],
  stream: true,
  wantsStreamUsage: true,
  stop: [],
  extras: {},
});
const writeOptions = { model: "claude-sonnet-4-5", maxTokensDefault: 4096, origin: "claude" };
