/** An upstream that answers 200 and then thinks in silence: how long the head is held, and what the client hears meanwhile. */
import { Stream as ClaudeSdkStream } from "@anthropic-ai/sdk/streaming";
import { Stream as OpenAiSdkStream } from "openai/streaming";
import { afterEach, describe, expect, it } from "vitest";
import { passThrough } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { callOf, clientDialects } from "./__fixtures__/clients.ts";
import { createRig, streamed, type Asked, type Rig } from "./__fixtures__/rig.ts";
import { scripted, type Scripted } from "./__fixtures__/scripted.ts";
import { chatStream, chatText, claudeEvents, claudeStream } from "./__fixtures__/wire.ts";
import { keepAliveMs } from "./open-stream.ts";

const toLocal =
  "providers: { local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000' } }\nroutes: [{ to: local/m }]";
const toClaude = 'accounts: [{ provider: claude, api_key: "${A}" }]\nroutes: [{ to: claude/claude-sonnet-4-5 }]';
const twoServers = `
providers:
  first: { type: openai-compatible, endpoint: "http://127.0.0.1:1001" }
  second: { type: openai-compatible, endpoint: "http://127.0.0.1:1002" }
combos: { both: [first/m1, second/m2] }
routes: [{ to: combo/both }]`;

const greeting = `data: ${chatText[0]}\n\n`;
const chatRest = chatStream(chatText.slice(1));
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const rigs: Rig[] = [];
function rigOf(...args: Parameters<typeof createRig>): Rig {
  const rig = createRig(...args);
  rigs.push(rig);
  return rig;
}
afterEach(() => {
  const left = rigs.splice(0).reduce((sum, rig) => sum + rig.timers(), 0);
  if (left > 0) throw new Error(`${left} timers were left behind`);
});

/** Waits in silence, from the moment the upstream has been asked until `ms` later. */
async function pass(rig: Rig, ms: number): Promise<void> {
  await settle();
  rig.pass(ms);
  await settle();
}

/** A call whose head is still held. */
async function ask(
  rig: Rig,
  asked: Asked,
): Promise<{ readonly isOpen: () => boolean; readonly reply: Promise<HttpReply> }> {
  let isOpen = false;
  const reply = rig.open(asked).then((opened) => {
    isOpen = true;
    if (opened === passThrough) throw new Error("passed through");
    return opened;
  });
  await settle();
  return { isOpen: () => isOpen, reply };
}

async function bodyOf(reply: HttpReply): Promise<{ readonly next: () => Promise<string>; readonly leave: () => void }> {
  const iterator = reply.body[Symbol.asyncIterator]();
  return {
    next: async () => Buffer.from((await iterator.next()).value ?? []).toString(),
    leave: () => void iterator.return?.(),
  };
}

async function restOf(next: () => Promise<string>): Promise<string> {
  let text = "";
  for (let piece = await next(); piece !== ""; piece = await next()) text += piece;
  return text;
}

const ping = /^event: ping\n/;
const comment = /^:.*\n\n$/;

