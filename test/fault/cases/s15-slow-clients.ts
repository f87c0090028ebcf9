/**
 * Slow clients in the four ways of slowhttptest (-H, -B, -R, -X): a thousand connections that send their heads, their
 * bodies or nothing but ranges drop by drop, or read that way. Meanwhile somebody honest opens tunnel after tunnel.
 */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { createStage, host, secondHost } from "../../support/fixture.ts";
import type { Identity } from "../../support/fake-ca.ts";
import { tlsThrough, type Through } from "../../support/proxy-clients.ts";
import { within } from "../../support/wait.ts";
import type { BoardCase, CaseContext, Finding } from "../board/case.ts";
import { startSubject } from "../board/subjects.ts";
import { startCrowd, startLargeOrigin, type SlowMode } from "../drill/start-crowd.ts";

/** Slow ones and the honest one each have their origin: the slow ones' plays in another process, as they do. */
const slowHost = secondHost;
const head = (line: string, ...fields: readonly string[]): string =>
  [`${line} HTTP/1.1`, `Host: ${slowHost}`, ...fields, ""].join("\r\n");
const ranges = Array.from({ length: 600 }, (_, index) => `5-${index}`).join(",");

const modes: readonly SlowMode[] = [
  { name: "heads", host: slowHost, atPort: true, opening: head("GET /"), drop: "X-Slow: 1\r\n", isReader: false },
  {
    name: "bodies",
    host: slowHost,
    atPort: false,
    opening: `${head("POST /sink", "Content-Length: 1000000")}\r\n`,
    drop: "0123456789",
    isReader: false,
  },
  {
    name: "ranges",
    host: slowHost,
    atPort: false,
    opening: `${head("HEAD /large", `Range: bytes=0-,${ranges}`)}\r\n`,
    drop: "",
    isReader: false,
  },
  { name: "readers", host: slowHost, atPort: false, opening: `${head("GET /large")}\r\n`, drop: "", isReader: true },
];

export const s15SlowClients: BoardCase = {
  id: "S15",
  title: "ways of being slow (heads, bodies, ranges, readers) in which honest clients are served",
  aim: "4 of 4, p99 of a new tunnel and its request ≤ 250 ms",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "1,000 connections of each kind in the full run. Switchyard closes heads after `limits.head_ms` and takes `limits.connections` at once. The short run asks only whether honest clients are served (p99 ≤ 5 s): it shares its machine with other tests.",
  run,
};

async function run(context: CaseContext): Promise<Finding> {
  const { subject: name, say } = context;
  const stage = createStage();
  try {
    const origin = stage.opened.add(await startOrigin(stage.identity));
    const large = stage.opened.add(await startLargeOrigin(stage.identity));
    const origins = { [host]: origin.port, [slowHost]: large.port };
    const subject = stage.opened.add(await startSubject(name, { ca: stage.ca, origins }));
    const crowd = stage.opened.add(await startCrowd(subject));
    const count = context.of({ short: 60, usual: 400, full: 1_000 });
    const honestCount = context.of({ short: 12, usual: 60, full: 120 });
    const maxMs = context.of({ short: 5_000, usual: 250, full: 250 });
    const port = subject.portFor(host);
    await honest(subject, port, 3);
    const details: string[] = [];
    const figures: string[] = [];
    for (const mode of modes) {
      const come = await crowd.ask({ type: "slow", mode, count, port: subject.portFor(slowHost) });
      const times = await honest(subject, port, honestCount);
      const gone = await crowd.ask({ type: "stop" });
      const served = times.filter((ms) => ms !== null);
      const p99 = served.toSorted((left, right) => left - right)[Math.ceil(served.length * 0.99) - 1] ?? Number.NaN;
      const figure = `${mode.name} ${served.length}/${honestCount} in ${p99.toFixed(0)} ms`;
      const [opened, held] = [come.type === "opened" ? come.opened : 0, gone.type === "stopped" ? gone.held : 0];
      say(`${figure}; ${opened} of ${count} slow ones came in, ${held} were held to the end`);
      figures.push(figure);
      if (name !== "switchyard" && served.length === 0) {
        details.push(`${mode.name}: nobody was served; the other ways were not tried`);
        break;
      }
      if (!subject.isAlive()) {
        details.push(`${mode.name}: the process died`);
        break;
      }
      if (served.length < honestCount) details.push(`${mode.name}: ${honestCount - served.length} were not served`);
      else if (p99 > maxMs) details.push(`${mode.name}: p99 ${p99.toFixed(0)} ms`);
    }
    return { figure: figures.join(", "), kept: details.length === 0, details };
  } finally {
    await stage.close();
  }
}

/** Times of new tunnels with one request each, ms; null: it was not served. */
async function honest(through: Through, port: number, count: number): Promise<readonly (number | null)[]> {
  const times: (number | null)[] = [];
  for (let index = 0; index < count; index += 1) {
    // Each waits for long: who serves nobody is not asked a hundred times.
    if (times.length >= 5 && times.every((ms) => ms === null)) return Array.from({ length: count }, () => null);
    const startedAt = performance.now();
    try {
      const socket = await tlsThrough(through, host, { alpn: ["http/1.1"], port });
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      const answered = new Promise<boolean>((resolve) => {
        let text = "";
        socket.on("data", (chunk: Buffer) => {
          text += chunk.toString("latin1");
          if (text.endsWith("honest")) resolve(text.startsWith("HTTP/1.1 200 "));
        });
        socket.on("close", () => resolve(false));
      });
      const isServed = await within("an honest answer", answered);
      times.push(isServed ? performance.now() - startedAt : null);
      socket.destroy();
    } catch {
      times.push(null);
    }
  }
  return times;
}

async function startOrigin(identity: Identity): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer({ key: identity.key, cert: identity.cert }, (_request, reply) => reply.end("honest"));
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
