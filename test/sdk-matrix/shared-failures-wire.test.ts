/** What several of today's gateways get wrong between dialects (measured, late 2026): the wire itself, seen without an SDK. */
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import { field, list } from "../support/provider-turn.ts";
import { waitFor } from "../support/wait.ts";
import { fetchThrough, type Dialect } from "./clients.ts";
import { from } from "./in-pairs.ts";
import { rawCall, sseEvents } from "./raw-call.ts";
import { counts, crossPairs, modelTo, play, startRig, thinkerTo, type Rig } from "./rig.ts";
import { readTool } from "./scenes.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

describe("several get wrong: output_index, ids and order in a Responses stream", () => {
  it.each(from("openai-responses"))("%s client by %s", async (_, provider) => {
    play(rig.fake(provider), {
      type: "says",
      parts: [
        { type: "thinking", text: "I should look at both." },
        { type: "text", text: "I look." },
        { name: "read_file", input: { path: "/a" } },
        { name: "read_file", input: { path: "/b" } },
      ],
    });
    const { name, description, schema } = readTool;
    const body = {
      model: thinkerTo(provider),
      stream: true,
      store: false,
      input: "Look.",
      reasoning: { effort: "high", summary: "auto" },
      tools: [{ type: "function", name, description, parameters: schema }],
    };
    const reply = await rawCall(rig.dispatcher, { host: "api.openai.com", target: "/v1/responses", body });
    const events = sseEvents(reply.text);
    const typed = (type: string) => events.filter(({ data }) => field(data, "type") === type).map(({ data }) => data);
    expect(events.map(({ event }) => event)).toEqual(events.map(({ data }) => field(data, "type")));
    expect(events.map(({ data }) => field(data, "sequence_number"))).toEqual(events.map((_one, index) => index));
    const added = typed("response.output_item.added");
    expect(added.map((one) => field(one, "output_index"))).toEqual([0, 1, 2, 3]);
    expect(added.map((one) => field(field(one, "item"), "type"))).toEqual([
      "reasoning",
      "message",
      "function_call",
      "function_call",
    ]);
    const ids = added.map((one) => field(field(one, "item"), "id"));
    expect(new Set(ids).size).toBe(4);
    const done = typed("response.output_item.done");
    expect(done.map((one) => field(field(one, "item"), "id"))).toEqual(ids);
    for (const { data } of events) {
      const item = field(data, "item_id");
      if (item !== undefined) expect(ids[Number(field(data, "output_index"))]).toBe(item);
    }
    const output = list(field(field(typed("response.completed")[0], "response"), "output"));
    expect(output).toEqual(done.map((one) => field(one, "item")));
    expect(reply.text).not.toContain("[DONE]");
  });
});

