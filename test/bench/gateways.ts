/** Who translates in the benchmark: nobody (the client asks the provider in its own dialect), Switchyard, two gateways. */
import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { startCoreProcess } from "../support/core-process.ts";
import { installPackage } from "../support/install.ts";
import { within } from "../support/wait.ts";
import { dialects, questions, type Dialect } from "./dialects.ts";
import type { Bench } from "./part.ts";

export type GatewayName = "direct" | "switchyard" | "llms" | "portkey";

/** A request as it goes out: where to dial, what to ask for. */
export interface Route {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Gateway {
  readonly name: GatewayName;
  /** 0: nobody. */
  readonly pid: number;
  /** Null where it has no such pair. */
  route(client: Dialect, provider: Dialect, stream: boolean, maxTokens: number): Route | null;
  close(): Promise<void>;
}

export interface Upstream {
  readonly port: number;
  readonly pid: number;
  close(): Promise<void>;
}

const json = { "content-type": "application/json" };

export async function startUpstream(deltas: number): Promise<Upstream> {
  const child = fork(fileURLToPath(new URL("provider.ts", import.meta.url)), [], {
    execArgv: ["--import", import.meta.resolve("tsx")],
    env: { PATH: process.env["PATH"] ?? "", BENCH_DELTAS: String(deltas) },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const { port } = await said<{ port: number }>(child, "the providers to listen");
  return { port, pid: child.pid ?? 0, close: () => ended(child) };
}

export async function startGateway(name: GatewayName, upstream: Upstream, bench: Bench): Promise<Gateway> {
  switch (name) {
    case "direct":
      return direct(upstream);
    case "switchyard":
      return startSwitchyard(upstream, bench);
    case "llms":
      return startLlms(upstream);
    case "portkey":
      return startPortkey(upstream);
    default:
      throw new Error(`no gateway ${String(name)}`);
  }
}

/** The provider asked in its own dialect: what a call costs without anybody between. */
function direct(upstream: Upstream): Gateway {
  return {
    name: "direct",
    pid: 0,
    route: (_client, provider, stream, maxTokens) => ({
      port: upstream.port,
      path: questions[provider].path(stream, "bench"),
      headers: json,
      body: JSON.stringify(questions[provider].body(stream, "bench", maxTokens)),
    }),
    close: () => Promise.resolve(),
  };
}

const types: Readonly<Record<Dialect, { readonly type: string; readonly base: string }>> = {
  "openai-chat": { type: "openai-compatible", base: "/v1" },
  "openai-responses": { type: "openai-responses-compatible", base: "/v1" },
  claude: { type: "anthropic-compatible", base: "/v1" },
  gemini: { type: "gemini-compatible", base: "/v1beta" },
};

/** Through the proxy as a client that was told of nothing would go: absolute-form, the provider's real host name. */
async function startSwitchyard(upstream: Upstream, bench: Bench): Promise<Gateway> {
  const core = await startCoreProcess({
    program: [(await bench.program()).cli],
    config: {
      providers: Object.fromEntries(
        dialects.map((dialect) => [
          dialect,
          {
            type: types[dialect].type,
            endpoint: `http://127.0.0.1:${upstream.port}${types[dialect].base}`,
            auth_type: "none",
          },
        ]),
      ),
      routes: dialects.map((dialect) => ({ match: { model: `to-${dialect}` }, to: `${dialect}/bench` })),
    },
  });
  return {
    name: "switchyard",
    pid: core.pid,
    route(client, provider, stream, maxTokens) {
      const question = questions[client];
      const model = `to-${provider}`;
      return {
        port: core.port,
        path: `http://${question.host}${question.path(stream, model)}`,
        headers: { ...json, host: question.host },
        body: JSON.stringify(question.body(stream, model, maxTokens)),
      };
    },
    close: () => core.close(),
  };
}

/** What claude-code-router runs on. Its clients name `provider,model`; a provider's dialect is its transformer. */
export const llms = { name: "@musistudio/llms", version: "1.0.53", program: "@musistudio/llms/dist/cjs/server.cjs" };

async function startLlms(upstream: Upstream): Promise<Gateway> {
  const started = await startPeer("llms", await installPackage(llms), upstream);
  const clients: readonly Dialect[] = ["openai-chat", "claude", "gemini", "openai-responses"];
  return {
    name: "llms",
    pid: started.pid,
    route(client, provider, stream, maxTokens) {
      if (!clients.includes(client)) return null;
      const question = questions[client];
      const model = `${provider},bench`;
      return {
        port: started.port,
        path: question.path(stream, model),
        headers: json,
        body: JSON.stringify(question.body(stream, model, maxTokens)),
      };
    },
    close: () => started.close(),
  };
}

export const portkey = {
  name: "@portkey-ai/gateway",
  version: "1.15.2",
  program: "@portkey-ai/gateway/build/start-server.js",
};

/** Its words for the providers of each dialect; it knows no other way to them. */
const portkeyProviders: Readonly<Partial<Record<Dialect, { readonly provider: string; readonly base: string }>>> = {
  "openai-chat": { provider: "openai", base: "/v1" },
  "openai-responses": { provider: "openai", base: "/v1" },
  claude: { provider: "anthropic", base: "/v1" },
  gemini: { provider: "google", base: "/v1beta" },
};

async function startPortkey(upstream: Upstream): Promise<Gateway> {
  const started = await startPeer("portkey", await installPackage(portkey), upstream);
  return {
    name: "portkey",
    pid: started.pid,
    route(client, provider, stream, maxTokens) {
      const target = portkeyProviders[provider];
      // It translates from Chat only; the other dialects it hands through to a provider of the same one.
      if (target === undefined || client === "gemini" || (client !== "openai-chat" && client !== provider)) return null;
      if (client === "openai-chat" && provider === "openai-responses") return null;
      const question = questions[client];
      return {
        port: started.port,
        path: question.path(stream, "bench"),
        headers: {
          ...json,
          authorization: "Bearer bench",
          "x-portkey-provider": target.provider,
          "x-portkey-custom-host": `http://127.0.0.1:${upstream.port}${target.base}`,
        },
        body: JSON.stringify(question.body(stream, "bench", maxTokens)),
      };
    },
    close: () => started.close(),
  };
}

async function startPeer(
  name: "llms" | "portkey",
  program: string,
  upstream: Upstream,
): Promise<{ readonly port: number; readonly pid: number; close(): Promise<void> }> {
  const child = fork(fileURLToPath(new URL("gateway-peer.mjs", import.meta.url)), [name], {
    execArgv: [],
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_ENV: "production",
      BENCH_PROGRAM: program,
      BENCH_UPSTREAM: String(upstream.port),
    },
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const { port } = await said<{ port: number }>(child, `${name} to listen`);
  return { port, pid: child.pid ?? 0, close: () => ended(child) };
}

function said<Message>(child: ChildProcess, what: string): Promise<Message> {
  return within(
    what,
    new Promise((resolve, reject) => {
      child.once("message", (message) => resolve(message as Message)); // our own children, one message each
      child.once("exit", (code) => reject(new Error(`ended with ${code} while waiting for ${what}`)));
    }),
    30_000,
  );
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    child.once("exit", () => resolve());
    // Programs that keep themselves alive are ended; ours go when their parent lets go.
    child.kill();
  });
}
