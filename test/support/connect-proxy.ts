/** Somebody's outbound proxy on loopback: CONNECT with a user and a password, to hosts that the test plays itself. */
import { createServer } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";

export interface ConnectProxy {
  /** With its user and password. */
  readonly url: string;
  readonly port: number;
  /** Authorities that were asked for and let through. */
  readonly joined: readonly string[];
  close(): Promise<void>;
}

export interface ConnectProxyOptions {
  readonly user: string;
  readonly password: string;
  /** `host:port` → port on loopback. */
  readonly hosts: Readonly<Record<string, number>>;
}

export async function startConnectProxy({ user, password, hosts }: ConnectProxyOptions): Promise<ConnectProxy> {
  const joined: string[] = [];
  const sockets = new Set<Socket>();
  const expected = `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
  const server = createServer((_request, reply) => reply.writeHead(405).end());
  server.on("connect", (request, client) => {
    const authority = request.url ?? "";
    const port = Object.hasOwn(hosts, authority) ? hosts[authority] : undefined;
    if (request.headers["proxy-authorization"] !== expected) {
      client.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    if (port === undefined) {
      client.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
      return;
    }
    joined.push(authority);
    const upstream = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    if (client instanceof Socket) sockets.add(client);
    sockets.add(upstream);
    // Ends of tests are abrupt.
    for (const socket of [client, upstream]) socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo; // a TCP listener has an AddressInfo
  return {
    url: `http://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    port,
    joined,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
