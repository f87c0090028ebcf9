/** Where chatgpt.com's backend and Copilot want to be asked in another way. */
import { describe, expect, it } from "vitest";
import { bodyOf, translateRequest, writeRequest, type Loose } from "../__fixtures__/harness.ts";
import type { HubMessage } from "../../hub/message.ts";
import { hub, lossesOf, written } from "./__fixtures__/asking.ts";

describe("codex", () => {
  const codex = { variant: "codex" } as const;

  it("always streams, stores nothing, has instructions, and leaves out what that backend refuses", () => {
    const fields = { stream: false, temperature: 0.5, maxTokens: 100, userId: "u", serviceTier: "priority" };
    const request = writeRequest("openai-responses", hub(fields), { model: "gpt-4o", ...codex });
    expect(bodyOf(request)).toEqual({
      model: "gpt-4o",
      instructions: "",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
      prompt_cache_key: expect.any(String) as string,
      service_tier: "priority",
      store: false,
      stream: true,
    });
    expect(request.headers).toContainEqual(["accept", "text/event-stream"]);
    expect(request.losses).toEqual([
      "parameter: max_output_tokens: this backend takes none",
      "parameter: temperature: this backend takes none",
    ]);
  });

  it("shows the address of a picture it would not fetch, and names the loss", () => {
    const image = { type: "image", source: { kind: "url", url: "https://example.com/a.png" } } as const;
    const messages: readonly HubMessage[] = [{ role: "user", parts: [image] }];
    expect(JSON.stringify(written({ messages }, codex)["input"])).toContain("[image: https://example.com/a.png]");
    expect(lossesOf({ messages }, codex)).toEqual([expect.stringMatching(/^image: this backend fetches nothing/)]);
  });

  it("declares only the tools that may be chosen", () => {
    const tools = ["read", "list"].map((name) => ({ kind: "function", name, parameters: {} }) as const);
    const body = written({ tools, toolChoice: { type: "allowed", mode: "auto", names: ["list"] } }, codex);
    expect((body["tools"] as readonly Loose[]).map((tool) => tool["name"])).toEqual(["list"]);
    expect(body["tool_choice"]).toBe("auto");
  });

  it("takes a Claude Code turn whole", () => {
    const body = translateRequest(
      "claude",
      "openai-responses",
      {
        system: [{ type: "text", text: "be brief", cache_control: { type: "ephemeral" } }],
        thinking: { type: "enabled", budget_tokens: 2000 },
        tools: [{ name: "Read", input_schema: { type: "object", properties: {} } }],
        messages: [
          { role: "user", content: "hi" },
          { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "Read", input: { a: 1 } }] },
          { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "found" }] },
        ],
      },
      { model: "gpt-5-codex", ...codex },
    );
    expect(body).toEqual({
      model: "gpt-5-codex",
      instructions: "be brief",
      input: [
        { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] },
        { type: "function_call", call_id: "toolu_1", name: "Read", arguments: '{"a":1}' },
        { type: "function_call_output", call_id: "toolu_1", output: "found" },
      ],
      tools: [{ type: "function", name: "Read", parameters: { type: "object", properties: {} }, strict: false }],
      reasoning: { effort: "medium", summary: "auto" },
      include: ["reasoning.encrypted_content"],
      store: false,
      stream: true,
    });
  });
});

describe("copilot", () => {
  const copilot = { variant: "copilot" } as const;

  it("has no service tier and no freeform tools", () => {
    const tools = [{ kind: "custom", name: "patch" }] as const;
    const request = writeRequest("openai-responses", hub({ tools, serviceTier: "flex" }), {
      model: "gpt-5",
      ...copilot,
    });
    expect(bodyOf(request)).not.toHaveProperty("service_tier");
    expect(bodyOf(request)["tools"]).toMatchObject([{ type: "function", name: "patch" }]);
    expect(request.replyContext.customTools).toEqual(new Set(["patch"]));
    expect(request.losses).toEqual(["parameter: service_tier: this backend takes none"]);
  });
});
