import { describe, expect, it } from "vitest";
import { frozen } from "../__fixtures__/harness.ts";
import { envelopeEdits } from "./code-assist.ts";
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

  it("is said the way the asked model takes it, where its name tells", () => {
    const think = (model: string): unknown => edits.thinking({}, { mode: "level", level: "high" }, model);
    expect(think("gemini-3-pro")).toEqual({ generationConfig: { thinkingConfig: { thinkingLevel: "HIGH" } } });
    expect(think("gemini-2.5-flash")).toEqual({ generationConfig: { thinkingConfig: { thinkingBudget: 24_576 } } });
    expect(think("gemini-2.0-flash")).toEqual({});
    expect(think("tunedModels/mine")).toEqual(edits.thinking({}, { mode: "level", level: "high" }));
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
    for (const model of ["gemini-3-pro", "gemini-2.5-pro"]) expect(edits.withoutBlobs(body, model)).toBe(body);
  });

  const word = { thoughtSignature: "skip_thought_signature_validator" };
  const call = (name: string, more: object = {}): object => ({ functionCall: { name }, ...more });
  const model = (...parts: readonly object[]): object => ({ role: "model", parts });
  const answers = (...names: readonly string[]): object => ({
    role: "user",
    parts: names.map((name) => ({ functionResponse: { name, response: {} } })),
  });

  it("another provider's calls, which never had one, get the word on the first call of each step", () => {
    const moved = frozen({
      contents: [
        hi,
        model({ text: "I look." }, call("a"), call("b")),
        answers("a", "b"),
        // A chat keeps a streamed step as one content for each chunk.
        model({ text: "Again." }),
        model(call("c")),
        model(call("d", { thoughtSignature: "YQ==" })),
        answers("c", "d"),
        model({ text: "Done." }),
      ],
    });
    expect(edits.withoutBlobs(moved, "gemini-3-pro-preview")).toEqual({
      contents: [
        hi,
        model({ text: "I look." }, call("a", word), call("b")),
        answers("a", "b"),
        model({ text: "Again." }),
        model(call("c", word)),
        model(call("d")),
        answers("c", "d"),
        model({ text: "Done." }),
      ],
    });
    const marked = frozen(edits.withoutBlobs(moved, "gemini-3-pro-preview"));
    expect(edits.withoutBlobs(marked, "gemini-3-pro-preview")).toBe(marked);
  });

  it("is read in snake_case, too", () => {
    const snake = frozen({ contents: [hi, model({ function_call: { name: "f" }, thought_signature: "YQ==" })] });
    expect(edits.withoutBlobs(snake, "gemini-3-pro")).toEqual({
      contents: [hi, model({ function_call: { name: "f" }, ...word })],
    });
  });

  it("R7: Claude gets neither the word nor a thought whose signature it refused", () => {
    const history = [model({ text: "hm", thought: true, thoughtSignature: "YQ==" }, call("a", word), call("b"))];
    const clean = [model(call("a"), call("b"))];
    expect(edits.withoutBlobs({ contents: history }, "claude-opus-4-6-thinking")).toEqual({ contents: clean });
    const enveloped = { model: "claude-opus-4-6-thinking", request: { contents: history } };
    expect(envelopeEdits.withoutBlobs(enveloped)).toEqual({ ...enveloped, request: { contents: clean } });
    expect(envelopeEdits.withoutBlobs({ ...enveloped, model: "fast" }, "gemini-3-flash")).toMatchObject({
      request: { contents: [{ parts: [{ text: "hm", thought: true }, word, {}] }] },
    });
  });
});
