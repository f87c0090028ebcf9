/** Real proxies on loopback: HTTP CONNECT, the same over TLS, and SOCKS 5, in front of a real TLS server. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createSecureContext, createServer as createTlsServer } from "node:tls";
import { afterEach, beforeAll, afterAll, describe, expect, it } from "vitest";
import { createFakeCa, type FakeCa } from "../../../test/support/fake-ca.ts";
import { systemClock } from "../../base/clock.ts";
import { createDestinationGuard } from "./destination.ts";
import { createDial, type Connection } from "./dial.ts";
import { createOutbound } from "./outbound.ts";

let ca: FakeCa;
beforeAll(() => {
  ca = createFakeCa();
});
afterAll(() => ca.close());

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port; // a TCP server's address is never a path
}

/** Says who it is over TLS to whoever comes. */
async function origin(): Promise<number> {
  const { key, cert } = ca.issue(["far.example"]);
  return listening(createTlsServer({ key, cert }, (socket) => socket.on("error", () => {}).end("the origin")));
}

interface Seen {
  readonly asked: string[];
}

/** `answer` gives the head it replies with; a 200 is followed by the bytes of the connection. */
async function httpProxy(
  seen: Seen,
  originPort: number,
  answer: (head: string) => string,
  tls = false,
): Promise<number> {
  const serve = (socket: Socket): void => {
    socket.on("error", () => {});
    let head = "";
    const read = (chunk: Buffer): void => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", read);
      seen.asked.push(head);
      const reply = answer(head);
      if (!reply.startsWith("HTTP/1.1 200")) {
        socket.end(reply);
        return;
      }
      const upstream = connect(originPort, "127.0.0.1").on("error", () => socket.destroy());
      socket.write(reply);
      socket.pipe(upstream).pipe(socket);
    };
    socket.on("data", read);
  };
  if (!tls) return listening(createServer(serve));
  return listening(createTlsServer({ ...ca.issue(["proxy.example", "127.0.0.1"]) }, serve));
}

function dialThrough(proxy: string, timeoutMs = 5_000) {
  const clock = systemClock;
  return createDial({
    guard: createDestinationGuard({ privateDestinations: () => "allow", ownPorts: () => [] }),
    hop: "000000000000",
    secureContext: () => createSecureContext({ ca: ca.cert }),
    connectTo: () => ({}),
    connectTimeoutMs: () => timeoutMs,
    clock,
    outbound: createOutbound({ global: () => proxy, env: {}, clock, isOurselves: () => false }),
  });
}

const target = { host: "far.example", port: 443, tls: { alpn: [] }, purpose: "client" } as const;

async function textOf({ socket }: Connection): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(socket, "end");
  socket.destroy();
  return text;
}

describe("an outbound HTTP proxy", () => {
  it("is asked for the host by name, with its user, and TLS is with the host", async () => {
    const seen: Seen = { asked: [] };
    const port = await httpProxy(seen, await origin(), () => "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n");
    const dial = dialThrough(`http://me:secret%20word@127.0.0.1:${port}`);
    expect(await textOf(await dial(target))).toBe("the origin");
    expect(seen.asked[0]).toContain("CONNECT far.example:443 HTTP/1.1\r\nHost: far.example:443\r\n");
    expect(seen.asked[0]).toContain(`Basic ${Buffer.from("me:secret word").toString("base64")}`);
  });
  it("may itself be behind TLS, which is verified", async () => {
    const seen: Seen = { asked: [] };
    const port = await httpProxy(seen, await origin(), () => "HTTP/1.1 200 OK\r\n\r\n", true);
    expect(await textOf(await dialThrough(`https://127.0.0.1:${port}`)(target))).toBe("the origin");
    const wrong = dialThrough(`https://localhost:${port}`)(target);
    await expect(wrong).rejects.toThrow(/connection|proxy|certificate/i);
    expect(seen.asked).toHaveLength(1);
  });
  it.each([
    ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "user and a password"],
    ["HTTP/1.1 403 Forbidden\r\n\r\n", "answered 403"],
    ["SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP"],
    ["", "closed the connection"],
    ["HTTP/1.1 200 " + "x".repeat(20_000), "no end"],
  ])("that answers %.30s is an error that names it without its password", async (reply, words) => {
    const port = await httpProxy({ asked: [] }, 1, () => reply.replace("HTTP/1.1 200 x", "HTTP/1.1 299x"));
    const failed = dialThrough(`http://me:canary-password@127.0.0.1:${port}`)(target);
    await expect(failed).rejects.toThrow(words);
    await expect(failed).rejects.toThrow(`http://127.0.0.1:${port}`);
    await expect(failed).rejects.not.toThrow("canary-password");
  });
  it("that never answers costs no more than the time for connecting", async () => {
    const port = await listening(createServer(() => {}));
    await expect(dialThrough(`http://127.0.0.1:${port}`, 200)(target)).rejects.toMatchObject({
      failure: "connect-timeout",
    });
  });
});

