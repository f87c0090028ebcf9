/** A session of our own HTTP/2 framing with nothing but memory around it: the peer is whoever says frames by hand. */
import { Duplex } from "node:stream";
import type { RequestSketch } from "../../src/intercept/h2/wire/head-rules.ts";
import type { FieldBlock } from "../../src/intercept/h2/wire/hpack-decoder.ts";
import { WireSession, type SessionOptions } from "../../src/intercept/h2/wire/session.ts";
import type { StreamListener, WireStream } from "../../src/intercept/h2/wire/stream.ts";
import { frame, preface, settings, type Frame } from "./h2-frames.ts";

/** A socket that keeps what is written to it. */
class MemorySocket extends Duplex {
  readonly written: Buffer[] = [];
  /** Its peer reads nothing. */
  isStuck = false;
  #done: (() => void) | null = null;

  override _read(): void {}

  override _write(bytes: Buffer, _: string, done: () => void): void {
    this.written.push(Buffer.from(bytes));
    if (this.isStuck) this.#done = done;
    else done();
  }

  letGo(): void {
    this.isStuck = false;
    const done = this.#done;
    this.#done = null;
    done?.();
  }
}

export interface WirePeer {
  readonly session: WireSession;
  readonly socket: MemorySocket;
  /** What the session's holder and its listeners were told, in order. */
  readonly told: string[];
  /** Of a server: those the peer opened. */
  readonly streams: WireStream[];
  say(...frames: readonly Uint8Array[]): void;
  /** All that the session has said, its greeting included. */
  heard(): Promise<readonly Frame[]>;
  /** The same in short: kind, stream and what it is about. */
  heardInShort(): Promise<readonly string[]>;
}

const names = ["DATA", "HEADERS", "PRIORITY", "RST", "SETTINGS", "PUSH", "PING", "GOAWAY", "WINDOW", "CONTINUATION"];

/** Settled: what is due in this turn has been written. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export function listenerOf(told: string[], name: string): StreamListener {
  const tell = (text: string): void => void told.push(`${name} ${text}`);
  return {
    onInformational: ({ raw }) => tell(`1xx ${raw[1] ?? ""}`),
    onHead: ({ raw }, isLast) => tell(`head ${raw[1] ?? ""}${isLast ? "." : ""}`),
    onData: (bytes) => tell(`data ${bytes.length}`),
    onTrailers: ({ raw }) => tell(`trailers ${raw.join("=")}`),
    onEnd: () => tell("end"),
    onReset: (code) => tell(`reset ${code}`),
    onRoom: () => tell("room"),
  };
}

export interface WirePeerOptions extends Partial<Omit<SessionOptions, "role" | "socket" | "listener">> {
  readonly onStream?: (stream: WireStream, head: FieldBlock, sketch: RequestSketch | null) => void;
  /** Without preface and SETTINGS of the peer. */
  readonly isUngreeted?: boolean;
}

export function wirePeer(role: "server" | "client", options: WirePeerOptions = {}): WirePeer {
  const { onStream, isUngreeted = false, ...rest } = options;
  const socket = new MemorySocket();
  const told: string[] = [];
  const streams: WireStream[] = [];
  const session = new WireSession({
    role,
    socket,
    maxStreams: 100,
    maxHeadBytes: 16_384,
    maxHeadFields: 100,
    windowBytes: 1_000_000,
    enableConnectProtocol: false,
    mayGoOn: () => true,
    ...rest,
    listener: {
      onStream(stream, head, sketch) {
        streams.push(stream);
        told.push(`${stream.id} ${sketch?.method ?? "too large"} ${sketch?.path ?? ""}`);
        if (onStream === undefined) stream.listen(listenerOf(told, String(stream.id)));
        else onStream(stream, head, sketch);
      },
      onStreamClosed: (stream) => void told.push(`${stream.id} closed`),
      onGoaway: () => void told.push("goaway"),
      onClose: () => void told.push("close"),
    },
  });
  const say = (...frames: readonly Uint8Array[]): void => session.take(Buffer.concat(frames));
  if (!isUngreeted) say(...(role === "server" ? [preface] : []), settings());
  const heard = async (): Promise<readonly Frame[]> => {
    await settled();
    return framesOf(Buffer.concat(socket.written).subarray(role === "client" ? preface.length : 0));
  };
  return {
    session,
    socket,
    told,
    streams,
    say,
    heard,
    heardInShort: async () => (await heard()).map(inShort),
  };
}

/** @throws Error when the bytes are not whole frames. */
export function framesOf(bytes: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const payload = bytes.subarray(at + 9, at + 9 + length);
    if (payload.length < length) throw new Error("a frame is cut off");
    frames.push({
      kind: bytes.readUInt8(at + 3),
      flags: bytes.readUInt8(at + 4),
      stream: bytes.readUInt32BE(at + 5) & 0x7fffffff,
      payload,
    });
    at += 9 + length;
  }
  return frames;
}

function inShort({ kind, flags, stream, payload }: Frame): string {
  const name = names[kind] ?? `kind ${kind}`;
  if (kind === 7) return `${name} ${payload.readUInt32BE(0)} ${payload.readUInt32BE(4)}`;
  if (kind === 3 || kind === 8) return `${name} ${stream} ${payload.readUInt32BE(0)}`;
  if (kind === 4 || kind === 6) return `${name}${(flags & 1) === 0 ? "" : " ack"}`;
  return `${name} ${stream}${kind === 0 ? ` ${payload.length}` : ""}${(flags & 1) === 0 ? "" : "."}`;
}

export const padded = (stream: number, data: Uint8Array, padding: number, isLast = false): Buffer =>
  frame(0, 0x8 | (isLast ? 1 : 0), stream, Buffer.concat([Buffer.from([padding]), data, Buffer.alloc(padding)]));
