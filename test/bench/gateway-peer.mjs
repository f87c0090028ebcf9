/**
 * One of the gateways Switchyard's translation is compared with, in a process of its own: `node gateway-peer.mjs
 * llms|portkey`. Plain JavaScript, so that no loader counts in its CPU. Says `{ port }` over IPC when it answers.
 */
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const program = process.env["BENCH_PROGRAM"] ?? "";
const upstream = `http://127.0.0.1:${process.env["BENCH_UPSTREAM"]}`;
const port = await freePort();

const starters = {
  async llms() {
    const loaded = createRequire(import.meta.url)(program);
    const Server = loaded.default ?? loaded;
    const provider = (name, path, use) => ({
      name,
      api_base_url: `${upstream}${path}`,
      api_key: "bench",
      models: ["bench"],
      ...(use === null ? {} : { transformer: { use: [use] } }),
    });
    const server = new Server({
      logger: false,
      useJsonFile: false,
      useEnvironmentVariables: false,
      initialConfig: {
        PORT: String(port),
        HOST: "127.0.0.1",
        providers: [
          provider("openai-chat", "/v1/chat/completions", null),
          provider("openai-responses", "/v1/responses", "openai-responses"),
          provider("claude", "/v1/messages", "Anthropic"),
          provider("gemini", "/v1beta/models/", "gemini"),
        ],
      },
    });
    await server.start();
  },
  async portkey() {
    process.argv.push(`--port=${port}`, "--headless");
    // It adds to the headers of what fetch returned, which Node 20 forbids: every stream would be a 500.
    const { fetch } = globalThis;
    globalThis.fetch = async (...args) => {
      const reply = await fetch(...args);
      return new Response(reply.body, { status: reply.status, headers: new Headers(reply.headers) });
    };
    await import(pathToFileURL(program).href);
  },
};

const start = starters[process.argv[2] ?? ""];
if (start === undefined || process.send === undefined) process.exit(2);
process.on("disconnect", () => process.exit(0));
await start();
await listening();
process.send({ port });

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port: found } = probe.address();
      probe.close(() => resolve(found));
    });
  });
}

async function listening() {
  for (let tries = 0; tries < 100; tries += 1) {
    const isUp = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (isUp) return;
    await wait(50);
  }
  throw new Error("the gateway does not listen");
}
