/** Input meant to hurt: a clear refusal, the process lives, no file appears, and everything else goes on. */
import { readdirSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host } from "../support/fixture.ts";
import { readToEnd, readUntil, tcp, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";

const stage = createStage();
let origin: RawOrigin;
let plain: RawOrigin;
let core: CoreProcess;
let filesBefore: readonly string[];

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  plain = stage.opened.add(await startRawOrigin());
  for (const one of [origin, plain]) {
    void one.play(async (connection) => {
      await connection.readHead();
      await connection.write(ok);
    });
  }
  core = await stage.startCore({ dial: { [host]: origin.port } });
  await isStillServing();
  filesBefore = filesAtHome();
});
afterAll(() => stage.close());

afterEach(async () => {
  if (!core.isAlive()) throw new Error(`the core died:\n${core.stderr()}`);
  await isStillServing();
  const files = filesAtHome();
  if (files.join() !== filesBefore.join()) throw new Error(`files came or went: ${files.join(", ")}`);
});

/** A well-behaved client gets its answer. */
async function isStillServing(): Promise<void> {
  const socket = await tlsThrough(core, host);
  socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await readUntil(socket, ok);
  socket.destroy();
}

/** Logs may grow and rotate; nothing else may come or go. */
function filesAtHome(): string[] {
  return readdirSync(core.home, { recursive: true, encoding: "utf8" })
    .filter((name) => !name.startsWith("logs"))
    .sort();
}

async function send(bytes: string | Buffer): Promise<string> {
  const socket = await tcp(core.url);
  socket.end(bytes);
  return (await readToEnd(socket)).bytes.toString("latin1");
}

const prototypeNames = [
  "__proto__",
  "constructor",
  "prototype",
  "hasOwnProperty",
  "toString",
  "valueOf",
  "__defineGetter__",
];
const hello = Buffer.from("16030100050100000100", "hex");

