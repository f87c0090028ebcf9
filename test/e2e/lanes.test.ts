/** Connections to an upstream that outlive the client they were opened for, and those that do not. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host } from "../support/fixture.ts";
import { readToEnd, readUntil, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawConnection, type RawOrigin } from "../support/raw-origin.ts";
import { createOpened } from "../support/opened.ts";

const stage = createStage();
const opened = createOpened();
let origin: RawOrigin;
let core: CoreProcess;

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const body = "x".repeat(5_000);
const post = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

beforeAll(async () => {
  origin = opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  core = await stage.startCore({ dial: { [host]: origin.port } });
});
afterEach(() => {
  for (const connection of origin.connections) connection.reset();
});
afterAll(async () => {
  await stage.close();
  await opened.closeAll();
});

async function answer(connection: RawConnection): Promise<string> {
  const head = await connection.readHead();
  if (head.startsWith("POST")) await connection.readUntil(body.length);
  await connection.write(ok);
  return head;
}

/** One request on a client connection of its own, which is then closed. */
async function once(request: string): Promise<string> {
  const socket = await tlsThrough(core, host);
  socket.write(request);
  const text = await readUntil(socket, "\r\n\r\nok");
  const closed = readToEnd(socket);
  socket.end();
  await closed;
  return text;
}

describe("connections to an upstream", () => {
  it("are lent to the next client connection, which saves it the handshake", async () => {
    void origin.play(answer);
    const before = origin.connections.length;
    expect(await once(post("/one"))).toBe(ok);
    expect(await once(post("/two"))).toBe(ok);
    expect(origin.connections.length - before).toBe(1);
  });

  it("that turn out to be closed when lent cost the client nothing: the request is sent once more, whole", async () => {
    void origin.play(answer);
    expect(await once(post("/first"))).toBe(ok);
    const before = origin.connections.length;
    let refused = 0;
    void origin.play(async (connection) => {
      if (origin.connections.indexOf(connection) < before) {
        await connection.readHead();
        refused += 1;
        connection.reset();
        return;
      }
      await answer(connection);
    });
    expect(await once(post("/second"))).toBe(ok);
    expect(refused).toBe(1);
    const [again, ...more] = origin.connections.slice(before);
    expect(more).toEqual([]);
    expect(again?.received().toString()).toBe(post("/second"));
  });

  it("are not tried a third time: a fresh one that breaks is an error of ours", async () => {
    void origin.play(async (connection) => {
      await connection.readHead();
      connection.reset();
    });
    const before = origin.connections.length;
    const socket = await tlsThrough(core, host);
    socket.write(post("/never"));
    expect((await readToEnd(socket)).bytes.toString()).toMatch(/^HTTP\/1\.1 502 /);
    expect(origin.connections.length - before).toBe(1);
  });

  it("serve the next request after a reply whose last piece filled the client's buffer", async () => {
    // The last TLS record is a full one, 16 KiB: just as much as a socket takes before it asks for a pause.
    const head = "HTTP/1.1 200 OK\r\nContent-Length: ";
    const length = 2 * 16_384 - head.length - "NNNNN\r\n\r\n".length;
    const large = `${head}${length}\r\n\r\n${"y".repeat(length - 4)}last`;
    void origin.play(async (connection) => {
      const request = await connection.readHead();
      await connection.write(request.startsWith("GET /large") ? large : ok);
    });
    const socket = await tlsThrough(core, host);
    socket.write(`GET /large HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(await readUntil(socket, "last")).toHaveLength(large.length);
    socket.write(`GET /small HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect(await readUntil(socket, "\r\n\r\nok")).toContain("200 OK");
    socket.destroy();
  });

  it("that end while their client is idle end the client's connection too, and nothing else", async () => {
    const answered = origin.play(async (connection) => {
      await answer(connection);
      return connection;
    });
    const socket = await tlsThrough(core, host);
    socket.write(post("/kept"));
    await readUntil(socket, "\r\n\r\nok");
    const rest = readToEnd(socket);
    (await answered).end();
    expect(await rest).toMatchObject({ bytes: Buffer.alloc(0), ended: true });
  });
});
