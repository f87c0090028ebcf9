/**
 * One of the proxies Switchyard is compared with, in a process of its own: `node baseline.mjs http-mitm-proxy|mockttp`.
 * Plain JavaScript, so that no loader counts in its memory and CPU. Every name resolves to loopback here; nothing else
 * is changed. Says `{ port, ca, key }` over IPC when it listens; the key is its authority's, for the drill of the leaked key.
 */
import dns from "node:dns";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

dns.lookup = (_name, options, callback) => {
  const done = typeof options === "function" ? options : callback;
  const wantsAll = typeof options === "object" && options !== null && options.all === true;
  process.nextTick(() => (wantsAll ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4)));
};
syncBuiltinESMExports();

const starters = {
  "http-mitm-proxy": async () => {
    const { Proxy } = await import("http-mitm-proxy");
    // Its keys go to a folder of their own and are gone with the process.
    const folder = mkdtempSync(join(tmpdir(), "switchyard-bench-hmp-"));
    process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
    const proxy = new Proxy();
    proxy.onError(() => {});
    await new Promise((resolve, reject) => {
      proxy.listen({ host: "127.0.0.1", port: 0, keepAlive: true, sslCaDir: folder }, (error) =>
        error ? reject(error) : resolve(undefined),
      );
    });
    const [ca, key] = ["certs/ca.pem", "keys/ca.private.key"].map((name) => readFileSync(join(folder, name), "utf8"));
    return { port: proxy.httpPort, ca, key };
  },
  mockttp: async () => {
    // Installed into the cache folder, and named by the parent.
    const { default: mockttp } = await import(pathToFileURL(process.env["BENCH_MOCKTTP"] ?? "").href);
    const { getLocal, generateCACertificate } = mockttp;
    const { key, cert } = await generateCACertificate();
    const server = getLocal({ https: { key, cert }, http2: true, recordTraffic: false, suggestChanges: false });
    await server.start();
    await server.forUnmatchedRequest().thenPassThrough();
    return { port: server.port, ca: cert, key };
  },
};

const start = starters[process.argv[2] ?? ""];
if (start === undefined || process.send === undefined) process.exit(2);
// The parent is gone: so are we.
process.on("disconnect", () => process.exit(0));
process.send(await start());
