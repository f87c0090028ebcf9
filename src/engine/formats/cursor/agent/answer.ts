/** The model's answer as it comes: updates for the client now, and the message it becomes for the history. */
import type { AssistantPart } from "../../../hub/message.ts";
import type { Losses } from "../../../hub/losses.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import type { BackendStep } from "../backend.ts";
import { nameUnsaid } from "../unsaid.ts";
import type { Message } from "../wire/schema.ts";
import { cardKindOf, type Call, type Toolbox } from "./calls.ts";
import { heartbeat, updates } from "./messages.ts";

export interface Answer {
  /** What the client is shown of this event. */
  note(event: StreamEvent): readonly BackendStep[];
  readonly parts: readonly AssistantPart[];
  readonly calls: readonly Call[];
  /** For the turn: what was said and thought, in order, without the calls. */
  readonly steps: readonly Message[];
  readonly modelCallId: string;
}

export interface AnswerOptions {
  readonly toolbox: Toolbox;
  readonly modelCallId: string;
  readonly now: () => number;
  readonly losses: Losses;
}

export function createAnswer({ toolbox, modelCallId, now, losses }: AnswerOptions): Answer {
  const parts: AssistantPart[] = [];
  const calls: Call[] = [];
  const steps: Message[] = [];
  let words: string[] = [];
  let startedAt = 0;
  let open: { readonly id: string; readonly name: string; readonly kind: "function" | "custom" } | null = null;

  const partial = (id: string, name: string, delta: string): readonly BackendStep[] => {
    const kind = cardKindOf(toolbox, name);
    if (kind === null) return [];
    const toolCall = { [kind]: {}, toolCallId: id };
    const partialToolCall = { callId: id, toolCall, modelCallId, ...(delta === "" ? {} : { argsTextDelta: delta }) };
    return [updates({ partialToolCall })];
  };

  return {
    parts,
    calls,
    steps,
    modelCallId,
    note(event) {
      switch (event.type) {
        case "reply-start":
          return [updates(heartbeat)];
        case "text-start":
        case "refusal-start":
          words = [];
          return [];
        case "text-delta":
        case "refusal-delta":
          words.push(event.text);
          return event.text === "" ? [] : [updates({ textDelta: { text: event.text } })];
        case "text-end":
        case "refusal-end": {
          const text = words.join("");
          if (text === "") return [];
          const { signature, from } = event.type === "text-end" ? event : {};
          parts.push({ type: "text", text, ...given({ signature, from }) });
          steps.push({ assistantMessage: { text } });
          return [];
        }
        case "thinking-start":
          words = [];
          startedAt = now();
          return [];
        case "thinking-delta":
          words.push(event.text);
          return event.text === "" ? [] : [updates({ thinkingDelta: { text: event.text } })];
        case "thinking-end": {
          const text = words.join("");
          const { signature, from, itemId } = event;
          parts.push({ type: "thinking", text, ...given({ signature, from, itemId }) });
          if (text === "") return [];
          // A duration of 0 is read as "not over yet".
          const durationMs = Math.max(1, Math.round(now() - startedAt));
          steps.push({ thinkingMessage: { text, durationMs } });
          return [updates({ thinkingCompleted: { thinkingDurationMs: durationMs } })];
        }
        case "redacted-thinking":
          parts.push({ type: "redacted-thinking", data: event.data, from: event.from });
          return [];
        case "tool-start":
          words = [];
          open = event;
          return partial(event.id, event.name, "");
        case "tool-delta":
          words.push(event.text);
          return open === null || event.text === "" ? [] : partial(open.id, open.name, event.text);
        case "tool-end": {
          if (open === null) return [];
          const { id, name, kind } = open;
          const { signature, from, itemId } = event;
          const written = words.join("");
          parts.push({ type: "tool-call", id, name, arguments: written, kind, ...given({ signature, from, itemId }) });
          calls.push({ id, name, arguments: written });
          open = null;
          return [];
        }
        case "citation":
        case "image":
        case "opaque":
          nameUnsaid(event, losses);
          return [];
        case "dropped":
        case "usage":
        case "reply-end":
        case "error":
          return [];
      }
    },
  };
}

/** Without what is undefined. */
function given<Fields extends object>(fields: Fields): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  // The values that are left are those that are not undefined.
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Fields]?: Exclude<Fields[Key], undefined>;
  };
}
