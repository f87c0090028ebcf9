/** What several of today's gateways get wrong between dialects (measured, late 2026): answers, ends and figures. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import { field, list, type Turn } from "../support/provider-turn.ts";
import { failureOf } from "./clients.ts";
import { by, from, inPairs } from "./in-pairs.ts";
import { rawCall, sseEvents } from "./raw-call.ts";
import { counts, crossPairs, modelTo, pairs, play, startRig, thinkerTo, type Rig } from "./rig.ts";
import { listTool, readTool } from "./scenes.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

describe("several get wrong: figures of a stream", () => {
  it.each(inPairs(() => rig, by("openai-chat")))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const { seen } = script({ type: "text", text: "Counted." });
    expect((await client.ask({ model, stream })).usage).toEqual(counts);
    const options = field(seen()[0]?.body, "stream_options");
    expect(options).toEqual(stream ? { include_usage: true } : undefined);
  });

  it.each(from("openai-chat"))(
    "%s client by %s that did not ask for them gets no figures chunk",
    async (_, provider) => {
      play(rig.fake(provider), { type: "text", text: "Hello." });
      const body = { model: modelTo(provider), stream: true, messages: [{ role: "user", content: "Hi" }] };
      const reply = await rawCall(rig.dispatcher, { host: "api.openai.com", target: "/v1/chat/completions", body });
      const chunks = sseEvents(reply.text).filter(({ data }) => data !== "[DONE]");
      expect(chunks.filter(({ data }) => list(field(data, "choices")).length === 0)).toEqual([]);
    },
  );
});

describe("several get wrong: text after a tool call", () => {
  it.each(inPairs(() => rig, crossPairs))("%s", async (_, scene) => {
    const { client, clientDialect, provider, model, stream, script } = scene();
    const { asked, seen } = script(
      {
        type: "says",
        parts: [
          { type: "text", text: "Before. " },
          { name: "read_file", input: { path: "/a" } },
          { type: "text", text: "After." },
        ],
      },
      { type: "text", text: "Read." },
    );
    const heard = await client.ask({ model, stream, tools: [readTool] });
    expect(heard).toMatchObject({ text: "Before. After.", stop: "tools", calls: [{ input: { path: "/a" } }] });
    // A whole Chat message has one text and then its calls; whoever has blocks keeps the order.
    const isOrdered = clientDialect !== "openai-chat" && (provider !== "openai-chat" || stream);
    if (isOrdered) expect(heard.order).toEqual(["text", "call", "text"]);
    await heard.reply(heard.calls.map((call) => ({ call, text: "content" })));
    expect(seen().map(({ status }) => status)).toEqual([200, 200]);
    // Two blocks of text in one message of Chat are two paragraphs.
    expect(asked[1]?.assistantTexts.join(" ").replaceAll(/\s+/g, " ")).toBe("Before. After.");
    expect(asked[1]?.toolResults).toEqual(["content"]);
  });
});

describe("several get wrong: parallel calls", () => {
  const long = "x".repeat(3000);
  it.each(inPairs(() => rig, crossPairs))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const { asked } = script(
      {
        type: "says",
        interleaved: true,
        parts: [
          { name: "read_file", input: { path: `/a ${long}` } },
          { name: "list_folder", input: {} },
          { name: "read_file", input: { path: "/c" } },
        ],
      },
      { type: "text", text: "Done." },
    );
    const heard = await client.ask({ model, stream, tools: [readTool, listTool] });
    expect(heard.calls.map(({ name, input }) => [name, input])).toEqual([
      ["read_file", { path: `/a ${long}` }],
      ["list_folder", {}],
      ["read_file", { path: "/c" }],
    ]);
    await heard.reply(heard.calls.map((call, index) => ({ call, text: `${index}` })));
    expect(asked[1]?.toolResults).toEqual(["0", "1", "2"]);
  });
});

describe("several get wrong: a tool turn that its provider ends with a plain stop", () => {
  it.each(inPairs(() => rig, crossPairs))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    script({ type: "says", parts: [{ name: "read_file", input: { path: "/a" } }], stop: "end" });
    expect(await client.ask({ model, stream, tools: [readTool] })).toMatchObject({ stop: "tools", text: "" });
  });
});

describe("several get wrong: arguments cut by the token limit", () => {
  it.each(inPairs(() => rig, by("openai-chat", "openai-responses", "claude")))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const call = { name: "read_file", input: { path: "/a/long/way/to/go" }, cutAt: 15 };
    script({ type: "says", parts: [{ type: "text", text: "I read" }, call], stop: "length" });
    expect((await client.ask({ model, stream, tools: [readTool] })).stop).toBe("length");
  });
});

describe("several get wrong: a stream that ends without its end", () => {
  describe.each(crossPairs)("%s client by %s throws", (clientDialect, provider) => {
    const parts: Readonly<Record<string, readonly Extract<Turn, { type: "says" }>["parts"][number][]>> = {
      "after text": [{ type: "text", text: "This is not the end of it" }],
      "after a whole call": [{ name: "read_file", input: { path: "/a" } }],
      "after thinking": [{ type: "thinking", text: "Let me see what there is to do here." }],
    };
    it.each(Object.entries(parts))("%s", async (_, said) => {
      const client = rig.client(clientDialect);
      for (const ending of [{ type: "eof" }, { type: "cut" }] as const) {
        play(rig.fake(provider), { type: "says", parts: said, ending });
        const asking = { model: thinkerTo(provider), stream: true, thinks: true, tools: [readTool] };
        expect((await failureOf(client, client.ask(asking))).message).not.toBe("");
      }
    });
  });
});

describe("several get wrong: an upstream's 400 locks the account", () => {
  it.each(inPairs(() => rig, crossPairs))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const { seen } = script({ type: "error", status: 400, message: "not like this" });
    for (let count = 0; count < 3; count += 1) {
      expect(await failureOf(client, client.ask({ model, stream }))).toMatchObject({ status: 400 });
    }
    // Nobody else was asked instead, and nothing was tried again.
    expect(seen()).toHaveLength(3);
    script({ type: "text", text: "Now it is right." });
    expect(await client.ask({ model, stream })).toMatchObject({ text: "Now it is right." });
  });
});

describe("several get wrong: the token limit is raised", () => {
  it.each(inPairs(() => rig, crossPairs))("%s: it stays as it is", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const { asked } = script({ type: "text", text: "Short." });
    await client.ask({ model, stream, tools: [readTool, listTool], maxTokens: 77 });
    expect(asked[0]?.maxTokens).toBe(77);
  });

  // OpenAI's Responses takes no less than 16.
  it.each(inPairs(() => rig, crossPairs))("%s: a tiny one is no error", async (_, scene) => {
    const { client, provider, clientDialect, model, stream, script } = scene();
    const { asked } = script({ type: "text", text: "." });
    await client.ask({ model, stream, maxTokens: clientDialect === "openai-responses" ? 16 : 5 });
    expect(asked[0]?.maxTokens).toBe(provider === "openai-responses" || clientDialect === "openai-responses" ? 16 : 5);
  });
});

describe("several get wrong: an error behind a 200", () => {
  it.each(pairs)(
    "%s client by %s is told by a status, because nothing of an answer was there yet",
    async (client, provider) => {
      for (const status of [429, 503]) {
        play(rig.fake(provider), { type: "says", parts: [], ending: { type: "error", status, message: "Not now." } });
        const asked = rig.client(client).ask({ model: modelTo(provider), stream: true });
        const failure = await failureOf(rig.client(client), asked);
        expect(failure.status).toBeGreaterThanOrEqual(status === 429 ? 429 : 500);
        expect(failure.message).toContain("Not now.");
      }
    },
  );
});

describe("several get wrong: a call of Gemini's that is none", () => {
  it.each(inPairs(() => rig, by("gemini")))("%s is asked for once more, and then told", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const malformed = { type: "says", parts: [], stop: "malformed" } as const;
    const once = script(malformed, { type: "text", text: "Now I can." });
    expect(await client.ask({ model, stream, tools: [readTool] })).toMatchObject({ text: "Now I can.", stop: "end" });
    expect(once.seen()).toHaveLength(2);
    const twice = script(malformed);
    const failure = await failureOf(client, client.ask({ model, stream, tools: [readTool] }));
    expect(failure.status).toBeGreaterThanOrEqual(500);
    expect(twice.seen()).toHaveLength(2);
  });
});
