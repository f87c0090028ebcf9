import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { StageRowJson } from "../../base/controls-stages.ts";
import { readRequest, targets, writeOptions, writeRequest } from "../formats/__fixtures__/harness.ts";
import { sampleRequest } from "../formats/__fixtures__/samples.ts";
import { type TextFormatId, textFormatIds } from "../formats/format.ts";
import { type ComparedStages, compareStages } from "./index.ts";
import { maxRows } from "./rows.ts";
import { maxCellLength } from "./words.ts";

const claudeBody = {
  model: "claude-sonnet-4-5",
  max_tokens: 32_000,
  stream: true,
  temperature: 1,
  top_k: 5,
  thinking: { type: "enabled", budget_tokens: 8_000 },
  stop_sequences: ["END"],
  metadata: { user_id: "someone" },
  container: "c-1",
  system: [{ type: "text", text: "Be brief.", cache_control: { type: "ephemeral" } }],
  tools: [{ name: "Read", description: "reads", input_schema: { type: "object", properties: {} } }],
  tool_choice: { type: "tool", name: "Read", disable_parallel_tool_use: true },
  messages: [
    {
      role: "user",
      content: [
        { type: "text", text: "Füge 日本語 Tests hinzu 🎉" },
        { type: "image", source: { type: "base64", media_type: "image/png", data: "AAAA" } },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "hm", signature: "c2ln" },
        { type: "tool_use", id: "toolu_01", name: "Read", input: { path: "a" } },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "toolu_01", content: "found" },
        { type: "text", text: "go on" },
      ],
    },
  ],
};

const fieldNames = (
  "messages role content type text tools input contents parts model request name functionCall function tool_calls " +
  "source inlineData system generationConfig __proto__ toString thinking data url id"
).split(" ");

function compare(from: TextFormatId, to: TextFormatId, body: object): Extract<ComparedStages, { ok: true }> {
  const target = targets[from].stream;
  const written = writeRequest(to, readRequest(from, body), { ...writeOptions, model: "upstream-model" });
  const compared = compareStages(
    { format: from, target, text: JSON.stringify(body) },
    { format: to, target: written.path, text: Buffer.from(written.body).toString() },
  );
  if (!compared.ok) throw new Error(compared.problem);
  return compared;
}

function row(rows: readonly StageRowJson[], label: string): StageRowJson | undefined {
  return rows.find((one) => one.label === label);
}

