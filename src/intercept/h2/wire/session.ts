/**
 * One HTTP/2 connection (RFC 9113), as server or as client, over a socket whose TLS is done: its greeting and its good-bye,
 * its settings, what goes out, and its streams. What comes is read by `incoming.ts`; what only wastes our time is counted
 * by `mayGoOn`.
 */
import type { Duplex } from "node:stream";
import {
  clientPreface,
  ConnectionError,
  defaultFrameBytes,
  defaultWindowBytes,
  errorCodes,
  frameFlags,
  frameTypes,
  maxStreamId,
  maxWindowBytes,
  settingIds,
} from "./codes.ts";
import { FrameReader } from "./frame-reader.ts";
import type { RequestSketch } from "./head-rules.ts";
import { HpackError, type FieldBlock } from "./hpack-decoder.ts";
import { createHpackEncoder } from "./hpack-encoder.ts";
import { Incoming, type Connected, type IncomingLimits } from "./incoming.ts";
import { FrameWriter } from "./output.ts";
import { ReceiveWindow } from "./receive-window.ts";
import { settingsAfter, settingsPayload, unsaidSettings, type PeerSettings } from "./settings.ts";
import { StreamBook, type Opening } from "./stream-book.ts";
import { WireStream, type StreamHost } from "./stream.ts";

export interface SessionListener {
  /** A request's head. `sketch` is null when the head was larger than is taken: `head` holds only its beginning then. */
  onStream?(stream: WireStream, head: FieldBlock, sketch: RequestSketch | null): void;
  onStreamClosed?(stream: WireStream): void;
  /** The peer's settings, each time. */
  onSettings?(): void;
  /** The peer takes no more streams. */
  onGoaway?(): void;
  /** Once; every stream has been told before. */
  onClose(): void;
}

/** `maxStreams`: of the peer's. `maxHeadBytes`: counted as SETTINGS_MAX_HEADER_LIST_SIZE is. */
export interface SessionOptions extends IncomingLimits {
  readonly role: "server" | "client";
  readonly socket: Duplex;
  /** ≥ 65,535. */
  readonly windowBytes: number;
  /** Asked for each frame that asks for work and brings nothing; false: that is more than the limit. */
  readonly mayGoOn: () => boolean;
  readonly listener: SessionListener;
}

/** The last words of a connection have so long to reach a peer that does not read. */
const lastWordsMs = 1_000;

export class WireSession implements Connected, StreamHost {
  readonly book: StreamBook;
  readonly window: ReceiveWindow;
  /** More in one frame would keep other streams waiting. */
  readonly maxFrameBytes: number = defaultFrameBytes;
  readonly #options: SessionOptions;
  readonly #isServer: boolean;
  readonly #socket: Duplex;
  readonly #reader: FrameReader;
  readonly #out: FrameWriter;
  readonly #encoder = createHpackEncoder();
  /** Those that could send if the connection could. */
  readonly #waiting = new Set<WireStream>();
  #listener: SessionListener;
  #peer: PeerSettings = unsaidSettings;
  #preface: Buffer = Buffer.alloc(0);
  #isGreeted: boolean;
  #tableSize = unsaidSettings.headerTableSize;
  #sendWindow = defaultWindowBytes;
  /** Never more than was said before (§6.8). */
  #goodbyeId = maxStreamId;
  #isPeerLeaving = false;
  /** The last words have been said. */
  #isEnding = false;
  #isOver = false;
  #isDeaf = false;

