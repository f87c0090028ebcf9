/** The streams and messages of test/vectors, as things to mutate. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

interface Vector {
  readonly name: string;
  readonly type?: string;
  readonly hex: string;
}

function read(file: string): Readonly<Record<string, readonly Vector[]>> {
  const path = join(import.meta.dirname, "../vectors", file);
  return JSON.parse(readFileSync(path, "utf8")) as Readonly<Record<string, readonly Vector[]>>; // our own files
}

const eventStream = read("eventstream-vectors.json");
const cursor = read("cursor-vectors.json");

const bytesOf = (list: readonly Vector[] = []): readonly Buffer[] => list.map(({ hex }) => Buffer.from(hex, "hex"));

export const vectors = {
  eventStreams: [...bytesOf(eventStream["streams"]), ...bytesOf(eventStream["malformed"])],
  connectStreams: [...bytesOf(cursor["streams"]), ...bytesOf(cursor["malformed"])],
  cursorMessages: (cursor["messages"] ?? []).map(({ type = "Empty", hex }) => ({
    type,
    bytes: Buffer.from(hex, "hex"),
  })),
} as const;
