/**
 * Conversations that do not stay where they began: another provider answers the next turn (a fallback, a changed rule, a
 * user who picks another model), the client gives up on a call, or many talk at once.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import { dialects, type Dialect } from "./clients.ts";
import { crossPairs, modelTo, pairs, play, startRig, thinkerTo, ways, type Rig, type Script } from "./rig.ts";
import { listTool, readTool } from "./scenes.ts";

const stage = createStage();
let rig: Rig;
beforeAll(async () => {
  rig = await startRig(stage);
});
afterAll(() => stage.close());

const thoughtful = {
  type: "says",
  parts: [
    { type: "thinking", text: "I need both of them." },
    { type: "text", text: "I read both." },
    { name: "read_file", input: { path: "/a" } },
    { name: "read_file", input: { path: "/b" } },
  ],
} as const;

/**
 * Nobody is shown what another provider signed. A body that is passed on in its own dialect may be refused once for what
 * another dialect left in it, and is then put right.
 */
function expectTaken(script: Script, isPassedOn: boolean): void {
  const statuses = script.seen().map(({ status }) => status);
  if (isPassedOn) expect([[200], [400, 200]]).toContainEqual(statuses);
  else expect(statuses).toEqual([200]);
}

const moves = dialects.flatMap((client) =>
  dialects.flatMap((first) =>
    dialects.filter((second) => second !== first).map((second) => [client, first, second] as const),
  ),
);

describe.each(moves)("%s client that moves from %s to %s", (client, first, second) => {
  it.each(ways)("in the middle of a tool loop, and back, %s", async (_, stream) => {
    const here = play(rig.fake(first), thoughtful);
    const asking = { model: thinkerTo(first), stream, thinks: true, tools: [readTool, listTool] };
    const heard = await rig.client(client).ask(asking);
    expect(heard.calls).toHaveLength(2);
    const there = play(rig.fake(second), {
      type: "says",
      parts: [
        { type: "thinking", text: "One more." },
        { name: "list_folder", input: { path: "/" } },
      ],
    });
    const moved = await heard.reply(
      heard.calls.map((call) => ({ call, text: `content of ${JSON.stringify(call.input)}` })),
      undefined,
      thinkerTo(second),
    );
    expect(moved.calls).toMatchObject([{ name: "list_folder", input: { path: "/" } }]);
    expectTaken(there, client === second);
    expect(there.asked[0]?.toolResults).toEqual(['content of {"path":"/a"}', 'content of {"path":"/b"}']);
    expect(there.asked[0]?.calls.map(({ name }) => name)).toEqual(["read_file", "read_file"]);
    const answer = play(rig.fake(first), { type: "text", text: "All of it read." });
    const back = await moved.reply(
      moved.calls.map((call) => ({ call, text: "a, b" })),
      undefined,
      thinkerTo(first),
    );
    expect(back).toMatchObject({ text: "All of it read.", stop: "end" });
    expectTaken(answer, client === first);
    expect(answer.asked[0]?.toolResults).toHaveLength(3);
    expect(here.asked).toHaveLength(1);
  });
});

describe.each(crossPairs)("%s client by %s", (client, provider) => {
  it.each(ways)("that answers nothing to a call and asks something else, %s", async (_, stream) => {
    const { asked, seen } = play(rig.fake(provider), thoughtful, { type: "text", text: "As you wish." });
    const heard = await rig.client(client).ask({ model: thinkerTo(provider), stream, thinks: true, tools: [readTool] });
    const end = await heard.reply([], "Stop that. What is one and one?");
    expect(end.text).toBe("As you wish.");
    expect(seen().map(({ status }) => status)).toEqual([200, 200]);
    expect(asked[1]?.results.map(({ name }) => name)).toEqual(["read_file", "read_file"]);
    expect(asked[1]?.userTexts.join(" ")).toContain("What is one and one?");
  });

  it.each(ways)("that answers one call of two, %s", async (_, stream) => {
    const { asked, seen } = play(rig.fake(provider), thoughtful, { type: "text", text: "Half of it." });
    const heard = await rig.client(client).ask({ model: modelTo(provider), stream, tools: [readTool] });
    const second = heard.calls[1];
    if (second === undefined) throw new Error("two calls were made");
    expect((await heard.reply([{ call: second, text: "content of b" }])).text).toBe("Half of it.");
    expect(seen().map(({ status }) => status)).toEqual([200, 200]);
    expect(asked[1]?.toolResults[1]).toBe("content of b");
    expect(asked[1]?.results).toHaveLength(2);
  });
});

describe("a thought whose text stays with the provider", () => {
  const withPlace: readonly Dialect[] = ["openai-responses", "claude", "gemini"];
  const hidden = pairs.filter(([client, provider]) => withPlace.includes(client) && withPlace.includes(provider));
  describe.each(hidden)("is brought back by a %s client to %s", (client, provider) => {
    it.each(ways)("%s", async (_, stream) => {
      const { asked, seen } = play(
        rig.fake(provider),
        {
          type: "says",
          parts: [
            { type: "thinking", text: "Nobody sees this.", isHidden: true },
            { name: "read_file", input: { path: "/a" } },
          ],
        },
        { type: "text", text: "Read." },
      );
      const asking = { model: thinkerTo(provider), stream, thinks: true, tools: [readTool] };
      const heard = await rig.client(client).ask(asking);
      expect(heard.thinking).toBe("");
      await heard.reply(heard.calls.map((call) => ({ call, text: "content" })));
      expect(seen().map(({ status }) => status)).toEqual([200, 200]);
      expect(asked[1]?.blobs).toHaveLength(1);
    });
  });
});

describe("a signature on text alone", () => {
  it.each(dialects)("from gemini comes back through a %s client", async (client) => {
    for (const [, stream] of ways) {
      const { seen } = play(
        rig.fake("gemini"),
        {
          type: "says",
          parts: [
            { type: "thinking", text: "Easy." },
            { type: "text", text: "Two." },
          ],
        },
        { type: "text", text: "Three." },
      );
      const heard = await rig.client(client).ask({ model: thinkerTo("gemini"), stream, thinks: true, text: "1+1?" });
      expect(heard.text).toBe("Two.");
      expect(await heard.reply([], "2+1?")).toMatchObject({ text: "Three.", stop: "end" });
      expect(seen().map(({ status }) => status)).toEqual([200, 200]);
    }
  });
});

describe("many at once", () => {
  it("get their own answers, each in its own dialect", async () => {
    for (const dialect of dialects) {
      rig.fake(dialect).answerWith((asked) => {
        const said = asked.userTexts.findLast((text) => text !== "") ?? "";
        if (asked.toolResults.length > 0) return { type: "text", text: `${said} ${asked.toolResults.join()}` };
        return { type: "tools", text: said, calls: [{ name: "read_file", input: { path: said } }] };
      });
    }
    const talks = Array.from({ length: 96 }, async (_, index) => {
      const [client, provider] = pairs[index % pairs.length] ?? ["claude", "gemini"];
      const text = `question ${index} of ${client} to ${provider}`;
      const asking = { model: modelTo(provider), stream: index % 3 > 0, text, tools: [readTool] };
      const heard = await rig.client(client).ask(asking);
      expect(heard).toMatchObject({ text, calls: [{ input: { path: text } }], stop: "tools" });
      const end = await heard.reply(heard.calls.map((call) => ({ call, text: `result ${index}` })));
      expect(end.text).toBe(`${text} result ${index}`);
    });
    await Promise.all(talks);
  });
});
