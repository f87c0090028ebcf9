/** T7: no request reaches an upstream inside another one's body, whichever way its server reads the bytes. */
import { openApi } from "../../support/api.ts";
import { createFakeCa } from "../../support/fake-ca.ts";
import { createOpened } from "../../support/opened.ts";
import { tcp, tlsThrough } from "../../support/proxy-clients.ts";
import type { Socket } from "node:net";
import type { BoardCase } from "../board/case.ts";
import { inTurns } from "../board/in-turns.ts";
import { startSubject, type Subject } from "../board/subjects.ts";
import { startByteOrigin } from "../drill/byte-origin.ts";
import { shapes2 } from "../drill/desync-h2.ts";
import { shapes } from "../drill/desync-shapes.ts";
import { sayRequest } from "../drill/raw-h2.ts";
import { readings } from "../drill/readings.ts";

const host = "api.anthropic.com";
const quietMs = 400;

interface Attempt {
  readonly what: string;
  readonly path: string;
  readonly atMost: number;
  /** A connection on which it has been said. */
  say(subject: Subject): Promise<Socket>;
}

export const smuggling: BoardCase = {
  id: "smuggling",
  title: "T7: hostile shapes that an upstream could read as more, or other, requests than were logged",
  aim: "0",
  peers: ["http-mitm-proxy", "mockttp"],
  remark:
    "through an intercepted tunnel, in absolute form, and over HTTP/2 to a server that speaks HTTP/1. The bytes that arrive are read by four readers (strict, lenient, each length first); each must see the same requests, and none that was hidden in a body.",
  async run({ subject: name, say }) {
    const opened = createOpened();
    try {
      const ca = opened.add(createFakeCa());
      const secure = opened.add(await startByteOrigin(ca.issue([host])));
      const plain = opened.add(await startByteOrigin(null));
      const subject = opened.add(await startSubject(name, { ca, origins: { [host]: secure.port } }));
      const attempts = [...throughTunnel(subject, secure.port), ...inAbsoluteForm(plain.port), ...overHttp2(subject)];
      let tried = 0;
      await inTurns(attempts, 16, async (attempt) => {
        if (!subject.isAlive()) return;
        tried += 1;
        const socket = await attempt.say(subject).catch(() => null);
        if (socket !== null) await quietOrClosed(socket);
      });
      if (!subject.isAlive()) say(`${name} died after ${tried}`);
      const logged = subject.core === null ? null : await loggedPaths(subject.core.home);
      const broken = new Map<string, string>();
      const seen = new Set<string>();
      for (const bytes of [...secure.received(), ...plain.received()]) {
        const all = readings(bytes);
        const attempt = attempts.find(({ path }) => bytes.includes(path));
        if (attempt === undefined) {
          broken.set("?", `bytes of nobody reached an upstream: ${JSON.stringify(bytes.toString("latin1", 0, 80))}`);
          continue;
        }
        seen.add(attempt.path);
        const first = [...(all.get("strict") ?? [])].join(" | ");
        for (const [reader, lines] of all) {
          if (lines.length > attempt.atMost)
            broken.set(attempt.path, `${attempt.what}: ${reader} sees ${lines.length} requests`);
          else if (lines.join(" | ") !== first)
            broken.set(attempt.path, `${attempt.what}: ${reader} sees other requests`);
          for (const line of lines) {
            const path = /(\/(?:shape|hidden)-\d+)\b/.exec(line)?.[1];
            if (logged !== null && path !== undefined && !logged.has(path)) {
              broken.set(attempt.path, `${attempt.what}: ${path} is in no flow`);
            }
          }
        }
        if (/^x-injected: 1\r?$/im.test(bytes.toString("latin1")))
          broken.set(attempt.path, `${attempt.what}: a field was injected`);
        if (/^host:\s*evil\.example/im.test(bytes.toString("latin1")))
          broken.set(attempt.path, `${attempt.what}: another Host was passed on`);
      }
      const died = subject.isAlive() ? [] : [`it died after ${tried} of ${attempts.length}`];
      const details = [...died, ...broken.values()].map((line) => JSON.stringify(line).slice(1, -1));
      return {
        figure: `${broken.size} of ${tried} (${seen.size} reached an upstream${died.length > 0 ? "; then it died" : ""})`,
        kept: details.length === 0 && attempts.length >= 150 && seen.size > 20,
        details,
      };
    } finally {
      await opened.closeAll();
    }
  },
};

const hiddenAt = (index: number): string => `GET /hidden-${index} HTTP/1.1\r\nHost: ${host}\r\nX: y\r\n\r\n`;

function throughTunnel(subject: Subject, port: number): readonly Attempt[] {
  const authority = subject.core === null ? `${host}:${port}` : host;
  return shapes.map(({ what, text, atMost = 1 }, index) => {
    const number = 1_000 + index;
    const line = (method: string, more: string): string => `${method} /shape-${number}${more} HTTP/1.1`;
    return {
      what: `tunnel: ${what}`,
      path: `/shape-${number}`,
      atMost,
      async say(through) {
        const socket = await tlsThrough(through, host, { alpn: ["http/1.1"], port: through.portFor(host) });
        socket.write(Buffer.from(text({ line, authority, hidden: hiddenAt(number) }), "latin1"));
        return socket;
      },
    };
  });
}

function inAbsoluteForm(port: number): readonly Attempt[] {
  const authority = `127.0.0.1:${port}`;
  return shapes.map(({ what, text, atMost = 1 }, index) => {
    const number = 3_000 + index;
    const line = (method: string, more: string): string =>
      `${method} http://${authority}/shape-${number}${more} HTTP/1.1`;
    return {
      what: `absolute form: ${what}`,
      path: `/shape-${number}`,
      atMost,
      async say(through) {
        const socket = await tcp(through.url);
        socket.write(Buffer.from(text({ line, authority, hidden: hiddenAt(number) }), "latin1"));
        return socket;
      },
    };
  });
}

function overHttp2(subject: Subject): readonly Attempt[] {
  const authority = subject.core === null ? `${host}:${subject.portFor(host)}` : host;
  return shapes2(authority, "", "").map(({ what }, index) => {
    const number = 5_000 + index;
    return {
      what,
      path: `/shape-${number}`,
      atMost: 1,
      async say(through) {
        const socket = await tlsThrough(through, host, { alpn: ["h2"], port: through.portFor(host) });
        const shape = shapes2(authority, `/shape-${number}`, hiddenAt(number))[index];
        if (shape === undefined) throw new Error("the table changed");
        sayRequest(socket, shape.fields, shape.body, shape.trailers);
        return socket;
      },
    };
  });
}

/** Until it is over, or nothing more is said. */
async function quietOrClosed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.setTimeout(quietMs, resolve);
    socket.on("error", () => {}).once("close", resolve);
    socket.once("end", resolve).resume();
  });
  socket.destroy();
}

/** The paths of every flow, with what was never sent on. */
async function loggedPaths(home: string): Promise<ReadonlySet<string>> {
  const api = await openApi(home);
  const text = JSON.stringify(await api.get("/api/flows?limit=5000"));
  return new Set([...text.matchAll(/\/(?:shape|hidden)-\d+/g)].map(([path]) => path));
}
