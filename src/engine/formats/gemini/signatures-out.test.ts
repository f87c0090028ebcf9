import { describe, expect, it } from "vitest";
import type { AssistantPart, HubMessage, Provenance } from "../../hub/message.ts";
import type { Loose } from "../__fixtures__/harness.ts";
import {
  antigravity,
  assistant,
  call,
  contents,
  result,
  studio,
  user,
  written,
  type Asked,
} from "./__fixtures__/written.ts";
import type { GeminiBackend } from "./request-out.ts";

describe("signatures", () => {
  const google: Provenance = { format: "gemini", model: "gemini-3-pro-preview", origin: "mine" };
  const signed = { signature: "c2ln", from: google };
  const neutral = "skip_thought_signature_validator";
  const parts = (message: HubMessage, asked: Asked = {}): Loose["parts"] =>
    contents([user("hi"), message], { model: "gemini-3-pro-preview", ...asked })[1].parts;
  const signaturesOf = (list: readonly Loose[]): readonly unknown[] => list.map((part) => part["thoughtSignature"]);

  it("R1: go back beside the very call, text or thought they came on", () => {
    const thought: AssistantPart = { type: "thinking", text: "hm", signature: "dGg=", from: google };
    expect(parts(assistant(thought, { type: "text", text: "t", ...signed }, call("a", signed)))).toEqual([
      { text: "hm", thought: true, thoughtSignature: "dGg=" },
      { text: "t", thoughtSignature: "c2ln" },
      { functionCall: { id: "a", name: "f_a", args: { a: 1 } }, thoughtSignature: "c2ln" },
    ]);
  });

  it("R3: of parallel calls only the one that had it has it", () => {
    expect(signaturesOf(parts(assistant(call("a", signed), call("b"), call("c"))))).toEqual([
      "c2ln",
      undefined,
      undefined,
    ]);
  });

  it("R1: survive every one of Google's three wires", () => {
    const backend: GeminiBackend = { ...studio, format: "gemini-cli" };
    expect(signaturesOf(parts(assistant(call("a", signed)), { backend }))).toEqual(["c2ln"]);
  });

  it("R2: a first call without one goes to Gemini 3 with Google's documented neutral word, on each step", () => {
    const messages = [
      user("hi"),
      assistant(call("a"), call("b")),
      result("a", "A"),
      result("b", "B"),
      assistant(call("c")),
      result("c", "C"),
    ];
    const turns = contents(messages, { model: "gemini-3-flash" });
    expect([turns[1], turns[3]].flatMap((turn) => signaturesOf(turn.parts))).toEqual([neutral, undefined, neutral]);
    const older = contents(messages);
    expect([older[1], older[3]].flatMap((turn) => signaturesOf(turn.parts))).toEqual([undefined, undefined, undefined]);
  });

  it("the neutral word stands on calls only", () => {
    expect(signaturesOf(parts(assistant({ type: "text", text: "t" }, call("a"))))).toEqual([undefined, neutral]);
    expect(signaturesOf(parts(assistant({ type: "text", text: "t" })))).toEqual([undefined]);
  });

  it.each([
    ["another dialect's", { format: "claude" }],
    ["another provider's", { format: "gemini", origin: "theirs" }],
    ["an older Gemini's", { format: "gemini", model: "gemini-2.5-pro" }],
    ["Claude's behind Google's wire", { format: "antigravity", model: "claude-opus-4-6-thinking" }],
    ["nobody's", undefined],
  ] as const)("R5, R8: %s are left out, and that is reported", (_whose, from) => {
    const foreign = { signature: "c2ln", ...(from === undefined ? {} : { from }) };
    const { body, losses } = written(
      { messages: [user("hi"), assistant({ type: "text", text: "t", ...foreign }, call("a", foreign))] },
      { model: "gemini-3-pro-preview", options: { origin: "mine" } },
    );
    expect(signaturesOf(body["contents"][1].parts)).toEqual([undefined, neutral]);
    expect(losses).toContain("thinking-signature: a signature of another provider or model was left out");
  });

  it("R7: Claude behind Antigravity never sees a word that no Claude signed", () => {
    const claude = "claude-opus-4-6-thinking";
    const asked: Asked = { model: claude, backend: antigravity };
    const own: Provenance = { format: "antigravity", model: claude };
    const list = parts(
      assistant(
        { type: "thinking", text: "mine", signature: "b3du", from: own },
        { type: "thinking", text: "gemini's", signature: "Z2Vt", from: google },
        { type: "thinking", text: "unsigned", from: own },
        call("a"),
      ),
      asked,
    );
    expect(list).toEqual([
      { text: "mine", thought: true, thoughtSignature: "b3du" },
      { functionCall: { id: "a", name: "f_a", args: { a: 1 } } },
    ]);
    expect(JSON.stringify(list)).not.toContain(neutral);
  });

  it("R11: thinking of others is left out; its own goes back even without a signature", () => {
    const thought = (from?: Provenance): AssistantPart => ({
      type: "thinking",
      text: "hm",
      ...(from === undefined ? {} : { from }),
    });
    const said: AssistantPart = { type: "text", text: "t" };
    expect(parts(assistant(thought({ format: "openai-chat" }), said))).toEqual([{ text: "t" }]);
    expect(parts(assistant(thought(), said))).toEqual([{ text: "t" }]);
    expect(parts(assistant(thought(google), said))).toEqual([{ text: "hm", thought: true }, { text: "t" }]);
    expect(parts(assistant(thought(google), said), { backend: antigravity })).toEqual([{ text: "t" }]);
  });

  it("R9: one that came alone goes back alone", () => {
    expect(parts(assistant({ type: "thinking", text: "", ...signed }))).toEqual([
      { text: "", thoughtSignature: "c2ln" },
    ]);
  });

  it("on a picture the model drew go back with it", () => {
    const image: AssistantPart = {
      type: "image",
      source: { kind: "base64", mediaType: "image/png", data: "aQ==" },
      ...signed,
    };
    expect(parts(assistant(image))).toEqual([
      { inlineData: { mimeType: "image/png", data: "aQ==" }, thoughtSignature: "c2ln" },
    ]);
  });
});
