/**
 * `switchyard translate`: the translator alone, for bug reports and for looking. Wire bytes from stdin to stdout; what a
 * translation could not carry, and why it failed, goes to stderr.
 */
import { readWhole } from "../engine/pipeline/read-body.ts";
import {
  createReplyTranslator,
  createSniffer,
  type FormatId,
  formatIds,
  type ReplyOutcome,
  translateRequest,
} from "../engine/translate/index.ts";
import { suggestion } from "../engine/config/nearest.ts";
import { type CommandContext, type Input, type Output, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";

export interface TranslateArguments {
  readonly from: string;
  readonly to: string;
  readonly direction?: string;
  readonly stream: boolean;
  readonly model?: string;
  readonly path?: string;
  readonly verbose: boolean;
}

type Direction = "request" | "response";

interface Translation extends Omit<TranslateArguments, "from" | "to" | "direction"> {
  readonly from: FormatId;
  readonly to: FormatId;
}

/** The largest request a provider takes; a reply that is read as one piece is smaller by far. */
const maxWholeBytes = 32 * 1024 * 1024;

export async function translate(context: CommandContext, options: TranslateArguments): Promise<number> {
  const translation = { ...options, from: formatOf("--from", options.from), to: formatOf("--to", options.to) };
  const asked = directionOf(options.direction);
  if (context.stdin.isTTY === true) {
    throw new CommandFailure(exitCodes.usage, "there is nothing to translate", {
      why: "the input is a terminal; a body or a reply is read from stdin",
      next: `switchyard translate --from ${translation.from} --to ${translation.to} < body.json`,
    });
  }
  const input =
    asked === null
      ? await sniffed(bytesOf(context.stdin), translation.from)
      : { direction: asked, bytes: bytesOf(context.stdin) };
  return input.direction === "request"
    ? oneRequest(context, translation, input.bytes)
    : oneReply(context, translation, input.bytes);
}

async function oneRequest(
  context: CommandContext,
  { from, to, stream, model, path, verbose }: Translation,
  input: AsyncIterable<Uint8Array>,
): Promise<number> {
  const whole = await readWhole(input, maxWholeBytes);
  if (!whole.ok) throw unreadable(`the input is larger than ${maxWholeBytes / 1024 / 1024} MiB`, from, "request");
  if (whole.bytes.toString("latin1", 0, 64).trim() === "") throw unreadable("the input is empty", from, "request");
  const done = translateRequest(whole.bytes, {
    from,
    to,
    stream,
    ...(model === undefined ? {} : { model }),
    ...(path === undefined ? {} : { target: path }),
  });
  if (!done.ok) {
    const { message } = done.error;
    if (done.reason === "inexpressible") {
      throw new CommandFailure(exitCodes.failure, `the request cannot be said in ${to}`, { why: shown(message) });
    }
    const lacksModel = message.startsWith("model:") && model === undefined;
    throw unreadable(message, from, "request", nextFor(done.looksLikeReply, lacksModel));
  }
  if (verbose) {
    tell(context, "path", done.path);
    for (const [name, value] of done.headers) tell(context, "header", `${name}: ${value}`);
  }
  if (done.isModelUnknown) tell(context, "note", "nothing names the model: --model NAME, or --path with the address");
  if (done.placeholder !== null) {
    tell(context, "note", `${done.placeholder} stands for the Google Cloud project of an account`);
  }
  for (const one of done.losses) context.stderr.write(`loss: ${shown(one)}\n`);
  const sink = createSink(context.stdout);
  await sink.write(done.body);
  return sink.isGone() ? exitCodes.failure : exitCodes.ok;
}

async function oneReply(
  context: CommandContext,
  { from, to, stream, model, path, verbose }: Translation,
  input: AsyncIterable<Uint8Array>,
): Promise<number> {
  const translator = createReplyTranslator({
    from,
    to,
    stream,
    createdAt: Math.floor(context.clock.now() / 1000),
    maxWholeBytes,
    ...(model === undefined ? {} : { model }),
    ...(path === undefined ? {} : { target: path }),
  });
  const sink = createSink(context.stdout);
  for await (const bytes of input) {
    await sink.write(translator.push(bytes));
    if (sink.isGone()) return exitCodes.failure;
    if (translator.isOver()) break;
  }
  await sink.write(translator.end());
  for (const one of translator.losses()) context.stderr.write(`loss: ${shown(one)}\n`);
  return codeFor(context, translator.outcome(), from, verbose);
}

/** A provider's own error is a result like any other; half a reply is not. */
function codeFor(context: CommandContext, outcome: ReplyOutcome | null, from: FormatId, verbose: boolean): number {
  if (outcome?.kind === "done") return exitCodes.ok;
  if (outcome?.kind === "error") {
    if (verbose) tell(context, "status", String(outcome.status));
    return exitCodes.ok;
  }
  if (outcome?.kind === "unreadable") throw unreadable(outcome.error.message, from, "response");
  throw new CommandFailure(exitCodes.failure, "the reply is not whole", {
    why: shown(outcome?.error.message ?? "it has no end"),
    next: "what could be read of it is on stdout",
  });
}

function formatOf(option: string, name: string): FormatId {
  const known = formatIds.find((id) => id === name);
  if (known !== undefined) return known;
  const why = `known here: ${formatIds.join(", ")}`;
  const what = `${option}: there is no format "${shown(name)}"${suggestion(name, formatIds)}`;
  throw new CommandFailure(exitCodes.usage, what, { why, next: "switchyard translate --help" });
}

function directionOf(word: string | undefined): Direction | null {
  if (word === undefined) return null;
  if (word === "request" || word === "response") return word;
  throw new CommandFailure(exitCodes.usage, `--direction: "${shown(word)}" is neither request nor response`, {
    next: "switchyard translate --help",
  });
}

function unreadable(why: string, from: FormatId, direction: Direction, next?: string): CommandFailure {
  const what = `the input cannot be read as a ${direction} in ${from}`;
  return new CommandFailure(exitCodes.usage, what, { why: shown(why), next: next ?? "switchyard translate --help" });
}

function nextFor(looksLikeReply: boolean, lacksModel: boolean): string | undefined {
  if (looksLikeReply) return "it looks like a reply: switchyard translate --direction response …";
  return lacksModel ? "say which: switchyard translate --model NAME …" : undefined;
}

function tell(context: CommandContext, word: string, text: string): void {
  printLines(context.stderr, [`${word}: ${shown(text)}`]);
}

/** A stream can only be a reply; a JSON document is taken for a request, for that is what people have at hand. */
async function sniffed(
  input: AsyncIterable<Uint8Array>,
  from: FormatId,
): Promise<{ readonly direction: Direction; readonly bytes: AsyncIterable<Uint8Array> }> {
  const sniffer = createSniffer();
  const iterator = input[Symbol.asyncIterator]();
  let found: ReturnType<typeof sniffer.push> = null;
  while (found === null) {
    const step = await iterator.next();
    found = step.done === true ? sniffer.end() : sniffer.push(step.value);
  }
  const { kind, bytes, isBinary } = found;
  // Cursor's clients and backends frame what they send alike.
  if (from === "cursor" && isBinary === true) {
    throw new CommandFailure(exitCodes.usage, "the bytes do not tell whether they are a request or a reply", {
      next: "switchyard translate --from cursor --direction request|response …",
    });
  }
  const all = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { direction: kind === "stream" ? "response" : "request", bytes: all() };
}

/** Leaving the loop early closes the input: nobody is left writing to a program that does not listen. */
async function* bytesOf(input: Input): AsyncGenerator<Uint8Array> {
  const iterator = input[Symbol.asyncIterator]?.();
  if (iterator === undefined) return;
  for await (const chunk of { [Symbol.asyncIterator]: () => iterator }) {
    yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  }
}

/** Output that waits for its reader and notices when it has gone, as with `| head`. */
function createSink(output: Output): { write(bytes: Uint8Array): Promise<void>; isGone(): boolean } {
  let isGone = false;
  let goOn = (): void => {};
  output.on?.("drain", () => goOn());
  output.on?.("error", () => {
    isGone = true;
    goOn();
  });
  return {
    async write(bytes) {
      if (isGone || bytes.byteLength === 0 || output.write(bytes) !== false || isGone) return;
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
    },
    isGone: () => isGone,
  };
}
