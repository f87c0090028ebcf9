/** Hosts outside the policy: a pipe, nothing else. */
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage } from "../support/fixture.ts";
import { connectThrough, readToEnd, readUntil } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { startFullListener } from "../support/full-listener.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
let origin: RawOrigin;
let core: CoreProcess;

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin({ speaksFirst: true, halfOpen: true }));
  core = await stage.startCore({ config: { upstream: { timeouts: { connect_ms: 700 } } } });
});
afterAll(() => stage.close());

describe("blind tunnel", () => {
  it("shows the client the origin's own certificate", async () => {
    const secure = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity } }));
    const tunnel = await connectThrough(core.url, `localhost:${secure.port}`);
    expect(tunnel.status).toBe(200);
    const socket = connectTls({ socket: tunnel.socket, servername: "localhost", ca: stage.ca.cert });
    await within("TLS with the origin itself", new Promise((resolve) => socket.once("secureConnect", resolve)));
    expect(socket.authorized).toBe(true);
    expect(socket.getPeerCertificate().issuer.CN).toBe("Test root");
    socket.destroy();
  });

  it("carries a protocol in which the server speaks first", async () => {
    void origin.play(async (connection) => {
      await connection.write("SSH-2.0-fake\r\n");
      await connection.readUntil("SSH-2.0-client\r\n");
      await connection.write("welcome\r\n");
    });
    const { socket, status, early } = await connectThrough(core.url, `127.0.0.1:${origin.port}`);
    expect(status).toBe(200);
    if (!early.includes("SSH-2.0-fake")) await readUntil(socket, "SSH-2.0-fake\r\n");
    socket.write("SSH-2.0-client\r\n");
    await readUntil(socket, "welcome\r\n");
    socket.destroy();
  });

  it("keeps the other direction open when the client has finished sending", async () => {
    void origin.play(async (connection) => {
      await connection.readUntil("all I have");
      await within(
        "the client's FIN",
        new Promise<void>((resolve) => {
          const look = (): void => void (connection.peerEnded() ? resolve() : setTimeout(look, 5));
          look();
        }),
      );
      await connection.write("an answer after the end");
      connection.end();
    });
    const { socket, early } = await connectThrough(core.url, `127.0.0.1:${origin.port}`);
    const answer = readToEnd(socket, early);
    socket.end("all I have");
    const { bytes, ended } = await answer;
    expect(bytes.toString()).toBe("an answer after the end");
    expect(ended).toBe(true);
  });

  it("keeps the other direction open when the origin has finished sending", async () => {
    const received = origin.play(async (connection) => {
      await connection.write("all I have");
      connection.end();
      return (await connection.readUntil("an answer after the end")).toString();
    });
    const { socket, early } = await connectThrough(core.url, `127.0.0.1:${origin.port}`);
    let text = early.toString();
    socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
    socket.resume();
    await within("the origin's FIN", new Promise((resolve) => socket.once("end", resolve)));
    expect(text).toBe("all I have");
    socket.end("an answer after the end");
    expect(await received).toBe("an answer after the end");
  });

  it("reaches an IPv6 literal", async () => {
    const six = stage.opened.add(await startRawOrigin({ host: "::1", speaksFirst: true }));
    void six.play((connection) => connection.write("over six"));
    const { socket, status, early } = await connectThrough(core.url, `[::1]:${six.port}`);
    expect(status).toBe(200);
    if (!early.includes("over six")) await readUntil(socket, "over six");
    socket.destroy();
  });

  it("says 502 and why when nobody listens there", async () => {
    const gone = await startRawOrigin();
    await gone.close();
    const { socket, status, early } = await connectThrough(core.url, `127.0.0.1:${gone.port}`);
    expect(status).toBe(502);
    expect((await readToEnd(socket, early)).bytes.toString()).toMatch(/refused/i);
  });

  it("says 502 and why when the name does not resolve", async () => {
    const { socket, status, early } = await connectThrough(core.url, "no-such-host.invalid:443");
    expect(status).toBe(502);
    expect((await readToEnd(socket, early)).bytes.toString()).toMatch(/no-such-host\.invalid/);
  });

  // Only Linux drops the handshake of a full queue; elsewhere it is refused.
  it.runIf(process.platform === "linux")("says 504 and why when the connection takes too long", async () => {
    const full = stage.opened.add(await startFullListener());
    const { socket, status, early } = await connectThrough(core.url, `127.0.0.1:${full.port}`);
    expect(status).toBe(504);
    expect((await readToEnd(socket, early)).bytes.toString()).toMatch(/700 ms|0\.7 s|timed? ?out|too long/i);
  });

  it("shows in the flows as a tunnel, with the host and nothing of the content", async () => {
    void origin.play(async (connection) => {
      await connection.write("secret-inside");
      connection.end();
    });
    const { socket } = await connectThrough(core.url, `127.0.0.1:${origin.port}`);
    socket.end();
    await readToEnd(socket);
    const flow = await core.flow("the finished tunnel", (one) => one.host === "127.0.0.1" && one.state === "done");
    expect(flow).toMatchObject({ action: "tunnel", method: "CONNECT" });
    expect(JSON.stringify(await core.flows())).not.toContain("secret-inside");
  });
});
