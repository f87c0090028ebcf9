/**
 * The chat service played for an unmodified client. A request opens the conversation and is asked of the model; where the
 * model calls tools, the stream stays open, the client runs them and sends what came of each on the same stream, and the
 * grown history is asked again. A turn without calls ends the stream. A client that has closed its side brings results in
 * a request of their own, so then the stream ends after the calls.
 */
import { createLosses } from "../../../hub/losses.ts";
import type { EngineError } from "../../../errors/engine-error.ts";
import type { HubMessage } from "../../../hub/message.ts";
import type { HubRequest } from "../../../hub/request.ts";
import type { StreamEvent } from "../../../hub/stream.ts";
import type { Backend, BackendOptions, BackendStep } from "../backend.ts";
import { endFrame } from "../end-frame.ts";
import { decodeMessage, MessageError, type Message } from "../wire/schema.ts";
import { numberField, recordField, textField } from "../../fields.ts";
import { readToolResult } from "./conversation-in.ts";
import { readChat, type ChatAsked } from "./request-in.ts";
import { createChatWriter, silence, type ChatWriter } from "./stream-out.ts";
import { readCallId } from "./tool-names.ts";
import { createTurnLog, type TurnLog } from "./turn-log.ts";

/** A person may have to allow the call, and a build may run; after this nobody is coming back. */
export const resultsWithinMs = 60 * 60 * 1000;
/** An opened stream says what it wants at once (facts of late 2026: half a minute of silence is a dead peer). */
export const requestWithinMs = 30_000;
/** How long a silent model leaves the answer open, so that another target or the original backend may still be tried. */
export const silentForMs = 15_000;
/** A model that only calls tools that do not exist is not going to stop. */
const maxBlindRounds = 4;

type State =
  | { readonly at: "opening" }
  /** A question is under way. */
  | { readonly at: "asking"; readonly turn: Turn }
  /** The model's turn is over; some of its calls have no result yet. */
  | { readonly at: "waiting"; readonly turn: Turn; readonly sinceMs: number }
  | { readonly at: "over" };

interface Conversation {
  readonly asked: ChatAsked;
  request: HubRequest;
  blindRounds: number;
}

interface Turn {
  readonly conversation: Conversation;
  readonly log: TurnLog;
  readonly writer: ChatWriter;
  readonly askedMs: number;
  /** Calls the client has been sent, in their order. */
  readonly sent: string[];
  /** By call id, as far as they came; the client may answer before the model has said all. */
  readonly results: Map<string, HubMessage>;
}

const nothing: readonly BackendStep[] = [];

