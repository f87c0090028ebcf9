import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answerText } from "./answer-text.ts";

function stream(...events: readonly unknown[]): string {
  return events.map((event) => `event: x\ndata: ${JSON.stringify(event)}\n\n`).join("");
}

const answers: readonly (readonly [name: string, body: string])[] = [
  [
    "an Anthropic stream",
    stream(
      { type: "message_start", message: { content: [] } },
      { type: "content_block_delta", delta: { type: "thinking_delta", thinking: "hm" } },
      { type: "content_block_delta", delta: { type: "text_delta", text: "Hello " } },
      { type: "content_block_delta", delta: { type: "text_delta", text: "you" } },
    ),
  ],
  ["an Anthropic message", JSON.stringify({ type: "message", content: [{ type: "text", text: "Hello you" }] })],
  [
    "an OpenAI chat stream",
    `${stream({ choices: [{ delta: { content: "Hello " } }] }, { choices: [{ delta: { content: "you" } }] })}data: [DONE]\n\n`,
  ],
  ["an OpenAI chat answer", JSON.stringify({ choices: [{ message: { content: "Hello you" } }] })],
  [
    "an OpenAI Responses stream",
    stream(
      { type: "response.output_text.delta", delta: "Hello you" },
      { type: "response.output_text.done", text: "Hello you" },
      { type: "response.completed", response: { output: [{ type: "message", content: [{ text: "Hello you" }] }] } },
    ),
  ],
  [
    "an OpenAI Responses answer",
    JSON.stringify({ object: "response", output: [{ type: "message", content: [{ text: "Hello you" }] }] }),
  ],
  [
    "a Gemini stream",
    stream(
      { candidates: [{ content: { parts: [{ text: "hm", thought: true }, { text: "Hello " }] } }] },
      { response: { candidates: [{ content: { parts: [{ text: "you" }] } }] } },
    ),
  ],
  ["a Gemini list", JSON.stringify([{ candidates: [{ content: { parts: [{ text: "Hello you" }] } }] }])],
];

describe("the text of an answer", () => {
  it.each(answers)("is found in %s", (_name, body) => {
    expect(answerText(body)).toBe("Hello you");
  });

  it.each(["", "null", "{}", "[]", "data: \n\n", 'data: {"choices":[null]}\n\n', '{"type":"error","error":{}}'])(
    "is not in %j",
    (body) => {
      expect(answerText(body)).toBeNull();
    },
  );

  it("is looked for in anything without a failure", () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        expect(answerText(json)).not.toBe("");
        expect(answerText(`data: ${json}\n\n`)).not.toBe("");
      }),
    );
  });
});
