/** The engine's way out over HTTP/2: real servers on loopback, with TLS and without. */
import { once } from "node:events";
import {
  createServer as createH2cServer,
  constants,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer as createTcpServer, type AddressInfo } from "node:net";
import { createSecureContext } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { startConnectProxy } from "../../../test/support/connect-proxy.ts";
import { createFakeCa, type FakeCa } from "../../../test/support/fake-ca.ts";
import { echo, startH2Origin } from "../../../test/support/h2-origin.ts";
import { systemClock } from "../../base/clock.ts";
import { bodyOf, emptyBody, type HttpReply, type HttpRequest } from "../../base/http.ts";
import { UpstreamError } from "../../base/upstream-error.ts";
import { createByteQueue } from "../byte-queue.ts";
import { createDestinationGuard } from "./destination.ts";
import { createDial } from "./dial.ts";
import { createOutbound } from "./outbound.ts";
import { createSendH2 } from "./send-h2.ts";
import { createSharedSessions } from "./shared-sessions.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

interface Timeouts {
  readonly firstByteMs: number;
  readonly idleMs: number;
}
const patient: Timeouts = { firstByteMs: 5_000, idleMs: 5_000 };

function sender(ca: FakeCa | null, timeouts: Timeouts = patient) {
  const dial = createDial({
    guard: createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [] }),
    hop: "000000000000",
    secureContext: () => createSecureContext(ca === null ? {} : { ca: ca.cert }),
    connectTo: () => ({}),
    connectTimeoutMs: () => 5_000,
    clock: systemClock,
    outbound: createOutbound({ global: () => null, env: {}, clock: systemClock, isOurselves: () => false }),
  });
  const sessions = createSharedSessions(dial);
  closers.push(() => sessions.close());
  const connects: (number | null)[] = [];
  const send = createSendH2({ sessions, timeouts: () => timeouts });
  const ask = (port: number, more: Partial<HttpRequest> = {}): Promise<HttpReply> =>
    send(
      {
        method: "POST",
        scheme: ca === null ? "http" : "https",
        host: "localhost",
        port,
        target: "/s/M?q=1",
        headers: [
          ["Host", "elsewhere"],
          ["Connection", "keep-alive, x-hop"],
          ["X-Hop", "1"],
          ["X-Two", "a"],
          ["x-two", "b"],
        ],
        body: bodyOf("hello"),
        signal: new AbortController().signal,
        ...more,
      },
      { purpose: "configured", onConnected: (_, tlsMs) => connects.push(tlsMs) },
    );
  return { ask, connects, sessions };
}

