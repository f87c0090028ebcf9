/**
 * What a fake provider says next, in words of no dialect, and how it reads what it was asked.
 * Each fake renders turns in its own wire format; test scripts are written once.
 */
export type Turn =
  | { readonly type: "text"; readonly text: string; readonly thinking?: string }
  | { readonly type: "tools"; readonly text?: string; readonly calls: readonly ToolCall[] }
  /** Everything a model can say, in order. */
  | SaysTurn
  /** The provider's filter refuses the question itself: no answer begins. */
  | { readonly type: "blocked" }
  | ErrorTurn
  /** The connection dies after this many events of a streamed answer. */
  | { readonly type: "cut"; readonly text: string; readonly afterEvents: number }
  /** Nothing at all until the asker goes away. */
  | { readonly type: "silence" };

export interface SaysTurn {
  readonly type: "says";
  readonly parts: readonly SaidPart[];
  /** Default: `tools` where a call is among the parts, `refusal` where a refusal is, else `end`. */
  readonly stop?: Stop;
  /** Default: the dialect's proper end. */
  readonly ending?: Ending;
  /** Parallel calls in pieces by turns, where the dialect has indices for it. */
  readonly interleaved?: boolean;
  /** The model falls silent for this long before its second part. */
  readonly silentMs?: number;
}

export type SaidPart =
  | { readonly type: "text"; readonly text: string; readonly citation?: Cited }
  | Thought
  | ToolCall
  | { readonly type: "refusal"; readonly text: string };

export interface Thought {
  readonly type: "thinking";
  readonly text: string;
  /** As newer models do it: the text stays with the provider, only the opaque blob is shown. */
  readonly isHidden?: boolean;
  /** Instead of a blob of the fake's own making. */
  readonly signature?: string;
}

export interface ToolCall {
  readonly type?: "call";
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** A freeform call instead, where the dialect has them. */
  readonly freeform?: string;
  /** Only so many characters of the arguments are written: the token limit came in between. */
  readonly cutAt?: number;
  /** Instead of an id of the fake's own making. */
  readonly id?: string;
}

export interface Cited {
  readonly url: string;
  readonly title: string;
}

/** `malformed`: the model wrote a call that is no call; Gemini has a word for it, elsewhere it looks like any end. */
export type Stop = "end" | "tools" | "length" | "stop-sequence" | "refusal" | "malformed";

export type Ending =
  | { readonly type: "error"; readonly status: number; readonly message: string }
  /** The connection breaks. */
  | { readonly type: "cut" }
  /** The connection ends politely, without what the dialect ends an answer with. */
  | { readonly type: "eof" };

export interface ErrorTurn {
  readonly type: "error";
  readonly status: number;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The conversation does not fit, in the provider's own words. */
  readonly isOverflow?: boolean;
  /** Said where the provider says it: a header, or Google's RetryInfo. */
  readonly retryAfterSeconds?: number;
}

/** A valid request, dialect peeled off. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly system: string;
  /** Text of the user's messages, in order. */
  readonly userTexts: readonly string[];
  /** Text of the model's earlier turns, in order. */
  readonly assistantTexts: readonly string[];
  readonly tools: readonly AskedTool[];
  /** The model's earlier calls, in order. */
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  /** Text of the tool results, in order. */
  readonly toolResults: readonly string[];
  /** The same with what else they say. */
  readonly results: readonly AskedResult[];
  readonly images: number;
  /** The base64 of each, wherever it stands. */
  readonly imageData: readonly string[];
  /** Opaque blobs of the fake's own making that came back where they belong. */
  readonly blobs: readonly string[];
  readonly maxTokens: number | null;
  readonly stops: readonly string[];
  /** The schema the answer has to follow. */
  readonly schema: unknown;
  readonly toolChoice: "auto" | "none" | "any" | { readonly name: string };
  /** Would the model think, and would it show what it thinks? */
  readonly thinking: { readonly isOn: boolean; readonly isShown: boolean };
}

export interface AskedTool {
  readonly name: string;
  readonly schema: unknown;
  readonly description?: string;
  readonly isFreeform?: boolean;
}

