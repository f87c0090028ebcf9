import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { HubMessage } from "./message.ts";
import { repairHistory } from "./repair.ts";

const user = (text: string): HubMessage => ({ role: "user", parts: [{ type: "text", text }] });
const calls = (...ids: readonly string[]): HubMessage => ({
  role: "assistant",
  parts: ids.map((id) => ({ type: "tool-call", id, name: `tool_${id}`, arguments: "{}", kind: "function" })),
});
const result = (callId: string, text = `result of ${callId}`): HubMessage => ({
  role: "tool",
  callId,
  parts: [{ type: "text", text }],
  isError: false,
});

/** One word per message: what it is and whom it answers. */
function shape(messages: readonly HubMessage[]): readonly string[] {
  return messages.map((message) => {
    if (message.role === "tool") return `${message.isError ? "error" : "result"} ${message.callId}`;
    const ids = message.parts.flatMap((part) => (part.type === "tool-call" ? [part.id] : []));
    return [message.role, ...ids].join(" ");
  });
}

const repaired = (...messages: readonly HubMessage[]): readonly string[] => shape(repairHistory(messages).messages);

describe("repairing a history", () => {
  it("returns a legal one as it is", () => {
    const messages = [user("go"), calls("a", "b"), result("a"), result("b"), user("on")];
    expect(repairHistory(messages)).toEqual({ messages, losses: [] });
  });

  it("answers calls without a result, in the last turn too", () => {
    expect(repaired(user("go"), calls("a", "b"), result("b"), user("on"), calls("c"))).toEqual([
      "user",
      "assistant a b",
      "error a",
      "result b",
      "user",
      "assistant c",
      "error c",
    ]);
  });

  it("pairs results without an id by order, and keeps what is left over as text", () => {
    expect(repaired(calls("a", "b"), result("b"), result(""), result(""))).toEqual([
      "assistant a b",
      "result a",
      "result b",
      "user",
    ]);
  });

  it("keeps the last of several results", () => {
    const { messages, losses } = repairHistory([calls("a"), result("a", "old"), result("a", "new")]);
    expect(messages[1]).toMatchObject({ parts: [{ text: "new" }] });
    expect(losses).toHaveLength(1);
  });

  it("moves results next to their calls", () => {
    expect(repaired(calls("a"), user("wait"), result("a"))).toEqual(["assistant a", "result a", "user"]);
  });

  it("makes one turn of calls that came as several messages", () => {
    expect(repaired(calls("a"), calls("b"), result("a"), result("b"))).toEqual([
      "assistant a b",
      "result a",
      "result b",
    ]);
  });

  it("renames an id that is used again, with its result", () => {
    expect(repaired(calls("a"), result("a"), user("more"), calls("a"), result("a"))).toEqual([
      "assistant a",
      "result a",
      "user",
      "assistant a_2",
      "result a_2",
    ]);
    expect(repaired(calls("a", "a"), result("a", "1"), result("a", "2"))).toEqual([
      "assistant a a_2",
      "result a",
      "result a_2",
    ]);
  });

  it("drops blank text and empty messages, and moves the cache mark", () => {
    const { messages } = repairHistory([
      user(" \n"),
      {
        role: "user",
        parts: [
          { type: "text", text: "a" },
          { type: "text", text: "", cache: { ttl: "1h" } },
        ],
      },
      { role: "assistant", parts: [{ type: "thinking", text: "" }] },
      user("b"),
    ]);
    expect(messages).toEqual([{ role: "user", parts: [{ type: "text", text: "a", cache: { ttl: "1h" } }] }, user("b")]);
  });

  it("keeps thinking that is empty and signed", () => {
    const turn: HubMessage = {
      role: "assistant",
      parts: [
        { type: "thinking", text: "", signature: "s", from: { format: "claude" } },
        { type: "text", text: "x" },
      ],
    };
    expect(repairHistory([turn]).messages).toEqual([turn]);
  });

  it("always ends legal, and changes nothing when done twice", () => {
    const ids = fc.constantFrom("", "a", "b", "c");
    const message = fc.oneof(
      fc.constantFrom("", "x").map(user),
      fc.array(ids, { maxLength: 3 }).map((all) => calls(...all)),
      ids.map((id) => result(id)),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 12 }), (history) => {
        const once = repairHistory(history).messages;
        const open: string[] = [];
        const seen = new Set<string>();
        for (const one of once) {
          if (one.role === "tool") expect(open.shift()).toBe(one.callId);
          else {
            expect(open).toEqual([]);
            for (const part of one.parts) {
              if (part.type !== "tool-call") continue;
              expect(part.id).not.toBe("");
              expect(seen.has(part.id)).toBe(false);
              seen.add(part.id);
              open.push(part.id);
            }
          }
        }
        expect(open).toEqual([]);
        expect(repairHistory(once).messages).toEqual(once);
      }),
      { numRuns: 300 },
    );
  });
});
