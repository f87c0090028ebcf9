/** Errors, model lists, edits of the lossless lane, and where a call goes. */
import { describe, expect, it } from "vitest";
import { kiroRequest } from "../../../../test/support/kiro-client.ts";
import { decodeFrame } from "../../codecs/aws-event-stream.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { policy } from "../../errors/policy.ts";
import { writeCarrier } from "../../hub/carrier.ts";
import { errorKinds } from "../__fixtures__/error-kinds.ts";
import { frozen } from "../__fixtures__/harness.ts";
import type { JsonObject } from "../format.ts";
import { writeException } from "./errors-out.ts";
import { kiro } from "./index.ts";

const jsonOf = (bytes: Uint8Array): JsonObject => JSON.parse(Buffer.from(bytes).toString("utf8")) as JsonObject; // ours

describe("errors", () => {
  it.each(errorKinds)("%s is an HTTP error by name, and the same name inside a stream", (kind) => {
    const error: EngineError = { kind, message: "what \ud83d happened" };
    const answer = kiro.client.writeError(error);
    const headers = Object.fromEntries(answer.headers);
    const body = jsonOf(answer.body);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status < 500).toBe(policy[kind].clientStatus < 500 || policy[kind].clientStatus === 529);
    expect(headers["x-amzn-errortype"]).toMatch(/^[A-Z][A-Za-z]+Exception$/);
    expect(body["__type"]).toBe(headers["x-amzn-errortype"]);
    expect(body["message"]).toContain("happened");
    expect(body["message"]).toContain("\ufffd");
    const frame = decodeFrame(writeException(error));
    expect(frame).toMatchObject({ messageType: "exception", name: body["__type"] });
    expect(jsonOf(frame.payload)).toEqual({
      message: body["message"],
      ...(body["reason"] === undefined ? {} : { reason: body["reason"] }),
    });
  });

  it("are in the words of the protocol that was asked in", () => {
    const type = (variant?: "aws-json"): unknown =>
      Object.fromEntries(kiro.client.writeError({ kind: "internal", message: "x" }, variant).headers)["content-type"];
    expect(type("aws-json")).toBe("application/x-amz-json-1.0");
    expect(type()).toBe("application/json");
  });

  it("keep Kiro's own reason where it says more, and say when to come back", () => {
    const error: EngineError = { kind: "quota", message: "x", raw: "MONTHLY_REQUEST_COUNT", retryAfterMs: 1500 };
    const answer = kiro.client.writeError(error);
    expect(jsonOf(answer.body)["reason"]).toBe("MONTHLY_REQUEST_COUNT");
    expect(Object.fromEntries(answer.headers)["retry-after"]).toBe("2");
    expect(kiro.client.writeError({ kind: "no-account", message: "x", retryAfterMs: 1 }).status).toBe(429);
    expect(
      jsonOf(kiro.client.writeError({ kind: "upstream", message: "x", raw: "odd_code" }).body)["reason"],
    ).toBeUndefined();
  });
});

it("lists models with their windows", () => {
  const models = [{ id: "a/b", displayName: "B", maxInputTokens: 10, maxOutputTokens: 5 }, { id: "c" }];
  expect(jsonOf(kiro.client.writeModels(models).body)).toEqual({
    models: [
      { modelId: "a/b", modelName: "B", tokenLimits: { maxInputTokens: 10, maxOutputTokens: 5 } },
      { modelId: "c", modelName: "c" },
    ],
  });
});

const history = [
  { userInputMessage: { content: "You are an agent.", modelId: "old" } },
  {
    assistantResponseMessage: { content: "ok", reasoningContent: { reasoningText: { text: "t", signature: "c2ln" } } },
  },
  { userInputMessage: { content: "unnamed" } },
];
const body = frozen(kiroRequest({ content: "go" }, {}, history));
interface Body {
  readonly conversationState: {
    readonly history: readonly { readonly [role: string]: Readonly<Record<string, unknown>> | undefined }[];
    readonly currentMessage: { readonly userInputMessage: Readonly<Record<string, unknown>> };
  };
}
const stateOf = (value: JsonObject): Body["conversationState"] => (value as unknown as Body).conversationState; // its shape above
const contents = (value: JsonObject): unknown => {
  const { history: turns, currentMessage } = stateOf(value);
  return [
    ...turns.map((turn) => turn["userInputMessage"]?.["content"] ?? null),
    currentMessage.userInputMessage["content"],
  ];
};

