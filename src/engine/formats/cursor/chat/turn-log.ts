/** What the model said in one turn, as the assistant's message of the next question. */
import type { AssistantPart, ToolCallPart } from "../../../hub/message.ts";
import { accumulate } from "../../../hub/accumulate.ts";
import type { StreamEvent } from "../../../hub/stream.ts";

export interface TurnLog {
  note(event: StreamEvent): void;
  /** Once the turn has ended. */
  parts(): readonly AssistantPart[];
  calls(): readonly ToolCallPart[];
}

export function createTurnLog(): TurnLog {
  const events: StreamEvent[] = [];
  let parts: readonly AssistantPart[] | null = null;
  const read = (): readonly AssistantPart[] => {
    if (parts !== null) return parts;
    const whole = accumulate(events);
    parts = whole.ok ? whole.value.parts : [];
    return parts;
  };
  return {
    note: (event) => void events.push(event),
    parts: read,
    calls: () => read().filter((part) => part.type === "tool-call"),
  };
}
