/** Requests in absolute form to http:// origins: the ordinary forward proxy. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage } from "../support/fixture.ts";
import { readToEnd, readUntil, tcp } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";

const stage = createStage();
let origin: RawOrigin;
let core: CoreProcess;

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin());
  core = await stage.startCore();
});
afterAll(() => stage.close());

describe("plain HTTP in absolute form", () => {
  it("sends the origin the request in origin form, headers as they were, without the proxy's own", async () => {
    const authority = `127.0.0.1:${origin.port}`;
    const seen = origin.play(async (connection) => {
      const head = await connection.readHead();
      const body = await connection.readUntil(5);
      await connection.write("HTTP/1.1 200 Fine\r\nX-Reply: Yes\r\nContent-Length: 2\r\n\r\nok");
      return head + body.toString();
    });
    const socket = await tcp(core.url);
    const headers = ["X-Zebra: 1", `hOST: ${authority}`, "x-alpha: 2", "X-Zebra: 3", "Content-Length: 5"];
    socket.write(
      [`POST http://${authority}/a%2fb?x=1 HTTP/1.1`, "Proxy-Connection: keep-alive", ...headers, "", "hello"].join(
        "\r\n",
      ),
    );
    const reply = (await readUntil(socket, "\r\n\r\nok")).replaceAll(/(?:Connection|Keep-Alive): [^\r]*\r\n/gi, "");
    // Those two speak of the connection between client and proxy; the rest is the origin's.
    expect(reply).toBe("HTTP/1.1 200 Fine\r\nX-Reply: Yes\r\nContent-Length: 2\r\n\r\nok");
    expect(await seen).toBe(["POST /a%2fb?x=1 HTTP/1.1", ...headers, "", "hello"].join("\r\n"));
    socket.destroy();
  });

  it("takes the destination from the request line, never from a Host that disagrees", async () => {
    let head = "";
    void origin.play(async (connection) => {
      head = await connection.readHead();
      await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
    const socket = await tcp(core.url);
    socket.write(`GET http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n`);
    const reply = (await readToEnd(socket)).bytes.toString();
    // Refusing such a request is as good as correcting it (RFC 9112 §3.2.2).
    expect(reply).toMatch(/^HTTP\/1\.1 (200|400) /);
    expect(head).not.toContain("other.example");
  });

  it("says 502 and why when nobody listens there", async () => {
    const gone = await startRawOrigin();
    await gone.close();
    const socket = await tcp(core.url);
    socket.write(
      `GET http://127.0.0.1:${gone.port}/ HTTP/1.1\r\nHost: 127.0.0.1:${gone.port}\r\nConnection: close\r\n\r\n`,
    );
    const reply = (await readToEnd(socket)).bytes.toString();
    expect(reply).toMatch(/^HTTP\/1\.1 502 /);
    expect(reply).toMatch(/refused/i);
  });
});
