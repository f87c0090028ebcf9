/**
 * Cursor's older chat service, unmodified, answered by another provider: connect-node over HTTP/2 and over the HTTP/1.1 shim,
 * through the proxy, by the same driver as the agent.
 */
import { ConnectError } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { backends } from "../../src/engine/pipeline/cursor/backends.ts";
import type { Message } from "../../src/engine/formats/cursor/wire/schema.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { chatKind, h1Transport, h2Transport, openBidi, openShim, type CursorWire } from "../support/cursor-wire.ts";
import { startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
import { createStage } from "../support/fixture.ts";
import { startH2Origin } from "../support/h2-origin.ts";
import { field, sayHello } from "../support/provider-turn.ts";
import { startRawOrigin } from "../support/raw-origin.ts";
import { waitFor } from "../support/wait.ts";

const stage = createStage();
const hosts = { h2: "agentn.api5.cursor.sh", h1: "api2.cursor.sh" } as const;
type Road = keyof typeof hosts;
let provider: FakeProvider;
let core: CoreProcess;
let requests = 0;

beforeAll(async () => {
  provider = stage.opened.add(await startFakeOpenAiChat({ gapMs: 2 }));
  const identity = stage.ca.issue([hosts.h1, hosts.h2]);
  const h2 = stage.opened.add(await startH2Origin(identity));
  const h1 = stage.opened.add(await startRawOrigin({ tls: { ...identity, alpn: ["http/1.1"] } }));
  core = await stage.startCore({
    dial: { [hosts.h2]: h2.port, [hosts.h1]: h1.port },
    config: {
      providers: { local: { type: "openai-compatible", endpoint: `${provider.url}/v1` } },
      routes: [{ match: { host: "*.cursor.sh", model: "wanted-*" }, to: "local/the-model" }],
    },
  });
});
afterAll(() => stage.close());
beforeEach(() => provider.answerWith(sayHello));

async function open(road: Road): Promise<CursorWire> {
  requests += 1;
  const { transport, close } = road === "h2" ? await h2Transport(core, hosts.h2) : h1Transport(core, hosts.h1);
  stage.opened.later(() => close());
  if (road === "h2") return openBidi(transport, chatKind);
  const wire = openShim(transport, {
    kind: chatKind,
    requestId: `30000000-0000-4000-8000-${String(requests).padStart(12, "0")}`,
  });
  wire.listen();
  return wire;
}

interface Heard {
  readonly text: string;
  readonly calls: readonly Message[];
  readonly error: ConnectError | null;
}

/** Reads to the end; answers each call that is one to be run. */
async function listen(wire: CursorWire, result: string): Promise<Heard> {
  let text = "";
  let error: ConnectError | null = null;
  const calls: Message[] = [];
  try {
    for await (const message of wire.incoming) {
      const said = field(message["chatResponse"], "text");
      if (typeof said === "string") text += said;
      const call = message["toolCall"];
      if (field(call, "toolCallId") === undefined || field(call, "isStreaming") === true) continue;
      calls.push(call as Message); // a message is a map of anything
      const mcpResult = { selectedTool: field(call, "name"), result };
      await wire.send({ toolResult: { tool: 19, toolCallId: field(call, "toolCallId"), mcpResult } });
    }
  } catch (thrown) {
    error = ConnectError.from(thrown);
  }
  wire.halfClose();
  return { text, calls, error };
}

const chatRequest: Message = {
  conversation: [{ text: "Look it up.", type: "CHAT_ROLE_HUMAN", bubbleId: "b1" }],
  modelDetails: { modelName: "wanted-1" },
  conversationId: "conversation-1",
  isAgentic: true,
  supportedTools: [19],
  mcpTools: [{ name: "lookup", serverName: "demo", description: "Looks it up", parameters: '{"type":"object"}' }],
};

// Each form is driven as the agent's is; who plays the chat is registered in pipeline/cursor/backends.ts.
describe.skipIf(backends.chat === null).each(["h2", "h1"] as const)("Cursor's chat over %s", (road) => {
  it("text", async () => {
    const wire = await open(road);
    await wire.send({ chatRequest });
    expect(await listen(wire, "")).toMatchObject({ text: "Hello from the fake provider.", error: null });
  });

  it("a call of the client's tool, whose result goes back on the open conversation", async () => {
    provider.answerWith((asked) => {
      const result = asked.toolResults.at(-1);
      const tool = asked.tools.find(({ name }) => name.includes("lookup"));
      return result === undefined
        ? { type: "tools", text: "I look. ", calls: [{ name: tool?.name ?? "lookup", input: { key: "k" } }] }
        : { type: "text", text: `It says ${result}` };
    });
    const wire = await open(road);
    await wire.send({ chatRequest });
    const heard = await listen(wire, "forty-two");
    expect(heard.error).toBeNull();
    expect(heard.calls).toHaveLength(1);
    expect(heard.text).toContain("It says forty-two");
  });

  it("a client that goes away takes the question with it", async () => {
    provider.answerWith(() => ({ type: "silence" }));
    const before = provider.seen.length;
    const wire = await open(road);
    await wire.send({ chatRequest });
    const heard = listen(wire, "");
    await waitFor("the question", () => provider.seen.length > before);
    wire.abort();
    expect((await heard).error).not.toBeNull();
    await waitFor("the provider to be left", () => provider.seen.at(-1)?.abandoned === true);
  });
});