export interface AskedResult {
  /** The name of the call it answers. */
  readonly name: string;
  readonly text: string;
  /** Marked as failed, in the dialect's way of saying so. */
  readonly isError: boolean;
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

export interface Counts {
  /** Cached ones included. */
  readonly input: number;
  /** Reasoning included. */
  readonly output: number;
  readonly cached: number;
  readonly reasoning?: number;
}

export interface ProviderOptions {
  readonly answer?: Answer;
  /** Keys that are let in; default any. */
  readonly keys?: readonly string[];
  /** Pause between events of a stream, ms. 0 sends them as fast as the socket takes them. */
  readonly gapMs?: number;
  readonly usage?: Counts;
  /** ChatGPT's Codex backend instead of the public Responses API. */
  readonly isCodex?: boolean;
  /** The first call of each step in the current turn comes back with its signature; default: Gemini 3 and newer. */
  readonly demandsSignatures?: boolean;
  /** Gemini's calls carry ids. */
  readonly callIds?: boolean;
  /** Which of the two envelopes Code Assist is spoken to in. */
  readonly envelope?: "gemini-cli" | "antigravity";
}

export const defaultUsage: Counts = { input: 120, output: 17, cached: 40 };

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

/** An answer that begins, every short form written out. */
export interface Speech {
  readonly parts: readonly SaidPart[];
  readonly stop: Stop;
  readonly ending: Ending | null;
  readonly isBlocked: boolean;
  readonly interleaved: boolean;
  readonly silentMs: number;
  /** Breaks after this many events. */
  readonly cutAfter: number;
}

/** The signature of thoughts in the short form. */
const plainSignature = "RmFrZVNpZ25hdHVyZQ==";

export function speechOf(turn: Exclude<Turn, { type: "error" | "silence" }>): Speech {
  const base = { ending: null, isBlocked: false, interleaved: false, silentMs: 0, cutAfter: Number.POSITIVE_INFINITY };
  const said = (text: string | undefined): readonly SaidPart[] =>
    text === undefined || text === "" ? [] : [{ type: "text", text }];
  switch (turn.type) {
    case "text": {
      const thought: readonly SaidPart[] =
        turn.thinking === undefined ? [] : [{ type: "thinking", text: turn.thinking, signature: plainSignature }];
      return { ...base, parts: [...thought, ...said(turn.text)], stop: "end" };
    }
    case "tools":
      return { ...base, parts: [...said(turn.text), ...turn.calls], stop: "tools" };
    case "cut":
      return { ...base, parts: said(turn.text), stop: "end", ending: { type: "cut" }, cutAfter: turn.afterEvents };
    case "blocked":
      return { ...base, parts: [], stop: "refusal", isBlocked: true };
    case "says": {
      const hasRefusal = turn.parts.some((part) => part.type === "refusal");
      const natural: Stop = turn.parts.some(isCall) ? "tools" : hasRefusal ? "refusal" : "end";
      return {
        ...base,
        parts: turn.parts,
        stop: turn.stop ?? natural,
        ending: turn.ending ?? null,
        interleaved: turn.interleaved ?? false,
        silentMs: turn.silentMs ?? 0,
      };
    }
  }
}

export function isCall(part: SaidPart): part is ToolCall {
  return part.type === undefined || part.type === "call";
}

/** The arguments as far as they were written. */
export function argumentsText(made: ToolCall): string {
  return JSON.stringify(made.input).slice(0, made.cutAt ?? Number.POSITIVE_INFINITY);
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

/** The text that stands there, or what to take instead. */
export function wordOf(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first key that is not among the known ones. */
export function strangeKey(value: unknown, known: ReadonlySet<string>): string | undefined {
  return isTable(value) ? Object.keys(value).find((key) => !known.has(key)) : undefined;
}

export function words(text: string): ReadonlySet<string> {
  return new Set(text.split(" "));
}

export function parsedOr(text: unknown, otherwise: unknown): unknown {
  try {
    return typeof text === "string" ? (JSON.parse(text) as unknown) : otherwise;
  } catch {
    return otherwise;
  }
}
