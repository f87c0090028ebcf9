/**
 * Real TLS through the proxy, and not one packet to a provider. What can be seen of the running core without changing
 * anything about it is seen there; what cannot is seen on the same code and the same authority in this process.
 *
 * 1. `handshake`, the running core: CONNECT to a provider's host, TLS with a single protocol on offer (so that the core
 *    need not ask the provider which one it speaks), the chain verified against `extra.pem` and the leaf's name, and then
 *    a request that names another host. The core reads it, dials nobody, and says 421: our bytes were decrypted by the
 *    running core, and its answer came back encrypted.
 * 2. `tunnel`, the running core: CONNECT to a server on loopback that no rule watches. Its own certificate has to arrive,
 *    and the body that was sent.
 * 3. `relay`, in this process: decrypted, encrypted anew, and sent on to a stand-in for the provider; the body has to
 *    arrive and come back byte for byte. The running core would dial the provider for this. To make it dial us it would
 *    need a way to be told, from outside, to send a provider's calls elsewhere and to trust a strange certificate for it,
 *    and such a way must not exist in a program through which credentials pass. The port, the authority's key on the
 *    disk, the leaf, both relays and the dialling are the real ones.
 *
 * Without a running core all of it happens in this process.
 */
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { reachableHost } from "../../base/launch-env.ts";
import type { StoredAuthority } from "../../intercept/ca/stored.ts";
import { permits } from "../../intercept/ca/scope.ts";
import { storedOf } from "./ca.ts";
import { type Check, type CheckGroup, type Finding, ok, reasonText, skip } from "./check.ts";
import type { CoreFact, DoctorDeps } from "./facts.ts";
import { textOf } from "./read-text.ts";
import { digestOf, type StandIn, startStandIn } from "./stand-in.ts";
import { startTemporaryProxy } from "./temporary-proxy.ts";
import { askOn, connectThrough, ConnectRefused, type ProxyPlace, tlsOver } from "./through.ts";
import { watchedHosts } from "./watched.ts";

/** More than one TLS record and one socket buffer, and every byte value in it. */
const probeBytes = 256 * 1024;
/** RFC 9110 §15.5.20: the connection does not lead to the host that the request names. */
const misdirected = 421;
/** Reserved (RFC 2606): nobody has it. */
const nobodysHost = "switchyard-doctor.invalid";

/** What all three need. */
interface Ground {
  readonly stored: StoredAuthority;
  /** What clients are pointed at. */
  readonly extraPem: string;
  /** Watched, and covered by the certificate. */
  readonly host: string;
}

async function groundOf(deps: DoctorDeps): Promise<Ground | Finding> {
  const { context, config } = deps;
  const stored = await storedOf(deps);
  if (stored === null) return skip("there is no authority to make certificates with");
  const now = context.clock.now();
  if (now < stored.notBefore || now >= stored.expiresAt) return skip("the authority is not valid now");
  const extraPem = textOf(join(context.paths.certsDir, "extra.pem"));
  if (extraPem === null) return skip("extra.pem is not there; the first start writes it");
  const { usable } = config();
  if (usable === null) return skip("the configuration has to be valid first");
  const host = watchedHosts(usable).find((each) => permits(stored.scope, each));
  return host === undefined
    ? skip("no host is both watched and covered by the certificate")
    : { stored, extraPem, host };
}

const handshake: Check = {
  id: "handshake",
  title: "handshake",
  async run(deps) {
    const core = await deps.core();
    if (core.kind !== "running") return skip("no core runs; the relay below is tried without one");
    // Only where the file is what the core goes by is it certain that nothing is sent on to the provider.
    if (core.status.config.error !== null) return skip("the core holds on to an older configuration than the file's");
    const ground = await groundOf(deps);
    if ("state" in ground) return ground;
    if (core.status.ca.fingerprint !== ground.stored.fingerprint)
      return skip("the core has another authority than the disk");
    const { clock } = deps.context;
    const begunAt = clock.monotonic();
    try {
      const secure = await tlsOver(await connectThrough(await placeOf(core, deps), `${ground.host}:443`), {
        name: ground.host,
        roots: ground.extraPem,
      });
      const doneMs = clock.monotonic() - begunAt;
      const stranger = strangerAt(secure, ground);
      if (stranger !== null) {
        secure.destroy();
        return notOurs(ground.host, stranger);
      }
      const reply = await askOn(secure, { method: "GET", path: "/", headers: { host: nobodysHost } });
      if (reply.status !== misdirected) {
        const text = `the core answered ${reply.status} to a request for another host, where ${misdirected} is expected`;
        return { state: "fail", text, fix: "switchyard stop && switchyard start -d" };
      }
      return ok(
        `the core speaks for ${ground.host} with a certificate that extra.pem vouches for, in ${msText(doneMs)}; nothing was sent on`,
      );
    } catch (error) {
      return failed(`TLS through the core to ${ground.host}`, error);
    }
  },
};

const tunnel: Check = {
  id: "tunnel",
  title: "tunnel",
  run: (deps) =>
    withStandIn(deps, async (ground, standIn) => {
      const core = await deps.core();
      return core.kind === "running"
        ? tunnelFinding(deps, await placeOf(core, deps), standIn, "the core")
        : withProxy(deps, ground, standIn, (proxy) => tunnelFinding(deps, proxy, standIn, "a temporary proxy"));
    }),
};