describe("several get wrong: the frames that each dialect insists on", () => {
  const call = (provider: Dialect, host: string, target: string, body: object) => {
    play(rig.fake(provider), {
      type: "says",
      parts: [{ name: "read_file", input: { path: "/a" } }],
    });
    return rawCall(rig.dispatcher, { host, target, body: { model: modelTo(provider), stream: true, ...body } });
  };
  const question = { messages: [{ role: "user", content: "Read it." }], max_tokens: 100 };

  it.each(from("openai-chat"))("%s client by %s: a role first, one finish, one [DONE]", async (_, provider) => {
    const tools = [{ type: "function", function: { name: "read_file", parameters: readTool.schema } }];
    const reply = await call(provider, "api.openai.com", "/v1/chat/completions", { ...question, tools });
    const events = sseEvents(reply.text);
    const choices = events.flatMap(({ data }) => list(field(data, "choices")));
    expect(field(field(choices[0], "delta"), "role")).toBe("assistant");
    expect(choices.filter((choice) => typeof field(choice, "finish_reason") === "string")).toHaveLength(1);
    expect(events.filter(({ data }) => data === "[DONE]")).toHaveLength(1);
    expect(events.at(-1)?.data).toBe("[DONE]");
    const calls = choices.flatMap((choice) => list(field(field(choice, "delta"), "tool_calls")));
    expect(calls[0]).toMatchObject({ index: 0, type: "function", function: { name: "read_file" } });
    expect(field(calls[0], "id")).toMatch(/./);
  });

  it.each(from("claude"))(
    "%s client by %s: one start, an event line for every type, no [DONE]",
    async (_, provider) => {
      const tools = [{ name: "read_file", input_schema: readTool.schema }];
      const reply = await call(provider, "api.anthropic.com", "/v1/messages", { ...question, tools });
      const events = sseEvents(reply.text);
      expect(events.map(({ event }) => event)).toEqual(events.map(({ data }) => field(data, "type")));
      const types = events.map(({ event }) => event).filter((type) => type !== "ping");
      expect(types[0]).toBe("message_start");
      expect(types.filter((type) => type === "message_start")).toHaveLength(1);
      expect(types.slice(-2)).toEqual(["message_delta", "message_stop"]);
      expect(types.filter((type) => type === "content_block_start")).toHaveLength(1);
      expect(reply.text).not.toContain("[DONE]");
    },
  );

  it.each(from("gemini"))(
    "%s client by %s: whole responses, a model's role, no event lines, no [DONE]",
    async (_, provider) => {
      play(rig.fake(provider), { type: "says", parts: [{ name: "read_file", input: { path: "/a" } }] });
      const target = `/v1beta/models/${modelTo(provider)}:streamGenerateContent`;
      const { name, description, schema } = readTool;
      const body = {
        contents: [{ role: "user", parts: [{ text: "Read it." }] }],
        tools: [{ functionDeclarations: [{ name, description, parametersJsonSchema: schema }] }],
      };
      const host = "generativelanguage.googleapis.com";
      const reply = await rawCall(rig.dispatcher, { host, target: `${target}?alt=sse`, body });
      expect(reply.contentType).toContain("text/event-stream");
      const events = sseEvents(reply.text);
      expect(events.every(({ event }) => event === null)).toBe(true);
      expect(reply.text).not.toContain("[DONE]");
      for (const { data } of events) {
        const content = field(list(field(data, "candidates"))[0], "content");
        expect(content).toMatchObject({ role: "model", parts: expect.any(Array) as unknown[] });
        expect(list(field(content, "parts")).length).toBeGreaterThan(0);
      }
      expect(events.at(-1)?.data).toMatchObject({
        candidates: [{ finishReason: "STOP" }],
        usageMetadata: { promptTokenCount: counts.input, totalTokenCount: counts.input + counts.output },
      });
      // Without alt=sse the stream is one JSON array.
      const array = await rawCall(rig.dispatcher, { host, target, body });
      expect(array.contentType).toContain("application/json");
      const parsed: unknown = JSON.parse(array.text);
      expect(list(parsed).length).toBeGreaterThan(0);
    },
  );
});

describe("several get wrong: the provider goes on after the client left", () => {
  it.each(crossPairs)("%s client by %s, in the middle of the stream", async (clientDialect, provider) => {
    const client = rig.client(clientDialect);
    const { seen } = play(rig.fake(provider), {
      type: "says",
      silentMs: 8000,
      parts: [
        { type: "text", text: "This is the beginning of a long answer. " },
        { type: "text", text: "Nobody reads this." },
      ],
    });
    const abort = new AbortController();
    const asking = { model: modelTo(provider), stream: true, signal: abort.signal, onText: () => abort.abort() };
    const pending = client.ask(asking).then(
      () => "answered",
      () => "gone",
    );
    expect(await pending).toBe("gone");
    expect(await waitFor("the provider's answer to be abandoned", () => seen()[0]?.abandoned)).toBe(true);
  });
});

describe("several get wrong: an earlier answer comes back in the wrong dialect", () => {
  it.each(["openai-chat", "openai-responses", "claude", "gemini"] as const)(
    "the same question to %s by all clients",
    async (provider) => {
      for (const stream of [false, true, false]) {
        for (const dialect of ["claude", "gemini", "openai-responses", "openai-chat"] as const) {
          const words = `Said to ${dialect} ${stream ? "in a stream" : "at once"}.`;
          play(rig.fake(provider), { type: "text", text: words });
          const heard = await rig.client(dialect).ask({ model: modelTo(provider), stream, text: "The same question" });
          expect(heard).toMatchObject({ text: words, stop: "end" });
        }
      }
    },
  );
});

describe("several get wrong: an answer that is only referred to", () => {
  it.each(from("openai-responses"))(
    "%s client by %s goes on from it, or is told that it has to send everything",
    async (_, provider) => {
      const sdk = new OpenAI({ apiKey: "sk-x", maxRetries: 0, fetch: fetchThrough(rig.dispatcher) });
      const { asked } = play(rig.fake(provider), { type: "text", text: "Two." }, { type: "text", text: "Three." });
      const first = await sdk.responses.create({ model: modelTo(provider), input: "1+1?" });
      const second = await sdk.responses
        .create({ model: modelTo(provider), input: "2+1?", previous_response_id: first.id })
        .then(
          (reply) => reply.output_text,
          (error: unknown) => error,
        );
      if (typeof second === "string") {
        expect(second).toBe("Three.");
        expect(asked[1]).toMatchObject({ userTexts: ["1+1?", "2+1?"], assistantTexts: ["Two."] });
      } else expect(second).toMatchObject({ status: 400, code: "previous_response_not_found" });
    },
  );
});
