/**
 * h2spec, 146 cases of RFC 9113 and 7541, through the TLS front of an intercepted host. It knows no proxies, so a bridge
 * makes a tunnel for each of its connections. Runs where h2spec is installed (or named by SWITCHYARD_H2SPEC).
 */
import { existsSync } from "node:fs";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { delimiter, join } from "node:path";
import { createStage } from "../../support/fixture.ts";
import { startH2Origin } from "../../support/h2-origin.ts";
import { connectThrough, run as runProgram } from "../../support/proxy-clients.ts";
import type { BoardCase, CaseContext, Finding } from "../board/case.ts";
import { startSubject } from "../board/subjects.ts";

/** What plain `node:http2` keeps (facts of 2026-11): the floor. */
const floor = 138;
const cases = 146;
/** A name that h2spec can reach itself and that may be intercepted. */
const playedHost = "localhost";

export const s14H2spec: BoardCase = {
  id: "S14",
  title: "cases of h2spec kept through our TLS front",
  aim: `at least ${floor} of ${cases}`,
  peers: ["mockttp"],
  remark:
    "plain `node:http2`, which mockttp speaks, keeps 133 to 138 from run to run: frames on a stream that is closed already (5.1: 8, 9, 11, 12; 5.1.1: 2) are ignored or answered with GOAWAY by nghttp2 1.61, an ACK with content (6.7: 2) and a window made smaller (6.9.1: 2) are answered otherwise than h2spec wants; one case is skipped.",
  missing: () => (binary() === null ? "h2spec is not installed (PATH or SWITCHYARD_H2SPEC)" : null),
  run,
};

function binary(): string | null {
  const named = process.env["SWITCHYARD_H2SPEC"];
  if (named !== undefined && named !== "") return existsSync(named) ? named : null;
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.map((folder) => join(folder, "h2spec")).find((file) => existsSync(file)) ?? null;
}

async function run({ subject: name, say }: CaseContext): Promise<Finding> {
  const stage = createStage();
  try {
    const origin = stage.opened.add(await startH2Origin(stage.identity));
    origin.play((stream) => {
      stream.respond({ ":status": 200, "content-type": "text/plain" });
      stream.end("hello, h2spec\n");
    });
    const subject = stage.opened.add(
      await startSubject(name, {
        ca: stage.ca,
        origins: { [playedHost]: origin.port },
        core: { config: { intercept: { hosts: ["default", playedHost] } } },
      }),
    );
    const bridge = await startBridge(subject.url, `${playedHost}:${subject.portFor(playedHost)}`);
    stage.opened.later(() => bridge.close());
    const through = await h2spec(bridge.port);
    const plain = await h2spec(origin.port);
    say(`plain node:http2: ${plain.kept} of ${plain.all}`);
    const added = through.missed.filter((one) => !plain.missed.includes(one));
    return {
      figure: `${through.kept} of ${through.all} (node:http2 itself: ${plain.kept}; missed here only: ${added.length})`,
      kept: through.all === cases && through.kept >= floor,
      details: through.missed,
    };
  } finally {
    await stage.close();
  }
}

interface Told {
  readonly all: number;
  readonly kept: number;
  readonly missed: readonly string[];
}

async function h2spec(port: number): Promise<Told> {
  const args = ["-h", playedHost, "-p", String(port), "-t", "-k", "-o", "3"];
  const { stdout } = await runProgram(binary() ?? "h2spec", args, { timeoutMs: 240_000 });
  // Colours would stand between the words.
  // oxlint-disable-next-line no-control-regex -- escape sequences are what is taken out
  const text = stdout.replaceAll(/\x1b\[[0-9;]*m/g, "");
  const counts = /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(text);
  if (counts === null) throw new Error(`h2spec says nothing of its tests: ${text.slice(-300)}`);
  const [report = ""] = text.split(/^Failures:/m);
  const missed = [...report.matchAll(/^\s*[×✖]\s*(.+)$/gm)].map(([, line = ""]) => line.trim());
  return { all: Number(counts[1]), kept: Number(counts[2]), missed };
}

interface Bridge {
  readonly port: number;
  close(): void;
}

/** A port whose connections go on in tunnels of their own. */
async function startBridge(proxyUrl: string, authority: string): Promise<Bridge> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    connectThrough(proxyUrl, authority)
      .then(({ socket: tunnel, early, status }) => {
        if (status !== 200) throw new Error(`CONNECT was answered ${status}`);
        sockets.add(tunnel);
        socket.write(early);
        socket.pipe(tunnel).pipe(socket);
        socket.on("close", () => tunnel.destroy());
        tunnel.on("close", () => {
          sockets.delete(tunnel);
          socket.destroy();
        });
      })
      .catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // a TCP listener has an AddressInfo
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
