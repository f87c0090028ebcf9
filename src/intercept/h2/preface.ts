/** HTTP/2 with prior knowledge: recognising the client preface. */
import { clientPreface } from "./wire/codes.ts";

/** Enough of the preface to be sure: no HTTP/1 request begins with `PRI *`. */
export function isHttp2Preface(bytes: Buffer): boolean {
  return bytes.length >= 5 && bytes.subarray(0, 5).equals(clientPreface.subarray(0, 5));
}
