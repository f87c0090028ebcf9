/** Whole responses: read from an upstream, and written the same as the stream's last event. */
import { describe, expect, it } from "vitest";
import { frozen, writerOptions, writeStream, type Loose } from "../__fixtures__/harness.ts";
import { replay } from "../../hub/replay.ts";
import type { HubReply } from "../../hub/reply.ts";
import type { ReplyContext } from "../../hub/restore.ts";
import { formats } from "../table.ts";
import { call, completed, finalResponse, head, incomplete, message, reasoning } from "./__fixtures__/streams.ts";

const { provider, client } = formats["openai-responses"];

function read(body: unknown, context?: ReplyContext): HubReply {
  const result = provider.readReply(frozen(body), context);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}
const responseOf = (event: Readonly<Record<string, unknown>>): unknown => event["response"];

describe("reading", () => {
  it("a response with everything", () => {
    const note = { type: "url_citation", url: "https://example.com", title: "E", start_index: 0, end_index: 2 };
    const custom = { type: "custom_tool_call", id: "ctc_1", call_id: "d", name: "patch", input: "raw" };
    const search = { type: "web_search_call", id: "ws_1", status: "completed" };
    const body = responseOf(
      completed(
        reasoning("rs_1", "hm", "gAAAA"),
        search,
        message("msg_1", "so", [note]),
        call("fc_1", "c", "read", '{"a":1}'),
        custom,
        { type: "image_generation_call", id: "ig_1", result: "AAAA" },
      ),
    );
    expect(read(body)).toEqual({
      id: "resp_1",
      model: "gpt-served",
      parts: [
        {
          type: "thinking",
          text: "hm",
          signature: "gAAAA",
          from: { format: "openai-responses", model: "gpt-served" },
          itemId: "rs_1",
        },
        { type: "opaque", from: "openai-responses", name: "web_search_call", raw: search },
        {
          type: "text",
          text: "so",
          citations: [
            { url: "https://example.com", title: "E", start: 0, end: 2, from: "openai-responses", raw: note },
          ],
        },
        { type: "tool-call", id: "c", name: "read", arguments: '{"a":1}', kind: "function", itemId: "fc_1" },
        { type: "tool-call", id: "d", name: "patch", arguments: "raw", kind: "custom", itemId: "ctc_1" },
        { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" } },
      ],
      finish: { reason: "tool-calls", raw: "completed" },
      usage: { input: 100, output: 20, cacheRead: 40, cacheWrite: 10, reasoning: 5, estimated: false },
      losses: [],
    });
  });

  it("items that say the same as others before them", () => {
    const body = responseOf(
      completed(reasoning("rs_1", "hm"), reasoning("rs_2", "hm"), message("msg_1", "so so"), message("msg_2", "so")),
    );
    expect(read(body).parts).toMatchObject([{ text: "hm" }, { text: "hm" }, { text: "so so" }, { text: "so" }]);
    const bare = responseOf(completed({ ...message("", "a"), id: undefined }, { ...message("", "a"), id: undefined }));
    expect(read(bare).parts).toMatchObject([{ text: "a" }, { text: "a" }]);
  });

  it("the provenance that was asked, and what the request changed undone", () => {
    const body = responseOf(completed(reasoning("rs_1", "hm", "gAAAA"), call("fc_1", "c", "wire", '{"input":"raw"}')));
    const context = {
      model: "asked",
      origin: "openai",
      toolNames: new Map([["wire", "patch"]]),
      customTools: new Set(["patch"]),
    };
    expect(read(body, context).parts).toMatchObject([
      { from: { format: "openai-responses", model: "asked", origin: "openai" } },
      { name: "patch", kind: "custom", arguments: "raw" },
    ]);
  });

  it("an incomplete one, and a refusal", () => {
    expect(read(responseOf(incomplete("max_output_tokens", message("m", "cut")))).finish.reason).toBe("length");
    const refused = { type: "message", id: "m", content: [{ type: "refusal", refusal: "no" }] };
    expect(read(responseOf(completed(refused))).parts).toEqual([{ type: "refusal", text: "no" }]);
  });

  it.each([
    [{ ...head, status: "failed", error: { code: "server_is_overloaded", message: "busy" } }, "capacity"],
    [{ error: { message: "busy", code: "rate_limit_exceeded" } }, "rate-limit"],
    [{ ...head, status: "cancelled" }, "upstream"],
    [{ ...head, status: "queued" }, "protocol"],
    [{}, "protocol"],
    [null, "protocol"],
  ])("%j is an error", (body, kind) => {
    expect(provider.readReply(body)).toMatchObject({ ok: false, error: { kind } });
  });
});

it("writing gives what the stream's last event holds, in the same bytes", () => {
  const reply: HubReply = frozen({
    id: "x",
    model: "m",
    parts: [
      { type: "thinking", text: "hm", from: { format: "claude" } },
      { type: "text", text: "so" },
      { type: "tool-call", id: "c", name: "read", arguments: "", kind: "function" },
    ],
    finish: { reason: "tool-calls", raw: null },
    usage: { input: 1, output: 2, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: false },
    losses: [],
  });
  const whole = JSON.parse(Buffer.from(client.writeReply(reply, writerOptions())).toString()) as Loose;
  expect(whole).toEqual(finalResponse(writeStream("openai-responses", replay(reply))));
  expect(whole).toMatchObject({ status: "completed", output: [{}, {}, { arguments: "{}" }] });
});
