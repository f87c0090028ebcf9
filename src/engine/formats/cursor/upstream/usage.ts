/** Token counts of a turn: the backend's own where it gives them, else our estimate with its figures in it. */
import type { Usage } from "../../../hub/usage.ts";
import type { Message } from "../wire/schema.ts";
import { own } from "../../../../base/json.ts";

export interface TurnUsage {
  /** `AgentTurnEnded`; empty before about spring 2026. */
  ended(turn: Message): void;
  /** `AgentTokenDelta`: what the model has written since the last one, as the client's screen counts. */
  written(tokens: number): void;
  /** Characters that came out, for backends that count nothing. */
  said(chars: number): void;
  result(): Usage;
}

export function createTurnUsage(estimateInput: (() => number) | undefined): TurnUsage {
  let counted: Usage | null = null;
  let written = 0;
  let chars = 0;
  return {
    ended(turn) {
      const [input, output] = [countIn(turn, "inputTokens"), countIn(turn, "outputTokens")];
      if (input === null && output === null) return;
      const cacheRead = countIn(turn, "cacheReadTokens") ?? 0;
      const cacheWrite = countIn(turn, "cacheWriteTokens") ?? 0;
      counted = {
        // Whether the input holds the cached part is not attested; a total below its parts cannot be.
        input: Math.max(input ?? 0, cacheRead + cacheWrite),
        output: output ?? 0,
        cacheRead,
        cacheWrite,
        reasoning: countIn(turn, "reasoningTokens") ?? 0,
        estimated: false,
      };
    },
    written(tokens) {
      if (tokens > 0) written += tokens;
    },
    said(more) {
      chars += more;
    },
    result: () =>
      counted ?? {
        input: estimateInput?.() ?? 0,
        output: Math.max(written, Math.ceil(chars / 4)),
        cacheRead: 0,
        cacheWrite: 0,
        reasoning: 0,
        estimated: true,
      },
  };
}

/** 64-bit numbers are decimal text. */
function countIn(message: Message, key: string): number | null {
  const said = own(message, key);
  const count = typeof said === "string" || typeof said === "number" ? Number(said) : Number.NaN;
  return Number.isSafeInteger(count) && count >= 0 ? count : null;
}
