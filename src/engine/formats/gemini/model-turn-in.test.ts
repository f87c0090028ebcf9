/** A turn of the model that its client kept in pieces: the SDK's chats keep one content for each chunk of a stream. */
import { describe, expect, it } from "vitest";
import { createSignatureLedger } from "../../hub/signature-ledger.ts";
import type { HubMessage } from "../../hub/message.ts";
import { frozen } from "../__fixtures__/harness.ts";
import { readRequest } from "./request-in.ts";

const target = "/v1beta/models/gemini-2.5-pro:generateContent";
const user = (text: string): object => ({ role: "user", parts: [{ text }] });
/** One content for each part. */
const pieces = (...parts: readonly object[]): readonly object[] =>
  parts.map((part) => ({ role: "model", parts: [part] }));
const from = { format: "gemini" };

function messages(...contents: readonly object[]): readonly HubMessage[] {
  const result = readRequest(frozen({ contents }), target);
  if (!result.ok) throw new Error(result.error.message);
  return result.value.request.messages;
}
const turn = (...parts: readonly object[]): unknown => {
  const read = messages(user("One"), ...pieces(...parts), user("Two"));
  expect(read.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
  return read[1]?.parts;
};
const thought = (text: string, more: object = {}): object => ({ text, thought: true, ...more });

describe("neighbouring contents of the model", () => {
  it("are one turn, its texts one part without anything between them", () => {
    expect(turn({ text: "Bef" }, { text: "ore." }, { text: "" })).toEqual([{ type: "text", text: "Before." }]);
    expect(turn({ text: "a" }, { text: "\n\n" }, { text: "b" })).toEqual([{ type: "text", text: "a\n\nb" }]);
  });

  it("say the same as one content with all their parts", () => {
    const parts = [thought("h"), thought("m"), { text: "a" }, { text: "b" }, { functionCall: { id: "1", name: "f" } }];
    expect(turn(...parts)).toEqual(messages(user("One"), { role: "model", parts })[1]?.parts);
    expect(turn(...parts)).toMatchObject([
      { type: "thinking", text: "hm", from },
      { type: "text", text: "ab" },
      { type: "tool-call", id: "1" },
    ]);
  });

  it("keep the order of what is not text, and text behind a call by itself", () => {
    const code = { executableCode: { language: "PYTHON", code: "1" } };
    expect(
      turn({ text: "a" }, { functionCall: { id: "1", name: "f" } }, { text: "b" }, { text: "c" }, code),
    ).toMatchObject([{ text: "a" }, { id: "1" }, { text: "bc" }, { type: "opaque" }]);
  });

  it("R1: a signed part stays by itself, whatever stands around it", () => {
    expect(turn({ text: "a" }, { text: "b", thoughtSignature: "dA==" }, { text: "c" }, { text: "d" })).toEqual([
      { type: "text", text: "a" },
      { type: "text", text: "b", signature: "dA==", from },
      { type: "text", text: "cd" },
    ]);
    expect(turn(thought("a"), thought("b", { thoughtSignature: "dA==" }), thought("c"))).toMatchObject([
      { text: "a" },
      { text: "b", signature: "dA==" },
      { text: "c" },
    ]);
  });

  it("R9: a signature in a content of its own signs the whole text, or the whole thought, before it", () => {
    const alone = { text: "", thoughtSignature: "dA==" };
    expect(turn({ text: "Bef" }, { text: "ore." }, alone)).toEqual([
      { type: "text", text: "Before.", signature: "dA==", from },
    ]);
    expect(turn(thought("h"), thought("m"), { ...alone, thought: true }, { text: "a" })).toEqual([
      { type: "thinking", text: "hm", signature: "dA==", from },
      { type: "text", text: "a" },
    ]);
    // Not the thought's: Google puts it on a text of its own there, and that is where it goes back.
    expect(turn(thought("hm"), alone)).toMatchObject([
      { text: "hm" },
      { type: "thinking", text: "", signature: "dA==" },
    ]);
  });

  it("T18: their calls have ids of their own, and the results behind them find each", () => {
    const call = { functionCall: { name: "f", args: {} } };
    const result = (output: string): object => ({ functionResponse: { name: "f", response: { output } } });
    const read = messages(user("One"), ...pieces(call, call), { role: "user", parts: [result("1"), result("2")] });
    const ids = read[1]?.parts.map((part) => (part.type === "tool-call" ? part.id : ""));
    expect(new Set(ids).size).toBe(2);
    expect(read.slice(2).map((message) => (message.role === "tool" ? message.callId : ""))).toEqual(ids);
  });

  it("are two turns where the user said something between them", () => {
    const read = messages(user("One"), ...pieces({ text: "a" }), user("Two"), ...pieces({ text: "b" }));
    expect(read.map(({ parts }) => parts)).toMatchObject([[{}], [{ text: "a" }], [{}], [{ text: "b" }]]);
  });
});

describe("R2: the thinking that the ledger remembers", () => {
  const sealed = {
    type: "thinking",
    text: "I need the file.",
    signature: "gAAAA",
    itemId: "rs_1",
    from: { format: "openai-responses", origin: "oai" },
  } as const;
  const reply = (...parts: Parameters<ReturnType<typeof createSignatureLedger>["record"]>[0]["parts"]) => ({
    id: "1",
    model: "m",
    parts: [sealed, ...parts],
    finish: { reason: "tool-calls", raw: null } as const,
    usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
    losses: [],
  });
  const call = { type: "tool-call", id: "call_1", name: "f", arguments: '{"a":1}', kind: "function" } as const;

  it("comes back to the whole turn that a chat kept in pieces", () => {
    const ledger = createSignatureLedger({ clock: { now: () => 0, monotonic: () => 0 } });
    ledger.record(reply({ type: "text", text: "Let me look." }, call));
    const history = messages(
      user("One"),
      ...pieces(
        thought("I need "),
        thought("the file."),
        { text: "Let me " },
        { text: "look." },
        { functionCall: { id: "call_1", name: "f", args: { a: 1 } } },
        { text: "" },
      ),
      { role: "user", parts: [{ functionResponse: { id: "call_1", name: "f", response: { output: "1" } } }] },
    );
    const { messages: restored, count } = ledger.reattach(history);
    expect(count).toBe(1);
    expect(restored[1]).toMatchObject({
      role: "assistant",
      parts: [sealed, { text: "Let me look." }, { id: "call_1" }],
    });
    expect(restored[1]?.parts).toHaveLength(3);
  });
});
