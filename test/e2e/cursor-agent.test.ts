/**
 * Cursor's agent, unmodified, answered by other providers: connect-node over HTTP/2 (`Run`) and over the HTTP/1.1 shim
 * (`RunSSE` and `BidiAppend`), through the proxy. One rule, no other change.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createStage } from "../support/fixture.ts";
import type { CoreProcess } from "../support/core-process.ts";
import { asksFor, createIde, type Ide, type IdeOptions, type Outcome } from "../support/cursor-client.ts";
import { h1Transport, h2Transport, openBidi, openShim, type CursorWire } from "../support/cursor-wire.ts";
import { startFakeAnthropic, startFakeGemini, startFakeOpenAiChat, type FakeProvider } from "../support/fake-providers.ts";
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
let requests = 0;

beforeAll(async () => {
  providers.set("openai", stage.opened.add(await startFakeOpenAiChat({ gapMs: 5 })));
  providers.set("claude", stage.opened.add(await startFakeAnthropic({ gapMs: 5 })));
  providers.set("gemini", stage.opened.add(await startFakeGemini({ gapMs: 5 })));
  const identity = stage.ca.issue([hosts.h1, hosts.h2]);
  // The original backend is there, and must not be asked.
  const h2 = stage.opened.add(await startH2Origin(identity));
  const h1 = stage.opened.add(await startRawOrigin({ tls: { ...identity, alpn: ["http/1.1"] } }));
  const url = (name: string): string => providers.get(name)?.url ?? "";
  core = await stage.startCore({
    dial: { [hosts.h2]: h2.port, [hosts.h1]: h1.port },
    config: {
      providers: {
        openai: { type: "openai-compatible", endpoint: `${url("openai")}/v1` },
        claude: { type: "anthropic-compatible", endpoint: `${url("claude")}/v1` },
        gemini: { type: "gemini-compatible", endpoint: `${url("gemini")}/v1beta` },
      },
      routes: upstreams.map((name) => ({ match: { host: "*.cursor.sh", model: `${name}-*` }, to: `${name}/the-model` })),
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

for (const road of roads) {
  describe(`Cursor's agent over ${road}`, () => {
    it.each(upstreams)("text and thinking of %s, in the order the client needs", async (name) => {
      providers.get(name)?.answerWith(() => ({ type: "text", text: "Hello from afar.", thinking: "Let me think." }));
      const ide = createIde();
      const outcome = await run(road, ide, asksFor("Say hello.", model(name)));
      expect(outcome.error).toBeNull();
      expect(outcome.faults).toEqual([]);
      expect(outcome.text).toBe("Hello from afar.");
      const shown = outcome.order.filter((kind) => kind !== "requestContextArgs");
      const thoughts = outcome.thinking === "" ? [] : ["thinkingDelta", "thinkingCompleted"];
      expect(shown).toEqual(["heartbeat", ...thoughts, "textDelta", "tokenDelta", "kv set", "turnEnded", "checkpoint"]);
      if (name !== "openai") expect(outcome.thinking).toBe("Let me think.");
      expect(Number(outcome.turnEnded?.["outputTokens"])).toBeGreaterThan(0);
      expect(JSON.stringify(providers.get(name)?.seen.at(-1)?.body)).toContain("/w");
    });
  });
}
