/**
 * One core between the four SDKs and four fake providers. The model's name chooses the provider (`m-to-gemini`), and for
 * models that think there is a second name (`t-to-gemini`), because what a provider takes depends on the model.
 */
import type { Dispatcher } from "undici";
import type { CoreProcess } from "../support/core-process.ts";
import {
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
  startFakeOpenAiResponses,
  type FakeOptions,
  type FakeProvider,
} from "../support/fake-providers.ts";
import type { Stage } from "../support/fixture.ts";
import { sayHello, type Answer, type Asked, type Seen, type Turn } from "../support/provider-turn.ts";
import { undiciThrough } from "../support/proxy-clients.ts";
import { createClient, dialects, fetchThrough, type Client, type Dialect } from "./clients.ts";

interface Provider {
  readonly type: string;
  /** Version segment of the endpoint. */
  readonly base: string;
  /** Names that say what such models take. */
  readonly model: string;
  readonly thinkingModel: string;
  start(options: FakeOptions): Promise<FakeProvider>;
}

const providers: Readonly<Record<Dialect, Provider>> = {
  "openai-chat": {
    type: "openai-compatible",
    base: "/v1",
    model: "gpt-4.1",
    thinkingModel: "kimi-k2-thinking",
    start: startFakeOpenAiChat,
  },
  "openai-responses": {
    type: "openai-responses-compatible",
    base: "/v1",
    model: "gpt-4.1",
    thinkingModel: "gpt-5.1",
    start: startFakeOpenAiResponses,
  },
  claude: {
    type: "anthropic-compatible",
    base: "/v1",
    model: "claude-sonnet-4-5",
    thinkingModel: "claude-sonnet-4-5-20250929",
    start: startFakeAnthropic,
  },
  gemini: {
    type: "gemini-compatible",
    base: "/v1beta",
    model: "gemini-2.5-flash",
    thinkingModel: "gemini-3-pro-preview",
    start: startFakeGemini,
  },
};

export interface Rig {
  readonly core: CoreProcess;
  readonly dispatcher: Dispatcher;
  readonly client: (dialect: Dialect) => Client;
  readonly fake: (dialect: Dialect) => FakeProvider;
}

/** Hundreds of scenes share four accounts; the failure of one scene is none of the next one's business. */
const noCooldown = { base_ms: 1, max_ms: 1, max_reset_ms: 1 };

export const rigKey = "sk-the-accounts-own-0123456789";

/** What the fakes count, unless a test says otherwise: figures that no mistake in adding up gives by chance. */
export const counts = { input: 1200, output: 170, cached: 400, reasoning: 70 };

/** Everything it opens is closed with the stage. */
export async function startRig(stage: Stage, options: FakeOptions = {}): Promise<Rig> {
  const fakes = new Map<Dialect, FakeProvider>();
  for (const dialect of dialects) {
    const fake = await providers[dialect].start({ keys: [rigKey], gapMs: 0, usage: counts, ...options });
    fakes.set(dialect, stage.opened.add(fake));
  }
  const fake = (dialect: Dialect): FakeProvider => {
    const found = fakes.get(dialect);
    if (found === undefined) throw new Error(`no fake for ${dialect}`);
    return found;
  };
  const core = await stage.startCore({
    config: {
      providers: Object.fromEntries(
        dialects.map((dialect) => {
          const { type, base } = providers[dialect];
          const endpoint = fake(dialect).url + base;
          return [dialect, { type, endpoint, auth_type: "api_key", cooldown: noCooldown }];
        }),
      ),
      // What is measured here is the providers' own figures.
      settings: { usage_buffer: 0 },
      accounts: dialects.map((provider) => ({ provider, name: "main", api_key: rigKey })),
      routes: dialects.flatMap((dialect) => [
        { match: { model: modelTo(dialect) }, to: `${dialect}/${providers[dialect].model}` },
        { match: { model: thinkerTo(dialect) }, to: `${dialect}/${providers[dialect].thinkingModel}` },
      ]),
    },
  });
  const dispatcher = undiciThrough(core);
  stage.opened.later(() => dispatcher.close());
  const transport = { fetch: fetchThrough(dispatcher) };
  const clients = new Map(dialects.map((dialect) => [dialect, createClient(dialect, transport)]));
  return {
    core,
    dispatcher,
    fake,
    client(dialect) {
      const found = clients.get(dialect);
      if (found === undefined) throw new Error(`no client for ${dialect}`);
      return found;
    },
  };
}

export function modelTo(provider: Dialect): string {
  return `m-to-${provider}`;
}

export function thinkerTo(provider: Dialect): string {
  return `t-to-${provider}`;
}

export function servedModel(provider: Dialect): string {
  return providers[provider].model;
}

/** Client and provider, every pair. */
export const pairs: readonly (readonly [client: Dialect, provider: Dialect])[] = dialects.flatMap((client) =>
  dialects.map((provider) => [client, provider] as const),
);

export const crossPairs = pairs.filter(([client, provider]) => client !== provider);

export const ways = [
  ["whole", false],
  ["streamed", true],
] as const;

export interface Script {
  /** What the provider was asked, call by call, those that it refused left out. */
  readonly asked: readonly Asked[];
  /** The requests, refused ones too, since the script began. */
  readonly seen: () => readonly Seen[];
}

/** The provider plays these turns one after the other, and the last one from then on. */
export function play(fake: FakeProvider, ...turns: readonly Turn[]): Script {
  const asked: Asked[] = [];
  const before = fake.seen.length;
  const answer: Answer = (question, nth) => {
    asked.push(question);
    const turn = turns[Math.min(asked.length, turns.length) - 1];
    return turn ?? sayHello(question, nth);
  };
  fake.answerWith(answer);
  return { asked, seen: () => fake.seen.slice(before) };
}
