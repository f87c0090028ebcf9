/**
 * Responses clients that refer to what was said instead of sending it again, answered by providers that keep nothing:
 * whatever the client's own answers told it by way of ids, it may name.
 */
import { describe, expect, it } from "vitest";
import { passThrough } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { callOf } from "./__fixtures__/clients.ts";
import { createRig, json, streamed, type Answer, type Asked, type Play, type Rig } from "./__fixtures__/rig.ts";
import {
  chatStream,
  chatText,
  chatWhole,
  claudeEvents,
  claudeSignature,
  claudeStream,
  claudeThought,
  claudeWhole,
} from "./__fixtures__/wire.ts";

type Loose = Readonly<Record<string, unknown>>;

const config = `
providers:
  local: { type: openai-compatible, endpoint: "http://127.0.0.1:8000" }
  own: { type: openai-responses-compatible, endpoint: "http://127.0.0.1:9000", auth_type: none }
accounts: [{ provider: claude, api_key: "\${A}" }]
combos: { own-first: [own/gpt-5, local/m], own-last: [claude/claude-sonnet-4-5, own/gpt-5] }
routes:
  - { match: { model: to-local }, to: local/m }
  - { match: { model: to-own-first }, to: combo/own-first }
  - { match: { model: to-own-last }, to: combo/own-last }
  - { to: claude/claude-sonnet-4-5 }
`;

const asks = (stream: boolean, more: Loose): Asked => callOf("openai-responses", stream, { input: "one?", ...more });

/** Claude says hello, every time. */
const greets: Play = (sent) =>
  sent.request.host === "127.0.0.1"
    ? sent.json["stream"] === true
      ? streamed(chatStream(chatText))
      : json(200, chatWhole)
    : sent.json["stream"] === true
      ? streamed(claudeStream(claudeEvents), { size: 11 })
      : json(200, claudeWhole);

/** The response object of an answer, streamed or whole. */
function responseIn({
  text,
}: Pick<Answer, "text">): Loose & { readonly id: string; readonly output: readonly Loose[] } {
  const frames = text.split("\n").filter((line) => line.startsWith("data: "));
  const last = frames.at(-1)?.slice("data: ".length);
  // Both forms are JSON objects, and a broken one fails the test.
  const parsed = JSON.parse(last ?? text) as Loose;
  return (last === undefined ? parsed : parsed["response"]) as ReturnType<typeof responseIn>;
}

const reference = (id: unknown): Loose => ({ type: "item_reference", id });
/** A history that names what the model said in between. */
const around = (id: unknown): readonly Loose[] => [
  { role: "user", content: "one?" },
  reference(id),
  { role: "user", content: "two?" },
];
const messagesOf = (rig: Rig): unknown => rig.sent.at(-1)?.json["messages"];
const said = (text: string): Loose => ({ role: "assistant", content: [{ type: "text", text }] });
const asked = (text: string): Loose => ({ role: "user", content: [{ type: "text", text }] });

