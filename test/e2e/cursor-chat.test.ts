/**
 * Cursor's chat service, unmodified, answered by other providers: connect-node over HTTP/2 and over the HTTP/1.1 shim, through
 * the proxy. The client runs the tools it is asked to and brings the results on the open conversation.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectError, Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Message } from "../../src/engine/formats/cursor/wire/schema.ts";
import { createStage } from "../support/fixture.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { chatKind, h1Transport, h2Transport, openBidi, openShim, type CursorWire } from "../support/cursor-wire.ts";
import {
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
  type FakeProvider,
} from "../support/fake-providers.ts";
import { field, sayHello } from "../support/provider-turn.ts";
import { startRawOrigin } from "../support/raw-origin.ts";
import { startH2Origin } from "../support/h2-origin.ts";

const stage = createStage();
const hosts = { h2: "agentn.api5.cursor.sh", h1: "api2.cursor.sh" } as const;
type Road = keyof typeof hosts;
const roads: readonly Road[] = ["h2", "h1"];
const upstreams = ["openai", "claude", "gemini"] as const;
const providers = new Map<string, FakeProvider>();
let core: CoreProcess;
let gated: Gated;
let requests = 0;

beforeAll(async () => {
  providers.set("openai", stage.opened.add(await startFakeOpenAiChat({ gapMs: 5 })));
  providers.set("claude", stage.opened.add(await startFakeAnthropic({ gapMs: 5 })));
  providers.set("gemini", stage.opened.add(await startFakeGemini({ gapMs: 5 })));
  gated = stage.opened.add(await startGated());
  const identity = stage.ca.issue([hosts.h1, hosts.h2]);
  const h2 = stage.opened.add(await startH2Origin(identity));
  const h1 = stage.opened.add(await startRawOrigin({ tls: { ...identity, alpn: ["http/1.1"] } }));
  const url = (name: string): string => providers.get(name)?.url ?? "";
  core = await stage.startCore({
    dial: { [hosts.h2]: h2.port, [hosts.h1]: h1.port },
    config: {
      providers: {
        openai: { type: "openai-compatible", endpoint: `${url("openai")}/v1`, auth_type: "api_key" },
        claude: { type: "anthropic-compatible", endpoint: `${url("claude")}/v1`, auth_type: "api_key" },
        gemini: { type: "gemini-compatible", endpoint: `${url("gemini")}/v1beta`, auth_type: "api_key" },
        gated: { type: "openai-compatible", endpoint: `${gated.url}/v1` },
      },
      accounts: upstreams.map((provider) => ({ provider, name: "main", api_key: `key-of-${provider}-0123456789` })),
      routes: [...upstreams, "gated"].map((name) => ({
        match: { host: "*.cursor.sh", model: `${name}-*` },
        to: `${name}/${name === "gemini" ? "gemini-3-pro" : "the-model"}`,
      })),
    },
  });
});
afterAll(() => stage.close());
beforeEach(() => {
  for (const provider of providers.values()) provider.answerWith(sayHello);
});

async function open(road: Road): Promise<CursorWire> {
  requests += 1;
  if (road === "h2") {
    const h2 = await h2Transport(core, hosts.h2);
    stage.opened.later(() => h2.close());
    return openBidi(h2.transport, chatKind);
  }
  const h1 = h1Transport(core, hosts.h1);
  stage.opened.later(() => h1.close());
  const requestId = `00000000-0000-4000-8000-${String(requests).padStart(12, "0")}`;
  const wire = openShim(h1.transport, { requestId, kind: chatKind });
  wire.listen();
  return wire;
}

const asks = (name: string, more: Message = {}): Message => ({
  chatRequest: {
    conversation: [{ text: "Look it up.", type: "CHAT_ROLE_HUMAN", bubbleId: "b1" }],
    modelDetails: { modelName: `${name}-test` },
    conversationId: `conversation-${requests}`,
    environmentInfo: { exthostPlatform: "linux" },
    isAgentic: true,
    supportedTools: [19],
    mcpTools: [
      {
        name: "lookup",
        description: "Looks something up",
        serverName: "demo",
        parameters: '{"type":"object","properties":{"key":{"type":"string"}}}',
      },
    ],
    ...more,
  },
});

function textOf(from: unknown, key: string): string {
  const value = field(from, key);
  return typeof value === "string" ? value : "";
}

interface Outcome {
  readonly text: string;
  readonly thinking: string;
  readonly calls: readonly unknown[];
  readonly error: ConnectError | null;
}

/** Runs each tool that it is asked to, and listens to the end. */
async function play(wire: CursorWire, request: Message, runTool: (call: unknown) => Message): Promise<Outcome> {
  await wire.send(request);
  let text = "";
  let thinking = "";
  const calls: unknown[] = [];
  try {
    for await (const message of wire.incoming) {
      const response = message["chatResponse"];
      text += textOf(response, "text");
      thinking += textOf(field(response, "thinking"), "text");
      const call = message["toolCall"];
      if (call === undefined) continue;
      calls.push(call);
      void wire.send({ toolResult: { tool: 19, toolCallId: textOf(call, "toolCallId"), ...runTool(call) } });
    }
    return { text, thinking, calls, error: null };
  } catch (thrown) {
    if (!(thrown instanceof ConnectError)) throw thrown;
    return { text, thinking, calls, error: thrown };
  } finally {
    wire.halfClose();
  }
}

