/**
 * Undoes, on the reply, what a request writer had to do to the request: shortened tool names, freeform tools wrapped
 * as functions, stop sequences beyond what the dialect takes. The writer says what it did; readers run this stage.
 */
import type { WireLimits } from "../../base/limits.ts";
import { partTokens } from "./estimate.ts";
import { createArgumentFix, fixArguments, type ArgumentFix } from "./fix-arguments.ts";
import type { AssistantPart } from "./message.ts";
import type { HubReply } from "./reply.ts";
import { createStopCut, cutReply } from "./stop-cut.ts";
import type { StreamEvent } from "./stream.ts";
import { unwrapCustomInput } from "./custom-tools.ts";

/** Made by `writeRequest`, handed to the reader of its reply. */
export interface ReplyContext {
  /** The model as the upstream was asked for it: the provenance of what it thinks. */
  readonly model?: string;
  /** The configured provider that was asked (`Provenance.origin`). */
  readonly origin?: string;
  /** How large its events and frames may be; default: those of the table. */
  readonly limits?: WireLimits;
  /** The model was asked to think in its text: what it says between `<thinking>` tags at the beginning is thinking. */
  readonly inlineThinking?: true;
  /** Word on the wire → the client's own name, where they differ. */
  readonly toolNames?: ReadonlyMap<string, string>;
  /** The client's names of freeform tools that went as functions. */
  readonly customTools?: ReadonlySet<string>;
  /** The client's names of functions whose arguments had to be declared in another way than the client did. */
  readonly argumentFixes?: ReadonlyMap<string, ArgumentFix>;
  /** Stop sequences that did not fit into the request; the reply is cut at the first of them. */
  readonly cutAt?: readonly string[];
  /** What an upstream may ask back for while it answers: its name for it → the bytes. */
  readonly askedBack?: ReadonlyMap<string, Uint8Array>;
  /** Tokens of the request as we guess them; asked only when the upstream counted nothing. */
  readonly estimateInput?: () => number;
}

export type EventStage = (event: StreamEvent) => readonly StreamEvent[];

/** Null when there is nothing to undo, so that the common stream pays nothing. */
export function createRestore(context: ReplyContext): EventStage | null {
  const { argumentFixes, cutAt } = context;
  const names = hasSome(context.toolNames) || hasSome(context.customTools) ? createRename(context) : null;
  const fix = argumentFixes !== undefined && argumentFixes.size > 0 ? createArgumentFix(argumentFixes) : null;
  const cut = cutAt !== undefined && cutAt.length > 0 ? createStopCut(cutAt) : null;
  return inTurn(inTurn(names, fix), cut);
}

function inTurn(first: EventStage | null, second: EventStage | null): EventStage | null {
  if (first === null || second === null) return first ?? second;
  return (event) => first(event).flatMap(second);
}

export function restoreReply(reply: HubReply, context: ReplyContext): HubReply {
  const parts = reply.parts.map((part): AssistantPart => {
    if (part.type !== "tool-call") return part;
    const name = context.toolNames?.get(part.name) ?? part.name;
    if (context.customTools?.has(name) === true)
      return { ...part, name, kind: "custom", arguments: unwrapCustomInput(part.arguments) };
    const fix = context.argumentFixes?.get(name);
    if (fix !== undefined) return { ...part, name, arguments: fixArguments(part.arguments, fix) };
    return name === part.name ? part : { ...part, name };
  });
  return withUsage(cutReply({ ...reply, parts }, context.cutAt ?? []), context);
}

function withUsage(reply: HubReply, { estimateInput }: ReplyContext): HubReply {
  if (estimateInput === undefined || reply.usage.input > 0 || reply.usage.output > 0) return reply;
  const output = reply.parts.reduce((sum, part) => sum + partTokens(part), 0);
  return { ...reply, usage: { ...reply.usage, input: estimateInput(), output: Math.ceil(output), estimated: true } };
}

/** Fills in the counts of a stream whose upstream gave none; hands every other list of events back as it is. */
export function createUsageFill(
  estimateInput: () => number,
): (events: readonly StreamEvent[]) => readonly StreamEvent[] {
  let output = 0;
  return (events) => {
    for (const event of events) if ("text" in event) output += event.text.length / 4;
    const last = events[events.length - 1];
    if (last?.type !== "reply-end" || last.usage.input > 0 || last.usage.output > 0) return events;
    const usage = { ...last.usage, input: estimateInput(), output: Math.ceil(output), estimated: true };
    return [...events.slice(0, -1), { ...last, usage }];
  };
}

function hasSome(all: { readonly size: number } | undefined): boolean {
  return all !== undefined && all.size > 0;
}

function createRename(context: ReplyContext): EventStage {
  // The text of a wrapped call is held until it is whole: its JSON escapes cannot be undone piece by piece.
  let wrapped: string | null = null;
  return (event) => {
    if (event.type === "tool-start") {
      const name = context.toolNames?.get(event.name) ?? event.name;
      const isCustom = context.customTools?.has(name) === true;
      wrapped = isCustom ? "" : null;
      return [{ ...event, name, kind: isCustom ? "custom" : event.kind }];
    }
    if (wrapped === null) return [event];
    if (event.type === "tool-delta") {
      wrapped += event.text;
      return [];
    }
    if (event.type !== "tool-end") return [event];
    const text = unwrapCustomInput(wrapped);
    wrapped = null;
    return text === "" ? [event] : [{ type: "tool-delta", block: event.block, text }, event];
  };
}
