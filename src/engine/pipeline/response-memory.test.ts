import { describe, expect, it } from "vitest";
import type { JsonObject } from "../formats/format.ts";
import { createResponseMemory, itemNotFound, type Recalled, type ResponseMemory } from "./response-memory.ts";

const clock = { now: () => 0, monotonic: () => 0 };

function memoryWith(options: { readonly maxRecalledChars?: number } = {}): ResponseMemory {
  let drawn = 0;
  return createResponseMemory({ clock, random: { bytes: (count) => Buffer.alloc(count, (drawn += 1)) }, ...options });
}

function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

function recall(memory: ResponseMemory, body: JsonObject, authorized = true): Recalled {
  const recalled = memory.recall(frozen(body), authorized);
  if (!recalled.ok) throw new Error(recalled.error.message);
  return recalled.value;
}

const user = (text: string): JsonObject => ({ type: "message", role: "user", content: text });
const message = (id: string, text: string): JsonObject => ({
  id,
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text }],
});

/** Asks, and answers with one message; returns the ids a client would see. */
function answered(memory: ResponseMemory, body: JsonObject, text: string, authorized = true) {
  const { place } = recall(memory, body, authorized);
  const id = `resp_${place?.id ?? ""}`;
  const itemId = `msg_${place?.id ?? ""}_0`;
  place?.remember(frozen({ id, output: [message(itemId, text)] }));
  return { id, itemId, item: message(itemId, text) };
}

describe("a request that refers to nothing", () => {
  it.each([
    { input: "hi" },
    { input: [user("hi")] },
    { input: [{ role: "user", content: "hi" }, "words"] },
    { input: 7 },
    { input: null },
    {},
    { input: "hi", previous_response_id: null },
  ])("is left as it is: %j", (body) => {
    const recalled = recall(memoryWith(), body);
    expect(recalled.body).toBe(body);
    expect(recalled).toMatchObject({ count: 0, missing: [] });
  });
});

describe("a reply that is gone on from", () => {
  it("stands in front of the new input, with all that led to it", () => {
    const memory = memoryWith();
    const first = answered(memory, { input: "one?" }, "One.");
    const second = answered(memory, { input: [user("two?")], previous_response_id: first.id }, "Two.");
    const { body, count } = recall(memory, { model: "m", input: "three?", previous_response_id: second.id });
    expect(body).toEqual({
      model: "m",
      input: [user("one?"), first.item, user("two?"), second.item, user("three?")],
    });
    expect(count).toBe(4);
  });

  it("brings no instructions, tools or other wishes along: those are said with every request", () => {
    const memory = memoryWith();
    const tools = [{ type: "function", name: "read" }];
    const first = answered(memory, { input: "one?", instructions: "Be brief.", tools, temperature: 1 }, "One.");
    const { body } = recall(memory, { input: "two?", instructions: "Be long.", previous_response_id: first.id });
    expect(body).toEqual({ instructions: "Be long.", input: [user("one?"), first.item, user("two?")] });
  });

  it("needs no new input", () => {
    const memory = memoryWith();
    const first = answered(memory, { input: "one?" }, "One.");
    expect(recall(memory, { previous_response_id: first.id }).body).toEqual({ input: [user("one?"), first.item] });
  });

  it("that is not known leaves the request as it is, for its reader to refuse", () => {
    const body = { input: "hi", previous_response_id: "resp_elsewhere" };
    expect(recall(memoryWith(), body)).toEqual({ body, count: 0, missing: [], place: null });
  });

  it("is not repeated when the client sends its items as well", () => {
    const memory = memoryWith();
    const first = answered(memory, { input: "one?" }, "One.");
    const reference = { type: "item_reference", id: first.itemId };
    const asked = { previous_response_id: first.id, input: [first.item, reference, user("two?")] };
    expect(recall(memory, asked).body).toEqual({ input: [user("one?"), first.item, user("two?")] });
    const second = answered(memory, asked, "Two.");
    expect(recall(memory, { previous_response_id: second.id }).body["input"]).toEqual([
      user("one?"),
      first.item,
      user("two?"),
      second.item,
    ]);
  });
});

