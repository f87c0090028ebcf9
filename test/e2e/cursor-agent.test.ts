/**
 * Cursor's agent, unmodified, answered by other providers: connect-node over HTTP/2 (`Run`) and over the HTTP/1.1 shim
 * (`RunSSE` and `BidiAppend`), through the proxy. One rule, no other change.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Code } from "@connectrpc/connect";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { asksFor, createIde, type Ide, type IdeOptions, type Outcome } from "../support/cursor-client.ts";
import { h1Transport, h2Transport, openBidi, openShim, type CursorWire } from "../support/cursor-wire.ts";
import {
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
  type FakeProvider,
} from "../support/fake-providers.ts";
import type { Message } from "../../src/engine/formats/cursor/wire/schema.ts";
import { field, readsFile, sayHello } from "../support/provider-turn.ts";
import { startRawOrigin } from "../support/raw-origin.ts";
import { startH2Origin } from "../support/h2-origin.ts";
import { waitFor } from "../support/wait.ts";

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
  const identity = stage.ca.issue([hosts.h1, hosts.h2]);
  // The original backend is there, and must not be asked.
  const h2 = stage.opened.add(await startH2Origin(identity));
  const h1 = stage.opened.add(await startRawOrigin({ tls: { ...identity, alpn: ["http/1.1"] } }));
  gated = stage.opened.add(await startGated());
  const url = (name: string): string => providers.get(name)?.url ?? "";
  core = await stage.startCore({
    dial: { [hosts.h2]: h2.port, [hosts.h1]: h1.port },
    config: {
      providers: {
        openai: { type: "openai-compatible", endpoint: `${url("openai")}/v1`, auth_type: "api_key" },
        claude: { type: "anthropic-compatible", endpoint: `${url("claude")}/v1`, auth_type: "api_key" },
        gated: { type: "openai-compatible", endpoint: `${gated.url}/v1` },
        gemini: { type: "gemini-compatible", endpoint: `${url("gemini")}/v1beta`, auth_type: "api_key" },
      },
      accounts: upstreams.map((provider) => ({ provider, name: "main", api_key: `key-of-${provider}-0123456789` })),
      routes: upstreams
        .map((name) => ({
          match: { host: "*.cursor.sh", model: `${name}-*` },
          to: `${name}/${name === "gemini" ? "gemini-3-pro" : "the-model"}`,
        }))
        .concat([{ match: { host: "*.cursor.sh", model: "gated-*" }, to: "gated/the-model" }]),
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
    const { transport, close } = await h2Transport(core, hosts.h2);
    stage.opened.later(() => close());
    return openBidi(transport);
  }
  const { transport, close } = h1Transport(core, hosts.h1);
  stage.opened.later(() => close());
  const wire = openShim(transport, { requestId: `00000000-0000-4000-8000-${String(requests).padStart(12, "0")}` });
  wire.listen();
  return wire;
}

async function run(road: Road, ide: Ide, request: Message, options?: IdeOptions): Promise<Outcome> {
  return ide.run(await open(road), request, options);
}

function model(name: string): Message {
  return { requestedModel: { modelId: `${name}-test` } };
}

/** As the picker of models says it. */
const thinks = { parameters: [{ id: "effort", value: "high" }] };
const demoTool: Message = {
  name: "demo-lookup",
  description: "Looks something up",
  providerIdentifier: "demo",
  toolName: "lookup",
  inputSchema: {
    structValue: {
      fields: {
        type: { stringValue: "object" },
        properties: {
          structValue: { fields: { key: { structValue: { fields: { type: { stringValue: "string" } } } } } },
        },
      },
    },
  },
};

function clean(outcome: Outcome): void {
  expect(outcome.error).toBeNull();
  expect(outcome.faults).toEqual([]);
}

