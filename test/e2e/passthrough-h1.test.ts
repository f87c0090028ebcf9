/** HTTP/1.1 that no rule asks for: what the origin and the client see are the bytes the other one sent. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host } from "../support/fixture.ts";
import { readUntil, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";

const stage = createStage();
let origin: RawOrigin;
let core: CoreProcess;

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  core = await stage.startCore({ dial: { [host]: origin.port } });
});
afterAll(() => stage.close());

/** Sends bytes on a new client connection and reads up to `marker`. */
async function ask(bytes: string | Buffer, marker: string): Promise<string> {
  const socket = await tlsThrough(core, host);
  socket.write(bytes);
  const reply = await readUntil(socket, marker);
  socket.destroy();
  return reply;
}

describe("pass-through over HTTP/1.1", () => {
  it("keeps the request head byte for byte: order, case, duplicates, odd values", async () => {
    const sent = [
      "PATCH /v1/Odd%2fPath?b=2&a=1&&x=%20 HTTP/1.1",
      "X-Zebra: first",
      `hOST: ${host}`,
      "user-AGENT: Test/1.0 (odd;  double  space)",
      "X-Dup: 1",
      "accept: */*",
      "x-dup: 2",
      "Cookie: a=1",
      "X-Empty: ",
      "Cookie: b=2",
      "Accept-Encoding: gzip, br;q=0.5, zstd",
      "Content-Length: 5",
      "",
      "hello",
    ].join("\r\n");
    const seen = origin.play(async (connection) => {
      const head = await connection.readHead();
      const body = await connection.readUntil(5);
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      return head + body.toString();
    });
    await ask(sent, "ok");
    // White space around values is not part of them (RFC 9110 §5.5).
    const trimmed = (text: string): string => text.replaceAll(/: +\r\n/g, ":\r\n");
    expect(trimmed(await seen)).toBe(trimmed(sent));
  });

  it("keeps the reply head byte for byte, the reason phrase too", async () => {
    const reply =
      "HTTP/1.1 299 Rather Odd\r\nX-b: 1\r\nSet-Cookie: a=1\r\nx-A: 2\r\nset-cookie: b=2\r\nContent-Length: 4\r\n\r\nbody";
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write(reply);
    });
    expect(await ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "body")).toBe(reply);
  });

  it("leaves a compressed body and its header alone", async () => {
    const packed = gzipSync("compressed by the origin");
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n`);
      await connection.write(packed);
    });
    const text = await ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, packed.toString("latin1"));
    expect(text).toContain("Content-Encoding: gzip");
  });

  it("streams a chunked upload as it comes, and passes the trailers on", async () => {
    const socket = await tlsThrough(core, host);
    const steps: string[] = [];
    const done = origin.play(async (connection) => {
      steps.push(
        (await connection.readHead()).toLowerCase().includes("transfer-encoding: chunked") ? "chunked" : "not chunked",
      );
      steps.push((await connection.readUntil("one")).toString());
      socket.write("3\r\ntwo\r\n");
      steps.push((await connection.readUntil("two")).toString());
      socket.write("0\r\nX-Sum: 42\r\n\r\n");
      steps.push((await connection.readUntil("\r\n\r\n")).toString());
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    });
    socket.write(
      `POST / HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n3\r\none\r\n`,
    );
    await readUntil(socket, "ok");
    await done;
    expect(steps).toEqual(["chunked", "3\r\none", "\r\n3\r\ntwo", "\r\n0\r\nX-Sum: 42\r\n\r\n"]);
    socket.destroy();
  });

  it("streams a chunked reply as it comes, one chunk for one chunk, and passes the trailers on", async () => {
    const socket = await tlsThrough(core, host);
    const parts: string[] = [];
    let next = (): void => {};
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n");
      for (const chunk of ["alpha", "beta", "gamma"]) {
        const arrived = new Promise<void>((resolve) => (next = resolve));
        await connection.write(`${chunk.length}\r\n${chunk}\r\n`);
        // The next chunk is only written when this one has reached the client.
        await arrived;
      }
      await connection.write("0\r\nX-Sum: 42\r\n\r\n");
    });
    socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    for (const chunk of ["alpha", "beta", "gamma"]) {
      parts.push(await readUntil(socket, `${chunk}\r\n`));
      next();
    }
    parts.push(await readUntil(socket, "X-Sum: 42\r\n\r\n"));
    expect(parts.join("").split("\r\n\r\n").slice(1).join("\r\n\r\n")).toBe(
      "5\r\nalpha\r\n4\r\nbeta\r\n5\r\ngamma\r\n0\r\nX-Sum: 42\r\n\r\n",
    );
    socket.destroy();
  });

  it.each([
    ["HEAD with a length", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"],
    ["204", "POST", "HTTP/1.1 204 No Content\r\nX-Left: 3\r\n\r\n"],
    ["304 with a length", "GET", 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 1234\r\n\r\n'],
  ])("keeps the connection in step after %s, which has no body", async (_name, method, bare) => {
    const socket = await tlsThrough(core, host);
    void origin.play(async (connection) => {
      const isFirst = (await connection.readHead()).startsWith(`${method} /first`);
      await connection.write(isFirst ? bare : "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecond");
    });
    const length = method === "POST" ? "Content-Length: 0\r\n" : "";
    socket.write(`${method} /first HTTP/1.1\r\nHost: ${host}\r\n${length}\r\n`);
    expect(await readUntil(socket, "\r\n\r\n")).toBe(bare);
    socket.write(`GET /second HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(await readUntil(socket, "second")).toContain("200 OK");
    socket.destroy();
  });

  it("passes 103 Early Hints on before the answer", async () => {
    const hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write(hints);
      await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const reply = await ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "\r\n\r\nok");
    expect(reply).toBe(`${hints}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok`);
  });

  it("lets the origin decide on Expect: 100-continue", async () => {
    const socket = await tlsThrough(core, host);
    const seen = origin.play(async (connection) => {
      const head = await connection.readHead();
      await connection.write("HTTP/1.1 100 Continue\r\n\r\n");
      const body = await connection.readUntil(4);
      await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
      return [head, body.toString()];
    });
    socket.write(`PUT / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`);
    await readUntil(socket, "100 Continue\r\n\r\n");
    socket.write("data");
    await readUntil(socket, "\r\n\r\nok");
    const [head, body] = await seen;
    expect(head).toContain("Expect: 100-continue");
    expect(body).toBe("data");
    socket.destroy();
  });

  it("passes 417 to the client without inviting the body", async () => {
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
    });
    const reply = await ask(
      `PUT / HTTP/1.1\r\nHost: ${host}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n`,
      "Content-Length: 0\r\n\r\n",
    );
    expect(reply).toMatch(/^HTTP\/1\.1 417 /);
  });

  it("passes heads of 30 KB both ways", async () => {
    const long = "v".repeat(30_000);
    const seen = origin.play(async (connection) => {
      const head = await connection.readHead();
      await connection.write(`HTTP/1.1 200 OK\r\nX-Long: ${long}\r\nContent-Length: 2\r\n\r\nok`);
      return head;
    });
    const reply = await ask(`GET / HTTP/1.1\r\nHost: ${host}\r\nX-Long: ${long}\r\n\r\n`, "\r\n\r\nok");
    expect(reply).toContain(`X-Long: ${long}\r\n`);
    expect(await seen).toContain(`X-Long: ${long}\r\n`);
  });

  it("strips alt-svc, which would lead the client around the proxy", async () => {
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write(
        'HTTP/1.1 200 OK\r\nAlt-Svc: h3=":443"; ma=86400\r\nX-Kept: yes\r\nContent-Length: 2\r\n\r\nok',
      );
    });
    const reply = await ask(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "\r\n\r\nok");
    expect(reply).toBe("HTTP/1.1 200 OK\r\nX-Kept: yes\r\nContent-Length: 2\r\n\r\nok");
  });
});
