/** The fakes speak their dialects: each official SDK is answered by its own provider's fake, with nothing in between. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
  startFakeOpenAiResponses,
  type FakeOptions,
  type FakeProvider,
} from "../support/fake-providers.ts";
import { createOpened } from "../support/opened.ts";
import { createClient, dialects, failureOf, type Client, type Dialect } from "./clients.ts";
import { counts, play, ways } from "./rig.ts";

const starts: Readonly<Record<Dialect, (options: FakeOptions) => Promise<FakeProvider>>> = {
  "openai-chat": startFakeOpenAiChat,
  "openai-responses": startFakeOpenAiResponses,
  claude: startFakeAnthropic,
  gemini: startFakeGemini,
};

const readTool = {
  name: "read",
  description: "Reads a file",
  schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
};

describe.each(dialects)("the fake of %s", (dialect) => {
  const opened = createOpened();
  let fake: FakeProvider;
  let client: Client;
  beforeAll(async () => {
    fake = opened.add(await starts[dialect]({ gapMs: 0, usage: counts, demandsSignatures: true }));
    client = createClient(dialect, { fetch, origin: fake.url });
  });
  afterAll(() => opened.closeAll());

  it.each(ways)("says text with figures, %s", async (_, stream) => {
    play(fake, { type: "says", parts: [{ type: "text", text: "Grüße, 👩‍👩‍👧 und שלום." }] });
    const heard = await client.ask({ model: "m", stream });
    expect(heard).toMatchObject({ text: "Grüße, 👩‍👩‍👧 und שלום.", stop: "end", usage: counts });
    expect(heard.pieces).toBeGreaterThanOrEqual(stream ? 3 : 0);
  });

  it.each(ways)("thinks, calls twice at once and takes the results with its own blobs back, %s", async (_, stream) => {
    const script = play(
      fake,
      {
        type: "says",
        parts: [
          { type: "thinking", text: "Two files, so two calls." },
          { type: "text", text: "I look." },
          { name: "read", input: { path: "/a" } },
          { name: "read", input: { path: "/b" } },
        ],
        interleaved: true,
        silentMs: 20,
      },
      { type: "text", text: "Both read." },
    );
    const heard = await client.ask({ model: "gpt-5.1", stream, thinks: true, tools: [readTool] });
    expect(heard).toMatchObject({ thinking: "Two files, so two calls.", text: "I look.", stop: "tools" });
    expect(heard.calls.map(({ name, input }) => [name, input])).toEqual([
      ["read", { path: "/a" }],
      ["read", { path: "/b" }],
    ]);
    const end = await heard.reply(heard.calls.map((call, index) => ({ call, text: `content ${index}` })));
    expect(end.text).toBe("Both read.");
    expect(script.asked[1]?.toolResults).toEqual(["content 0", "content 1"]);
    expect(script.asked[1]?.blobs).toHaveLength(dialect === "openai-chat" ? 0 : 1);
  });

  it.each(ways)("refuses, stops at the limit and cites, %s", async (_, stream) => {
    play(fake, { type: "says", parts: [{ type: "text", text: "So far" }], stop: "length" });
    expect(await client.ask({ model: "m", stream })).toMatchObject({ text: "So far", stop: "length" });
    play(fake, { type: "blocked" });
    expect(await client.ask({ model: "m", stream })).toMatchObject({ text: "", stop: "filter" });
    const citation = { url: "https://example.com/a", title: "A" };
    play(fake, { type: "says", parts: [{ type: "text", text: "It is so.", citation }] });
    expect(await client.ask({ model: "m", stream })).toMatchObject({ citations: ["https://example.com/a"] });
  });

  it.each(ways)("fails in its own words, %s", async (_, stream) => {
    play(fake, { type: "error", status: 429, message: "slow down", retryAfterSeconds: 7 });
    const failure = await failureOf(client, client.ask({ model: "m", stream }));
    expect(failure).toMatchObject({ status: 429, retryAfterSeconds: 7 });
    expect(failure.message).toContain("slow down");
    play(fake, { type: "error", status: 400, isOverflow: true });
    expect((await failureOf(client, client.ask({ model: "m", stream }))).message).toMatch(
      /too long|maximum|context window/,
    );
  });

  it("fails on the way, is cut and ends too early", async () => {
    const parts = [{ type: "text", text: "This will not be finished, whatever happens." }] as const;
    for (const ending of [
      { type: "error", status: 503, message: "broken" },
      { type: "cut" },
      { type: "eof" },
    ] as const) {
      play(fake, { type: "says", parts, ending });
      expect((await failureOf(client, client.ask({ model: "m", stream: true }))).message).not.toBe("");
    }
  });
});
