/**
 * What a fake provider says next, in words of no dialect, and how it reads what it was asked.
 * Each fake renders turns in its own wire format; test scripts are written once.
 */
import type { ServerResponse } from "node:http";

export type Turn =
  | { readonly type: "text"; readonly text: string; readonly thinking?: string }
  | { readonly type: "tools"; readonly text?: string; readonly calls: readonly ToolCall[] }
  | {
      readonly type: "error";
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The connection dies after this many events of a streamed answer. */
  | { readonly type: "cut"; readonly text: string; readonly afterEvents: number }
  /** Nothing at all until the asker goes away. */
  | { readonly type: "silence" };

export interface ToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A valid request, dialect peeled off. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly system: string;
  /** Text of the user's messages, in order. */
  readonly userTexts: readonly string[];
  readonly tools: readonly { readonly name: string; readonly schema: unknown }[];
  /** Text of the tool results, in order. */
  readonly toolResults: readonly string[];
  readonly images: number;
}

export type Answer = (asked: Asked, nth: number) => Turn;

/** One request as the provider saw it, right or wrong. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  /** The body as it came, and parsed. */
  readonly text: string;
  readonly body: unknown;
  readonly status: number;
  /** The connection ended before the answer was complete. */
  readonly abandoned: boolean;
}

export interface ProviderOptions {
  readonly answer?: Answer;
  /** Keys that are let in; default any. */
  readonly keys?: readonly string[];
  /** Pause between events of a stream, ms. 0 sends them as fast as the socket takes them. */
  readonly gapMs?: number;
  readonly usage?: { readonly input: number; readonly output: number; readonly cached: number };
}

export const defaultUsage = { input: 120, output: 17, cached: 40 };

export const sayHello: Answer = () => ({ type: "text", text: "Hello from the fake provider." });

/** First asks the client to read the file with the client's own tool, then repeats what came back. */
export function readsFile(path: string): Answer {
  return (asked) => {
    const result = asked.toolResults.at(-1);
    if (result !== undefined) return { type: "text", text: `The file says: ${result}` };
    const tool = asked.tools.find((candidate) => /^(read|read_file|file_read|view)$/i.test(candidate.name));
    if (tool === undefined) return { type: "text", text: "No file-reading tool was offered." };
    return {
      type: "tools",
      text: "Let me look at the file.",
      calls: [{ name: tool.name, input: { [pathParameter(tool.schema)]: path } }],
    };
  };
}

function pathParameter(schema: unknown): string {
  const properties = field(schema, "properties");
  const names = typeof properties === "object" && properties !== null ? Object.keys(properties) : [];
  return names.find((name) => /path|file/i.test(name)) ?? "path";
}

/** Text in pieces of uneven length, as a tokenizer would cut it. Deterministic. */
export function pieces(text: string): string[] {
  const parts: string[] = [];
  const characters = Array.from(text);
  for (let at = 0, step = 3; at < characters.length; at += step, step = 1 + ((step * 7 + 3) % 9)) {
    parts.push(characters.slice(at, at + step).join(""));
  }
  return parts;
}

/** Sends stream events one by one. Every third one is split in two writes: packets do not respect event borders. */
export async function sendEvents(
  reply: ServerResponse,
  events: readonly string[],
  gapMs: number,
  cutAfter = Number.POSITIVE_INFINITY,
): Promise<void> {
  for (const [index, event] of events.entries()) {
    if (reply.destroyed) return;
    if (index >= cutAfter) {
      reply.destroy();
      return;
    }
    const half = index % 3 === 2 ? Math.floor(event.length / 2) : event.length;
    await written(reply, event.slice(0, half));
    if (half < event.length) {
      await pause(0);
      await written(reply, event.slice(half));
    }
    await pause(gapMs);
  }
  reply.end();
}

export function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key] // an object that owns the key
    : undefined;
}

/** The part's `text`, or nothing. */
export function textField(part: unknown): string {
  const text = field(part, "text");
  return typeof text === "string" ? text : "";
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));
}

function written(reply: ServerResponse, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (reply.destroyed || !reply.writable) resolve();
    else reply.write(text, () => resolve());
  });
}
