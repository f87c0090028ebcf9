/** One question to the model: the call's way through targets and accounts, and its events as they come. */
import type { Exchange } from "../../../base/exchange.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import { fromUnknown } from "../../errors/from-unknown.ts";
import type { StreamEvent } from "../../hub/stream.ts";
import type { RouteDecision } from "../../routing/decide.ts";
import { failover } from "../failover.ts";
import type { Tools } from "../tools.ts";
import type { View } from "../view.ts";
import { createInnerCall, innerExchange, type Asked, type Sums } from "./inner-call.ts";

export interface QuestionInput extends Asked {
  readonly tools: Tools;
  readonly view: View;
  readonly exchange: Exchange;
  readonly decision: RouteDecision & { readonly action: "reroute" };
  readonly sums: Sums;
  readonly signal: AbortSignal;
  readonly onEvent: (event: StreamEvent) => void;
  /** Nobody answered; nothing was said to the client on this question's account. */
  readonly onFailed: (error: EngineError) => void;
  /** Resolves when more events may come. */
  readonly room: () => Promise<void>;
}

/** Resolves when the question is over; every way of failing is told. */
export async function askQuestion(input: QuestionInput): Promise<void> {
  const { tools, view, exchange, decision, sums, signal, onEvent, onFailed, room } = input;
  const inner = createInnerCall(input);
  const asked = innerExchange(exchange, sums, signal);
  const { targets, combo } = decision;
  try {
    const result = await failover({ tools, view, exchange: asked, call: inner.call, targets, combo });
    if (!result.ok) {
      result.log?.end();
      if (!signal.aborted) onFailed(result.error);
      return;
    }
    let isOver = false;
    try {
      for await (const bytes of result.reply.body) {
        for (const event of inner.events(bytes)) {
          if (signal.aborted || isOver) break;
          isOver = event.type === "reply-end" || event.type === "error";
          onEvent(event);
        }
        if (signal.aborted) return;
        await room();
      }
    } catch (thrown) {
      // A stream that ends broken has said why before, in an event.
      if (!isOver && !signal.aborted) onEvent({ type: "error", error: fromUnknown(thrown) });
      return;
    }
    if (!isOver && !signal.aborted) onEvent({ type: "error", error: cutShort });
  } catch (thrown) {
    if (!signal.aborted) onFailed(fromUnknown(thrown));
  }
}

const cutShort: EngineError = { kind: "truncated", message: "the answer ended before it was finished" };
