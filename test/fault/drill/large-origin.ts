/** The program of an origin with something large, in a process of its own; says its port, and ends with its parent. */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Identity } from "../../support/fake-ca.ts";

const { key, cert } = JSON.parse(process.argv[2] ?? "") as Identity; // start-crowd.ts writes it
const large = Buffer.alloc(8 * 1024 * 1024);
const server = createServer({ key, cert }, (request, reply) => {
  request.on("error", () => {}).resume();
  if (request.url === "/large") {
    reply.writeHead(200, { "content-length": large.length });
    reply.end(request.method === "HEAD" ? undefined : large);
  } else if (request.url === "/sink") request.on("end", () => reply.end());
  else reply.end("small");
});
server.on("tlsClientError", () => {});
server.listen(0, "127.0.0.1", () => {
  process.send?.((server.address() as AddressInfo).port); // a TCP listener has an AddressInfo
});
process.on("disconnect", () => process.exit(0));
