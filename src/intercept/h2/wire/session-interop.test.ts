/** Our sessions on real sockets, against node:http2 on the other side: every byte, both ways, whatever the windows. */
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  connect as connectHttp2,
  constants,
  createServer as createHttp2Server,
  type ClientHttp2Session,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
  type Settings,
} from "node:http2";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { within } from "../../../../test/support/wait.ts";
import { errorCodes } from "./codes.ts";
import { WireSession, type SessionListener } from "./session.ts";
import type { WireStream } from "./stream.ts";

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean();
});

const common = {
  maxStreams: 100,
  maxHeadBytes: 65_536,
  maxHeadFields: 200,
  windowBytes: 300_000,
  enableConnectProtocol: true,
  mayGoOn: () => true,
} as const;
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
/** Larger than every window and buffer on the way. */
const large = randomBytes(2_000_000);

async function portOf(server: Server | Http2Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on TCP has no other kind of address.
  return (server.address() as AddressInfo).port;
}

/** Sends back what comes, as it comes, with backpressure both ways, and its trailers behind it. */
function echo(stream: WireStream): void {
  let trailers: readonly string[] = [];
  stream.fields([":status", "200", "x-kind", "echo"], null, false);
  stream.listen({
    onData: (bytes) => void (stream.write(bytes) || stream.pause()),
    onTrailers: ({ raw }) => void (trailers = raw),
    onEnd: () => stream.end(trailers),
    onReset() {},
    onRoom: () => stream.resume(),
  });
}

/** A server of ours and a client of Node's. */
async function ourServer(
  onStream: NonNullable<SessionListener["onStream"]>,
  settings: Settings = {},
): Promise<{ readonly client: ClientHttp2Session; readonly session: Promise<WireSession> }> {
  let found: (session: WireSession) => void = () => {};
  const session = new Promise<WireSession>((resolve) => (found = resolve));
  const server = createServer((socket) => {
    cleanups.push(() => socket.destroy());
    found(new WireSession({ ...common, role: "server", socket, listener: { onStream, onClose() {} } }));
  });
  const client = connectHttp2(`http://127.0.0.1:${await portOf(server)}`, { settings });
  client.on("error", () => {});
  cleanups.push(
    () => client.destroy(),
    () => server.close(),
  );
  return { client, session };
}

interface Answer {
  readonly head: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders | null;
}

/** One exchange of Node's client; rejects when the stream says that it broke. */
async function ask(
  client: ClientHttp2Session,
  { body, trailers, method = "POST" }: { body?: Uint8Array; trailers?: Record<string, string>; method?: string } = {},
): Promise<Answer> {
  const hasTrailers = trailers !== undefined;
  const stream = client.request(
    { ":method": method, ":path": "/" },
    { endStream: body === undefined, waitForTrailers: hasTrailers },
  );
  if (hasTrailers) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  let head: IncomingHttpHeaders = {};
  let came: IncomingHttpHeaders | null = null;
  const pieces: Buffer[] = [];
  stream.on("response", (fields) => (head = fields));
  stream.on("trailers", (fields) => (came = fields));
  stream.on("data", (bytes: Buffer) => pieces.push(bytes));
  if (body !== undefined) stream.end(body);
  await within("the answer's end", once(stream, "close"));
  if (stream.rstCode !== constants.NGHTTP2_NO_ERROR) throw new Error(`reset ${stream.rstCode}`);
  return { head, body: Buffer.concat(pieces), trailers: came };
}

