/**
 * Text in which every surrogate has its other half. Upstreams cut a character in two between deltas, and a model may
 * write half of one; Kiro's clients in Rust refuse JSON with such an escape. Half a character at the end of a delta waits
 * for the next.
 */
const lone = /\p{Surrogate}/gu;

export function wellFormed(text: string): string {
  return text.replace(lone, "\ufffd");
}

export interface WellFormedText {
  push(delta: string): string;
  /** What was waiting, once nothing follows. */
  end(): string;
}

export function createWellFormedText(): WellFormedText {
  let waiting = "";
  return {
    push(delta) {
      const text = waiting + delta;
      const last = text.charCodeAt(text.length - 1);
      const isCut = last >= 0xd800 && last <= 0xdbff;
      waiting = isCut ? text.slice(-1) : "";
      return wellFormed(isCut ? text.slice(0, -1) : text);
    },
    end() {
      const text = wellFormed(waiting);
      waiting = "";
      return text;
    },
  };
}
