/**
 * One HTTP/2 connection (RFC 9113), as server or as client, over a socket whose TLS is done: frames in, frames out,
 * settings, windows, the life of streams. What its peer does wrong ends the stream or the connection with the code that
 * the RFC names; what only wastes our time is counted by `mayGoOn`.
 */
import type { Duplex } from "node:stream";
import {
  clientPreface,
  ConnectionError,
  defaultWindowBytes,
  errorCodes,
  frameFlags,
  frameTypes,
  maxStreamId,
  maxWindowBytes,
  settingIds,
} from "./codes.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import { areTrailers, replySketch, requestSketch, type RequestSketch } from "./head-rules.ts";
import { HeaderBlocks, type HeaderBlock } from "./header-blocks.ts";
import { createHpackDecoder, HpackError, type FieldBlock } from "./hpack-decoder.ts";
import { createHpackEncoder } from "./hpack-encoder.ts";
import { FrameWriter } from "./output.ts";
import { settingsAfter, settingsPayload, unsaidSettings, type PeerSettings } from "./settings.ts";
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

export interface SessionOptions {
  readonly role: "server" | "client";
  readonly socket: Duplex;
  /** Of the peer's streams. */
  readonly maxStreams: number;
  /** Of a head, counted as SETTINGS_MAX_HEADER_LIST_SIZE is. */
  readonly maxHeadBytes: number;
  readonly maxHeadFields: number;
  /** ≥ 65,535. */
  readonly windowBytes: number;
  readonly enableConnectProtocol: boolean;
  /** Asked for each frame that asks for work and brings nothing; false: that is more than the limit. */
  readonly mayGoOn: () => boolean;
  readonly listener: SessionListener;
}

/** Given back in one go when a stream has taken so much of its window. */
const streamCreditBytes = defaultWindowBytes >>> 1;
/** Streams that we reset: what their peer sent before it knew is no fault. */
const maxForgiven = 1_024;
/** The last words of a connection have so long to reach a peer that does not read. */
const lastWordsMs = 1_000;
/** A block on the wire may be a little longer than the list it makes. */
const blockSlackBytes = 16 * 1024;