describe.each([true, false])("a client that only refers to what was said (streamed: %s)", (stream) => {
  it("Q9: goes on from an answer of a provider that keeps nothing", async () => {
    const rig = createRig(config, greets);
    const first = responseIn(await rig.ask(asks(stream, { instructions: "Be brief." })));
    expect(first).toMatchObject({ store: true, previous_response_id: null });
    const second = responseIn(await rig.ask(asks(stream, { input: "two?", previous_response_id: first.id })));
    expect(messagesOf(rig)).toMatchObject([asked("one?"), said("Hello"), asked("two?")]);
    expect(rig.sent.at(-1)?.text).not.toContain("Be brief.");
    expect(second).toMatchObject({ store: true, previous_response_id: first.id });
    await rig.ask(asks(stream, { model: "to-local", input: "three?", previous_response_id: second.id }));
    expect(JSON.stringify(messagesOf(rig))).toMatch(/one\?.*Hello.*two\?.*Hello.*three\?/);
    expect(rig.why("translate").at(-1)).toBe("4 of the items are remembered ones that the client only referred to");
  });

  it("names a message of the model instead of sending it again", async () => {
    const rig = createRig(config, greets);
    const { output } = responseIn(await rig.ask(asks(stream, {})));
    const answer = await rig.ask(asks(stream, { input: around(output[0]?.["id"]) }));
    expect(answer.status).toBe(200);
    expect(messagesOf(rig)).toMatchObject([asked("one?"), said("Hello"), asked("two?")]);
  });

  it("R2: gets signed thinking back to its maker by naming it", async () => {
    const whole = {
      ...claudeWhole,
      content: [
        { type: "thinking", thinking: "I should look.", signature: claudeSignature },
        { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a.txt" } },
      ],
      stop_reason: "tool_use",
    };
    const rig = createRig(config, (sent, turn) =>
      turn > 1 ? greets(sent, turn) : stream ? streamed(claudeStream(claudeThought)) : json(200, whole),
    );
    const wish = {
      reasoning: { effort: "high", summary: "auto" },
      tools: [{ type: "function", name: "read_file", parameters: { type: "object", properties: {} } }],
    };
    const first = responseIn(await rig.ask(asks(stream, wish)));
    const input = [
      { role: "user", content: "one?" },
      reference(first.output[0]?.["id"]),
      reference(first.output[1]?.["id"]),
      { type: "function_call_output", call_id: "toolu_1", output: "forty-two" },
    ];
    await rig.ask(asks(stream, { ...wish, input }));
    expect(messagesOf(rig)).toMatchObject([
      asked("one?"),
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "I should look.", signature: claudeSignature },
          { type: "tool_use", id: "toolu_1", name: "read_file", input: { path: "a.txt" } },
        ],
      },
      { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1" }] },
    ]);
  });

  it("is not remembered when it says so, and its ids are the upstream's", async () => {
    const rig = createRig(config, greets);
    const first = responseIn(await rig.ask(asks(stream, { store: false })));
    expect(first).toMatchObject({ store: false, id: stream ? "resp_msg_1" : "resp_msg_2" });
    const second = await rig.ask(asks(stream, { previous_response_id: first.id }));
    expect(JSON.parse(second.text)).toMatchObject({ error: { code: "previous_response_not_found" } });
    expect(rig.sent).toHaveLength(1);
  });

  it("is told in OpenAI's words what is not known here, and nobody is asked", async () => {
    const rig = createRig(config, greets);
    const answer = await rig.ask(asks(stream, { input: [reference("msg_elsewhere"), { role: "user", content: "?" }] }));
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.text)).toEqual({
      error: {
        message: "Item with id 'msg_elsewhere' not found.",
        type: "invalid_request_error",
        param: null,
        code: null,
      },
    });
    expect(rig.sent).toHaveLength(0);
  });

  it("finds nothing that was said to callers with the proxy token when it has none", async () => {
    const rig = createRig(config, greets);
    const toLocal = { model: "to-local" };
    const first = responseIn(await rig.ask(asks(stream, toLocal)));
    const asked: Asked = { ...asks(stream, { ...toLocal, previous_response_id: first.id }), authorized: false };
    const second = await rig.ask(asked);
    expect(JSON.parse(second.text)).toMatchObject({ error: { code: "previous_response_not_found" } });
    expect((await rig.ask({ ...asked, authorized: true })).status).toBe(200);
  });
});

