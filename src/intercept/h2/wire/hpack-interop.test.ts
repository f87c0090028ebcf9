/** With the HPACK of node:http2 at the other end of a socket. */
import { once } from "node:events";
import { connect, createServer, sensitiveHeaders, type Http2Server, type ServerHttp2Stream } from "node:http2";
import { connect as dial, createServer as createTcpServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createHpackDecoder, type FieldBlock, type HpackDecoder } from "./hpack-decoder.ts";
import { createHpackEncoder } from "./hpack-encoder.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
const frameType = { headers: 0x01, settings: 0x04 } as const;
const endStreamAndHeaders = 0x05;

const opened: { close(): unknown }[] = [];
afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Calls with the block of every HEADERS frame; answers SETTINGS. */
function readFrames(socket: Socket, skip: number, onBlock: (stream: number, block: Buffer) => void): void {
  let waiting = Buffer.alloc(0);
  let left = skip;
  socket.on("data", (chunk: Buffer) => {
    waiting = Buffer.concat([waiting, chunk]);
    if (waiting.length < left) return;
    waiting = waiting.subarray(left);
    left = 0;
    while (waiting.length >= 9 && waiting.length >= 9 + waiting.readUIntBE(0, 3)) {
      const payload = waiting.subarray(9, 9 + waiting.readUIntBE(0, 3));
      const [type, flags] = [waiting.readUInt8(3), waiting.readUInt8(4)];
      if (type === frameType.settings && (flags & 1) === 0) socket.write(frame(frameType.settings, 1, 0));
      if (type === frameType.headers) {
        const priority = (flags & 0x20) === 0 ? 0 : 5;
        onBlock(waiting.readUInt32BE(5), Buffer.from(payload.subarray(priority)));
      }
      waiting = waiting.subarray(9 + payload.length);
    }
  });
}

async function listen(server: Http2Server | ReturnType<typeof createTcpServer>): Promise<number> {
  opened.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on a port has an address of this form.
  return (server.address() as AddressInfo).port;
}

/** Sends these lists over one connection, each when the one before was answered. */
async function talk(
  server: Http2Server,
  lists: readonly (readonly string[])[],
  never: readonly number[] | null = null,
): Promise<readonly FieldBlock[]> {
  const socket = dial(await listen(server), "127.0.0.1");
  opened.push({ close: () => socket.destroy() });
  const encoder = createHpackEncoder();
  const decoder = createHpackDecoder();
  const answers: FieldBlock[] = [];
  const done = new Promise<void>((resolve, reject) => {
    const send = (turn: number): void => {
      const list = lists[turn];
      if (list === undefined) resolve();
      else socket.write(frame(frameType.headers, endStreamAndHeaders, 2 * turn + 1, encoder.encode(list, never)));
    };
    readFrames(socket, 0, (_, block) => {
      answers.push(decoder.decode(block, 65_536, 100));
      send(answers.length);
    });
    socket.on("error", reject).on("close", () => reject(new Error("the server hung up")));
    socket.write(Buffer.concat([preface, frame(frameType.settings, 0, 0)]));
    send(0);
  });
  await done;
  return answers;
}

const usual = [":method", "POST", ":scheme", "https", ":authority", "api.example.com"];
const request = (turn: number, ...more: readonly string[]): readonly string[] => [
  ...usual,
  ":path",
  `/v1/messages/${turn >> 1}`,
  "user-agent",
  "a client/1.0",
  "x-request-id",
  `req_${turn}`,
  "content-length",
  "0",
  ...more,
];

