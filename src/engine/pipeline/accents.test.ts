/** Services that speak a public dialect with rules of their own: Codex's backend, Copilot, Code Assist. */
import { describe, expect, it } from "vitest";
import { headerValue } from "../../base/headers.ts";
import type { HeaderPairs } from "../../base/http.ts";
import { listField } from "../formats/fields.ts";
import { callOf, clientOf } from "./__fixtures__/clients.ts";
import { keys } from "./__fixtures__/config.ts";
import { createRig, json, streamed, type Asked, type Rig } from "./__fixtures__/rig.ts";
import {
  chatStream,
  chatText,
  chatWhole,
  geminiStream,
  geminiWhole,
  responsesEvents,
  responsesStream,
} from "./__fixtures__/wire.ts";

const single = (type: string, model: string, more = ""): string =>
  `providers: { p: { type: ${type}, auth_type: api_key${more} } }\naccounts: [{ provider: p, api_key: "\${A}" }]\nroutes: [{ to: p/${model} }]`;
const sentHeader = (rig: Rig, name: string): string | undefined =>
  headerValue(rig.sent[0]?.request.headers ?? [], name);

describe("Codex's backend", () => {
  const toCodex = single("codex", "gpt-5.1-codex");
  const rigOf = (): Rig => createRig(toCodex, () => streamed(responsesStream(responsesEvents)));
  const message = { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] };
  const more = [{ type: "additional_tools", role: "developer", tools: [] }, message];
  const codexHeaders: HeaderPairs = [
    ["content-type", "application/json"],
    ["authorization", "Bearer the-clients-own-token"],
    ["chatgpt-account-id", "the-clients-own-account"],
    ["originator", "codex_cli_rs"],
    ["user-agent", "codex_cli_rs/0.169.0 (Linux)"],
    ["session_id", "s-1"],
  ];
  /** As the CLI writes it, down to its spacing. */
  const cli = (body: object): Asked & { readonly raw: Buffer } => ({
    host: "chatgpt.com",
    target: "/backend-api/codex/responses",
    headers: codexHeaders,
    raw: Buffer.from(JSON.stringify({ model: "gpt-5", ...body, stream: true, store: false }, null, 1)),
  });

  it.each([
    ["with instructions", { instructions: "You are Codex.", input: [message] }],
    ["of its newest models, which has its tools in the first item", { input: more }],
  ])("gets the Codex CLI's own body %s byte for byte, but for the model's name", async (_, body) => {
    const rig = rigOf();
    const asked = cli(body);
    const answer = await rig.ask(asked);
    expect(rig.sent[0]?.url).toBe("https://chatgpt.com/backend-api/codex/responses");
    expect(rig.sent[0]?.text).toBe(asked.raw.toString().replace('"gpt-5"', '"gpt-5.1-codex"'));
    expect(answer.text).toBe(responsesStream(responsesEvents));
    expect(sentHeader(rig, "originator")).toBe("codex_cli_rs");
    expect(sentHeader(rig, "session_id")).toBe("s-1");
    expect(sentHeader(rig, "authorization")).toBe(`Bearer ${keys.A}`);
    expect(JSON.stringify(rig.sent[0]?.request.headers)).not.toContain("the-clients-own");
  });

  it("gets another client's plain body written anew, as it wants it, and that client gets what it asked for", async () => {
    const rig = rigOf();
    const asked = callOf("openai-responses", false, { temperature: 0.5, user: "u-1", max_output_tokens: 99 });
    const answer = await rig.ask(asked);
    expect(rig.sent[0]?.json).toMatchObject({ model: "gpt-5.1-codex", stream: true, store: false, instructions: "" });
    expect(rig.sent[0]?.json["input"]).toMatchObject([{ role: "user" }]);
    for (const field of ["temperature", "user", "max_output_tokens"]) {
      expect(rig.sent[0]?.json).not.toHaveProperty(field);
    }
    expect(sentHeader(rig, "accept")).toBe("text/event-stream");
    expect(JSON.parse(answer.text)).toMatchObject({
      object: "response",
      status: "completed",
      output: [{ type: "message", content: [{ type: "output_text", text: "Hello" }] }],
    });
    expect(rig.fact("losses")[0]?.losses.join()).toContain("max_output_tokens");
  });

  const limits = {
    type: "codex.rate_limits",
    limit_reached: true,
    plan_type: "plus",
    rate_limits: { primary: { used_percent: 100, window_minutes: 300, reset_at: 1_700_000_600 } },
  };
  const afterLimits = responsesStream([limits, ...responsesEvents]);

  it("S24: may say that a limit is reached and answer all the same: the Codex CLI sees both", async () => {
    const rig = createRig(toCodex, () => streamed(afterLimits, { size: 17 }));
    const answer = await rig.ask(cli({ instructions: "", input: [message] }));
    expect(answer).toMatchObject({ status: 200, text: afterLimits, broken: null });
    expect(rig.sent).toHaveLength(1);
  });

  it.each(["claude", "openai-responses"] as const)("S24: and a %s client sees the answer alone", async (id) => {
    const rig = createRig(toCodex, () => streamed(afterLimits, { size: 17 }));
    const answer = await rig.ask(callOf(id, true));
    expect(answer.text).toContain("Hello");
    expect(answer.text).not.toContain("codex.rate_limits");
    expect(answer.broken).toBeNull();
    expect(rig.sent).toHaveLength(1);
  });
});