export function createChatBackend(options: Pick<BackendOptions, "now">): Backend {
  const losses = createLosses();
  const openedAt = options.now();
  const named = new Set<string>();
  let hasEnded = false;
  let hasSent = false;
  let state: State = { at: "opening" };

  const end = (error: EngineError | null): readonly BackendStep[] => {
    state = { at: "over" };
    const fresh = unnamed([]);
    return [{ type: "end", bytes: endFrame(error), ...(fresh.length === 0 ? {} : { losses: fresh }) }];
  };

  /** Each loss is named once, with the next step that can. */
  const unnamed = (more: readonly string[]): readonly string[] => {
    const fresh = [...more, ...losses.list()].filter((one) => !named.has(one));
    for (const one of fresh) named.add(one);
    return fresh;
  };

  const quiet = (): readonly BackendStep[] => {
    hasSent = true;
    return [{ type: "send", bytes: silence }];
  };

  const decline = (why: string): readonly BackendStep[] => {
    state = { at: "over" };
    return [{ type: "decline", why }];
  };

  const ask = (conversation: Conversation): readonly BackendStep[] => {
    const { names } = conversation.asked;
    state = {
      at: "asking",
      turn: {
        conversation,
        log: createTurnLog(),
        writer: createChatWriter({ names, losses, hidesUnknownTools: true }),
        askedMs: options.now(),
        sent: [],
        results: new Map(),
      },
    };
    return [{ type: "ask", request: conversation.request, losses: unnamed(conversation.asked.losses) }];
  };

  const takeRequest = (message: Message): readonly BackendStep[] => {
    const read = readChat(message);
    const isFirst = state.at === "opening";
    if (!read.ok) return isFirst ? decline(read.error.message) : end(read.error);
    const { request, session, needs } = read.value;
    const opened: readonly BackendStep[] = isFirst ? [{ type: "opened", model: request.model, session }] : nothing;
    if (needs !== null) {
      const error: EngineError = { kind: "unsupported", message: needs };
      return [...opened, ...(isFirst ? decline(needs) : end(error))];
    }
    // Asked anew on the same stream: the newest wish counts.
    const dropped: readonly BackendStep[] = state.at === "asking" ? [{ type: "drop-question" }] : nothing;
    return [...opened, ...dropped, ...ask({ asked: read.value, request, blindRounds: 0 })];
  };

  const takeResult = (result: unknown): readonly BackendStep[] => {
    if (state.at === "opening") return decline("its first message is the result of a tool");
    if (state.at === "over") return nothing;
    const { turn } = state;
    const id = answeredBy(result, turn);
    // Nobody asked for it, or it came before: the first one counts.
    if (id === null || turn.results.has(id)) return nothing;
    const read = readToolResult(result) ?? { parts: [], isError: false };
    if (read.parts.length === 0) losses.add("tool-result", "a result of a form that is not known here");
    turn.results.set(id, { role: "tool", callId: id, ...read });
    return state.at === "waiting" ? settle(turn) : nothing;
  };

  /** The model's turn is over: on with the next question where every call has its result. */
  const settle = (turn: Turn): readonly BackendStep[] => {
    const { conversation, log, results } = turn;
    const { names } = conversation.asked;
    const calls = log.calls();
    for (const { id, name } of calls) {
      if (names.fromHub(name) !== null || results.has(id)) continue;
      losses.add("tool", `the model called ${name}, which the client did not declare: it was told so`);
      const text = `There is no tool named ${name}.`;
      results.set(id, { role: "tool", callId: id, parts: [{ type: "text", text }], isError: true });
    }
    if (calls.some(({ id }) => !results.has(id))) {
      // Nothing more comes on this stream: the client brings the results in a request of its own.
      if (hasEnded) return end(null);
      if (state.at !== "waiting") state = { at: "waiting", turn, sinceMs: options.now() };
      return nothing;
    }
    if (calls.every(({ name }) => names.fromHub(name) === null)) conversation.blindRounds += 1;
    else conversation.blindRounds = 0;
    if (conversation.blindRounds > maxBlindRounds) {
      return end({ kind: "malformed-reply", message: "the model keeps calling tools that do not exist" });
    }
    const answers = calls.flatMap(({ id }) => results.get(id) ?? []);
    const { request } = conversation;
    const messages = [...request.messages, { role: "assistant", parts: log.parts() } as const, ...answers];
    conversation.request = { ...request, messages };
    return ask(conversation);
  };

  const take = (message: Message): readonly BackendStep[] => {
    if (recordField(message, "chatRequest") !== undefined) return takeRequest(message);
    if (recordField(message, "toolResult") !== undefined) return takeResult(message["toolResult"]);
    // A message without a case is a client that keeps the line warm; a field not known here may be one it waits for.
    return nothing;
  };

  return {
    client(bytes) {
      if (state.at === "over") return nothing;
      try {
        return take(decodeMessage("ChatClientMessage", bytes));
      } catch (error) {
        if (!(error instanceof MessageError)) throw error;
        if (state.at === "opening") return decline("its first message cannot be read");
        const dropped: readonly BackendStep[] = state.at === "asking" ? [{ type: "drop-question" }] : nothing;
        return [...dropped, ...end({ kind: "bad-request", message: "a message of the client cannot be read" })];
      }
    },
    clientEnd() {
      hasEnded = true;
      if (state.at === "opening") return decline("it ended without a message");
      return state.at === "waiting" ? end(null) : nothing;
    },
    model(event: StreamEvent) {
      if (state.at !== "asking") return nothing;
      const { turn } = state;
      if (event.type === "error") return end(event.error);
      turn.log.note(event);
      if (event.type === "tool-start" && turn.conversation.asked.names.fromHub(event.name) !== null) {
        turn.sent.push(event.id);
      }
      const steps = turn.writer.push(event).map((bytes): BackendStep => ({ type: "send", bytes }));
      hasSent ||= steps.length > 0;
      if (event.type !== "reply-end") return steps;
      return [...steps, ...(turn.log.calls().length === 0 ? end(null) : settle(turn))];
    },
    failed: (error) => (state.at === "over" ? nothing : end(error)),
    tick(nowMs) {
      switch (state.at) {
        case "over":
          return nothing;
        case "opening":
          return nowMs - openedAt > requestWithinMs ? decline("it sent nothing") : nothing;
        case "asking":
          return hasSent || nowMs - state.turn.askedMs >= silentForMs ? quiet() : nothing;
        case "waiting":
          if (nowMs - state.sinceMs <= resultsWithinMs) return quiet();
          return end({ kind: "timeout", message: "the client sent no results of its tools within an hour" });
      }
    },
  };
}

/** Which call a result is of: by its id, else the one at its place, else the only one that is open. */
function answeredBy(result: unknown, { sent, results }: Turn): string | null {
  const { id } = readCallId(textField(result, "toolCallId") ?? "");
  if (id !== "") return sent.includes(id) ? id : null;
  const open = sent.filter((one) => !results.has(one));
  const index = numberField(result, "toolIndex");
  return (index === undefined ? undefined : sent[index]) ?? (open.length === 1 ? (open[0] ?? null) : null);
}
