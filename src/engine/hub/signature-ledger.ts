/**
 * Remembers what the model's turns held that clients of another dialect drop on their way back: thinking with its
 * signature, encrypted thinking, signatures of calls and texts. Gives it back to the turn it belongs to. (Nothing to do
 * with sharing replies of equal requests, which is pipeline/dedupe.ts.) In memory only, bounded, forgotten after a while.
 */
import type { Clock } from "../../base/clock.ts";
import type { AssistantPart, HubMessage } from "./message.ts";
import type { HubReply } from "./reply.ts";
import type { StreamEvent } from "./stream.ts";
import { isMemorable, memoryOf } from "./turn-memory.ts";
import { createTurnRecorder } from "./turn-recorder.ts";
import { restoreTurn, type AssistantMessage } from "./turn-restore.ts";
import { createTurnStore } from "./turn-store.ts";

export interface SignatureLedger {
  /** Reads along on one streamed reply, its events in order; remembers the turn when it ends whole. */
  recorder(): { note(events: readonly StreamEvent[]): void };
  record(reply: HubReply): void;
  /** The history with what its turns lack; `count` is the number of turns that got something back. */
  reattach(messages: readonly HubMessage[]): { readonly messages: readonly HubMessage[]; readonly count: number };
}

export interface SignatureLedgerOptions {
  readonly clock: Clock;
  /** Turns remembered at the same time. */
  readonly maxEntries?: number;
  readonly maxBytes?: number;
  /** Since a turn was last asked for. */
  readonly ttlMs?: number;
}

const defaults = {
  // A long day of one coding client is a few thousand turns; a turn is some 5 KB of thinking and signature.
  maxEntries: 4_096,
  maxBytes: 32 * 1024 * 1024,
  ttlMs: 24 * 60 * 60 * 1000,
};

export function createSignatureLedger({ clock, ...limits }: SignatureLedgerOptions): SignatureLedger {
  const store = createTurnStore(clock, { ...defaults, ...limits });
  const remember = (parts: readonly AssistantPart[]): void => {
    const memory = isMemorable(parts) ? memoryOf(parts) : null;
    if (memory !== null) store.remember(memory);
  };
  return {
    recorder: () => createTurnRecorder(remember),
    record: (reply) => remember(reply.parts),
    reattach(messages) {
      if (store.isEmpty()) return { messages, count: 0 };
      let count = 0;
      const out = turnsOf(messages).flatMap((turn): readonly HubMessage[] => {
        if (!turn.every(isAssistant)) return turn;
        const restored = restoreTurn(turn, store.recall(turn.flatMap(({ parts }) => parts)));
        if (restored !== turn) count += 1;
        return restored;
      });
      return count === 0 ? { messages, count } : { messages: out, count };
    },
  };
}

/** One turn of the model may stand in the history as several messages; each other message stands alone. */
function turnsOf(messages: readonly HubMessage[]): readonly (readonly HubMessage[])[] {
  const turns: HubMessage[][] = [];
  for (const [index, message] of messages.entries()) {
    const goesOn = message.role === "assistant" && messages[index - 1]?.role === "assistant";
    const last = turns.at(-1);
    if (goesOn && last !== undefined) last.push(message);
    else turns.push([message]);
  }
  return turns;
}

function isAssistant(message: HubMessage): message is AssistantMessage {
  return message.role === "assistant";
}
