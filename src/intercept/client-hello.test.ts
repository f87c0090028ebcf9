import { once } from "node:events";
import { connect as netConnect, createServer, type AddressInfo } from "node:net";
import { connect as tlsConnect } from "node:tls";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readClientHello } from "./client-hello.ts";

/** The real first bytes of Node's own TLS client. */
async function realHello(options: { servername?: string; alpn?: string[] }): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // a TCP server has an AddressInfo
  const plain = netConnect(port, "127.0.0.1");
  const client = tlsConnect({
    socket: plain,
    ...(options.servername === undefined ? {} : { servername: options.servername }),
    ...(options.alpn === undefined ? {} : { ALPNProtocols: options.alpn }),
  });
  client.on("error", () => {});
  const [socket] = await once(server, "connection");
  const [bytes] = await once(socket, "data");
  socket.destroy();
  client.destroy();
  server.close();
  return bytes;
}

describe("readClientHello", () => {
  it("reads the name and the ALPN list in the client's order", async () => {
    const bytes = await realHello({ servername: "api.anthropic.com", alpn: ["h2", "http/1.1"] });
    expect(readClientHello(bytes)).toEqual({
      type: "hello",
      hello: { serverName: "api.anthropic.com", alpn: ["h2", "http/1.1"] },
    });
  });

  it("says what is missing when the client sent neither", async () => {
    const bytes = await realHello({});
    expect(readClientHello(bytes)).toEqual({ type: "hello", hello: { serverName: null, alpn: [] } });
  });

  it("asks for more at every split, and reads records split in two", async () => {
    const bytes = await realHello({ servername: "h", alpn: ["http/1.1"] });
    for (let cut = 0; cut < bytes.length; cut += 1) {
      expect(readClientHello(bytes.subarray(0, cut)).type).toBe("incomplete");
    }
    const body = bytes.subarray(5);
    const record = (part: Buffer): Buffer => {
      const header = Buffer.from([0x16, 3, 1, 0, 0]);
      header.writeUInt16BE(part.length, 3);
      return Buffer.concat([header, part]);
    };
    const split = Buffer.concat([record(body.subarray(0, 10)), record(body.subarray(10))]);
    expect(readClientHello(split)).toMatchObject({ hello: { serverName: "h", alpn: ["http/1.1"] } });
  });

  it.each([["GET / HTTP/1.1\r\n"], ["SSH-2.0-x\r\n"], ["PRI * HTTP/2.0\r\n"], ["\x80\x2e\x01"], ["\x16\x01"]])(
    "knows %j is not TLS",
    (text) => {
      expect(readClientHello(Buffer.from(text, "latin1"))).toEqual({ type: "not-tls" });
    },
  );

  it("never throws on damaged hellos", async () => {
    const bytes = await realHello({ servername: "api.anthropic.com", alpn: ["h2"] });
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 }), (at, value) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        expect(["hello", "incomplete", "not-tls"]).toContain(readClientHello(damaged).type);
      }),
    );
  });
});
