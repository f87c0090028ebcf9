/**
 * Calls of Kiro and Cursor as they are kept, published, exported and recorded: what names a person, a machine or a login in
 * them is nowhere to be found afterwards.
 */
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { systemClock } from "../base/clock.ts";
import type { HeaderPairs } from "../base/http.ts";
import { systemRandom } from "../base/random.ts";
import { createRedactor } from "../base/redact.ts";
import { encodeEvent } from "../engine/codecs/aws-event-stream.ts";
import { compressedFlag, endEnvelope, envelope } from "../engine/codecs/connect.ts";
import { encodeMessage } from "../engine/formats/cursor/wire/schema.ts";
import { maskedForSharing } from "./export/mask-shared.ts";
import { harEntries } from "./export/har.ts";
import { flowDetailJson } from "./flow-json.ts";
import { type CapturedFlow, createFlowLog } from "./flow-log.ts";
import { recordCall } from "./recording/record-call.ts";

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOiJqd3QifQ.Y2FuYXJ5c2lnbmF0dXJl";
const machine = "c0ffee".repeat(10).padEnd(64, "1");
const canaries = {
  jwt: jwt.slice(10),
  machine,
  mac: "deadbeef".repeat(8),
  clientKey: "feedface".repeat(8),
  session: "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
  cookie: "user_01CANARY%3A%3A",
  refresh: "aorAAAAAGcanaryRefreshTokenOfKiro",
  account: "arn:aws:codewhisperer:us-east-1:123456789012:profile/CANARY",
  verifier: "canaryverifier0123456789abcdef",
} as const;
const email = "canary.person@example.org";

const cursorHeaders: HeaderPairs = [
  ["authorization", `Bearer ${jwt}`],
  ["x-cursor-checksum", `pZGTi4-_${canaries.machine}/${canaries.mac}`],
  ["x-client-key", canaries.clientKey],
  ["x-session-id", canaries.session],
  ["x-cursor-client-version", "3.1.0"],
  ["cookie", `WorkosCursorSessionToken=${canaries.cookie}${jwt}`],
  ["content-type", "application/connect+proto"],
];
const kiroHeaders: HeaderPairs = [
  ["authorization", `Bearer ${canaries.refresh}`],
  ["x-amzn-kiro-profile-arn", canaries.account],
  ["user-agent", `aws-sdk-js/1.0.27 ua/2.1 api/codewhispererstreaming#1.0.27 m/E KiroIDE-1.0.228-${machine}`],
  ["x-amz-user-agent", `aws-sdk-js/1.0.27 KiroIDE-1.0.228-${machine}`],
  ["content-type", "application/json"],
];

const words = `my token: ${jwt}, written by ${email}`;
const run = encodeMessage("AgentClientMessage", {
  runRequest: { action: { userMessageAction: { userMessage: { text: words } } }, conversationId: "c" },
});
const settings = JSON.stringify({ refreshToken: canaries.refresh, machineId: machine, profileArn: canaries.account });
const delta = (text: string): Uint8Array =>
  encodeMessage("AgentServerMessage", { interactionUpdate: { textDelta: { text } } });

interface Call {
  readonly host: string;
  readonly path: string;
  readonly headers: HeaderPairs;
  readonly request: Uint8Array;
  readonly replyType: string;
  readonly reply: Uint8Array;
}

const agentReply = Buffer.concat([
  envelope(delta(`you said ${jwt}`)),
  envelope(gzipSync(delta(`${settings} ${email}`)), compressedFlag),
  endEnvelope({ error: { code: "unauthenticated", message: jwt } }),
]);

