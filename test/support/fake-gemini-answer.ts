/** What Gemini says: chunks that are each a whole response, and where it puts its thought signatures. */
import type { Call } from "./fake-providers.ts";
import { isCall, pieces, type Asked, type Counts, type SaidPart, type Speech } from "./provider-turn.ts";

/** A part as Gemini writes it; the signature stands beside the payload. */
type Part = Readonly<Record<string, unknown>>;
export type GeminiChunk = Readonly<Record<string, unknown>>;

export interface GeminiInput {
  readonly call: Call;
  readonly asked: Asked;
  readonly speech: Speech;
  readonly usage: Counts;
}

/** The whole answer in one response. */
export function geminiWhole(input: GeminiInput): GeminiChunk {
  if (input.speech.isBlocked) return blocked(input);
  const parts = saidParts(input).flat();
  return chunk(input, parts.length === 0 ? [{ text: "" }] : parts, true);
}

export interface GeminiChunks {
  readonly chunks: readonly (GeminiChunk | { readonly silentMs: number })[];
  /** The end: finish reason and final figures, with the last of the text. */
  readonly last: readonly GeminiChunk[];
}

export function geminiChunks(input: GeminiInput): GeminiChunks {
  const { speech } = input;
  if (speech.isBlocked) return { chunks: [], last: [blocked(input)] };
  const chunks: (GeminiChunk | { readonly silentMs: number })[] = [];
  const said = saidParts(input);
  for (const [index, parts] of said.entries()) {
    if (index === 1 && speech.silentMs > 0) chunks.push({ silentMs: speech.silentMs });
    // Calls come whole, parallel ones often in one chunk; text comes in pieces.
    for (const part of parts) chunks.push(chunk(input, [part], false));
  }
  // What is left to say in the end is often nothing.
  return { chunks, last: [chunk(input, [{ text: "" }], true)] };
}

/** One list per part of the speech: the text of a stream in pieces, all else in one. */
function saidParts({ call, asked, speech }: GeminiInput): readonly (readonly Part[])[] {
  const { nth, blobs, options } = call;
  // Models that demand signatures sign the first call of every step, whether or not they show a thought.
  const thinks = speech.parts.some((part) => part.type === "thinking");
  const demands = options.demandsSignatures ?? demandsSignatures(asked.model);
  const firstCall = speech.parts.findIndex((part) => isCall(part));
  const lastText = speech.parts.findLastIndex((part) => part.type === "text");
  // On the first call of the step; without one, on the text's end.
  const bearer = firstCall >= 0 ? firstCall : lastText;
  const signature = (index: number, place: string): Part =>
    index === bearer && (thinks || (demands && index === firstCall))
      ? { thoughtSignature: blobs.mint("CoQB", nth, place).blob }
      : {};
  return speech.parts.map((part, index): readonly Part[] => {
    if (isCall(part)) {
      // There is no half a call in Gemini: what did not fit is not said.
      if (part.cutAt !== undefined) return [];
      const id = options.callIds === true ? { id: part.id ?? `fake${nth}_${index}` } : {};
      const made = { ...id, name: part.name, args: part.input };
      return [{ functionCall: made, ...signature(index, part.name) }];
    }
    if (part.type === "thinking") {
      return asked.thinking.isShown && part.isHidden !== true ? textParts(part.text, asked, { thought: true }) : [];
    }
    // A filter's stop has no words of the model's.
    if (part.type === "refusal") return [];
    const end = signature(index, "");
    const parts = textParts(part.text, asked, {});
    if (end["thoughtSignature"] === undefined) return parts;
    // On a part of its own behind the text, as in streams of late 2026; whole answers bear it on the text.
    return asked.stream ? [...parts, { text: "", ...end }] : parts.map((one) => ({ ...one, ...end }));
  });
}

/** Gemini 3 and newer. */
export function demandsSignatures(model: string): boolean {
  return /gemini-[3-9]/.test(model);
}

function textParts(text: string, asked: Asked, more: Part): readonly Part[] {
  return (asked.stream ? pieces(text) : [text]).map((piece) => ({ text: piece, ...more }));
}

const finishReasons = {
  end: "STOP",
  tools: "STOP",
  length: "MAX_TOKENS",
  "stop-sequence": "STOP",
  refusal: "SAFETY",
  malformed: "MALFORMED_FUNCTION_CALL",
} as const;

function chunk(input: GeminiInput, parts: readonly Part[], isLast: boolean): GeminiChunk {
  const { speech, call, asked, usage } = input;
  const cited = isLast ? grounding(speech.parts) : null;
  const candidate = {
    content: { parts, role: "model" },
    ...(isLast ? { finishReason: finishReasons[speech.stop] } : {}),
    index: 0,
    ...(cited === null ? {} : { groundingMetadata: cited }),
  };
  return {
    candidates: [candidate],
    usageMetadata: wireUsage(usage, isLast),
    modelVersion: asked.model,
    responseId: `fake-response-${call.nth}`,
  };
}

function blocked({ call, asked, usage }: GeminiInput): GeminiChunk {
  return {
    promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
    usageMetadata: { promptTokenCount: usage.input, totalTokenCount: usage.input },
    modelVersion: asked.model,
    responseId: `fake-response-${call.nth}`,
  };
}

/** Repeated on every chunk, growing; thoughts are counted beside the candidate's tokens. */
function wireUsage(usage: Counts, isLast: boolean): object {
  const thoughts = usage.reasoning ?? 0;
  const written = isLast ? usage.output - thoughts : 1;
  return {
    promptTokenCount: usage.input,
    ...(usage.cached > 0 ? { cachedContentTokenCount: usage.cached } : {}),
    candidatesTokenCount: written,
    ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}),
    totalTokenCount: usage.input + written + thoughts,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: usage.input }],
  };
}

function grounding(parts: readonly SaidPart[]): object | null {
  const cited = parts.flatMap((part) =>
    part.type === "text" && part.citation !== undefined ? [{ ...part, ...part.citation }] : [],
  );
  if (cited.length === 0) return null;
  return {
    webSearchQueries: ["fake"],
    groundingChunks: cited.map(({ url, title }) => ({ web: { uri: url, title } })),
    groundingSupports: cited.map(({ text }, index) => ({
      segment: { startIndex: 0, endIndex: Buffer.byteLength(text), text },
      groundingChunkIndices: [index],
    })),
  };
}