export class WireSession implements FrameSink, StreamHost {
  readonly #options: SessionOptions;
  readonly #isServer: boolean;
  readonly #socket: Duplex;
  readonly #reader: FrameReader;
  readonly #out: FrameWriter;
  readonly #blocks: HeaderBlocks;
  readonly #decoder = createHpackDecoder();
  readonly #encoder = createHpackEncoder();
  readonly #streams = new Map<number, WireStream>();
  readonly #waiting = new Set<WireStream>();
  readonly #forgiven = new Set<number>();
  /** Requests above what the peer takes at once. */
  readonly #unopened = new Map<
    WireStream,
    { raw: readonly string[]; never: readonly number[] | null; last: boolean }
  >();
  #listener: SessionListener;
  #peer: PeerSettings = unsaidSettings;
  #heard = false;
  #preface: Buffer = Buffer.alloc(0);
  #isGreeted: boolean;
  #sendWindow = defaultWindowBytes;
  #receiveWindow = defaultWindowBytes;
  #owed = 0;
  #lastPeerId = 0;
  /** Never more than was said before (§6.8). */
  #goodbyeId = maxStreamId;
  #lastOwnId = -1;
  #hasSaidGoodbye = false;
  #isPeerLeaving = false;
  #isEnding = false;
  #isOver = false;
  #isDeaf = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#listener = options.listener;
    this.#isServer = options.role === "server";
    this.#isGreeted = !this.#isServer;
    this.#socket = options.socket;
    this.#reader = new FrameReader(this);
    this.#out = new FrameWriter(
      options.socket,
      () => this.#roomAgain(),
      () => this.#stopReading(),
    );
    this.#blocks = new HeaderBlocks(options.maxHeadBytes + blockSlackBytes);
    this.#greet();
    const over = (): void => this.#over();
    options.socket.on("end", over).on("error", over).on("close", over);
    options.socket.on("data", (bytes: Buffer) => this.take(bytes));
    // It may have died between its handshake and here: then it has told nobody, and will not again.
    if (options.socket.destroyed || options.socket.readableEnded) queueMicrotask(over);
  }

  // For whoever holds the connection.

  get settings(): PeerSettings {
    return this.#peer;
  }

  /** The peer has spoken. */
  get isHeard(): boolean {
    return this.#heard;
  }

  /** It takes no more streams, in this direction or at all. */
  get isClosed(): boolean {
    const isUsedUp = this.#lastOwnId >= maxStreamId - 2;
    return this.#isOver || this.#isEnding || this.#hasSaidGoodbye || this.#isPeerLeaving || isUsedUp;
  }

  get openStreams(): number {
    return this.#streams.size + this.#unopened.size;
  }

  /** Who is told from now on: a connection is lent from one holder to the next. */
  set listener(listener: SessionListener) {
    this.#listener = listener;
  }

  /** Bytes that were read from the socket before it was ours. */
  take(bytes: Buffer): void {
    if (this.#isOver || this.#isEnding) return;
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
    if (this.#streams.size < this.#peer.maxConcurrentStreams) this.#openOwn(stream, raw, never, isLast);
    else this.#unopened.set(stream, { raw, never, last: isLast });
    return stream;
  }

  /** No new streams; the connection ends with the last one that runs. */
  close(): void {
    this.goaway(errorCodes.noError);
    this.#endIfIdle();
  }

  /** Says that no new streams are taken, and why. */
  goaway(code: number): void {
    if (this.#hasSaidGoodbye || this.#isOver || this.#isEnding) return;
    this.#hasSaidGoodbye = true;
    this.#sayGoodbye(code);
  }

  /** At once; streams are told that they are over. */
  destroy(code: number): void {
    if (this.#isOver || this.#isEnding) return;
    this.#isEnding = true;
    this.#reader.stop();
    this.#sayGoodbye(code);
    this.#breakStreams(code === errorCodes.noError ? errorCodes.cancel : code);
    this.#end();
  }

  // For its streams.

  get maxFrameBytes(): number {
    // More in one frame would keep other streams waiting.
    return 16_384;
  }

  roomFor(stream: WireStream): number {
    return this.#out.blocked ? 0 : Math.min(stream.sendWindow, this.#sendWindow);
  }

  sendData(stream: WireStream, bytes: Uint8Array, isLast: boolean): void {
    this.#sendWindow -= bytes.length;
    this.#out.frame(frameTypes.data, isLast ? frameFlags.endStream : 0, stream.id, bytes);
  }

  sendFields(stream: WireStream, raw: readonly string[], never: readonly number[] | null, isLast: boolean): void {
    if (!this.#isEnding && !this.#isOver) this.#out.block(stream.id, this.#encoder.encode(raw, never), isLast);
  }

  sendReset(stream: WireStream, code: number): void {
    if (this.#unopened.delete(stream) || this.#isEnding || this.#isOver) return;
    this.#forgive(stream.id);
    this.#out.numbers(frameTypes.rstStream, stream.id, code);
  }

  consumed(stream: WireStream, bytes: number): void {
    if (this.#isEnding || this.#isOver) return;
    this.#credit(bytes);
    this.#creditStream(stream, bytes);
  }

  waits(stream: WireStream): void {
    // One that waits for its own window, or for its turn to be opened, is called when that comes.
    if (stream.id !== 0 && stream.sendWindow > 0) this.#waiting.add(stream);
  }

  closed(stream: WireStream): void {
    this.#waiting.delete(stream);
    this.#unopened.delete(stream);
    this.#streams.delete(stream.id);
    this.#listener.onStreamClosed?.(stream);
    if (this.#unopened.size > 0) this.#openWaiting();
    this.#endIfIdle();
  }

  whenSent(listener: () => void): void {
    if (this.#isEnding || this.#isOver) listener();
    else this.#out.whenSent(listener);
  }

  // What comes.

  onDataHead(id: number, flowBytes: number, paddingBytes: number): void {
    this.#mustBeGreeted(frameTypes.data, 0);
    this.#mustBeBetweenBlocks();
    this.#receiveWindow -= flowBytes;
    if (this.#receiveWindow < 0) throw new ConnectionError(errorCodes.flowControlError, "more than its window");
    if (paddingBytes > 0) this.#credit(paddingBytes);
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#mustBePast(id);
      if (!this.#isForgiven(id)) throw new ConnectionError(errorCodes.streamClosed, "DATA of a closed stream");
      if (flowBytes === paddingBytes) this.#spend();
      return;
    }
    stream.receiveWindow -= flowBytes;
    if (stream.remoteEnded) this.#fault(stream, errorCodes.streamClosed);
    else if (!stream.headCame) this.#fault(stream, errorCodes.protocolError);
    else if (stream.receiveWindow < 0) this.#fault(stream, errorCodes.flowControlError);
    else if (paddingBytes > 0) this.#creditStream(stream, paddingBytes);
  }

  onDataBytes(id: number, bytes: Buffer, isLast: boolean): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#credit(bytes.length);
      return;
    }
    if (bytes.length === 0 && !isLast) this.#spend();
    stream.receivedBytes += bytes.length;
    const { expectedBytes, receivedBytes } = stream;
    if (expectedBytes >= 0 && (receivedBytes > expectedBytes || (isLast && receivedBytes < expectedBytes))) {
      this.#credit(bytes.length);
      this.#fault(stream, errorCodes.protocolError);
      return;
    }
    stream.data(bytes, isLast);
  }

  onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    this.#mustBeGreeted(type, flags);
    if (type !== frameTypes.continuation) this.#mustBeBetweenBlocks();
    switch (type) {
      case frameTypes.headers:
        if (id === 0) throw new ConnectionError(errorCodes.protocolError, "HEADERS of stream 0");
        this.#onBlock(this.#blocks.begin(flags, id, payload));
        break;
      case frameTypes.continuation:
        this.#onBlock(this.#blocks.goOn(flags, id, payload));
        break;
      case frameTypes.rstStream:
        this.#onReset(id, payload);
        break;
      case frameTypes.settings:
        this.#onSettings(flags, id, payload);
        break;
      case frameTypes.ping:
        mustMeasure(payload.length === 8);
        mustBeOfConnection(id);
        this.#spend();
        if ((flags & frameFlags.ack) === 0) this.#out.frame(frameTypes.ping, frameFlags.ack, 0, payload);
        break;
      case frameTypes.goaway:
        mustMeasure(payload.length >= 8);
        mustBeOfConnection(id);
        this.#spend();
        this.#onGoaway(payload.readUInt32BE(0) & 0x7fff_ffff);
        break;
      case frameTypes.windowUpdate:
        this.#onWindowUpdate(id, payload);
        break;
      case frameTypes.priority:
        if (id === 0) throw new ConnectionError(errorCodes.protocolError, "PRIORITY of stream 0");
        this.#spend();
        if (payload.length !== 5) this.#faultOf(id, errorCodes.frameSizeError);
        else if ((payload.readUInt32BE(0) & 0x7fff_ffff) === id) this.#faultOf(id, errorCodes.protocolError);
        break;
      case frameTypes.pushPromise:
        throw new ConnectionError(errorCodes.protocolError, "a push that nobody asked for");
      default:
        // Unknown frames are for others (§4.1).
        this.#spend();
    }
  }

  #onBlock(block: HeaderBlock | null): void {
    if (block === null) return;
    const { maxHeadBytes, maxHeadFields } = this.#options;
    // Whatever becomes of the stream: the table has to keep step.
    const fields = this.#decoder.decode(block.bytes, maxHeadBytes, maxHeadFields);
    const stream = this.#streams.get(block.id);
    if (stream !== undefined) {
      if (block.isOwnParent) this.#fault(stream, errorCodes.protocolError);
      else this.#onFurtherBlock(stream, fields, block.endStream);
    } else if (this.#isServer && block.id % 2 === 1 && block.id > this.#lastPeerId) this.#onRequest(block, fields);
    else {
      this.#mustBePast(block.id);
      if (!this.#isForgiven(block.id)) throw new ConnectionError(errorCodes.streamClosed, "HEADERS of a closed stream");
      this.#spend();
    }
  }

  #onRequest(block: HeaderBlock, fields: FieldBlock): void {
    this.#lastPeerId = block.id;
    const sketch = fields.tooLarge ? null : requestSketch(fields.raw);
    const stream = new WireStream(this, this.#peer.initialWindowSize, false);
    stream.id = block.id;
    const code =
      this.#hasSaidGoodbye || this.#streams.size >= this.#options.maxStreams
        ? errorCodes.refusedStream
        : (sketch === null && !fields.tooLarge) ||
            block.isOwnParent ||
            // Not promised, it may not be asked for (RFC 8441 §3).
            (sketch?.protocol !== undefined && !this.#options.enableConnectProtocol) ||
            (block.endStream && (sketch?.contentLength ?? 0) > 0)
          ? errorCodes.protocolError
          : null;
    if (code !== null) {
      this.#spend();
      this.sendReset(stream, code);
      return;
    }
    stream.headCame = true;
    stream.isHead = sketch?.method === "HEAD";
    stream.remoteEnded = block.endStream;
    stream.isBodiless = block.endStream;
    stream.expectedBytes = sketch?.contentLength ?? -1;
    this.#streams.set(block.id, stream);
    this.#listener.onStream?.(stream, fields, sketch);
  }

  /** A reply's head, or trailers of either side. */
  #onFurtherBlock(stream: WireStream, fields: FieldBlock, isLast: boolean): void {
    if (stream.remoteEnded) {
      this.#fault(stream, errorCodes.streamClosed);
      return;
    }
    if (fields.tooLarge) {
      this.#fault(stream, errorCodes.enhanceYourCalm);
      return;
    }
    if (stream.headCame) {
      const isWhole = stream.expectedBytes < 0 || stream.expectedBytes === stream.receivedBytes;
      if (isLast && isWhole && areTrailers(fields.raw)) stream.trailers(fields);
      else this.#fault(stream, errorCodes.protocolError);
      return;
    }
    const sketch = replySketch(fields.raw);
    const isInformational = sketch !== null && sketch.status < 200;
    if (sketch === null || (isInformational && isLast)) {
      this.#fault(stream, errorCodes.protocolError);
      return;
    }
    if (!isInformational) {
      const hasBody = !stream.isHead && sketch.status !== 204 && sketch.status !== 304;
      if (hasBody) stream.expectedBytes = sketch.contentLength;
      if (isLast && hasBody && sketch.contentLength > 0) {
        this.#fault(stream, errorCodes.protocolError);
        return;
      }
    }
    stream.head(fields, isInformational, isLast);
  }

  #onReset(id: number, payload: Buffer): void {
    mustMeasure(payload.length === 4);
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#mustBePast(id);
      this.#spend();
      return;
    }
    stream.broken(payload.readUInt32BE(0));
  }

  #onSettings(flags: number, id: number, payload: Buffer): void {
    mustBeOfConnection(id);
    this.#spend();
    if ((flags & frameFlags.ack) !== 0) {
      mustMeasure(payload.length === 0);
      return;
    }
    const before = this.#peer;
    this.#peer = settingsAfter(before, payload);
    this.#heard = true;
    if (this.#peer.headerTableSize !== before.headerTableSize) {
      this.#encoder.setPeerTableSize(this.#peer.headerTableSize);
    }
    const more = this.#peer.initialWindowSize - before.initialWindowSize;
    for (const stream of this.#streams.values()) widen(stream, more);
    for (const stream of this.#unopened.keys()) widen(stream, more);
    this.#out.frame(frameTypes.settings, frameFlags.ack, 0, noBytes);
    this.#listener.onSettings?.();
    this.#openWaiting();
    // Behind the loops above: what is told that it has room may open and close streams.
    if (more > 0) for (const stream of this.#streams.values()) if (stream.waiting > 0) stream.send();
  }

  #onGoaway(lastId: number): void {
    this.#isPeerLeaving = true;
    if (!this.#isServer) {
      // The peer says that it has not looked at these and will not (§6.8).
      // None of those that wait is opened in their place (`#openWaiting`).
      for (const stream of this.#streams.values()) if (stream.id > lastId) stream.broken(errorCodes.refusedStream);
      for (const stream of this.#unopened.keys()) stream.broken(errorCodes.refusedStream);
    }
    this.#listener.onGoaway?.();
    this.#endIfIdle();
  }

  #onWindowUpdate(id: number, payload: Buffer): void {
    mustMeasure(payload.length === 4);
    const more = payload.readUInt32BE(0) & 0x7fff_ffff;
    if (id === 0) {
      if (more === 0) throw new ConnectionError(errorCodes.protocolError, "a window that grows by nothing");
      this.#sendWindow += more;
      if (this.#sendWindow > maxWindowBytes) throw new ConnectionError(errorCodes.flowControlError, "too wide");
      this.#sendWaiting();
      return;
    }
    const stream = this.#streams.get(id);
    if (stream === undefined) {
      this.#mustBePast(id);
      return;
    }
    if (more === 0) this.#fault(stream, errorCodes.protocolError);
    else if (stream.sendWindow + more > maxWindowBytes) this.#fault(stream, errorCodes.flowControlError);
    else {
      stream.sendWindow += more;
      if (stream.waiting > 0) stream.send();
    }
  }

  // Within.

  #greet(): void {
    const { maxStreams, maxHeadBytes, windowBytes, enableConnectProtocol } = this.#options;
    if (!this.#isServer) this.#out.bytes(clientPreface);
    const ours: [number, number][] = [[settingIds.maxHeaderListSize, maxHeadBytes]];
    if (this.#isServer) ours.unshift([settingIds.maxConcurrentStreams, maxStreams]);
    else ours.unshift([settingIds.enablePush, 0]);
    if (enableConnectProtocol) ours.push([settingIds.enableConnectProtocol, 1]);
    this.#out.frame(frameTypes.settings, 0, 0, settingsPayload(ours));
    const more = windowBytes - defaultWindowBytes;
    if (more > 0) {
      this.#receiveWindow += more;
      this.#out.numbers(frameTypes.windowUpdate, 0, more);
    }
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

  #openOwn(stream: WireStream, raw: readonly string[], never: readonly number[] | null, isLast: boolean): void {
    this.#lastOwnId += 2;
    stream.id = this.#lastOwnId;
    this.#streams.set(stream.id, stream);
    this.sendFields(stream, raw, never, isLast);
  }

  #openWaiting(): void {
    // After its GOAWAY the peer looks at no new ones: they would wait for ever (§6.8).
    if (this.#isPeerLeaving || this.#isEnding || this.#isOver) return;
    for (const [stream, { raw, never, last }] of this.#unopened) {
      if (this.#streams.size >= this.#peer.maxConcurrentStreams) return;
      this.#unopened.delete(stream);
      this.#openOwn(stream, raw, never, last);
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
    if (this.#isEnding || this.#isOver) return;
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

  #creditStream(stream: WireStream, bytes: number): void {
    if (stream.remoteEnded || stream.isClosed) return;
    stream.owed += bytes;
    if (stream.owed < streamCreditBytes) return;
    stream.receiveWindow += stream.owed;
    this.#out.numbers(frameTypes.windowUpdate, stream.id, stream.owed);
    stream.owed = 0;
  }

  #credit(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed < this.#options.windowBytes >>> 1 || this.#isEnding || this.#isOver) return;
    this.#receiveWindow += this.#owed;
    this.#out.numbers(frameTypes.windowUpdate, 0, this.#owed);
    this.#owed = 0;
  }

  /** The peer's fault, and this stream's alone. */
  #fault(stream: WireStream, code: number): void {
    stream.giveUp(code);
  }

  #sayGoodbye(code: number): void {
    this.#goodbyeId = Math.min(this.#goodbyeId, this.#lastPeerId);
    this.#out.numbers(frameTypes.goaway, 0, this.#goodbyeId, code);
  }

  #faultOf(id: number, code: number): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) throw new ConnectionError(code, "a frame of no stream");
    this.#fault(stream, code);
  }

  #spend(): void {
    if (!this.#options.mayGoOn()) throw new ConnectionError(errorCodes.enhanceYourCalm, "too many frames of no use");
  }

  #forgive(id: number): void {
    this.#forgiven.add(id);
    if (this.#forgiven.size <= maxForgiven) return;
    for (const oldest of this.#forgiven) {
      this.#forgiven.delete(oldest);
      break;
    }
  }

  /** We ended it ourselves, so its peer may not have known. */
  #isForgiven(id: number): boolean {
    return this.#forgiven.has(id) || this.#hasSaidGoodbye;
  }

  /** @throws ConnectionError for a stream that nobody has opened yet (§5.1). */
  #mustBePast(id: number): void {
    const isPeers = id % 2 === (this.#isServer ? 1 : 0);
    if (id === 0 || id > (isPeers ? this.#lastPeerId : this.#lastOwnId)) {
      throw new ConnectionError(errorCodes.protocolError, "a frame of a stream that is not open");
    }
  }

  #mustBeGreeted(type: number, flags: number): void {
    if (this.#heard || (type === frameTypes.settings && (flags & frameFlags.ack) === 0)) return;
    throw new ConnectionError(errorCodes.protocolError, "the first frame is not SETTINGS");
  }

  #mustBeBetweenBlocks(): void {
    if (this.#blocks.isOpen) throw new ConnectionError(errorCodes.protocolError, "a head was not finished");
  }

  #breakStreams(code: number): void {
    for (const stream of [...this.#streams.values(), ...this.#unopened.keys()]) stream.broken(code);
  }

  #endIfIdle(): void {
    const isLeaving = this.#hasSaidGoodbye || this.#isPeerLeaving;
    if (!isLeaving || this.openStreams > 0 || this.#isEnding || this.#isOver) return;
    this.goaway(errorCodes.noError);
    this.#isEnding = true;
    this.#reader.stop();
    this.#end();
  }

  #end(): void {
    this.#out.end();
    const socket = this.#socket;
    const timer = setTimeout(() => socket.destroy(), lastWordsMs);
    timer.unref();
    socket.once("close", () => clearTimeout(timer));
    if (this.#isDeaf) socket.resume();
    // What the peer still says is read and forgotten: closed with bytes unread, a connection is reset, and the peer may
    // lose what we said last.
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

function mustMeasure(isRight: boolean): void {
  if (!isRight) throw new ConnectionError(errorCodes.frameSizeError, "a frame of the wrong size");
}

function mustBeOfConnection(id: number): void {
  if (id !== 0) throw new ConnectionError(errorCodes.protocolError, "a frame of the connection on a stream");
}
