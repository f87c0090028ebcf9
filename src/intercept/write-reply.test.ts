import { once } from "node:events";
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { within } from "../../test/support/wait.ts";
import { writeReply } from "./write-reply.ts";

const endings: (() => void)[] = [];
afterEach(() => {
  for (const end of endings.splice(0)) end();
});

const pieces = 64;
/** More than a socket takes at once. */
const piece = Buffer.alloc(256 * 1024, "x");

/** A server that answers with `body`, and what its only client reads. */
async function answer(body: (reply: ServerResponse) => AsyncIterable<Uint8Array>): Promise<{
  readonly reply: IncomingMessage;
  readonly written: Promise<void>;
}> {
  let markWritten: (work: Promise<void>) => void = () => undefined;
  const written = new Promise<void>((resolve) => {
    markWritten = resolve;
  });
  const tap = { id: "f", head: () => {}, chunk: () => {}, tell: () => {} };
  const server = createServer((_request, reply) => {
    markWritten(writeReply(reply, { status: 200, headers: [], body: body(reply) }, tap));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const request = get({ port: (server.address() as AddressInfo).port, host: "127.0.0.1", agent: false }); // a TCP listener
  endings.push(() => {
    request.destroy();
    server.close().closeAllConnections();
  });
  const [reply] = (await once(request, "response")) as [IncomingMessage]; // as Node documents the event
  return { reply, written };
}

describe("writeReply", () => {
  it("waits for a slow reader, and leaves nothing behind from each wait", async () => {
    const listeners: number[] = [];
    const { reply, written } = await answer(async function* (outgoing) {
      for (let index = 0; index < pieces; index += 1) {
        listeners.push(outgoing.listenerCount("close") + outgoing.listenerCount("drain"));
        yield piece;
      }
    });
    let size = 0;
    for await (const chunk of reply as AsyncIterable<Buffer>) size += chunk.byteLength;
    await within("the end of the writing", written);
    expect(size).toBe(pieces * piece.byteLength);
    expect(Math.max(...listeners)).toBe(Math.min(...listeners));
  });

  it("stops when the reader has gone", async () => {
    let given = 0;
    const { reply, written } = await answer(async function* () {
      for (;;) {
        given += 1;
        yield piece;
      }
    });
    reply.destroy();
    await within("the end of the writing", written);
    expect(given).toBeLessThan(1000);
  });
});