describe("an answer can be referred to", () => {
  it("when the upstream answered at once although a stream was asked for", async () => {
    const rig = createRig(config, () => json(200, claudeWhole));
    const first = responseIn(await rig.ask(asks(true, {})));
    await rig.ask(asks(true, { input: "two?", previous_response_id: first.id }));
    expect(messagesOf(rig)).toMatchObject([asked("one?"), said("Hello"), asked("two?")]);
  });

  it("as soon as its client knows it is over, though the upstream's connection is not", async () => {
    const endless = (): HttpReply => ({
      ...streamed(""),
      body: (async function* () {
        yield Buffer.from(claudeStream(claudeEvents));
        await new Promise(() => {});
      })(),
    });
    const rig = createRig(config, (sent, turn) => (turn === 1 ? endless() : greets(sent, turn)));
    const reply = await rig.open(asks(true, {}));
    if (reply === passThrough) throw new Error("it was to be rerouted");
    const body = reply.body[Symbol.asyncIterator]();
    const { value } = await body.next();
    const first = responseIn({ text: Buffer.from(value as Uint8Array).toString() });
    expect(first["status"]).toBe("completed");
    expect((await rig.ask(asks(true, { input: "two?", previous_response_id: first.id }))).status).toBe(200);
    expect(messagesOf(rig)).toMatchObject([asked("one?"), said("Hello"), asked("two?")]);
    await body.return?.();
  });

  it("as far as it came, when its client broke it off while the model spoke", async () => {
    const { rig, seen } = await brokenOff(claudeEvents.slice(0, 4));
    const id = /"item_id":"(msg_[^"]+)"/.exec(seen)?.[1];
    await rig.ask(asks(true, { input: around(id) }));
    expect(messagesOf(rig)).toMatchObject([asked("one?"), said("Hel"), asked("two?")]);
  });

  it("as far as it came, when its client broke it off while the model thought", async () => {
    const { rig, seen } = await brokenOff(claudeThought.slice(0, 3));
    const id = /"item_id":"(rs_[^"]+)"/.exec(seen)?.[1];
    expect(id).toBeDefined();
    expect((await rig.ask(asks(true, { input: around(id) }))).status).toBe(200);
    expect(JSON.stringify(messagesOf(rig))).toMatch(/one\?.*two\?/);
  });

  it("as far as it came, when the upstream failed in the middle", async () => {
    const cut = new UpstreamError("reset", "body", "cut");
    const rig = createRig(config, (sent, turn) =>
      turn === 1 ? streamed(claudeStream(claudeEvents.slice(0, 4)), { cut }) : greets(sent, turn),
    );
    const first = responseIn(await rig.ask(asks(true, {})));
    expect(first).toMatchObject({ status: "failed", output: [{ content: [{ text: "Hel" }] }] });
    await rig.ask(asks(true, { input: around(first.output[0]?.["id"]) }));
    expect(messagesOf(rig)).toMatchObject([asked("one?"), said("Hel"), asked("two?")]);
  });

  it("for a day, and no longer", async () => {
    const rig = createRig(config, greets);
    const first = responseIn(await rig.ask(asks(false, {})));
    rig.pass(24 * 60 * 60 * 1000 + 1);
    const second = await rig.ask(asks(false, { previous_response_id: first.id }));
    expect(JSON.parse(second.text)).toMatchObject({ error: { code: "previous_response_not_found" } });
  });

  it.each(["GET", "DELETE"])("but not looked up: %s goes where it was going", async (method) => {
    const rig = createRig(config, greets);
    const { id } = responseIn(await rig.ask(asks(false, {})));
    const looked: Asked = { ...asks(false, {}), method, target: `/v1/responses/${id}`, raw: Buffer.alloc(0) };
    expect((await rig.ask(looked)).passed).toBe(true);
  });

  it("by a call that is counted", async () => {
    const rig = createRig(config, greets);
    const first = responseIn(await rig.ask(asks(false, { input: "words ".repeat(500) })));
    const count = async (more: Loose): Promise<unknown> => {
      const answer = await rig.ask({
        ...asks(false, { input: "two?", ...more }),
        target: "/v1/responses/input_tokens",
      });
      return (JSON.parse(answer.text) as Loose)["input_tokens"] ?? answer.text;
    };
    expect(await count({ previous_response_id: first.id })).toBeGreaterThan(500);
    expect(await count({})).toBeLessThan(100);
    expect(await count({ input: [reference("msg_elsewhere")] })).toContain("Item with id 'msg_elsewhere' not found.");
  });
});

