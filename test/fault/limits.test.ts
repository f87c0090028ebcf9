/** Each limit of `limits:` at its value and one beyond, over HTTP/1.1 and HTTP/2, and after a reload. Refusals name the key. */
import { readFileSync, writeFileSync } from "node:fs";
import { connect as connectH2 } from "node:http2";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import { parse, stringify } from "yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CoreProcess } from "../support/core-process.ts";
import { createStage, host, secondHost } from "../support/fixture.ts";
import { startH2Origin } from "../support/h2-origin.ts";
import { kinds, ping, preface, readFrames, request, rst, settings, settingsAck } from "../support/h2-frames.ts";
import { readToEnd, readUntil, tcp, tlsThrough } from "../support/proxy-clients.ts";
import { startRawOrigin, type RawOrigin } from "../support/raw-origin.ts";
import { waitFor } from "../support/wait.ts";

const stage = createStage();
let core: CoreProcess;
let origin: RawOrigin;

const limits = {
  request_head_bytes: 4_096,
  response_head_bytes: 4_096,
  header_fields: 16,
  informational_replies: 3,
  streams_per_connection: 4,
  request_body_bytes: 65_536,
  head_ms: 700,
  hello_ms: 700,
  body_idle_ms: 700,
  idle_connection_ms: 60_000,
};

beforeAll(async () => {
  origin = stage.opened.add(await startRawOrigin({ tls: { ...stage.identity, alpn: ["http/1.1"] } }));
  const h2 = stage.opened.add(await startH2Origin(stage.identity));
  h2.play((stream, { ":path": path }) => {
    if (path === "/wait") return;
    stream.respond({ ":status": 200, ...(path === "/large" ? { "x-large": "v".repeat(5_000) } : {}) });
    stream.end("ok");
  });
  core = await stage.startCore({
    dial: { [host]: origin.port, [secondHost]: h2.port },
    config: {
      limits,
      providers: { there: { type: "anthropic-compatible", endpoint: "http://127.0.0.1:9", auth_type: "none" } },
      aliases: { there: "there/some-model" },
    },
  });
  answerOk();
}, 60_000);
afterAll(() => stage.close());

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

function answerOk(): void {
  void origin.play(async (connection) => {
    await connection.readHead();
    await connection.write(ok);
  });
}

/** The whole answer to these bytes, sent in a tunnel over HTTP/1.1. */
async function tell(bytes: string): Promise<string> {
  const socket = await tlsThrough(core, host, { alpn: ["http/1.1"] });
  socket.write(bytes);
  return (await readToEnd(socket)).bytes.toString("latin1");
}

/** A head of exactly so many bytes. */
function headOf(bytes: number, line: string, ...fields: readonly string[]): string {
  const start = [line, ...fields, "X-Fill: "].join("\r\n");
  return `${start}${"v".repeat(bytes - start.length - 4)}\r\n\r\n`;
}

const get = ["GET / HTTP/1.1", `Host: ${host}`, "Connection: close"] as const;
const some = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `x-${index}: 1`);

describe("a request's head over HTTP/1.1", () => {
  it("is taken at limits.request_head_bytes, and refused with 431 one byte beyond", async () => {
    expect(await tell(headOf(4_096, ...get))).toBe(ok);
    const refused = await tell(headOf(4_097, ...get));
    expect(refused).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(refused).toContain("larger than limits.request_head_bytes (4096)");
  });

  it("is taken with limits.header_fields, and refused with 431 with one more", async () => {
    expect(await tell([...get, ...some(14), "", ""].join("\r\n"))).toBe(ok);
    const refused = await tell([...get, ...some(15), "", ""].join("\r\n"));
    expect(refused).toMatch(/^HTTP\/1\.1 431 /);
    expect(refused).toContain("limits.header_fields (16)");
  });

  it("that never ends is answered with 408 when limits.head_ms is over", async () => {
    const refused = await tell(`GET / HTTP/1.1\r\nHost: ${host}\r\n`);
    expect(refused).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/);
    expect(refused).toContain("limits.head_ms (700)");
  });

  it("that never ends at the port itself is answered with 408 as well", async () => {
    const socket = await tcp(core.url);
    socket.write("CONNECT api.anthropic.com:443 HTTP/1.1\r\n");
    expect((await readToEnd(socket)).bytes.toString()).toMatch(/^HTTP\/1\.1 408 [^]*limits\.head_ms \(700\)/);
  });

  it("at the port itself: too large and too many fields are 431 with the key", async () => {
    for (const [bytes, key] of [
      [headOf(9_000, `GET /v1/models HTTP/1.1`, `Host: 127.0.0.1:${core.port}`), "request_head_bytes (4096)"],
      [
        [`GET /v1/models HTTP/1.1`, `Host: 127.0.0.1:${core.port}`, ...some(16), "", ""].join("\r\n"),
        "header_fields (16)",
      ],
    ] as const) {
      const socket = await tcp(core.url);
      socket.write(bytes);
      const refused = (await readToEnd(socket)).bytes.toString();
      expect(refused).toMatch(/^HTTP\/1\.1 431 /);
      expect(refused).toContain(`limits.${key}`);
    }
  });

  it("a tunnel that nobody greets in is closed when limits.hello_ms is over", async () => {
    const socket = await tcp(core.url);
    socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    expect((await readToEnd(socket)).bytes.toString()).toMatch(/^HTTP\/1\.1 200 /);
  });
});

