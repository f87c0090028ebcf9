/** Follows JSON text that arrives in pieces, to know when its outermost object is closed. Looks at each character once. */
export interface JsonProgress {
  /** Returns how many of these characters belong to the value; what follows the closing bracket does not. */
  push(text: string): number;
  /** The outermost object or array is closed. */
  isComplete(): boolean;
  /** It was opened and not closed. */
  isOpen(): boolean;
}

export function createJsonProgress(): JsonProgress {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let complete = false;
  return {
    push(text) {
      if (complete) return 0;
      for (let index = 0; index < text.length; index += 1) {
        const code = text.charCodeAt(index);
        if (inString) {
          if (escaped) escaped = false;
          else if (code === 0x5c) escaped = true;
          else if (code === 0x22) inString = false;
        } else if (code === 0x22) inString = true;
        else if (code === 0x7b || code === 0x5b) depth += 1;
        else if (code === 0x7d || code === 0x5d) {
          depth -= 1;
          if (depth <= 0) {
            complete = true;
            return index + 1;
          }
        }
      }
      return text.length;
    },
    isComplete: () => complete,
    isOpen: () => depth > 0,
  };
}
