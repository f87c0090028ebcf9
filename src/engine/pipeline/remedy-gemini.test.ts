/**
 * Conversations in Google's dialect that began at another provider: Gemini 3 refuses calls without a signature, and only
 * the name of the asked model tells that it does.
 */
import { describe, expect, it } from "vitest";
import type { HttpReply } from "../../base/http.ts";
import { callOf } from "./__fixtures__/clients.ts";
import { createRig, json, type Rig } from "./__fixtures__/rig.ts";
import { geminiWhole } from "./__fixtures__/wire.ts";

const config = (model: string): string =>
  `accounts: [{ provider: gemini, name: a, api_key: "\${A}" }]\nroutes: [{ to: gemini/${model} }]`;
const word = "skip_thought_signature_validator";
const missing = (): HttpReply =>
  json(400, {
    error: {
      code: 400,
      message: "Function call is missing a thought_signature in functionCall parts.",
      status: "INVALID_ARGUMENT",
    },
  });

/** A step of two calls that was answered; `signature` stands on the first. */
const history = (signature?: string): Readonly<Record<string, unknown>> => ({
  contents: [
    { role: "user", parts: [{ text: "What is in a and b?" }] },
    {
      role: "model",
      parts: [
        {
          functionCall: { id: "toolu_1", name: "read", args: { path: "a" } },
          ...(signature === undefined ? {} : { thoughtSignature: signature }),
        },
        { functionCall: { id: "toolu_2", name: "read", args: { path: "b" } } },
      ],
    },
    {
      role: "user",
      parts: ["toolu_1", "toolu_2"].map((id) => ({
        functionResponse: { id, name: "read", response: { output: "1" } },
      })),
    },
  ],
});
const signatures = (rig: Rig): readonly unknown[] =>
  rig.sent.map(({ json: body }) => {
    const contents = body["contents"] as readonly { readonly parts: readonly Record<string, unknown>[] }[];
    return contents[1]?.parts.map((part) => part["thoughtSignature"]);
  });

describe("calls that another provider made, asked of Gemini 3 with the client's own bytes", () => {
  it("R17: are refused once, and then go with Google's neutral word", async () => {
    const rig = createRig(config("gemini-3-pro-preview"), (_, turn) =>
      turn === 1 ? missing() : json(200, geminiWhole),
    );
    const answer = await rig.ask(callOf("gemini", false, history()));
    expect(answer.status).toBe(200);
    expect(signatures(rig)).toEqual([
      [undefined, undefined],
      [word, undefined],
    ]);
  });

  it("are taken at once where the reply they came in was ours", async () => {
    const rig = createRig(config("gemini-3-pro-preview"), () => json(200, geminiWhole));
    const answer = await rig.ask(callOf("gemini", false, history("skip/thought/signature/validator")));
    expect(answer.status).toBe(200);
    expect(signatures(rig)).toEqual([[word, undefined]]);
  });

  it("go without a word to a model that asks for none", async () => {
    const rig = createRig(config("gemini-2.5-pro"), () => json(200, geminiWhole));
    await rig.ask(callOf("gemini", false, history("skip/thought/signature/validator")));
    expect(signatures(rig)).toEqual([[undefined, undefined]]);
  });
});

describe("an error of another provider", () => {
  it("is a list of one where the client asked for a stream as a list", async () => {
    const refused = { type: "error", error: { type: "invalid_request_error", message: "no" } };
    const rig = createRig(
      `accounts: [{ provider: claude, name: a, api_key: "\${A}" }]\nroutes: [{ to: claude/claude-sonnet-4-5 }]`,
      () => json(400, refused),
    );
    const asked = callOf("gemini", true);
    const error = { error: { code: 400, message: "no" } };
    expect(JSON.parse((await rig.ask(asked)).text)).toMatchObject(error);
    const plain = { ...asked, target: asked.target?.replace("?alt=sse", "") ?? "" };
    expect(JSON.parse((await rig.ask(plain)).text)).toMatchObject([error]);
  });
});