/** An h2c server that knows its streams and sessions. */
async function h2c(script: (stream: ServerHttp2Stream, count: number, session: ServerHttp2Session) => void) {
  const server = createH2cServer();
  const sessions: ServerHttp2Session[] = [];
  const resets: number[] = [];
  let streams = 0;
  server.on("session", (session) => {
    sessions.push(session);
    session.on("error", () => {});
    session.on("stream", (stream) => {
      stream.on("error", () => {});
      stream.on("close", () => resets.push(stream.rstCode));
      streams += 1;
      script(stream, streams, session);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    for (const session of sessions) session.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { port: (server.address() as AddressInfo).port, sessions, resets, streams: () => streams }; // a TCP server's address is never a path
}

async function tlsOrigin(script = echo) {
  const ca = createFakeCa();
  closers.push(() => ca.close());
  const origin = await startH2Origin(ca.issue(["localhost"]), script);
  closers.push(() => origin.close());
  return { ca, origin };
}

async function text(reply: HttpReply): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function failure(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "it worked";
  } catch (error) {
    return error instanceof UpstreamError ? `${error.phase}: ${error.failure}` : String(error);
  }
}

describe("a request over HTTP/2", () => {
  it("arrives with its fields in lower case and without those of a connection, and brings trailers", async () => {
    const { ca, origin } = await tlsOrigin();
    const { ask } = sender(ca);
    const reply = await ask(origin.port);
    expect([reply.status, await text(reply)]).toEqual([200, "hello"]);
    expect(reply.headers).toContainEqual(["x-kept", "yes"]);
    expect(reply.trailers?.()).toContainEqual(["grpc-status", "0"]);
    const headers = origin.seen[0]?.headers ?? {};
    expect(headers[":path"]).toBe("/s/M?q=1");
    expect(headers[":authority"]).toBe(`localhost:${origin.port}`);
    expect(headers["x-two"]).toBe("a, b");
    expect([headers["host"], headers["connection"], headers["x-hop"]]).toEqual([undefined, undefined, undefined]);
  });

  it("brings fields named like something every object has, and says nothing of its own in them", async () => {
    const { ca, origin } = await tlsOrigin();
    const { ask } = sender(ca);
    const named = ["constructor", "__proto__", "valueof", "toString", "__definegetter__"] as const;
    await text(await ask(origin.port, { headers: named.map((name) => [name, `value of ${name}`] as const) }));
    const headers: Readonly<Record<string, unknown>> = origin.seen[0]?.headers ?? {};
    for (const name of named) expect(headers[name.toLowerCase()]).toBe(`value of ${name}`);
  });

  it("shares one session among calls, one after the other and at once", async () => {
    const { ca, origin } = await tlsOrigin();
    const { ask, connects } = sender(ca);
    await text(await ask(origin.port));
    const both = await Promise.all([ask(origin.port), ask(origin.port)]);
    expect(await Promise.all(both.map(text))).toEqual(["hello", "hello"]);
    expect([origin.sessions(), connects.length]).toEqual([1, 1]);
    await text(await ask(origin.port, { once: true }));
    expect(origin.sessions()).toBe(2);
  });

  it("does not trust a server that our roots do not know", async () => {
    const { origin } = await tlsOrigin();
    const other = createFakeCa();
    closers.push(() => other.close());
    expect(await failure(sender(other).ask(origin.port))).toBe("connect: tls");
    expect(origin.seen).toEqual([]);
  });

  it("goes through the outbound proxy it is told", async () => {
    const { ca, origin } = await tlsOrigin();
    const proxy = await startConnectProxy({
      user: "u",
      password: "p",
      hosts: { [`localhost:${origin.port}`]: origin.port },
    });
    closers.push(() => proxy.close());
    const reply = await sender(ca).ask(origin.port, { via: proxy.url });
    expect(await text(reply)).toBe("hello");
    expect(proxy.joined).toEqual([`localhost:${origin.port}`]);
  });

  it("has no body where there is none", async () => {
    const { port } = await h2c((stream) => {
      stream.respond({ ":status": 204 }, { endStream: true });
    });
    const reply = await sender(null).ask(port, { method: "GET", body: emptyBody });
    expect([reply.status, await text(reply)]).toEqual([204, ""]);
  });
});

describe("both directions at once", () => {
  it("lets the reply be read while the request is still being said, and closes the request with the reply", async () => {
    const { port, resets } = await h2c((stream) => {
      stream.respond({ ":status": 200 });
      stream.on("data", (bytes: Buffer) => {
        if (bytes.toString() === "bye") stream.end("gone");
        else stream.write(`<${bytes.toString()}>`);
      });
    });
    const saying = createByteQueue({ onRoom: () => {} });
    saying.push(Buffer.from("one"));
    const reply = await sender(null).ask(port, { body: saying.iterable });
    const iterator = reply.body[Symbol.asyncIterator]();
    const next = async (): Promise<string> => {
      const step = await iterator.next();
      return step.done === true ? "end" : Buffer.from(step.value).toString();
    };
    expect(await next()).toBe("<one>");
    saying.push(Buffer.from("two"));
    expect(await next()).toBe("<two>");
    saying.push(Buffer.from("bye"));
    expect([await next(), await next()]).toEqual(["gone", "end"]);
    await expect.poll(() => resets).toEqual([constants.NGHTTP2_NO_ERROR]);
  });

  it("resets the stream when the asker goes away or stops reading", async () => {
    const { port, resets } = await h2c((stream) => {
      stream.respond({ ":status": 200 });
      stream.write("beginning");
    });
    const { ask } = sender(null);
    const gone = new AbortController();
    const one = await ask(port, { signal: gone.signal, body: createByteQueue({ onRoom: () => {} }).iterable });
    const iterator = one.body[Symbol.asyncIterator]();
    await iterator.next();
    gone.abort();
    expect(await failure(iterator.next())).toBe("body: aborted");
    await expect.poll(() => resets).toEqual([constants.NGHTTP2_CANCEL]);
    const two = await ask(port);
    await two.body[Symbol.asyncIterator]().return?.();
    await expect.poll(() => resets.length).toBe(2);
  });

  it("breaks the stream when the request body breaks", async () => {
    const { port, resets } = await h2c(() => {});
    const broken = async function* () {
      yield Buffer.from("x");
      throw new Error("no more");
    };
    expect(await failure(sender(null).ask(port, { body: broken() }))).toBe("request: aborted");
    await expect.poll(() => resets).toEqual([constants.NGHTTP2_CANCEL]);
  });

  it("holds a fast upstream back while nobody reads, and loses nothing", async () => {
    const megabytes = 8;
    let written = 0;
    const { port } = await h2c((stream) => {
      stream.respond({ ":status": 200 });
      const piece = Buffer.alloc(64 * 1024, 7);
      const go = (): void => {
        while (written < megabytes * 1024 * 1024) {
          written += piece.length;
          if (!stream.write(piece)) return void stream.once("drain", go);
        }
        stream.end();
      };
      go();
    });
    const reply = await sender(null).ask(port);
    const iterator = reply.body[Symbol.asyncIterator]();
    await iterator.next();
    // Several round trips on loopback: a sender that nobody holds back has said everything by then.
    for (let turn = 0; turn < 200; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(written).toBeLessThan(megabytes * 1024 * 1024);
    let size = 0;
    for (let step = await iterator.next(); step.done !== true; step = await iterator.next())
      size += step.value.byteLength;
    expect(size).toBeGreaterThan(megabytes * 1024 * 1024 - 300 * 1024);
  });
});

describe("a session that is closing", () => {
  it("has its request sent on over a new one where the server did not act on it", async () => {
    const { port, sessions } = await h2c((stream, count, session) => {
      if (count === 2) {
        session.goaway(constants.NGHTTP2_NO_ERROR, 1);
        stream.close(constants.NGHTTP2_REFUSED_STREAM);
        return;
      }
      stream.respond({ ":status": 200 });
      stream.pipe(stream);
    });
    const { ask } = sender(null);
    expect(await text(await ask(port))).toBe("hello");
    expect(await text(await ask(port))).toBe("hello");
    expect(sessions.length).toBe(2);
  });

  it("is tried once more when it breaks without a word, and is an error the second time", async () => {
    const { port, streams } = await h2c((stream, count, session) => {
      if (count > 1) return session.destroy();
      stream.respond({ ":status": 200 }, { endStream: true });
    });
    const { ask } = sender(null);
    await text(await ask(port));
    expect(await failure(ask(port))).toBe("reply: reset");
    expect(streams()).toBe(3);
  });

  it("is not lent again after it said that it goes away", async () => {
    const { port, sessions } = await h2c((stream, count, session) => {
      stream.respond({ ":status": 200 });
      stream.end("ok");
      if (count === 1) session.goaway();
    });
    const { ask } = sender(null);
    await text(await ask(port));
    await text(await ask(port));
    expect(sessions.length).toBe(2);
  });
});

describe("an upstream that fails", () => {
  it("is told apart by when: silent before the head, silent after it, cut in the middle", async () => {
    const silent = await h2c(() => {});
    expect(await failure(sender(null, { ...patient, firstByteMs: 50 }).ask(silent.port))).toBe(
      "reply: first-byte-timeout",
    );
    const stuck = await h2c((stream) => stream.respond({ ":status": 200 }));
    const late = await sender(null, { ...patient, idleMs: 50 }).ask(stuck.port);
    expect(await failure(text(late))).toBe("body: idle-timeout");
    let cutNow = (): void => {};
    const cut = await h2c((stream, _, session) => {
      stream.respond({ ":status": 200 });
      stream.write("half");
      cutNow = () => session.destroy();
    });
    const half = await sender(null).ask(cut.port);
    cutNow();
    expect(await failure(text(half))).toBe("body: reset");
  });

  it("is no HTTP/2 server at all", async () => {
    const server = createTcpServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    closers.push(() => server.close());
    const port = (server.address() as AddressInfo).port; // a TCP server's address is never a path
    expect(await failure(sender(null).ask(port))).toMatch(/^reply: (protocol|reset)$/);
  });
});