describe("a reference to an item", () => {
  it.each<JsonObject>([{ type: "item_reference" }, { type: null }, {}])("becomes the item: %j", (shape) => {
    const memory = memoryWith();
    const first = answered(memory, { input: "one?" }, "One.");
    const { body, count } = recall(memory, { input: [user("one?"), { ...shape, id: first.itemId }, user("two?")] });
    expect(body["input"]).toEqual([user("one?"), first.item, user("two?")]);
    expect(count).toBe(1);
  });

  it("does so once, however often it is made", () => {
    const memory = memoryWith();
    const { item, itemId } = answered(memory, { input: "one?" }, "One.");
    const reference = { type: "item_reference", id: itemId };
    expect(recall(memory, { input: [reference, user("two?"), reference] }).body["input"]).toEqual([item, user("two?")]);
    expect(recall(memory, { input: [item, reference] }).body["input"]).toEqual([item]);
  });

  it("is no duplicate of a result that has the id of its call", () => {
    const memory = memoryWith();
    const { place } = recall(memory, { input: "ls" });
    const id = `lsh_${place?.id ?? ""}_0`;
    const call = { id, type: "local_shell_call", call_id: "c", action: { type: "exec", command: ["ls"] } };
    place?.remember({ id: "resp_1", output: [call] });
    const output = { id, type: "local_shell_call_output", output: "a.txt" };
    expect(recall(memory, { input: [{ type: "item_reference", id }, output] }).body["input"]).toEqual([call, output]);
  });

  it("to what is not known is named, and stays where it is", () => {
    const memory = memoryWith();
    const { item, itemId } = answered(memory, { input: "one?" }, "One.");
    const strange = { type: "item_reference", id: "msg_elsewhere" };
    const recalled = recall(memory, { input: [strange, { type: "item_reference", id: itemId }] });
    expect(recalled).toMatchObject({ missing: ["msg_elsewhere"], body: { input: [strange, item] } });
    expect(itemNotFound("msg_elsewhere").message).toBe("Item with id 'msg_elsewhere' not found.");
    expect(itemNotFound("x".repeat(5000)).message.length).toBeLessThan(200);
  });

  it.each(["__proto__", "constructor", "hasOwnProperty"])("named %s is one like any other", (id) => {
    const memory = memoryWith();
    answered(memory, { input: "one?" }, "One.");
    expect(recall(memory, { input: [{ type: "item_reference", id }] }).missing).toEqual([id]);
    expect(recall(memory, { input: "hi", previous_response_id: id }).place).toBeNull();
  });

  it("that was replaced stays so in what is remembered of the request", () => {
    const memory = memoryWith();
    const first = answered(memory, { input: "one?" }, "One.");
    const asked = { input: [user("one?"), { type: "item_reference", id: first.itemId }, user("two?")] };
    const second = answered(memory, asked, "Two.");
    expect(recall(memory, { previous_response_id: second.id, input: "three?" }).body["input"]).toEqual([
      user("one?"),
      first.item,
      user("two?"),
      second.item,
      user("three?"),
    ]);
  });
});

describe("who may refer to what", () => {
  it.each([true, false])("callers with the proxy token and those without never find each other's", (authorized) => {
    const memory = memoryWith();
    const { id, itemId } = answered(memory, { input: "one?" }, "One.", authorized);
    const byReply = { input: "two?", previous_response_id: id };
    const byItem = { input: [{ type: "item_reference", id: itemId }] };
    expect(recall(memory, byReply, !authorized).body).toBe(byReply);
    expect(recall(memory, byItem, !authorized).missing).toEqual([itemId]);
    expect(recall(memory, byItem, authorized).missing).toEqual([]);
  });

  it("nobody, where the client wants the reply forgotten; it may refer to others itself", () => {
    const memory = memoryWith();
    const { itemId } = answered(memory, { input: "one?" }, "One.");
    const { place, count } = recall(memory, { store: false, input: [{ type: "item_reference", id: itemId }] });
    expect(place).toBeNull();
    expect(count).toBe(1);
  });

  it.each([undefined, null, true])("anybody who knows the id, where it says store: %j", (store) => {
    expect(recall(memoryWith(), { input: "hi", store }).place).not.toBeNull();
  });

  it("an upstream's own id counts only if it is too long to be guessed or counted up", () => {
    const memory = memoryWith();
    const long = `ws_${"0a".repeat(24)}`;
    const search = (id: string): JsonObject => ({ id, type: "web_search_call", status: "completed" });
    recall(memory, { input: "hi" }).place?.remember({ id: "resp_1", output: [search("ws_1"), search(long)] });
    const input = [
      { type: "item_reference", id: "ws_1" },
      { type: "item_reference", id: long },
    ];
    expect(recall(memory, { input })).toMatchObject({ missing: ["ws_1"], count: 1 });
  });

  it("ids of replies are 24 random bytes each", () => {
    const memory = memoryWith();
    const ids = ["hi", "hi"].map((input) => recall(memory, { input }).place?.id ?? "");
    expect(ids.map((id) => [...Buffer.from(id, "base64url")])).toEqual([Array(24).fill(1), Array(24).fill(2)]);
  });
});

describe("bounds", () => {
  it("a request that refers to more than it could say is refused, by items and by replies", () => {
    const memory = memoryWith({ maxRecalledChars: 3_000 });
    const ids = [1, 2, 3].map((nth) => answered(memory, { input: `${nth}?` }, `${nth}`.repeat(1_000)));
    const references = ids.map(({ itemId }) => ({ type: "item_reference", id: itemId }));
    expect(memory.recall({ input: references }, true)).toMatchObject({ ok: false, error: { kind: "too-large" } });
    expect(memory.recall({ input: references.slice(1) }, true)).toMatchObject({ ok: true });
    let previous: string | null = null;
    for (let nth = 0; nth < 4; nth += 1) {
      const body: JsonObject = { input: "x".repeat(1_000), previous_response_id: previous };
      const recalled = memory.recall(body, true);
      if (nth === 3) expect(recalled).toMatchObject({ ok: false, error: { kind: "too-large" } });
      else previous = answered(memory, body, "so").id;
    }
  });

  it("what an upstream made of a response object is taken as it is, or not at all", () => {
    const memory = memoryWith();
    const strange: readonly JsonObject[] = [
      {},
      { id: 7, output: [] },
      { id: "resp_1" },
      { id: "resp_1", output: "none" },
      { id: "resp_2", output: [null, 7, "x", [], { id: 7 }] },
    ];
    for (const response of strange) recall(memory, { input: "hi" }).place?.remember(response);
    expect(recall(memory, { previous_response_id: "resp_1" }).place).toBeNull();
    expect(recall(memory, { previous_response_id: "resp_2" }).body["input"]).toEqual([
      user("hi"),
      null,
      7,
      "x",
      [],
      { id: 7 },
    ]);
  });
});