describe("Copilot", () => {
  const toCopilot = single("copilot", "gpt-4.1");
  const rigOf = (): Rig =>
    createRig(toCopilot, (sent) =>
      sent.json["stream"] === true ? streamed(chatStream(chatText)) : json(200, chatWhole),
    );
  const picture = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
  const user = { role: "user", content: "Hi" };
  const call = { id: "c1", type: "function", function: { name: "look", arguments: "{}" } };
  const result = { role: "tool", tool_call_id: "c1", content: "42" };
  const claudePicture = { type: "image", source: { type: "base64", media_type: "image/png", data: "iVBORw0KGgo=" } };

  /** What goes as it is, what is written anew for it, and what comes from another dialect. */
  const calls: readonly (readonly [string, Asked, string, string | undefined])[] = [
    ["a question as it is", callOf("openai-chat", false), "user", undefined],
    [
      "a picture as it is",
      callOf("openai-chat", false, { messages: [{ role: "user", content: [picture] }] }),
      "user",
      "true",
    ],
    [
      "a result as it is",
      callOf("openai-chat", false, {
        messages: [user, { role: "assistant", content: null, tool_calls: [call] }, result],
      }),
      "agent",
      undefined,
    ],
    [
      "an answer in parts, written anew",
      callOf("openai-chat", false, {
        messages: [user, { role: "assistant", content: [{ type: "text", text: "Ho" }] }, user],
      }),
      "user",
      undefined,
    ],
    [
      "a picture in another dialect's result",
      callOf("claude", false, {
        messages: [
          user,
          { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "look", input: {} }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: [claudePicture] }] },
        ],
      }),
      // The picture follows the result in a message of the user's.
      "user",
      "true",
    ],
    ["another dialect's question", callOf("claude", true), "user", undefined],
  ];

  it.each(calls)("Q14: gets headers that agree with the body: %s", async (_, asked, initiator, vision) => {
    const rig = rigOf();
    expect((await rig.ask(asked)).status).toBe(200);
    expect(sentHeader(rig, "x-initiator")).toBe(initiator);
    expect(sentHeader(rig, "copilot-vision-request")).toBe(vision);
    const last = listField(rig.sent[0]?.json, "messages")?.at(-1);
    expect(last).toMatchObject({ role: initiator === "agent" ? "tool" : "user" });
  });

  it.each(calls)("Q14: gets the client's own word where it has one: %s", async (_, asked) => {
    const rig = rigOf();
    const own: HeaderPairs = [
      ["X-Initiator", "agent"],
      ["Copilot-Vision-Request", "true"],
    ];
    await rig.ask({ ...asked, headers: [...(asked.headers ?? []), ...own] });
    const names = (rig.sent[0]?.request.headers ?? []).map(([name]) => name.toLowerCase());
    expect(sentHeader(rig, "x-initiator")).toBe("agent");
    expect(new Set(names).size).toBe(names.length);
  });

  it("gets an assistant's words as one text, never as a list", async () => {
    const rig = rigOf();
    await rig.ask(calls[3]?.[1] ?? {});
    expect(rig.sent[0]?.json["messages"]).toEqual([user, { role: "assistant", content: "Ho" }, user]);
  });
});

describe("Code Assist", () => {
  const withProject = single("gemini-cli", "gemini-3-pro-preview", ", project: accounts-own-project");
  const rigOf = (yaml: string): Rig =>
    createRig(yaml, (sent) =>
      sent.url.includes("countTokens")
        ? json(200, { totalTokens: 7 })
        : streamed(geminiStream([{ response: geminiWhole, traceId: "t-1" }])),
    );
  const asked = callOf("gemini-cli", true);

  it("gets the account's own project in the place of the client's, and everything else as it was", async () => {
    const rig = rigOf(withProject);
    const answer = await rig.ask(asked);
    expect(rig.sent[0]?.url).toBe("https://cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse");
    const body = clientOf("gemini-cli").body(true);
    expect(rig.sent[0]?.json).toEqual({ ...body, model: "gemini-3-pro-preview", project: "accounts-own-project" });
    expect(answer.text).toBe(geminiStream([{ response: geminiWhole, traceId: "t-1" }]));
  });

  it("gets the client's bytes where the configuration names no other project", async () => {
    for (const yaml of [
      single("gemini-cli", "gemini-3-pro-preview"),
      withProject.replace("accounts-own-project", "client-project"),
    ]) {
      const rig = rigOf(yaml);
      const raw = Buffer.from(JSON.stringify(asked.body, null, 3));
      await rig.ask({ ...asked, raw });
      expect(rig.sent[0]?.text).toBe(raw.toString().replace("gemini-2.5-pro", "gemini-3-pro-preview"));
    }
  });

  it("gets a count without fields that a count does not have", async () => {
    const rig = rigOf(withProject);
    const { request } = clientOf("gemini-cli").body(false) as { readonly request: object };
    const body = { request: { model: "models/gemini-2.5-pro", ...request } };
    const answer = await rig.ask({ ...asked, target: "/v1internal:countTokens", body });
    expect(rig.sent[0]?.json).toEqual({ request: { ...request, model: "models/gemini-3-pro-preview" } });
    expect(answer.text).toBe('{"totalTokens":7}');
  });

  it("gets the project in the envelope of a call that comes from another dialect", async () => {
    const rig = rigOf(withProject);
    const answer = await rig.ask(callOf("claude", true));
    expect(rig.sent[0]?.json).toMatchObject({ model: "gemini-3-pro-preview", project: "accounts-own-project" });
    expect(answer.text).toContain("Hello");
  });
});
