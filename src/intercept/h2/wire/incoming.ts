/**
 * Frames that come, held against the rules (RFC 9113 §6, §8): what is a stream's goes to it, what is the connection's to
 * the connection. What the peer does wrong ends the stream or, as a ConnectionError, the connection, with the RFC's code.
 */
import { ConnectionError, errorCodes, frameFlags, frameTypes, maxWindowBytes } from "./codes.ts";
import type { FrameSink } from "./frame-reader.ts";
import { areTrailers, replySketch, requestSketch, type RequestSketch } from "./head-rules.ts";
import { HeaderBlocks, type HeaderBlock } from "./header-blocks.ts";
import { createHpackDecoder, type FieldBlock } from "./hpack-decoder.ts";
import type { ReceiveWindow } from "./receive-window.ts";
import type { StreamBook } from "./stream-book.ts";
import type { WireStream } from "./stream.ts";

/** What frames do to a connection. */
export interface Connected {
  readonly book: StreamBook;
  readonly window: ReceiveWindow;
  /** A frame that asks for work and brings nothing. @throws ConnectionError when there have been too many. */
  spend(): void;
  /** A stream of the peer's that is not in the book yet. */
  newStream(id: number): WireStream;
  /** It is not looked at. */
  refuse(stream: WireStream, code: number): void;
  onRequest(stream: WireStream, head: FieldBlock, sketch: RequestSketch | null): void;
  onSettings(payload: Buffer): void;
  onPing(payload: Buffer): void;
  onGoaway(lastId: number): void;
  /** The connection's window for us is so much wider. */
  onWider(bytes: number): void;
}

export interface IncomingLimits {
  readonly maxStreams: number;
  readonly maxHeadBytes: number;
  readonly maxHeadFields: number;
  readonly enableConnectProtocol: boolean;
}

/** A block on the wire may be a little longer than the list it makes. */
const blockSlackBytes = 16 * 1024;

export class Incoming implements FrameSink {
  readonly #connection: Connected;
  readonly #book: StreamBook;
  readonly #window: ReceiveWindow;
  readonly #limits: IncomingLimits;
  readonly #blocks: HeaderBlocks;
  readonly #decoder = createHpackDecoder();
  /** The peer has said its settings. */
  #heard = false;

  constructor(connection: Connected, limits: IncomingLimits) {
    this.#connection = connection;
    this.#book = connection.book;
    this.#window = connection.window;
    this.#limits = limits;
    this.#blocks = new HeaderBlocks(limits.maxHeadBytes + blockSlackBytes);
  }

  onDataHead(id: number, flowBytes: number, paddingBytes: number): void {
    this.#mustBeInOrder(frameTypes.data, 0);
    this.#window.take(flowBytes);
    if (paddingBytes > 0) this.#window.giveBack(paddingBytes);
    const stream = this.#book.open.get(id);
    if (stream === undefined) {
      this.#book.mustBeForgiven(id);
      if (flowBytes === paddingBytes) this.#connection.spend();
      return;
    }
    stream.receiveWindow -= flowBytes;
    if (stream.remoteEnded) stream.giveUp(errorCodes.streamClosed);
    else if (!stream.headCame) stream.giveUp(errorCodes.protocolError);
    else if (stream.receiveWindow < 0) stream.giveUp(errorCodes.flowControlError);
    else if (paddingBytes > 0) this.#window.giveBackTo(stream, paddingBytes);
  }

  onDataBytes(id: number, bytes: Buffer, isLast: boolean): void {
    const stream = this.#book.open.get(id);
    if (stream === undefined) {
      this.#window.giveBack(bytes.length);
      return;
    }
    if (bytes.length === 0 && !isLast) this.#connection.spend();
    stream.receivedBytes += bytes.length;
    const { expectedBytes, receivedBytes } = stream;
    if (expectedBytes >= 0 && (receivedBytes > expectedBytes || (isLast && receivedBytes < expectedBytes))) {
      this.#window.giveBack(bytes.length);
      stream.giveUp(errorCodes.protocolError);
      return;
    }
    stream.data(bytes, isLast);
  }

