/**
 * Usage where a provider told none, as Chat streams do that were not asked for it (`stream_options.include_usage`): a
 * guess, and marked as one. Four bytes of a request's JSON to a token; a frame of a stream is nearly always one.
 */
import type { Usage } from "../../base/flow.ts";

const bytesPerToken = 4;

export function estimatedUsage(requestBytes: number, outputTokens: number): Usage {
  const input = Math.ceil(requestBytes / bytesPerToken);
  return { input, output: Math.ceil(outputTokens), cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: true };
}

/** Told or not: figures that say nothing was used are what a dialect without figures is read as. */
export function saysNothing(usage: Usage | null): boolean {
  return usage === null || usage.input + usage.output === 0;
}

/** Ends of server-sent events in these bytes. One that is cut in two by a chunk's border is missed: it is a guess anyway. */
export function countFrames(bytes: Uint8Array): number {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  for (let at = buffer.indexOf("\n\n"); at >= 0; at = buffer.indexOf("\n\n", at + 2)) count += 1;
  if (count > 0) return count;
  for (let at = buffer.indexOf("\r\n\r\n"); at >= 0; at = buffer.indexOf("\r\n\r\n", at + 4)) count += 1;
  return count;
}
