import { describe, expect, it } from "vitest";
import { passThrough } from "../../base/exchange.ts";
import type { HttpReply } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createRig, gather, streamed, type Rig } from "./__fixtures__/rig.ts";
import { scripted } from "./__fixtures__/scripted.ts";
import { chatStream, chatText, claudeRequest } from "./__fixtures__/wire.ts";
import { keepAliveMs } from "./open-stream.ts";

const yaml =
  "providers: { local: { type: openai-compatible, endpoint: 'http://127.0.0.1:8000' } }\nroutes: [{ to: local/m }]";
const frame = (chunk: string): Buffer => Buffer.from(`data: ${chunk}\n\n`);

async function openReply(rig: Rig, signal?: AbortSignal): Promise<HttpReply> {
  const reply = await rig.open({ body: claudeRequest, ...(signal === undefined ? {} : { signal }) });
  if (reply === passThrough) throw new Error("passed through");
  return reply;
}

describe("the commit point", () => {
  it("holds the head until the upstream has said something useful", async () => {
    const upstream = scripted();
    const rig = createRig(yaml, () => upstream.reply);
    let isOpen = false;
    const opening = openReply(rig).then((reply) => {
      isOpen = true;
      return reply;
    });
    upstream.say(frame(chatText[0]));
    await new Promise(setImmediate);
    expect(isOpen).toBe(false);
    upstream.say(frame(chatText[1]));
    const reply = await opening;
    upstream.end();
    expect(Buffer.concat(await gather(reply.body).catch(() => [])).toString()).toBe("");
  });

  it("gives each piece on before the next one comes", async () => {
    const upstream = scripted();
    const rig = createRig(yaml, () => upstream.reply);
    upstream.say(frame(chatText[0]));
    upstream.say(frame(chatText[1]));
    const reply = await openReply(rig);
    const iterator = reply.body[Symbol.asyncIterator]();
    const first = await iterator.next();
    expect(Buffer.from(first.value ?? []).toString()).toContain("Grüße");
    upstream.say(frame(chatText[2]));
    const second = await iterator.next();
    expect(Buffer.from(second.value ?? []).toString()).toContain("world");
    await iterator.return?.();
    await expect.poll(upstream.closed).toBe(true);
  });

  it("pulls no faster than its reader", async () => {
    let pulled = 0;
    const body = (async function* () {
      yield frame(chatText[0]);
      for (;;) {
        pulled += 1;
        yield frame(chatText[1]);
      }
    })();
    const rig = createRig(yaml, () => ({ status: 200, headers: [["content-type", "text/event-stream"]], body }));
    const reply = await openReply(rig);
    const iterator = reply.body[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    await new Promise(setImmediate);
    expect(pulled).toBeLessThanOrEqual(3);
    await iterator.return?.();
  });
});

describe("a stream that began", () => {
  const begun = [chatText[0], chatText[1]].map(frame);

  it("ends with the dialect's error frame and then broken, when the upstream is cut", async () => {
    const cut = new UpstreamError("reset", "body", "connection reset");
    const rig = createRig(yaml, () => streamed(Buffer.concat(begun).toString(), { cut }));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.text).toContain("event: error\n");
    expect(answer.text).not.toContain("message_stop");
    expect(answer.broken).toBe(cut);
    expect(rig.fact("attempt-ended")).toEqual([
      { type: "attempt-ended", status: 200, error: "truncated: connection reset" },
    ]);
  });

  it("ends broken when the upstream closes politely in the middle", async () => {
    const rig = createRig(yaml, () => streamed(Buffer.concat(begun).toString()));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.text).toContain("event: error\n");
    expect(answer.broken).toBeInstanceOf(UpstreamError);
  });

  it("ends politely with the error frame, when the provider itself said the error", async () => {
    const text = `${Buffer.concat(begun).toString()}data: {"error":{"message":"worker died","code":500}}\n\n`;
    const rig = createRig(yaml, () => streamed(text, { size: 100 }));
    const answer = await rig.ask({ body: claudeRequest });
    expect(answer.text).toContain("worker died");
    expect(answer.text).not.toContain("message_stop");
    expect(answer.broken).toBeNull();
    // A 200 that ends well: the flow has to say itself that it failed.
    const told = rig.fact("described").map((fact) => JSON.stringify(fact));
    expect(told.filter((text) => text.includes('"error":') && text.includes("worker died"))).toHaveLength(1);
  });

  it("is complete when its end was said, however the connection behind it ends", async () => {
    const cut = new UpstreamError("reset", "body", "connection reset");
    const answer = await createRig(yaml, () => streamed(chatStream(chatText), { cut, size: 40 })).ask({
      body: claudeRequest,
    });
    expect(answer.text).toContain("message_stop");
    expect(answer.broken).toBeNull();
  });

  it("does not wait for an upstream that has said its end and stays", async () => {
    const upstream = scripted();
    const rig = createRig(yaml, () => upstream.reply);
    upstream.say(Buffer.from(chatStream(chatText.slice(0, 2)).replace("data: [DONE]\n\n", "")));
    const reply = await openReply(rig);
    upstream.say(Buffer.from(chatStream(chatText.slice(2))));
    const iterator = reply.body[Symbol.asyncIterator]();
    await iterator.next();
    expect(Buffer.from((await iterator.next()).value ?? []).toString()).toContain("message_stop");
    // Not a moment later: some clients hang up on the last frame, and would seem to have left too early.
    expect((await iterator.next()).done).toBe(true);
    expect(rig.sent[0]?.request.signal.aborted).toBe(false);
    rig.pass(250);
    expect(rig.sent[0]?.request.signal.aborted).toBe(true);
  });

  it("leaves an upstream its connection that ends a moment after its last word", async () => {
    const upstream = scripted();
    const rig = createRig(yaml, () => upstream.reply);
    upstream.say(Buffer.from(chatStream(chatText)));
    await gather((await openReply(rig)).body);
    upstream.end();
    await new Promise(setImmediate);
    rig.pass(250);
    expect(rig.sent[0]?.request.signal.aborted).toBe(false);
    expect(rig.timers()).toBe(0);
  });

  it("that came whole in one piece does not wait either", async () => {
    const upstream = scripted();
    const rig = createRig(yaml, () => upstream.reply);
    upstream.say(Buffer.from(chatStream(chatText)));
    const iterator = (await openReply(rig)).body[Symbol.asyncIterator]();
    expect(Buffer.from((await iterator.next()).value ?? []).toString()).toContain("message_stop");
    expect((await iterator.next()).done).toBe(true);
  });

  it("is kept alive in the client's dialect while the upstream is silent", async () => {
    const upstream = scripted();
    const rig = createRig(yaml, () => upstream.reply);
    for (const bytes of begun) upstream.say(bytes);
    const reply = await openReply(rig);
    const iterator = reply.body[Symbol.asyncIterator]();
    await iterator.next();
    for (let round = 0; round < 2; round += 1) {
      const next = iterator.next();
      await new Promise(setImmediate);
      rig.pass(keepAliveMs);
      expect(Buffer.from((await next).value ?? []).toString()).toMatch(/ping|^:/);
    }
    upstream.say(frame(chatText[2]));
    expect(Buffer.from((await iterator.next()).value ?? []).toString()).toContain("world");
    await iterator.return?.();
  });
});

