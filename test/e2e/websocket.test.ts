/** WebSocket through the proxy: spliced, so subprotocol, extensions and even a broken end arrive as they are. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host } from "../support/fixture.ts";
import { tlsThrough } from "../support/proxy-clients.ts";
import { startWebSocketOrigin, type WebSocketOrigin } from "../support/websocket-origin.ts";
import { waitFor, within } from "../support/wait.ts";

const stage = createStage();
let origin: WebSocketOrigin;
let core: CoreProcess;

beforeAll(async () => {
  origin = stage.opened.add(await startWebSocketOrigin(stage.identity));
  core = await stage.startCore({ dial: { [host]: origin.port } });
});
afterAll(() => stage.close());

async function open(): Promise<WebSocket> {
  const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
  const client = new WebSocket(`wss://${host}/socket?x=1`, ["chat.v1", "chat.v2"], {
    createConnection: () => socket,
    perMessageDeflate: { threshold: 0 },
    headers: { "X-Kept": "yes" },
  });
  client.on("error", () => {});
  await within("the WebSocket to open", new Promise((resolve) => client.once("open", resolve)));
  return client;
}

function closed(client: WebSocket): Promise<number> {
  return within("the WebSocket to close", new Promise((resolve) => client.once("close", (code) => resolve(code))));
}

describe("WebSocket", () => {
  it("keeps subprotocol, extensions, path and headers", async () => {
    const client = await open();
    expect(client.protocol).toBe("chat.v2");
    expect(client.extensions).toContain("permessage-deflate");
    const upgrade = origin.upgrades.at(-1);
    expect(upgrade?.url).toBe("/socket?x=1");
    expect(upgrade?.rawHeaders).toContain("X-Kept");
    client.terminate();
  });

  it("carries text, binary and large messages both ways", async () => {
    const client = await open();
    for (const message of ["hello", Buffer.from([0, 1, 2, 255]), "y".repeat(300_000)]) {
      const answer = new Promise<Buffer>((resolve) =>
        client.once("message", (data) => resolve(Buffer.from(data as Buffer))),
      ); // ws gives Buffers by default
      client.send(message);
      expect((await within("the echo", answer)).equals(Buffer.from(message))).toBe(true);
    }
    client.terminate();
  });

  it("passes the client's close code on, and the origin's back", async () => {
    const client = await open();
    const code = closed(client);
    client.close(4001, "done here");
    expect(await code).toBe(4001);
  });

  it("lets an abnormal end look abnormal to the client", async () => {
    const client = await open();
    const code = closed(client);
    origin.cut();
    expect(await code).toBe(1006);
  });

  it("lets an abnormal end look abnormal to the origin", async () => {
    const client = await open();
    const atOrigin = origin.sockets.at(-1);
    if (atOrigin === undefined) throw new Error("the origin has no socket");
    const code = closed(atOrigin);
    client.terminate();
    expect(await code).toBe(1006);
  });

  it("shows as a websocket flow", async () => {
    const client = await open();
    client.close(1000);
    await closed(client);
    const flow = await core.flow("a finished WebSocket", (one) => one.protocol === "websocket" && one.state === "done");
    expect(flow).toMatchObject({ host, method: "GET", path: "/socket?x=1", status: 101, action: "passthrough" });
    await waitFor("the core to stay up", () => core.isAlive());
  });
});
