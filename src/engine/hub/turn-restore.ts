/** Gives a turn of the history back what it lacks. What the client sent stays as it is; only gaps are filled. Pure. */
import type { AssistantPart, HubMessage } from "./message.ts";
import { isSaid, isThought, wordsKey, type RememberedText, type Thought } from "./turn-memory.ts";
import type { Recalled } from "./turn-store.ts";

export type AssistantMessage = Extract<HubMessage, { role: "assistant" }>;

/** The turn itself when it lacks nothing that is known. */
export function restoreTurn(
  turn: readonly AssistantMessage[],
  recalled: readonly Recalled[],
): readonly AssistantMessage[] {
  if (recalled.length === 0) return turn;
  // Thoughts first: their places are found by the calls as the client sent them.
  const placed = lacksThoughts(turn, recalled) ? withThoughts(turn, recalled) : turn;
  const sign = createSigner(recalled);
  const signed = placed.map((message): AssistantMessage => {
    const parts = message.parts.map(sign);
    return parts.every((part, index) => part === message.parts[index]) ? message : { ...message, parts };
  });
  return signed.every((message, index) => message === turn[index]) ? turn : signed;
}

/** The part with its signature; the part itself when it has one or none is known. */
function createSigner(recalled: readonly Recalled[]): (part: AssistantPart) => AssistantPart {
  const calls = new Map(
    recalled.flatMap(({ memory, calls: own }) => own.map((call, index) => [call, memory.calls[index]] as const)),
  );
  const texts = recalled.flatMap(({ memory }) => memory.texts);
  return (part) => {
    if (part.type === "text") return signedText(part, texts);
    if (part.type !== "tool-call" || isSaid(part.signature)) return part;
    const known = calls.get(part);
    if (known?.signature === undefined) return part;
    return {
      ...part,
      signature: known.signature,
      ...(known.from === undefined ? {} : { from: known.from }),
      ...(part.itemId !== undefined || known.itemId === undefined ? {} : { itemId: known.itemId }),
    };
  };
}

function signedText(part: Extract<AssistantPart, { type: "text" }>, texts: readonly RememberedText[]): AssistantPart {
  if (texts.length === 0 || isSaid(part.signature)) return part;
  const key = wordsKey(part.text);
  const known = texts.find((text) => text.key === key);
  if (known === undefined) return part;
  return { ...part, signature: known.signature, ...(known.from === undefined ? {} : { from: known.from }) };
}

/**
 * A turn without any, of one that had some. A client that sends its thinking back without the signature lacks it too, as
 * long as the words are the same.
 */
function lacksThoughts(turn: readonly AssistantMessage[], recalled: readonly Recalled[]): boolean {
  const known = recalled.flatMap(({ memory }) => memory.thoughts.map(({ part }) => part));
  const sent = turn.flatMap(({ parts }) => parts.filter(isThought));
  if (sent.length === 0) return known.length > 0;
  return known.some(isSealed) && !sent.some(isSealed) && wordsKey(wordsOf(sent)) === wordsKey(wordsOf(known));
}

function isSealed(part: Thought): boolean {
  return part.type === "redacted-thinking" || isSaid(part.signature);
}

function wordsOf(thoughts: readonly Thought[]): string {
  return thoughts.map((part) => (part.type === "thinking" ? part.text : "")).join("");
}

/** The remembered thoughts in their places, instead of any the turn has. */
function withThoughts(turn: readonly AssistantMessage[], recalled: readonly Recalled[]): readonly AssistantMessage[] {
  const before = new Map<AssistantPart, Thought[]>();
  const after = new Map<AssistantPart, Thought[]>();
  const front: Thought[] = [];
  const end: Thought[] = [];
  for (const [index, { memory, calls }] of recalled.entries()) {
    for (const { part, place } of memory.thoughts) {
      // A second reply in the same turn has its front at its own first call.
      const spot = place.at === "front" && index > 0 ? ({ at: "before", call: 0 } as const) : place;
      const call = "call" in spot ? calls[spot.call] : undefined;
      if (call !== undefined) add(spot.at === "before" ? before : after, call, part);
      else (spot.at === "end" ? end : front).push(part);
    }
  }
  return turn.map((message, index) => ({
    ...message,
    parts: [
      ...(index === 0 ? front : []),
      ...message.parts.flatMap((part) =>
        isThought(part) ? [] : [...(before.get(part) ?? []), part, ...(after.get(part) ?? [])],
      ),
      ...(index === turn.length - 1 ? end : []),
    ],
  }));
}

function add(map: Map<AssistantPart, Thought[]>, part: AssistantPart, thought: Thought): void {
  const list = map.get(part);
  if (list === undefined) map.set(part, [thought]);
  else list.push(thought);
}
