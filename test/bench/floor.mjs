/**
 * The floor under every figure of interception: a TLS splice. It ends TLS on both sides and copies bytes; it reads no
 * HTTP, keeps nothing, makes no certificate (the origin's own is in the environment), and dials upstream once for each
 * client. Nothing that has to see plain text can do less. A process of its own and plain JavaScript, like baseline.mjs;
 * says `{ port, ca }` over IPC when it listens.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { connect, createSecureContext, createServer as createTlsServer } from "node:tls";

const { BENCH_KEY: key, BENCH_CERT: cert, BENCH_ROOT: rootFile } = process.env;
const root = readFileSync(rootFile, "utf8");
// One context for all: built anew it would cost each connection a parse of the root.
const upstreamContext = createSecureContext({ ca: root });

/** By the client's port: which host and port it asked for. */
const asked = new Map();

const front = createTlsServer({ key, cert, ALPNProtocols: ["h2", "http/1.1"] }, (client) => {
  const [host, port] = asked.get(client.remotePort);
  const upstream = connect({
    host: "127.0.0.1",
    port,
    servername: host,
    secureContext: upstreamContext,
    ALPNProtocols: client.alpnProtocol ? [client.alpnProtocol] : undefined,
  });
  for (const [from, to] of [
    [client, upstream],
    [upstream, client],
  ]) {
    from.setNoDelay(true);
    from.pipe(to);
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
  }
});
front.on("tlsClientError", () => {});

const server = createServer((socket) => {
  socket.on("error", () => {});
  let head = "";
  const take = (chunk) => {
    head += chunk.toString("latin1");
    if (!head.includes("\r\n\r\n")) return;
    socket.off("data", take);
    socket.pause();
    const from = socket.remotePort;
    asked.set(from, /^CONNECT ([^:]+):(\d+) /.exec(head)?.slice(1) ?? ["", "0"]);
    socket.on("close", () => asked.delete(from));
    socket.write("HTTP/1.1 200 OK\r\n\r\n");
    front.emit("connection", socket);
  };
  socket.on("data", take);
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port, ca: root }));
process.on("disconnect", () => process.exit(0));
