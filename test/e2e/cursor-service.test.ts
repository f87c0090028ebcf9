/** The fake of Cursor's agent service on its own: what it refuses, asked by our provider over real HTTP/2. */
import { createSecureContext } from "node:tls";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/base/clock.ts";
import { bodyOf, type HeaderPairs } from "../../src/base/http.ts";
import { systemRandom } from "../../src/base/random.ts";
import { Secret } from "../../src/base/secret.ts";
import type { Credential } from "../../src/engine/accounts/credential.ts";
import { envelope } from "../../src/engine/codecs/connect.ts";
import { cursor } from "../../src/engine/formats/cursor/index.ts";
import { encodeMessage } from "../../src/engine/formats/cursor/wire/schema.ts";
import type { HubRequest } from "../../src/engine/hub/request.ts";
import type { StreamEvent } from "../../src/engine/hub/stream.ts";
import { createOpenBody } from "../../src/engine/pipeline/open-body.ts";
import { startTalk } from "../../src/engine/pipeline/talk.ts";
import { systemAfter } from "../../src/engine/pipeline/tools.ts";
import { providerFrom } from "../../src/engine/providers/compatible.ts";
import { builtInProviders } from "../../src/engine/providers/table.ts";
import { createDestinationGuard } from "../../src/intercept/upstream/destination.ts";
import { createDial } from "../../src/intercept/upstream/dial.ts";
import { createSendH2 } from "../../src/intercept/upstream/send-h2.ts";
import { createSharedSessions } from "../../src/intercept/upstream/shared-sessions.ts";
import { type FakeCursor, startFakeCursor } from "../support/fake-cursor.ts";
import { createOpened } from "../support/opened.ts";

const opened = createOpened();
afterAll(() => opened.closeAll());

const token = "cursor-token-0123456789";
const ids = { machine: "a".repeat(64), mac: "b".repeat(64) };
const request: HubRequest = {
  model: "auto",
  messages: [{ role: "user", parts: [{ type: "text", text: "Say hello." }] }],
  tools: [],
  stream: true,
  wantsStreamUsage: true,
  stop: [],
  extras: {},
};

interface Wish {
  readonly machine?: Credential["machine"];
  readonly headers?: (headers: HeaderPairs) => HeaderPairs;
  /** In place of our own run. */
  readonly body?: Uint8Array;
  /** Nothing is said after it. */
  readonly isClosed?: boolean;
}

/** One run; how it ended. */
async function run(fake: FakeCursor, wish: Wish = {}): Promise<string> {
  const row = builtInProviders["cursor"];
  const provider = row === undefined ? null : providerFrom("cursor", { ...row, endpoint: fake.url });
  const written = cursor.provider.writeRequest(request, { model: "auto", maxTokensDefault: 1, callId: "flow" });
  if (provider === null || !written.ok) throw new Error("no request");
  const credential: Credential = {
    kind: "token",
    secret: new Secret(token),
    facts: {},
    ...(wish.machine === undefined ? {} : { machine: wish.machine }),
  };
  const own = provider.authorize(credential, { clock: systemClock, random: systemRandom, userAgent: null });
  const headers = [...written.value.headers, ...own];
  const dial = createDial({
    guard: createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [] }),
    hop: "000000000000",
    secureContext: () => createSecureContext(),
    connectTo: () => ({}),
    connectTimeoutMs: () => 5_000,
    clock: systemClock,
    outbound: () => null,
  });
  const sessions = createSharedSessions(dial);
  const send = createSendH2({ sessions, timeouts: () => ({ firstByteMs: 5_000, idleMs: 5_000 }) });
  const open = createOpenBody();
  const bytes = wish.body ?? written.value.body;
  const { scheme, host, port } = provider.origin;
  const reply = await send(
    {
      method: "POST",
      scheme,
      host,
      port,
      target: provider.target(written.value.path),
      headers: wish.headers?.(headers) ?? headers,
      body: wish.isClosed === true ? bodyOf(bytes) : open.after(bytes),
      signal: new AbortController().signal,
    },
    { purpose: "configured" },
  );
  if (reply.status !== 200) return `status ${reply.status}`;
  const reader = cursor.provider.streamReader(written.value.replyContext);
  const talking = startTalk({ reader, body: reply.body, open, after: systemAfter, onSaid: () => {} });
  const events: StreamEvent[] = [];
  for await (const piece of talking.body) events.push(...talking.reader.push(piece));
  events.push(...talking.reader.end());
  sessions.close();
  const last = events.at(-1);
  return last?.type === "error" ? `${last.error.kind}: ${last.error.message}` : (last?.type ?? "nothing");
}

const machine = { id: new Secret(ids.machine), mac: new Secret(ids.mac) };
const placeholders = { selectedContext: {}, text: "hi" };
const model = { modelDetails: { modelId: "default" }, requestedModel: { modelId: "default" } };
const runOf = (more: object): Uint8Array =>
  envelope(encodeMessage("AgentClientMessage", { runRequest: { ...model, mcpTools: {}, ...more } }));

describe("Cursor's agent service, as it is reported", () => {
  it("answers a run that talks with it", async () => {
    const fake = opened.add(await startFakeCursor({ tokens: [token] }));
    expect(await run(fake)).toBe("reply-end");
    expect(fake.turns[0]?.said.slice(0, 3)).toEqual(["runRequest", "execClientMessage", "execClientControlMessage"]);
  });

  it("wants the checksum of the machine that its login belongs to", async () => {
    const fake = opened.add(await startFakeCursor({ tokens: [token], machineIds: ids }));
    expect(await run(fake, { machine })).toBe("reply-end");
    expect(await run(fake, { machine: { id: new Secret("c".repeat(64)), mac: null } })).toMatch(/^auth: /);
    expect(await run(fake)).toMatch(/^auth: /);
  });

  it("says nothing good to a run that is closed, lacks a placeholder, or comes as something else", async () => {
    const fake = opened.add(await startFakeCursor({ tokens: [token] }));
    expect(await run(fake, { isClosed: true })).toContain("No exec result");
    const userMessage = (message: object): object => ({ action: { userMessageAction: { userMessage: message } } });
    expect(await run(fake, { body: runOf(userMessage({ text: "hi" })) })).toContain("selected_context");
    expect(await run(fake, { body: runOf({ ...userMessage(placeholders), requestedModel: undefined }) })).toContain(
      "once",
    );
    expect(await run(fake, { body: runOf(userMessage(placeholders)) })).toBe("reply-end");
    const asJson = (headers: HeaderPairs): HeaderPairs =>
      headers.map(([name, value]) => [name, name === "content-type" ? "application/json" : value]);
    expect(await run(fake, { headers: asJson })).toBe("status 415");
  });
});
