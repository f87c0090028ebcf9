/** Bytes that are not the frames they should be. Thrown by the deframers, turned into a `protocol` or `truncated` error. */
export type FramingReason = "checksum" | "malformed" | "too-large" | "truncated" | "compression";

export class FramingError extends Error {
  readonly reason: FramingReason;

  /** `message` says what is wrong in our own words and quotes no payload. */
  constructor(reason: FramingReason, message: string) {
    super(message);
    this.name = "FramingError";
    this.reason = reason;
  }
}
