/** Citations and tools that the provider runs itself: what Claude and Chat make of each other's (row Q15 among them). */
import { describe, expect, it } from "vitest";
import {
  bodyOf,
  chatChunk,
  chatStream,
  claudeBlock,
  claudeEnd,
  claudeStart,
  claudeStream,
  frames,
  frozen,
  readRequest,
  readStream,
  replyOf,
  translateStream,
  writeRequest,
  writerOptions,
  writeStream,
  type Loose,
} from "./__fixtures__/harness.ts";
import { formats } from "./table.ts";

const own = {
  type: "web_search_result_location",
  url: "https://example.com/a",
  title: "A",
  cited_text: "as they say",
  encrypted_index: "Eo8BCioIAhgB",
};
const search = { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "a" } };
const found = { type: "web_search_tool_result", tool_use_id: "srvtoolu_1", content: [] };

const claudeSaid = claudeStream(
  claudeStart,
  ...claudeBlock(0, search),
  ...claudeBlock(1, found),
  ...claudeBlock(2, { type: "text", text: "" }, { type: "text_delta", text: "Look: " }),
  ...claudeBlock(
    3,
    { type: "text", text: "" },
    { type: "citations_delta", citation: own },
    { type: "text_delta", text: "it is so" },
  ),
  ...claudeEnd("end_turn"),
);

const annotation = {
  type: "url_citation",
  url_citation: { url: "https://example.com/b", title: "B", start_index: 6, end_index: 14 },
};
const chatSaid = chatStream(
  chatChunk({ role: "assistant", content: "Look: it is so" }),
  chatChunk({ annotations: [annotation] }),
  chatChunk({}, "stop"),
  "[DONE]",
);

const whole = (format: "claude" | "openai-chat", bytes: Uint8Array, from: "claude" | "openai-chat"): Loose =>
  JSON.parse(
    Buffer.from(
      formats[format].client.writeReply(frozen(replyOf(readStream(from, bytes))), writerOptions()),
    ).toString(),
  ) as Loose;

describe("citations", () => {
  it("of Claude are annotations for a Chat client, in one chunk, placed in the whole text", () => {
    const wanted = {
      type: "url_citation",
      url_citation: {
        url: "https://example.com/a",
        title: "A",
        content: "as they say",
        start_index: 6,
        end_index: 14,
      },
    };
    const deltas = (frames(translateStream("claude", "openai-chat", claudeSaid)) as readonly Loose[]).flatMap(
      (frame) => frame["choices"]?.[0]?.delta.annotations ?? [],
    );
    expect(deltas).toEqual([wanted]);
    const message = whole("openai-chat", claudeSaid, "claude")["choices"][0].message;
    expect(message).toMatchObject({ content: "Look: it is so", annotations: [wanted] });
  });

  it("of a Chat upstream are web search citations for a Claude client, tagged as not Claude's", () => {
    const shown = frames(translateStream("openai-chat", "claude", chatSaid)) as readonly Loose[];
    const [citation] = shown.flatMap((frame) => frame["delta"]?.citation ?? []);
    expect(citation).toMatchObject({
      type: "web_search_result_location",
      url: "https://example.com/b",
      title: "B",
      cited_text: "",
    });
    expect(citation.encrypted_index).toMatch(/^switchyard\./);
    expect(whole("claude", chatSaid, "openai-chat")["content"]).toEqual([
      { type: "text", text: "Look: it is so", citations: [citation] },
    ]);
  });

  it("come back to their own dialect as they were", () => {
    const claude = readStream("claude", translateStream("claude", "claude", claudeSaid));
    expect(replyOf(claude).parts.at(-1)).toMatchObject({ citations: [{ from: "claude", raw: own }] });
    const chat = frames(translateStream("openai-chat", "openai-chat", chatSaid)) as readonly Loose[];
    expect(chat.flatMap((frame) => frame["choices"]?.[0]?.delta.annotations ?? [])).toEqual([annotation]);
  });

  it("that a stream told before its text, or of text behind a call, find their block", () => {
    const call = { tool_calls: [{ index: 0, id: "c", type: "function", function: { name: "f", arguments: "{}" } }] };
    const bytes = chatStream(
      chatChunk({ role: "assistant", content: "", annotations: [annotation] }),
      chatChunk({ content: "Look: it is so" }),
      chatChunk(call),
      chatChunk({ content: "and so on" }),
      chatChunk({
        annotations: [{ ...annotation, url_citation: { ...annotation.url_citation, start_index: 18, end_index: 20 } }],
      }),
      chatChunk({}, "tool_calls"),
      "[DONE]",
    );
    expect(replyOf(readStream("openai-chat", bytes)).parts).toMatchObject([
      { type: "text", text: "Look: it is so", citations: [{ start: 6, end: 14 }] },
      { type: "tool-call" },
      { type: "text", text: "and so on", citations: [{ start: 4, end: 6 }] },
    ]);
  });

  it("without an address have no form in Chat, and the flow says so", () => {
    const ofDocument = { type: "char_location", cited_text: "x", document_index: 0, document_title: "notes" };
    const bytes = claudeStream(
      claudeStart,
      ...claudeBlock(
        0,
        { type: "text", text: "" },
        { type: "text_delta", text: "x" },
        { type: "citations_delta", citation: ofDocument },
      ),
      ...claudeEnd("end_turn"),
    );
    const writer = formats["openai-chat"].client.streamWriter(writerOptions());
    for (const event of readStream("claude", bytes)) writer.push(event);
    expect(writer.losses()).toEqual(["citation: a citation without an address has no form here"]);
  });
});

