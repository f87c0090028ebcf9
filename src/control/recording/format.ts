/**
 * A recording: calls with the timing of their answers, in a file of JSON lines that can be played to clients. The first line
 * says what it is, every other one holds one call. Documented for others in docs/recordings.md.
 */
import type { FlowJson } from "../../base/controls.ts";
import type { HeaderPairs } from "../../base/http.ts";

export const recordingVersion = 1;

export interface RecordingHeader {
  readonly switchyardRecording: typeof recordingVersion;
  /** The Switchyard that wrote it. */
  readonly version: string;
  readonly createdAt: string;
}

/** All times are ms since the call began. */
export interface RecordedCall {
  /** What is known of it besides, for readers; playing needs none of it. */
  readonly flow: FlowJson;
  readonly request: RecordedRequest;
  /** Null: the connection ended without a word. */
  readonly reply: RecordedReply | null;
}

export interface RecordedRequest {
  readonly method: string;
  readonly host: string;
  /** Path and query. */
  readonly path: string;
  /** Without those that say how the body was framed or packed. */
  readonly headers: HeaderPairs;
  readonly body: RecordedBytes;
  /** False: the body was longer than what was kept of it. */
  readonly complete: boolean;
  /** When the last of it came. */
  readonly endedAtMs: number;
}

export interface RecordedReply {
  readonly status: number;
  readonly headers: HeaderPairs;
  /** When its head was there. */
  readonly startedAtMs: number;
  readonly chunks: readonly RecordedChunk[];
  readonly endedAtMs: number;
  /** `cut`: the connection broke, or what was kept ends here. A player breaks it as well. */
  readonly end: "done" | "cut";
}

/** Decoded. Bytes that are no text of their own (a character may be cut in two) are in base64. */
export type RecordedBytes = { readonly text: string } | { readonly base64: string };
export type RecordedChunk = RecordedBytes & { readonly atMs: number };

/** Of one body, decoded; twice what the log keeps of a reply as it came. */
export const maxRecordedBodyBytes = 8 * 1024 * 1024;
/** Two such bodies with every character escaped, and what is said besides. */
export const maxLineBytes = 48 * 1024 * 1024;
/** A day of one person's calls; what is more makes a recording that nobody can play. */
export const maxRecordingBytes = 256 * 1024 * 1024;

export function bytesOf(recorded: RecordedBytes): Buffer {
  return "text" in recorded ? Buffer.from(recorded.text) : Buffer.from(recorded.base64, "base64");
}
