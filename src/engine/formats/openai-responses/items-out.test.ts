/** What the items of a stream hold: reasoning with its blob, notes on sources, pictures, calls of every kind. */
import { describe, expect, it } from "vitest";
import { frames, readRequest, typesOf, writerOptions, writeStream, type Loose } from "../__fixtures__/harness.ts";
import { readCarrier } from "../../hub/carrier.ts";
import type { Citation } from "../../hub/message.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { formats } from "../table.ts";
import { finalResponse } from "./__fixtures__/streams.ts";
import { end, output, start, text, think, usage, write } from "./__fixtures__/writing.ts";

describe("what items hold", () => {
  it("R6: reasoning wears OpenAI's own blob, or the tag of whose it is", () => {
    const own = { format: "openai-responses", model: "gpt-x" };
    const [first, second, third] = output(
      ...think(0, "hm", { signature: "gAAAA", from: own }),
      ...think(1, "ha", { signature: "EqX" }),
      { type: "redacted-thinking", block: 2, data: "secret", from: { format: "claude" } },
    );
    expect(first).toMatchObject({ type: "reasoning", summary: [{ text: "hm" }], encrypted_content: "gAAAA" });
    expect(readCarrier(String(second?.["encrypted_content"]))).toEqual({
      from: { format: "claude", model: "claude-x" },
      signature: "EqX",
    });
    expect(third).toMatchObject({ summary: [] });
    expect(String(third?.["encrypted_content"])).toMatch(/^switchyard\./);
  });

  it("R9: reasoning without words is kept for its blob", () => {
    expect(output(...think(0, "", { signature: "EqX" }))).toMatchObject([{ type: "reasoning", summary: [] }]);
  });

  it("refusals are parts of the message", () => {
    const refusal: readonly StreamEvent[] = [
      { type: "refusal-start", block: 1 },
      { type: "refusal-delta", block: 1, text: "no" },
      { type: "refusal-end", block: 1 },
    ];
    expect(output(...text(0, "a"), ...refusal)).toMatchObject([
      {
        content: [
          { type: "output_text", text: "a" },
          { type: "refusal", refusal: "no" },
        ],
      },
    ]);
  });

  it("refusals are text to Codex, which reads nothing else", () => {
    const writer = formats["openai-responses"].client.streamWriter({ ...writerOptions(), variant: "codex" });
    const finish = { reason: "content-filter", raw: null, explanation: "not this" } as const;
    const events: readonly StreamEvent[] = [start, { type: "reply-end", finish, usage }];
    expect(finalResponse(Buffer.concat(events.flatMap((event) => writer.push(event))))).toMatchObject({
      status: "incomplete",
      output: [{ content: [{ type: "output_text", text: "not this" }] }],
    });
  });

  it("notes on sources are added to the text they belong to", () => {
    const cite = (citation: Partial<Citation>): StreamEvent => ({
      type: "citation",
      block: 0,
      citation: { from: "claude", raw: {}, ...citation },
    });
    const [first = start, ...rest] = text(0, "so it is");
    const own = { type: "file_citation", file_id: "f", filename: "a", index: 1 };
    const bytes = write(
      start,
      first,
      ...rest.slice(0, 1),
      cite({ url: "https://example.com", title: "E", start: 0, end: 2 }),
      cite({ url: "https://example.org" }),
      cite({ from: "openai-responses", raw: own }),
      cite({ text: "of a document" }),
      ...rest.slice(1),
      end(),
    );
    const [item] = finalResponse(bytes)["output"] as readonly Loose[];
    const notes = [
      { type: "url_citation", start_index: 0, end_index: 2, url: "https://example.com", title: "E" },
      { type: "url_citation", start_index: 0, end_index: 8, url: "https://example.org", title: "https://example.org" },
      own,
    ];
    expect(item?.["content"]).toMatchObject([{ text: "so it is", annotations: notes }]);
    const added = (frames(bytes) as readonly Loose[]).filter((frame) =>
      String(frame["type"]).endsWith("annotation.added"),
    );
    expect(added.map((frame) => [frame["annotation_index"], frame["annotation"]])).toEqual(
      notes.map((note, at) => [at, note]),
    );
    const writer = formats["openai-responses"].client.streamWriter(writerOptions());
    for (const event of [start, first, cite({ text: "of a document" })]) writer.push(event);
    expect(writer.losses()).toEqual([expect.stringMatching(/^citation: /)]);
  });

  it("pictures the model drew are items, or links where only their address is known", () => {
    const image = (source: Extract<StreamEvent, { type: "image" }>["part"]["source"]): StreamEvent => ({
      type: "image",
      block: 0,
      part: { type: "image", source },
    });
    expect(output(image({ kind: "base64", mediaType: "image/webp", data: "AAAA" }))).toMatchObject([
      { type: "image_generation_call", status: "completed", result: "AAAA", output_format: "webp" },
    ]);
    expect(output(image({ kind: "url", url: "https://example.com/a.png" }))).toMatchObject([
      { type: "message", content: [{ text: "![image](https://example.com/a.png)" }] },
    ]);
  });

  it("items of OpenAI's own tools come back whole; others' are put into words where there are any", () => {
    const raw = { type: "web_search_call", id: "ws_1", status: "completed" };
    const opaque = (from: "openai-responses" | "claude", more: object): StreamEvent => ({
      type: "opaque",
      block: 0,
      part: { type: "opaque", from, name: "x", raw, ...more },
    });
    expect(output(opaque("openai-responses", {}))).toEqual([raw]);
    expect(output(opaque("claude", {}))).toEqual([]);
    expect(output(opaque("claude", { text: "searched" }))).toMatchObject([{ content: [{ text: "searched" }] }]);
  });

  it("freeform calls hold raw text, and names in a namespace are the client's own", () => {
    const custom: readonly StreamEvent[] = [
      { type: "tool-start", block: 0, id: "x", name: "patch", kind: "custom" },
      { type: "tool-delta", block: 0, text: "*** {" },
      { type: "tool-end", block: 0 },
    ];
    const bytes = write(start, ...custom, end("tool-calls"));
    expect(typesOf(bytes)).toContain("response.custom_tool_call_input.done");
    expect(finalResponse(bytes)["output"]).toMatchObject([
      { type: "custom_tool_call", call_id: "x", name: "patch", input: "*** {" },
    ]);
    const request = readRequest("openai-responses", {
      model: "gpt-x",
      input: "hi",
      tools: [{ type: "namespace", name: "ns", tools: [{ type: "function", name: "read" }] }],
    });
    const events = [
      start,
      { ...custom[0], name: "ns__read", kind: "function" } as StreamEvent,
      custom[2] ?? start,
      end(),
    ];
    const named = writeStream("openai-responses", events, request);
    expect(finalResponse(named)["output"]).toMatchObject([{ type: "function_call", namespace: "ns", name: "read" }]);
    const told = (frames(named) as readonly Loose[]).find((frame) => String(frame["type"]).endsWith("arguments.done"));
    expect(told?.["name"]).toBe("read");
  });
});