describe("a provider of the client's own dialect", () => {
  const ownReply = {
    id: "resp_own",
    object: "response",
    status: "completed",
    model: "gpt-5",
    output: [{ id: "msg_own", type: "message", role: "assistant", content: [{ type: "output_text", text: "Own." }] }],
    usage: { input_tokens: 1, output_tokens: 1, total_tokens: 2 },
  };
  const sentTo = (rig: Rig, port: number): readonly Loose[] =>
    rig.sent.filter(({ request }) => request.port === port).map((sent) => sent.json);

  it("gets what an id of ours stands for, because it cannot know it, like any other one of the rule", async () => {
    const rig = createRig(config, (sent, turn) =>
      sent.request.port === 9000 ? json(503, { error: { message: "later" } }) : greets(sent, turn),
    );
    const first = responseIn(await rig.ask(asks(false, {})));
    const more = { model: "to-own-first", input: "two?", previous_response_id: first.id };
    expect((await rig.ask(asks(false, more))).status).toBe(200);
    expect(sentTo(rig, 9000)[0]).not.toHaveProperty("previous_response_id");
    for (const port of [9000, 8000]) expect(JSON.stringify(sentTo(rig, port))).toMatch(/one\?.*Hello.*two\?/);
  });

  it.each([{ previous_response_id: "resp_own" }, { input: [reference("msg_own"), { role: "user", content: "?" }] }])(
    "is asked for what only it can know, though another one comes first in the rule: %j",
    async (more) => {
      const rig = createRig(config, () => json(200, ownReply));
      const answer = await rig.ask(asks(false, { model: "to-own-last", ...more }));
      expect(answer.status).toBe(200);
      expect(rig.sent.map(({ request }) => request.port)).toEqual([9000]);
      expect(rig.sent[0]?.json).toMatchObject(more);
    },
  );

  it("keeps its answers itself: those that are passed through are not remembered here", async () => {
    const rig = createRig(config, (sent, turn) =>
      sent.request.port === 9000 ? json(200, ownReply) : greets(sent, turn),
    );
    const first = await rig.ask(asks(false, { model: "to-own-first" }));
    expect(responseIn(first)).toMatchObject({ id: "resp_own" });
    const second = await rig.ask(asks(false, { previous_response_id: "resp_own" }));
    expect(JSON.parse(second.text)).toMatchObject({ error: { code: "previous_response_not_found" } });
  });
});

describe("a Responses body at a Chat address", () => {
  it("may refer to what was said, and its answer is nobody's to refer to", async () => {
    const rig = createRig(config, greets);
    const { output } = responseIn(await rig.ask(asks(false, {})));
    const body = { model: "gpt-5", store: true, input: around(output[0]?.["id"]) };
    const answer = await rig.ask({ ...callOf("openai-chat", false), body });
    expect(JSON.parse(answer.text)).toMatchObject({ object: "chat.completion", id: "msg_2" });
    expect(messagesOf(rig)).toMatchObject([asked("one?"), said("Hello"), asked("two?")]);
  });
});

/** A stream that its client leaves after its first bytes; later calls are answered. */
async function brokenOff(events: readonly { readonly type: string }[]): Promise<{ rig: Rig; seen: string }> {
  const silent = (): HttpReply => ({
    ...streamed(""),
    body: (async function* () {
      yield Buffer.from(claudeStream(events));
      await new Promise(() => {});
    })(),
  });
  const rig = createRig(config, (sent, turn) => (turn === 1 ? silent() : greets(sent, turn)));
  const reply = await rig.open(asks(true, {}));
  if (reply === passThrough) throw new Error("it was to be rerouted");
  const body = reply.body[Symbol.asyncIterator]();
  const { value } = await body.next();
  await body.return?.();
  return { rig, seen: Buffer.from(value as Uint8Array).toString() };
}
