/**
 * Collects one reply from its events for the ledger: only what the ledger needs, strings joined by reference, nothing
 * hashed or compared before the reply has ended. A reply without thinking and signatures costs its references.
 */
import { unreachable } from "../../base/unreachable.ts";
import type { AssistantPart, Provenance } from "./message.ts";
import type { StreamEvent } from "./stream.ts";
import { maxTextChars } from "./turn-memory.ts";

/** Thinking and arguments of one reply; models write a tenth of it. Beyond, the turn is not remembered. */
const maxTurnChars = 4 * 1024 * 1024;

export function createTurnRecorder(onEnd: (parts: readonly AssistantPart[]) => void): {
  note(events: readonly StreamEvent[]): void;
} {
  let parts: AssistantPart[] = [];
  let open = "";
  let textChars = 0;
  let keptChars = 0;
  let call: { readonly id: string; readonly name: string; readonly kind: "function" | "custom" } | null = null;
  let isOver = false;

  const close = (part: AssistantPart): void => {
    parts.push(part);
    open = "";
  };
  const finish = (): void => {
    isOver = true;
    parts = [];
    open = "";
  };
  const noteOne = (event: StreamEvent): void => {
    switch (event.type) {
      case "text-delta":
        if (textChars >= maxTextChars) return;
        textChars += event.text.length;
        open += event.text;
        return;
      case "thinking-delta":
      case "tool-delta":
        keptChars += event.text.length;
        open += event.text;
        if (keptChars > maxTurnChars) finish();
        return;
      case "tool-start":
        call = event;
        open = "";
        return;
      case "text-start":
      case "thinking-start":
      case "refusal-start":
        open = "";
        return;
      case "text-end":
        close({ type: "text", text: open, ...signed(event) });
        return;
      case "thinking-end":
        close({ type: "thinking", text: open, ...signed(event) });
        return;
      case "tool-end":
        if (call !== null) {
          const { id, name, kind } = call;
          close({ type: "tool-call", id, name, kind, arguments: open, ...signed(event) });
        }
        return;
      case "redacted-thinking":
        close({ type: "redacted-thinking", data: event.data, from: event.from });
        return;
      case "reply-end": {
        const whole = parts;
        finish();
        onEnd(whole);
        return;
      }
      case "error":
        // A cut turn is no turn: what its client makes of it is not known.
        finish();
        return;
      // Nothing that is ever missing from a history.
      case "refusal-delta":
      case "refusal-end":
      case "citation":
      case "image":
      case "opaque":
      case "reply-start":
      case "usage":
      case "dropped":
        return;
      default:
        unreachable(event);
    }
  };
  return {
    note(events) {
      if (isOver) return;
      for (const event of events) noteOne(event);
    },
  };
}

interface Signed {
  readonly signature?: string;
  readonly from?: Provenance;
  readonly itemId?: string;
}

function signed({ signature, from, itemId }: Signed): Signed {
  return {
    ...(signature === undefined ? {} : { signature }),
    ...(from === undefined ? {} : { from }),
    ...(itemId === undefined ? {} : { itemId }),
  };
}