  constructor(options: SessionOptions) {
    const { socket, listener, role } = options;
    this.#options = options;
    this.#listener = listener;
    this.#isServer = role === "server";
    this.#isGreeted = !this.#isServer;
    this.#socket = socket;
    this.#out = new FrameWriter(
      socket,
      () => this.#roomAgain(),
      () => this.#stopReading(),
    );
    this.book = new StreamBook(this.#isServer);
    this.window = new ReceiveWindow(this.#out, options.windowBytes);
    this.#reader = new FrameReader(new Incoming(this, options));
    this.#greet();
    const over = (): void => this.#over();
    socket.on("end", over).on("error", over).on("close", over);
    socket.on("data", (bytes: Buffer) => this.take(bytes));
    // It may have died between its handshake and here: then it has told nobody, and will not again.
    if (socket.destroyed || socket.readableEnded) queueMicrotask(over);
  }

  // For whoever holds the connection.

  get settings(): PeerSettings {
    return this.#peer;
  }

  /** It takes no more streams, in this direction or at all. */
  get isClosed(): boolean {
    return this.#isDone || this.book.isLenient || this.#isPeerLeaving || this.book.isUsedUp;
  }

  get openStreams(): number {
    return this.book.size;
  }

  /** Who is told from now on: a connection is lent from one holder to the next. */
  set listener(listener: SessionListener) {
    this.#listener = listener;
  }

  /** Bytes that were read from the socket before it was ours. */
  take(bytes: Buffer): void {
    if (this.#isDone) return;
    try {
      const rest = this.#isGreeted ? bytes : this.#afterPreface(bytes);
      if (rest !== null) this.#reader.push(rest);
    } catch (error) {
      if (error instanceof ConnectionError) this.destroy(error.code);
      else if (error instanceof HpackError) this.destroy(errorCodes.compressionError);
      else throw error;
    }
  }

  /** A request of ours; it waits when the peer has enough of them. @throws Error when the connection takes no more. */
  request(raw: readonly string[], never: readonly number[] | null, isLast: boolean): WireStream {
    if (this.isClosed) throw new Error("the connection is closing");
    const stream = new WireStream(this, this.#peer.initialWindowSize, true);
    stream.localEnded = isLast;
    stream.headSent = true;
    stream.isHead = raw[raw.indexOf(":method") + 1] === "HEAD";
    const opening = { raw, never, isLast };
    if (this.book.open.size < this.#peer.maxConcurrentStreams) this.#open(stream, opening);
    else this.book.unopened.set(stream, opening);
    return stream;
  }

  /** No new streams; the connection ends with the last one that runs. */
  close(): void {
    this.goaway(errorCodes.noError);
    this.#endIfIdle();
  }

  /** Says that no new streams are taken, and why. */
  goaway(code: number): void {
    if (this.book.isLenient || this.#isDone) return;
    this.book.isLenient = true;
    this.#sayGoodbye(code);
  }

  /** At once; streams are told that they are over. */
  destroy(code: number): void {
    if (this.#isDone) return;
    this.#isEnding = true;
    this.#reader.stop();
    this.#sayGoodbye(code);
    this.#breakStreams(code === errorCodes.noError ? errorCodes.cancel : code);
    this.#end();
  }

  // For its streams.

  roomFor(stream: WireStream): number {
    return this.#out.blocked ? 0 : Math.min(stream.sendWindow, this.#sendWindow);
  }

  sendData(stream: WireStream, bytes: Uint8Array, isLast: boolean): void {
    this.#sendWindow -= bytes.length;
    this.#out.frame(frameTypes.data, isLast ? frameFlags.endStream : 0, stream.id, bytes);
  }

  sendFields(stream: WireStream, raw: readonly string[], never: readonly number[] | null, isLast: boolean): void {
    if (!this.#isDone) this.#out.block(stream.id, this.#encoder.encode(raw, never), isLast);
  }

  sendReset(stream: WireStream, code: number): void {
    if (this.book.unopened.delete(stream) || this.#isDone) return;
    this.book.forgive(stream.id);
    this.#out.numbers(frameTypes.rstStream, stream.id, code);
  }

  consumed(stream: WireStream, bytes: number): void {
    if (this.#isDone) return;
    this.window.giveBack(bytes);
    this.window.giveBackTo(stream, bytes);
  }

  waits(stream: WireStream): void {
    // One that waits for its own window, or for its turn to be opened, is called when that comes.
    if (stream.id !== 0 && stream.sendWindow > 0) this.#waiting.add(stream);
  }

  closed(stream: WireStream): void {
    this.#waiting.delete(stream);
    this.book.remove(stream);
    this.#listener.onStreamClosed?.(stream);
    if (this.book.unopened.size > 0) this.#openWaiting();
    this.#endIfIdle();
  }

  whenSent(listener: () => void): void {
    if (this.#isDone) listener();
    else this.#out.whenSent(listener);
  }

  // For what comes.

  spend(): void {
    if (!this.#options.mayGoOn()) throw new ConnectionError(errorCodes.enhanceYourCalm, "too many frames of no use");
  }

  newStream(id: number): WireStream {
    const stream = new WireStream(this, this.#peer.initialWindowSize, false);
    stream.id = id;
    return stream;
  }

  refuse(stream: WireStream, code: number): void {
    this.sendReset(stream, code);
  }

  onRequest(stream: WireStream, head: FieldBlock, sketch: RequestSketch | null): void {
    this.#listener.onStream?.(stream, head, sketch);
  }

  onPing(payload: Buffer): void {
    this.#out.frame(frameTypes.ping, frameFlags.ack, 0, payload);
  }

  onSettings(payload: Buffer): void {
    const before = this.#peer;
    this.#peer = settingsAfter(before, payload);
    const { headerTableSize, leastHeaderTableSize } = this.#peer;
    for (const size of [leastHeaderTableSize, headerTableSize]) {
      if (size !== this.#tableSize) this.#encoder.setPeerTableSize(size);
      this.#tableSize = size;
    }
    const more = this.#peer.initialWindowSize - before.initialWindowSize;
    if (more !== 0) for (const stream of this.book.all()) widen(stream, more);
    this.#out.frame(frameTypes.settings, frameFlags.ack, 0, noBytes);
    this.#listener.onSettings?.();
    this.#openWaiting();
    // Behind the loop above: what is told that it has room may open and close streams.
    if (more > 0) for (const stream of this.book.open.values()) if (stream.waiting > 0) stream.send();
  }

  onGoaway(lastId: number): void {
    this.#isPeerLeaving = true;
    if (!this.#isServer) {
      // The peer says that it has not looked at these and will not (§6.8).
      // None of those that wait is opened in their place (`#openWaiting`).
      for (const stream of this.book.all()) {
        if (stream.id === 0 || stream.id > lastId) stream.broken(errorCodes.refusedStream);
      }
    }
    this.#listener.onGoaway?.();
    this.#endIfIdle();
  }

  onWider(bytes: number): void {
    this.#sendWindow += bytes;
    if (this.#sendWindow > maxWindowBytes) throw new ConnectionError(errorCodes.flowControlError, "too wide");
    this.#sendWaiting();
  }

  // Within.

  get #isDone(): boolean {
    return this.#isEnding || this.#isOver;
  }

  #greet(): void {
    const { maxStreams, maxHeadBytes, enableConnectProtocol } = this.#options;
    if (!this.#isServer) this.#out.bytes(clientPreface);
    const ours: [number, number][] = [[settingIds.maxHeaderListSize, maxHeadBytes]];
    if (this.#isServer) ours.unshift([settingIds.maxConcurrentStreams, maxStreams]);
    else ours.unshift([settingIds.enablePush, 0]);
    if (enableConnectProtocol) ours.push([settingIds.enableConnectProtocol, 1]);
    this.#out.frame(frameTypes.settings, 0, 0, settingsPayload(ours));
    this.window.open();
  }

  /** What follows the client's preface; null: it is not all there. */
  #afterPreface(bytes: Buffer): Buffer | null {
    const seen = this.#preface.length === 0 ? bytes : Buffer.concat([this.#preface, bytes]);
    const compared = Math.min(seen.length, clientPreface.length);
    if (seen.compare(clientPreface, 0, compared, 0, compared) !== 0) {
      throw new ConnectionError(errorCodes.protocolError, "not the preface of HTTP/2");
    }
    if (seen.length < clientPreface.length) {
      this.#preface = Buffer.from(seen);
      return null;
    }
    this.#isGreeted = true;
    return seen.subarray(clientPreface.length);
  }

  #open(stream: WireStream, { raw, never, isLast }: Opening): void {
    this.book.enterOwn(stream);
    this.sendFields(stream, raw, never, isLast);
  }

  #openWaiting(): void {
    // After its GOAWAY the peer looks at no new ones: they would wait for ever (§6.8).
    if (this.#isPeerLeaving || this.#isDone) return;
    for (const [stream, opening] of this.book.unopened) {
      if (this.book.open.size >= this.#peer.maxConcurrentStreams) return;
      this.book.unopened.delete(stream);
      this.#open(stream, opening);
      stream.send();
    }
  }

  #sendWaiting(): void {
    // Those that have to wait again put themselves at the end: each has its turn. No further than there is room: a peer
    // that opens its window byte by byte must not make us look at each stream each time (CVE-2019-9511).
    for (const stream of this.#waiting) {
      if (this.#sendWindow <= 0 || this.#out.blocked) return;
      this.#waiting.delete(stream);
      stream.send();
    }
  }

  /** Its peer reads nothing and goes on asking: until it reads, it is not heard either. */
  #stopReading(): void {
    if (this.#isDone) return;
    this.#isDeaf = true;
    this.#socket.pause();
  }

  #roomAgain(): void {
    if (this.#isDeaf) {
      this.#isDeaf = false;
      this.#socket.resume();
    }
    this.#sendWaiting();
  }

  #sayGoodbye(code: number): void {
    this.#goodbyeId = Math.min(this.#goodbyeId, this.book.lastPeerId);
    this.#out.numbers(frameTypes.goaway, 0, this.#goodbyeId, code);
  }

  #breakStreams(code: number): void {
    for (const stream of this.book.all()) stream.broken(code);
  }

  #endIfIdle(): void {
    const isLeaving = this.book.isLenient || this.#isPeerLeaving;
    if (!isLeaving || this.openStreams > 0 || this.#isDone) return;
    this.goaway(errorCodes.noError);
    this.#isEnding = true;
    this.#reader.stop();
    this.#end();
  }

  /** What the peer still says is read and forgotten: closed with bytes unread, a connection is reset, and our last words may be lost. */
  #end(): void {
    this.#out.end();
    const socket = this.#socket;
    const timer = setTimeout(() => socket.destroy(), lastWordsMs);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
    if (this.#isDeaf) socket.resume();
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reader.stop();
    this.#breakStreams(errorCodes.cancel);
    this.#socket.destroy();
    this.#listener.onClose();
  }
}

const noBytes = new Uint8Array(0);

function widen(stream: WireStream, more: number): void {
  stream.sendWindow += more;
  if (stream.sendWindow > maxWindowBytes) throw new ConnectionError(errorCodes.flowControlError, "too wide");
}
