/** Sound, film, and pictures the model drew; and what Copilot's backend takes of all that. */
import { describe, expect, it } from "vitest";
import {
  bodyOf,
  chatCall,
  chatChunk,
  chatStream,
  frames,
  readRequest,
  readStream,
  replyOf,
  translateRequest,
  writeOptions,
  writeRequest,
  writerOptions,
  writeStream,
  type Loose,
} from "./__fixtures__/harness.ts";
import type { WriteOptions } from "./format.ts";
import { formats } from "./table.ts";

const ask = { role: "user", content: "go" };
const from = (...parts: readonly object[]): ReturnType<typeof readRequest> =>
  readRequest("openai-chat", { model: "m", messages: [{ role: "user", content: parts }] });
const refusalOf = (
  to: "claude" | "openai-chat",
  request: ReturnType<typeof readRequest>,
  more: Partial<WriteOptions> = {},
): unknown => {
  const written = formats[to].provider.writeRequest(request, { ...writeOptions, ...more });
  return written.ok ? null : written.error;
};

describe("Q13: sound and film", () => {
  const sound = { type: "input_audio", input_audio: { data: "UklG", format: "wav" } };
  const film = { type: "video_url", video_url: { url: "https://example.com/a.mp4" } };
  const inline = { type: "video_url", video_url: { url: "data:video/webm;base64,GkXf" } };

  it("of a Chat client are media in the hub and the same parts for a Chat provider", () => {
    const request = from(sound, film, inline);
    expect(request.messages[0]?.parts).toEqual([
      { type: "media", source: { kind: "base64", mediaType: "audio/wav", data: "UklG" } },
      { type: "media", source: { kind: "url", url: "https://example.com/a.mp4", mediaType: "video/mp4" } },
      { type: "media", source: { kind: "base64", mediaType: "video/webm", data: "GkXf" } },
    ]);
    expect(bodyOf(writeRequest("openai-chat", request))["messages"][0].content).toEqual([sound, film, inline]);
  });

  it.each(["mp3", "m4a", "ogg", "flac"])("keep the name of their format: %s", (format) => {
    const part = { type: "input_audio", input_audio: { data: "AAAA", format } };
    expect(bodyOf(writeRequest("openai-chat", from(part)))["messages"][0].content).toEqual([part]);
  });

  it.each([
    [sound, "audio/wav"],
    [film, "video/mp4"],
  ])("are refused for Claude, by name: %j", (part, name) => {
    expect(refusalOf("claude", from(part))).toEqual({
      kind: "unsupported",
      message: `sound and film cannot be sent to Claude: the request has such a part (${name})`,
    });
  });

  it("that are given by address where only bytes are taken are refused, in a tool result too", () => {
    const byAddress = {
      type: "media",
      source: { kind: "url", url: "https://example.com/a.mp3", mediaType: "audio/mpeg" },
    } as const;
    const request = {
      ...from(),
      messages: [
        { role: "user", parts: [{ type: "text", text: "go" }] },
        { role: "assistant", parts: [{ type: "tool-call", id: "t", name: "a", arguments: "{}", kind: "function" }] },
        { role: "tool", callId: "t", parts: [byAddress], isError: false },
      ],
    } as const;
    for (const to of ["claude", "openai-chat"] as const) {
      expect(refusalOf(to, request)).toMatchObject({ kind: "unsupported" });
    }
  });
});

describe("Q13: pictures the model drew", () => {
  const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
  const part = { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } };
  const bytes = chatStream(
    chatChunk({ role: "assistant", content: "Here: " }),
    chatChunk({ images: [{ index: 0, ...picture }] }),
    chatChunk({ content: "there." }),
    chatChunk({}, "stop"),
    "[DONE]",
  );

  it("are blocks of their own, streamed and whole", () => {
    expect(replyOf(readStream("openai-chat", bytes)).parts).toEqual([
      { type: "text", text: "Here: " },
      part,
      { type: "text", text: "there." },
    ]);
    const message = { role: "assistant", content: "Here: ", images: [picture] };
    const whole = formats["openai-chat"].provider.readReply({ id: "x", choices: [{ message, finish_reason: "stop" }] });
    expect(whole).toMatchObject({ ok: true, value: { parts: [{ type: "text" }, part] } });
  });

  it("reach a Chat client in the same form", () => {
    const events = readStream("openai-chat", bytes);
    const shown = (frames(writeStream("openai-chat", events)) as readonly Loose[]).flatMap(
      (frame) => frame["choices"]?.[0]?.delta.images ?? [],
    );
    expect(shown).toEqual([{ index: 0, ...picture }]);
    const body = formats["openai-chat"].client.writeReply(replyOf(events), writerOptions());
    const { message } = (JSON.parse(Buffer.from(body).toString()) as Loose)["choices"][0];
    expect(message).toMatchObject({ content: "Here: there.", images: [picture] });
  });

  it("are a note for a Claude client, and a named loss", () => {
    const writer = formats.claude.client.streamWriter(writerOptions());
    const shown = Buffer.concat(readStream("openai-chat", bytes).flatMap((event) => writer.push(event)));
    expect(replyOf(readStream("claude", shown)).parts).toEqual([
      { type: "text", text: "Here: " },
      { type: "text", text: "[a picture (image/png), not shown here]" },
      { type: "text", text: "there." },
    ]);
    expect(writer.losses()).toEqual(["image: a picture the model drew cannot be shown to a Claude client"]);
  });

  it.each(["claude", "openai-chat"] as const)("in the history stand in the user's turn behind them for %s", (to) => {
    const messages = [
      ask,
      { role: "assistant", content: "Here: ", images: [picture] },
      { role: "user", content: "bluer" },
    ];
    const written = writeRequest(to, readRequest("openai-chat", { model: "m", messages }));
    const spoken = JSON.stringify(bodyOf(written)["messages"]);
    expect(spoken.indexOf("AAAA")).toBeGreaterThan(spoken.indexOf("[a picture, shown in the next"));
    expect(spoken.indexOf("AAAA")).toBeLessThan(spoken.indexOf("bluer"));
    expect(written.losses).toContain("image: a picture the model drew stands in the user's turn after it");
  });
});