const noTool = (): Message => ({});

for (const road of roads) {
  describe(`Cursor's chat over ${road}`, () => {
    it.each(upstreams)("text and thinking of %s", async (name) => {
      providers.get(name)?.answerWith(() => ({ type: "text", text: "Hello from afar.", thinking: "Let me think." }));
      const outcome = await play(await open(road), asks(name, { thinkingLevel: "CHAT_THINKING_HIGH" }), noTool);
      expect(outcome).toMatchObject({ text: "Hello from afar.", thinking: "Let me think.", error: null });
      expect(JSON.stringify(providers.get(name)?.seen.at(-1)?.body)).toContain("linux");
    });

    it.each(upstreams)("calls of the client's tools, asked by %s, two at once", async (name) => {
      providers.get(name)?.answerWith((asked) =>
        asked.toolResults.length === 0
          ? {
              type: "tools",
              text: "I look. ",
              calls: [
                { name: "lookup", input: { key: "a" } },
                { name: "lookup", input: { key: "b" } },
              ],
            }
          : { type: "text", text: `It says ${asked.toolResults.join(" and ")}.` },
      );
      const outcome = await play(await open(road), asks(name), (call) => ({
        mcpResult: { selectedTool: "lookup", result: `result of ${textOf(call, "rawArgs")}` },
      }));
      expect(outcome.error).toBeNull();
      expect(outcome.calls).toMatchObject([
        { name: "mcp_demo_lookup", mcpParams: { tools: [{ name: "lookup", serverName: "demo" }] } },
        { name: "mcp_demo_lookup" },
      ]);
      expect(outcome.text).toBe('I look. It says result of {"key":"a"} and result of {"key":"b"}.');
    });

    it("a failed tool is told to the model as one", async () => {
      providers
        .get("claude")
        ?.answerWith((asked) =>
          asked.toolResults.length === 0
            ? { type: "tools", calls: [{ name: "lookup", input: { key: "a" } }] }
            : { type: "text", text: "Too bad." },
        );
      const outcome = await play(await open(road), asks("claude"), () => ({
        error: { modelVisibleErrorMessage: "no such key" },
      }));
      expect(outcome).toMatchObject({ text: "Too bad.", error: null });
      const body = JSON.stringify(providers.get("claude")?.seen.at(-1)?.body);
      expect(body).toContain("no such key");
      expect(body).toContain('"is_error":true');
    });

    it("an upstream that refuses is an error of the protocol, and no text", async () => {
      providers.get("openai")?.answerWith(() => ({ type: "error", status: 400, message: "that is no request" }));
      const outcome = await play(await open(road), asks("openai"), noTool);
      expect(outcome.text).toBe("");
      expect(outcome.error?.code).toBe(Code.InvalidArgument);
      expect(outcome.error?.message).toContain("that is no request");
    });

    it("the first words are there before the upstream has ended", async () => {
      const wire = await open(road);
      await wire.send(asks("gated", { mcpTools: [], supportedTools: [], isAgentic: false }));
      const texts: string[] = [];
      for await (const message of wire.incoming) {
        const text = field(message["chatResponse"], "text");
        if (typeof text !== "string") continue;
        texts.push(text);
        // Ends only because the first piece has come.
        gated.open();
      }
      expect(texts).toEqual(["First. ", "Second."]);
      wire.halfClose();
    });
  });
}

interface Gated {
  readonly url: string;
  open(): void;
  close(): Promise<void>;
}

async function startGated(): Promise<Gated> {
  let open = (): void => {};
  const chunk = (delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", model: "m", choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
  const server = createServer((request, reply) => {
    request.resume().on("end", () => {
      reply.writeHead(200, { "content-type": "text/event-stream" });
      reply.write(chunk({ role: "assistant", content: "First. " }));
      open = () => reply.end(`${chunk({ content: "Second." })}${chunk({}, "stop")}data: [DONE]\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    open: () => open(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
