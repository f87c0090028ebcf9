/** SETTINGS (RFC 9113 §6.5): what each side tells the other once and may change later. */
import {
  ConnectionError,
  defaultFrameBytes,
  defaultWindowBytes,
  errorCodes,
  maxWindowBytes,
  settingIds,
} from "./codes.ts";

export interface PeerSettings {
  readonly headerTableSize: number;
  /** The least of those that the last frame named: a table lowered and raised again was emptied in between (RFC 7541 §4.2). */
  readonly leastHeaderTableSize: number;
  readonly maxConcurrentStreams: number;
  readonly initialWindowSize: number;
  readonly maxFrameSize: number;
  readonly enableConnectProtocol: boolean;
}

/** Before the peer has said anything. */
export const unsaidSettings: PeerSettings = {
  headerTableSize: 4_096,
  leastHeaderTableSize: 4_096,
  maxConcurrentStreams: Number.POSITIVE_INFINITY,
  initialWindowSize: defaultWindowBytes,
  maxFrameSize: defaultFrameBytes,
  enableConnectProtocol: false,
};

/** What holds after this payload. @throws ConnectionError for values that no peer may send. */
export function settingsAfter(before: PeerSettings, payload: Buffer): PeerSettings {
  if (payload.length % 6 !== 0) throw new ConnectionError(errorCodes.frameSizeError, "SETTINGS of an odd size");
  const now = { ...before, leastHeaderTableSize: before.headerTableSize };
  for (let at = 0; at < payload.length; at += 6) {
    const value = payload.readUInt32BE(at + 2);
    switch (payload.readUInt16BE(at)) {
      case settingIds.headerTableSize:
        now.headerTableSize = value;
        now.leastHeaderTableSize = Math.min(now.leastHeaderTableSize, value);
        break;
      case settingIds.enablePush:
        if (value > 1) throw new ConnectionError(errorCodes.protocolError, `ENABLE_PUSH ${value}`);
        break;
      case settingIds.maxConcurrentStreams:
        now.maxConcurrentStreams = value;
        break;
      case settingIds.initialWindowSize:
        if (value > maxWindowBytes)
          throw new ConnectionError(errorCodes.flowControlError, `INITIAL_WINDOW_SIZE ${value}`);
        now.initialWindowSize = value;
        break;
      case settingIds.maxFrameSize:
        if (value < defaultFrameBytes || value > 0xff_ffff) {
          throw new ConnectionError(errorCodes.protocolError, `MAX_FRAME_SIZE ${value}`);
        }
        now.maxFrameSize = value;
        break;
      case settingIds.enableConnectProtocol:
        // RFC 8441 §3: once promised it stays.
        if (value > 1 || (before.enableConnectProtocol && value === 0)) {
          throw new ConnectionError(errorCodes.protocolError, `ENABLE_CONNECT_PROTOCOL ${value}`);
        }
        now.enableConnectProtocol = value === 1;
        break;
      default:
      // Unknown ones mean nothing to us (§6.5.2).
    }
  }
  return now;
}

export function settingsPayload(pairs: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(pairs.length * 6);
  for (const [index, [id, value]] of pairs.entries()) {
    payload.writeUInt16BE(id, index * 6);
    payload.writeUInt32BE(value, index * 6 + 2);
  }
  return payload;
}
