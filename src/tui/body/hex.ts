/** Bytes that are not text, sixteen to a line. */
export function* hexLines(base64: string): Generator<string, void> {
  // Forty-eight bytes are sixty-four base64 characters: slices of that size decode on their own.
  for (let at = 0; at * 64 < base64.length; at += 1) {
    const bytes = Buffer.from(base64.slice(at * 64, at * 64 + 64), "base64");
    for (let row = 0; row < bytes.length; row += 16) yield hexLine(at * 48 + row, bytes.subarray(row, row + 16));
  }
}

function hexLine(offset: number, bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
  return `${offset.toString(16).padStart(6, "0")}  ${hex.padEnd(47)}  ${text}`;
}
