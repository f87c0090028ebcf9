/** Names of what an upstream may ask back for: made from what they name, so that the same call gives the same bytes. */
import { createHash } from "node:crypto";

/** The name under which Cursor knows some bytes. */
export function blobIdOf(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest();
}

export function blobKey(id: Uint8Array): string {
  return `blob ${Buffer.from(id).toString("hex")}`;
}

/** What `request_context` is answered with. */
export const contextKey = "request-context";