describe("a request's body", () => {
  const half = "Content-Length: 100\r\n\r\nhalf";

  it("that stops coming is answered with 408 when limits.body_idle_ms is over", async () => {
    void origin.play(async (connection) => {
      await connection.readHead();
    });
    const refused = await tell(`POST / HTTP/1.1\r\nHost: ${host}\r\n${half}`);
    expect(refused).toMatch(/^HTTP\/1\.1 408 /);
    expect(refused).toContain("limits.body_idle_ms (700)");
    answerOk();
  });

  it("that stops coming though the answer is there: the answer arrives, and the connection ends", async () => {
    expect(await tell(`POST / HTTP/1.1\r\nHost: ${host}\r\n${half}`)).toBe(ok);
  });

  it("at the port itself as well", async () => {
    const plain = stage.opened.add(await startRawOrigin());
    const socket = await tcp(core.url);
    socket.write(`POST http://127.0.0.1:${plain.port}/ HTTP/1.1\r\nHost: 127.0.0.1:${plain.port}\r\n${half}`);
    const refused = (await readToEnd(socket)).bytes.toString();
    expect(refused).toMatch(/^HTTP\/1\.1 408 [^]*limits\.body_idle_ms \(700\)/);
  });
});

describe("an upstream's head over HTTP/1.1", () => {
  const play = (bytes: string): void => {
    void origin.play(async (connection) => {
      await connection.readHead();
      await connection.write(bytes);
    });
  };

  it("passes at limits.response_head_bytes; one byte beyond is 502 with the key", async () => {
    play(headOf(4_096, "HTTP/1.1 200 OK", "Content-Length: 0", "Connection: close"));
    expect(await tell(`${get.join("\r\n")}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    play(headOf(4_097, "HTTP/1.1 200 OK", "Content-Length: 0", "Connection: close"));
    const refused = await tell(`${get.join("\r\n")}\r\n\r\n`);
    expect(refused).toMatch(/^HTTP\/1\.1 502 /);
    expect(refused).toContain("limits.response_head_bytes (4096)");
    answerOk();
  });

  it("comes after limits.informational_replies at most", async () => {
    play(`${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(3)}${ok}`);
    expect(await tell(`${get.join("\r\n")}\r\n\r\n`)).toMatch(/200 OK[^]*ok$/);
    play(`${"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(4)}${ok}`);
    expect(await tell(`${get.join("\r\n")}\r\n\r\n`)).toContain("limits.informational_replies (3)");
    answerOk();
  });
});

describe("over HTTP/2", () => {
  async function ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const socket = await tlsThrough(core, secondHost, { alpn: ["h2"] });
    const session = connectH2(`https://${secondHost}`, { createConnection: () => socket });
    session.on("error", () => {});
    try {
      return await new Promise((resolve) => {
        const stream = session.request({ ":path": path, ...headers });
        let text = "";
        stream.on("response", (head) => {
          text = `${head[":status"]} `;
        });
        stream.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        stream.on("error", () => {});
        stream.on("close", () => resolve(text));
      });
    } finally {
      session.destroy();
    }
  }

  it("a head beyond limits.request_head_bytes or limits.header_fields is 431 with the key", async () => {
    expect(await ask("/", { "x-fill": "v".repeat(3_800) })).toBe("200 ok");
    expect(await ask("/", { "x-fill": "v".repeat(4_097) })).toMatch(/^431 .*limits\.request_head_bytes \(4096\)/);
    const fields = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`x-${index}`, "1"]));
    expect(await ask("/", fields)).toMatch(/^431 .*limits\.header_fields \(16\)/);
  });

  it("an upstream's head beyond limits.response_head_bytes is an error with the key", async () => {
    expect(await ask("/large")).toMatch(/^50\d .*limits\.response_head_bytes \(4096\)/s);
  });

  it("takes limits.streams_per_connection streams at once; one more is refused, and may be asked again", async () => {
    const socket = await tlsThrough(core, secondHost, { alpn: ["h2"] });
    const reader = readFrames(socket);
    socket.write(Buffer.concat([preface, settings(), settingsAck]));
    for (const stream of [1, 3, 5, 7]) socket.write(request(stream, secondHost, { path: "/wait" }));
    socket.write(ping());
    await reader.seen("an answer to the ping", ({ kind }) => kind === kinds.ping);
    expect(reader.frames.filter(({ kind }) => kind === kinds.rst || kind === kinds.goaway)).toEqual([]);
    socket.write(request(9, secondHost, { path: "/wait" }));
    const { stream, payload } = await reader.seen("a refusal", ({ kind }) => kind === kinds.rst);
    // REFUSED_STREAM: nothing was done for it, so it may be asked again (RFC 9113 §8.7).
    expect([stream, payload.readUInt32BE()]).toEqual([9, 7]);
    socket.write(Buffer.concat([rst(1, 8), request(11, secondHost, { path: "/there" })]));
    await reader.seen("the answer to one more", ({ kind, stream: id }) => kind === kinds.headers && id === 11);
  });

  it("a body that said its length and stops coming takes its stream along when limits.body_idle_ms is over", async () => {
    const socket = await tlsThrough(core, secondHost, { alpn: ["h2"] });
    const reader = readFrames(socket);
    const half = { method: "POST", path: "/wait", end: false } as const;
    socket.write(Buffer.concat([preface, settings(), settingsAck]));
    socket.write(request(1, secondHost, { ...half, more: [["content-length", "100"]] }));
    // A conversation says no length, and may be quiet.
    socket.write(request(3, secondHost, half));
    const { stream, payload } = await reader.seen("the end of the first", ({ kind }) => kind === kinds.rst);
    expect([stream, payload.readUInt32BE()]).toEqual([1, 8]);
    socket.write(request(5, secondHost));
    await reader.seen("an answer", ({ kind, stream: id }) => kind === kinds.headers && id === 5);
    expect(reader.frames.filter(({ kind, stream: id }) => kind === kinds.rst && id === 3)).toEqual([]);
  });

  it("a client that says nothing at all is gone when limits.head_ms is over", async () => {
    const socket = await tlsThrough(core, secondHost, { alpn: ["h2"] });
    const reader = readFrames(socket);
    await reader.over;
    expect(reader.isOver()).toBe(true);
  });
});