describe("citations in the history", () => {
  const history = (citations: readonly object[]): object => ({
    model: "m",
    max_tokens: 100,
    messages: [
      { role: "user", content: "go" },
      { role: "assistant", content: [{ type: "text", text: "it is so", citations }] },
      { role: "user", content: "go on" },
    ],
  });

  it("return to Claude if they are Claude's, and never if they only wear our tag", () => {
    const [shown] = (frames(translateStream("openai-chat", "claude", chatSaid)) as readonly Loose[]).flatMap(
      (frame) => frame["delta"]?.citation ?? [],
    );
    const written = writeRequest("claude", readRequest("claude", history([own, shown])));
    expect(bodyOf(written)["messages"][1].content[0].citations).toEqual([own]);
    expect(written.losses).toContain("citation: citations of another provider in the history");
    const cleaned = formats.claude.withoutOwnMarks(Buffer.from(JSON.stringify(history([own, shown]))));
    expect(JSON.parse(Buffer.from(cleaned ?? []).toString())).toEqual(history([own]));
  });

  it("become annotations for OpenAI's models and are named as left out for other servers", () => {
    const request = readRequest("claude", history([own]));
    const toOpenAi = bodyOf(writeRequest("openai-chat", request, { model: "gpt-5" }));
    expect(toOpenAi["messages"][1].annotations).toMatchObject([{ url_citation: { start_index: 0, end_index: 8 } }]);
    const toOther = writeRequest("openai-chat", request, { model: "qwen3" });
    expect(bodyOf(toOther)["messages"][1]).toEqual({ role: "assistant", content: "it is so" });
    expect(toOther.losses).toContain("citation: citations in the history were left out");
  });

  it("of a Chat client reach the hub and go back to Chat as they came", () => {
    const messages = [
      { role: "user", content: "go" },
      { role: "assistant", content: "Look: it is so", annotations: [annotation] },
      { role: "user", content: "go on" },
    ];
    const request = readRequest("openai-chat", { model: "m", messages });
    expect(bodyOf(writeRequest("openai-chat", request))["messages"]).toEqual(messages);
    expect(bodyOf(writeRequest("claude", request))["messages"][1].content).toEqual([
      { type: "text", text: "Look: it is so" },
    ]);
  });
});

