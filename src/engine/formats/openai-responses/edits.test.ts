/** Bodies and targets that keep their shape: edits, our own marks, addresses, and reading along. */
import { describe, expect, it } from "vitest";
import { frozen } from "../__fixtures__/harness.ts";
import { writeCarrier } from "../../hub/carrier.ts";
import { formats } from "../table.ts";
import { completed, failed, responsesStream, said, started } from "./__fixtures__/streams.ts";

const format = formats["openai-responses"];
const { edits } = format;

describe("the system prompt", () => {
  it("is what instructions say, with text before and after", () => {
    const body = frozen({ model: "m", instructions: "be brief", input: [] });
    expect(edits.systemPrompt(body, { prepend: "a", append: "b" })).toEqual({
      ...body,
      instructions: "a\n\nbe brief\n\nb",
    });
    expect(edits.systemPrompt(frozen({ input: [] }), { append: "b" })).toEqual({ input: [], instructions: "b" });
  });

  it("stays as it is when there is nothing to say or nothing to say it to", () => {
    const body = frozen({ instructions: "be brief" });
    expect(edits.systemPrompt(body, {})).toBe(body);
    const odd = frozen({ instructions: [{ role: "user", content: "x" }] });
    expect(edits.systemPrompt(odd, { append: "b" })).toBe(odd);
  });
});

describe("the wish to think", () => {
  const body = frozen({ model: "gpt-5", reasoning: { effort: "high", summary: "detailed" }, input: [] });

  it("is taken out so that the model's default holds", () => {
    expect(edits.thinking(body, null)).toEqual({ model: "gpt-5", input: [], reasoning: { summary: "detailed" } });
    expect(edits.thinking(frozen({ reasoning: { effort: "low" } }), null)).toEqual({});
    const none = frozen({ input: [] });
    expect(edits.thinking(none, null)).toBe(none);
  });

  it.each([
    [
      { mode: "level", level: "max" },
      { effort: "high", summary: "detailed" },
    ],
    [
      { mode: "budget", tokens: 1000 },
      { effort: "low", summary: "detailed" },
    ],
    [{ mode: "off" }, { effort: "minimal", summary: "detailed" }],
  ] as const)("is replaced by %j as the model takes it", (wish, reasoning) => {
    expect(edits.thinking(body, wish)["reasoning"]).toEqual(reasoning);
  });

  it("is not given to a model that cannot", () => {
    const old = frozen({ model: "gpt-4o" });
    expect(edits.thinking(old, { mode: "level", level: "high", show: true })).toBe(old);
  });
});

describe("R17: without blobs", () => {
  it("reasoning keeps its words only, and goes where it has none; ids go with it", () => {
    const summary = [{ type: "summary_text", text: "hm" }];
    const reference = { type: "item_reference", id: "rs_0" };
    const search = { type: "web_search_call", id: "ws_1", status: "completed" };
    const body = frozen({
      model: "m",
      input: [
        { type: "reasoning", id: "rs_1", summary, encrypted_content: "gAAAA" },
        { type: "reasoning", id: "rs_2", summary: [], encrypted_content: "gAAAA" },
        { type: "message", id: "msg_1", role: "assistant", content: [] },
        { type: "function_call", id: "fc_1", call_id: "c", name: "a", arguments: "{}" },
        reference,
        search,
      ],
    });
    expect(edits.withoutBlobs(body)).toEqual({
      model: "m",
      input: [
        { type: "reasoning", summary },
        { type: "message", role: "assistant", content: [] },
        { type: "function_call", call_id: "c", name: "a", arguments: "{}" },
        reference,
        search,
      ],
    });
  });

  it("a body without any stays as it is", () => {
    const body = frozen({ input: [{ role: "user", content: "hi" }] });
    expect(edits.withoutBlobs(body)).toBe(body);
    const text = frozen({ input: "hi" });
    expect(edits.withoutBlobs(text)).toBe(text);
  });
});

describe("R4: our own marks", () => {
  it("are taken out with the items that wear them, and nothing else is", () => {
    const own = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAA" };
    const ours = { ...own, encrypted_content: writeCarrier({ from: { format: "claude" } }) };
    const bytes = Buffer.from(JSON.stringify({ model: "m", input: [own, ours, { role: "user", content: "hi" }] }));
    const cleaned = format.withoutOwnMarks(bytes);
    expect(JSON.parse(Buffer.from(cleaned ?? []).toString())).toEqual({
      model: "m",
      input: [own, { role: "user", content: "hi" }],
    });
  });

  it.each([
    ['{"input":"hi"}'],
    ['{"input":[{"type":"reasoning","encrypted_content":"gAAAA"}]}'],
    ['{"x":"switchyard.'],
  ])("are not in %s", (text) => {
    expect(format.withoutOwnMarks(Buffer.from(text))).toBeNull();
  });
});

describe("targets", () => {
  it.each([
    ["/v1/responses", "reply", "/v1/responses"],
    ["/v1/responses/?a=b", "reply", "/v1/responses?a=b"],
    ["/backend-api/codex/responses", "reply", "/v1/responses"],
    ["/backend-api/codex/responses/compact", "other", "/v1/responses/compact"],
    ["/v1/responses/input_tokens?x=1", "count", "/v1/responses/input_tokens?x=1"],
    ["/v1/responses/resp_1/cancel", "other", "/v1/responses/resp_1/cancel"],
  ])("%s is a call for %s and goes to %s", (target, operation, wanted) => {
    expect(format.client.shape({ model: "m", stream: true }, target)).toEqual({ operation, model: "m", stream: true });
    expect(format.callTarget(target, "other-model")).toBe(wanted);
  });

  it("without a model or a body say so", () => {
    expect(format.client.shape(null, "/v1/responses")).toEqual({ operation: "reply", model: null, stream: false });
  });
});

describe("reading along", () => {
  const usage = { input: 100, output: 20, cacheRead: 40, cacheWrite: 10, reasoning: 5, estimated: false };
  const stream = responsesStream(...started, ...said(0, "msg_1", "so"), completed());

  it("finds model, usage and status, with and without event lines", () => {
    const wanted = { model: "gpt-served", usage, finish: "completed" };
    expect(format.observe(stream, "text/event-stream")).toEqual(wanted);
    const bare = Buffer.from(
      Buffer.from(stream)
        .toString()
        .replaceAll(/^event: .*\n/gm, ""),
    );
    expect(format.observe(bare, "text/event-stream")).toEqual(wanted);
  });

  it("finds the model of a stream that failed or was cut", () => {
    const bytes = responsesStream(...started, failed("server_error", "oops"));
    expect(format.observe(bytes, "text/event-stream")).toEqual({ model: "gpt-served", usage: null, finish: "failed" });
    expect(format.observe(stream.subarray(0, 400), "text/event-stream")).toMatchObject({
      model: "gpt-served",
      finish: null,
    });
  });
});

it("lists models in OpenAI's shape", () => {
  const answer = format.client.writeModels([{ id: "a", createdAt: 5, ownedBy: "x" }, { id: "b" }]);
  expect(JSON.parse(Buffer.from(answer.body).toString())).toEqual({
    object: "list",
    data: [
      { id: "a", object: "model", created: 5, owned_by: "x" },
      { id: "b", object: "model", created: 0, owned_by: "switchyard" },
    ],
  });
});
