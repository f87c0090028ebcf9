/** The stage of the gateway's tests: a provider of each dialect on loopback, and a core that knows them by many names. */
import { type Answer, type Api, openApi } from "./api.ts";
import type { CoreProcess, FlowJson } from "./core-process.ts";
import { type FakeMedia, startFakeMedia } from "./fake-media.ts";
import {
  type FakeProvider,
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
  startFakeOpenAiResponses,
} from "./fake-providers.ts";
import { createStage, type Stage } from "./fixture.ts";
import { field } from "./provider-turn.ts";

export const keys = {
  chat: "sk-chat-canary-0123456789",
  team: "sk-team-canary-0123456789",
  anthropic: "sk-ant-canary-0123456789ab",
  gemini: "AIza-canary-0123456789abcdefghij",
  responses: "sk-resp-canary-0123456789",
  media: "sk-media-canary-0123456789",
};
export interface GatewayBench {
  readonly stage: Stage;
  readonly chat: FakeProvider;
  readonly anthropic: FakeProvider;
  readonly gemini: FakeProvider;
  readonly responses: FakeProvider;
  readonly media: FakeMedia;
  readonly core: CoreProcess;
  readonly api: Api;
  /** As the control socket lists them. */
  flows(): Promise<readonly FlowJson[]>;
}

export async function startGatewayBench(env: Readonly<Record<string, string>> = {}): Promise<GatewayBench> {
  const stage = createStage();
  const { opened } = stage;
  const chat = opened.add(await startFakeOpenAiChat({ keys: [keys.chat, keys.team], gapMs: 1 }));
  const anthropic = opened.add(await startFakeAnthropic({ keys: [keys.anthropic], gapMs: 1 }));
  const gemini = opened.add(await startFakeGemini({ keys: [keys.gemini], gapMs: 1 }));
  const responses = opened.add(await startFakeOpenAiResponses({ keys: [keys.responses], gapMs: 1 }));
  const media = opened.add(await startFakeMedia(keys.media));
  const core = await stage.startCore({
    env,
    config: {
      providers: {
        local: {
          type: "openai-compatible",
          endpoint: `${chat.url}/v1`,
          auth_type: "api_key",
          excluded_models: ["dear-*"],
          model_mappings: { "gpt-4": "my-large" },
        },
        anthro: { type: "anthropic-compatible", endpoint: `${anthropic.url}/v1`, auth_type: "api_key" },
        goog: {
          type: "gemini-compatible",
          endpoint: `${gemini.url}/v1beta`,
          auth_type: "api_key",
          models: [{ name: "gemini-listed", max_tokens: 1000 }],
        },
        resp: { type: "openai-responses-compatible", endpoint: `${responses.url}/v1`, auth_type: "api_key" },
        pics: { type: "openai-compatible", endpoint: `${media.url}/v1`, auth_type: "api_key" },
        "ollama-local": { endpoint: `${chat.url}/v1`, auth_type: "api_key" },
        off: { type: "openai-compatible", endpoint: `${chat.url}/v1`, enabled: false },
      },
      accounts: [
        { provider: "local", name: "main", api_key: keys.chat },
        { provider: "local", name: "team", api_key: keys.team, prefix: "team", priority: 200 },
        { provider: "anthro", name: "work", api_key: keys.anthropic },
        { provider: "goog", name: "g", api_key: keys.gemini },
        { provider: "resp", name: "r", api_key: keys.responses },
        { provider: "pics", name: "p", api_key: keys.media },
        { provider: "ollama-local", name: "o", api_key: keys.chat },
      ],
      combos: { duo: ["anthro/claude-one", "local/second"] },
      aliases: { sonnet: "anthro/claude-sonnet-9", everyone: "*/gemini-*" },
      settings: { request_logs: true },
      routes: [
        { match: { host: "api.anthropic.com", model: "plain" }, to: "block" },
        { match: { model: "ruled-*" }, to: "local/by-rule" },
        { match: { model: "forbidden-*" }, to: "block" },
        { match: { model: "wild-*" }, to: "*/gemini-*" },
      ],
    },
  });
  const api = await openApi(core.home);
  const flows = async (): Promise<readonly FlowJson[]> =>
    ((await api.get("/api/flows")) as { flows: readonly FlowJson[] }).flows; // the contract of that route
  return { stage, chat, anthropic, gemini, responses, media, core, api, flows };
}

const hello = [{ role: "user", content: "Say hello." }];
export const version = { "anthropic-version": "2023-06-01" };
export const chatBody = (model: string, more: object = {}): object => ({ model, messages: hello, ...more });
export const messagesBody = (model: string, more: object = {}): object => ({
  model,
  max_tokens: 64,
  messages: hello,
  ...more,
});
export const geminiBody = { contents: [{ role: "user", parts: [{ text: "Say hello." }] }] };
export const answerText = "Hello from the fake provider.";

export const messageOf = (answer: Answer): string => String(field(field(answer.json, "error"), "message"));
