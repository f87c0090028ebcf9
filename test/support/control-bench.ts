/** The stage of the control API's tests: providers that answer or fail by the model's name, a proxy, and one core. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { type Answer, type Api, openApi } from "./api.ts";
import { type ConnectProxy, startConnectProxy } from "./connect-proxy.ts";
import type { CoreProcess } from "./core-process.ts";
import { type FakeProvider, startFakeAnthropic, startFakeOpenAiChat } from "./fake-providers.ts";
import { createStage, host, type Stage } from "./fixture.ts";
import { type Answer as Turn, field, sayHello } from "./provider-turn.ts";

/** Secrets that must be seen nowhere. */
export const canary = {
  main: "sk-main-canary-0123456789",
  second: "sk-second-canary-0123456789",
  stored: "sk-stored-canary-0123456789",
  own: "sk-ant-client-canary-0123456789",
  password: "p@ss:canary-0123456789",
  accessToken: "login-access-canary-0123456789",
  refreshToken: "login-refresh-canary-0123456789",
};
/** Fails for models that say so. */
const byModel: Turn = (asked, nth) => {
  if (asked.model === "limited") return { type: "error", status: 429, message: "slow down", retryAfterSeconds: 90 };
  if (asked.model === "barred") return { type: "error", status: 401, message: "who are you", retryAfterSeconds: 90 };
  if (asked.model === "broken") return { type: "error", status: 500, message: "a fault" };
  if (asked.model === "wrong") return { type: "error", status: 400, message: "not like this" };
  return sayHello(asked, nth);
};

export interface ControlBench {
  readonly stage: Stage;
  readonly chat: FakeProvider;
  readonly flaky: FakeProvider;
  readonly anthropic: FakeProvider;
  readonly proxy: ConnectProxy;
  readonly core: CoreProcess;
  readonly api: Api;
  readonly configFile: string;
  /** A model call on the port. */
  call(model: string, more?: object): Promise<Answer>;
}

export async function startControlBench(): Promise<ControlBench> {
  const stage = createStage();
  const { opened, ca, identity } = stage;
  const chat = opened.add(await startFakeOpenAiChat({ keys: [canary.main, canary.second, canary.stored], gapMs: 1 }));
  const flaky = opened.add(await startFakeOpenAiChat({ gapMs: 1, answer: byModel }));
  const anthropic = opened.add(await startFakeAnthropic({ tls: identity, gapMs: 1 }));
  const far = ca.issue(["remote.test", "api.ipify.org"]);
  const remote = opened.add(await startFakeOpenAiChat({ tls: far, gapMs: 1 }));
  const mirror = createServer(far, (_request, reply) => reply.end("203.0.113.7"));
  await new Promise<void>((resolve) => mirror.listen(0, "127.0.0.1", resolve));
  opened.later(() => mirror.close().closeAllConnections());
  const proxy = opened.add(
    await startConnectProxy({
      user: "me",
      password: canary.password,
      hosts: {
        "remote.test:443": remote.port,
        "api.ipify.org:443": (mirror.address() as AddressInfo).port, // a TCP listener has an AddressInfo
      },
    }),
  );
  const at = { type: "openai-compatible", endpoint: `${flaky.url}/v1` };
  const core = await stage.startCore({
    dial: { [host]: anthropic.port },
    config: {
      providers: {
        local: {
          type: "openai-compatible",
          endpoint: `${chat.url}/v1`,
          auth_type: "api_key",
          models: [{ name: "m", max_tokens: 4096, supports_functions: false }, { name: "n" }],
          features: { vision: true, code_generation: true },
        },
        pair: { ...at, auth_type: "api_key" },
        cool: { ...at },
        fresh: { ...at },
        careful: { ...at, limits: { requests_per_minute: 2 } },
        dead: { ...at, endpoint: "http://127.0.0.1:9/v1" },
        faulty: { ...at },
        off: { ...at, enabled: false },
        remote: { type: "openai-compatible", endpoint: "https://remote.test/v1" },
      },
      accounts: [
        { provider: "local", name: "main", api_key: canary.main },
        { provider: "pair", name: "one", api_key: canary.main, priority: 1 },
        { provider: "pair", name: "two", api_key: canary.second, priority: 2 },
      ],
      combos: { lone: ["local/m"], wide: ["local/m", "pair/m"], gone: ["claude/x", "mistral/y"] },
      aliases: { quick: "local/m", m: "pair/other" },
      settings: { request_logs: true, selection: { strategy: "fill-first", when_limited: "refuse" } },
    },
  });
  const configFile = join(core.home, "config.yaml");
  const text = readFileSync(configFile, "utf8");
  writeFileSync(
    configFile,
    `# kept: the head\n${text.replace("  off:\n", "  # kept: about off\n  off:\n").replace("enabled: false", "enabled: false # kept: here")}`,
  );
  const api = await openApi(core.home);
  await api.socket("/api/reload", { body: {} });
  return { stage, chat, flaky, anthropic, proxy, core, api, configFile, call: caller(api) };
}

/** A conversation of its own each time: one that goes on would stay with its account. */
export function caller(api: Api): ControlBench["call"] {
  let conversations = 0;
  return (model, more = {}) => {
    conversations += 1;
    const messages = [{ role: "user", content: `Say hello, ${conversations}.` }];
    return api.keyed("/v1/chat/completions", { body: { model, messages, ...more } });
  };
}

/** Of a refusal. */
export const codeOf = (answer: Answer): unknown => field(field(answer.json, "error"), "code");
export const messageOf = (answer: Answer): string => String(field(field(answer.json, "error"), "message"));
