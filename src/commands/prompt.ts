/**
 * Questions to the person at the terminal, and what a pipe says instead of one. Questions are written to stderr, for
 * stdout has results only.
 */
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { Secret } from "../base/secret.ts";
import type { CommandContext, Input } from "./context.ts";

export type Answer =
  | { readonly kind: "line"; readonly text: string }
  /** Nobody will say anything any more. */
  | { readonly kind: "end" }
  /** Ctrl-C, or the signal. */
  | { readonly kind: "interrupted" };

export interface Asking {
  readonly question: string;
  /** What is typed is not shown. */
  readonly hidden?: boolean;
  readonly signal?: AbortSignal;
}

/** Can somebody be asked, and will the question be seen? */
export function canAsk(context: CommandContext): boolean {
  return context.stdin.isTTY === true && context.stderr.isTTY === true;
}

/** One line from stdin, which may be a terminal or a pipe. */
export async function askLine(context: CommandContext, { question, hidden, signal }: Asking): Promise<Answer> {
  context.stderr.write(question);
  const { stdin } = context;
  if (!isStream(stdin)) return { kind: "end" };
  const lines = createInterface({
    input: stdin,
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    // A hidden line is read key by key and echoed nowhere; any other one is the terminal's own business.
    terminal: hidden === true,
  });
  try {
    return await new Promise<Answer>((resolve) => {
      const interrupted = (): void => resolve({ kind: "interrupted" });
      signal?.addEventListener("abort", interrupted, { once: true });
      if (signal?.aborted === true) interrupted();
      lines.once("line", (text) => resolve({ kind: "line", text }));
      lines.once("SIGINT", interrupted);
      lines.once("close", () => resolve({ kind: "end" }));
    });
  } finally {
    lines.close();
    // The line break that was typed was not shown either.
    if (hidden === true) context.stderr.write("\n");
  }
}

function isStream(input: Input): input is Input & NodeJS.ReadableStream {
  return "on" in input && "pause" in input;
}

/** Anything but a yes is a no. */
export async function askYes(context: CommandContext, question: string): Promise<boolean> {
  return isYes(await askLine(context, { question: `${question} [y/N] ` }));
}

export function isYes(answer: Answer): boolean {
  return answer.kind === "line" && /^y(es)?$/i.test(answer.text.trim());
}

/** Keys are some hundred characters; more is a mistake, such as the wrong file. */
const maxSecretBytes = 16 * 1024;

/** All that a pipe says, up to a bound; null: more than that. */
export async function readSecret(context: CommandContext): Promise<Secret | null> {
  const iterate = context.stdin[Symbol.asyncIterator];
  if (iterate === undefined) return new Secret("");
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of { [Symbol.asyncIterator]: iterate.bind(context.stdin) }) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > maxSecretBytes) return null;
    chunks.push(bytes);
  }
  return new Secret(Buffer.concat(chunks).toString("utf8").trim());
}