  onFrame(type: number, flags: number, id: number, payload: Buffer): void {
    this.#mustBeInOrder(type, flags);
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
        mustBeOfConnection(id);
        this.#connection.spend();
        if ((flags & frameFlags.ack) !== 0) mustMeasure(payload.length === 0);
        else {
          this.#connection.onSettings(payload);
          this.#heard = true;
        }
        break;
      case frameTypes.ping:
        mustMeasure(payload.length === 8);
        mustBeOfConnection(id);
        this.#connection.spend();
        if ((flags & frameFlags.ack) === 0) this.#connection.onPing(payload);
        break;
      case frameTypes.goaway:
        mustMeasure(payload.length >= 8);
        mustBeOfConnection(id);
        this.#connection.spend();
        this.#connection.onGoaway(payload.readUInt32BE(0) & 0x7fff_ffff);
        break;
      case frameTypes.windowUpdate:
        this.#onWindowUpdate(id, payload);
        break;
      case frameTypes.priority:
        this.#onPriority(id, payload);
        break;
      case frameTypes.pushPromise:
        throw new ConnectionError(errorCodes.protocolError, "a push that nobody asked for");
      default:
        // Unknown frames are for others (§4.1).
        this.#connection.spend();
    }
  }

  #onBlock(block: HeaderBlock | null): void {
    if (block === null) return;
    const { maxHeadBytes, maxHeadFields } = this.#limits;
    // Whatever becomes of the stream: the table has to keep step.
    const fields = this.#decoder.decode(block.bytes, maxHeadBytes, maxHeadFields);
    const stream = this.#book.open.get(block.id);
    if (stream !== undefined) {
      if (block.isOwnParent) stream.giveUp(errorCodes.protocolError);
      else if (stream.remoteEnded) stream.giveUp(errorCodes.streamClosed);
      else if (fields.tooLarge) stream.giveUp(errorCodes.enhanceYourCalm);
      else if (stream.headCame) onTrailers(stream, fields, block.endStream);
      else onReplyHead(stream, fields, block.endStream);
    } else if (this.#book.isNew(block.id)) this.#onRequest(block, fields);
    else {
      this.#book.mustBeForgiven(block.id);
      this.#connection.spend();
    }
  }

  #onRequest(block: HeaderBlock, fields: FieldBlock): void {
    const { book } = this.#connection;
    book.lastPeerId = block.id;
    const sketch = fields.tooLarge ? null : requestSketch(fields.raw);
    const stream = this.#connection.newStream(block.id);
    if (book.isLenient || book.open.size >= this.#limits.maxStreams) {
      this.#connection.spend();
      this.#connection.refuse(stream, errorCodes.refusedStream);
      return;
    }
    const isMalformed =
      (sketch === null && !fields.tooLarge) ||
      block.isOwnParent ||
      // Not promised, it may not be asked for (RFC 8441 §3).
      (sketch?.protocol !== undefined && !this.#limits.enableConnectProtocol) ||
      (block.endStream && (sketch?.contentLength ?? 0) > 0);
    if (isMalformed) {
      this.#connection.spend();
      this.#connection.refuse(stream, errorCodes.protocolError);
      return;
    }
    stream.headCame = true;
    stream.isHead = sketch?.method === "HEAD";
    stream.remoteEnded = block.endStream;
    stream.isBodiless = block.endStream;
    stream.expectedBytes = sketch?.contentLength ?? -1;
    book.open.set(block.id, stream);
    this.#connection.onRequest(stream, fields, sketch);
  }

  #onReset(id: number, payload: Buffer): void {
    mustMeasure(payload.length === 4);
    const stream = this.#book.open.get(id);
    if (stream === undefined) {
      this.#book.mustBePast(id);
      this.#connection.spend();
    } else stream.broken(payload.readUInt32BE(0));
  }

  #onWindowUpdate(id: number, payload: Buffer): void {
    mustMeasure(payload.length === 4);
    const more = payload.readUInt32BE(0) & 0x7fff_ffff;
    if (id === 0) {
      if (more === 0) throw new ConnectionError(errorCodes.protocolError, "a window that grows by nothing");
      this.#connection.onWider(more);
      return;
    }
    const stream = this.#book.open.get(id);
    if (stream === undefined) this.#book.mustBePast(id);
    else if (more === 0) stream.giveUp(errorCodes.protocolError);
    else if (stream.sendWindow + more > maxWindowBytes) stream.giveUp(errorCodes.flowControlError);
    else {
      stream.sendWindow += more;
      if (stream.waiting > 0) stream.send();
    }
  }

  /** Nobody heeds priorities any more; the frame still has its rules. */
  #onPriority(id: number, payload: Buffer): void {
    if (id === 0) throw new ConnectionError(errorCodes.protocolError, "PRIORITY of stream 0");
    this.#connection.spend();
    const isOwnParent = payload.length === 5 && (payload.readUInt32BE(0) & 0x7fff_ffff) === id;
    if (payload.length === 5 && !isOwnParent) return;
    const code = isOwnParent ? errorCodes.protocolError : errorCodes.frameSizeError;
    const stream = this.#book.open.get(id);
    if (stream === undefined) throw new ConnectionError(code, "a priority of no stream");
    stream.giveUp(code);
  }

  /** Settings come first (§3.4), and between the frames of one head nothing else. */
  #mustBeInOrder(type: number, flags: number): void {
    if (!this.#heard && (type !== frameTypes.settings || (flags & frameFlags.ack) !== 0)) {
      throw new ConnectionError(errorCodes.protocolError, "the first frame is not SETTINGS");
    }
    if (this.#blocks.isOpen && type !== frameTypes.continuation) {
      throw new ConnectionError(errorCodes.protocolError, "a head was not finished");
    }
  }
}

function onTrailers(stream: WireStream, fields: FieldBlock, isLast: boolean): void {
  const isWhole = stream.expectedBytes < 0 || stream.expectedBytes === stream.receivedBytes;
  if (isLast && isWhole && areTrailers(fields.raw)) stream.trailers(fields);
  else stream.giveUp(errorCodes.protocolError);
}

function onReplyHead(stream: WireStream, fields: FieldBlock, isLast: boolean): void {
  const sketch = replySketch(fields.raw);
  const isInformational = sketch !== null && sketch.status < 200;
  if (sketch === null || (isInformational && isLast)) {
    stream.giveUp(errorCodes.protocolError);
    return;
  }
  if (!isInformational) {
    const hasBody = !stream.isHead && sketch.status !== 204 && sketch.status !== 304;
    // Else a length is of what would have come; bytes all the same would be taken for another answer behind us.
    stream.expectedBytes = hasBody ? sketch.contentLength : 0;
    if (isLast && stream.expectedBytes > 0) {
      stream.giveUp(errorCodes.protocolError);
      return;
    }
  }
  stream.head(fields, isInformational, isLast);
}

function mustMeasure(isRight: boolean): void {
  if (!isRight) throw new ConnectionError(errorCodes.frameSizeError, "a frame of the wrong size");
}

function mustBeOfConnection(id: number): void {
  if (id !== 0) throw new ConnectionError(errorCodes.protocolError, "a frame of the connection on a stream");
}
