import { describe, expect, it } from "vitest";
import { frozen } from "../__fixtures__/harness.ts";
import { editThinking, edits, withoutSignatures } from "./edits.ts";

const hi = { role: "user", parts: [{ text: "hi" }] };
const body = frozen({
  contents: [hi],
  generationConfig: { temperature: 1 },
  systemInstruction: { role: "user", parts: [{ text: "s" }] },
});

describe("the system prompt of a body", () => {
  it("gets text before and after it, as parts", () => {
    expect(edits.systemPrompt(body, { prepend: "first", append: "last" })).toEqual({
      ...body,
      systemInstruction: { role: "user", parts: [{ text: "first" }, { text: "s" }, { text: "last" }] },
    });
  });

  it("keeps the client's spelling and reads every shape", () => {
    const prompt = { append: "last" };
    expect(edits.systemPrompt({ system_instruction: "s" }, prompt)).toEqual({
      system_instruction: { parts: [{ text: "s" }, { text: "last" }] },
    });
    expect(edits.systemPrompt({ systemInstruction: { text: "s" } }, prompt)).toEqual({
      systemInstruction: { parts: [{ text: "s" }, { text: "last" }] },
    });
    expect(edits.systemPrompt({ contents: [] }, prompt)).toEqual({
      contents: [],
      systemInstruction: { parts: [{ text: "last" }] },
    });
  });

  it("is left alone where there is nothing to add, or a cached prefix holds it", () => {
    expect(edits.systemPrompt(body, {})).toBe(body);
    const cached = { ...body, cachedContent: "cachedContents/1" };
    expect(edits.systemPrompt(cached, { append: "last" })).toBe(cached);
  });
});

describe("the thinking of a body", () => {
  it("is replaced, everything else stays", () => {
    expect(edits.thinking(body, { mode: "budget", tokens: 2000 })).toEqual({
      ...body,
      generationConfig: { temperature: 1, thinkingConfig: { thinkingBudget: 2000 } },
    });
    expect(edits.thinking({ contents: [] }, { mode: "off" })).toEqual({
      contents: [],
      generationConfig: { thinkingConfig: { thinkingBudget: 0 } },
    });
  });

  it("is taken out for the model's default", () => {
    const thinking = { generation_config: { top_k: 1, thinking_config: { thinking_budget: 1 } } };
    expect(edits.thinking(frozen(thinking), null)).toEqual({ generation_config: { top_k: 1 } });
    expect(edits.thinking(body, null)).toBe(body);
  });

  it("is said the way the client said it, or the way the model takes it", () => {
    const said = { generationConfig: { thinkingConfig: { thinkingLevel: "LOW", includeThoughts: true } } };
    expect(edits.thinking(said, { mode: "level", level: "high" })).toEqual({
      generationConfig: { thinkingConfig: { thinkingLevel: "HIGH", includeThoughts: true } },
    });
    expect(editThinking({}, { mode: "level", level: "high" }, "gemini-3-pro")).toEqual({
      generationConfig: { thinkingConfig: { thinkingLevel: "HIGH" } },
    });
    expect(editThinking({}, { mode: "level", level: "high" }, "gemini-2.0-flash")).toEqual({});
  });
});

describe("a body whose signatures were refused", () => {
  const signed = frozen({
    contents: [
      hi,
      {
        role: "model",
        parts: [
          { text: "hm", thought: true, thoughtSignature: "YQ==" },
          { functionCall: { name: "f" }, thoughtSignature: "Yg==" },
          { functionCall: { name: "g" } },
          { text: "", thought_signature: "Yw==" },
        ],
      },
      { role: "model", parts: [{ text: "", thoughtSignature: "ZA==" }] },
    ],
  });

  it("has none any more, and no part that was nothing else", () => {
    expect(edits.withoutBlobs(signed)).toEqual({
      contents: [
        hi,
        {
          role: "model",
          parts: [{ text: "hm", thought: true }, { functionCall: { name: "f" } }, { functionCall: { name: "g" } }],
        },
      ],
    });
  });

  it("has Google's neutral word on the first call where the model is known to want one", () => {
    const parts = (model: string): unknown =>
      (withoutSignatures(signed, model)["contents"] as readonly { parts: unknown }[])[1]?.parts;
    expect(parts("gemini-3-pro")).toEqual([
      { text: "hm", thought: true },
      { functionCall: { name: "f" }, thoughtSignature: "skip_thought_signature_validator" },
      { functionCall: { name: "g" } },
    ]);
    expect(JSON.stringify(parts("claude-opus-4-6"))).not.toContain("skip_");
  });

  it("is itself where there are none", () => {
    expect(edits.withoutBlobs(body)).toBe(body);
  });
});
