/**
 * Drives one played backend: the client's messages and the model's events go in, one at a time and in order, and what comes
 * out is done. Until something was sent the exchange can still be handed back; the client's own bytes are with intercept.
 */
import type { Exchange } from "../../../base/exchange.ts";
import { fromUnknown } from "../../errors/from-unknown.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import type { Backend, BackendStep } from "../../formats/cursor/backend.ts";
import { endFrame } from "../../formats/cursor/end-frame.ts";
import { formats } from "../../formats/table.ts";
import type { HubRequest } from "../../hub/request.ts";
import type { RouteDecision } from "../../routing/decide.ts";
import { describe, type Decide, why } from "../say.ts";
import type { Tools } from "../tools.ts";
import type { View } from "../view.ts";
import { createSums } from "./inner-call.ts";
import { createOutlet } from "./outlet.ts";
import { askQuestion } from "./question.ts";

/** What becomes of the exchange. */
export type Verdict =
  | { readonly kind: "play" }
  | { readonly kind: "hand-back" }
  | { readonly kind: "block"; readonly decision: RouteDecision }
  | { readonly kind: "refuse"; readonly error: EngineError };

export interface ConversationInput {
  readonly tools: Tools;
  readonly view: View;
  readonly exchange: Exchange;
  readonly decide: Decide;
  readonly backend: Backend;
  /** Played as soon as a rule says so: others wait for the verdict, and nothing is gained by waiting for the model. */
  readonly commitsAtOnce: boolean;
}

export interface Conversation {
  readonly verdict: Promise<Verdict>;
  readonly body: AsyncIterable<Uint8Array>;
  /** Resolves when it is over, however it ends. */
  readonly over: Promise<void>;
  client(message: Uint8Array): void;
  clientEnd(): void;
  /** The client's bytes are no messages, or one of them never came. */
  fault(error: EngineError): void;
  /** Nobody wants it any more. */
  abandon(): void;
  /** Handed back from outside: the other half of it never came. */
  release(reason: string): void;
}

/** Cursor's client takes silence for death after some tens of seconds; its backend says something every five. */
const tickMs = 5_000;

type Rerouted = RouteDecision & { readonly action: "reroute" };

