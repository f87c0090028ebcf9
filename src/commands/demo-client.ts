/**
 * The demo's client: a program of its own that knows nothing of Switchyard. Like any tool it reads the proxy and the
 * extra root from its environment, opens a tunnel to api.anthropic.com and speaks Claude Messages. Node 20 has no
 * proxy support of its own, so the tunnel is made here, by hand.
 */
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";

const host = "api.anthropic.com";
/** As a coding client does: now and then a small question for a small model. */
const questions = [
  { model: "claude-haiku-4-5", text: "What is a switchyard?" },
  { model: "claude-sonnet-4-5", text: "Name three things a proxy must never do." },
  { model: "claude-sonnet-4-5", text: "Say goodbye in one line." },
] as const;
/** The large part of a real prompt is the same in every call: instructions, tools, the project. */
const instructions = "You are the demo of a proxy. Answer shortly, and never pretend to be a model. ".repeat(400);

const rounds = Number(process.argv[2] ?? "1");
const pauseMs = Number(process.argv[3] ?? "0");

for (let round = 0; round < rounds; round += 1) {
  for (const question of questions) {
    process.stdout.write(`${await ask(question)}\n`);
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

async function ask(question: (typeof questions)[number]): Promise<string> {
  const tunnel = await openTunnel(new URL(process.env["HTTPS_PROXY"] ?? "http://127.0.0.1"));
  const ca = readFileSync(process.env["NODE_EXTRA_CA_CERTS"] ?? "", "utf8");
  const body = JSON.stringify({
    model: question.model,
    max_tokens: 256,
    stream: true,
    system: instructions,
    messages: [{ role: "user", content: question.text }],
  });
  return new Promise((resolve, reject) => {
    const request = httpsRequest({
      host,
      path: "/v1/messages",
      method: "POST",
      createConnection: () => tlsConnect({ socket: tunnel, servername: host, ca }),
      headers: {
        "content-type": "application/json",
        "anthropic-version": "2023-06-01",
        "x-api-key": "demo-key-that-opens-nothing",
        "user-agent": "node",
        connection: "close",
      },
    });
    request.once("error", reject);
    request.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (piece: string) => (text += piece));
      response.once("end", () => resolve(`${response.statusCode} ${answerIn(text)}`));
      response.once("error", reject);
    });
    request.end(body);
  });
}

async function openTunnel(proxy: URL): Promise<Socket> {
  const credentials = Buffer.from(`${proxy.username}:${decodeURIComponent(proxy.password)}`).toString("base64");
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      host: proxy.hostname,
      port: proxy.port,
      method: "CONNECT",
      path: `${host}:443`,
      headers: { host: `${host}:443`, "proxy-authorization": `Basic ${credentials}` },
    });
    request.once("error", reject);
    request.once("connect", (response, socket) => {
      if (response.statusCode === 200) resolve(socket);
      else reject(new Error(`the proxy answered ${response.statusCode}`));
    });
    request.end();
  });
}

/** The text of a Claude stream; of anything else, its beginning. */
function answerIn(stream: string): string {
  const pieces = [...stream.matchAll(/"type":"text_delta","text":("(?:[^"\\]|\\.)*")/g)];
  if (pieces.length === 0) return stream.slice(0, 300);
  return pieces.map((piece) => String(JSON.parse(piece[1] ?? '""'))).join("");
}
