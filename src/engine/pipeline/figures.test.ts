/** What is told of usage: the provider's figures, a guess where it gives none, and that a call failed. */
import { describe, expect, it } from "vitest";
import type { CallObserver, UsedEvent } from "../observer.ts";
import { noObserver } from "../observer.ts";
import { chatRequest, chatStream, chatText, claudeRequest } from "./__fixtures__/wire.ts";
import { createRig, json, streamed, type Play, type Rig } from "./__fixtures__/rig.ts";

const yaml = `
accounts: [{ provider: openai, name: a, api_key: "\${A}" }]
routes: [{ to: openai/gpt-5 }]
`;
const toChat = { host: "api.openai.com", target: "/v1/chat/completions", client: "node" as const };

function observed(play: Play): { readonly rig: Rig; readonly used: UsedEvent[] } {
  const used: UsedEvent[] = [];
  const observer: CallObserver = {
    ...noObserver,
    used(event) {
      used.push(event);
      return { costUsd: 0.5 };
    },
  };
  return { rig: createRig(yaml, play, () => ({ observer })), used };
}

/** A Chat stream that nobody asked for figures. */
const silent = chatStream(chatText.filter((chunk) => !chunk.includes('"usage":{')));

describe("usage that a provider does not tell", () => {
  it.each([
    [
      "in the client's own dialect, whose bytes are only passed on",
      { ...toChat, body: { ...chatRequest, stream: true } },
    ],
    ["in another dialect", { body: { ...claudeRequest, stream: true } }],
  ])("is a guess, and marked as one: %s", async (_, asked) => {
    const { rig, used } = observed(() => streamed(silent, { size: 7 }));
    expect((await rig.ask(asked)).status).toBe(200);
    expect(used).toHaveLength(1);
    expect(used[0]?.usage).toMatchObject({ estimated: true, cacheRead: 0 });
    expect(used[0]?.usage.input).toBeGreaterThan(5);
    expect(used[0]?.usage.output).toBeGreaterThan(0);
    expect(rig.fact("usage").at(-1)?.usage.estimated).toBe(true);
  });

  it("is what it says where it says it", async () => {
    const { rig, used } = observed(() => streamed(chatStream(chatText)));
    await rig.ask({ ...toChat, body: { ...chatRequest, stream: true } });
    expect(used[0]?.usage).toMatchObject({ estimated: false });
    expect(rig.fact("cost")).toEqual([{ type: "cost", usd: 0.5 }]);
  });
});

describe("a call that nobody answered", () => {
  it("counts once, as failed, whoever was asked for it", async () => {
    const { rig, used } = observed(() => json(500, { error: { message: "no" } }));
    expect((await rig.ask({ body: claudeRequest })).status).toBe(500);
    expect(used).toMatchObject([
      { provider: "openai", account: { name: "a" }, model: "gpt-5", ok: false, usage: { input: 0, output: 0 } },
    ]);
  });

  it("does not count when its client has gone, or nobody was asked", async () => {
    const client = new AbortController();
    const gone = observed(() => {
      client.abort();
      return Promise.reject(new Error("aborted"));
    });
    await gone.rig.ask({ body: claudeRequest, signal: client.signal });
    const refused = observed(() => json(200, {}));
    await refused.rig.ask({ body: claudeRequest, authorized: false });
    expect([gone.used, refused.used]).toEqual([[], []]);
  });
});