/** A SOCKS 5 server: what it was asked, and the code it answers with. */
async function socksProxy(seen: Seen, originPort: number, code = 0, password: string | null = null): Promise<number> {
  return listening(
    createServer((socket) => {
      socket.on("error", () => {});
      let bytes = Buffer.alloc(0);
      let step = 0;
      const read = (chunk: Buffer): void => {
        bytes = Buffer.concat([bytes, chunk]);
        if (step === 0 && bytes.length >= 2 && bytes.length >= 2 + (bytes[1] ?? 0)) {
          bytes = bytes.subarray(2 + (bytes[1] ?? 0));
          socket.write(Buffer.from([5, password === null ? 0 : 2]));
          step = password === null ? 2 : 1;
        }
        if (step === 1 && bytes.length > 2) {
          const user = bytes.subarray(2, 2 + (bytes[1] ?? 0)).toString();
          const at = 2 + user.length;
          const said = bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)).toString();
          seen.asked.push(`${user}:${said}`);
          bytes = bytes.subarray(at + 1 + said.length);
          socket.write(Buffer.from([1, said === password ? 0 : 1]));
          step = 2;
        }
        if (step === 2 && bytes.length > 5) {
          const length = bytes[4] ?? 0;
          seen.asked.push(`${bytes.subarray(5, 5 + length).toString()}:${bytes.readUInt16BE(5 + length)}`);
          socket.off("data", read);
          // A name as its own address: the longest form of the answer.
          socket.write(Buffer.from([5, code, 0, 3, 4, ...Buffer.from("here"), 0, 80]));
          if (code !== 0) {
            socket.end();
            return;
          }
          const upstream = connect(originPort, "127.0.0.1").on("error", () => socket.destroy());
          socket.pipe(upstream).pipe(socket);
        }
      };
      socket.on("data", read);
    }),
  );
}

describe("an outbound SOCKS 5 proxy", () => {
  it("is given the name, so that it resolves it", async () => {
    const seen: Seen = { asked: [] };
    const port = await socksProxy(seen, await origin());
    expect(await textOf(await dialThrough(`socks5://127.0.0.1:${port}`)(target))).toBe("the origin");
    expect(seen.asked).toEqual(["far.example:443"]);
  });
  it("is given user and password when it asks for them", async () => {
    const seen: Seen = { asked: [] };
    const port = await socksProxy(seen, await origin(), 0, "pw");
    expect(await textOf(await dialThrough(`socks5://me:pw@127.0.0.1:${port}`)(target))).toBe("the origin");
    expect(seen.asked).toEqual(["me:pw", "far.example:443"]);
    await expect(dialThrough(`socks5://me:no@127.0.0.1:${port}`)(target)).rejects.toThrow("refuses the user");
    await expect(dialThrough(`socks5://127.0.0.1:${port}`)(target)).rejects.toThrow("wants a login");
  });
  it.each([
    [2, "rules forbid"],
    [5, "refused the connection"],
    [99, "code 99"],
  ])("that answers %i is an error in words", async (code, words) => {
    const port = await socksProxy({ asked: [] }, 1, code);
    await expect(dialThrough(`socks5://127.0.0.1:${port}`)(target)).rejects.toThrow(words);
  });
});
