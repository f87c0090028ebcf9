/**
 * What none of the five gateways that were measured (late 2026) gets right on any cross pair, point by point and pair by pair.
 * What several get wrong is in shared-failures-several.test.ts and shared-failures-wire.test.ts; Codex's own requests are in codex.test.ts.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import type { Asked } from "../support/provider-turn.ts";
import { createClient, failureOf, fetchThrough, type Dialect } from "./clients.ts";
import { by, from, inPairs } from "./in-pairs.ts";
import { counts, crossPairs, modelTo, play, startRig, ways, type Rig } from "./rig.ts";
import { listTool, png, readTool } from "./scenes.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

describe("none gets right: an image inside a tool result", () => {
  // Chat's tool messages hold text only, in the client's requests as in ours.
  it.each(inPairs(() => rig, from("openai-responses", "claude", "gemini")))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const { asked } = script(
      { type: "tools", calls: [{ name: "read_file", input: { path: "/a.png" } }] },
      { type: "text", text: "A dot." },
    );
    const heard = await client.ask({ model, stream, tools: [readTool] });
    const end = await heard.reply(heard.calls.map((call) => ({ call, text: "the picture:", image: png })));
    expect(end).toMatchObject({ text: "A dot.", stop: "end" });
    expect(asked[1]?.imageData).toEqual([png]);
    expect(asked[1]?.toolResults[0]).toContain("the picture:");
    expect(asked[1]?.toolResults[0]).not.toContain(png.slice(0, 40));
  });
});

describe("none gets right: a tool result marked as an error", () => {
  // The OpenAI dialects have no such mark.
  it.each(inPairs(() => rig, from("claude", "gemini")))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const { asked } = script(
      { type: "tools", calls: ["/a", "/b"].map((path) => ({ name: "read_file", input: { path } })) },
      { type: "text", text: "One failed." },
    );
    const heard = await client.ask({ model, stream, tools: [readTool] });
    const [first, second] = heard.calls;
    if (first === undefined || second === undefined) throw new Error("two calls were made");
    await heard.reply([
      { call: first, text: "no such file", isError: true },
      { call: second, text: "content" },
    ]);
    expect(asked[1]?.results.map(({ isError }) => isError)).toEqual([true, false]);
    expect(asked[1]?.toolResults[0]).toContain("no such file");
  });
});

describe("none gets right: a full context, so that the client compacts", () => {
  const words: Readonly<Record<Dialect, RegExp>> = {
    "openai-chat": /context_length_exceeded/,
    "openai-responses": /context_length_exceeded/,
    claude: /prompt is too long/,
    gemini: /INVALID_ARGUMENT.*token count.*exceeds the maximum number of tokens/,
  };
  it.each(inPairs(() => rig, crossPairs))("%s", async (_, scene) => {
    const { client, clientDialect, model, stream, script } = scene();
    script({ type: "error", status: 400, isOverflow: true });
    const { status, code, message } = await failureOf(client, client.ask({ model, stream }));
    expect(status).toBe(400);
    expect(`${code} ${message}`).toMatch(words[clientDialect]);
  });
});

describe("none gets right: the words of a refusal", () => {
  // Gemini has no words for it.
  it.each(inPairs(() => rig, by("openai-chat", "openai-responses", "claude")))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    script({ type: "says", parts: [{ type: "refusal", text: "I will not help with that." }] });
    const heard = await client.ask({ model, stream });
    expect([heard.text, heard.refusal]).toContain("I will not help with that.");
    expect(heard.calls).toEqual([]);
  });
});

describe("none gets right: a blocked prompt", () => {
  it.each(inPairs(() => rig, crossPairs))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    script({ type: "blocked" });
    const heard = await client.ask({ model, stream });
    expect(heard).toMatchObject({ text: "", calls: [], stop: "filter" });
    expect(heard.usage?.input).toBe(counts.input);
  });
});

describe("none gets right: tool names with dots, slashes and more characters than fit", () => {
  const names = [
    "fs.read",
    "fs_read",
    "fs/read",
    `mcp__server__${"a_long_name_".repeat(6)}1`,
    `mcp__server__${"a_long_name_".repeat(6)}2`,
  ];
  it.each(inPairs(() => rig, crossPairs))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const { asked } = script({ type: "text", text: "Which?" });
    await client.ask({ model, stream, tools: names.map((name) => ({ ...readTool, name })) });
    const wire = asked[0]?.tools.map(({ name }) => name) ?? [];
    expect(new Set(wire).size).toBe(names.length);
    const { asked: again } = script(
      { type: "tools", calls: wire.map((name, index) => ({ name, input: { path: `/${index}` } })) },
      { type: "text", text: "All." },
    );
    const heard = await client.ask({ model, stream, tools: names.map((name) => ({ ...readTool, name })) });
    expect(heard.calls.map(({ name }) => name)).toEqual(names);
    await heard.reply(heard.calls.map((call) => ({ call, text: `of ${call.name}` })));
    expect(again[1]?.calls.map(({ name }) => name)).toEqual(wire);
    expect(again[1]?.results.map(({ text }) => text)).toEqual(names.map((name) => `of ${name}`));
  });
});

describe("none gets right: two calls of the same name in one Gemini turn", () => {
  it.each(inPairs(() => rig, [...from("gemini"), ...by("gemini")]))("%s", async (_, scene) => {
    const { client, model, stream, script } = scene();
    const { asked } = script(
      { type: "tools", calls: ["/a", "/b", "/a"].map((path) => ({ name: "read_file", input: { path } })) },
      { type: "text", text: "Read." },
    );
    const heard = await client.ask({ model, stream, tools: [readTool, listTool] });
    expect(heard.calls.map(({ input }) => input)).toEqual([{ path: "/a" }, { path: "/b" }, { path: "/a" }]);
    expect(new Set(heard.calls.map(({ id }) => id)).size).toBe(3);
    // Tools end when they end: the answers come in another order.
    const answers = heard.calls.map((call, index) => ({ call, text: `content ${index}` })).toReversed();
    await heard.reply(answers);
    expect(asked[1]?.toolResults).toEqual(["content 0", "content 1", "content 2"]);
  });
});

describe("none gets right: freeform tools", () => {
  const patch = '*** Begin Patch\n*** Update File: a.ts\n@@\n-"old"\n+"nëw \\ 世界"\n*** End Patch\n';
  const patchTool = { name: "apply_patch", description: "Applies a patch", grammar: 'start: "*** Begin Patch" LF' };
  // The SDK's stream helper for Chat throws on every freeform call, its own provider's too (measured, 6.49).
  const cases = [
    ...inPairs(() => rig, from("openai-chat"), [ways[0]]),
    ...inPairs(() => rig, from("openai-responses")),
  ];
  it.each(cases)("%s", async (_, scene) => {
    const { client, provider, model, stream } = scene();
    const asked: Asked[] = [];
    rig.fake(provider).answerWith((question) => {
      asked.push(question);
      if (question.toolResults.length > 0) return { type: "text", text: "Patched." };
      // A provider that knows such tools answers in kind, any other with the one argument it was given.
      const freeform = question.tools[0]?.isFreeform === true ? { freeform: patch } : {};
      return { type: "tools", calls: [{ name: "apply_patch", input: { input: patch }, ...freeform }] };
    });
    const heard = await client.ask({ model, stream, tools: [patchTool] });
    expect(heard).toMatchObject({ stop: "tools", calls: [{ name: "apply_patch", input: patch }] });
    const end = await heard.reply(heard.calls.map((call) => ({ call, text: "Done!" })));
    expect(end).toMatchObject({ text: "Patched.", stop: "end" });
    const [tool] = asked[0]?.tools ?? [];
    expect(tool?.name).toBe("apply_patch");
    expect(tool?.description).toContain("Applies a patch");
    expect(asked[1]?.calls).toEqual([
      { name: "apply_patch", input: tool?.isFreeform === true ? patch : { input: patch } },
    ]);
    expect(asked[1]?.toolResults).toEqual(["Done!"]);
  });
});

describe("none gets right: the paths of a newer @google/genai", () => {
  describe.each(["v1", "v1alpha"])("/%s/models/…", (apiVersion) => {
    it.each(from("gemini"))("%s client by %s", async (_, provider) => {
      const client = createClient("gemini", { fetch: fetchThrough(rig.dispatcher), apiVersion });
      play(rig.fake(provider), { type: "text", text: "Found." });
      for (const stream of [false, true]) {
        expect(await client.ask({ model: modelTo(provider), stream })).toMatchObject({ text: "Found.", stop: "end" });
      }
    });
  });
});