describe("the lane that keeps the body", () => {
  it("names the model in the message that is asked and wherever it stood", () => {
    const named = kiro.withInnerModel?.(body, "new") ?? {};
    const { history: turns, currentMessage } = stateOf(named);
    expect(currentMessage.userInputMessage["modelId"]).toBe("new");
    expect(turns.map((turn) => turn["userInputMessage"]?.["modelId"])).toEqual(["new", undefined, undefined]);
    expect(named).not.toHaveProperty("model");
    expect(kiro.withInnerModel?.(named, "new")).toBe(named);
    const unnamed = kiroRequest({ content: "go", modelId: undefined });
    expect(stateOf(kiro.withInnerModel?.(unnamed, "new") ?? {}).currentMessage.userInputMessage["modelId"]).toBe("new");
  });

  it("puts a system prompt around the first message of the user, once", () => {
    const edited = kiro.edits.systemPrompt(body, { prepend: "Before.", append: "After." });
    expect(contents(edited)).toEqual(["Before.\n\nYou are an agent.\n\nAfter.", null, "unnamed", "go"]);
    expect(kiro.edits.systemPrompt(edited, { prepend: "Before.", append: "After." })).toBe(edited);
    expect(kiro.edits.systemPrompt(body, {})).toBe(body);
    const fresh = kiroRequest({ content: "first words" });
    expect(contents(kiro.edits.systemPrompt(fresh, { prepend: "Before." }))).toEqual(["Before.\n\nfirst words"]);
  });

  it("replaces the wish to think in the words of the model's maker", () => {
    const think = (wish: Parameters<typeof kiro.edits.thinking>[1], model: string, from: JsonObject = body): unknown =>
      kiro.edits.thinking(from, wish, model)["additionalModelRequestFields"];
    expect(think({ mode: "level", level: "high" }, "claude-opus-4.6")).toEqual({
      thinking: { type: "adaptive" },
      output_config: { effort: "high" },
    });
    expect(think({ mode: "off" }, "claude-opus-4.6")).toEqual({ thinking: { type: "disabled" } });
    expect(think({ mode: "level", level: "minimal" }, "gpt-5.2")).toEqual({ reasoning: { effort: "low" } });
    const asking = {
      ...body,
      additionalModelRequestFields: { thinking: { type: "adaptive", display: "omitted" }, max_tokens: 9 },
    };
    expect(think({ mode: "budget", tokens: 8000 }, "claude-opus-4.6", asking)).toEqual({
      thinking: { type: "adaptive", display: "omitted" },
      output_config: { effort: "medium" },
      max_tokens: 9,
    });
    expect(think(null, "claude-opus-4.6", asking)).toEqual({ max_tokens: 9 });
    expect(kiro.edits.thinking(body, null, "claude-opus-4.6")).toBe(body);
    const only = { ...body, additionalModelRequestFields: { reasoning: { effort: "low" } } };
    expect(kiro.edits.thinking(only, null, "gpt-5.2")).not.toHaveProperty("additionalModelRequestFields");
  });

  it("takes reasoning out that was refused", () => {
    const bare = kiro.edits.withoutBlobs(body);
    expect(JSON.stringify(bare)).not.toContain("reasoningContent");
    expect(contents(bare)).toEqual(contents(body));
    expect(kiro.edits.withoutBlobs(bare)).toBe(bare);
  });

  it("takes out what only we put in, and nothing else", () => {
    const bytes = Buffer.from(JSON.stringify(body));
    expect(kiro.withoutOwnMarks(bytes)).toBeNull();
    const tag = writeCarrier({ from: { format: "claude" }, signature: "s" });
    for (const ours of [
      { reasoningText: { text: "t", signature: tag } },
      { redactedContent: Buffer.from(tag).toString("base64") },
    ]) {
      const marked = kiroRequest({ content: "go" }, {}, [
        ...history,
        { assistantResponseMessage: { content: "x", reasoningContent: ours } },
      ]);
      const cleaned = kiro.withoutOwnMarks(Buffer.from(JSON.stringify(marked)));
      const expected = kiroRequest({ content: "go" }, {}, [...history, { assistantResponseMessage: { content: "x" } }]);
      expect(cleaned === null ? null : jsonOf(cleaned)).toEqual(expected);
    }
    const quoted = kiroRequest({ content: `say "${tag}" and "c3dpdGNoeWFyZC` });
    expect(kiro.withoutOwnMarks(Buffer.from(JSON.stringify(quoted)))).toBeNull();
  });

  it.each([
    ["/generateAssistantResponse", "/generateAssistantResponse"],
    ["/generateAssistantResponse?a=1", "/generateAssistantResponse?a=1"],
    ["/", "/"],
    ["/?x=2", "/?x=2"],
  ])("%s goes to %s", (target, expected) => {
    expect(kiro.callTarget(target, "m")).toBe(expected);
  });
});
