/**
 * The program's own interceptor for a moment, in this process: a port that the system picks, this home's authority (only
 * read: its key is copied nowhere), and one provider host that lies at the stand-in. No rules, no accounts, no log.
 */
import { createSecureContext } from "node:tls";
import { createBus } from "../../base/bus.ts";
import type { CoreEvent } from "../../base/events.ts";
import { passThrough, type ExchangeHandler } from "../../base/exchange.ts";
import { defaultLimits } from "../../base/limits.ts";
import { token } from "../../base/random.ts";
import { Secret } from "../../base/secret.ts";
import { createFlowLog } from "../../control/flow-log.ts";
import { makeLeaf } from "../../intercept/ca/leaf.ts";
import { permits } from "../../intercept/ca/scope.ts";
import type { StoredAuthority } from "../../intercept/ca/stored.ts";
import { createInterceptor } from "../../intercept/index.ts";
import type { CommandContext } from "../context.ts";
import { patienceMs, type ProxyPlace } from "./through.ts";
import type { StandIn } from "./stand-in.ts";

export interface TemporaryProxy extends ProxyPlace {
  close(): Promise<void>;
}

const nothingWanted: ExchangeHandler = {
  wantsHost: () => false,
  wants: () => false,
  handle: () => Promise.resolve(passThrough),
};

export async function startTemporaryProxy(
  { clock, random }: Pick<CommandContext, "clock" | "random">,
  stored: StoredAuthority,
  host: string,
  standIn: StandIn,
): Promise<TemporaryProxy> {
  const upstreamTrust = createSecureContext({ ca: standIn.rootPem });
  const bus = createBus<CoreEvent>();
  const recorder = createFlowLog({ clock, random });
  const interceptor = createInterceptor({
    settings: () => ({
      hosts: [host],
      tunnel: [],
      proxyAuth: "off",
      connectTo: { [`${host}:443`]: `127.0.0.1:${standIn.port}` },
      privateDestinations: "allow",
      timeouts: { connectMs: patienceMs, firstByteMs: patienceMs, idleMs: patienceMs },
      limits: defaultLimits,
      upstreamTrust,
      ipFilter: { mode: "off", list: [] },
      outboundProxy: "direct",
    }),
    certificates: () => ({
      inScope: (name) => permits(stored.scope, name),
      contextFor: (name) => makeLeaf(name, stored.issuer, clock.now(), random).context,
      hasContext: () => false,
    }),
    proxyToken: new Secret(token(random)),
    recorder,
    bus,
    clock,
    describeFailure: () => null,
    env: {},
  });
  const gateway = {
    audience: () => "tools" as const,
    isCall: () => false,
    handle: () => Promise.reject(new Error("there is no gateway here")),
  };
  const listening = await interceptor.listen({ host: "127.0.0.1", port: 0, gateway }, nothingWanted);
  return {
    host: "127.0.0.1",
    port: listening.port,
    authorization: null,
    async close() {
      await listening.close(0);
      recorder.close();
    },
  };
}