describe("a server of ours and Node's client", () => {
  const theirs: readonly (readonly [string, Settings])[] = [
    ["with usual windows", {}],
    ["with a window of 100 bytes", { initialWindowSize: 100 }],
    ["with the widest window", { initialWindowSize: 0x7fff_ffff }],
    ["with no table for its heads", { headerTableSize: 0 }],
    ["with large frames", { maxFrameSize: 1_000_000 }],
  ];

  it.each(theirs)("%s: every byte comes back, and the trailers", async (_, settings) => {
    const { client } = await ourServer(echo, settings);
    const bytes = settings.initialWindowSize === 100 ? large.subarray(0, 50_000) : large;
    const answer = await ask(client, { body: bytes, trailers: { "x-sum": "1" } });
    expect(answer.head["x-kind"]).toBe("echo");
    expect(hashOf(answer.body)).toBe(hashOf(bytes));
    expect(answer.trailers).toMatchObject({ "x-sum": "1" });
  });

  it("sixty at once, each its own", async () => {
    const { client, session } = await ourServer(echo);
    const bodies = Array.from({ length: 60 }, (_, index) =>
      large.subarray(index * 1_000, index * 1_000 + index * 1_500),
    );
    const answers = await Promise.all(bodies.map(async (body) => ask(client, { body })));
    expect(answers.map(({ body }) => hashOf(body))).toEqual(bodies.map(hashOf));
    expect((await session).openStreams).toBe(0);
  });

  it("answers of every size without a body to ask for them", async () => {
    const { client } = await ourServer((stream, head) => {
      stream.fields([":status", "200"], null, false);
      const size = Number(head.raw[head.raw.indexOf("x-size") + 1] ?? 0);
      stream.write(large.subarray(0, size));
      stream.end();
      stream.listen({ onData() {}, onTrailers() {}, onEnd() {}, onReset() {}, onRoom() {} });
    });
    for (const size of [0, 1, 16_383, 16_384, 16_385, 65_535, 65_536, 400_000]) {
      const stream = client.request({ ":path": "/", "x-size": String(size) });
      const pieces: Buffer[] = [];
      stream.on("data", (bytes: Buffer) => pieces.push(bytes));
      await within("the end", once(stream, "end"));
      expect(hashOf(Buffer.concat(pieces))).toBe(hashOf(large.subarray(0, size)));
    }
  });

  it("heads larger than a frame go both ways", async () => {
    const long = "v".repeat(50_000);
    const { client } = await ourServer((stream, head) => {
      stream.fields([":status", "200", "x-back", head.raw[head.raw.indexOf("x-long") + 1] ?? ""], null, true);
    });
    const stream = client.request({ ":path": "/", "x-long": long });
    const [fields] = await within("the head", once(stream, "response"));
    expect(fields).toMatchObject({ "x-back": long });
  });

  it("a reset in the middle of an answer is an error there, and the next one goes well", async () => {
    let isFirst = true;
    const { client } = await ourServer((stream) => {
      if (!isFirst) {
        echo(stream);
        return;
      }
      isFirst = false;
      stream.fields([":status", "200"], null, false);
      stream.write(large.subarray(0, 30_000));
      stream.reset(errorCodes.internalError);
    });
    await expect(ask(client)).rejects.toThrow("INTERNAL_ERROR");
    expect((await ask(client, { body: large.subarray(0, 9) })).body).toHaveLength(9);
  });

  it("refuses the rest of a request only behind its answer", async () => {
    const { client } = await ourServer((stream) => {
      stream.listen({ onData() {}, onTrailers() {}, onEnd() {}, onReset() {}, onRoom() {} });
      stream.fields([":status", "413"], null, false);
      stream.write(large);
      stream.end();
      stream.refuse(errorCodes.noError);
    });
    const stream = client.request({ ":method": "POST", ":path": "/" }, { endStream: false });
    const pieces: Buffer[] = [];
    stream.on("data", (bytes: Buffer) => pieces.push(bytes));
    await within("its end", once(stream, "close"));
    expect(hashOf(Buffer.concat(pieces))).toBe(hashOf(large));
  });

  it("a client that leaves ends what it asked, and a goodbye lets what runs finish", async () => {
    const { client, session } = await ourServer(echo);
    const stream = client.request({ ":method": "POST", ":path": "/" });
    await within("the head", once(stream, "response"));
    const ours = await session;
    ours.close();
    await within("the goodbye", once(client, "goaway"));
    const pieces: Buffer[] = [];
    stream.on("data", (bytes: Buffer) => pieces.push(bytes));
    stream.end(large.subarray(0, 100_000));
    await within("the end", once(stream, "close"));
    expect(Buffer.concat(pieces)).toHaveLength(100_000);
    await within("the connection's end", client.destroyed ? Promise.resolve([]) : once(client, "close"));
    expect(ours.openStreams).toBe(0);
  });
});