describe("a reload", () => {
  it("holds for the next connection; a wrong value keeps the old ones and says what is right", async () => {
    const path = join(core.home, "config.yaml");
    const write = (changed: Readonly<Record<string, unknown>>): void => {
      const config = parse(readFileSync(path, "utf8")) as Record<string, unknown>; // we wrote it
      writeFileSync(path, stringify({ ...config, limits: { ...limits, ...changed } }));
    };
    write({ request_head_bytes: 8_192 });
    const head = headOf(8_192, ...get);
    await waitFor("the larger head to be taken", async () => (await tell(head)) === ok);
    write({ request_head_bytes: 1 });
    const { stdout, stderr } = await core.cli("config", "validate");
    expect(stdout + stderr).toMatch(/limits\.request_head_bytes[^]*at least 4096/);
    expect(await tell(head)).toBe(ok);
  }, 30_000);
});

describe("too many connections", () => {
  it("close the idle ones, and refuse the next with 503 when all of them work", async () => {
    void origin.play(async (connection) => {
      await connection.readHead();
    });
    const small = await stage.startCore({ dial: { [host]: origin.port }, config: { limits: { connections: 8 } } });
    const idle = await Promise.all(Array.from({ length: 8 }, () => tcp(small.url)));
    const closed = idle.map(
      (socket) => new Promise((resolve) => socket.resume().on("end", resolve).on("close", resolve)),
    );
    const working: TLSSocket[] = [];
    for (let index = 0; index < 8; index += 1) {
      const socket = await tlsThrough(small, host, { alpn: ["http/1.1"] });
      socket.write(`${get.join("\r\n")}\r\n\r\n`);
      working.push(socket);
    }
    await Promise.all(closed);
    await waitFor("the ninth to be refused", async () => {
      const socket = await tcp(small.url);
      socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      const answer = await readUntil(socket, "\r\n\r\n");
      socket.destroy();
      return answer.startsWith("HTTP/1.1 503 ") && answer.includes("Retry-After");
    });
    expect(working.filter(({ destroyed }) => destroyed)).toEqual([]);
    for (const socket of working) socket.destroy();
    answerOk();
  }, 60_000);
});
