/** When a stream's exchange is over: not with the last byte that was written to it, but when that byte and its end are sent. */
import type { ServerHttp2Stream } from "node:http2";
import type { InFlight } from "../relay-deps.ts";

/**
 * A shutdown ends the connections as soon as nothing is in flight. The end of a stream goes out some turns after the last
 * byte (trailers are asked for in between): counted too early, whole answers came without their end (13 of 50 on a busy
 * machine). A client that is still sending keeps its side open, and nobody waits for that.
 */
export function leaveWhenSent(stream: ServerHttp2Stream, inFlight: Pick<InFlight, "leave">): void {
  if (stream.destroyed || !(stream.readableEnded || stream.endAfterHeaders)) inFlight.leave();
  else stream.once("close", () => inFlight.leave());
}
