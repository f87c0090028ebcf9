/**
 * Reads model, usage, end and error from a passed-through answer of Cursor. Of an agent's stream only the envelopes that can
 * hold them are decoded: the rest are text, blobs and checkpoints, of which a long turn has thousands.
 */
import { parseJson } from "../../../base/json.ts";
import type { Usage } from "../../hub/usage.ts";
import { binaryKind } from "../../codecs/binary-kind.ts";
import { numberField, recordField, textField, type Fields } from "../fields.ts";
import type { Observed } from "../format.ts";
import { endError, errorText } from "./view/end-text.ts";
import { messageNames, readEnvelopes, readMessage, type SeenMessage } from "./view/read-body.ts";

interface Seen extends Observed {
  readonly tools: boolean;
}

const nothing: Seen = { model: null, usage: null, finish: null, tools: false };

export function observe(body: Uint8Array, contentType: string, target = ""): Observed {
  const kind = binaryKind(body, contentType);
  if (kind === null) {
    // An error before the stream, or a unary call in Connect's JSON form.
    const parsed = parseJson(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
    const isError = parsed.ok && textField(parsed.value, "code") !== undefined;
    return { model: null, usage: null, finish: null, ...(isError ? { error: errorText(parsed.value) } : {}) };
  }
  if (kind !== "envelopes") return { model: null, usage: null, finish: null };
  const names = messageNames(target, "reply");
  let seen = nothing;
  for (const { seen: one } of readEnvelopes(body, [])) {
    if (one.kind === "unknown") seen = fromMessage(seen, one.bytes, names);
    else seen = fromEnd(seen, one);
  }
  const { tools: _, ...observed } = seen;
  return observed;
}

function fromEnd(seen: Seen, one: Exclude<SeenMessage, { readonly kind: "unknown" }>): Seen {
  if (one.kind === "broken") return { ...seen, error: one.why };
  if (one.kind !== "end") return seen;
  const error = endError(one.text);
  if (error !== null) return { ...seen, error };
  return { ...seen, finish: seen.finish ?? (seen.tools ? "tool-calls" : "end") };
}

function fromMessage(seen: Seen, bytes: Uint8Array, names: readonly string[]): Seen {
  // `interaction_update` begins with its tag; whatever else a message of the agent is, it has none of these figures.
  if (names[0] === "AgentServerMessage" && bytes[0] !== updateTag) return seen;
  const read = readMessage(bytes, names.length > 0 ? names : guesses);
  if (read.kind !== "message") return seen;
  if (read.type === "AgentServerMessage") return fromUpdate(seen, recordField(read.message, "interactionUpdate"));
  const chunk = recordField(read.message, "serverChunk");
  return fromChat(seen, read.type === "ChatServerMessageIdempotent" ? chunk : read.message);
}

const updateTag = 0x0a;
/** Without an address. */
const guesses = ["AgentServerMessage", "ChatServerMessage"] as const;

function fromUpdate(seen: Seen, update: Fields | undefined): Seen {
  const routed = textField(recordField(update, "routedModel"), "displayName");
  if (routed !== undefined) return { ...seen, model: routed };
  const ended = recordField(update, "turnEnded");
  if (ended === undefined) return seen;
  return { ...seen, finish: "turn-ended", usage: usageOf(ended) ?? seen.usage };
}

/** Null where an older backend told none. Numbers of 64 bits are decimal text. */
function usageOf(ended: Fields): Usage | null {
  const figure = (name: string): number => {
    const value = Number(ended[name] ?? 0);
    return Number.isSafeInteger(value) && value > 0 ? value : 0;
  };
  if (ended["inputTokens"] === undefined && ended["outputTokens"] === undefined) return null;
  return {
    input: figure("inputTokens"),
    output: figure("outputTokens"),
    cacheRead: figure("cacheReadTokens"),
    cacheWrite: figure("cacheWriteTokens"),
    reasoning: figure("reasoningTokens"),
    estimated: false,
  };
}

/** The chat service tells how full the context window is, and nothing of what it wrote. */
function fromChat(seen: Seen, message: unknown): Seen {
  const response = recordField(message, "chatResponse") ?? recordField(message, "contextWindowStatus");
  if (recordField(message, "toolCall") !== undefined) return { ...seen, tools: true };
  const used = numberField(recordField(response, "contextWindowStatus"), "tokensUsed");
  if (used === undefined) return seen;
  return {
    ...seen,
    usage: { input: used, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, estimated: true },
  };
}
