/** What the reader makes of Gemini's streams. */
import { describe, expect, it } from "vitest";
import { checkStream } from "../../hub/__fixtures__/check-stream.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import { call, chunk, counts, events, lastChunk, list, read, replyFrom } from "./__fixtures__/chunks.ts";

const last = (bytes: Uint8Array): StreamEvent | undefined => read(bytes).at(-1);

describe("an ordinary reply", () => {
  const bytes = events(
    chunk([{ text: "let me ", thought: true }], {}, { usageMetadata: { promptTokenCount: 100 } }),
    chunk([{ text: "see", thought: true }]),
    chunk([{ text: "I look. " }]),
    chunk([{ text: "שלום 👩‍👩‍👧\n\n x" }]),
    chunk([call("read", { path: "/a b" }), call("list")]),
    lastChunk(),
  );

  it("is thoughts, text and calls, in their order", () => {
    const said = read(bytes);
    expect(checkStream(said)).toEqual([]);
    expect(replyFrom(bytes)).toMatchObject({
      id: "resp-1",
      model: "gemini-served",
      parts: [
        { type: "thinking", text: "let me see", from: { format: "gemini", model: "gemini-served" } },
        { type: "text", text: "I look. שלום 👩‍👩‍👧\n\n x" },
        { type: "tool-call", name: "read", arguments: '{"path":"/a b"}', kind: "function" },
        { type: "tool-call", name: "list", arguments: "{}" },
      ],
      finish: { reason: "tool-calls", raw: "STOP" },
    });
  });

  it("U3: counts thoughts once, as part of the output", () => {
    expect(replyFrom(bytes).usage).toEqual({
      input: 100,
      output: 25,
      cacheRead: 40,
      cacheWrite: 0,
      reasoning: 5,
      estimated: false,
    });
  });

  it("tells the size of the prompt with the first chunk", () => {
    expect(read(bytes)[0]).toMatchObject({ type: "reply-start", usage: { input: 100, output: 0 } });
  });

  it("S11: reads the same wherever the bytes are cut, as events and as a list", () => {
    const wanted = JSON.stringify(read(bytes));
    const asList = list(
      ...bytes
        .toString()
        .split("\r\n\r\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line.slice("data: ".length)) as Record<string, unknown>),
    );
    for (const form of [bytes, asList]) {
      for (let cut = 0; cut <= form.length; cut += 1) expect(JSON.stringify(read(form, [cut]))).toBe(wanted);
      const everywhere = Array.from(form, (_byte, index) => index);
      expect(JSON.stringify(read(form, everywhere))).toBe(wanted);
    }
  });

  it("S12: reads LF, comments, no space behind the colon and a last event without its blank line", () => {
    const text = bytes.toString().replaceAll("\r\n", "\n").replaceAll("data: ", ": ping\n\ndata:").trimEnd();
    expect(read(Buffer.from(`\ufeff${text}`))).toEqual(read(bytes));
  });

  it("asks for nothing of its own: the asked model and the provider are the thinking's maker", () => {
    const context = { model: "gemini-asked", origin: "my-google" };
    const [thinking] = replyFrom(bytes, context).parts;
    expect(thinking).toMatchObject({ from: { format: "gemini", model: "gemini-asked", origin: "my-google" } });
  });
});

describe("calls", () => {
  it("T18: two calls of one name stay two, with ids of their own, even where the name is used as id", () => {
    for (const id of [{}, { id: "read" }]) {
      const bytes = events(chunk([call("read", { a: 1 }, id)]), chunk([call("read", { a: 2 }, id)]), lastChunk());
      const ids = replyFrom(bytes).parts.map((part) => (part.type === "tool-call" ? part.id : ""));
      expect(new Set(ids).size).toBe(2);
      expect(ids).not.toContain("");
      expect(replyFrom(bytes).parts).toEqual(replyFrom(bytes).parts);
    }
  });

  it("keeps the ids it is given", () => {
    const bytes = events(lastChunk([call("a", {}, { id: "x1" }), call("b", {}, { id: "x2" })]));
    expect(replyFrom(bytes).parts).toMatchObject([{ id: "x1" }, { id: "x2" }]);
  });

  it("makes other ids for another reply, with and without an id of the reply", () => {
    const without = (tokens: number): Buffer =>
      events({
        candidates: [{ content: { parts: [call("read")] }, finishReason: "STOP" }],
        usageMetadata: { promptTokenCount: tokens },
      });
    const idOf = (bytes: Uint8Array): string => {
      const [part] = replyFrom(bytes).parts;
      return part?.type === "tool-call" ? part.id : "";
    };
    expect(idOf(without(1))).not.toBe(idOf(without(2)));
    expect(idOf(without(1))).toBe(idOf(without(1)));
  });

  it("S1: a call in any chunk makes the reply end with tool-calls", () => {
    const bytes = events(chunk([call("read")]), chunk([{ text: "on it" }]), lastChunk());
    expect(replyFrom(bytes).finish).toEqual({ reason: "tool-calls", raw: "STOP" });
  });

  it("T9: a call without arguments has an empty object, one start and one end", () => {
    for (const functionCall of [{ name: "now" }, { name: "now", args: {} }, { name: "now", args: null }]) {
      const said = read(events(lastChunk([{ functionCall }])));
      expect(said.filter(({ type }) => type.startsWith("tool-"))).toMatchObject([
        { type: "tool-start", name: "now" },
        { type: "tool-delta", text: "{}" },
        { type: "tool-end" },
      ]);
    }
  });

  it("T11, T22: a call may come first, and text after it is kept", () => {
    const said = read(events(chunk([call("read")]), chunk([{ text: "done" }]), lastChunk()));
    expect(checkStream(said)).toEqual([]);
    expect(said[0]).toMatchObject({ type: "reply-start" });
    expect(replyFrom(events(chunk([call("read")]), chunk([{ text: "done" }]), lastChunk())).parts).toMatchObject([
      { type: "tool-call" },
      { type: "text", text: "done" },
    ]);
  });

  it("names a call without a name instead of making one up", () => {
    const reply = replyFrom(events(chunk([{ functionCall: { args: { a: 1 } } }]), lastChunk([{ text: "x" }])));
    expect(reply).toMatchObject({ finish: { reason: "stop" }, losses: ["reply: a tool call without a name"] });
  });
});

describe("calls that come in pieces", () => {
  const begin = (name: string, more: object = {}): object => ({ functionCall: { name, willContinue: true, ...more } });
  const more = (...partialArgs: readonly object[]): object => ({ functionCall: { partialArgs, willContinue: true } });
  const over = { functionCall: {} };
  const stream = (...parts: readonly object[]): Buffer =>
    events(...parts.map((part) => chunk([part as Record<string, unknown>])), lastChunk());

  it("T12: are one call, however many pieces", () => {
    const letters = Array.from({ length: 500 }, (_none, index) =>
      more({ jsonPath: "$.text", stringValue: String(index % 10), willContinue: true }),
    );
    const { parts } = replyFrom(stream(begin("write"), ...letters, over));
    expect(parts).toHaveLength(1);
    expect(parts).toMatchObject([
      { name: "write", arguments: JSON.stringify({ text: Array.from({ length: 500 }, (_n, i) => i % 10).join("") }) },
    ]);
  });

  it("put every kind of value in its place", () => {
    const bytes = stream(
      begin("set", { id: "c1" }),
      more({ jsonPath: "$.on", boolValue: true }, { jsonPath: "$.level", numberValue: 5.5 }),
      more({ jsonPath: "$.files[0].name", stringValue: "a" }, { jsonPath: "$.files[1]['my name']", stringValue: "b" }),
      more({ jsonPath: "$.nothing", nullValue: "NULL_VALUE" }, { jsonPath: "$.__proto__.x", numberValue: 1 }),
      { functionCall: { partialArgs: [{ jsonPath: "$.files[0].name", stringValue: "z" }] } },
    );
    const [part] = replyFrom(bytes).parts;
    expect(part).toMatchObject({ id: "c1", name: "set" });
    expect(JSON.parse(part?.type === "tool-call" ? part.arguments : "")).toEqual({
      on: true,
      level: 5.5,
      files: [{ name: "az" }, { "my name": "b" }],
      nothing: null,
      ["__proto__"]: { x: 1 },
    });
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });

  it("are two calls where two are named", () => {
    const bytes = stream(begin("a"), more({ jsonPath: "$.x", numberValue: 1 }), begin("b"), over, call("c"));
    expect(replyFrom(bytes).parts).toMatchObject([
      { name: "a", arguments: '{"x":1}' },
      { name: "b", arguments: "{}" },
      { name: "c" },
    ]);
  });

  it("T10: cut by the token limit are cut calls, and the reply ends with length", () => {
    const bytes = events(
      chunk([begin("write") as Record<string, unknown>]),
      lastChunk([more({ jsonPath: "$.text", stringValue: "half" }) as Record<string, unknown>], "MAX_TOKENS"),
    );
    expect(replyFrom(bytes)).toMatchObject({
      parts: [{ type: "tool-call", arguments: '{"text":"half"' }],
      finish: { reason: "length", raw: "MAX_TOKENS" },
    });
  });

  it("that end in the middle although the reply is finished are no call at all", () => {
    const bytes = stream(begin("write"), more({ jsonPath: "$.text", stringValue: "half" }));
    expect(last(bytes)).toMatchObject({ type: "error", error: { kind: "protocol" } });
  });
});

describe("signatures", () => {
  const from = { format: "gemini", model: "gemini-served" };

  it("R1: stay with the call they came with", () => {
    const bytes = events(chunk([call("read", {}, {}, { thoughtSignature: "c2ln" })]), lastChunk());
    expect(replyFrom(bytes).parts).toMatchObject([{ type: "tool-call", signature: "c2ln", from }]);
  });

  it("R3: only the first of parallel calls has one", () => {
    const bytes = events(chunk([call("a", {}, {}, { thoughtSignature: "c2ln" }), call("b")]), lastChunk());
    const [first, second] = replyFrom(bytes).parts;
    expect(first).toHaveProperty("signature", "c2ln");
    expect(second).not.toHaveProperty("signature");
  });

  it("on text and thoughts sign that part, and what follows is another", () => {
    const bytes = events(
      chunk([{ text: "hm", thought: true, thoughtSignature: "dDE=" }]),
      chunk([{ text: "one", thoughtSignature: "dDI=" }]),
      chunk([{ text: "two" }]),
      lastChunk(),
    );
    expect(replyFrom(bytes).parts).toEqual([
      { type: "thinking", text: "hm", signature: "dDE=", from },
      { type: "text", text: "one", signature: "dDI=", from },
      { type: "text", text: "two" },
    ]);
  });

  it("alone in the last chunk sign what was said last", () => {
    const alone = { text: "", thoughtSignature: "c2ln" };
    expect(replyFrom(events(chunk([{ text: "hi" }]), lastChunk([alone]))).parts).toEqual([
      { type: "text", text: "hi", signature: "c2ln", from },
    ]);
    expect(replyFrom(events(chunk([{ text: "hm", thought: true }]), lastChunk([alone]))).parts).toEqual([
      { type: "thinking", text: "hm", signature: "c2ln", from },
    ]);
  });

  it("alone behind a call, or of thoughts behind text, are a thought without words", () => {
    const behindCall = replyFrom(events(chunk([call("a")]), lastChunk([{ text: "", thoughtSignature: "c2ln" }])));
    expect(behindCall.parts).toMatchObject([{ type: "tool-call" }, { type: "thinking", text: "", signature: "c2ln" }]);
    const ofThought = { thought: true, thoughtSignature: "c2ln" };
    expect(replyFrom(events(chunk([{ text: "hi" }]), lastChunk([ofThought]))).parts).toMatchObject([
      { type: "text", text: "hi" },
      { type: "thinking", text: "", signature: "c2ln", from },
    ]);
  });

  it("R7: the neutral word that skips the check is nobody's signature", () => {
    const bytes = events(lastChunk([call("a", {}, {}, { thoughtSignature: "skip_thought_signature_validator" })]));
    expect(replyFrom(bytes).parts[0]).not.toHaveProperty("signature");
  });
});

describe("parts of other kinds", () => {
  const inlineData = { mimeType: "image/png", data: "AAAA" };

  it("are pictures, with their signature", () => {
    const bytes = events(chunk([{ text: "look" }]), lastChunk([{ inlineData, thoughtSignature: "c2ln" }]));
    expect(checkStream(read(bytes))).toEqual([]);
    expect(replyFrom(bytes).parts).toMatchObject([
      { type: "text", text: "look" },
      { type: "image", source: { kind: "base64", mediaType: "image/png", data: "AAAA" }, signature: "c2ln" },
    ]);
  });

  it("are code the model ran, in words for others and whole for its own", () => {
    const code = { executableCode: { language: "PYTHON", code: "print(1)\n" } };
    const result = { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1\n" } };
    const failed = { codeExecutionResult: { outcome: "OUTCOME_FAILED", output: "no" } };
    expect(replyFrom(events(lastChunk([code, result, failed]))).parts).toEqual([
      {
        type: "opaque",
        from: "gemini",
        name: "executableCode",
        raw: code,
        text: "\n```python\nprint(1)\n```\n",
      },
      { type: "opaque", from: "gemini", name: "codeExecutionResult", raw: result, text: "\n```\n1\n```\n" },
      {
        type: "opaque",
        from: "gemini",
        name: "codeExecutionResult",
        raw: failed,
        text: "\n```\nOUTCOME_FAILED\nno\n```\n",
      },
    ]);
  });

  it("are kept whole where nobody else has a word for them", () => {
    const audio = { inlineData: { mimeType: "audio/wav", data: "AAAA" } };
    const draft = { inlineData, thought: true };
    const tool = { toolCall: { id: "1", toolType: "GOOGLE_SEARCH_WEB" } };
    expect(replyFrom(events(lastChunk([audio, draft, tool]))).parts).toEqual([
      { type: "opaque", from: "gemini", name: "inlineData", raw: audio },
      { type: "opaque", from: "gemini", name: "inlineData", raw: draft },
      { type: "opaque", from: "gemini", name: "toolCall", raw: tool },
    ]);
  });

  it("S10: empty texts make no block", () => {
    expect(replyFrom(events(chunk([{ text: "" }]), chunk([{ text: "hi" }]), lastChunk())).parts).toEqual([
      { type: "text", text: "hi" },
    ]);
  });
});

describe("sources", () => {
  const text = "שלום. The sky is blue.";
  const groundingMetadata = {
    webSearchQueries: ["sky"],
    groundingChunks: [
      { web: { uri: "https://a.example", title: "A" } },
      { web: { uri: "https://b.example", title: "B" } },
      { retrievedContext: { uri: "https://c.example", title: "C" } },
    ],
    groundingSupports: [
      {
        segment: { startIndex: 10, endIndex: 26, text: "The sky is blue." },
        groundingChunkIndices: [0, 1],
      },
    ],
  };

  it("are citations at their place, counted in UTF-16", () => {
    const bytes = events(
      chunk([{ text: text.slice(0, 9) }]),
      chunk([{ text: text.slice(9) }]),
      lastChunk([{ text: "" }], "STOP", { groundingMetadata }),
    );
    const [part] = replyFrom(bytes).parts;
    const at = text.indexOf("The sky");
    expect(part).toMatchObject({
      citations: [
        { url: "https://a.example", title: "A", text: "The sky is blue.", start: at, end: text.length, from: "gemini" },
        { url: "https://b.example", title: "B", start: at },
        { url: "https://c.example", title: "C" },
      ],
    });
    expect(part?.type === "text" && part.citations?.[2]).not.toHaveProperty("start");
  });

  it("are told once, though each chunk repeats them", () => {
    const cited = chunk([{ text: "x" }], { groundingMetadata });
    const said = read(events(cited, cited, lastChunk()));
    expect(said.filter(({ type }) => type === "citation")).toHaveLength(3);
  });

  it("are found by their words where the place is wrong", () => {
    const segment = { startIndex: 0, endIndex: 3, text: "sky" };
    const metadata = { ...groundingMetadata, groundingSupports: [{ segment, groundingChunkIndices: [0] }] };
    const bytes = events(lastChunk([{ text }], "STOP", { groundingMetadata: metadata }));
    const [part] = replyFrom(bytes).parts;
    expect(part?.type === "text" && part.citations?.[0]).toMatchObject({ start: text.indexOf("sky"), text: "sky" });
  });

  it("are quotations, too", () => {
    const citationMetadata = {
      citations: [{ startIndex: 10, endIndex: 13, uri: "https://q.example", license: "mit" }],
    };
    const [part] = replyFrom(events(lastChunk([{ text }], "STOP", { citationMetadata }))).parts;
    expect(part).toMatchObject({ citations: [{ url: "https://q.example", text: "The", raw: { citationMetadata } }] });
  });

  it("without a text to belong to are a named loss", () => {
    const bytes = events(chunk([call("a")]), lastChunk([], "STOP", { groundingMetadata }));
    expect(replyFrom(bytes).losses).toEqual(["reply: a citation of no text"]);
  });
});

describe("how a reply ends", () => {
  it.each([
    ["STOP", "stop"],
    ["MAX_TOKENS", "length"],
    ["CONTINUATION", "length"],
    ["SAFETY", "content-filter"],
    ["RECITATION", "content-filter"],
    ["BLOCKLIST", "content-filter"],
    ["PROHIBITED_CONTENT", "content-filter"],
    ["SPII", "content-filter"],
    ["IMAGE_SAFETY", "content-filter"],
    ["IMAGE_OTHER", "content-filter"],
    ["LANGUAGE", "stop"],
    ["OTHER", "stop"],
    ["FINISH_REASON_UNSPECIFIED", "stop"],
    ["SOMETHING_NEW", "unknown"],
  ])("%s is %s", (raw, reason) => {
    expect(replyFrom(events(lastChunk([{ text: "hi" }], raw))).finish).toEqual({ reason, raw });
  });

  it.each(["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS"])(
    "S19: %s is an error that may be tried again",
    (raw) => {
      expect(last(events(lastChunk([], raw, { finishMessage: "print(x)" })))).toEqual({
        type: "error",
        error: { kind: "malformed-reply", message: `the model's reply cannot be used (${raw}): print(x)`, raw },
      });
    },
  );

  it("S19, S6: an empty candidate with STOP is no answer", () => {
    for (const bytes of [events(lastChunk()), events(lastChunk([])), events(chunk([]), lastChunk([{ text: "" }]))]) {
      expect(last(bytes)).toMatchObject({ type: "error", error: { kind: "malformed-reply" } });
    }
    const noContent = { candidates: [{ finishReason: "STOP", index: 0 }], usageMetadata: counts };
    expect(last(events(noContent))).toMatchObject({ type: "error", error: { kind: "malformed-reply" } });
  });

  it("a limit used up by thoughts is a limit, not an empty answer", () => {
    expect(replyFrom(events(lastChunk([], "MAX_TOKENS")))).toMatchObject({ parts: [], finish: { reason: "length" } });
  });

  it("a blocked prompt is declined, with the reason", () => {
    const blocked = { promptFeedback: { blockReason: "PROHIBITED_CONTENT" }, usageMetadata: { promptTokenCount: 9 } };
    expect(replyFrom(events(blocked))).toMatchObject({
      parts: [],
      finish: {
        reason: "content-filter",
        raw: "PROHIBITED_CONTENT",
        explanation: "the prompt was blocked (PROHIBITED_CONTENT)",
      },
      usage: { input: 9 },
    });
    const worded = { promptFeedback: { blockReason: "MODEL_ARMOR", blockReasonMessage: "not here" } };
    expect(replyFrom(events(worded)).finish.explanation).toBe("not here");
  });

  it("S2: without a finish reason is truncated", () => {
    expect(last(events(chunk([{ text: "hi" }])))).toMatchObject({ type: "error", error: { kind: "truncated" } });
    expect(last(events(chunk([call("a")])))).toMatchObject({ type: "error", error: { kind: "truncated" } });
    expect(last(Buffer.alloc(0))).toMatchObject({ type: "error", error: { kind: "truncated" } });
    expect(last(list(chunk([{ text: "hi" }])))).toMatchObject({ type: "error", error: { kind: "truncated" } });
  });

  it("keeps text that comes after a finish reason: servers have sent one with every chunk", () => {
    const bytes = events(lastChunk([{ text: "one " }]), lastChunk([{ text: "two" }]));
    expect(replyFrom(bytes)).toMatchObject({ parts: [{ text: "one two" }], finish: { reason: "stop" } });
  });

  it("S7: reads figures that come after the finish, and lets none be erased", () => {
    const bytes = events(
      chunk([{ text: "hi" }], { finishReason: "STOP" }),
      { usageMetadata: counts },
      { usageMetadata: { trafficType: "ON_DEMAND" } },
    );
    expect(replyFrom(bytes).usage).toMatchObject({ input: 100, output: 25 });
  });

  it("names answers beyond the first, once", () => {
    const second = { candidates: [{ content: { parts: [{ text: "other" }] }, index: 1 }] };
    expect(replyFrom(events(second, second, lastChunk([{ text: "hi" }])))).toMatchObject({
      parts: [{ text: "hi" }],
      losses: ["reply: an answer beyond the first"],
    });
  });
});

describe("errors inside a stream", () => {
  const error = { error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" } };

  it("S16: are known for what they are, as an event, as a list, and bare", () => {
    for (const bytes of [events(error), list(error), Buffer.from(JSON.stringify(error, null, 2))]) {
      expect(read(bytes)).toEqual([
        {
          type: "error",
          error: { kind: "capacity", message: "The model is overloaded.", status: 503, raw: "UNAVAILABLE" },
        },
      ]);
    }
  });

  it("S15: end a reply that had begun, also where they come without `data:`", () => {
    const begun = events(chunk([{ text: "hi" }]));
    for (const bytes of [
      Buffer.concat([begun, events(error)]),
      Buffer.concat([begun, Buffer.from(JSON.stringify(error, null, 2))]),
      list(chunk([{ text: "hi" }]), error),
    ]) {
      for (let cut = 0; cut <= bytes.length; cut += 1) {
        const said = read(bytes, [cut]);
        expect(said.at(-1)).toMatchObject({ type: "error", error: { kind: "capacity" } });
        expect(said).toContainEqual({ type: "text-delta", block: 0, text: "hi" });
      }
    }
  });

  it("a chunk that is not JSON is a protocol error; half a chunk at the end is a cut", () => {
    const begun = events(chunk([{ text: "hi" }]));
    expect(last(Buffer.concat([begun, Buffer.from("data: {broken\n\n"), begun]))).toMatchObject({
      error: { kind: "protocol" },
    });
    expect(last(Buffer.concat([begun, Buffer.from('data: {"candidates":[')]))).toMatchObject({
      error: { kind: "truncated" },
    });
  });

  it("says nothing after an error", () => {
    expect(read(events(error, lastChunk([{ text: "hi" }])))).toHaveLength(1);
  });
});
