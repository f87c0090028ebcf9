/** A binary call from the log into a recording and out of the player: the bytes that passed, at the times at which they came. */
import { once } from "node:events";
import { type IncomingMessage, request as httpRequest } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import cursorVectors from "../../../test/vectors/cursor-vectors.json" with { type: "json" };
import eventVectors from "../../../test/vectors/eventstream-vectors.json" with { type: "json" };
import { within } from "../../../test/support/wait.ts";
import { systemRandom } from "../../base/random.ts";
import { createRedactor } from "../../base/redact.ts";
import { createFlowLog } from "../flow-log.ts";
import type { RecordedCall } from "./format.ts";
import { startPlayer } from "./player.ts";
import { recordCall } from "./record-call.ts";

const hexOf = (list: readonly { readonly name: string; readonly hex: string | null }[], name: string): Buffer =>
  Buffer.from(list.find((one) => one.name === name)?.hex ?? "", "hex");

const cases = [
  {
    name: "Cursor's agent",
    host: "agent.api5.cursor.sh",
    path: "/agent.v1.AgentService/Run",
    requestType: "application/connect+proto",
    request: hexOf(cursorVectors.streams, "run-sse-client"),
    replyType: "text/event-stream",
    reply: hexOf(cursorVectors.streams, "agent-text"),
  },
  {
    name: "Cursor's chat, packed",
    host: "api2.cursor.sh",
    path: "/aiserver.v1.ChatService/StreamUnifiedChatWithTools",
    requestType: "application/connect+proto",
    request: hexOf(cursorVectors.streams, "chat-client-gzip"),
    replyType: "application/connect+proto",
    reply: hexOf(cursorVectors.streams, "chat-text-gzip"),
  },
  {
    name: "Kiro",
    host: "q.us-east-1.amazonaws.com",
    path: "/generateAssistantResponse",
    requestType: "application/json",
    request: Buffer.from('{"conversationState":{}}'),
    replyType: "application/vnd.amazon.eventstream",
    reply: hexOf(eventVectors.streams, "two-tools"),
  },
] as const;
type Case = (typeof cases)[number];

async function recorded({ host, path, requestType, request, replyType, reply }: Case): Promise<RecordedCall> {
  let now = 0;
  const log = createFlowLog({ clock: { now: () => now, monotonic: () => now }, random: systemRandom });
  const tap = log.open({ client: "cursor", host, method: "POST", path, protocol: "h2", action: "passthrough" });
  tap.head("client-request", { line: `POST ${path}`, headers: [["content-type", requestType]] });
  tap.chunk("client-request", request);
  now = 100;
  tap.head("client-reply", { line: "200", headers: [["content-type", replyType]] });
  tap.tell({ type: "reply-started", status: 200 });
  for (let at = 0; at < reply.byteLength; at += 50) {
    now += 20;
    tap.chunk("client-reply", reply.subarray(at, at + 50));
  }
  tap.tell({ type: "ended", state: "done" });
  const flow = log.find(tap.id);
  if (flow === undefined) throw new Error("the flow is gone");
  const told = await recordCall(flow, createRedactor());
  if (!told.ok) throw new Error(told.why);
  return told.call;
}

it.each(cases)("$name is played byte for byte, in its time", async (one) => {
  const call = await recorded(one);
  expect(call.reply?.chunks.map(({ atMs }) => atMs)).toEqual(
    Array.from({ length: Math.ceil(one.reply.byteLength / 50) }, (_, index) => 120 + 20 * index),
  );
  const slept: number[] = [];
  let now = 0;
  const player = await startPlayer({
    calls: [call],
    match: "strict",
    loop: false,
    speed: 1,
    host: "127.0.0.1",
    port: 0,
    clock: { now: () => now, monotonic: () => now },
    sleep(ms) {
      slept.push(ms);
      now += ms;
      return Promise.resolve();
    },
    onRequest: () => undefined,
  });
  onTestFinished(() => player.close());
  const asked = httpRequest(player.url + one.path, {
    method: "POST",
    headers: { "content-type": one.requestType },
    agent: false,
  });
  asked.end(one.request);
  const [reply] = await within("an answer", once(asked, "response") as Promise<[IncomingMessage]>);
  const chunks: Buffer[] = [];
  reply.on("data", (chunk: Buffer) => chunks.push(chunk));
  await within("its end", once(reply, "end"));
  expect(reply.headers["content-type"]).toBe(one.replyType);
  expect(Buffer.concat(chunks).equals(one.reply)).toBe(true);
  expect(slept.length).toBeGreaterThan(2);
});
