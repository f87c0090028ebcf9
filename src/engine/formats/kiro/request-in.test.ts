import { describe, expect, it } from "vitest";
import { kiroRequest, kiroTool } from "../../../../test/support/kiro-client.ts";
import { writeCarrier } from "../../hub/carrier.ts";
import type { HubRequest } from "../../hub/request.ts";
import { frozen } from "../__fixtures__/harness.ts";
import { kiro } from "./index.ts";

function read(body: unknown): { readonly request: HubRequest; readonly losses: readonly string[] } {
  const result = kiro.client.readRequest(frozen(body), "/");
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const user = (message: object): object => ({ userInputMessage: message });
const assistant = (message: object): object => ({ assistantResponseMessage: message });

describe("a Kiro request in the hub", () => {
  it("has its turns in order: results first, then pictures, then the text", () => {
    const images = [{ format: "jpg", source: { bytes: "AAAA" } }];
    const toolResults = [
      { toolUseId: "a", status: "success", content: [{ text: "one" }, { json: { two: [2] } }] },
      { toolUseId: "b", status: "error", content: [{ image: { format: "png", source: { bytes: "BBBB" } } }] },
    ];
    const { request } = read(
      kiroRequest({ content: "look", images }, { toolResults }, [
        user({ content: "first" }),
        assistant({
          content: "calling",
          messageId: "m",
          toolUses: [
            { toolUseId: "a", name: "x", input: { p: 1 } },
            { toolUseId: "b", name: "y", input: {} },
          ],
        }),
      ]),
    );
    expect(request.messages).toEqual([
      { role: "user", parts: [{ type: "text", text: "first" }] },
      {
        role: "assistant",
        parts: [
          { type: "text", text: "calling" },
          { type: "tool-call", id: "a", name: "x", arguments: '{"p":1}', kind: "function" },
          { type: "tool-call", id: "b", name: "y", arguments: "{}", kind: "function" },
        ],
      },
      {
        role: "tool",
        callId: "a",
        isError: false,
        parts: [
          { type: "text", text: "one" },
          { type: "text", text: '{"two":[2]}' },
        ],
      },
      {
        role: "tool",
        callId: "b",
        isError: true,
        parts: [{ type: "image", source: { kind: "base64", mediaType: "image/png", data: "BBBB" } }],
      },
      {
        role: "user",
        parts: [
          { type: "image", source: { kind: "base64", mediaType: "image/jpeg", data: "AAAA" } },
          { type: "text", text: "look" },
        ],
      },
    ]);
  });

  it("has no empty turn of the user after results alone", () => {
    const { request } = read(
      kiroRequest({ content: "" }, { toolResults: [{ toolUseId: "a", status: "success", content: [] }] }),
    );
    expect(request.messages).toEqual([{ role: "tool", callId: "a", isError: false, parts: [] }]);
  });

  it("takes tools from the current message, else from the first turn that has some; cache points mark what is before", () => {
    const tools = [kiroTool("a", { p: {} }), { cachePoint: { type: "default" } }, kiroTool("b", {})];
    const names = (request: HubRequest): unknown => request.tools.map((tool) => [tool.name, "cache" in tool]);
    const expected = [
      ["a", true],
      ["b", false],
    ];
    expect(names(read(kiroRequest({ content: "x" }, { tools })).request)).toEqual(expected);
    const history = [user({ content: "1" }), user({ content: "2", userInputMessageContext: { tools } })];
    expect(names(read(kiroRequest({ content: "x" }, {}, history)).request)).toEqual(expected);
    expect(names(read(kiroRequest({ content: "x" }, { tools: [kiroTool("c", {})] }, history)).request)).toEqual([
      ["c", false],
    ]);
    expect(read(kiroRequest({ content: "x" }, { tools })).request.tools[0]).toMatchObject({
      kind: "function",
      description: "The tool a",
      parameters: { type: "object", properties: { p: {} }, required: ["p"] },
    });
  });

  it("keeps thinking with its signature, and whose it is", () => {
    const own = { reasoningText: { text: "hm", signature: "c2ln" } };
    const from = { format: "gemini", origin: "g" } as const;
    const ours = { reasoningText: { text: "so", signature: writeCarrier({ from, signature: "s" }) } };
    const sealed = { redactedContent: "QUJD" };
    const oursSealed = {
      redactedContent: Buffer.from(writeCarrier({ from, signature: "secret" })).toString("base64"),
    };
    const history = [own, ours, sealed, oursSealed].map((reasoningContent) =>
      assistant({ content: "said", reasoningContent }),
    );
    const { request } = read(kiroRequest({ content: "x" }, {}, history));
    const thoughts = request.messages.slice(0, 4).map(({ parts }) => parts[0]);
    expect(thoughts).toEqual([
      { type: "thinking", text: "hm", signature: "c2ln", from: { format: "kiro" } },
      { type: "thinking", text: "so", signature: "s", from },
      { type: "redacted-thinking", data: "QUJD", from: { format: "kiro" } },
      { type: "redacted-thinking", data: "secret", from },
    ]);
  });

  it("marks what is to be cached", () => {
    const cachePoint = { type: "default" };
    const history = [
      user({ content: "u", cachePoint }),
      assistant({ content: "a", cachePoint, toolUses: [{ toolUseId: "t", name: "n", input: {} }] }),
    ];
    const marks = read(kiroRequest({ content: "x" }, {}, history)).request.messages.map(({ parts }) =>
      parts.map((part) => "cache" in part),
    );
    expect(marks).toEqual([[true], [false, true], [false]]);
  });

  it.each([
    [
      { thinking: { type: "adaptive", display: "omitted" }, output_config: { effort: "high" } },
      { mode: "dynamic", level: "high", show: false },
    ],
    [{ thinking: { type: "disabled" } }, { mode: "off" }],
    [{ output_config: { effort: "max" } }, { mode: "level", level: "max", effortOnly: true }],
    [{ reasoning: { effort: "low" } }, { mode: "level", level: "low" }],
    [{ reasoning: { effort: "none" } }, { mode: "off" }],
    [{ thinking: { type: "enabled", budget_tokens: 5000 } }, { mode: "budget", tokens: 5000 }],
    [{}, undefined],
  ])("reads the wish to think in %j", (additionalModelRequestFields, thinking) => {
    const { request } = read({ ...kiroRequest({ content: "x" }), additionalModelRequestFields });
    expect(request.thinking).toEqual(thinking);
  });

  it("reads limits and temperature, and names what stays behind", () => {
    const { request, losses } = read({
      ...kiroRequest({ content: "x", userIntent: "SHOW_EXAMPLES" }, { editorState: { document: {} } }),
      agentMode: "vibe",
      additionalModelRequestFields: { max_tokens: 900, odd: 1 },
      inferenceConfig: { maxTokens: 5, temperature: 0.5, topP: 0.9, topK: 3 },
    });
    expect(request).toMatchObject({ maxTokens: 900, temperature: 0.5, topP: 0.9, stream: true });
    expect(request.extras.kiro).toMatchObject({
      agentMode: "vibe",
      profileArn: expect.stringContaining("arn:") as string,
      conversation: { chatTriggerType: "MANUAL", agentTaskType: "vibe" },
      message: { origin: "AI_EDITOR", userIntent: "SHOW_EXAMPLES" },
      context: { envState: { operatingSystem: "linux" }, editorState: {} },
      additionalModelRequestFields: { odd: 1 },
      inferenceConfig: { topK: 3 },
    });
    expect(losses.map((loss) => loss.split(":").slice(0, 2).join(":"))).toEqual([
      "parameter: envState",
      "parameter: editorState",
    ]);
  });

  it("names what an earlier answer was shown with, and turns it cannot read", () => {
    const { losses } = read(
      kiroRequest({ content: "x" }, {}, [
        assistant({ content: "a", supplementaryWebLinks: [{ url: "u" }], references: [] }),
        { somethingNew: {} },
      ]),
    );
    expect(losses).toContain("message: supplementaryWebLinks of an answer");
    expect(losses.some((loss) => loss.includes("neither the user's nor"))).toBe(true);
    expect(losses.some((loss) => loss.includes("references"))).toBe(false);
  });

  it.each([
    [{ modelId: "claude-opus-4.6" }, [], "claude-opus-4.6"],
    [
      { modelId: undefined },
      [user({ content: "1", modelId: "old" }), user({ content: "2", modelId: "newer" })],
      "newer",
    ],
    [{ modelId: undefined }, [], "auto"],
  ])("asks for the model of %j", (asked, history, model) => {
    const body = kiroRequest({ content: "x", ...asked }, {}, history);
    expect(read(body).request.model).toBe(model);
    expect(kiro.client.shape(body, "/")).toEqual({ operation: "reply", model, stream: true });
  });

  it.each([null, [], {}, { conversationState: [] }, { conversationState: { currentMessage: {} } }])(
    "refuses %j without throwing",
    (body) => {
      const result = kiro.client.readRequest(body, "/");
      expect(result.ok ? null : result.error.kind).toBe("bad-request");
      expect(kiro.client.shape(body, "/").model).toBeNull();
    },
  );

  it("takes any JSON in any place without throwing", () => {
    const odd = [null, 1, "x", [], [null], {}, { a: 1 }, true];
    for (const value of odd) {
      const message = {
        content: value,
        images: value,
        cachePoint: value,
        userInputMessageContext: value,
        modelId: value,
      };
      const history = [user(message), assistant({ content: value, toolUses: value, reasoningContent: value }), value];
      const context = { tools: value, toolResults: value };
      for (const body of [
        kiroRequest(message, {}, history),
        kiroRequest({ content: "x" }, context, history),
        kiroRequest({ content: "x" }, { tools: [value], toolResults: [{ content: [value], toolUseId: value }] }),
        { ...kiroRequest({ content: "x" }), inferenceConfig: value, additionalModelRequestFields: value },
      ]) {
        expect(kiro.client.readRequest(frozen(body), "/").ok).toBe(true);
      }
    }
  });
});
