/** Calls that a rule might have wanted until their body was read: they go on to where they were going, as they came. */
import type { ClientHttp2Session } from "node:http2";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { startH2Origin, type H2Origin } from "../support/h2-origin.ts";
import { h2Through, readUntil, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { within } from "../support/wait.ts";

const stage = createStage();
let h1: RawOrigin;
let h2: H2Origin;
let core: CoreProcess;

beforeAll(async () => {
  h1 = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  h2 = stage.opened.add(await startH2Origin(stage.identity));
  h2.play((stream) => {
    const digest = createHash("sha256");
    let trailer = "none";
    stream.on("trailers", (trailers) => {
      trailer = String(trailers["x-end"] ?? "none");
    });
    stream.on("data", (bytes: Buffer) => digest.update(bytes));
    stream.on("end", () => {
      stream.respond({ ":status": 200, "content-type": "text/plain" });
      stream.end(`${digest.digest("hex")} ${trailer}`);
    });
  });
  core = await stage.startCore({
    dial: { [host]: h1.port, [secondHost]: h2.port },
    config: {
      providers: { local: { type: "openai-compatible", endpoint: "http://127.0.0.1:9/v1", auth_type: "none" } },
      routes: [{ match: { model: "wanted-*" }, to: "local/model" }],
    },
  });
});
afterAll(() => stage.close());

const bodies = [
  ["small and for another model", JSON.stringify({ model: "other", messages: [] })],
  ["larger than every buffer", JSON.stringify({ model: "other", messages: [], padding: "x".repeat(3_000_000) })],
  ["not JSON at all", `{"model": ${"y".repeat(400_000)}`],
] as const;

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

describe("a call handed back by the engine", () => {
  it.each(bodies)(
    "over HTTP/1.1, %s: the origin gets the bytes the client sent, twice in a row",
    async (_what, body) => {
      const socket = await tlsThrough(core, host);
      const head = `POST /v1/messages HTTP/1.1\r\nhOST: ${host}\r\nContent-Length: ${body.length}\r\nX-Odd:  1\r\n\r\n`;
      for (let time = 0; time < 2; time += 1) {
        const seen = h1.play(async (connection) => {
          const whole = (await connection.readHead()) + (await connection.readUntil(body.length)).toString();
          await connection.write(ok);
          return whole;
        });
        socket.write(head + body);
        expect((await seen) === head + body).toBe(true);
        expect(await readUntil(socket, "\r\n\r\nok")).toContain("200 OK");
      }
      socket.destroy();
    },
  );

  it("over HTTP/1.1, chunked: chunk sizes and trailers are those of the client", async () => {
    const socket = await tlsThrough(core, host);
    const whole =
      `POST /v1/messages HTTP/1.1\r\nHost: ${host}\r\nTransfer-Encoding: chunked\r\n\r\n` +
      '11;note=1\r\n{"model":"other",\r\n7\r\n"a": 1}\r\n0\r\nX-End: yes\r\n\r\n';
    const seen = h1.play(async (connection) => {
      const head = await connection.readHead();
      const body = await connection.readUntil("X-End: yes\r\n\r\n");
      await connection.write(ok);
      return head + body.toString();
    });
    socket.write(whole);
    expect(await seen).toBe(whole);
    await readUntil(socket, "\r\n\r\nok");
    socket.destroy();
  });

  it.each(bodies)("over HTTP/2, %s: the origin gets the whole body, and the trailers", async (_what, body) => {
    const session = await h2Through(core, secondHost);
    stage.opened.later(() => session.destroy());
    const expected = createHash("sha256").update(body).digest("hex");
    for (let time = 0; time < 2; time += 1) expect(await postH2(session, body)).toBe(`${expected} yes`);
  });

  it("is a pass-through in the flows, and says why", async () => {
    const flows = await core.flows();
    expect(flows).not.toEqual([]);
    for (const flow of flows) {
      expect(flow).toMatchObject({ action: "passthrough", status: 200, state: "done", why: expect.any(Array) });
      expect(JSON.stringify(flow)).toMatch(/"why":\[\{/);
    }
  });
});

async function postH2(session: ClientHttp2Session, body: string): Promise<string> {
  const stream = session.request({ ":method": "POST", ":path": "/v1/chat/completions" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-end": "yes" }));
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  stream.end(body);
  await within(
    "the reply",
    new Promise((resolve, reject) => {
      stream.on("close", resolve);
      stream.on("error", reject);
    }),
  );
  return text;
}
