/** One abuse of HTTP/2 against a proxy, from one side or the other, and what became of it. */
import type { TLSSocket } from "node:tls";
import type { Through } from "../../support/proxy-clients.ts";
import { h2Through, tlsThrough } from "../../support/proxy-clients.ts";
import { kinds, readFrames, type FrameReader } from "../../support/h2-frames.ts";
import type { ClientAbuse } from "./client-abuses.ts";

export interface Place {
  readonly host: string;
  readonly port: number;
}

/** How long a proxy may take to put an end to it, on a machine that does other things as well. */
const patienceMs = 6_000;

/** What the proxy said to a hostile client, as far as it went; `written`: bytes it took. */
export interface Attacked {
  readonly frames: FrameReader["frames"];
  readonly isOver: boolean;
  /** The code of its GOAWAY, the angriest of several; null: none came. */
  readonly goaway: number | null;
}

export async function attackAsClient(
  through: Through,
  { host, port }: Place,
  abuse: ClientAbuse,
  count: number,
): Promise<Attacked> {
  const socket = await tlsThrough(through, host, { alpn: ["h2"], port });
  const reader = readFrames(socket);
  try {
    const endAt = performance.now() + patienceMs;
    for (const piece of abuse.pieces(host, count)) {
      if (reader.isOver() || (goawayOf(reader) ?? 0) !== 0 || performance.now() > endAt) break;
      await written(socket, piece);
    }
    await settled(reader, abuse.must === "end" ? patienceMs : 1_000);
    return { frames: reader.frames, isOver: reader.isOver(), goaway: goawayOf(reader) };
  } finally {
    socket.destroy();
  }
}

function goawayOf({ frames }: FrameReader): number | null {
  const codes = frames.filter(({ kind }) => kind === kinds.goaway).map(({ payload }) => payload.readUInt32BE(4));
  // A polite one may follow, or come before.
  return codes.length === 0 ? null : Math.max(...codes);
}

/** Resolves when there is room for more, or nobody is left to take it. */
function written(socket: TLSSocket, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (!socket.writable) return resolve();
    const done = (): void => {
      socket.off("drain", done).off("close", done).off("end", done);
      clearTimeout(timer);
      resolve();
    };
    // A peer that has stopped reading has decided as well.
    const timer = setTimeout(done, patienceMs);
    socket.on("drain", done).on("close", done).on("end", done);
    // A turn of the loop in between, so that what the proxy says is heard.
    if (socket.write(bytes)) setImmediate(done);
  });
}

async function settled(reader: FrameReader, ms: number): Promise<void> {
  const endAt = performance.now() + ms;
  while (!reader.isOver() && (goawayOf(reader) ?? 0) === 0 && performance.now() < endAt) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export interface Asked {
  readonly status: number | null;
  /** It ended, and was not reset. */
  readonly isWhole: boolean;
  readonly text: string;
  readonly ms: number;
}

/** One honest request over a connection of its own. Never rejects. */
export async function askOnce(through: Through, { host, port }: Place, path: string, waitMs: number): Promise<Asked> {
  const startedAt = performance.now();
  let status: number | null = null;
  let text = "";
  let isWhole = false;
  try {
    const session = await h2Through(through, host, { alpn: ["h2"], port });
    const stream = session.request({ ":path": path });
    stream.setEncoding("utf8");
    stream.on("response", (headers) => {
      status = headers[":status"] ?? null;
    });
    stream.on("data", (chunk: string) => {
      text += chunk.slice(0, 2_000);
    });
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      stream.on("error", () => {});
      stream.on("close", () => {
        clearTimeout(timer);
        isWhole = status !== null && stream.rstCode === 0;
        resolve();
      });
    });
    session.destroy();
  } catch {
    // No connection at all: as good as no answer.
  }
  return { status, isWhole, text, ms: performance.now() - startedAt };
}
