/**
 * Cursor over HTTP/1.1: the backend's side of a conversation is one streamed reply (`RunSSE`), the client's side a call for
 * each message (`BidiAppend`), and a request id ties them together. Either may come first, up to 16 appends at once and in
 * any order (captures of 2026). What becomes of one becomes of all: played together, or all handed back untouched.
 */
import { passThrough, type Exchange } from "../../../base/exchange.ts";
import { bodyOf, type HttpReply } from "../../../base/http.ts";
import type { EngineError } from "../../errors/engine-error.ts";
import type { Clock } from "../../../base/clock.ts";
import { type Answer, nobodyWaits, why } from "../say.ts";
import type { After } from "../tools.ts";
import type { Conversation } from "./conversation.ts";
import { readAppend, readRequestId } from "./shim-body.ts";

export interface Shim {
  listen(exchange: Exchange, open: () => Conversation, answered: Answered): Promise<Answer>;
  append(exchange: Exchange): Promise<Answer>;
}

export type Answered = (exchange: Exchange, conversation: Conversation) => Promise<Answer>;

/** How long one half waits for the other before it is handed back alone. */
const otherHalfMs = 2_000;
/** How long a message that came too early waits for those before it. */
const gapMs = 30_000;
const maxEarly = 256;
const maxEarlyBytes = 64 * 1024 * 1024;
/** Ids that are over are remembered so long, for what still comes of them. */
const rememberedMs = 10 * 60_000;
const maxActors = 2_048;

type Fate = "played" | "handed-back";

interface Actor {
  readonly id: string;
  readonly fate: Promise<Fate>;
  readonly decide: (fate: Fate) => void;
  decided: Fate | null;
  conversation: Conversation | null;
  /** The flow of its reply. */
  flow: string | null;
  next: number;
  readonly early: Map<number, Uint8Array>;
  earlyBytes: number;
  callOff: () => void;
  /** ms since the epoch; null while it is under way. */
  overAt: number | null;
}

export function createShim({ clock, after }: { readonly clock: Clock; readonly after: After }): Shim {
  const actors = new Map<string, Actor>();

  const actorOf = (id: string): Actor => {
    const known = actors.get(id);
    if (known !== undefined) return known;
    forget();
    const made = createActor(id);
    actors.set(id, made);
    made.callOff = after(otherHalfMs, () => {
      // Nothing came of it: whichever half is there goes where it was going.
      if (made.decided !== null) return;
      if (made.conversation === null) settle(made, "handed-back");
      else made.conversation.release("none of the conversation's messages came within 2 s of its reply");
    });
    return made;
  };

  const settle = (actor: Actor, fate: Fate): void => {
    if (actor.decided !== null) return;
    actor.decided = fate;
    actor.callOff();
    if (fate === "handed-back") end(actor);
    actor.decide(fate);
  };

  const end = (actor: Actor): void => {
    actor.overAt ??= clock.now();
    actor.callOff();
    actor.early.clear();
    actor.earlyBytes = 0;
    actor.conversation = null;
  };

  const forget = (): void => {
    const now = clock.now();
    for (const [id, actor] of actors) {
      if (actor.overAt === null) continue;
      if (now - actor.overAt > rememberedMs || actors.size >= maxActors) actors.delete(id);
    }
  };

  /** Hands the conversation what has come in order. */
  const feed = (actor: Actor): void => {
    for (;;) {
      const { conversation } = actor;
      const message = actor.early.get(actor.next);
      if (conversation === null || message === undefined) break;
      actor.early.delete(actor.next);
      actor.earlyBytes -= message.byteLength;
      actor.next += 1;
      conversation.client(message);
    }
    if (actor.decided !== "played" || actor.conversation === null) return;
    actor.callOff();
    if (actor.early.size === 0) return;
    actor.callOff = after(gapMs, () => actor.conversation?.fault(missing));
  };

  const take = (actor: Actor, seqno: number, message: Uint8Array): void => {
    // Sent once more, or already there: the client wants to hear that it arrived, nothing else.
    if (actor.overAt !== null || seqno < actor.next || actor.early.has(seqno)) return;
    if (actor.early.size >= maxEarly || actor.earlyBytes + message.byteLength > maxEarlyBytes) {
      if (actor.conversation === null) settle(actor, "handed-back");
      else actor.conversation.fault(tooMuch);
      return;
    }
    actor.early.set(seqno, message);
    actor.earlyBytes += message.byteLength;
    feed(actor);
  };

  return {
    async listen(exchange, open, answered) {
      const id = await readRequestId(exchange);
      if (exchange.signal.aborted) return nobodyWaits;
      if (id === null) return handBack(exchange, "its request id cannot be read");
      const actor = actorOf(id);
      if (actor.decided === "handed-back")
        return handBack(exchange, "the conversation's messages were handed on before");
      if (actor.conversation !== null || actor.decided !== null) {
        return handBack(exchange, "the conversation has its reply already");
      }
      const conversation = open();
      actor.conversation = conversation;
      actor.flow = exchange.tap.id;
      void conversation.verdict.then((verdict) => {
        if (verdict.kind === "play") settle(actor, "played");
        else {
          settle(actor, verdict.kind === "hand-back" ? "handed-back" : "played");
          end(actor);
        }
      });
      void conversation.over.then(() => end(actor));
      feed(actor);
      return answered(exchange, conversation);
    },

    async append(exchange) {
      const read = await readAppend(exchange);
      if (exchange.signal.aborted) return nobodyWaits;
      if (read === null) return handBack(exchange, "it cannot be read");
      const actor = actorOf(read.id);
      if (actor.decided !== "handed-back") take(actor, read.seqno, read.message);
      const fate = await actor.fate;
      if (fate === "handed-back") return handBack(exchange, "its conversation is not played here");
      exchange.tap.tell({ type: "described", action: "reroute", formats: { client: "cursor" } });
      const of = actor.flow === null ? "" : ` of the conversation of flow ${actor.flow}`;
      why(exchange, { stage: "target", text: `message ${read.seqno}${of}, answered here` });
      return accepted();
    },
  };
}

function createActor(id: string): Actor {
  let decide: (fate: Fate) => void = () => {};
  const fate = new Promise<Fate>((resolve) => (decide = resolve));
  return {
    id,
    fate,
    decide,
    decided: null,
    conversation: null,
    flow: null,
    next: 0,
    early: new Map(),
    earlyBytes: 0,
    callOff: () => {},
    overAt: null,
  };
}

function handBack(exchange: Exchange, reason: string): typeof passThrough {
  why(exchange, { stage: "fallback", text: `passed through untouched: ${reason}` });
  return passThrough;
}

/** `BidiAppendResponse` has no fields. */
function accepted(): HttpReply {
  return {
    status: 200,
    headers: [
      ["content-type", "application/proto"],
      ["content-length", "0"],
    ],
    body: bodyOf(new Uint8Array()),
  };
}

const missing: EngineError = { kind: "timeout", message: "a message of the conversation never came" };
const tooMuch: EngineError = { kind: "too-large", message: "too many messages came before the one they follow" };
