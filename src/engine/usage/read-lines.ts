/** A file's lines, some at a time, never the file as a whole. Reads up to a given length: the rest is newer. */
import { constants } from "node:fs";
import { open } from "node:fs/promises";

const newline = 0x0a;
/** Read, and worked on, at once: about a hundred lines, so that live streams next to it are not kept waiting. */
const chunkBytes = 32 * 1024;

/**
 * The lines that end in each piece read. `null` stands for one longer than `maxBytes`, which is passed over. Empty lines
 * are left out.
 */
export async function* readLines(
  path: string,
  lengthBytes: number,
  maxBytes: number,
): AsyncGenerator<readonly (string | null)[], void, undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const line = lineBuffer(maxBytes);
    for (let position = 0; position < lengthBytes; ) {
      const wanted = Math.min(chunkBytes, lengthBytes - position);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
      if (bytesRead === 0) break; // somebody cut it meanwhile
      position += bytesRead;
      const bytes = buffer.subarray(0, bytesRead);
      const lines: (string | null)[] = [];
      let from = 0;
      for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, from)) {
        line.add(bytes.subarray(from, end));
        const text = line.take();
        if (text !== "") lines.push(text);
        from = end + 1;
      }
      line.add(bytes.subarray(from));
      yield lines;
    }
    const last = line.take();
    if (last !== "") yield [last];
  } finally {
    await file.close();
  }
}

/** Collects one line over several chunks, up to its bound. */
function lineBuffer(maxBytes: number): { add(bytes: Buffer): void; take(): string | null } {
  let parts: Buffer[] = [];
  let size = 0;
  return {
    add(bytes) {
      size += bytes.length;
      if (size > maxBytes) parts = [];
      else if (bytes.length > 0) parts.push(bytes);
    },
    take() {
      const text = size > maxBytes ? null : Buffer.concat(parts).toString("utf8").trim();
      parts = [];
      size = 0;
      return text;
    },
  };
}
