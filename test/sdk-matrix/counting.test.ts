/** "How large is this request?", asked before it is sent: clients compact by the answer, so there has to be one for every model. */
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import { dialects, fetchThrough, type Dialect } from "./clients.ts";
import { counts, modelTo, startRig, type Rig } from "./rig.ts";
import { png, readTool } from "./scenes.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

/** Counts a question of so many words, with a tool and a picture or without. */
const counters: Readonly<Partial<Record<Dialect, (model: string, text: string, more: boolean) => Promise<number>>>> = {
  "openai-responses": async (model, text, more) => {
    const sdk = new OpenAI({ apiKey: "sk-x", maxRetries: 0, fetch: fetchThrough(rig.dispatcher) });
    const { name, schema } = readTool;
    const counted = await sdk.responses.inputTokens.count({
      model,
      input: [{ role: "user", content: [{ type: "input_text", text }, ...(more ? [picture.responses] : [])] }],
      ...(more ? { tools: [{ type: "function", name, parameters: schema, strict: false }] } : {}),
    });
    return counted.input_tokens;
  },
  claude: async (model, text, more) => {
    const sdk = new Anthropic({ apiKey: "sk-x", maxRetries: 0, fetch: fetchThrough(rig.dispatcher) });
    const counted = await sdk.messages.countTokens({
      model,
      messages: [{ role: "user", content: [{ type: "text", text }, ...(more ? [picture.claude] : [])] }],
      ...(more
        ? { tools: [{ name: "read_file", input_schema: { ...readTool.schema, type: "object" as const } }] }
        : {}),
    });
    return counted.input_tokens;
  },
  gemini: async (model, text, more) => {
    const sdk = new GoogleGenAI({ apiKey: "x", httpOptions: { fetch: fetchThrough(rig.dispatcher) } });
    const parts = [{ text }, ...(more ? [{ inlineData: { mimeType: "image/png", data: png } }] : [])];
    return (await sdk.models.countTokens({ model, contents: [{ role: "user", parts }] })).totalTokens ?? 0;
  },
};

const picture = {
  responses: { type: "input_image", image_url: `data:image/png;base64,${png}`, detail: "auto" },
  claude: { type: "image", source: { type: "base64", media_type: "image/png", data: png } },
} as const;

const cases = dialects.flatMap((client) => dialects.map((provider) => [client, provider] as const));

describe.each(cases.filter(([client]) => counters[client] !== undefined))("%s client by %s", (client, provider) => {
  it("is told how large its request is", async () => {
    const count = counters[client];
    if (count === undefined) throw new Error("filtered above");
    const small = await count(modelTo(provider), "A short question.", false);
    if (client === provider) {
      expect(small).toBe(counts.input);
      return;
    }
    // An estimate: everything that is sent counts.
    expect(small).toBeGreaterThan(2);
    expect(await count(modelTo(provider), "A long question, word by word. ".repeat(200), false)).toBeGreaterThan(1000);
    expect(await count(modelTo(provider), "A short question.", true)).toBeGreaterThan(small + 200);
  });
});