export function createConversation(input: ConversationInput): Conversation {
  const { tools, view, exchange, decide, backend, commitsAtOnce } = input;
  const sums = createSums();
  let decision: Rerouted | null = null;
  let session: string | null = null;
  let isSettled = false;
  let isOver = false;
  let question: AbortController | null = null;
  let callOffTick = (): void => {};
  let settle: (verdict: Verdict) => void = () => {};
  let finish: () => void = () => {};
  const verdict = new Promise<Verdict>((resolve) => (settle = resolve));
  const over = new Promise<void>((resolve) => (finish = resolve));
  const outlet = createOutlet(() => abandon());

  const close = (): void => {
    if (isOver) return;
    isOver = true;
    callOffTick();
    question?.abort();
    question = null;
    exchange.signal.removeEventListener("abort", abandon);
    outlet.close();
    finish();
  };
  const abandon = (): void => {
    settled({ kind: "refuse", error: clientGone });
    close();
  };
  const settled = (found: Verdict): void => {
    if (isSettled) return;
    isSettled = true;
    settle(found);
    if (found.kind !== "play") close();
  };
  exchange.signal.addEventListener("abort", abandon, { once: true });
  if (exchange.signal.aborted) abandon();

  const handBack = (reason: string): void => {
    if (exchange.gateway !== undefined) {
      // To the port itself: there is nobody to hand it on to.
      settled({ kind: "refuse", error: { kind: "unsupported", message: `this run cannot be answered: ${reason}` } });
      return;
    }
    if (decision !== null) exchange.tap.tell({ type: "described", action: "passthrough" });
    why(exchange, { stage: "fallback", text: `passed through untouched: ${reason}` });
    settled({ kind: "hand-back" });
  };

  const armTick = (): void => {
    callOffTick();
    if (isOver) return;
    callOffTick = tools.after(tickMs, () => {
      armTick();
      act(() => backend.tick(tools.clock.now()));
    });
  };

  /** One input at a time: what a step leads to comes in later, never in between. */
  const act = (work: () => readonly BackendStep[]): void => {
    if (isOver) return;
    try {
      for (const step of work()) {
        if (isOver) return;
        perform(step);
      }
      if (commitsAtOnce && decision !== null) settled({ kind: "play" });
    } catch (thrown) {
      const error = fromUnknown(thrown);
      why(exchange, { stage: "error", text: error.message, kind: error.kind });
      if (isSettled) outlet.push(endFrame(error));
      settled({ kind: "refuse", error });
      close();
    }
  };

  const perform = (step: BackendStep): void => {
    switch (step.type) {
      case "opened":
        opened(step.model, step.session);
        return;
      case "decline":
        handBack(step.why);
        return;
      case "send":
        say(step.bytes);
        return;
      case "ask":
        ask(step.request, step.losses);
        return;
      case "drop-question":
        question?.abort();
        question = null;
        return;
      case "end":
        tellLosses(step.losses ?? []);
        // What nobody could read, and no rule was asked about, is not ours to answer.
        if (decision === null) handBack("its messages cannot be read here");
        else say(step.bytes);
        close();
        return;
    }
  };

  const tellLosses = (all: readonly string[]): void => {
    const losses = sums.fresh(all);
    if (losses.length > 0) exchange.tap.tell({ type: "losses", losses });
  };

  const opened = (model: string | null, named: string | null): void => {
    session = named;
    describe(exchange, formats.cursor, model);
    const found = decide(tools, view, exchange, model);
    switch (found.action) {
      case "passthrough":
        settled({ kind: "hand-back" });
        return;
      case "block":
        settled({ kind: "block", decision: found });
        return;
      case "refuse":
        settled({ kind: "refuse", error: found.error });
        return;
      case "reroute":
        decision = found;
        exchange.tap.tell({
          type: "described",
          action: "reroute",
          ...(found.combo === null ? {} : { combo: found.combo }),
        });
        return;
    }
  };

  const say = (bytes: Uint8Array): void => {
    if (decision === null) return;
    settled({ kind: "play" });
    outlet.push(bytes);
    armTick();
  };

  const ask = (request: HubRequest, losses: readonly string[]): void => {
    if (decision === null) return;
    const asking = new AbortController();
    question = asking;
    const { target } = exchange;
    const asked = { request, losses, session, target };
    const mine = (work: () => readonly BackendStep[]): void => {
      if (question === asking) act(work);
    };
    void askQuestion({
      ...asked,
      tools,
      view,
      exchange,
      decision,
      sums,
      signal: asking.signal,
      onEvent: (event) => {
        // The protocol's errors are told with a 200: without this, nothing of the flow says that it failed.
        if (event.type === "error") exchange.tap.tell({ type: "described", error: event.error.message });
        mine(() => backend.model(event));
      },
      onFailed: (error) => mine(() => failed(error)),
      room: () => outlet.room(),
    });
  };

  const failed = (error: EngineError): readonly BackendStep[] => {
    if (!isSettled && decision?.fallback === "passthrough" && exchange.gateway === undefined) {
      handBack(`no target answered (${error.kind})`);
      return [];
    }
    why(exchange, { stage: "error", text: error.message, kind: error.kind });
    exchange.tap.tell({ type: "described", error: error.message });
    return backend.failed(error);
  };

  armTick();
  return {
    verdict,
    over,
    body: outlet.body,
    client: (message) => act(() => backend.client(message)),
    clientEnd: () => act(() => backend.clientEnd()),
    fault(error) {
      if (isOver) return;
      why(exchange, { stage: "error", text: error.message, kind: error.kind });
      if (decision === null) handBack(error.message);
      else {
        exchange.tap.tell({ type: "described", error: error.message });
        say(endFrame(error));
        close();
      }
    },
    abandon,
    release: (reason) => {
      if (!isSettled) handBack(reason);
    },
  };
}

const clientGone: EngineError = { kind: "client-gone", message: "the client has gone" };
