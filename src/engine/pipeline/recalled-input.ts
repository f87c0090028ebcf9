/**
 * The input of a Responses request with what it refers to in its place: the conversation it goes on from in front, and
 * items instead of references to them. An item stands once, however often it is referred to: the API refuses a second
 * one, and clients make such by mistake (the AI SDK refers to a message once for each of its parts). Pure.
 */
import { isRecord, own, parseJson } from "../../base/json.ts";

export interface Fill {
  /** JSON texts of the items of the conversation, oldest first. */
  readonly conversation: readonly string[];
  readonly input: readonly unknown[];
  /** The JSON text of an item that was remembered under an id. */
  readonly find: (id: string) => string | null;
  readonly maxChars: number;
}

export interface Filled {
  readonly conversation: readonly unknown[];
  readonly input: readonly unknown[];
  /** Items put in. */
  readonly count: number;
  /** Ids that were referred to and not found; those references are left where they are. */
  readonly missing: readonly string[];
}

/** Null when more than `maxChars` would be put in. */
export function fillInput({ conversation, input, find, maxChars }: Fill): Filled | null {
  const types = new Map<string, unknown>();
  const missing: string[] = [];
  let chars = 0;
  let count = 0;

  const recalled = (text: string): readonly unknown[] => {
    chars += text.length;
    if (chars > maxChars) return [];
    count += 1;
    const parsed = parseJson(text);
    return parsed.ok ? [parsed.value] : [];
  };
  const placed = (item: unknown): readonly unknown[] => {
    const id = own(item, "id");
    if (typeof id !== "string") return [item];
    if (!isReference(item)) {
      const type = own(item, "type") ?? "message";
      // The result of a `local_shell_call` has the id of its call.
      if (types.get(id) === type) return [];
      types.set(id, type);
      return [item];
    }
    if (types.has(id)) return [];
    const text = find(id);
    if (text === null) {
      missing.push(id);
      return [item];
    }
    const found = recalled(text);
    types.set(id, own(found[0], "type") ?? "message");
    return found;
  };

  const before = conversation.flatMap(recalled).flatMap(placed);
  const added = chars > maxChars ? [] : input.flatMap(placed);
  return chars > maxChars ? null : { conversation: before, input: added, count, missing };
}

/** The list of items that an input stands for; null when it is none. */
export function itemsOf(input: unknown): readonly unknown[] | null {
  if (input === undefined || input === null) return [];
  if (typeof input === "string") {
    return input.trim() === "" ? [] : [{ type: "message", role: "user", content: input }];
  }
  return Array.isArray(input) ? input : null;
}

/** A reference may leave out its type; the easy form of a message has a role then. */
function isReference(item: unknown): boolean {
  if (!isRecord(item)) return false;
  const type = own(item, "type") ?? null;
  return type === "item_reference" || (type === null && own(item, "role") === undefined);
}
