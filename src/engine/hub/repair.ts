/**
 * Makes a history legal before it is written for a provider: every call answered right after it, no answer without its
 * call, no blank text. Clients abort, compact and replay, so all of this happens in real sessions; upstreams answer
 * each of them with a 400. Pure: returns new messages and names what it did.
 */
import { createLosses, type Loss, type Losses } from "./losses.ts";
import type { AssistantPart, CacheMark, HubMessage, ToolCallPart } from "./message.ts";
import { madeToolId } from "./tool-ids.ts";

export interface Repaired {
  readonly messages: readonly HubMessage[];
  readonly losses: readonly Loss[];
}

type AssistantMessage = Extract<HubMessage, { role: "assistant" }>;
type ToolMessage = Extract<HubMessage, { role: "tool" }>;

/** What the model reads where a call was never answered. */
const noResult = "[no result]";

export function repairHistory(messages: readonly HubMessage[]): Repaired {
  const losses = createLosses();
  const turns = joinAssistantRuns(messages.map(withoutBlankText), losses);
  const usedIds = new Set<string>();
  const repaired: HubMessage[] = [];
  for (let index = 0; index < turns.length; ) {
    const message = turns[index];
    index += 1;
    if (message === undefined) break;
    if (message.role === "assistant") {
      let stop = index;
      while (stop < turns.length && turns[stop]?.role !== "assistant") stop += 1;
      repaired.push(...repairTurn(message, turns.slice(index, stop), usedIds, losses));
      index = stop;
    } else repaired.push(message.role === "tool" ? orphan(message, losses) : message);
  }
  const last = repaired.length - 1;
  const kept = repaired.filter(
    (message, index) =>
      message.role === "tool" || message.parts.length > 0 || (message.role === "assistant" && index === last),
  );
  if (kept.length < repaired.length) losses.add("message", "messages without content were left out");
  return { messages: kept, losses: losses.list() };
}

/** Drops text that is empty or blank, and thinking that is empty and unsigned. A cache mark moves to the part before. */
function withoutBlankText(message: HubMessage): HubMessage {
  switch (message.role) {
    case "system":
    case "developer":
    case "user":
    case "tool":
    case "assistant": {
      const parts = withoutBlanks<(typeof message.parts)[number]>(message.parts);
      // The parts are a subset of this message's own, so the pairing of role and part type still holds.
      return parts === message.parts ? message : ({ ...message, parts } as HubMessage);
    }
    default:
      return message;
  }
}

function withoutBlanks<Part extends { readonly type: string; readonly cache?: CacheMark; readonly text?: string }>(
  parts: readonly Part[],
): readonly Part[] {
  if (!parts.some(isBlank)) return parts;
  const kept: Part[] = [];
  for (const part of parts) {
    if (!isBlank(part)) {
      kept.push(part);
      continue;
    }
    const before = kept[kept.length - 1];
    const canCarry = before !== undefined && !before.type.includes("thinking") && before.type !== "opaque";
    if (part.cache !== undefined && canCarry) kept[kept.length - 1] = { ...before, cache: part.cache };
  }
  return kept;
}

function isBlank(part: { readonly type: string; readonly text?: string; readonly signature?: string }): boolean {
  if (part.type === "text") return part.text?.trim() === "";
  return part.type === "thinking" && part.text === "" && (part.signature ?? "") === "";
}

/** One turn of the model may come as several messages (Chat clients do that); answers belong to the turn. */
function joinAssistantRuns(messages: readonly HubMessage[], losses: Losses): readonly HubMessage[] {
  const joined: HubMessage[] = [];
  for (const message of messages) {
    const before = joined[joined.length - 1];
    if (message.role === "assistant" && before?.role === "assistant" && callsOf(before).length > 0) {
      joined[joined.length - 1] = { role: "assistant", parts: [...before.parts, ...message.parts] };
      losses.add("message", "assistant messages of one turn were joined");
    } else joined.push(message);
  }
  return joined;
}

/** The assistant message, then one answer for each of its calls in their order, then whatever else came before the next turn. */
function repairTurn(
  assistant: AssistantMessage,
  followers: readonly HubMessage[],
  usedIds: Set<string>,
  losses: Losses,
): readonly HubMessage[] {
  const calls = callsOf(assistant);
  const { answers, rest } = matchAnswers(calls, followers, losses);
  const ids = calls.map((call) => freshId(call, usedIds, losses));
  let nextCall = 0;
  const parts = assistant.parts.map((part): AssistantPart => {
    if (part.type !== "tool-call") return part;
    const id = ids[nextCall] ?? part.id;
    nextCall += 1;
    return id === part.id ? part : { ...part, id };
  });
  const results = calls.map((call, index): ToolMessage => {
    const callId = ids[index] ?? call.id;
    const answer = answers.get(index);
    if (answer !== undefined) return answer.callId === callId ? answer : { ...answer, callId };
    losses.add("tool-result", `the call of ${call.name} had no result; an error result was put in its place`);
    return { role: "tool", callId, parts: [{ type: "text", text: noResult }], isError: true };
  });
  return [{ ...assistant, parts }, ...results, ...rest];
}

function matchAnswers(
  calls: readonly ToolCallPart[],
  followers: readonly HubMessage[],
  losses: Losses,
): { readonly answers: ReadonlyMap<number, ToolMessage>; readonly rest: readonly HubMessage[] } {
  const answers = new Map<number, ToolMessage>();
  const nameless: ToolMessage[] = [];
  const rest: HubMessage[] = [];
  for (const message of followers) {
    if (message.role !== "tool") {
      rest.push(message);
      continue;
    }
    if (message.callId === "") {
      nameless.push(message);
      continue;
    }
    const matching = calls.flatMap((call, index) => (call.id === message.callId ? [index] : []));
    const open = matching.find((index) => !answers.has(index));
    const target = open ?? matching[matching.length - 1];
    if (target === undefined) {
      rest.push(orphan(message, losses));
      continue;
    }
    if (open === undefined) losses.add("tool-result", "a call had several results; the last one was kept");
    if (rest.length > 0) losses.add("message", "tool results were moved next to their calls");
    answers.set(target, message);
  }
  for (const message of nameless) {
    const open = calls.findIndex((_call, index) => !answers.has(index));
    if (open < 0) rest.push(orphan(message, losses));
    else {
      losses.add("tool-result", "a result without an id was paired with its call by order");
      answers.set(open, message);
    }
  }
  return { answers, rest };
}

function freshId(call: ToolCallPart, usedIds: Set<string>, losses: Losses): string {
  let id = call.id === "" ? madeToolId("history", usedIds.size) : call.id;
  if (usedIds.has(id)) {
    losses.add("tool", `the call id ${call.id} was used twice; the later one was renamed`);
    for (let count = 2; usedIds.has(id); count += 1) id = `${call.id}_${count}`;
  }
  usedIds.add(id);
  return id;
}

/** A result whose call is gone (compacted away): what it says is kept as the user's text. */
function orphan(message: ToolMessage, losses: Losses): HubMessage {
  losses.add("tool-result", "a result without its call became plain text");
  const label = message.isError ? "failed result of an earlier tool call" : "result of an earlier tool call";
  return { role: "user", parts: [{ type: "text", text: `[${label}]` }, ...message.parts] };
}

function callsOf(message: AssistantMessage): readonly ToolCallPart[] {
  return message.parts.filter((part) => part.type === "tool-call");
}
