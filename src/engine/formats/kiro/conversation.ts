/**
 * Where things stand in a `GenerateAssistantResponse` body (members of the Smithy model of amazon-q-developer-cli, with
 * what Kiro's clients were seen to add in 2026): a state with the turns so far and the message that is to be answered.
 */
import { isRecord } from "../../../base/json.ts";
import { listField, recordField, textField, type Fields } from "../fields.ts";
import type { JsonObject } from "../format.ts";

/** A turn of the conversation; `item` is the list's own element, for those who write it anew. */
export type Turn =
  | { readonly role: "user"; readonly message: Fields }
  | { readonly role: "assistant"; readonly message: Fields }
  | { readonly role: "unknown" };

export function stateOf(body: unknown): Fields | undefined {
  return recordField(body, "conversationState");
}

/** The message that is to be answered. */
export function askedOf(body: unknown): Fields | undefined {
  return recordField(recordField(stateOf(body), "currentMessage"), "userInputMessage");
}

export function turnsBefore(body: unknown): readonly Turn[] {
  return (listField(stateOf(body), "history") ?? []).map(turnOf);
}

export function turnOf(item: unknown): Turn {
  const user = recordField(item, "userInputMessage");
  if (user !== undefined) return { role: "user", message: user };
  const assistant = recordField(item, "assistantResponseMessage");
  return assistant === undefined ? { role: "unknown" } : { role: "assistant", message: assistant };
}

/**
 * The model that is asked: the message's own name for it, else the one of the latest turn that has any, else `auto`,
 * which is how Kiro says that its backend may choose.
 */
export function modelOf(body: unknown): string | null {
  const asked = askedOf(body);
  if (asked === undefined) return null;
  const turns = turnsBefore(body).flatMap((turn) => (turn.role === "user" ? [turn.message] : []));
  for (const message of [asked, ...turns.toReversed()]) {
    const model = textField(message, "modelId");
    if (model !== undefined && model !== "") return model;
  }
  return "auto";
}

/** A body with other turns: what is handed in unchanged stays the same object. */
export function withTurns(
  body: JsonObject,
  change: {
    readonly user?: (message: Fields, index: number) => Fields;
    readonly assistant?: (message: Fields) => Fields;
  },
): JsonObject {
  const state = stateOf(body);
  if (state === undefined) return body;
  const history = listField(state, "history");
  const turns = history?.map((item, index) => changedItem(item, index, change));
  const asked = askedOf(body);
  const changed = asked === undefined ? asked : (change.user?.(asked, history?.length ?? 0) ?? asked);
  const isSame = changed === asked && (turns ?? []).every((item, index) => item === history?.[index]);
  if (isSame) return body;
  return {
    ...body,
    conversationState: {
      ...state,
      ...(turns === undefined ? {} : { history: turns }),
      ...(changed === undefined
        ? {}
        : { currentMessage: { ...recordField(state, "currentMessage"), userInputMessage: changed } }),
    },
  };
}

function changedItem(item: unknown, index: number, change: Parameters<typeof withTurns>[1]): unknown {
  const turn = turnOf(item);
  if (turn.role === "unknown" || !isRecord(item)) return item;
  const changed = turn.role === "user" ? change.user?.(turn.message, index) : change.assistant?.(turn.message);
  if (changed === undefined || changed === turn.message) return item;
  return { ...item, [turn.role === "user" ? "userInputMessage" : "assistantResponseMessage"]: changed };
}