describe("an upstream that answers 200 and is silent", () => {
  it.each(clientDialects.map(({ id }) => id))(
    "is waited for, then the head goes out with a keep-alive that a client of %s knows, then the answer",
    async (id) => {
      const upstream = scripted();
      const rig = id === "openai-chat" ? rigOf(toClaude, () => upstream.reply) : rigOf(toLocal, () => upstream.reply);
      const { isOpen, reply } = await ask(rig, callOf(id, true));
      await pass(rig, keepAliveMs - 1);
      expect(isOpen()).toBe(false);
      await pass(rig, 1);
      expect(isOpen()).toBe(true);
      expect((await reply).status).toBe(200);
      const { next } = await bodyOf(await reply);
      expect(await next()).toMatch(id === "claude" ? ping : comment);
      upstream.say(id === "openai-chat" ? claudeStream(claudeEvents) : greeting + chatRest);
      upstream.end();
      expect(await restOf(next)).toMatch(/world|lo"/);
      expect(rig.fact("attempt-ended")).toEqual([{ type: "attempt-ended", status: 200 }]);
    },
  );

  it("gives what it has said before on with the head", async () => {
    const upstream = scripted();
    const rig = rigOf(toLocal, () => upstream.reply);
    const { reply } = await ask(rig, callOf("claude", true));
    upstream.say(greeting);
    await pass(rig, keepAliveMs);
    const { next } = await bodyOf(await reply);
    expect(await next()).toContain("message_start");
    expect(await next()).toMatch(ping);
    upstream.say(chatRest);
    upstream.end();
    const rest = await restOf(next);
    expect(rest).not.toContain("message_start");
    expect(rest).toContain("message_stop");
  });

  it("may still fail over while its head is held", async () => {
    const upstream = scripted();
    const rig = rigOf(twoServers, (_, turn) => (turn === 1 ? upstream.reply : streamed(greeting + chatRest)));
    const { reply } = await ask(rig, callOf("claude", true));
    upstream.say(greeting);
    await pass(rig, keepAliveMs - 1);
    upstream.fail(new UpstreamError("reset", "body", "connection reset"));
    const { next } = await bodyOf(await reply);
    const text = await restOf(next);
    expect(text).toContain("world");
    expect(text.split("event: message_start").length - 1).toBe(1);
    expect(rig.sent.map(({ request }) => request.port)).toEqual([1001, 1002]);
  });

  it.each([
    ["breaks", (upstream: Scripted) => upstream.fail(new UpstreamError("reset", "body", "connection reset"))],
    ["S25: ends without a word", (upstream: Scripted) => upstream.end()],
    ["says an error", (upstream: Scripted) => upstream.say('data: {"error":{"message":"worker died","code":500}}\n\n')],
  ])("and then %s: the client is told in its stream, and nobody else is asked", async (_, fail) => {
    const upstream = scripted();
    const rig = rigOf(twoServers, () => upstream.reply);
    const { reply } = await ask(rig, callOf("claude", true));
    await pass(rig, keepAliveMs);
    const { next } = await bodyOf(await reply);
    expect(await next()).toMatch(ping);
    fail(upstream);
    expect(await next()).toMatch(/^event: error\ndata: \{"type":"error"/);
    await next().catch(() => "");
    expect(rig.sent).toHaveLength(1);
    expect(rig.fact("attempt-ended")[0]?.error).toBeDefined();
  });

  it("is let go when its client leaves before it reads", async () => {
    const upstream = scripted();
    const rig = rigOf(toLocal, () => upstream.reply);
    const { reply } = await ask(rig, callOf("claude", true));
    await pass(rig, keepAliveMs);
    (await bodyOf(await reply)).leave();
    upstream.end();
    await expect.poll(upstream.closed).toBe(true);
    expect(rig.sent[0]?.request.signal.aborted).toBe(true);
    expect(rig.fact("attempt-ended")).toHaveLength(1);
  });
});

describe("where bytes are left alone", () => {
  const [start, theirPing, ...rest] = claudeEvents;
  const begin = claudeStream([start, theirPing]);

  it("the client gets what came, after the wait, and nothing of ours in a minute of silence", async () => {
    const upstream = scripted();
    const rig = rigOf(toClaude, () => upstream.reply);
    const { isOpen, reply } = await ask(rig, callOf("claude", true));
    upstream.say(begin);
    await pass(rig, keepAliveMs - 1);
    expect(isOpen()).toBe(false);
    await pass(rig, 1);
    const { next } = await bodyOf(await reply);
    expect(await next()).toBe(begin);
    const pending = next();
    await pass(rig, 60_000);
    upstream.say(claudeStream(rest));
    upstream.end();
    expect(await pending).toBe(claudeStream(rest));
    expect(await next()).toBe("");
  });

  it("a failure after the wait breaks the body, with nothing put in", async () => {
    const upstream = scripted();
    const rig = rigOf(toClaude, () => upstream.reply);
    const { reply } = await ask(rig, callOf("claude", true));
    await pass(rig, keepAliveMs);
    const { next } = await bodyOf(await reply);
    const first = next();
    const cut = new UpstreamError("reset", "body", "connection reset");
    upstream.fail(cut);
    await expect(first).rejects.toBe(cut);
  });
});

describe("S21: a minute of silent thinking", () => {
  /** The whole text of an answer whose upstream greets, says nothing for a minute, and then answers. */
  async function answered(yaml: string, asked: Asked, greets: string, answers: string): Promise<string> {
    const upstream = scripted();
    const rig = rigOf(yaml, () => upstream.reply);
    const { reply } = await ask(rig, asked);
    upstream.say(greets);
    await pass(rig, keepAliveMs);
    const { next } = await bodyOf(await reply);
    let text = (await next()) + (await next());
    for (let silentMs = keepAliveMs; silentMs < 60_000; silentMs += keepAliveMs) {
      const pending = next();
      await pass(rig, keepAliveMs);
      text += await pending;
    }
    upstream.say(answers);
    upstream.end();
    return text + (await restOf(next));
  }

  it("is no silence for a Claude client, whose SDK skips the pings", async () => {
    const text = await answered(toLocal, callOf("claude", true), greeting, chatRest);
    expect(text.split("event: ping").length - 1).toBe(4);
    const types: string[] = [];
    let said = "";
    for await (const event of ClaudeSdkStream.fromSSEResponse<Record<string, unknown>>(
      new Response(text),
      new AbortController(),
    )) {
      types.push(String(event["type"]));
      said += (event["delta"] as { text?: string } | undefined)?.text ?? "";
    }
    expect(said).toBe("Grüße, world");
    expect(types).not.toContain("ping");
    expect(types.at(-1)).toBe("message_stop");
  });

  it("is no silence for a Chat client, whose SDK skips the comments", async () => {
    const [start, ...rest] = claudeEvents;
    const asked = callOf("openai-chat", true);
    const text = await answered(toClaude, asked, claudeStream([start]), claudeStream(rest));
    expect(text.match(/^:/gm)).toHaveLength(4);
    let said = "";
    const chunks = OpenAiSdkStream.fromSSEResponse<{ choices: { delta: { content?: string } }[] }>(
      new Response(text),
      new AbortController(),
    );
    for await (const chunk of chunks) said += chunk.choices[0]?.delta.content ?? "";
    expect(said).toBe("Hello");
  });
});
