/** A body as one piece, within a bound. */
export type WholeBody =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly reason: "too-large" };

/** Stops pulling as soon as the bound is passed. `onChunk` sees every piece, the last one included. */
export async function readWhole(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  onChunk?: (bytes: Uint8Array) => void,
): Promise<WholeBody> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    onChunk?.(chunk);
    size += chunk.byteLength;
    if (size > maxBytes) return { ok: false, reason: "too-large" };
    chunks.push(chunk);
  }
  return { ok: true, bytes: Buffer.concat(chunks, size) };
}
