/** CA-9, S20: making a certificate for a host that was not met before holds up neither its client nor anybody else. */
import { createFakeCa, type Identity } from "../../support/fake-ca.ts";
import { createOpened } from "../../support/opened.ts";
import { readUntil, tlsThrough } from "../../support/proxy-clients.ts";
import type { BoardCase } from "../board/case.ts";
import { startSubject, type Subject } from "../board/subjects.ts";
import { startCrowd } from "../drill/start-crowd.ts";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";

/** A host below which every name may be certified. */
const domain = "api.anthropic.com";
const burst = 12;
/** What is aimed at on a machine with nothing else to do; a busy one is given more, and the figures are printed. */
const aims = { handshakeMs: 20, stallMs: 10 };
const limits = { short: { handshakeMs: 2_000, stallMs: 3_000 }, usual: { handshakeMs: 60, stallMs: 60 } };

export const newHosts: BoardCase = {
  id: "S20",
  title:
    "the first TLS handshake of a new host (p99), and a trivial request while 12 hosts are new (longest, median of rounds)",
  aim: `≤ ${aims.handshakeMs} ms, ≤ ${aims.stallMs} ms on an idle machine`,
  peers: ["http-mitm-proxy", "mockttp"],
  remark: `kept up to ${limits.usual.handshakeMs} ms in long runs and ${limits.short.handshakeMs} ms inside the tests, which share a machine. The time of a handshake counts from CONNECT to the client's end of it, with the origin on loopback.`,
  async run(context) {
    const { subject: name, amount } = context;
    const opened = createOpened();
    try {
      const ca = opened.add(createFakeCa());
      const rounds = context.of({ short: 3, usual: 8, full: 20 });
      const hosts = Array.from({ length: (rounds + 1) * burst }, (_, index) => `h${index}.${domain}`);
      const origin = opened.add(await startTrivialOrigin(ca.issue([domain, ...hosts])));
      const origins = Object.fromEntries([domain, ...hosts].map((host) => [host, origin.port]));
      const core = { config: { intercept: { hosts: ["default", `*.${domain}`] } } };
      const subject = opened.add(await startSubject(name, { ca, origins, core }));
      const kept = opened.add(await keepAlive(subject));
      await kept.ask();

      const ports = Object.fromEntries(hosts.map((host) => [host, subject.portFor(host)]));
      const crowd = opened.add(await startCrowd(subject));
      const details: string[] = [];
      const first: number[] = [];
      const stalls: number[] = [];
      for (const host of hosts.slice(0, burst)) first.push(await timed(() => shake(subject, host)));
      for (let round = 1; round <= rounds; round += 1) {
        let over = false;
        const fresh = hosts.slice(round * burst, (round + 1) * burst);
        const done = crowd.ask({ type: "shake", hosts: fresh, ports }).finally(() => (over = true));
        // Waited for below; a failure before that is no surprise to Node either.
        done.catch(() => {});
        const times: number[] = [];
        while (!over) times.push(await timed(() => kept.ask()));
        const report = await done;
        if (report.type !== "shaken" || report.failed > 0) details.push(`round ${round}: handshakes failed`);
        stalls.push(Math.max(...times));
      }
      const handshakeMs = Math.max(...first.toSorted((a, b) => a - b).slice(1, -1));
      const stallMs = stalls.toSorted((a, b) => a - b)[Math.floor(stalls.length / 2)] ?? Number.NaN;
      const limit = amount === "short" ? limits.short : limits.usual;
      return {
        figure: `${handshakeMs.toFixed(0)} ms, ${stallMs.toFixed(0)} ms`,
        kept: handshakeMs <= limit.handshakeMs && stallMs <= limit.stallMs && details.length === 0,
        details: [
          ...details,
          `first handshakes ${first.map((ms) => ms.toFixed(1)).join(" ")}`,
          `longest of each round ${stalls.map((ms) => ms.toFixed(1)).join(" ")}`,
        ],
      };
    } finally {
      await opened.closeAll();
    }
  },
};

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

/** A finished handshake with a host. */
async function shake(subject: Subject, host: string): Promise<void> {
  const socket = await tlsThrough(subject, host, { alpn: ["http/1.1"], port: subject.portFor(host) });
  socket.destroy();
}

/** One connection on which small requests are made, one after the other. */
async function keepAlive(subject: Subject): Promise<{ ask(): Promise<void>; close(): void }> {
  const port = subject.portFor(domain);
  const socket = await tlsThrough(subject, domain, { alpn: ["http/1.1"], port });
  return {
    async ask() {
      socket.write(`GET / HTTP/1.1\r\nHost: ${domain}${port === 443 ? "" : `:${port}`}\r\n\r\n`);
      await readUntil(socket, "trivial");
    },
    close: () => void socket.destroy(),
  };
}

async function startTrivialOrigin(identity: Identity): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer({ ...identity }, (_request, reply) => reply.end("trivial"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
