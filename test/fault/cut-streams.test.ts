/** An upstream that breaks off never looks finished to the client, and nothing of ours gets into the body. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { startH2Origin, type H2Origin } from "../support/h2-origin.ts";
import { h2Through, readToEnd, readUntil, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
let h1: RawOrigin;
let h2: H2Origin;
let core: CoreProcess;

beforeAll(async () => {
  h1 = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  h2 = stage.opened.add(await startH2Origin(stage.identity));
  core = await stage.startCore({ dial: { [host]: h1.port, [secondHost]: h2.port } });
});
afterAll(() => stage.close());

const body = "data: 1\n\ndata: 2\n\n";
const framings = {
  chunked: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n${body}\r\n`,
  "content-length": `HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n${body}`,
};
type Framing = keyof typeof framings;

/** The origin sends the first `bytes` bytes, then breaks. Gives what an HTTP/1.1 client got. */
async function cutAt(framing: Framing, bytes: number, how: "FIN" | "RST"): Promise<{ text: string; isClean: boolean }> {
  void h1.play(async (connection) => {
    await connection.readHead();
    await connection.write(framings[framing].slice(0, bytes));
    if (how === "FIN") connection.end();
    else connection.reset();
  });
  const socket = await tlsThrough(core, host);
  socket.write(`GET /cut HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const { bytes: got } = await readToEnd(socket);
  const text = got.toString("latin1");
  const at = text.indexOf("\r\n\r\n");
  const payload = text.slice(at + 4);
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, at + 2))?.[1] ?? Number.NaN);
  return { text, isClean: payload.endsWith("0\r\n\r\n") || payload.length >= length };
}

/** What the client could wrongly believe of such a reply. */
function liesIn(framing: Framing, { text, isClean }: { readonly text: string; readonly isClean: boolean }): string[] {
  // Nothing of the origin's reply had reached the client yet: an error of ours is the truth.
  if (/^HTTP\/1\.1 50[24] /.test(text)) return [];
  const lies: string[] = [];
  if (isClean) lies.push(`looks complete: ${JSON.stringify(text)}`);
  const payload = text.slice(text.indexOf("\r\n\r\n") + 4).replaceAll(/\r\n|[0-9a-f]+\r\n/g, "");
  if (!framings[framing].startsWith(text) && !body.startsWith(payload))
    lies.push(`holds bytes the origin never sent: ${JSON.stringify(text)}`);
  return lies;
}

describe("an upstream cut over HTTP/1.1", () => {
  const cases = (["chunked", "content-length"] as const).flatMap((framing) =>
    (["FIN", "RST"] as const).map((how) => [framing, how] as const),
  );

  it.each(cases)(
    "%s body, %s: at every byte the client sees a broken reply or an honest 502",
    async (framing, how) => {
      const whole = framings[framing];
      const bodyAt = whole.indexOf("\r\n\r\n") + 4;
      // Every third byte, and every one around the end of the head, where parsers change state.
      const offsets = Array.from(whole, (_, at) => at).filter((at) => at % 3 === 0 || Math.abs(at - bodyAt) < 3);
      const lies: string[] = [];
      for (const at of offsets)
        lies.push(...liesIn(framing, await cutAt(framing, at, how)).map((lie) => `after ${at} bytes: ${lie}`));
      expect(lies).toEqual([]);
    },
    120_000,
  );

  it("a close-delimited body that is reset arrives reset", async () => {
    const upstream = h1.play(async (connection) => {
      await connection.readHead();
      await connection.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`);
      return connection;
    });
    const socket = await tlsThrough(core, host);
    socket.write(`GET /cut HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    const text = await readUntil(socket, "data: 2");
    const rest = readToEnd(socket);
    (await upstream).reset();
    const { bytes, ended } = await rest;
    // Re-framed as chunks without an end, or passed on as a reset; never a tidy FIN on a close-delimited body.
    const isChunked = /\r\ntransfer-encoding: *chunked/i.test(text);
    expect(isChunked ? !bytes.toString("latin1").endsWith("0\r\n\r\n") : !ended).toBe(true);
  });

  it("a close-delimited body that ends with FIN arrives whole", async () => {
    void h1.play(async (connection) => {
      await connection.readHead();
      await connection.write(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`);
      connection.end();
    });
    const socket = await tlsThrough(core, host);
    socket.write(`GET /whole HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect((await readToEnd(socket)).bytes.toString("latin1")).toContain(body);
  });

  it("is a truncated flow", async () => {
    await cutAt("chunked", framings.chunked.length, "RST");
    const flow = await core.flow("a cut one", (one) => one.path === "/cut" && one.state === "truncated");
    expect(flow.status).toBe(200);
  });
});

describe("an upstream cut over HTTP/2", () => {
  async function read(): Promise<{ text: string; ended: boolean; code: number }> {
    const over = await h2Through(core, secondHost);
    const stream = over.request({ ":path": "/cut" });
    let text = "";
    let ended = false;
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => (text += chunk));
    stream.on("end", () => (ended = true));
    // What a Node client goes by: an error, or its end.
    stream.on("error", () => {});
    await within("the stream to close", new Promise((resolve) => stream.once("close", resolve)));
    over.destroy();
    return { text, ended, code: stream.rstCode };
  }

  it("by a reset stream", async () => {
    h2.play((stream) => {
      stream.respond({ ":status": 200 });
      stream.write(body, () => stream.destroy(new Error("broken")));
    });
    const { text, ended, code } = await read();
    expect(body.startsWith(text)).toBe(true);
    expect({ ended, isReset: code !== 0 }).toEqual({ ended: false, isReset: true });
  });

  it("by a dead connection", async () => {
    h2.play((stream) => {
      stream.respond({ ":status": 200 });
      stream.write(body, () => setImmediate(() => h2.cutConnections()));
    });
    const { text, ended, code } = await read();
    expect(body.startsWith(text)).toBe(true);
    expect({ ended, isReset: code !== 0 }).toEqual({ ended: false, isReset: true });
  });
});
