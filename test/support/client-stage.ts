/**
 * What a real client is tested on: a core as `switchyard start` gives it, with its usual settings, and nothing else to
 * talk to. The hosts of models lead to a closed port, the clients' account services are played on loopback, and every
 * other name ends at a trap: an outbound proxy that refuses and remembers it.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolvePaths } from "../../src/base/paths.ts";
import { connectControl } from "../../src/control/client.ts";
import type { CoreProcess } from "./core-process.ts";
import {
  startFakeAnthropic,
  startFakeGemini,
  startFakeOpenAiChat,
  startFakeOpenAiResponses,
  type FakeOptions,
  type FakeProvider,
} from "./fake-providers.ts";
import { serviceHosts, startFakeServices, type FakeServices } from "./fake-services.ts";
import type { Scenario } from "./client-scenarios.ts";
import type { TestedClient } from "./client-list.ts";
import type { Stage } from "./fixture.ts";
import { startNameTrap } from "./name-trap.ts";

/** Where an answer can come from: one provider of each dialect. */
const providers = {
  "openai-chat": { type: "openai-compatible", base: "/v1", start: startFakeOpenAiChat },
  "openai-responses": { type: "openai-responses-compatible", base: "/v1", start: startFakeOpenAiResponses },
  claude: { type: "anthropic-compatible", base: "/v1", start: startFakeAnthropic },
  gemini: { type: "gemini-compatible", base: "/v1beta", start: startFakeGemini },
} as const;

export type Served = keyof typeof providers;

/** A model's name says what a request to it may hold; these are names of the year. */
export const servedModels: Readonly<Record<Served, string>> = {
  "openai-chat": "gpt-4.1",
  "openai-responses": "gpt-5.1",
  claude: "claude-sonnet-4-5",
  gemini: "gemini-2.5-flash",
};

/** Hosts where models answer. Port 9 is discard, and closed: whatever is answered was rerouted. */
const modelHosts = ["api.openai.com", "generativelanguage.googleapis.com"];
const closedPort = 9;

/** Set by `npm run test:clients` where it could give the run a network of its own, in which there is nothing but loopback. */
export const isIsolated = process.env["SWITCHYARD_TEST_ISOLATED"] === "1";

const providerKey = "sk-the-accounts-own-0123456789";

export interface ClientStage {
  readonly core: CoreProcess;
  readonly services: FakeServices;
  fake(served: Served): FakeProvider;
  /** Hosts that were asked for and are played by nobody: refused, every one. */
  readonly refused: readonly string[];
  /** Names that somebody looked up, going past the proxy; null where that cannot be seen. */
  readonly lookedUp: readonly string[] | null;
  flows(): Promise<Flows>;
  /** Calls of the client that were meant for a model, oldest first. */
  modelFlows(): Promise<Flows>;
}

/** Asked of the control socket: starting a program for it, as often as this is asked, takes longer than the clients do. */
type Flows = Awaited<ReturnType<ReturnType<typeof connectControl>["flows"]>>["flows"];

/** Everything it opens is closed with the stage. */
export async function startClientStage(
  stage: Stage,
  client: TestedClient | "curl" | "python",
  routes: readonly Pick<Scenario, "match" | "served">[],
  options: FakeOptions = {},
): Promise<ClientStage> {
  const fakes = new Map<Served, FakeProvider>();
  const names = [...new Set(routes.map(({ served }) => served))];
  for (const name of names) {
    const started = await providers[name].start({ keys: [providerKey], gapMs: 1, ...options });
    fakes.set(name, stage.opened.add(started));
  }
  const fake = (served: Served): FakeProvider => {
    const found = fakes.get(served);
    if (found === undefined) throw new Error(`no route leads to ${served}`);
    return found;
  };
  const services = stage.opened.add(await startFakeServices(stage.ca.issue(serviceHosts)));
  const trap = await startTrap();
  stage.opened.later(() => trap.close());
  const lookups = isIsolated ? stage.opened.add(await startNameTrap()) : null;
  const core = await stage.startCore({
    dial: {
      ...Object.fromEntries(serviceHosts.map((host) => [host, services.port])),
      ...Object.fromEntries(modelHosts.map((host) => [host, closedPort])),
    },
    // The providers are on loopback, and need no proxy to get there. Hosts that are tunnelled show their own certificate:
    // to the clients the fakes' authority is a company's, which the machine trusts already.
    env: { NO_PROXY: "127.0.0.1", NODE_EXTRA_CA_CERTS: stage.ca.file },
    config: {
      listen: { proxy_auth: "reroute" },
      providers: Object.fromEntries(
        names.map((name) => {
          const { type, base } = providers[name];
          return [`fake-${name}`, { type, endpoint: fake(name).url + base, auth_type: "api_key" }];
        }),
      ),
      accounts: names.map((name) => ({ provider: `fake-${name}`, name: "main", api_key: providerKey })),
      routes: routes.map(({ match, served }) => ({
        match: { client, ...match },
        to: `fake-${served}/${servedModels[served]}`,
      })),
      settings: { network_proxy: { global: trap.url } },
    },
  });
  const control = connectControl(resolvePaths({ SWITCHYARD_HOME: core.home }));
  const flows = async (): Promise<Flows> => (await control.flows()).flows;
  return {
    core,
    flows,
    services,
    fake,
    refused: trap.refused,
    lookedUp: lookups?.names ?? null,
    modelFlows: async () => (await flows()).filter((flow) => flow.formats.client !== null),
  };
}

interface Trap {
  readonly url: string;
  readonly refused: readonly string[];
  close(): void;
}

async function startTrap(): Promise<Trap> {
  const refused: string[] = [];
  const server = createServer((request, reply) => {
    refused.push(request.url ?? "");
    reply.writeHead(403).end();
  });
  server.on("connect", (request, socket) => {
    refused.push(request.url ?? "");
    socket.on("error", () => {});
    socket.end("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, // a TCP listener has an AddressInfo
    refused,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