describe("a request at its three stages", () => {
  it("tells each setting in every stage's own words", () => {
    const { rows, losses, gains, hubBytes } = compare("claude", "openai-chat", claudeBody);
    expect(row(rows, "model")).toEqual({
      label: "model",
      depth: 0,
      client: 'model "claude-sonnet-4-5"',
      hub: 'model "claude-sonnet-4-5"',
      upstream: 'model "upstream-model"',
      change: { hub: "same", upstream: "changed" },
    });
    expect(row(rows, "max tokens")).toMatchObject({
      client: "max_tokens 32000",
      hub: "maxTokens 32000",
      change: { hub: "same", upstream: "same" },
    });
    expect(row(rows, "thinking")).toMatchObject({ client: 'thinking {"type":"enabled","budget_tokens":8000}' });
    expect(row(rows, "parallel calls")).toMatchObject({ client: "tool_choice.disable_parallel_tool_use true" });
    expect(row(rows, "container")).toMatchObject({
      client: 'container "c-1"',
      hub: 'extras.claude container "c-1"',
      upstream: null,
      change: { hub: "same", upstream: "dropped" },
    });
    expect(losses).toContain("container");
    expect(gains).not.toContain("model");
    expect(hubBytes).toBeGreaterThan(500);
  });

  it("lays messages beside each other part by part, whatever they are called", () => {
    const { rows } = compare("claude", "gemini", claudeBody);
    const labels = rows.filter(({ depth }) => depth === 0).map(({ label }) => label);
    expect(labels.slice(-5)).toEqual([
      "messages[0] system",
      "messages[1] user",
      "messages[2] assistant",
      "messages[3] tool",
      "messages[4] user",
    ]);
    expect(row(rows, "messages[2] assistant")).toMatchObject({
      client: "messages[1] assistant",
      upstream: "contents[1] assistant",
      change: { hub: "same", upstream: "same" },
    });
    expect(row(rows, "tool call")).toMatchObject({ client: 'call Read toolu_01 {"path":"a"}', depth: 1 });
    expect(row(rows, "image")).toMatchObject({ client: "image image/png 3 bytes", change: { upstream: "same" } });
    expect(row(rows, "tool result")).toMatchObject({ client: 'result toolu_01 5 chars "found"' });
    expect(row(rows, "cache_control")).toMatchObject({ client: "cache_control x1", upstream: null });
    expect(row(rows, "tools")).toMatchObject({ client: "tools[1]", hub: "tools[1]", upstream: "tools[1]" });
  });

  it.each(textFormatIds.flatMap((from) => textFormatIds.filter((to) => to !== from).map((to) => [from, to] as const)))(
    "works from %s to %s",
    (from, to) => {
      // Inline pictures only: not every dialect fetches.
      const messages = sampleRequest.messages.map((message) =>
        message.role === "user"
          ? {
              ...message,
              parts: message.parts.filter((part) => part.type !== "image" || part.source.kind === "base64"),
            }
          : message,
      );
      const written = writeRequest(from, { ...sampleRequest, messages });
      const body: unknown = JSON.parse(Buffer.from(written.body).toString());
      if (typeof body !== "object" || body === null) throw new Error("no body");
      const { rows } = compare(from, to, body);
      for (const label of ["model", "stream", "max tokens", "temperature", "tools", "tool_choice"]) {
        const found = row(rows, label);
        expect([label, found?.client, found?.hub, found?.upstream]).not.toContain(null);
        expect(found?.change.hub).toBe("same");
      }
      const texts = rows.filter(({ client }) => client?.includes("go on"));
      expect(texts).toMatchObject([{ label: "text", change: { hub: "same", upstream: "same" } }]);
      const calls = rows.filter(({ label }) => label === "tool call");
      expect(calls.length).toBe(2);
      for (const call of calls) expect([call.client, call.hub, call.upstream]).not.toContain(null);
    },
  );

  it("says why it cannot be done", () => {
    const good = { format: "claude", target: "/v1/messages", text: JSON.stringify(claudeBody) } as const;
    const chat = { format: "openai-chat", target: "/v1/chat/completions" } as const;
    const problem = (client: string, upstream: string): string => {
      const compared = compareStages({ ...good, text: client }, { ...chat, text: upstream });
      return compared.ok ? "" : compared.problem;
    };
    expect(problem("{", "{}")).toContain("the client's body cannot be read");
    expect(problem(good.text, "[]")).toContain("the upstream's body cannot be read");
    expect(problem("{}", "{}")).toContain("the hub cannot read the client's body");
    expect(problem("[".repeat(100_000), "{}")).toContain("nested deeper");
  });

  it("shows an upstream body that its reader refuses as it is written", () => {
    const compared = compareStages(
      { format: "claude", target: "/v1/messages", text: JSON.stringify(claudeBody) },
      { format: "openai-chat", target: "/v1/chat/completions", text: '{"odd": {"a": 1}, "max_tokens": 5}' },
    );
    expect(compared).toMatchObject({ ok: true });
    if (!compared.ok) return;
    expect(row(compared.rows, "odd")).toMatchObject({ upstream: 'odd {"a":1}', change: { upstream: "added" } });
    expect(row(compared.rows, "max tokens")).toMatchObject({
      upstream: "max_tokens 5",
      change: { upstream: "changed" },
    });
    expect(compared.gains).toContain("odd");
  });

  it("is bounded in rows and cells", () => {
    const messages = Array.from({ length: 6_000 }, (_, index) => ({
      role: "user",
      content: `${index} ${"x".repeat(500)}`,
    }));
    const { rows } = compare("openai-chat", "claude", { model: "m".repeat(5_000), messages });
    expect(rows.length).toBe(maxRows);
    expect(rows.at(-1)?.label).toMatch(/^… and \d+ more rows$/);
    for (const { label, client, hub, upstream } of rows) {
      for (const cell of [label, client, hub, upstream]) expect(cell?.length ?? 0).toBeLessThanOrEqual(maxCellLength);
    }
  });

  it("never throws, whatever the bodies hold", () => {
    const names = fc.constantFrom<string>(...fieldNames);
    const words = fc.constantFrom(
      "user",
      "assistant",
      "tool",
      "text",
      "image",
      "tool_use",
      "tool_result",
      "message",
      "m",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.oneof(fc.jsonValue(), words),
        fc.array(tie("tree"), { maxLength: 4 }),
        fc.dictionary(names, tie("tree"), { maxKeys: 6 }),
      ),
    }));
    const body = fc
      .dictionary(names, tree, { minKeys: 1 })
      .map((fields) => JSON.stringify({ model: "m", messages: [], ...fields }));
    const format = fc.constantFrom(...textFormatIds);
    fc.assert(
      fc.property(format, format, body, body, (from, to, one, other) => {
        const compared = compareStages(
          { format: from, target: targets[from].stream, text: one },
          { format: to, target: targets[to].whole, text: other },
        );
        expect(typeof compared.ok).toBe("boolean");
      }),
      { numRuns: 400 },
    );
  });
});