describe("Q15: a provider's own web search", () => {
  const claudeAsks = readRequest("claude", {
    model: "m",
    messages: [{ role: "user", content: "go" }],
    tools: [
      {
        type: "web_search_20250305",
        name: "web_search",
        max_uses: 3,
        user_location: { type: "approximate", city: "Haifa", country: "IL" },
      },
    ],
  });
  const chatAsks = readRequest("openai-chat", {
    model: "m",
    messages: [{ role: "user", content: "go" }],
    web_search_options: {
      search_context_size: "low",
      user_location: { type: "approximate", approximate: { city: "Haifa", country: "IL" } },
    },
  });

  it.each([
    ["gpt-4o-search-preview", undefined],
    ["gpt-5-search-api", undefined],
    ["perplexity/sonar-pro", undefined],
    ["anthropic/claude-opus-4.6", "openrouter"],
  ])("is asked of %s (%s) as web_search_options", (model, origin) => {
    const written = writeRequest("openai-chat", claudeAsks, { model, ...(origin === undefined ? {} : { origin }) });
    const body = bodyOf(written);
    expect(body["web_search_options"]).toEqual({
      user_location: { type: "approximate", approximate: { city: "Haifa", country: "IL" } },
    });
    expect(body).not.toHaveProperty("tools");
    expect(written.losses).toContain("server-tool: web_search: max_uses has no field here");
  });

  it("is left out, by name, where no model is known to search, and is never a function without a schema", () => {
    for (const request of [claudeAsks, chatAsks]) {
      const written = writeRequest("openai-chat", request, { model: "gpt-4o" });
      expect(bodyOf(written)).not.toHaveProperty("web_search_options");
      expect(bodyOf(written)).not.toHaveProperty("tools");
      expect(written.losses.filter((loss) => loss.startsWith("server-tool: web_search"))).toHaveLength(1);
    }
  });

  it("is Claude's own tool where a Chat client asks a Claude model, with the user's place", () => {
    const body = bodyOf(writeRequest("claude", chatAsks, { model: "claude-opus-4-6" }));
    expect(body["tools"]).toMatchObject([
      {
        type: "web_search_20250305",
        name: "web_search",
        user_location: { type: "approximate", city: "Haifa", country: "IL" },
      },
    ]);
    expect(body).not.toHaveProperty("web_search_options");
  });

  it("goes back to Claude as it came, and not to servers that only speak its dialect", () => {
    const body = bodyOf(writeRequest("claude", claudeAsks, { model: "claude-opus-4-6" }));
    expect(body["tools"]).toMatchObject([{ type: "web_search_20250305", max_uses: 3 }]);
    const glm = writeRequest("claude", claudeAsks, { model: "glm-4.6" });
    expect(bodyOf(glm)).not.toHaveProperty("tools");
    expect(glm.losses).toContain("server-tool: web_search: this model's provider does not run it; it was left out");
  });

  it("gives way to a function of the client's own with that name", () => {
    const request = readRequest("openai-chat", {
      model: "m",
      messages: [{ role: "user", content: "go" }],
      web_search_options: {},
      tools: [{ type: "function", function: { name: "web_search", parameters: { type: "object", properties: {} } } }],
    });
    const body = bodyOf(writeRequest("claude", request, { model: "claude-opus-4-6" }));
    expect(body["tools"].map((tool: Loose) => tool["type"] ?? "function")).toEqual(["function"]);
  });

  it("leaves blocks in a reply that only Claude knows: a Chat client gets the text, the flow the loss", () => {
    const writer = formats["openai-chat"].client.streamWriter(writerOptions());
    const bytes = Buffer.concat(readStream("claude", claudeSaid).flatMap((event) => writer.push(event)));
    const text = (frames(bytes) as readonly Loose[])
      .map((frame) => frame["choices"]?.[0]?.delta.content ?? "")
      .join("");
    expect(text).toBe("Look: it is so");
    expect(writer.losses()).toEqual([
      "server-block: a server_tool_use block of the upstream has no form here",
      "server-block: a web_search_tool_result block of the upstream has no form here",
    ]);
    const back = frames(writeStream("claude", readStream("claude", claudeSaid))) as readonly Loose[];
    expect(back.flatMap((frame) => frame["content_block"] ?? []).slice(0, 2)).toEqual([search, found]);
  });
});