describe("a client that goes away", () => {
  it("frees the upstream even when the answer was never begun to be read", async () => {
    const upstream = scripted();
    const rig = createRig(yaml, () => upstream.reply);
    upstream.say(Buffer.concat([frame(chatText[0]), frame(chatText[1])]));
    const reply = await openReply(rig);
    await reply.body[Symbol.asyncIterator]().return?.();
    expect(rig.sent[0]?.request.signal.aborted).toBe(true);
    expect(rig.fact("attempt-ended")).toHaveLength(1);
    await expect.poll(upstream.closed).toBe(true);
  });

  it("takes the upstream with it at once, before the reply", async () => {
    const client = new AbortController();
    let signal: AbortSignal | null = null;
    const rig = createRig(yaml, (sent) => {
      signal = sent.request.signal;
      return new Promise((_, reject) => {
        sent.request.signal.addEventListener("abort", () => reject(new UpstreamError("aborted", "reply", "gone")));
        client.abort();
      });
    });
    const reply = await openReply(rig, client.signal);
    expect(reply.status).toBe(499);
    expect(signal).toMatchObject({ aborted: true });
  });

  it("takes the upstream with it at once, in the middle", async () => {
    const client = new AbortController();
    const upstream = scripted();
    const rig = createRig(yaml, (sent) => {
      sent.request.signal.addEventListener("abort", () => upstream.fail(new UpstreamError("aborted", "body", "gone")));
      return upstream.reply;
    });
    upstream.say(Buffer.concat([frame(chatText[0]), frame(chatText[1])]));
    const reply = await openReply(rig, client.signal);
    const iterator = reply.body[Symbol.asyncIterator]();
    await iterator.next();
    const pending = iterator.next();
    client.abort();
    await expect(pending).rejects.toMatchObject({ failure: "aborted" });
    expect(upstream.closed()).toBe(true);
    expect(rig.sent).toHaveLength(1);
  });
});