/** A server of Node's and a client of ours. */
async function ourClient(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  settings: Settings = {},
): Promise<WireSession> {
  const server = createHttp2Server({ settings });
  server.on("stream", (stream, headers) => {
    stream.on("error", () => {});
    onStream(stream, headers);
  });
  server.on("session", (session) => {
    session.on("error", () => {});
    cleanups.push(() => session.destroy());
  });
  const socket: Socket = connect(await portOf(server), "127.0.0.1");
  cleanups.push(
    () => socket.destroy(),
    () => server.close(),
  );
  await within("a connection", once(socket, "connect"));
  return new Promise((resolve) => {
    const session: WireSession = new WireSession({
      ...common,
      role: "client",
      socket,
      listener: { onSettings: () => resolve(session), onClose() {} },
    });
  });
}

interface Told {
  readonly status: string;
  readonly body: Buffer;
  readonly trailers: readonly string[];
  readonly end: string;
}

/** One exchange of ours, in frames of every size. */
function askAs(session: WireSession, body: Buffer, trailers: readonly string[] = []): Promise<Told> {
  const stream = session.request([":method", "POST", ":scheme", "http", ":path", "/", ":authority", "a"], null, false);
  const pieces: Buffer[] = [];
  let status = "";
  let came: readonly string[] = [];
  let at = 0;
  const go = (): void => {
    while (at < body.length) {
      const part = body.subarray(at, at + 1 + ((at * 7) % 20_000));
      at += part.length;
      if (!stream.write(part)) return;
    }
    stream.end(trailers);
  };
  return within(
    "the answer",
    new Promise((resolve) => {
      const done = (end: string): void => resolve({ status, body: Buffer.concat(pieces), trailers: came, end });
      stream.listen({
        onHead: ({ raw }) => void (status = raw[1] ?? ""),
        onData: (bytes) => void pieces.push(Buffer.from(bytes)),
        onTrailers: ({ raw }) => void (came = raw),
        onEnd: () => done("end"),
        onReset: (code) => done(`reset ${code}`),
        onRoom: go,
      });
      go();
    }),
  );
}

const echoBack = (stream: ServerHttp2Stream): void => {
  stream.respond({ ":status": 200 }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": "1" }));
  stream.pipe(stream);
};

describe("a client of ours and Node's server", () => {
  const servers: readonly (readonly [string, Settings])[] = [
    ["with usual windows", {}],
    ["with a window of 100 bytes", { initialWindowSize: 100 }],
    ["with one stream at a time", { maxConcurrentStreams: 1 }],
    ["with no table for heads", { headerTableSize: 0 }],
  ];

  it.each(servers)("%s: every byte comes back, and the trailers", async (_, settings) => {
    const session = await ourClient(echoBack, settings);
    const bodies = [1, 2, 3, 4].map((part) =>
      large.subarray(part * 1_000, part * (settings.initialWindowSize === 100 ? 8_000 : 200_000)),
    );
    const answers = await Promise.all(bodies.map(async (body) => askAs(session, body, ["a", "b"])));
    for (const [index, { status, body, trailers, end }] of answers.entries()) {
      expect([status, end, trailers.join("=")]).toEqual(["200", "end", "x-sum=1"]);
      expect(hashOf(body)).toBe(hashOf(bodies[index] ?? large));
    }
    expect(session.openStreams).toBe(0);
  });

  it("an answer that is reset, or whose server dies, is no end", async () => {
    for (const cut of [
      (stream: ServerHttp2Stream) => stream.destroy(new Error("cut")),
      (stream: ServerHttp2Stream) => stream.session?.destroy(),
    ]) {
      const session = await ourClient((stream) => {
        stream.respond({ ":status": 200 });
        stream.write(large.subarray(0, 20_000), () => cut(stream));
      });
      const { status, end } = await askAs(session, Buffer.alloc(0));
      expect(status).toBe("200");
      expect(end).toMatch(/^reset [1-9]/);
    }
  });

  it("a server that says goodbye finishes what runs, and the connection ends by itself", async () => {
    const session = await ourClient((stream) => {
      stream.session?.close();
      echoBack(stream);
    });
    const { end, body } = await askAs(session, large.subarray(0, 500_000));
    expect([end, body.length]).toEqual(["end", 500_000]);
    expect(session.isClosed).toBe(true);
  });
});