async function tunnelFinding(deps: DoctorDeps, proxy: ProxyPlace, standIn: StandIn, through: string): Promise<Finding> {
  const { clock } = deps.context;
  const begunAt = clock.monotonic();
  try {
    const socket = await connectThrough(proxy, `127.0.0.1:${standIn.port}`);
    // Only the stand-in's own root is believed: a certificate of ours in between would be refused here.
    const secure = await tlsOver(socket, { name: localName, roots: standIn.rootPem });
    const wrong = await echoed(deps, secure, localName, standIn);
    if (wrong !== null) return { state: "fail", text: `a tunnel through ${through} changed what was sent: ${wrong}` };
    return ok(
      `${through} leaves a host it does not watch alone: its own certificate and ${sizeText} came through, in ${msText(clock.monotonic() - begunAt)}`,
    );
  } catch (error) {
    if (error instanceof ConnectRefused && error.message.includes("private_destinations")) {
      return skip("this core refuses destinations on this machine (upstream.private_destinations)");
    }
    return failed(`a tunnel through ${through}`, error);
  }
}

const relay: Check = {
  id: "relay",
  title: "relay",
  run: (deps) =>
    withStandIn(deps, (ground, standIn) =>
      withProxy(deps, ground, standIn, async (proxy) => {
        const { clock } = deps.context;
        const begunAt = clock.monotonic();
        try {
          const socket = await connectThrough(proxy, `${ground.host}:443`);
          const secure = await tlsOver(socket, { name: ground.host, roots: ground.extraPem });
          const stranger = strangerAt(secure, ground);
          if (stranger !== null) return notOurs(ground.host, stranger);
          const wrong = await echoed(deps, secure, ground.host, standIn);
          if (wrong !== null) return { state: "fail", text: `the relay changed what was sent: ${wrong}` };
          return ok(
            `decrypted and encrypted anew for a stand-in of ${ground.host}: ${sizeText} there and back unchanged, in ${msText(clock.monotonic() - begunAt)}`,
          );
        } catch (error) {
          return failed(`a relayed call to a stand-in of ${ground.host}`, error);
        }
      }),
    ),
};

/** RFC 6761: this machine. */
const localName = "localhost";
const sizeText = `${probeBytes / 1024} KiB`;

async function withStandIn(
  deps: DoctorDeps,
  use: (ground: Ground, standIn: StandIn) => Promise<Finding>,
): Promise<Finding> {
  const ground = await groundOf(deps);
  if ("state" in ground) return ground;
  const standIn = await startStandIn([ground.host, localName], deps.context);
  try {
    return await use(ground, standIn);
  } finally {
    await standIn.close();
  }
}

async function withProxy(
  { context }: DoctorDeps,
  { stored, host }: Ground,
  standIn: StandIn,
  use: (proxy: ProxyPlace) => Promise<Finding>,
): Promise<Finding> {
  const proxy = await startTemporaryProxy(context, stored, host, standIn);
  try {
    return await use(proxy);
  } finally {
    await proxy.close();
  }
}

/** Sends a body of every byte value and some chance; null when it arrived, and came back, as it was. */
async function echoed(
  { context: { random } }: DoctorDeps,
  socket: TLSSocket,
  host: string,
  standIn: StandIn,
): Promise<string | null> {
  const every = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  const body = Buffer.concat([every, random.bytes(probeBytes - every.byteLength)]);
  const headers = { host, "content-type": "application/octet-stream" };
  const reply = await askOn(socket, { method: "POST", path: "/switchyard-doctor", headers, body });
  if (reply.status !== 200) return `the answer was ${reply.status}`;
  if (standIn.received.at(-1) !== digestOf(body)) return "other bytes arrived than were sent";
  return reply.body.equals(body) ? null : "other bytes came back than were sent";
}

/** Whose root the chain ends in, when it is not ours: extra.pem may hold a company's, too. */
function strangerAt(secure: TLSSocket, { stored }: Ground): string | null {
  let certificate = secure.getPeerCertificate(true);
  while (
    certificate.issuerCertificate !== undefined &&
    certificate.issuerCertificate.fingerprint256 !== certificate.fingerprint256
  ) {
    certificate = certificate.issuerCertificate;
  }
  return certificate.fingerprint256 === stored.fingerprint ? null : String(certificate.subject.CN ?? "unnamed");
}

function notOurs(host: string, stranger: string): Finding {
  const text = `the certificate for ${host} comes from "${stranger}" and not from the authority on the disk`;
  return {
    state: "fail",
    text,
    why: "another proxy may stand in between",
    fix: "switchyard stop && switchyard start -d",
  };
}

/** A token only where the core has one to ask for. */
async function placeOf(core: CoreFact & { readonly kind: "running" }, { redactor }: DoctorDeps): Promise<ProxyPlace> {
  const { host, port, proxyToken } = await core.client.secrets();
  redactor.register(proxyToken);
  const authorization = `Basic ${Buffer.from(`switchyard:${proxyToken}`).toString("base64")}`;
  return { host: reachableHost(host).replace(/^\[(.*)\]$/, "$1"), port, authorization };
}

function failed(what: string, error: unknown): Finding {
  const text = `${what} failed: ${reasonText(error)}`;
  return { state: "fail", text, fix: "switchyard status, then: switchyard flows list -n 5" };
}

function msText(ms: number): string {
  return `${Math.round(ms)} ms`;
}

export const roundTripChecks: CheckGroup = { id: "round-trip", checks: [handshake, tunnel, relay] };