describe("Copilot", () => {
  const copilot = { variant: "copilot", model: "gpt-5" } as const;
  const history = [
    ask,
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id: "t", type: "function", function: { name: "a", arguments: "{}" } }],
    },
    { role: "tool", tool_call_id: "t", content: "ok" },
  ];

  it("always gets a string as the text of the model's turns, and max_completion_tokens for its GPT-5 and o models", () => {
    const body = translateRequest("openai-chat", "openai-chat", { messages: history, max_tokens: 50 }, copilot);
    expect(body["messages"][1].content).toBe("");
    expect(body["max_completion_tokens"]).toBe(50);
    expect(body).not.toHaveProperty("max_tokens");
    expect(translateRequest("openai-chat", "openai-chat", { messages: history })["messages"][1].content).toBeNull();
  });

  it("gets text and pictures only; anything else is refused by name", () => {
    const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
    expect(refusalOf("openai-chat", from(image), copilot)).toBeNull();
    for (const [part, name] of [
      [{ type: "file", file: { file_data: "data:application/pdf;base64,JVBE" } }, "document"],
      [{ type: "input_audio", input_audio: { data: "UklG", format: "wav" } }, "media"],
      [{ type: "file", file: { file_id: "file-1" } }, "file"],
    ] as const) {
      expect(refusalOf("openai-chat", from(part), copilot)).toEqual({
        kind: "unsupported",
        message: `Copilot takes text and pictures only: the request has a ${name} part`,
      });
    }
  });

  it("gets no thinking for its Claude models, neither the wish nor what was thought", () => {
    const request = readRequest("claude", {
      model: "m",
      max_tokens: 9000,
      thinking: { type: "adaptive" },
      output_config: { effort: "high" },
      messages: [
        ask,
        {
          role: "assistant",
          content: [
            { type: "thinking", thinking: "hm", signature: "EqReal" },
            { type: "text", text: "so" },
          ],
        },
        ask,
      ],
    });
    const written = writeRequest("claude", request, { variant: "copilot", model: "claude-opus-4-6" });
    const body = bodyOf(written);
    expect(body).not.toHaveProperty("thinking");
    expect(body).not.toHaveProperty("output_config");
    expect(body["messages"][1].content).toEqual([{ type: "text", text: "so" }]);
    expect(written.losses).toContain("thinking: this provider refuses the field; the wish was left out");
  });

  it("may put a reply's calls into a choice of their own", () => {
    const callDelta = chatCall(0, "c1", "read", '{"a":1}');
    const streamed = chatStream(
      chatChunk({ role: "assistant", content: "I look" }, "tool_calls"),
      { ...chatChunk({}), choices: [{ index: 1, delta: callDelta, finish_reason: "tool_calls" }] },
      "[DONE]",
    );
    const call = { id: "c1", type: "function", function: { name: "read", arguments: '{"a":1}' } };
    const whole = formats["openai-chat"].provider.readReply({
      id: "chatcmpl-1",
      model: "served-model",
      choices: [
        { index: 0, finish_reason: "tool_calls", message: { role: "assistant", content: "I look" } },
        { index: 1, finish_reason: "tool_calls", message: { role: "assistant", content: null, tool_calls: [call] } },
      ],
    });
    const reply = replyOf(readStream("openai-chat", streamed));
    expect(reply).toMatchObject({
      parts: [
        { type: "text", text: "I look" },
        { type: "tool-call", id: "c1", arguments: '{"a":1}' },
      ],
      finish: { reason: "tool-calls" },
    });
    expect(whole).toEqual({ ok: true, value: reply });
  });
});