for (const road of roads) {
  describe(`Cursor's agent over ${road}`, () => {
    it.each(upstreams)("text and thinking of %s, in the order the client needs", async (name) => {
      providers.get(name)?.answerWith(() => ({ type: "text", text: "Hello from afar.", thinking: "Let me think." }));
      const request = asksFor("Say hello.", { requestedModel: { modelId: `${name}-test`, ...thinks } });
      const outcome = await run(road, createIde(), request);
      clean(outcome);
      expect(outcome.text).toBe("Hello from afar.");
      expect(outcome.thinking).toBe("Let me think.");
      const shown = outcome.order.filter((kind) => kind !== "requestContextArgs");
      expect(shown).toEqual([
        "heartbeat",
        "thinkingDelta",
        "thinkingCompleted",
        "textDelta",
        "tokenDelta",
        "kv set",
        "turnEnded",
        "checkpoint",
      ]);
      expect(Number(outcome.turnEnded?.["outputTokens"])).toBeGreaterThan(0);
      // What the client said of its workspace reached the model.
      expect(JSON.stringify(providers.get(name)?.seen.at(-1)?.body)).toContain("linux 6.8");
    });

    it.each(upstreams)("a call of the client's MCP tool, asked by %s", async (name) => {
      providers.get(name)?.answerWith((asked) => {
        const result = asked.toolResults.at(-1);
        return result === undefined
          ? { type: "tools", text: "I look.", calls: [{ name: "demo-lookup", input: { key: "answer" } }] }
          : { type: "text", text: `It says ${result}` };
      });
      const outcome = await run(
        road,
        createIde(),
        asksFor("Look it up.", { ...model(name), mcpTools: { mcpTools: [demoTool] } }),
        {
          runTool: () => ({ mcpResult: { success: { content: [{ text: { text: "forty-two" } }] } } }),
        },
      );
      clean(outcome);
      expect(outcome.text).toBe("I look.It says forty-two");
      const asked = outcome.execs.at(-1)?.["mcpArgs"];
      expect(asked).toMatchObject({ name: "demo-lookup", providerIdentifier: "demo", toolName: "lookup" });
      expect(field(field(asked, "args"), "key")).toEqual({ stringValue: "answer" });
      const at = (kind: string): number => outcome.order.indexOf(kind);
      expect(at("partialToolCall")).toBeLessThan(at("toolCallStarted"));
      expect(at("toolCallStarted")).toBeLessThan(at("mcpArgs"));
      expect(at("mcpArgs")).toBeLessThan(at("toolCallCompleted"));
      expect(at("toolCallCompleted")).toBeLessThan(at("checkpoint"));
      const flow = await core.flow(
        "the run",
        (one) =>
          one.id !== "" &&
          one.state === "done" &&
          /Run/.test(one.path) &&
          one.model.asked === `${name}-test` &&
          one.attempts.length === 2,
      );
      // Two questions on one flow, counted together.
      expect(flow.usage?.output).toBe(34);
      expect(flow).toMatchObject({ action: "reroute", provider: name, formats: { client: "cursor" } });
    });

    it("a file that is read and a command that is run by the client", async () => {
      const provider = providers.get("openai");
      provider?.answerWith((asked) => {
        if (asked.toolResults.length > 0) return { type: "text", text: asked.toolResults.join(" | ") };
        return {
          type: "tools",
          calls: [
            { name: "read_file", input: { path: "/w/a.txt" } },
            { name: "shell", input: { command: "ls" } },
          ],
        };
      });
      const outcome = await run(road, createIde(), asksFor("Look around.", model("openai")), {
        runTool: (request) =>
          request["readArgs"] === undefined
            ? { shellResult: { success: { command: "ls", exitCode: 0, stdout: "a.txt\n" } } }
            : { readResult: { success: { path: "/w/a.txt", content: "hello\n", totalLines: 1 } } },
      });
      clean(outcome);
      expect(outcome.text).toContain("hello");
      expect(outcome.text).toContain("a.txt");
      expect(outcome.cards).toHaveLength(2);
      expect(outcome.cards[0]).toMatchObject({
        readToolCall: { args: { path: "/w/a.txt" }, result: { success: { content: "hello\n" } } },
      });
      expect(outcome.cards[1]).toMatchObject({ shellToolCall: { result: { success: { stdout: "a.txt\n" } } } });
    });

    it("a second turn goes on from our checkpoint", async () => {
      const ide = createIde();
      const provider = providers.get("openai");
      provider?.answerWith(readsFile("/w/a.txt"));
      const first = await run(road, ide, asksFor("What does a.txt say?", model("openai")), {
        runTool: () => ({ readResult: { success: { path: "/w/a.txt", content: "token-4711", totalLines: 1 } } }),
      });
      clean(first);
      provider?.answerWith((asked) => ({
        type: "text",
        text: `${asked.userTexts.length}/${asked.assistantTexts.length}/${asked.toolResults.join()}`,
      }));
      const next = asksFor("And again?", { ...model("openai"), conversationState: first.checkpoint ?? {} });
      const second = await run(road, ide, next);
      clean(second);
      expect(second.text).toBe("2/2/token-4711");
      expect(second.order).toContain("kv get");
      const turns = second.checkpoint?.["turns"];
      expect(Array.isArray(turns) ? turns.length : 0).toBe(2);
    });

    it("the first words arrive before the provider has ended", async () => {
      // The provider says the rest only when the client has the first words: held back anywhere, they would never come.
      const outcome = await run(road, createIde(), asksFor("Speak.", model("gated")), {
        onMessage: (message) => void (JSON.stringify(message).includes("First") && gated.open()),
      });
      clean(outcome);
      expect(outcome.text).toBe("First. Second.");
    });

    it("a client that goes away takes the question with it", async () => {
      const provider = providers.get("openai");
      provider?.answerWith(() => ({ type: "silence" }));
      const wire = await open(road);
      const before = provider?.seen.length ?? 0;
      const running = createIde().run(wire, asksFor("Think long.", model("openai")));
      await waitFor("the question", () => (provider?.seen.length ?? 0) > before);
      wire.abort();
      expect((await running).error).not.toBeNull();
      await waitFor("the provider to be left", () => provider?.seen.at(-1)?.abandoned === true);
    });

    it("a run that is canceled ends as canceled, and the question with it", async () => {
      const provider = providers.get("openai");
      provider?.answerWith(() => ({ type: "silence" }));
      const wire = await open(road);
      const before = provider?.seen.length ?? 0;
      const running = createIde().run(wire, asksFor("Think long.", model("openai")));
      await waitFor("the question", () => (provider?.seen.length ?? 0) > before);
      await wire.send({ conversationAction: { cancelAction: { reason: "user" } } });
      const outcome = await running;
      expect(outcome.error?.code).toBe(Code.Canceled);
      expect(outcome.turnEnded).toBeNull();
      await waitFor("the provider to be left", () => provider?.seen.at(-1)?.abandoned === true);
    });

    it("a refusal of the provider is the protocol's own error, never text", async () => {
      providers.get("openai")?.answerWith(() => ({ type: "error", status: 429, message: "slow down" }));
      const outcome = await run(road, createIde(), asksFor("Hello?", model("openai")));
      expect(outcome.error?.code).toBe(Code.ResourceExhausted);
      expect(outcome.text).toBe("");
      expect(outcome.faults).toEqual([]);
    });

    it("an answer that is cut ends with an error", async () => {
      providers
        .get("claude")
        ?.answerWith(() => ({ type: "cut", text: "This is only the beginning of it.", afterEvents: 6 }));
      const outcome = await run(road, createIde(), asksFor("Hello?", model("claude")));
      expect(outcome.error).not.toBeNull();
      expect(outcome.turnEnded).toBeNull();
      expect(outcome.faults).toEqual([]);
    });
  });
}

interface Gated {
  readonly url: string;
  /** Lets the answers under way go on. */
  open(): void;
  close(): Promise<void>;
}

/** An OpenAI Chat provider that stops after its first words until it is told to go on. */
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
