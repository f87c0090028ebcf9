/** What the peer may send (RFC 9113 §5.2): counted when it comes, given back when somebody has taken it. */
import { ConnectionError, defaultWindowBytes, errorCodes, frameTypes } from "./codes.ts";
import type { FrameWriter } from "./output.ts";
import type { WireStream } from "./stream.ts";

/** Given back in one go when a stream has taken so much of its window. */
const streamCreditBytes = defaultWindowBytes >>> 1;

export class ReceiveWindow {
  readonly #out: FrameWriter;
  readonly #bytes: number;
  #left = defaultWindowBytes;
  #owed = 0;

  /** `bytes`: of the connection, ≥ 65,535. */
  constructor(out: FrameWriter, bytes: number) {
    this.#out = out;
    this.#bytes = bytes;
  }

  /** Says how large it is. */
  open(): void {
    const more = this.#bytes - defaultWindowBytes;
    if (more <= 0) return;
    this.#left += more;
    this.#out.numbers(frameTypes.windowUpdate, 0, more);
  }

  /** @throws ConnectionError when that is more than was allowed. */
  take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new ConnectionError(errorCodes.flowControlError, "more than its window");
  }

  giveBack(bytes: number): void {
    this.#owed += bytes;
    if (this.#owed < this.#bytes >>> 1) return;
    this.#left += this.#owed;
    this.#out.numbers(frameTypes.windowUpdate, 0, this.#owed);
    this.#owed = 0;
  }

  giveBackTo(stream: WireStream, bytes: number): void {
    if (stream.remoteEnded || stream.isClosed) return;
    stream.owed += bytes;
    if (stream.owed < streamCreditBytes) return;
    stream.receiveWindow += stream.owed;
    this.#out.numbers(frameTypes.windowUpdate, stream.id, stream.owed);
    stream.owed = 0;
  }
}
