/** An upstream that breaks in the middle of an answer, seen through the port itself: the client is told before it is cut. */
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { startCoreProcess } from "../support/core-process.ts";
import { createStage } from "../support/fixture.ts";

const stage = createStage();
afterAll(() => stage.close());

/** Two deltas of a Chat stream, and then the connection breaks. */
async function breakingServer(): Promise<string> {
  const server = createServer((request, reply) => {
    request.resume();
    reply.writeHead(200, { "content-type": "text/event-stream" });
    const delta = (content: string): string =>
      `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", created: 1, model: "m", choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: null }] })}\n\n`;
    reply.write(delta("Hello "));
    reply.write(delta("wor"), () => setTimeout(() => reply.socket?.resetAndDestroy(), 50));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  stage.opened.later(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`; // a TCP server's address is never a path
}

describe("an answer that is cut behind the gateway", () => {
  it("ends with the dialect's error event and then broken, never as if it were whole", async () => {
    const core = await startCoreProcess({
      config: {
        providers: { local: { type: "openai-compatible", endpoint: await breakingServer(), auth_type: "none" } },
      },
    });
    stage.opened.later(() => core.close());
    const status: unknown = JSON.parse((await core.cli("status", "--json", "--secrets")).stdout);
    const key = String(Object(status)["clientKey"]);
    const body = JSON.stringify({
      model: "local/m",
      max_tokens: 50,
      stream: true,
      messages: [{ role: "user", content: "hi" }],
    });
    const request = httpRequest({
      host: "127.0.0.1",
      port: core.port,
      method: "POST",
      path: "/v1/messages",
      headers: { "x-api-key": key, "anthropic-version": "2023-06-01", "content-type": "application/json" },
    });
    request.end(body);
    const [reply] = (await once(request, "response")) as [import("node:http").IncomingMessage]; // that event's one argument
    let text = "";
    let isBroken = false;
    reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
    reply.on("error", () => (isBroken = true));
    await new Promise((resolve) => reply.on("close", resolve));
    expect(reply.statusCode).toBe(200);
    expect(text).toContain("Hello ");
    expect(text).toContain("event: error");
    expect(text).not.toContain("message_stop");
    expect(isBroken).toBe(true);
    const flow = await core.flow("the cut call", ({ state }) => state === "truncated");
    expect(flow).toMatchObject({ provider: "local", status: 200 });
  });
});