describe("hostile CONNECT", () => {
  it.each(prototypeNames)("to %s:443, with the beginning of a TLS handshake behind it", async (name) => {
    const socket = await tcp(core.url);
    socket.write(`CONNECT ${name}:443 HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
    socket.write(hello);
    socket.end();
    expect((await readToEnd(socket)).bytes.toString()).toMatch(/^HTTP\/1\.1 (4\d\d|502) /);
  });

  it.each([
    "../x:443",
    "../../../tmp/x:443",
    "a/../../x:443",
    "%2e%2e%2fx:443",
    "x\\y:443",
    ":443",
    "host:0",
    "host:65536",
    "host:x",
    "host",
    "[::1:443",
    "[zz]:443",
    "a b:443",
    "user@host:443",
    `${"a".repeat(300)}.com:443`,
  ])("to %s", async (authority) => {
    expect(await send(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it.each([
    "169.254.169.254:80",
    "[::ffff:169.254.169.254]:80",
    "2852039166:80",
    "0xa9fea9fe:80",
    "[fd00:ec2::254]:80",
    "metadata.google.internal:80",
    "100.100.100.200:80",
  ])("to the cloud's metadata service at %s", async (authority) => {
    // Forbidden, not a name at all, or (away from that cloud) a name that does not resolve.
    expect(await send(`CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 (403|400|502) /);
  });

  it.each(["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1", "0.0.0.0", "2130706433"])(
    "to ourselves as %s",
    async (name) => {
      const reply = await send(`CONNECT ${name}:${core.port} HTTP/1.1\r\nHost: x\r\n\r\n`);
      // What does not even resolve to us on this system is refused by the system.
      expect(reply).toMatch(/^HTTP\/1\.1 (403|508|400|502) /);
    },
  );

  it.each([
    ["nothing at all", Buffer.alloc(0)],
    ["one zero byte", Buffer.from([0])],
    ["a TLS record of the wrong kind", Buffer.from("1503030002022800", "hex")],
    ["an SSL 2 hello", Buffer.from("802e0100020015000000100700c0", "hex")],
    ["a hello that promises more than it has", Buffer.from("16030140000100400003", "hex")],
    ["a hello with a broken length inside", Buffer.from("1603010010010000ff0303", "hex")],
    ["an HTTP request without TLS", Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`)],
    ["noise", Buffer.from(Array.from({ length: 600 }, (_, index) => (index * 151 + 7) % 256))],
    ["half a preface of HTTP/2", Buffer.from("PRI * HTTP/2.0\r\n\r\nSM")],
  ])("to a host we intercept, then %s", async (_what, bytes) => {
    const socket = await tcp(core.url);
    socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await readUntil(socket, "\r\n\r\n");
    socket.write(bytes);
    socket.end();
    const { bytes: reply } = await readToEnd(socket);
    expect(reply.toString("latin1")).not.toContain("200 OK");
  });
});

describe("hostile requests to the port", () => {
  it.each([
    ["a malformed address", "GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["an address without a host", "GET http:/// HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["another scheme", "GET ftp://example.com/ HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["a file", "GET file:///etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["an address on a forbidden port form", "GET http://host:99999/ HTTP/1.1\r\nHost: x\r\n\r\n"],
    ["no HTTP", "\x01\x02\x03 what is this\r\n\r\n"],
    ["two lengths", "POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    [
      "length and chunks",
      "POST http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ["a head of 1 MB", `GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\nX-Long: ${"v".repeat(1_000_000)}\r\n\r\n`],
    ["ten thousand headers", `GET http://127.0.0.1:1/ HTTP/1.1\r\nHost: x\r\n${"a: b\r\n".repeat(10_000)}\r\n`],
  ])("%s", async (_what, bytes) => {
    expect(await send(Buffer.from(bytes, "latin1"))).toMatch(/^HTTP\/1\.1 4\d\d /);
  });

  it("TLS, as if this were an https proxy: nothing a client could take for an answer", async () => {
    expect(await send(hello)).toMatch(/^(HTTP\/1\.1 400 |$)/);
  });

  it.each([
    ["a page's own origin", "Origin: https://evil.example"],
    ["no origin at all", "Sec-Fetch-Mode: navigate"],
    ["a null origin", "Origin: null"],
    ["a fetch across sites", "Sec-Fetch-Site: cross-site"],
  ])("from a browser, in origin form, with %s: reaches no service on this machine", async (_what, header) => {
    let reached = false;
    void plain.play(async (connection) => {
      reached = true;
      await connection.write(ok);
    });
    const reply = await send(`GET /latest/ HTTP/1.1\r\nHost: 127.0.0.1:${plain.port}\r\n${header}\r\n\r\n`);
    expect(reply).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(reply).not.toMatch(/access-control-allow/i);
    expect(reached).toBe(false);
  });

  it.each([
    ["in absolute form", () => `GET http://127.0.0.1:${core.port}/ HTTP/1.1\r\nHost: 127.0.0.1:${core.port}\r\n\r\n`],
    ["by name", () => `GET http://localhost:${core.port}/ HTTP/1.1\r\nHost: localhost:${core.port}\r\n\r\n`],
    ["in origin form", () => `GET / HTTP/1.1\r\nHost: 127.0.0.1:${core.port}\r\n\r\n`],
    [
      "to a metadata address",
      () => "GET http://169.254.169.254/latest/meta-data/ HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n",
    ],
  ])("to ourselves or worse, %s: answered at once, in no loop", async (_what, request) => {
    const startedAt = performance.now();
    expect(await send(request())).toMatch(/^HTTP\/1\.1 (4\d\d|508) /);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it("three hundred connections that say nothing: others are served meanwhile", async () => {
    const silent = await Promise.all(Array.from({ length: 300 }, () => tcp(core.url)));
    await isStillServing();
    for (const socket of silent) socket.destroy();
    expect(core.isAlive()).toBe(true);
  });
});

describe("hostile origins", () => {
  it.each([
    ["status 000", "HTTP/1.1 000 What\r\nContent-Length: 0\r\n\r\n"],
    ["no HTTP", "SSH-2.0-OpenSSH_9\r\n"],
    ["a header with a NUL", "HTTP/1.1 200 OK\r\nX-Bad: a\0b\r\nContent-Length: 0\r\n\r\n"],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["length and chunks", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
    ["a head without an end", `HTTP/1.1 200 OK\r\nX-Long: ${"v".repeat(400_000)}`],
    ["a chunk size that is none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"],
  ])("answering %s: 502, or a reply that is visibly broken", async (_what, bytes) => {
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write(Buffer.from(bytes, "latin1"));
      connection.end();
    });
    const socket = await tlsThrough(core, host);
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const text = (await readToEnd(socket)).bytes.toString("latin1");
    // Ours, or cut: never a reply that ends well.
    expect(text).toMatch(/^HTTP\/1\.1 502 |(?<!\r\n0\r\n\r\n)$/);
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write(ok);
    });
  });

  it("answering a second reply nobody asked for: it reaches nobody", async () => {
    const paths: string[] = [];
    void origin.play(async (connection) => {
      const head = await connection.readHead();
      paths.push(head.split(" ")[1] ?? "");
      await connection.write(
        head.startsWith("GET /one ") ? `${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison` : ok,
      );
    });
    const replies: string[] = [];
    for (const path of ["/one", "/two", "/three"]) {
      const socket = await tlsThrough(core, host);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      replies.push((await readToEnd(socket)).bytes.toString("latin1"));
    }
    expect(paths).toEqual(["/one", "/two", "/three"]);
    expect(replies.join()).not.toContain("poison");
    expect(replies.slice(1)).toEqual([ok, ok]);
  });
});