describe("node:http2 as the server", () => {
  it("understands every block, and we what it answers", async () => {
    const seen: (readonly string[])[] = [];
    const server = createServer({ settings: { headerTableSize: 4096 } });
    server.on("stream", (stream: ServerHttp2Stream, _headers: unknown, _flags: number, raw: string[]) => {
      seen.push(raw);
      stream.respond(
        {
          ":status": 200,
          "content-type": "text/event-stream",
          "x-turn": `${seen.length}`,
          date: "today",
          "x-same": "s",
        },
        { endStream: true },
      );
    });
    const lists = Array.from({ length: 40 }, (_, turn) =>
      request(turn, "x-large", "v".repeat(40 * turn), "cookie", "a=b"),
    );
    const answers = await talk(server, lists);
    expect(seen).toEqual(lists);
    expect(answers).toHaveLength(40);
    answers.forEach(({ raw }, turn) => {
      const pairs = Object.fromEntries(raw.flatMap((name, at) => (at % 2 === 0 ? [[name, raw[at + 1]]] : [])));
      expect(pairs).toEqual({
        ":status": "200",
        "content-type": "text/event-stream",
        "x-turn": `${turn + 1}`,
        date: "today",
        "x-same": "s",
      });
    });
  });

  it("reads our Huffman code and our plain texts of every byte that a value may have", async () => {
    const seen: (readonly string[])[] = [];
    const server = createServer();
    server.on("stream", (stream: ServerHttp2Stream, _headers: unknown, _flags: number, raw: string[]) => {
      seen.push(raw);
      stream.respond({ ":status": 204 }, { endStream: true });
    });
    const bytes = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte >= 0x20 && byte !== 0x7f);
    // The letters around it make the Huffman code the shorter one.
    const lists = bytes.map((byte) => {
      const one = Buffer.of(byte).toString("latin1");
      return request(0, "x-coded", `${"a".repeat(30)}${one}${"e".repeat(30)}`, "etag", `a${one}e`);
    });
    await talk(server, lists);
    expect(seen).toEqual(lists);
  });

  it("is told what is sensitive", async () => {
    const sensitive: unknown[] = [];
    const server = createServer();
    server.on("stream", (stream, headers) => {
      sensitive.push(Object.getOwnPropertySymbols(headers).map((symbol) => Reflect.get(headers, symbol)));
      stream.respond({ ":status": 204 }, { endStream: true });
    });
    await talk(server, [request(0), request(1)], [8, 10]);
    expect(sensitive).toEqual([[["user-agent", "x-request-id"]], [["user-agent", "x-request-id"]]]);
  });

  it.each([0, 100, 65_536])("may allow a table of %i bytes", async (headerTableSize) => {
    const seen: (readonly string[])[] = [];
    const server = createServer({ settings: { headerTableSize } });
    server.on("stream", (stream: ServerHttp2Stream, _headers: unknown, _flags: number, raw: string[]) => {
      seen.push(raw);
      stream.respond({ ":status": 204 }, { endStream: true });
    });
    const socket = dial(await listen(server), "127.0.0.1");
    opened.push({ close: () => socket.destroy() });
    const encoder = createHpackEncoder();
    const send = (turn: number): void => {
      const block = encoder.encode(request(turn), null);
      socket.write(frame(frameType.headers, endStreamAndHeaders, 2 * turn + 1, block));
    };
    const answered = new Promise<void>((resolve) => {
      readFrames(socket, 0, () => {
        // From the second request on, the server's SETTINGS are known and acknowledged.
        if (seen.length === 1) encoder.setPeerTableSize(headerTableSize);
        if (seen.length === 6) resolve();
        else send(seen.length);
      });
    });
    socket.write(Buffer.concat([preface, frame(frameType.settings, 0, 0)]));
    send(0);
    await answered;
    expect(seen).toEqual(Array.from({ length: 6 }, (_, turn) => request(turn)));
  });
});

describe("node:http2 as the client", () => {
  async function requestsOf(
    decoder: HpackDecoder,
    settings: Uint8Array,
    lists: readonly Record<string, string | readonly string[]>[],
    sensitive: readonly string[] = [],
  ): Promise<readonly FieldBlock[]> {
    const read: FieldBlock[] = [];
    const encoder = createHpackEncoder();
    const port = await listen(
      createTcpServer((socket) => {
        socket.write(frame(frameType.settings, 0, 0, settings));
        socket.on("error", () => undefined);
        readFrames(socket, preface.length, (stream, block) => {
          read.push(decoder.decode(block, 65_536, 100));
          const reply = [":status", "200", "x-turn", `${read.length}`, "server", "ours"];
          socket.write(frame(frameType.headers, endStreamAndHeaders, stream, encoder.encode(reply, null)));
        });
      }),
    );
    const session = connect(`http://127.0.0.1:${port}`);
    opened.push({ close: () => session.destroy() });
    await once(session, "remoteSettings");
    for (const [turn, fields] of lists.entries()) {
      const stream = session.request({ ...fields, [sensitiveHeaders]: [...sensitive] }, { endStream: true });
      const [headers]: readonly unknown[] = await once(stream, "response");
      expect(headers).toMatchObject({ ":status": 200, "x-turn": `${turn + 1}`, server: "ours" });
      stream.resume();
    }
    return read;
  }

  const lists = Array.from({ length: 20 }, (_, turn) => ({
    ":path": `/${turn}`,
    accept: "*/*",
    "x-same": "always the same",
    "x-turn": `${turn}`,
    "x-large": "w~".repeat(30 * turn),
    "x-bytes": "\u00e4\u00ff\u0080 \u00c0",
  }));
  const names = new Set(lists.flatMap((fields) => Object.keys(fields)));
  const expected = lists.map((fields) => Object.entries(fields).flat());
  /** Those of a block that the list names; the client adds its own. */
  const fieldsOf = ({ raw }: FieldBlock): readonly string[] =>
    raw.flatMap((name, at) => (at % 2 === 0 && names.has(name) ? [name, raw[at + 1] ?? ""] : []));

  it("is understood, over twenty requests", async () => {
    const read = await requestsOf(createHpackDecoder(), Buffer.alloc(0), lists);
    expect(read.map(fieldsOf)).toEqual(expected);
  });

  it.each([0, 128, 8192])("is understood when we announced a table of %i bytes", async (bytes) => {
    const setting = Buffer.alloc(6);
    setting.writeUInt16BE(1, 0);
    setting.writeUInt32BE(bytes, 2);
    const decoder = createHpackDecoder(bytes);
    // Its first request comes after its acknowledgement.
    decoder.acknowledged();
    const read = await requestsOf(decoder, setting, lists);
    expect(read.map(fieldsOf)).toEqual(expected);
  });

  it("says what is sensitive", async () => {
    const read = await requestsOf(createHpackDecoder(), Buffer.alloc(0), lists.slice(0, 2), ["x-same"]);
    for (const { raw, never } of read) expect((never ?? []).map((place) => raw[place])).toEqual(["x-same"]);
  });
});
