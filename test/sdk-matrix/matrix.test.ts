/**
 * Four official SDKs by four providers, through a real core: what every pair has to do, streamed and not. Same scenario,
 * same expectations; where a dialect has no word for something, the scenario says so.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import type { Turn } from "../support/provider-turn.ts";
import { waitFor } from "../support/wait.ts";
import { failureOf, type Client, type Dialect } from "./clients.ts";
import { counts, modelTo, pairs, play, servedModel, startRig, thinkerTo, ways, type Rig, type Script } from "./rig.ts";
import { listTool, png, readTool } from "./scenes.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

const words = "Grüße an 世界 — 👩‍👩‍👧, “quoted” und\n\nשלום. It is done.";
describe.each(pairs)("the SDK of %s answered by %s", (clientDialect, providerDialect) => {
  const model = modelTo(providerDialect);
  const isTranslated = clientDialect !== providerDialect;
  const client = (): Client => rig.client(clientDialect);
  const script = (...turns: readonly Turn[]): Script => play(rig.fake(providerDialect), ...turns);

  describe.each(ways)("%s", (_, stream) => {
    it("carries the question and brings the text, the stop and the exact figures", async () => {
      const { asked } = script({ type: "says", parts: [{ type: "text", text: words }] });
      const heard = await client().ask({
        model,
        stream,
        system: "Answer briefly.",
        history: [
          { role: "user", text: "First question" },
          { role: "assistant", text: "First answer" },
        ],
        text: "Second question: 世界?",
        maxTokens: 300,
      });
      expect(heard).toMatchObject({ text: words, thinking: "", calls: [], stop: "end", usage: counts });
      // In the same dialect bytes are left alone, the model's name too.
      expect(heard.model).toBe(isTranslated ? model : servedModel(providerDialect));
      expect(heard.pieces).toBeGreaterThanOrEqual(stream ? 4 : 0);
      expect(asked).toHaveLength(1);
      expect(asked[0]).toMatchObject({
        model: servedModel(providerDialect),
        stream,
        system: "Answer briefly.",
        userTexts: ["First question", "Second question: 世界?"],
        assistantTexts: ["First answer"],
        tools: [],
        maxTokens: 300,
      });
    });

    it("goes through a tool loop: two calls at once, one more, the answer", async () => {
      const { asked, seen } = script(
        {
          type: "says",
          parts: [
            { type: "text", text: "I look at both." },
            { name: "read_file", input: { path: '/b "ü"' } },
            { name: "list_folder", input: { path: "/" } },
          ],
        },
        { type: "tools", calls: [{ name: "read_file", input: { path: "/c" } }] },
        { type: "text", text: "All read." },
      );
      const first = await client().ask({ model, stream, tools: [readTool, listTool], text: "Look." });
      expect(first).toMatchObject({ text: "I look at both.", stop: "tools" });
      expect(first.calls.map(({ name, input }) => [name, input])).toEqual([
        ["read_file", { path: '/b "ü"' }],
        ["list_folder", { path: "/" }],
      ]);
      const second = await first.reply(first.calls.map((call) => ({ call, text: `result of ${call.name}` })));
      expect(second).toMatchObject({ text: "", stop: "tools", calls: [{ name: "read_file", input: { path: "/c" } }] });
      const third = await second.reply(second.calls.map((call) => ({ call, text: "content of c" })));
      expect(third).toMatchObject({ text: "All read.", stop: "end", calls: [] });
      expect(seen().map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(asked[0]?.tools.map(({ name, description }) => [name, description])).toEqual([
        ["read_file", "Reads a file"],
        ["list_folder", "Lists a folder"],
      ]);
      expect(asked[1]?.results).toEqual([
        { name: "read_file", text: "result of read_file", isError: false },
        { name: "list_folder", text: "result of list_folder", isError: false },
      ]);
      expect(asked[2]?.calls).toEqual([
        { name: "read_file", input: { path: '/b "ü"' } },
        { name: "list_folder", input: { path: "/" } },
        { name: "read_file", input: { path: "/c" } },
      ]);
      expect(asked[2]?.toolResults).toEqual(["result of read_file", "result of list_folder", "content of c"]);
    });

    it("remembers an answer as one turn", async () => {
      const { asked } = script({ type: "text", text: words }, { type: "text", text: "And more." });
      const heard = await client().ask({ model, stream, text: "One" });
      expect(await heard.reply([], "Two")).toMatchObject({ text: "And more.", stop: "end" });
      expect(asked[1]).toMatchObject({ userTexts: ["One", "Two"], assistantTexts: [words] });
    });

    it("stops at the token limit and at the filter with the right word", async () => {
      script({ type: "says", parts: [{ type: "text", text: "So far and" }], stop: "length" });
      expect(await client().ask({ model, stream })).toMatchObject({
        text: "So far and",
        stop: "length",
        usage: counts,
      });
      script({ type: "blocked" });
      expect(await client().ask({ model, stream })).toMatchObject({ text: "", calls: [], stop: "filter" });
    });

    // Responses has no stop sequences: its clients cannot ask for them, and before its provider we cut ourselves.
    it.skipIf(clientDialect === "openai-responses")("stops at a stop sequence", async () => {
      const hasNone = providerDialect === "openai-responses";
      const text = hasNone ? "one two ENDE three" : "one two ";
      const { asked } = script({ type: "says", parts: [{ type: "text", text }], stop: "stop-sequence" });
      const heard = await client().ask({ model, stream, stops: ["ENDE"] });
      expect(heard.text.trimEnd()).toBe("one two");
      expect(["end", "stop-sequence"]).toContain(heard.stop);
      expect(asked[0]?.stops).toEqual(hasNone ? [] : ["ENDE"]);
      if (clientDialect === "claude" && providerDialect === "claude") expect(heard.stop).toBe("stop-sequence");
    });

    it("brings what is cited", async () => {
      const citation = { url: "https://example.com/source", title: "The source" };
      script({ type: "says", parts: [{ type: "text", text: "It is so, as they say.", citation }] });
      const heard = await client().ask({ model, stream });
      expect(heard).toMatchObject({ text: "It is so, as they say.", stop: "end" });
      expect(heard.citations).toEqual(["https://example.com/source"]);
    });

    it("carries images in the question", async () => {
      const { asked } = script({ type: "text", text: "A dot." });
      expect(await client().ask({ model, stream, images: [png, png], text: "What is it?" })).toMatchObject({
        text: "A dot.",
      });
      expect(asked[0]?.imageData).toEqual([png, png]);
      expect(asked[0]?.userTexts).toEqual(["What is it?"]);
    });

    it.each(["any", "none", { name: "read_file" }] as const)("carries the tool choice %o", async (toolChoice) => {
      const { asked } = script({ type: "text", text: "Yes." });
      await client().ask({ model, stream, tools: [readTool, listTool], toolChoice });
      expect(asked[0]?.toolChoice).toEqual(toolChoice);
    });

    it("carries the schema of a structured answer", async () => {
      const { asked } = script({ type: "text", text: '{"answer":42}' });
      const schema = {
        type: "object",
        properties: { answer: { type: "integer" } },
        required: ["answer"],
        additionalProperties: false,
      };
      expect(await client().ask({ model, stream, schema })).toMatchObject({ text: '{"answer":42}', stop: "end" });
      expect(asked[0]?.schema).toMatchObject({ properties: { answer: {} }, required: ["answer"] });
    });

    it("shows the thinking and brings its blobs back to their maker in the tool loop", async () => {
      const { asked, seen } = script(
        {
          type: "says",
          parts: [
            { type: "thinking", text: "The user wants the file, so I read it." },
            { name: "read_file", input: { path: "/a" } },
            { name: "list_folder", input: { path: "/b" } },
          ],
        },
        { type: "says", parts: [{ type: "text", text: "Read." }] },
      );
      const heard = await client().ask({
        model: thinkerTo(providerDialect),
        stream,
        thinks: true,
        tools: [readTool, listTool],
      });
      // A Chat client has no way to say that it wants to see what these two think.
      const mayHide = clientDialect === "openai-chat" && ["openai-responses", "gemini"].includes(providerDialect);
      if (!mayHide || heard.thinking !== "") expect(heard.thinking).toBe("The user wants the file, so I read it.");
      const end = await heard.reply(heard.calls.map((call) => ({ call, text: "content" })));
      expect(end.text).toBe("Read.");
      // Refused blobs would be repaired by asking again: nothing may be refused in the first place.
      expect(seen().map(({ status }) => status)).toEqual([200, 200]);
      // Chat has no opaque blobs of its own; as a client it has a place for Gemini's only.
      const hasPlace = clientDialect !== "openai-chat" || providerDialect === "gemini";
      if (providerDialect === "openai-chat") expect(asked[1]?.blobs).toEqual([]);
      else if (hasPlace) expect(asked[1]?.blobs).toHaveLength(1);
    });

    it.each([
      [400, "The request is not acceptable.", undefined],
      [401, "That key is not known here.", undefined],
      [429, "Slow down, please.", 7],
      [500, "Something broke inside.", undefined],
    ] as const)("tells an error %i in the client's own words", async (status, message, retryAfterSeconds) => {
      script({ type: "error", status, message, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) });
      const failure = await failureOf(client(), client().ask({ model, stream }));
      expect(failure).toMatchObject({
        status,
        code: codes[clientDialect][status],
        retryAfterSeconds: retryAfterSeconds ?? null,
      });
      expect(failure.message).toContain(message);
      // The next call is answered: an error is no reason to lock the only account.
      script({ type: "text", text: "Again." });
      expect((await client().ask({ model, stream })).text).toBe("Again.");
    });

    it("words a full context so that the client compacts", async () => {
      script({ type: "error", status: 400, isOverflow: true });
      const failure = await failureOf(client(), client().ask({ model, stream }));
      expect(failure).toMatchObject({ status: 400, ...overflow[clientDialect].fields });
      expect(failure.message).toMatch(overflow[clientDialect].words);
    });
  });

  it.each([
    [{ type: "error", status: 500, message: "Broken on the way." } as const],
    [{ type: "cut" } as const],
    [{ type: "eof" } as const],
  ])("throws when a stream that began ends with %o", async (ending) => {
    const parts = [{ type: "text", text: "This will not be finished, and the client has to know." }] as const;
    script({ type: "says", parts, ending });
    const failure = await failureOf(client(), client().ask({ model, stream: true }));
    // What a cut is called is the SDK's affair; an error that the provider told arrives in its words.
    expect(failure.message).toContain(ending.type === "error" && isTranslated ? "Broken on the way." : "");
  });

  it("throws when a whole answer is cut", async () => {
    script({ type: "says", parts: [{ type: "text", text: "No end" }], ending: { type: "cut" } });
    expect((await failureOf(client(), client().ask({ model, stream: false }))).message).not.toBe("");
  });

  it("waits through a silence of the model", async () => {
    const parts = [
      { type: "text", text: "Before. " },
      { type: "text", text: "After." },
    ] as const;
    script({ type: "says", parts, silentMs: 150 });
    expect(await client().ask({ model, stream: true })).toMatchObject({ text: "Before. After.", stop: "end" });
  });

  it("takes the provider's request along when the client goes away", async () => {
    const { seen } = script({ type: "silence" });
    const abort = new AbortController();
    const pending = client()
      .ask({ model, stream: true, signal: abort.signal })
      .then(
        () => "answered",
        () => "gone",
      );
    await waitFor("the provider to be asked", () => seen().length > 0);
    abort.abort();
    expect(await pending).toBe("gone");
    expect(await waitFor("the provider's request to be abandoned", () => seen()[0]?.abandoned)).toBe(true);
  });
});

/** The word for the class of error that each SDK's users switch on. */
const openAiCodes = {
  400: "invalid_request_error",
  401: "invalid_api_key",
  429: "rate_limit_exceeded",
  500: "server_error",
};
const codes: Readonly<Record<Dialect, Readonly<Record<400 | 401 | 429 | 500, string>>>> = {
  "openai-chat": openAiCodes,
  "openai-responses": openAiCodes,
  claude: {
    400: "invalid_request_error",
    401: "authentication_error",
    429: "rate_limit_error",
    500: "api_error",
  },
  gemini: { 400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL" },
};

/** What clients of each dialect look for before they compact (facts of late 2026). */
const overflow: Readonly<Record<Dialect, { readonly fields: object; readonly words: RegExp }>> = {
  "openai-chat": { fields: { code: "context_length_exceeded" }, words: /context/ },
  "openai-responses": { fields: { code: "context_length_exceeded" }, words: /context/ },
  claude: { fields: { code: "invalid_request_error" }, words: /^prompt is too long/ },
  gemini: { fields: { code: "INVALID_ARGUMENT" }, words: /token count.*exceeds the maximum number of tokens/ },
};