const calls: Readonly<Record<string, Call>> = {
  "an agent's run": {
    host: "agent.api5.cursor.sh",
    path: "/agent.v1.AgentService/Run",
    headers: cursorHeaders,
    request: Buffer.concat([envelope(run), envelope(gzipSync(run), compressedFlag)]),
    replyType: "application/connect+proto",
    reply: agentReply,
  },
  "an append and a stream that calls itself text": {
    host: "api2.cursor.sh",
    path: "/aiserver.v1.BidiService/BidiAppend",
    headers: cursorHeaders.map(([name, value]) => [name, name === "content-type" ? "application/proto" : value]),
    request: encodeMessage("BidiAppendRequest", {
      data: Buffer.from(run).toString("hex"),
      requestId: { requestId: "r" },
    }),
    replyType: "text/event-stream",
    reply: agentReply,
  },
  "a login that is polled for": {
    host: "api2.cursor.sh",
    path: `/auth/poll?uuid=u&verifier=${canaries.verifier}`,
    headers: cursorHeaders,
    request: new Uint8Array(),
    replyType: "application/json",
    reply: Buffer.from(settings),
  },
  "a Kiro call": {
    host: "q.us-east-1.amazonaws.com",
    path: `/generateAssistantResponse?profileArn=${encodeURIComponent(canaries.account)}`,
    headers: kiroHeaders,
    request: Buffer.from(JSON.stringify({ ...(JSON.parse(settings) as object), content: words })),
    replyType: "application/vnd.amazon.eventstream",
    reply: Buffer.concat([
      encodeEvent("assistantResponseEvent", Buffer.from(JSON.stringify({ content: words }))),
      encodeEvent("invalidStateEvent", Buffer.from(settings)),
    ]),
  },
};

function passed(call: Call): { readonly flow: CapturedFlow; readonly log: ReturnType<typeof createFlowLog> } {
  const log = createFlowLog({ clock: systemClock, random: systemRandom });
  const { host, path } = call;
  const tap = log.open({ client: "cursor", host, method: "POST", path, protocol: "h2", action: "passthrough" });
  tap.head("client-request", { line: `POST ${path}`, headers: call.headers });
  tap.chunk("client-request", call.request);
  tap.head("client-reply", {
    line: "200",
    headers: [
      ["content-type", call.replyType],
      ["set-cookie", `WorkosCursorSessionToken=${canaries.cookie}${jwt}; Path=/`],
    ],
  });
  tap.tell({ type: "reply-started", status: 200 });
  // Cut where it hurts.
  tap.chunk("client-reply", call.reply.subarray(0, 37));
  tap.chunk("client-reply", call.reply.subarray(37));
  tap.tell({ type: "ended", state: "done" });
  const flow = log.find(tap.id);
  if (flow === undefined) throw new Error("the flow is gone");
  return { flow, log };
}

/** A text with everything that stands in it in base64 or hexadecimal beside it. */
function laidOpen(text: string): string {
  const inner = [...text.matchAll(/"(?:base64|text)":"([A-Za-z0-9+/=]{24,})"/g)].map(([, data = ""]) =>
    Buffer.from(data, "base64").toString("latin1"),
  );
  const hex = inner.flatMap((one) =>
    [...one.matchAll(/[0-9a-f]{40,}/g)].map(([data]) => Buffer.from(data, "hex").toString("latin1")),
  );
  return [text, ...inner, ...hex].join("\n");
}

function expectClean(text: string, more: readonly string[] = []): void {
  const open = laidOpen(text);
  for (const canary of [...Object.values(canaries), ...more]) expect(open).not.toContain(canary);
}

describe.each(Object.entries(calls))("%s", (_, call) => {
  it("is published without what must not be shown", async () => {
    const { flow } = passed(call);
    expectClean(JSON.stringify(flow.record()));
    const published = JSON.stringify(await flowDetailJson(flow, createRedactor()));
    expectClean(published);
    expect(published).toContain("200");
  });

  it("is exported without it, and without addresses", async () => {
    expect.hasAssertions();
    const { flow } = passed(call);
    const shared = await maskedForSharing(await flowDetailJson(flow, createRedactor()));
    expectClean(JSON.stringify(shared), [email]);
    expectClean(JSON.stringify(harEntries(shared, "both")), [email]);
  });

  it("is recorded without it, and can still be played", async () => {
    const { flow } = passed(call);
    const recorded = await recordCall(flow, createRedactor());
    if (!recorded.ok) throw new Error(recorded.why);
    expectClean(JSON.stringify(recorded.call), [email]);
    const length = (recorded.call.reply?.chunks ?? []).reduce(
      (sum, chunk) =>
        sum + ("text" in chunk ? Buffer.from(chunk.text) : Buffer.from(chunk.base64, "base64")).byteLength,
      0,
    );
    expect(length).toBe(call.reply.byteLength);
  });
});

it("keeps what is no secret", async () => {
  const { flow } = passed(calls["an agent's run"] as Call); // of the table above
  const shown = JSON.stringify(await flowDetailJson(flow, createRedactor()));
  expect(shown).toContain("x-cursor-client-version");
  expect(shown).toContain("written by");
  expect(shown).toContain("runRequest");
});
