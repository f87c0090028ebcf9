/** What a hostile HTTP/2 origin does to whoever asks it: after its SETTINGS, to the first request of a connection. */
import type { TLSSocket } from "node:tls";
import {
  block,
  endHeaders,
  endStream,
  frame,
  goaway,
  kinds,
  number32,
  ping,
  rst,
  settings,
  windowUpdate,
} from "../../support/h2-frames.ts";

export interface UpstreamAbuse {
  readonly name: string;
  /** Answers the request on `stream`. */
  readonly play: (socket: TLSSocket, stream: number) => void;
}

const head = (stream: number, status = "200", flags = endHeaders): Buffer =>
  frame(kinds.headers, flags, stream, block([[":status", status]]));

/** As fast as it is taken, and no longer than it is taken. */
function flood(socket: TLSSocket, piece: Buffer, count: number): void {
  const many = Buffer.concat(Array.from({ length: 200 }, () => piece));
  let left = Math.ceil(count / 200);
  const more = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= 1;
      if (socket.write(many)) continue;
      socket.once("drain", more);
      return;
    }
  };
  more();
}

export const upstreamAbuses: readonly UpstreamAbuse[] = [
  {
    name: "resets each stream at once",
    play: (socket, stream) => void socket.write(rst(stream, 0)),
  },
  {
    name: "says 103 for ever",
    play: (socket, stream) => flood(socket, head(stream, "103"), 50_000),
  },
  {
    name: "sends SETTINGS for ever",
    play: (socket) => flood(socket, settings([[4, 65_535]]), 100_000),
  },
  {
    name: "sends PING for ever",
    play: (socket) => flood(socket, ping(), 100_000),
  },
  {
    name: "answers with a head of 4 MB",
    play(socket, stream) {
      socket.write(head(stream, "200", 0));
      flood(socket, frame(kinds.continuation, 0, stream, block([["x-more", "v".repeat(8_000)]])), 600);
    },
  },
  {
    name: "answers with ten thousand fields",
    play(socket, stream) {
      const fields = Array.from({ length: 500 }, (_, index) => [`x-${index}`, ""] as const);
      socket.write(head(stream, "200", 0));
      for (let index = 0; index < 19; index += 1) socket.write(frame(kinds.continuation, 0, stream, block(fields)));
      socket.write(frame(kinds.continuation, endHeaders, stream, block(fields)));
      socket.write(frame(kinds.data, endStream, stream));
    },
  },
  {
    name: "says good-bye and that it did nothing",
    play: (socket) => void socket.write(goaway(0, 0)),
  },
  {
    name: "says good-bye for streams that never were, then less, then goes",
    play(socket, stream) {
      socket.write(goaway(0x7fffffff, 0));
      socket.write(goaway(stream, 0));
      socket.write(goaway(0, 0));
      socket.end();
    },
  },
  {
    name: "takes back a good-bye",
    play(socket) {
      socket.write(goaway(0, 0));
      // A larger number than before is forbidden (RFC 9113 §6.8).
      socket.write(goaway(0x7fffffff, 0));
    },
  },
  {
    name: "opens windows beyond 2^31",
    play(socket, stream) {
      for (const one of [stream, stream, 0, 0]) socket.write(windowUpdate(one, 0x7fffffff));
    },
  },
  {
    name: "sends more than its window",
    play(socket, stream) {
      socket.write(head(stream));
      flood(socket, frame(kinds.data, 0, stream, Buffer.alloc(16_000)), 4_000);
    },
  },
  {
    name: "pushes what nobody asked for",
    play(socket, stream) {
      const pushed = Buffer.concat([
        number32(2),
        block([
          [":method", "GET"],
          [":scheme", "https"],
          [":authority", "localhost"],
          [":path", "/pushed"],
        ]),
      ]);
      socket.write(frame(kinds.pushPromise, endHeaders, stream, pushed));
    },
  },
  {
    name: "answers with a body before its head",
    play: (socket, stream) => void socket.write(frame(kinds.data, endStream, stream, Buffer.from("early"))),
  },
  {
    name: "sends less than its content-length says",
    play(socket, stream) {
      const fields = [
        [":status", "200"],
        ["content-length", "100"],
      ] as const;
      socket.write(frame(kinds.headers, endHeaders, stream, block(fields)));
      socket.write(frame(kinds.data, endStream, stream, Buffer.alloc(10)));
    },
  },
  {
    name: "dies in the middle of its answer",
    play(socket, stream) {
      socket.write(head(stream));
      socket.write(frame(kinds.data, 0, stream, Buffer.from("data: 1\n\n")), () => socket.destroy());
    },
  },
  {
    name: "ends with bytes that are no frames",
    play: (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".repeat(40)),
  },
];
